//! What a request must satisfy before it is written for Anthropic.

use crate::json::JsonValue;
use crate::prompt::rules::settings::Purpose;
use crate::prompt::{
    Block, CacheControl, Message, Place, RawObject, Request, Role, Rule, Tool, ToolChoiceMode,
    ToolResult, ToolResultContent, Ttl, Violation, marks,
};

/// Finds the first thing that the dialect has no place for.
pub(in super::super) fn expressible(request: &Request<'_>) -> Result<(), Violation> {
    roles(request)?;
    marks_have_place(request)
}

/// The provider's own rules, which it enforces with a 400 itself.
pub(in super::super) fn rules(request: &Request<'_>, purpose: Purpose) -> Result<(), Violation> {
    if purpose == Purpose::Create {
        match request.max_tokens {
            None => return Err(Violation::new(Place::Member("max_tokens"), Rule::Missing)),
            Some(0) => prewarm(request)?,
            Some(_) => {}
        }
    }
    marks::check(request)
}

fn roles(request: &Request<'_>) -> Result<(), Violation> {
    let is_foreign = |message: &Message<'_>| message.role == Role::Developer;
    match request.messages.iter().position(is_foreign) {
        Some(index) => Err(Violation::new(Place::Message(index), Rule::Unsupported)),
        None => Ok(()),
    }
}

/// A mark of ours has a lifetime of Anthropic's. Into raw JSON it goes as a member: that must be an
/// object, and have none yet.
fn marks_have_place(request: &Request<'_>) -> Result<(), Violation> {
    let can_be_put = |place, raw: &RawObject<'_>| match raw.cache_control {
        Some(_) => marks::raw_mark(place, raw).map(|_| ()),
        None => Ok(()),
    };
    lifetime(request.cache_control, Place::Member("cache_control"))?;
    for (index, tool) in request.tools.iter().enumerate() {
        lifetime(tool.cache_control(), Place::Tool(index))?;
        if let Tool::Raw(raw) = tool {
            can_be_put(Place::Tool(index), raw)?;
        }
    }
    for (index, block) in request.system.iter().flat_map(|system| system.blocks()).enumerate() {
        lifetime(block.cache_control, Place::SystemBlock(index))?;
    }
    for (message, entry) in request.messages.iter().enumerate() {
        for (block, entry) in entry.content.blocks().iter().enumerate() {
            let place = Place::Block { message, block };
            lifetime(entry.cache_control(), place)?;
            match entry {
                Block::Raw(raw) => can_be_put(place, raw)?,
                Block::ToolResult(ToolResult { content, .. }) => {
                    let ToolResultContent::Blocks(blocks) = content else { continue };
                    for (inner, entry) in blocks.iter().enumerate() {
                        let place = Place::InnerBlock { message, block, inner };
                        lifetime(entry.cache_control(), place)?;
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Whether Anthropic has the lifetime that a mark states.
fn lifetime(mark: Option<CacheControl>, place: Place) -> Result<(), Violation> {
    match mark.and_then(|mark| mark.ttl) {
        Some(Ttl::ThirtyMinutes | Ttl::TwelveHours) => Err(Violation::new(place, Rule::ForeignTtl)),
        Some(Ttl::FiveMinutes | Ttl::OneHour) | None => Ok(()),
    }
}

/// Pre-warming writes the prompt cache and generates nothing, so nothing may shape an answer.
fn prewarm(request: &Request<'_>) -> Result<(), Violation> {
    let forced = request
        .tool_choice
        .is_some_and(|choice| matches!(choice.mode, ToolChoiceMode::Any | ToolChoiceMode::Tool(_)));
    let conflicts = [
        ("stream", request.stream),
        ("thinking", thinking_is_enabled(request)),
        ("output_config", request.output.is_some()),
        ("tool_choice", forced),
    ];
    match conflicts.iter().find(|(_, is_set)| *is_set) {
        Some((name, _)) => Err(Violation::new(Place::Member(name), Rule::Prewarm)),
        None => Ok(()),
    }
}

fn thinking_is_enabled(request: &Request<'_>) -> bool {
    let thinking = request.thinking.and_then(|raw| JsonValue::parse(raw.as_str().as_bytes()).ok());
    let kind = thinking.and_then(|value| value.get("type")).and_then(|kind| kind.as_str());
    kind.is_some_and(|kind| kind.eq_str("enabled"))
}

/// Whether the body has a member of that name anyway.
pub(in super::super) fn writes(request: &Request<'_>, name: &str) -> bool {
    match name {
        "model" | "messages" => true,
        // Set by the field alone, so that every mark is counted.
        "cache_control" => true,
        "max_tokens" => request.max_tokens.is_some(),
        "temperature" => request.temperature.is_some(),
        "top_p" => request.top_p.is_some(),
        "top_k" => request.top_k.is_some(),
        "stop_sequences" => !request.stop_sequences.is_empty(),
        "metadata" => request.user_id.is_some(),
        "service_tier" => request.service_tier.is_some(),
        "diagnostics" => request.diagnostics.is_some(),
        "stream" => request.stream,
        "thinking" => request.thinking.is_some(),
        "output_config" => request.effort.is_some() || request.output.is_some(),
        "tools" => !request.tools.is_empty(),
        "tool_choice" => request.tool_choice.is_some(),
        "system" => request.system.is_some(),
        _ => false,
    }
}
