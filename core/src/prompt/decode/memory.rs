//! The memory that a decoded request lies in.

use super::super::block::Block;
use super::super::message::Message;
use super::super::raw::RawJson;
use super::super::tool::Tool;
use crate::json::JsonValue;

/// Room for the lists of a decoded request, and for its short strings that are written with
/// escapes. What the slices hold before does not matter. `Default` has no room at all.
#[derive(Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "callers name every slice they give")]
pub struct DecodeMemory<'a> {
    /// For the entries of `tools`.
    pub tools: &'a mut [Tool<'a>],
    /// For the messages.
    pub messages: &'a mut [Message<'a>],
    /// For the blocks of all messages together.
    pub blocks: &'a mut [Block<'a>],
    /// For members of the body that have no typed place.
    pub extra: &'a mut [(&'a str, RawJson<'a>)],
    /// For the stop sequences.
    pub stop_sequences: &'a mut [&'a str],
    /// For characters, where a model's name, a stop sequence or the like has escapes.
    pub text: &'a mut [u8],
}

/// How much of each kind of memory a body takes at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeNeeds {
    /// Length of [`DecodeMemory::tools`].
    pub tools: usize,
    /// Length of [`DecodeMemory::messages`].
    pub messages: usize,
    /// Length of [`DecodeMemory::blocks`].
    pub blocks: usize,
    /// Length of [`DecodeMemory::extra`].
    pub extra: usize,
    /// Length of [`DecodeMemory::stop_sequences`].
    pub stop_sequences: usize,
    /// Bytes of [`DecodeMemory::text`].
    pub text: usize,
}

impl DecodeNeeds {
    /// What suffices for this body in any dialect: a little more than it takes, where members
    /// turn out to have typed places. O(length).
    #[must_use]
    pub fn of(body: JsonValue<'_>) -> Self {
        let mut needs = Self::default();
        for (name, value) in body.members() {
            needs.extra += 1;
            needs.text += name.raw().len() * usize::from(name.as_str().is_none());
            let count = value.elements().count();
            if name.eq_str("tools") {
                needs.tools += count;
            } else if name.eq_str("messages") || name.eq_str("input") {
                let contents = value.elements().filter_map(|message| message.get("content"));
                needs.messages += count;
                needs.blocks += contents.map(|content| content.elements().count()).sum::<usize>();
            } else if !name.eq_str("system") {
                if name.eq_str("stop_sequences") || name.eq_str("stop") {
                    needs.stop_sequences += count;
                }
                let has_escapes = value.text().as_bytes().contains(&b'\\');
                needs.text += value.text().len() * usize::from(has_escapes);
            }
        }
        needs
    }
}

/// The next `len` places of a list.
pub(super) fn take<'a, T>(list: &mut &'a mut [T], len: usize) -> Option<&'a mut [T]> {
    let (head, tail) = core::mem::take(list).split_at_mut_checked(len)?;
    *list = tail;
    Some(head)
}
