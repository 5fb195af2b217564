//! The walk over parts that are raw JSON.

use super::fields::Fields;
use super::turns::Speaker;
use super::walk::{Facts, Walk};
use super::{block_type, mark};
use crate::json::{JsonKind, JsonValue};
use crate::prompt::{CacheControl, PartKind, Place, Rule, Violation};

impl Walk {
    /// An entry of `tools`. A mark that is `added` stands for its own.
    pub(crate) fn json_tool(
        &mut self,
        index: usize,
        tool: JsonValue<'_>,
        added: Option<CacheControl>,
    ) -> Result<(), Violation> {
        let place = Place::Tool(index);
        let fields = object(place, tool)?;
        unmarked(place, "default_config", fields.default_config())?;
        for (_, config) in fields.configs().into_iter().flat_map(|configs| configs.members()) {
            unmarked(place, "configs", Some(config))?;
        }
        self.tool(place, fields.is_deferred(), own_mark(place, &fields, added)?)
    }

    /// The value of `system`: blocks, or a string that stands for one.
    pub(crate) fn json_system(&mut self, system: Option<JsonValue<'_>>) -> Result<(), Violation> {
        let Some(system) = system else { return Ok(()) };
        if system.kind() == JsonKind::String {
            return self.system_block(0, Facts::text(is_empty(system), None));
        }
        for (index, block) in system.elements().enumerate() {
            let place = Place::SystemBlock(index);
            let fields = object(place, block)?;
            members_unmarked(place, &fields)?;
            self.system_block(index, facts(place, &fields, None)?)?;
        }
        Ok(())
    }

    /// An entry of `messages`.
    pub(crate) fn json_message(
        &mut self,
        index: usize,
        message: JsonValue<'_>,
    ) -> Result<(), Violation> {
        let fields = object(Place::Message(index), message)?;
        if fields.cache_control().is_some() {
            return Err(Violation::new(Place::Message(index), Rule::Unmarkable));
        }
        let is_role = |name| fields.role().is_some_and(|role| role.eq_str(name));
        let speaker = match () {
            () if is_role("user") => Speaker::User,
            () if is_role("assistant") => Speaker::Assistant,
            () if is_role("system") => Speaker::System,
            () => Speaker::Other,
        };
        self.message(index, speaker)?;
        let Some(content) = fields.content() else { return Ok(()) };
        if content.kind() == JsonKind::String {
            let place = Place::Block { message: index, block: 0 };
            return self.block(place, Facts::text(is_empty(content), None), false);
        }
        for (block, value) in content.elements().enumerate() {
            self.json_block(index, block, value, None)?;
        }
        Ok(())
    }

    /// A block of the current message. A mark that is `added` stands for its own.
    pub(crate) fn json_block(
        &mut self,
        message: usize,
        block: usize,
        value: JsonValue<'_>,
        added: Option<CacheControl>,
    ) -> Result<(), Violation> {
        let place = Place::Block { message, block };
        let fields = object(place, value)?;
        members_unmarked(place, &fields)?;
        let mut moved = None;
        let mut nested = fields.nested().into_iter().flatten().enumerate().peekable();
        while let Some((inner, value)) = nested.next() {
            let is_last = nested.peek().is_none();
            let at = if fields.is("document") {
                Place::SourceBlock { message, block, inner }
            } else {
                Place::InnerBlock { message, block, inner }
            };
            moved = self.json_nested(place, at, value, is_last)?;
        }
        let changes_tools = fields.is("tool_addition") || fields.is("tool_removal");
        let facts = Facts { moved, ..facts(place, &fields, added)? };
        self.block(place, facts, changes_tools)
    }

    /// A block inside the one `around` it. Gives the mark that moves there.
    pub(crate) fn json_nested(
        &mut self,
        around: Place,
        place: Place,
        value: JsonValue<'_>,
        is_last: bool,
    ) -> Result<Option<CacheControl>, Violation> {
        let fields = object(place, value)?;
        let mut moved = None;
        let mut innermost = fields.nested().into_iter().flatten().peekable();
        while let Some(value) = innermost.next() {
            let is_last = is_last && innermost.peek().is_none();
            moved = self.leaf(around, place, &object(place, value)?, is_last)?;
        }
        Ok(self.leaf(around, place, &fields, is_last)?.or(moved))
    }

    /// A block inside another one, less what is inside it.
    fn leaf(
        &mut self,
        around: Place,
        place: Place,
        fields: &Fields<'_>,
        is_last: bool,
    ) -> Result<Option<CacheControl>, Violation> {
        members_unmarked(place, fields)?;
        let own = own_mark(place, fields, None)?;
        let has_place = block_type::is_markable_inside(fields.kind());
        let is_empty = fields.is("text") && fields.has_empty_text();
        let facts = Facts { has_place, is_empty, ..Facts::markable(PartKind::Other, own) };
        self.nested(around, place, facts, is_last)?;
        Ok(own)
    }
}

fn object<'a>(place: Place, value: JsonValue<'a>) -> Result<Fields<'a>, Violation> {
    match value.kind() {
        JsonKind::Object => Ok(Fields::of(value)),
        _ => Err(Violation::new(place, Rule::NotAnObject)),
    }
}

/// What the rules know of a block that is JSON.
fn facts(
    place: Place,
    fields: &Fields<'_>,
    added: Option<CacheControl>,
) -> Result<Facts, Violation> {
    let (kind, has_place) = block_type::of(fields.kind());
    let is_empty = kind == PartKind::Text && fields.has_empty_text();
    let own = own_mark(place, fields, added)?;
    Ok(Facts { kind, has_place, is_empty, own, moved: None })
}

fn own_mark(
    place: Place,
    fields: &Fields<'_>,
    added: Option<CacheControl>,
) -> Result<Option<CacheControl>, Violation> {
    let own = fields.cache_control().map(mark::read).transpose();
    own.map(|own| added.or(own)).map_err(|rule| Violation::new(place, rule))
}

/// The objects that a block is made of, other than blocks, have no place for a mark.
fn members_unmarked(place: Place, fields: &Fields<'_>) -> Result<(), Violation> {
    unmarked(place, "source", fields.source())?;
    unmarked(place, "citations", fields.citations())?;
    if fields.is("search_result") || block_type::is_server_result(fields.kind()) {
        unmarked(place, "content", fields.content())?;
    }
    Ok(())
}

/// Neither an object nor the objects of a list carry a mark.
pub(crate) fn unmarked(
    place: Place,
    member: &'static str,
    value: Option<JsonValue<'_>>,
) -> Result<(), Violation> {
    let is_marked = |value| Fields::of(value).cache_control().is_some();
    match value {
        Some(value) if is_marked(value) || value.elements().any(is_marked) => {
            Err(Violation::new(place.member(member), Rule::Unmarkable))
        }
        _ => Ok(()),
    }
}

fn is_empty(text: JsonValue<'_>) -> bool {
    text.text() == "\"\""
}
