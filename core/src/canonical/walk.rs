//! The walk over a text in canonical order.
//!
//! Arrays are walked as they stand. An object is scanned first: that puts its members, sorted,
//! into free slots; then each one is taken from the top of the slots and its value walked, with
//! the object's own record left below. So the open objects lie in the slots like frames on a
//! stack, and the walk needs no recursion. Of an array a frame is one byte in `levels`.

use super::{
    CanonicalError, HEADER_SLOTS, Slot,
    members::{self, NONE},
    number::write_number,
    sink::{Place, Selection, Sink},
};
use crate::json::{DEPTH_MAX, JsonError, JsonErrorKind, JsonStr, escape, lex};
use heapless::Vec;

/// Why a walk ended early.
pub(super) enum Stop {
    Fault(CanonicalError),
    OutOfSlots,
}

impl From<CanonicalError> for Stop {
    fn from(fault: CanonicalError) -> Self {
        Self::Fault(fault)
    }
}

impl From<JsonError> for Stop {
    fn from(fault: JsonError) -> Self {
        Self::Fault(fault.into())
    }
}

/// Walks `text`, which stands at `place` inside `depth` open containers; repeated scans may read
/// `rescan_max` times its length.
pub(super) fn walk<S: Selection, K: Sink>(
    text: &str,
    place: Place,
    depth: usize,
    selection: &S,
    slots: &mut [Slot],
    sink: &mut K,
    rescan_max: usize,
) -> Result<(), Stop> {
    // Offsets into the slots are kept in 32 bits as well.
    let count = slots.len().min(NONE as usize - 1);
    let slots = &mut slots[..count];
    let mut walk = Walk {
        text,
        selection,
        slots,
        sink,
        rescan_left: rescan_max.saturating_mul(text.len()),
        depth,
        levels: Vec::new(),
        frame: 0,
        top: 0,
        muted_below: None,
    };
    let mut next = Next::Value(lex::skip_white_space(text, 0), place);
    loop {
        next = match next {
            Next::Value(at, place) => walk.value(at, place)?,
            Next::Behind(at) => match walk.behind(at)? {
                Some(next) => next,
                None => return Ok(()),
            },
        };
    }
}

/// Where the walk goes on.
enum Next {
    /// At a value.
    Value(usize, Place),
    /// Behind a value.
    Behind(usize),
}

struct Walk<'a, S, K> {
    text: &'a str,
    selection: &'a S,
    slots: &'a mut [Slot],
    sink: &'a mut K,
    /// The bytes that repeated scans may still read.
    rescan_left: usize,
    /// The containers that are open around the text.
    depth: usize,
    /// For each open container its place and the flags below.
    levels: Vec<u8, DEPTH_MAX>,
    /// The record of the innermost open object.
    frame: usize,
    /// The first free slot.
    top: usize,
    /// While a left-out value is walked: the depth of the object that it is in.
    muted_below: Option<usize>,
}

/// The container is an object.
const OBJECT: u8 = 0x80;
/// One of its members has been written.
const BEGUN: u8 = 0x40;

