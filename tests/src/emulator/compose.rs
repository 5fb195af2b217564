//! What the emulator says, before a provider's form is put around it.

use serde_json::{Value, json};

use crate::digest::Digest;

use super::fault::Fault;
use super::prompted::Prompted;
use super::schema;

/// Bytes that the emulator counts as one token: a stated rule, not a tokenizer.
const TOKEN_BYTES: usize = 4;

/// Tokens of `bytes` bytes: one for every started four, none for none.
pub(super) fn tokens(bytes: usize) -> u64 {
    bytes.div_ceil(TOKEN_BYTES) as u64
}

/// What a request asks for, read out of the provider's form.
#[derive(Debug, Default)]
pub(super) struct Ask<'a> {
    /// The text of the last user message; structured answers are read from it.
    pub(super) text: String,
    /// The tool to call, with the schema of its input; goes before all others.
    pub(super) tool: Option<(&'a str, &'a Value)>,
    /// The tool to call with free text; goes before any form of text.
    pub(super) custom_tool: Option<&'a str>,
    /// The schema of a structured answer.
    pub(super) schema: Option<&'a Value>,
    /// The schema in the words of the prompt; goes after `schema`.
    pub(super) prompted: Option<Prompted>,
    /// Whether the text must be a JSON object, of whatever form.
    pub(super) json_object: bool,
    /// The most tokens the answer may have.
    pub(super) tokens_max: Option<u64>,
    /// Digest and length of all that counts in the request.
    pub(super) digest: Digest,
    pub(super) bytes: usize,
}

/// The content of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    Text(String),
    Tool {
        name: String,
        input: Value,
    },
    /// A tool that takes free text.
    CustomTool {
        name: String,
        input: String,
    },
    Nothing,
}

/// Why the answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    End,
    Tool,
    Length,
    Refusal,
    /// A reason that no published list has.
    Unknown,
}

#[derive(Debug, Clone)]
pub(super) struct Composed {
    pub(super) content: Content,
    pub(super) stop: Stop,
    pub(super) output_tokens: u64,
}

/// Answers `ask`: the same words for the same digest, whatever the time.
pub(super) fn compose(ask: &Ask<'_>, fault: Option<&Fault>) -> Composed {
    let origin = format!(
        "This is the provider emulator, not a model; it read {} bytes with digest {}.",
        ask.bytes,
        ask.digest.short()
    );
    if fault == Some(&Fault::Refusal) {
        return Composed { content: Content::Nothing, stop: Stop::Refusal, output_tokens: 1 };
    }
    let (content, mut stop) = if let Some((name, input)) = ask.tool {
        let input = schema::fill(input, &ask.text, &origin);
        (Content::Tool { name: name.into(), input }, Stop::Tool)
    } else if let Some(name) = ask.custom_tool {
        (Content::CustomTool { name: name.into(), input: origin }, Stop::Tool)
    } else {
        (Content::Text(text(ask, origin)), Stop::End)
    };
    if fault == Some(&Fault::UnknownStopReason) {
        stop = Stop::Unknown;
    }
    let whole = match &content {
        Content::Text(text) => tokens(text.len()),
        Content::Tool { input, .. } => tokens(input.to_string().len()),
        Content::CustomTool { input, .. } => tokens(input.len()),
        Content::Nothing => 0,
    };
    let limit = match fault {
        Some(Fault::MaxTokens) => Some(whole / 2),
        _ => ask.tokens_max,
    };
    match limit {
        Some(limit) if limit < whole => cut(content, limit),
        _ => Composed { content, stop, output_tokens: whole },
    }
}

/// The words of an answer that calls no tool.
fn text(ask: &Ask<'_>, origin: String) -> String {
    match (ask.schema, &ask.prompted) {
        (Some(schema), _) => schema::fill(schema, &ask.text, &origin).to_string(),
        (None, Some(prompted)) => prompted.answer(&ask.text, &origin, ask.json_object),
        (None, None) if ask.json_object => json!({"text": origin}).to_string(),
        (None, None) => origin,
    }
}

/// Ends the content after `limit` tokens; a tool's input that is not whole is empty.
fn cut(content: Content, limit: u64) -> Composed {
    let content = match content {
        Content::Text(text) => {
            let text = head(text, limit);
            if text.is_empty() { Content::Nothing } else { Content::Text(text) }
        }
        Content::Tool { name, .. } => Content::Tool { name, input: Value::Object(<_>::default()) },
        Content::CustomTool { name, input } => {
            Content::CustomTool { name, input: head(input, limit) }
        }
        Content::Nothing => Content::Nothing,
    };
    Composed { content, stop: Stop::Length, output_tokens: limit }
}

/// The first `limit` tokens of `text`, less what would tear a character.
fn head(mut text: String, limit: u64) -> String {
    let mut end = usize::try_from(limit).unwrap_or(usize::MAX).saturating_mul(TOKEN_BYTES);
    while !text.is_char_boundary(end) && end < text.len() {
        end -= 1;
    }
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(digest: Digest) -> Ask<'static> {
        Ask { digest, bytes: 3, ..Ask::default() }
    }

    /// Proves that equal requests get equal words and different ones different words.
    #[test]
    fn the_words_depend_on_the_digest_alone() {
        let one = compose(&ask(Digest::new()), None).content;
        assert_eq!(one, compose(&ask(Digest::new()), None).content);
        assert_ne!(one, compose(&ask(Digest::new().field(b"x")), None).content);
    }

    /// Proves that the token limit cuts the text and says so.
    #[test]
    fn the_token_limit_cuts() {
        let mut limited = ask(Digest::new());
        limited.tokens_max = Some(2);
        let composed = compose(&limited, None);
        assert_eq!(composed.content, Content::Text("This is ".into()));
        assert_eq!((composed.stop, composed.output_tokens), (Stop::Length, 2));
        assert_eq!((tokens(0), tokens(1), tokens(4), tokens(5)), (0, 1, 1, 2));
    }
}
