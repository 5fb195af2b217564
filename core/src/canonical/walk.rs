//! The second reading: over the text in canonical order, with no recursion.
//!
//! Arrays are walked as they stand, objects from member to member as the index tells. A value that
//! is canonical as it is written goes out without being looked at. Objects without an index are
//! indexed when they are met, in the slots that are free then; each takes its slots with it when
//! it closes.

use heapless::Vec;

use super::{
    CanonicalError, RESCAN_LEN_MIN, RESCAN_MAX, Stop,
    index::Indexer,
    out::Out,
    partial::next_batch,
    sink::{NAME_MAX, Place, Selection, Sink, element},
    slot::{Member, Memory, Record, Slot, Value},
};
use crate::json::{DEPTH_MAX, JsonErrorKind, JsonStr, lex, lex::Spelling, source::Source};

/// Writes the canonical form of the text in `text`, which is UTF-8 and stands at `place` inside
/// `depth` open containers.
pub(super) fn walk<T, S, M, K>(
    text: &mut T,
    (place, depth): (Place, usize),
    selection: &S,
    memory: &mut M,
    sink: &mut K,
) -> Result<(), Stop<T::Error>>
where
    T: Source,
    S: Selection,
    M: Memory,
    K: Sink,
{
    let mut walk = Walk {
        text,
        selection,
        memory,
        out: Out::new(sink),
        depth,
        levels: Vec::new(),
        record: 0,
        top: 0,
        base: 0,
        next_record: None,
        muted_below: None,
        budget: usize::MAX,
    };
    walk.run(place)
}

struct Walk<'a, T, S, M, K> {
    text: &'a mut T,
    selection: &'a S,
    memory: &'a mut M,
    out: Out<'a, K>,
    /// Containers that are open around the text.
    depth: usize,
    levels: Vec<Level, DEPTH_MAX>,
    /// The slot of the innermost open object's record.
    record: usize,
    /// The first free slot.
    top: usize,
    /// Where the innermost index begins.
    base: usize,
    /// The slot of the record of the next object in the text, if that is indexed.
    next_record: Option<usize>,
    /// While a left-out value is walked: the depth of the object that it is in.
    muted_below: Option<usize>,
    /// What further readings may still cost.
    budget: usize,
}

