//! Tools and messages: the parts of a body that are lists of raw blocks.

use super::super::block::Block;
use super::super::message::{Content, Message, Role};
use super::super::raw::{RawJson, RawObject};
use super::super::tool::Tool;
use super::super::violation::{Place, Rule};
use super::Fault;
use super::fields::{Decoder, exactly, is};
use super::memory::take;
use crate::json::{JsonKind, JsonValue};

impl<'a> Decoder<'a> {
    /// Sets the tools, if they are an array of objects and not empty.
    pub(super) fn tools(&mut self, value: JsonValue<'a>) -> Result<bool, Fault> {
        let Some(count) = objects(value) else { return Ok(false) };
        let list = take(&mut self.memory.tools, count).ok_or(Fault::MemoryTooSmall)?;
        for (place, tool) in list.iter_mut().zip(value.elements()) {
            *place = Tool::Raw(RawObject::new(RawJson::from(tool)));
        }
        self.request.tools = list;
        Ok(true)
    }

    /// Sets the messages. `block` says what a block is, in the dialect.
    pub(super) fn messages(
        &mut self,
        value: JsonValue<'a>,
        roles: &[Role],
        block: fn(JsonValue<'a>) -> Block<'a>,
    ) -> Result<(), Fault> {
        let count = value.elements().count();
        let list = take(&mut self.memory.messages, count).ok_or(Fault::MemoryTooSmall)?;
        for (index, (place, entry)) in list.iter_mut().zip(value.elements()).enumerate() {
            if entry.kind() != JsonKind::Object {
                return Err(Fault::Rejected(Place::Message(index), Rule::NotAnObject));
            }
            *place = match self.plain_message(entry, roles, block)? {
                Some(message) => message,
                None => {
                    let content = Content::Whole(RawJson::from(entry));
                    Message { role: speaker(entry, roles), content }
                }
            };
        }
        self.request.messages = list;
        self.has_messages = true;
        Ok(())
    }

    /// A message of a role and a content that are written back as they are; else `None`.
    fn plain_message(
        &mut self,
        value: JsonValue<'a>,
        roles: &[Role],
        block: fn(JsonValue<'a>) -> Block<'a>,
    ) -> Result<Option<Message<'a>>, Fault> {
        let Some([role, Some(content)]) = exactly(value, ["role", "content"]) else {
            return Ok(None);
        };
        let Some(&role) = roles.iter().find(|known| is(role, known.as_str())) else {
            return Ok(None);
        };
        if let Some(string) = content.as_str() {
            // With escapes it would have to be copied, and could be spelled in another way.
            let plain = string.as_str().map(Content::Text);
            return Ok(plain.map(|content| Message { role, content }));
        }
        let Some(count) = objects(content) else { return Ok(None) };
        let list = take(&mut self.memory.blocks, count).ok_or(Fault::MemoryTooSmall)?;
        for (place, entry) in list.iter_mut().zip(content.elements()) {
            *place = block(entry);
        }
        Ok(Some(Message { role, content: Content::Blocks(list) }))
    }
}

/// A block that stays as it is and can take a mark.
pub(super) fn raw_block(value: JsonValue<'_>) -> Block<'_> {
    Block::Raw(RawObject::new(RawJson::from(value)))
}

/// How many objects an array has; `None` for an empty one, and where anything else is in it.
fn objects(value: JsonValue<'_>) -> Option<usize> {
    let count = value.elements().count();
    let all_objects = value.elements().all(|entry| entry.kind() == JsonKind::Object);
    (count > 0 && all_objects).then_some(count)
}

/// Who speaks in a message that stays raw: as it says; where it says nothing that the model knows,
/// the user for what comes out of a tool, and the model for the rest.
fn speaker(value: JsonValue<'_>, roles: &[Role]) -> Role {
    if let Some(role) = value.get("role") {
        let known = roles.iter().find(|known| is(Some(role), known.as_str()));
        return known.copied().unwrap_or(Role::User);
    }
    let kind = value.get("type").and_then(|kind| kind.as_str()?.as_str());
    if kind.is_some_and(|kind| kind.ends_with("_output")) { Role::User } else { Role::Assistant }
}
