//! What of a request has a place in OpenAI's APIs: all of it for Chat Completions, and what the
//! Responses API has in common with it.

use super::block::{Block, InnerBlock, Text, ToolResult, ToolResultContent};
use super::cache_control::{CacheControl, Ttl};
use super::check_responses;
use super::marks::raw_mark;
use super::media::{DocumentSource, ImageSource};
use super::message::Role;
use super::openai_common::MARK_NAME;
use super::raw::RawObject;
use super::request::Request;
use super::tool::Tool;
use super::violation::{Place, Rule, Violation};
use crate::json::JsonValue;
use crate::key::Dialect;

/// Finds the first thing that the dialect has no place for.
pub(super) fn expressible(request: &Request<'_>, dialect: Dialect) -> Result<(), Violation> {
    let is_chat = dialect == Dialect::OpenAiChat;
    let foreign = [
        ("thinking", request.thinking.is_some()),
        ("top_k", request.top_k.is_some()),
        ("diagnostics", request.diagnostics.is_some()),
        ("stop_sequences", !is_chat && !request.stop_sequences.is_empty()),
    ];
    for (name, is_set) in foreign {
        supported(!is_set, Place::Member(name))?;
    }
    let place = Place::Member("cache_control");
    lifetime(request.cache_control, place)?;
    // The Chat Completions API has 12 hours on parts alone.
    if is_chat && request.cache_control.is_some_and(|mark| mark.ttl == Some(Ttl::TwelveHours)) {
        return Err(Violation::new(place, Rule::ForeignTtl));
    }
    for (index, tool) in request.tools.iter().enumerate() {
        let place = Place::Tool(index);
        supported(tool.cache_control().is_none(), place)?;
        match tool {
            Tool::Function(function) => supported(!is_chat || !function.defer_loading, place)?,
            Tool::Raw(raw) => supported(raw_mark(place, raw)?.is_none(), place)?,
        }
    }
    for (index, block) in request.system.iter().flat_map(|system| system.blocks()).enumerate() {
        text_has_place(block, Place::SystemBlock(index))?;
    }
    for (message, entry) in request.messages.iter().enumerate() {
        for (index, block) in entry.content.blocks().iter().enumerate() {
            if is_chat {
                block_has_place(message, index, entry.role, block)?;
            } else {
                check_responses::block_has_place(message, index, entry.role, block)?;
            }
        }
    }
    Ok(())
}

/// Whether the body has a member of that name anyway.
pub(super) fn writes(request: &Request<'_>, name: &str) -> bool {
    match name {
        "model" | "messages" => true,
        "max_completion_tokens" => request.max_tokens.is_some(),
        "temperature" => request.temperature.is_some(),
        "top_p" => request.top_p.is_some(),
        "stop" => !request.stop_sequences.is_empty(),
        "reasoning_effort" => request.effort.is_some(),
        "safety_identifier" => request.user_id.is_some(),
        "service_tier" => request.service_tier.is_some(),
        "prompt_cache_options" => request.cache_control.is_some(),
        "stream" => request.stream,
        "tools" => !request.tools.is_empty(),
        "tool_choice" => request.tool_choice.is_some(),
        "parallel_tool_calls" => request.tool_choice.is_some_and(|choice| choice.disable_parallel),
        "response_format" => request.output.is_some(),
        _ => false,
    }
}

fn block_has_place(
    message: usize,
    index: usize,
    role: Role,
    block: &Block<'_>,
) -> Result<(), Violation> {
    let place = Place::Block { message, block: index };
    lifetime(block.cache_control(), place)?;
    match (block, role) {
        (Block::Text(text), _) => text_has_place(text, place),
        (Block::Image(image), Role::User) => {
            supported(!matches!(image.source, ImageSource::File(_)), place)
        }
        (Block::Document(document), Role::User) => {
            let is_file =
                matches!(document.source, DocumentSource::Base64 { .. } | DocumentSource::File(_));
            supported(is_file && !document.citations && document.context.is_none(), place)
        }
        (Block::ToolUse(call), Role::Assistant) => supported(call.cache_control.is_none(), place),
        (Block::ToolResult(result), Role::User) => result_has_place(message, index, result),
        (Block::Raw(raw), _) => raw_has_place(place, raw),
        _ => supported(false, place),
    }
}

/// A mark of ours becomes a member of the raw object, which must not have one of that name yet.
pub(super) fn raw_has_place(place: Place, raw: &RawObject<'_>) -> Result<(), Violation> {
    raw_mark(place, raw)?;
    let part = JsonValue::parse(raw.json.as_str().as_bytes()).ok();
    let is_marked = part.is_some_and(|part| part.get(MARK_NAME).is_some());
    if is_marked && raw.cache_control.is_some() {
        return Err(Violation::new(place, Rule::MarkedTwice));
    }
    Ok(())
}

/// A tool message is plain text: no mark, no picture, no failure flag.
fn result_has_place(
    message: usize,
    block: usize,
    result: &ToolResult<'_>,
) -> Result<(), Violation> {
    let is_plain = result.cache_control.is_none() && !result.is_error;
    supported(is_plain, Place::Block { message, block })?;
    let ToolResultContent::Blocks(blocks) = result.content else { return Ok(()) };
    for (inner, entry) in blocks.iter().enumerate() {
        let has_place = matches!(entry, InnerBlock::Text(_) | InnerBlock::Raw(_));
        supported(has_place, Place::InnerBlock { message, block, inner })?;
    }
    Ok(())
}

pub(super) fn text_has_place(text: &Text<'_>, place: Place) -> Result<(), Violation> {
    supported(text.citations.is_none(), place)?;
    lifetime(text.cache_control, place)
}

/// Whether OpenAI has the lifetime that a mark states.
pub(super) fn lifetime(mark: Option<CacheControl>, place: Place) -> Result<(), Violation> {
    match mark.and_then(|mark| mark.ttl) {
        Some(Ttl::FiveMinutes | Ttl::OneHour) => Err(Violation::new(place, Rule::ForeignTtl)),
        Some(Ttl::ThirtyMinutes | Ttl::TwelveHours) | None => Ok(()),
    }
}

pub(super) fn supported(has_place: bool, place: Place) -> Result<(), Violation> {
    if has_place { Ok(()) } else { Err(Violation::new(place, Rule::Unsupported)) }
}
