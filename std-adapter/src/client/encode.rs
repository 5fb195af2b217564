//! From the owned request to the bytes that are sent.

use core::convert::Infallible;
use std::borrow::Cow;

use bytes::Bytes;
use llm_cache_core::json::JsonValue;
use llm_cache_core::key::Dialect;
use llm_cache_core::prompt::{
    self, Content, EncodeError, Message, OutputFormat, RawJson, SystemPrompt, Text, Violation,
    check_api_version, check_body, check_count_tokens_body,
};

use super::part::{Part, Tool, ToolChoice};
use super::request::{Body, Prompt, Request};
use super::validation::refused;
use crate::error::{Error, ErrorKind};

/// What a client fills into typed requests that leave it open.
#[derive(Clone, Debug, Default)]
pub(super) struct Defaults {
    pub(super) model: Option<String>,
    pub(super) max_tokens: Option<u32>,
}

/// The body of `request` in `dialect`, checked against the provider's rules if it `is_strict`. A
/// raw one is returned as it is (its reference count goes up, nothing is copied).
pub(super) fn body_of(
    request: &Request,
    dialect: Dialect,
    defaults: &Defaults,
    stream: bool,
    is_strict: bool,
) -> Result<Bytes, Error> {
    match &request.body {
        Body::Raw(body) => Ok(body.clone()),
        Body::Typed(prompt) => {
            let purpose = if stream { For::Stream } else { For::Answer };
            typed(prompt, dialect, defaults, purpose, is_strict)
        }
    }
}

/// The body of a token count, of a typed request checked against the rules of the API version too.
pub(super) fn count_body_of(
    request: &Request,
    dialect: Dialect,
    defaults: &Defaults,
    api_version: &str,
) -> Result<Bytes, Error> {
    match &request.body {
        Body::Raw(body) => Ok(body.clone()),
        Body::Typed(prompt) => {
            let body = typed(prompt, dialect, defaults, For::Count, true)?;
            check_bytes(&body, |value| check_api_version(value, api_version))?;
            Ok(body)
        }
    }
}

/// Writes a request of core's model, which has to keep every rule that is known here: those that
/// core checks before it writes, and those that only the bytes show.
pub(super) fn write_strictly(
    request: &prompt::Request<'_>,
    dialect: Dialect,
) -> Result<Bytes, Error> {
    let body = write(request, dialect)?;
    if dialect.has_cache_control() {
        check_bytes(&body, check_body)?;
    }
    Ok(body)
}

fn write(request: &prompt::Request<'_>, dialect: Dialect) -> Result<Bytes, Error> {
    let mut body = Vec::new();
    let written = request.encode(dialect, &mut body);
    finished(body, written)
}

fn check_bytes(
    body: &[u8],
    check: impl Fn(JsonValue<'_>) -> Result<(), Violation>,
) -> Result<(), Error> {
    // What was written from checked pieces is JSON.
    JsonValue::parse(body).map_or(Ok(()), |value| check(value).map_err(refused))
}

fn finished(body: Vec<u8>, written: Result<(), EncodeError<Infallible>>) -> Result<Bytes, Error> {
    match written {
        Ok(()) => Ok(body.into()),
        Err(EncodeError::Rejected(violation)) => Err(refused(violation)),
        Err(EncodeError::Write(never)) => match never {},
    }
}

/// What a typed request is written for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Answer,
    Stream,
    Count,
}

