//! The rules for breakpoints in Anthropic's API: how many, in which order, on what.

use super::block::{Block, InnerBlock, Text, ToolResult, ToolResultContent};
use super::cache_control::CacheControl;
use super::message::Content;
use super::raw::RawObject;
use super::request::Request;
use super::rules::{limits::Limits, mark};
use super::tool::Tool;
use super::violation::{Place, Rule, Violation};
use crate::json::{JsonKind, JsonValue};

/// Walks all marks in the order in which the provider processes them: tools, system, messages,
/// and last the automatic one.
pub(crate) fn check(request: &Request<'_>) -> Result<(), Violation> {
    let mut limits = Limits::default();
    for (index, tool) in request.tools.iter().enumerate() {
        self::tool(&mut limits, Place::Tool(index), tool)?;
    }
    for (index, block) in request.system.iter().flat_map(|system| system.blocks()).enumerate() {
        text(&mut limits, Place::SystemBlock(index), block)?;
    }
    for (message, entry) in request.messages.iter().enumerate() {
        if let Content::Text(text) = entry.content
            && !text.is_empty()
        {
            limits.markable(Place::Message(message), None);
        }
        for (block, entry) in entry.content.blocks().iter().enumerate() {
            self::block(&mut limits, message, block, entry)?;
        }
    }
    limits.finish(request.cache_control)
}

fn tool(limits: &mut Limits, place: Place, tool: &Tool<'_>) -> Result<(), Violation> {
    let mark = match tool {
        Tool::Function(function) => function.cache_control,
        Tool::Raw(raw) => raw_mark(place, raw)?,
    };
    if mark.is_some() && is_deferred(tool) {
        return Err(Violation::new(place, Rule::DeferredTool));
    }
    limits.see(place, mark)
}

fn text(limits: &mut Limits, place: Place, text: &Text<'_>) -> Result<(), Violation> {
    if text.cache_control.is_some() && text.text.is_empty() {
        return Err(Violation::new(place, Rule::EmptyText));
    }
    limits.see(place, text.cache_control)
}

fn block(
    limits: &mut Limits,
    message: usize,
    index: usize,
    block: &Block<'_>,
) -> Result<(), Violation> {
    let place = Place::Block { message, block: index };
    let mark = match block {
        Block::Text(empty) if empty.text.is_empty() => return text(limits, place, empty),
        Block::Thinking(json) => {
            return match raw_mark(place, &RawObject::new(*json))? {
                Some(_) => Err(Violation::new(place, Rule::ThinkingMark)),
                None => Ok(()),
            };
        }
        Block::Raw(raw) => raw_mark(place, raw)?,
        Block::ToolResult(result) => {
            unmarked_inside(message, index, result)?;
            result.cache_control
        }
        _ => block.cache_control(),
    };
    limits.markable(place, mark);
    limits.see(place, mark)
}

fn is_deferred(tool: &Tool<'_>) -> bool {
    match tool {
        Tool::Function(function) => function.defer_loading,
        Tool::Raw(raw) => {
            let tool = JsonValue::parse(raw.json.as_str().as_bytes()).ok();
            tool.and_then(|tool| tool.get("defer_loading")?.as_bool()).unwrap_or(false)
        }
    }
}

/// No block inside a tool result may carry a mark; the tool result does.
fn unmarked_inside(message: usize, block: usize, result: &ToolResult<'_>) -> Result<(), Violation> {
    let ToolResultContent::Blocks(blocks) = result.content else { return Ok(()) };
    for (inner, entry) in blocks.iter().enumerate() {
        let place = Place::InnerBlock { message, block, inner };
        let mark = match entry {
            InnerBlock::Raw(json) => raw_mark(place, &RawObject::new(*json))?,
            _ => entry.cache_control(),
        };
        if mark.is_some() {
            return Err(Violation::new(place, Rule::NestedMark));
        }
    }
    Ok(())
}

/// The mark of raw JSON, whether ours or in the text. O(length of the text).
pub(crate) fn raw_mark(
    place: Place,
    raw: &RawObject<'_>,
) -> Result<Option<CacheControl>, Violation> {
    mark_in(raw).map_err(|rule| Violation::new(place, rule))
}

fn mark_in(raw: &RawObject<'_>) -> Result<Option<CacheControl>, Rule> {
    let value = JsonValue::parse(raw.json.as_str().as_bytes())
        .map_err(|error| Rule::NotJson { offset: error.offset })?;
    if value.kind() != JsonKind::Object {
        return Err(Rule::NotAnObject);
    }
    match (value.get("cache_control"), raw.cache_control) {
        (None, ours) => Ok(ours),
        (Some(_), Some(_)) => Err(Rule::MarkedTwice),
        // As for the provider, `null` counts as absent.
        (Some(theirs), None) if theirs.is_null() => Ok(None),
        (Some(theirs), None) => mark::read(theirs).map(Some),
    }
}
