//! The rules for breakpoints in Anthropic's API: how many, in which order, on what.

use super::block::{Block, InnerBlock, ToolResult, ToolResultContent};
use super::cache_control::{CacheControl, Ttl};
use super::message::Content;
use super::raw::RawObject;
use super::request::Request;
use super::tool::Tool;
use super::violation::{Place, Rule, Violation};
use crate::json::{JsonKind, JsonValue};

/// The most breakpoints a request may have, automatic caching counted.
const BREAKPOINTS_MAX: usize = 4;

/// Walks all marks in the order in which the provider processes them: tools, system, messages,
/// and last the automatic one.
pub(super) fn check(request: &Request<'_>) -> Result<(), Violation> {
    let mut marks = Marks::default();
    for (index, tool) in request.tools.iter().enumerate() {
        marks.tool(Place::Tool(index), tool)?;
    }
    for (index, block) in request.system.iter().flat_map(|system| system.blocks()).enumerate() {
        marks.text(Place::SystemBlock(index), block.text, block.cache_control)?;
    }
    for (message, entry) in request.messages.iter().enumerate() {
        for (block, entry) in entry.content.blocks().iter().enumerate() {
            marks.block(message, block, entry)?;
        }
    }
    marks.automatic(request)?;
    match marks.first_beyond {
        Some(place) => Err(Violation::new(place, Rule::TooManyBreakpoints { found: marks.found })),
        None => Ok(()),
    }
}

/// What the walk has met so far.
#[derive(Default)]
struct Marks {
    found: usize,
    five_minutes_seen: bool,
    first_beyond: Option<Place>,
}

impl Marks {
    fn see(&mut self, place: Place, mark: Option<CacheControl>) -> Result<(), Violation> {
        let Some(mark) = mark else { return Ok(()) };
        self.found += 1;
        if self.found == BREAKPOINTS_MAX + 1 {
            self.first_beyond = Some(place);
        }
        match mark.ttl_in_effect() {
            Ttl::FiveMinutes => self.five_minutes_seen = true,
            Ttl::OneHour if self.five_minutes_seen => {
                return Err(Violation::new(place, Rule::TtlOrder));
            }
            Ttl::OneHour => {}
        }
        Ok(())
    }

    fn tool(&mut self, place: Place, tool: &Tool<'_>) -> Result<(), Violation> {
        match tool {
            Tool::Function(function) => {
                if function.defer_loading && function.cache_control.is_some() {
                    return Err(Violation::new(place, Rule::DeferredTool));
                }
                self.see(place, function.cache_control)
            }
            Tool::Raw(raw) => {
                let mark = raw_mark(place, raw)?;
                if mark.is_some() && is_deferred(raw) {
                    return Err(Violation::new(place, Rule::DeferredTool));
                }
                self.see(place, mark)
            }
        }
    }

    fn text(
        &mut self,
        place: Place,
        text: &str,
        mark: Option<CacheControl>,
    ) -> Result<(), Violation> {
        if mark.is_some() && text.is_empty() {
            return Err(Violation::new(place, Rule::EmptyText));
        }
        self.see(place, mark)
    }

    fn block(&mut self, message: usize, index: usize, block: &Block<'_>) -> Result<(), Violation> {
        let place = Place::Block { message, block: index };
        match block {
            Block::Text(block) => self.text(place, block.text, block.cache_control),
            Block::Raw(raw) => self.see(place, raw_mark(place, raw)?),
            Block::Thinking(json) => match raw_mark(place, &RawObject::new(*json))? {
                Some(_) => Err(Violation::new(place, Rule::ThinkingMark)),
                None => Ok(()),
            },
            Block::ToolResult(result) => {
                unmarked_inside(message, index, result)?;
                self.see(place, result.cache_control)
            }
            _ => self.see(place, block.cache_control()),
        }
    }

    /// Automatic caching marks the last block that can be marked, unless it is marked the same
    /// way already.
    fn automatic(&mut self, request: &Request<'_>) -> Result<(), Violation> {
        let Some(automatic) = request.cache_control else { return Ok(()) };
        match last_markable(request) {
            Some((place, Some(explicit))) => {
                if explicit.ttl_in_effect() == automatic.ttl_in_effect() {
                    Ok(())
                } else {
                    Err(Violation::new(place, Rule::AutomaticTtl))
                }
            }
            Some((_, None)) => self.see(Place::Member("cache_control"), Some(automatic)),
            // Nothing to mark: the provider skips caching.
            None => Ok(()),
        }
    }
}

/// The last block of the conversation that can be marked, and its mark.
fn last_markable(request: &Request<'_>) -> Option<(Place, Option<CacheControl>)> {
    for (message, entry) in request.messages.iter().enumerate().rev() {
        if let Content::Text(text) = entry.content
            && !text.is_empty()
        {
            return Some((Place::Message(message), None));
        }
        for (index, block) in entry.content.blocks().iter().enumerate().rev() {
            let place = Place::Block { message, block: index };
            match block {
                Block::Thinking(_) => {}
                Block::Text(text) if text.text.is_empty() => {}
                Block::Raw(raw) => return Some((place, raw_mark(place, raw).ok().flatten())),
                _ => return Some((place, block.cache_control())),
            }
        }
    }
    None
}

fn is_deferred(raw: &RawObject<'_>) -> bool {
    let tool = JsonValue::parse(raw.json.as_str().as_bytes()).ok();
    tool.and_then(|tool| tool.get("defer_loading")?.as_bool()).unwrap_or(false)
}

/// No block inside a tool result may carry a mark; the tool result does.
fn unmarked_inside(message: usize, block: usize, result: &ToolResult<'_>) -> Result<(), Violation> {
    let ToolResultContent::Blocks(blocks) = result.content else { return Ok(()) };
    for (inner, entry) in blocks.iter().enumerate() {
        let place = Place::InnerBlock { message, block, inner };
        let mark = match entry {
            InnerBlock::Text(_) | InnerBlock::ToolReference(_) => None,
            InnerBlock::Image(image) => image.cache_control,
            InnerBlock::Document(document) => document.cache_control,
            InnerBlock::SearchResult(result) => result.cache_control,
            InnerBlock::Raw(json) => raw_mark(place, &RawObject::new(*json))?,
        };
        if mark.is_some() {
            return Err(Violation::new(place, Rule::NestedMark));
        }
    }
    Ok(())
}

/// The mark of raw JSON, whether ours or in the text. O(length of the text).
pub(super) fn raw_mark(
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
        (Some(theirs), None) => read_mark(theirs),
    }
}

/// Reads a `cache_control` value; `null` counts as absent, as for the provider.
fn read_mark(value: JsonValue<'_>) -> Result<Option<CacheControl>, Rule> {
    if value.is_null() {
        return Ok(None);
    }
    let kind = value.get("type").and_then(|kind| kind.as_str());
    if !kind.is_some_and(|kind| kind.eq_str("ephemeral")) {
        return Err(Rule::BadCacheControl);
    }
    let Some(ttl) = value.get("ttl").filter(|ttl| !ttl.is_null()) else {
        return Ok(Some(CacheControl::ephemeral()));
    };
    let ttl = ttl.as_str().ok_or(Rule::BadCacheControl)?;
    [Ttl::FiveMinutes, Ttl::OneHour]
        .into_iter()
        .find(|known| ttl.eq_str(known.as_str()))
        .map(|ttl| Some(CacheControl::ephemeral().with_ttl(ttl)))
        .ok_or(Rule::BadCacheControl)
}