fn typed(
    prompt: &Prompt,
    dialect: Dialect,
    defaults: &Defaults,
    purpose: For,
    is_strict: bool,
) -> Result<Bytes, Error> {
    let stream = purpose == For::Stream;
    let model = prompt.model.as_deref().or(defaults.model.as_deref()).ok_or_else(|| {
        let message = "no model: neither the request nor the client names one";
        Error::new(ErrorKind::InvalidRequest, message)
    })?;
    check(prompt)?;

    let system: Vec<Text<'_>> = system_of(prompt);
    let blocks: Vec<Vec<prompt::Block<'_>>> =
        prompt.turns.iter().map(|turn| turn.parts.iter().map(Part::to_block).collect()).collect();
    let messages = messages_of(prompt, &blocks);
    let tools: Vec<prompt::Tool<'_>> = prompt.tools.iter().map(Tool::to_tool).collect();
    let stop_sequences: Vec<&str> = prompt.stop_sequences.iter().map(String::as_str).collect();
    let extra = extra_of(prompt, dialect, stream);

    let mut request = prompt::Request::new(model, 0, &messages);
    request.max_tokens = prompt.max_tokens.or(defaults.max_tokens);
    request.system = match &prompt.system[..] {
        [] => None,
        [(text, None)] => Some(SystemPrompt::Text(text)),
        _ => Some(SystemPrompt::Blocks(&system)),
    };
    request.tools = &tools;
    request.tool_choice = prompt.tool_choice.as_ref().map(ToolChoice::to_choice);
    request.output = prompt
        .output
        .as_ref()
        .map(|output| OutputFormat::strict(&output.name, RawJson::assume_valid(&output.schema)));
    request.effort = prompt.effort.as_deref();
    request.thinking = prompt.thinking.as_deref().map(RawJson::assume_valid);
    request.temperature = prompt.temperature;
    request.top_p = prompt.top_p;
    request.top_k = prompt.top_k;
    request.stop_sequences = &stop_sequences;
    request.user_id = prompt.user_id.as_deref();
    request.service_tier = prompt.service_tier.as_deref();
    request.cache_control = prompt.cache_control;
    request.stream = stream;
    request.extra = &extra;
    match purpose {
        For::Answer | For::Stream if is_strict => write(&request, dialect),
        For::Answer | For::Stream => {
            let mut body = Vec::new();
            let written = request.encode_unvalidated(dialect, &mut body);
            finished(body, written)
        }
        For::Count => {
            let mut body = Vec::new();
            let written = request.encode_count_tokens(&mut body);
            let body = finished(body, written)?;
            check_bytes(&body, check_count_tokens_body)?;
            Ok(body)
        }
    }
}

fn system_of(prompt: &Prompt) -> Vec<Text<'_>> {
    prompt
        .system
        .iter()
        .map(|(text, mark)| {
            let mut block = Text::new(text);
            block.cache_control = *mark;
            block
        })
        .collect()
}

/// The turns over their blocks; plain text stays a plain string.
fn messages_of<'a>(prompt: &'a Prompt, blocks: &'a [Vec<prompt::Block<'a>>]) -> Vec<Message<'a>> {
    let content = |parts: &'a [Part], blocks: &'a [prompt::Block<'a>]| match parts {
        [only] => only.as_plain_text().map_or(Content::Blocks(blocks), Content::Text),
        _ => Content::Blocks(blocks),
    };
    prompt
        .turns
        .iter()
        .zip(blocks)
        .map(|(turn, blocks)| Message { role: turn.role, content: content(&turn.parts, blocks) })
        .collect()
}

fn extra_of(prompt: &Prompt, dialect: Dialect, stream: bool) -> Vec<(&str, RawJson<'_>)> {
    let mut extra: Vec<_> = prompt
        .extra
        .iter()
        .map(|(name, json)| (name.as_str(), RawJson::assume_valid(json)))
        .collect();
    // Without it an OpenAI stream reports no usage. It is no part of the request's identity.
    let has_options = extra.iter().any(|(name, _)| *name == "stream_options");
    if stream && dialect.asks_for_stream_usage() && !has_options {
        extra.push(("stream_options", RawJson::assume_valid(r#"{"include_usage":true}"#)));
    }
    extra
}

/// What core takes on trust because it goes out byte for byte: that each raw text is one JSON
/// value, or it would change the request around it. And thinking has no place for a mark; dropping
/// one silently would cost money unseen.
fn check(prompt: &Prompt) -> Result<(), Error> {
    for (index, tool) in prompt.tools.iter().enumerate() {
        check_json(tool.json(), || format!("tools.{index}"))?;
    }
    for (message, turn) in prompt.turns.iter().enumerate() {
        for (block, part) in turn.parts.iter().enumerate() {
            let path = || format!("messages.{message}.content.{block}");
            if part.loses_mark() {
                return Err(rejected(&path(), "a thinking block cannot carry a cache mark"));
            }
            check_json(part.json().unwrap_or("null"), path)?;
        }
    }
    for (name, json) in &prompt.extra {
        check_json(json, || name.clone())?;
    }
    check_json(prompt.thinking.as_deref().unwrap_or("null"), || "thinking".into())?;
    // A schema that was made of a type is borrowed, and JSON.
    match prompt.output.as_ref().map(|output| &output.schema) {
        Some(Cow::Owned(schema)) => check_json(schema, || "the output schema".into()),
        _ => Ok(()),
    }
}

fn check_json(text: &str, path: impl Fn() -> String) -> Result<(), Error> {
    match JsonValue::parse(text.as_bytes()) {
        Ok(_) => Ok(()),
        Err(error) => Err(rejected(&path(), &format!("not JSON: {error}"))),
    }
}

fn rejected(path: &str, why: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("the request was not sent: {path}: {why}"))
}
