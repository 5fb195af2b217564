//! Verdicts and usage against straightforward readings with serde_json.

use std::string::ToString;

use serde_json::{Value, json};

use super::*;
use crate::Usage;
use crate::json::JsonValue;
use crate::reply::*;

mod answers;
mod decode;
mod oracle;
mod requests;
mod stream_end;
mod whole;

const ANTHROPIC: Dialect = Dialect::AnthropicMessages;
const CHAT: Dialect = Dialect::OpenAiChat;
const RESPONSES: Dialect = Dialect::OpenAiResponses;

fn verdict(dialect: Dialect, body: &Value) -> Verdict {
    Verdict::of(dialect, 200, body.to_string().as_bytes())
}

const fn skip(why: SkipReason) -> Verdict {
    Verdict::Skip { why }
}