/// An open container.
#[derive(Clone, Copy)]
struct Level {
    place: Place,
    kind: LevelKind,
    /// Whether a member has been written.
    is_begun: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LevelKind {
    Array,
    /// An object whose index is a part of the one around it.
    Inner,
    /// An object with an index of its own.
    Root,
    /// An object that is walked in batches.
    Partial,
}

/// Where the walk goes on.
enum Next {
    /// At a value.
    Value(usize, Place),
    /// Behind a value.
    Behind(usize),
}

impl<T, S, M, K> Walk<'_, T, S, M, K>
where
    T: Source,
    S: Selection,
    M: Memory,
    K: Sink,
{
    fn run(&mut self, place: Place) -> Result<(), Stop<T::Error>> {
        let start = lex::skip_white_space(self.text, 0)?;
        let mut whole = Indexer::of_text(start, self.depth);
        if self.index(&mut whole)? {
            self.next_record = Some(0);
            self.top = whole.low;
        } else {
            // So far the text was read once, as it would be with enough slots.
            self.budget = self.text.len()?.max(RESCAN_LEN_MIN).saturating_mul(RESCAN_MAX);
        }
        let mut next = Next::Value(start, place);
        loop {
            next = match next {
                Next::Value(at, place) => self.value(at, place)?,
                Next::Behind(at) => match self.behind(at)? {
                    Some(next) => next,
                    None => return Ok(self.out.flush(self.text)?),
                },
            };
        }
    }

    #[inline]
    fn value(&mut self, at: usize, place: Place) -> Result<Next, Stop<T::Error>> {
        let end = match self.text.byte(at)? {
            Some(b'{') => return self.open_object(at, place),
            Some(b'[') => return self.open_array(at, place),
            Some(b'"') => {
                let (spelling, end) = lex::string(self.text, at)?;
                self.out.string(self.text, at, end, spelling)?;
                end
            }
            Some(b't') => self.word(at, "true")?,
            Some(b'f') => self.word(at, "false")?,
            Some(b'n') => self.word(at, "null")?,
            Some(b'-' | b'0'..=b'9') => {
                let end = lex::number(self.text, at)?;
                if !self.out.number(self.text, at, end)? {
                    return Err(Stop::fault(CanonicalError::NumberRange { offset: at }));
                }
                end
            }
            _ => return Err(lex::unexpected(self.text, at).into()),
        };
        Ok(Next::Behind(end))
    }

    fn behind(&mut self, at: usize) -> Result<Option<Next>, Stop<T::Error>> {
        let Some(level) = self.levels.last() else {
            let end = lex::skip_white_space(self.text, at)?;
            return match self.text.byte(end)? {
                None => Ok(None),
                Some(_) => Err(lex::unexpected(self.text, end).into()),
            };
        };
        if level.kind != LevelKind::Array {
            if self.muted_below == Some(self.levels.len()) {
                self.muted_below = None;
                self.out.is_muted = false;
            }
            return self.next_member().map(Some);
        }
        let place = level.place;
        let at = lex::skip_white_space(self.text, at)?;
        match self.text.byte(at)? {
            Some(b',') => {
                self.out.byte(self.text, b',')?;
                let at = lex::skip_white_space(self.text, at + 1)?;
                Ok(Some(Next::Value(at, element(self.selection, place))))
            }
            Some(b']') => Ok(Some(self.close_array(at)?)),
            _ => Err(lex::unexpected(self.text, at).into()),
        }
    }

    fn open_array(&mut self, at: usize, place: Place) -> Result<Next, Stop<T::Error>> {
        self.push_level(at, place, LevelKind::Array)?;
        self.out.span(self.text, at, at + 1)?;
        let at = lex::skip_white_space(self.text, at + 1)?;
        Ok(match self.text.byte(at)? {
            Some(b']') => self.close_array(at)?,
            _ => Next::Value(at, element(self.selection, place)),
        })
    }

    fn close_array(&mut self, at: usize) -> Result<Next, Stop<T::Error>> {
        self.out.span(self.text, at, at + 1)?;
        self.levels.pop();
        Ok(Next::Behind(at + 1))
    }

    fn open_object(&mut self, at: usize, place: Place) -> Result<Next, Stop<T::Error>> {
        let (slot, kind) = match self.next_record {
            Some(slot) => (slot, LevelKind::Inner),
            None => self.index_object(at)?,
        };
        let slots = self.memory.slots();
        let mut record = Record::from(slots[slot]);
        if record.is_verbatim() && place == Place::EVERYTHING {
            self.next_record = (kind == LevelKind::Inner).then_some(record.stop);
            if kind == LevelKind::Root {
                self.top = slot;
            }
            self.out.span(self.text, at, record.end)?;
            return Ok(Next::Behind(record.end));
        }
        record.up = self.record;
        slots[slot] = record.into();
        self.record = slot;
        self.push_level(at, place, kind)?;
        self.out.span(self.text, at, at + 1)?;
        self.next_member()
    }

    /// Makes an index of the object, or else its first batch, in the free slots.
    fn index_object(&mut self, at: usize) -> Result<(usize, LevelKind), Stop<T::Error>> {
        let slot = self.top;
        // There was no room for the index of the whole text.
        if !self.levels.is_empty() {
            let mut indexer = Indexer::of_object(at, self.depth + self.levels.len(), slot);
            let is_indexed = self.index(&mut indexer)?;
            self.spend(indexer.cost)?;
            if is_indexed {
                self.base = slot;
                self.top += indexer.low;
                return Ok((slot, LevelKind::Root));
            }
        }
        let head = self.memory.slots().get_mut(slot..slot + 2).ok_or(Stop::OutOfSlots)?;
        head[0] = Slot { first: at as u32, second: 0, third: 0 };
        head[1] = Slot::EMPTY;
        self.read_batch(slot + 1, self.depth + self.levels.len())?;
        Ok((slot + 1, LevelKind::Partial))
    }

    /// Reads the next members of an object that is walked in batches. The slot before its record
    /// tells where it begins, and which name was the last one, if there are more.
    fn read_batch(&mut self, record: usize, depth_around: usize) -> Result<(), Stop<T::Error>> {
        let slots = self.memory.slots();
        let (start, last) = (slots[record - 1].first as usize, slots[record - 1].second as usize);
        let (up, after) = (Record::from(slots[record]).up, (last > 0).then_some(last));
        let batch = next_batch(self.text, start, depth_around, after, &mut slots[record + 1..])?;
        let (next, stop) = (record + 1, record + 1 + batch.len);
        slots[record - 1].second = if batch.has_more { slots[stop - 1].first } else { 0 };
        slots[record] = Record { end: batch.end, next, stop, up }.into();
        self.top = stop;
        self.spend(batch.cost)
    }

    fn next_member(&mut self) -> Result<Next, Stop<T::Error>> {
        loop {
            let slots = self.memory.slots();
            let mut record = Record::from(slots[self.record]);
            if record.next == record.stop {
                let depth = self.levels.len();
                let is_partial = self.levels[depth - 1].kind == LevelKind::Partial;
                if is_partial && slots[self.record - 1].second > 0 {
                    self.read_batch(self.record, self.depth + depth - 1)?;
                    continue;
                }
                return self.close_object(record);
            }
            let member = Member::from(slots[record.next]);
            record.next += 1;
            slots[self.record] = record.into();
            if let Some(next) = self.member(member)? {
                return Ok(next);
            }
        }
    }

    /// Writes a member; `None` if that is all there is to it.
    #[inline]
    fn member(&mut self, member: Member) -> Result<Option<Next>, Stop<T::Error>> {
        let depth = self.levels.len();
        let level = self.levels[depth - 1];
        if level.place == Place::EVERYTHING
            && member.tight > 0
            && let Value::Verbatim(end) = member.value
        {
            self.begin_member(level)?;
            self.out.span(self.text, member.name_at, end)?;
            return Ok(None);
        }
        let (spelling, name_end, value_at) = self.find_value(member)?;
        let place = self.place_of(level.place, member.name_at, name_end, spelling)?;
        self.next_record = match member.value {
            Value::Indexed(slot) if level.kind != LevelKind::Partial => Some(self.base + slot),
            _ => None,
        };
        let Some(place) = place else {
            if let Value::Verbatim(_) = member.value {
                return Ok(None);
            }
            // The value is walked for its faults.
            self.muted_below = self.muted_below.or(Some(depth));
            self.out.is_muted = true;
            return Ok(Some(Next::Value(value_at, Place::EVERYTHING)));
        };
        self.begin_member(level)?;
        self.out.string(self.text, member.name_at, name_end, spelling)?;
        self.out.byte(self.text, b':')?;
        if let Value::Verbatim(value_end) = member.value {
            self.out.span(self.text, value_at, value_end)?;
            return Ok(None);
        }
        Ok(Some(Next::Value(value_at, place)))
    }

    /// Writes the comma before a member, if it is not the first one.
    fn begin_member(&mut self, level: Level) -> Result<(), T::Error> {
        if level.is_begun {
            return self.out.byte(self.text, b',');
        }
        if let Some(level) = self.levels.last_mut() {
            level.is_begun = true;
        }
        Ok(())
    }

    /// How a member's name is spelled, the offset behind it, and that of the value.
    #[inline]
    fn find_value(&mut self, member: Member) -> Result<(Spelling, usize, usize), T::Error> {
        if member.tight > 0 {
            let end = member.name_at + usize::from(member.tight) + 1;
            return Ok((Spelling::Plain, end, end + 1));
        }
        let (spelling, end) = lex::string(self.text, member.name_at)?;
        let colon = lex::skip_white_space(self.text, end)?;
        let value_at = lex::skip_white_space(self.text, colon + 1)?;
        Ok((spelling, end, value_at))
    }

    /// Where the value of a member is, or `None` if the member is left out.
    fn place_of(
        &mut self,
        around: Place,
        name_at: usize,
        end: usize,
        spelling: Spelling,
    ) -> Result<Option<Place>, T::Error> {
        let len = end - name_at - 2;
        if around == Place::EVERYTHING || len > NAME_MAX {
            return Ok(Some(Place::EVERYTHING));
        }
        let is_escaped = spelling != Spelling::Plain;
        match self.text.str(name_at + 1, len) {
            Some(name) => Ok(self.selection.member(around, &JsonStr::new(name, is_escaped))),
            None => self.place_of_copy(around, name_at + 1, len, is_escaped),
        }
    }

    /// The same for a name that has to be copied out of the source.
    #[inline(never)] // The copy shall not lie on the stack while values are walked.
    fn place_of_copy(
        &mut self,
        around: Place,
        at: usize,
        len: usize,
        is_escaped: bool,
    ) -> Result<Option<Place>, T::Error> {
        let (mut room, mut have) = ([0; NAME_MAX], 0);
        while have < len {
            let window = self.text.window(at + have)?;
            let run = window.len().min(len - have);
            if run == 0 {
                break;
            }
            room[have..have + run].copy_from_slice(&window[..run]);
            have += run;
        }
        // Quotes lie on character boundaries of a text that is UTF-8.
        let name = core::str::from_utf8(&room[..len]).unwrap_or_default();
        Ok(self.selection.member(around, &JsonStr::new(name, is_escaped)))
    }

    fn close_object(&mut self, record: Record) -> Result<Next, Stop<T::Error>> {
        self.out.byte(self.text, b'}')?;
        let kind = self.levels.pop().map(|level| level.kind);
        self.next_record = None;
        match kind {
            Some(LevelKind::Root) => self.top = self.record,
            Some(LevelKind::Partial) => self.top = self.record - 1,
            _ => self.next_record = Some(record.stop),
        }
        self.record = record.up;
        Ok(Next::Behind(record.end))
    }

    /// Indexes what `indexer` is at, if there is room for it.
    fn index(&mut self, indexer: &mut Indexer) -> Result<bool, Stop<T::Error>> {
        loop {
            let slots = self.memory.slots().get_mut(self.top..).unwrap_or_default();
            match indexer.run(self.text, slots) {
                Ok(()) => return Ok(true),
                Err(Stop::OutOfSlots) => {}
                Err(stop) => return Err(stop),
            }
            if !self.memory.grow(self.top + indexer.low, indexer.high) {
                return Ok(false);
            }
        }
    }

    fn spend(&mut self, cost: usize) -> Result<(), Stop<T::Error>> {
        self.budget = self.budget.checked_sub(cost).ok_or(Stop::OutOfSlots)?;
        Ok(())
    }

    fn push_level(
        &mut self,
        at: usize,
        place: Place,
        kind: LevelKind,
    ) -> Result<(), Stop<T::Error>> {
        let level = Level { place, kind, is_begun: false };
        if self.depth + self.levels.len() >= DEPTH_MAX || self.levels.push(level).is_err() {
            return Err(Stop::fault(JsonErrorKind::TooDeep.at(at)));
        }
        Ok(())
    }

    fn word(&mut self, at: usize, word: &str) -> Result<usize, Stop<T::Error>> {
        let end = lex::word(self.text, at, word)?;
        self.out.span(self.text, at, end)?;
        Ok(end)
    }
}