impl<S: Selection, K: Sink> Walk<'_, S, K> {
    fn value(&mut self, at: usize, place: Place) -> Result<Next, Stop> {
        let text = self.text;
        let end = match text.as_bytes().get(at) {
            Some(b'{') => return self.open_object(at, place),
            Some(b'[') => return self.open_array(at, place),
            Some(b'"') => {
                let (string, end) = lex::string(text, at)?;
                self.write_string(string);
                end
            }
            Some(b't') => self.word(at, "true")?,
            Some(b'f') => self.word(at, "false")?,
            Some(b'n') => self.word(at, "null")?,
            Some(b'-' | b'0'..=b'9') => {
                let (number, end) = lex::number(text, at)?;
                write_number(number, |bytes| self.write(bytes))
                    .map_err(|_| CanonicalError::NumberRange { offset: at })?;
                end
            }
            _ => return Err(lex::unexpected(text, at).into()),
        };
        Ok(Next::Behind(end))
    }

    fn behind(&mut self, at: usize) -> Result<Option<Next>, Stop> {
        let Some(&level) = self.levels.last() else {
            let end = lex::skip_white_space(self.text, at);
            if end < self.text.len() {
                return Err(lex::unexpected(self.text, end).into());
            }
            return Ok(None);
        };
        if level & OBJECT != 0 {
            if self.muted_below == Some(self.levels.len()) {
                self.muted_below = None;
            }
            return self.next_member().map(Some);
        }
        let at = lex::skip_white_space(self.text, at);
        match self.text.as_bytes().get(at) {
            Some(b',') => {
                self.write(b",");
                let at = lex::skip_white_space(self.text, at + 1);
                Ok(Some(Next::Value(at, self.selection.element(Place::new(level)))))
            }
            Some(b']') => Ok(Some(self.close_array(at))),
            _ => Err(lex::unexpected(self.text, at).into()),
        }
    }

    fn open_array(&mut self, at: usize, place: Place) -> Result<Next, Stop> {
        self.push_level(at, place.number())?;
        self.write(b"[");
        let at = lex::skip_white_space(self.text, at + 1);
        Ok(match self.text.as_bytes().get(at) {
            Some(b']') => self.close_array(at),
            _ => Next::Value(at, self.selection.element(place)),
        })
    }

    fn close_array(&mut self, at: usize) -> Next {
        self.write(b"]");
        self.levels.pop();
        Next::Behind(at + 1)
    }

    fn open_object(&mut self, at: usize, place: Place) -> Result<Next, Stop> {
        self.push_level(at, place.number() | OBJECT)?;
        let frame = self.top;
        if self.slots.len() <= frame + HEADER_SLOTS {
            return Err(Stop::OutOfSlots);
        }
        self.slots[frame + 1].first = self.frame as u32;
        self.frame = frame;
        self.slots[frame].second = self.fill(at, NONE)? as u32;
        self.slots[frame].first = at as u32;
        self.write(b"{");
        self.next_member()
    }

    fn next_member(&mut self) -> Result<Next, Stop> {
        let frame = self.frame;
        if self.top == frame + HEADER_SLOTS {
            let (start, end) = (self.slots[frame].first, self.slots[frame].second as usize);
            let (around, after) = (self.slots[frame + 1].first, self.slots[frame + 1].second);
            if after == NONE {
                self.write(b"}");
                self.levels.pop();
                self.top = frame;
                self.frame = around as usize;
                return Ok(Next::Behind(end));
            }
            let cost = end - start as usize;
            self.rescan_left = self.rescan_left.checked_sub(cost).ok_or(Stop::OutOfSlots)?;
            self.fill(start as usize, after)?;
        }
        self.top -= 1;
        let member = self.slots[self.top];
        let name = members::name(self.text, member);
        let depth = self.levels.len();
        let level = &mut self.levels[depth - 1];
        let Some(place) = self.selection.member(Place::new(*level), &name) else {
            self.muted_below = self.muted_below.or(Some(depth));
            // The value is walked for its faults.
            return Ok(Next::Value(member.value_at(), Place::ROOT));
        };
        if self.muted_below.is_none() {
            let begun = *level & BEGUN != 0;
            *level |= BEGUN;
            if begun {
                self.write(b",");
            }
            self.write_string(name);
            self.write(b":");
        }
        Ok(Next::Value(member.value_at(), place))
    }

    /// Fills the slots above the innermost object's record with its next members, and tells
    /// where the object ends.
    ///
    /// Three slots for each level of objects inside are left free: they can then be walked, if
    /// only a member at a time.
    fn fill(&mut self, start: usize, after: u32) -> Result<usize, Stop> {
        let base = self.frame + HEADER_SLOTS;
        let free = &mut self.slots[base..];
        let depth = self.depth + self.levels.len() - 1;
        let scan = members::scan(self.text, start, depth, after, free)?;
        let reserve = scan.depth_inside * (HEADER_SLOTS + 1);
        let room = free.len().checked_sub(reserve).ok_or(Stop::OutOfSlots)?;
        let kept = scan.batch.min(room);
        // The largest names come first; they are left for a later scan.
        free.copy_within(scan.batch - kept..scan.batch, 0);
        let more = scan.more || kept < scan.batch;
        let after = match free.first() {
            Some(largest) if more && kept > 0 => largest.name_at() as u32,
            _ if more => return Err(Stop::OutOfSlots),
            _ => NONE,
        };
        self.slots[self.frame + 1].second = after;
        self.top = base + kept;
        Ok(scan.end)
    }

    fn push_level(&mut self, at: usize, level: u8) -> Result<(), Stop> {
        if self.depth + self.levels.len() >= DEPTH_MAX {
            return Err(JsonErrorKind::TooDeep.at(at).into());
        }
        self.levels.push(level).map_err(|_| JsonErrorKind::TooDeep.at(at).into())
    }

    fn word(&mut self, at: usize, word: &str) -> Result<usize, Stop> {
        let end = lex::word(self.text, at, word)?;
        self.write(word.as_bytes());
        Ok(end)
    }

    fn write_string(&mut self, string: JsonStr<'_>) {
        self.write(b"\"");
        if let Some(plain) = string.as_str() {
            // Unescaped text is canonical as it is: what needs an escape cannot stand in it.
            self.write(plain.as_bytes());
        } else {
            let mut chars = string.chars();
            loop {
                self.write(chars.plain_run().as_bytes());
                let Some(character) = chars.next() else { break };
                self.write_char(character);
            }
        }
        self.write(b"\"");
    }

    fn write_char(&mut self, character: char) {
        let (mut utf8, mut buffer) = ([0; 4], [0; 6]);
        let utf8 = character.encode_utf8(&mut utf8).as_bytes();
        match escape(utf8[0], &mut buffer) {
            [] => self.write(utf8),
            escaped => self.write(escaped),
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.muted_below.is_none() && !bytes.is_empty() {
            self.sink.write(bytes);
        }
    }
}
