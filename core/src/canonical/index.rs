//! The first reading of a text: checks it, and leaves its objects and their sorted members in the
//! slots, so that the second one goes from member to member without looking for any.
//!
//! The index grows from the first slot upwards: for each object its record, then the indexes of
//! the objects inside in the order of the text, then its members in canonical order. While an
//! object is open its members are collected from the last slot downwards; when it closes they are
//! sorted and moved. So memory is needed for each object and each member once.

use core::cmp::Ordering;

use heapless::Vec;

use super::{
    CanonicalError, ESCAPED_COST, STEP_COST, Stop, name,
    number::is_shortest,
    slot::{Member, Record, Slot, Value},
};
use crate::json::{
    DEPTH_MAX, JsonError, JsonErrorKind,
    lex::Spelling,
    scanner::{Kind, Scanner, Step},
    source::Source,
};

/// Something in the container is not written as its canonical form is.
const REWRITTEN: u8 = 1;
/// Its members are not in order.
const UNSORTED: u8 = 2;

/// How far the reading has come.
pub(super) struct Indexer {
    scanner: Scanner,
    /// Whether nothing may stand behind the value.
    is_text: bool,
    /// Containers that are open around the value.
    depth_around: usize,
    /// Slots before those of the index.
    origin: usize,
    /// Slots in use at the start of the memory.
    pub(super) low: usize,
    /// Slots in use at the end of it.
    pub(super) high: usize,
    /// The record of the innermost open object.
    open: usize,
    /// The flags above of each open container.
    levels: Vec<u8, DEPTH_MAX>,
    /// A token for which there was no slot.
    held: Option<Step>,
    /// What has been read, as [`cost_of`] counts it.
    pub(super) cost: usize,
}

impl Indexer {
    /// An indexer of a text whose value is at `at`, with so many containers open around it.
    pub(super) const fn of_text(at: usize, depth_around: usize) -> Self {
        Self {
            scanner: Scanner::starting(at),
            is_text: true,
            depth_around,
            origin: 0,
            low: 0,
            high: 0,
            open: 0,
            levels: Vec::new(),
            held: None,
            cost: 0,
        }
    }

    /// An indexer of the object at `at` in a text. Its slots are those from `origin` on.
    pub(super) fn of_object(at: usize, depth_around: usize, origin: usize) -> Self {
        Self { is_text: false, origin, ..Self::of_text(at, depth_around) }
    }

    /// Reads to the end of the object, or of the text. O(length), and for each object the sorting
    /// of its members.
    ///
    /// # Errors
    /// [`Stop::OutOfSlots`] if the slots do not do. It can go on when there are more of them.
    pub(super) fn run<T: Source>(
        &mut self,
        text: &mut T,
        slots: &mut [Slot],
    ) -> Result<(), Stop<T::Error>> {
        if let Some(step) = self.held.take() {
            self.take_or_hold(text, slots, step)?;
        }
        while let Some(step) = self.scanner.next(text)? {
            self.take_or_hold(text, slots, step)?;
            if self.scanner.depth() == 0 && !self.is_text {
                break;
            }
        }
        Ok(())
    }

    #[inline]
    fn take_or_hold<T: Source>(
        &mut self,
        text: &mut T,
        slots: &mut [Slot],
        step: Step,
    ) -> Result<(), Stop<T::Error>> {
        self.cost += cost_of(step);
        let taken = self.take(text, slots, step);
        if let Err(Stop::OutOfSlots) = taken {
            self.held = Some(step);
        }
        taken
    }

    #[inline]
    fn take<T: Source>(
        &mut self,
        text: &mut T,
        slots: &mut [Slot],
        step: Step,
    ) -> Result<(), Stop<T::Error>> {
        if step.is_spaced
            && let Some(level) = self.levels.last_mut()
        {
            *level |= REWRITTEN;
        }
        let is_verbatim = match step.kind {
            Kind::Name(spelling) => return self.name(text, slots, step, spelling),
            Kind::ObjectStart => return self.open_object(slots, step),
            Kind::ArrayStart => return Ok(self.open_level::<T::Error>(step)?),
            Kind::ObjectEnd => self.close_object(text, slots, step.end)?,
            Kind::ArrayEnd => self.levels.pop().unwrap_or_default() == 0,
            _ => is_verbatim(text, step)?,
        };
        self.end_value(slots, step.end, is_verbatim);
        Ok(())
    }

    fn open_level<E: From<JsonError>>(&mut self, step: Step) -> Result<(), E> {
        let deep_enough = self.levels.len() + self.depth_around < DEPTH_MAX;
        if !deep_enough || self.levels.push(0).is_err() {
            return Err(JsonErrorKind::TooDeep.at(step.start).into());
        }
        Ok(())
    }

