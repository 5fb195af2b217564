//! The members of a block, tool or message that the rules look at.

use crate::json::{Elements, JsonStr, JsonValue};

/// Their names; a value's index here is its index in [`Fields`].
const NAMES: [&str; 10] = [
    "type",
    "text",
    "cache_control",
    "content",
    "source",
    "citations",
    "defer_loading",
    "configs",
    "default_config",
    "role",
];

/// Those members of one block, tool or message, found in one pass over its text; of two members of
/// one name the last. A value that is no object has none.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>([Option<JsonValue<'a>>; NAMES.len()]);

impl<'a> Fields<'a> {
    /// Reads the members. O(length of the block).
    pub(crate) fn of(block: JsonValue<'a>) -> Self {
        let mut found = [None; NAMES.len()];
        for (name, value) in block.members() {
            if let Some(index) = NAMES.iter().position(|known| name.eq_str(known)) {
                found[index] = Some(value);
            }
        }
        Self(found)
    }

    /// `type`
    pub(crate) fn kind(&self) -> Option<JsonStr<'a>> {
        self.0[0]?.as_str()
    }

    /// Whether `text` is there and empty.
    pub(crate) fn has_empty_text(&self) -> bool {
        self.0[1].is_some_and(|text| text.text() == "\"\"")
    }

    /// `cache_control`; none where it is `null`, which counts as absent.
    pub(crate) fn cache_control(&self) -> Option<JsonValue<'a>> {
        self.0[2].filter(|mark| !mark.is_null())
    }

    /// `content`
    pub(crate) const fn content(&self) -> Option<JsonValue<'a>> {
        self.0[3]
    }

    /// `source`
    pub(crate) const fn source(&self) -> Option<JsonValue<'a>> {
        self.0[4]
    }

    /// `citations`
    pub(crate) const fn citations(&self) -> Option<JsonValue<'a>> {
        self.0[5]
    }

    /// Whether `defer_loading` is true.
    pub(crate) fn is_deferred(&self) -> bool {
        self.0[6].and_then(|value| value.as_bool()) == Some(true)
    }

    /// `configs`
    pub(crate) const fn configs(&self) -> Option<JsonValue<'a>> {
        self.0[7]
    }

    /// `default_config`
    pub(crate) const fn default_config(&self) -> Option<JsonValue<'a>> {
        self.0[8]
    }

    /// `role`
    pub(crate) fn role(&self) -> Option<JsonStr<'a>> {
        self.0[9]?.as_str()
    }

    /// Whether `type` is that.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.kind().is_some_and(|kind| kind.eq_str(name))
    }

    /// The blocks inside a tool result, or inside a document that is made of blocks: those whose
    /// last one's mark counts as the mark of the block around them.
    pub(crate) fn nested(&self) -> Option<Elements<'a>> {
        if self.is("tool_result") {
            Some(self.content()?.elements())
        } else if self.is("document") {
            Some(self.source()?.get("content")?.elements())
        } else {
            None
        }
    }
}
