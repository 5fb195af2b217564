//! What of a request has a place in both of OpenAI's formats for prompts.

use super::encode::MARK_NAME;
use crate::json::JsonValue;
use crate::prompt::marks::raw_mark;
use crate::prompt::{
    Block, CacheControl, Place, RawObject, Request, Role, Rule, Text, Tool, Ttl, Violation,
};

/// The differences between the formats.
pub(in super::super) struct Format {
    /// Stop sequences have a place.
    pub(in super::super) has_stop: bool,
    /// Automatic caching may be for 12 hours.
    pub(in super::super) has_automatic_12h: bool,
    /// A tool may be deferred.
    pub(in super::super) has_deferred_tools: bool,
    /// Whether a block has a place: by the indices of its message and of itself there.
    pub(in super::super) block_has_place:
        fn(usize, usize, Role, &Block<'_>) -> Result<(), Violation>,
}

/// Finds the first thing that the format has no place for.
pub(in super::super) fn expressible(
    request: &Request<'_>,
    format: &Format,
) -> Result<(), Violation> {
    let foreign = [
        ("thinking", request.thinking.is_some()),
        ("top_k", request.top_k.is_some()),
        ("diagnostics", request.diagnostics.is_some()),
        ("stop_sequences", !format.has_stop && !request.stop_sequences.is_empty()),
    ];
    for (name, is_set) in foreign {
        supported(!is_set, Place::Member(name))?;
    }
    let place = Place::Member("cache_control");
    lifetime(request.cache_control, place)?;
    let is_12h = request.cache_control.is_some_and(|mark| mark.ttl == Some(Ttl::TwelveHours));
    if is_12h && !format.has_automatic_12h {
        return Err(Violation::new(place, Rule::ForeignTtl));
    }
    for (index, tool) in request.tools.iter().enumerate() {
        let place = Place::Tool(index);
        supported(tool.cache_control().is_none(), place)?;
        match tool {
            Tool::Function(function) => {
                supported(format.has_deferred_tools || !function.defer_loading, place)?;
            }
            Tool::Raw(raw) => supported(raw_mark(place, raw)?.is_none(), place)?,
        }
    }
    for (index, block) in request.system.iter().flat_map(|system| system.blocks()).enumerate() {
        text_has_place(block, Place::SystemBlock(index))?;
    }
    for (message, entry) in request.messages.iter().enumerate() {
        for (index, block) in entry.content.blocks().iter().enumerate() {
            (format.block_has_place)(message, index, entry.role, block)?;
        }
    }
    Ok(())
}

/// Whether both encoders write a member of this name, as `writes` of each format.
pub(in super::super) fn writes_in_both(request: &Request<'_>, name: &str) -> bool {
    match name {
        "model" => true,
        "temperature" => request.temperature.is_some(),
        "top_p" => request.top_p.is_some(),
        "safety_identifier" => request.user_id.is_some(),
        "service_tier" => request.service_tier.is_some(),
        "prompt_cache_options" => request.cache_control.is_some(),
        "stream" => request.stream,
        "tools" => !request.tools.is_empty(),
        "tool_choice" => request.tool_choice.is_some(),
        "parallel_tool_calls" => request.tool_choice.is_some_and(|choice| choice.disable_parallel),
        _ => false,
    }
}

/// The encoder writes the mark of a raw object as a member of it, so the object must not have a
/// member of that name.
pub(in super::super) fn raw_has_place(place: Place, raw: &RawObject<'_>) -> Result<(), Violation> {
    raw_mark(place, raw)?;
    let part = JsonValue::parse(raw.json.as_str().as_bytes()).ok();
    let is_marked = part.is_some_and(|part| part.get(MARK_NAME).is_some());
    if is_marked && raw.cache_control.is_some() {
        return Err(Violation::new(place, Rule::MarkedTwice));
    }
    Ok(())
}

pub(in super::super) fn text_has_place(text: &Text<'_>, place: Place) -> Result<(), Violation> {
    supported(text.citations.is_none(), place)?;
    lifetime(text.cache_control, place)
}

/// Whether OpenAI has the lifetime that a mark states.
pub(in super::super) fn lifetime(
    mark: Option<CacheControl>,
    place: Place,
) -> Result<(), Violation> {
    match mark.and_then(|mark| mark.ttl) {
        Some(Ttl::FiveMinutes | Ttl::OneHour) => Err(Violation::new(place, Rule::ForeignTtl)),
        Some(Ttl::ThirtyMinutes | Ttl::TwelveHours) | None => Ok(()),
    }
}

pub(in super::super) fn supported(has_place: bool, place: Place) -> Result<(), Violation> {
    if has_place { Ok(()) } else { Err(Violation::new(place, Rule::Unsupported)) }
}