    fn open_object<E: From<JsonError>>(
        &mut self,
        slots: &mut [Slot],
        step: Step,
    ) -> Result<(), Stop<E>> {
        self.check_room(slots)?;
        self.open_level::<E>(step)?;
        let record = Record { end: 0, next: self.high, stop: 0, up: self.open };
        slots[self.low] = record.into();
        self.open = self.low;
        self.low += 1;
        Ok(())
    }

    fn name<T: Source>(
        &mut self,
        text: &mut T,
        slots: &mut [Slot],
        step: Step,
        spelling: Spelling,
    ) -> Result<(), Stop<T::Error>> {
        self.check_room(slots)?;
        let value = Value::Indexed(self.low);
        let member = name::member(text, step, spelling, self.scanner.at(), value)?;
        let newest = slots.len() - self.high;
        let mut flags = if spelling <= Spelling::Shortest { 0 } else { REWRITTEN };
        if Record::from(slots[self.open]).next < self.high {
            match name::order(text, slots[newest].into(), member)? {
                Ordering::Less => {}
                Ordering::Equal => {
                    return Err(Stop::fault(CanonicalError::DuplicateName { offset: step.start }));
                }
                Ordering::Greater => flags |= UNSORTED,
            }
        }
        if let Some(level) = self.levels.last_mut() {
            *level |= flags;
        }
        slots[newest - 1] = member.into();
        self.high += 1;
        Ok(())
    }

    /// Moves the members where they stay; tells whether the object is canonical as it is written.
    fn close_object<T: Source>(
        &mut self,
        text: &mut T,
        slots: &mut [Slot],
        end: usize,
    ) -> Result<bool, Stop<T::Error>> {
        let Record { next: around, up, .. } = slots[self.open].into();
        let collected = slots.len() - self.high..slots.len() - around;
        let count = collected.len();
        let members = &mut slots[collected.clone()];
        let flags = self.levels.last().copied().unwrap_or_default();
        if flags & UNSORTED == 0 {
            members.reverse();
        } else if let Err(twins) = name::sort(text, members)? {
            return Err(Stop::fault(CanonicalError::DuplicateName { offset: twins.offset }));
        }
        if cfg!(target_pointer_width = "64") {
            slots.copy_within(collected, self.low);
        } else {
            // Without `memmove`. What comes back in exchange is no longer of use.
            (self.low..).zip(collected).for_each(|(to, from)| name::swap(slots, to, from));
        }
        let is_verbatim = flags == 0;
        let (next, stop) = (self.origin + self.low, self.origin + self.low + count);
        slots[self.open] = Record { end, next, stop, up: is_verbatim.into() }.into();
        (self.low, self.high, self.open) = (self.low + count, around, up);
        self.levels.pop();
        Ok(is_verbatim)
    }

    /// Tells the container around a value what the value is like.
    #[inline]
    fn end_value(&mut self, slots: &mut [Slot], end: usize, is_verbatim: bool) {
        let Some(level) = self.levels.last_mut() else { return };
        if !is_verbatim {
            *level |= REWRITTEN;
        } else if self.scanner.is_in_object() {
            let newest = &mut slots[slots.len() - self.high];
            // A value with objects in it keeps the place of their records, which may be needed.
            if let Member { value: Value::Indexed(place), .. } = (*newest).into()
                && place == self.low
            {
                newest.second = end as u32;
            }
        }
    }

    const fn check_room<E>(&self, slots: &[Slot]) -> Result<(), Stop<E>> {
        if self.low + self.high < slots.len() { Ok(()) } else { Err(Stop::OutOfSlots) }
    }
}

/// What it costs to read a token once more, in bytes of plain text that could be read instead.
#[inline]
pub(super) const fn cost_of(step: Step) -> usize {
    let len = step.end - step.start;
    match step.kind {
        Kind::Name(Spelling::Shortest | Spelling::Other)
        | Kind::String(Spelling::Shortest | Spelling::Other) => STEP_COST + ESCAPED_COST * len,
        _ => STEP_COST + len,
    }
}

/// Whether a token is a string, number or word that is canonical as it is written. A number that
/// is not in one window counts as if it were not.
#[inline]
pub(super) fn is_verbatim<T: Source>(text: &mut T, step: Step) -> Result<bool, T::Error> {
    Ok(match step.kind {
        Kind::String(spelling) => spelling <= Spelling::Shortest,
        Kind::Number => {
            let window = text.window(step.start)?;
            window.get(..step.end - step.start).is_some_and(is_shortest)
        }
        Kind::True | Kind::False | Kind::Null => true,
        _ => false,
    })
}
