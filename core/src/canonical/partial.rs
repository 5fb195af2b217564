//! An object whose index does not fit into the slots: its own members alone, in batches of as many
//! as there is room for. Each batch takes another reading of the object.

use core::cmp::Ordering;

use super::{
    CanonicalError, STEP_COST, Stop,
    index::{cost_of, is_verbatim},
    name::{self, order},
    slot::{Member, Slot, Value},
};
use crate::json::{
    DEPTH_MAX, JsonErrorKind,
    scanner::{Kind, Scanner},
    source::Source,
};

/// Slots without which an object cannot be walked: two of its own and the least batch.
pub(super) const SLOTS_MIN: usize = 2 + BATCH_MIN;
const BATCH_MIN: usize = 2;

/// The next members of an object, in the first slots.
pub(super) struct Batch {
    /// Offset behind the object.
    pub(super) end: usize,
    pub(super) len: usize,
    /// Whether there are members behind the batch.
    pub(super) has_more: bool,
    /// What was read, as [`super::index::Indexer::cost`] counts it.
    pub(super) cost: usize,
    /// How deep objects are nested inside.
    depth_inside: usize,
    /// The largest name that may still get into the batch.
    bound: Option<Member>,
}

/// Collects the members of the object at `start` whose names are behind that at `after`, the
/// smallest ones if there is no room for all.
///
/// So many slots are left free that the objects inside can be walked, if only in batches. O(length)
/// and O(log batch) comparisons for each member.
///
/// # Errors
/// [`Stop::OutOfSlots`] if that leaves less than a batch.
pub(super) fn next_batch<T: Source>(
    text: &mut T,
    start: usize,
    depth_around: usize,
    after: Option<usize>,
    slots: &mut [Slot],
) -> Result<Batch, Stop<T::Error>> {
    if slots.len() < BATCH_MIN {
        return Err(Stop::OutOfSlots);
    }
    let after = match after {
        Some(name_at) => Some(name::known_member(text, name_at)?),
        None => None,
    };
    let mut batch =
        Batch { end: start, len: 0, has_more: false, cost: 0, depth_inside: 0, bound: None };
    let mut scanner = Scanner::starting(start);
    let (mut open_objects, mut is_collected) = (0, false);
    while let Some(step) = scanner.next(text)? {
        batch.cost += cost_of(step);
        if depth_around + scanner.depth() > DEPTH_MAX {
            return Err(Stop::fault(JsonErrorKind::TooDeep.at(step.start)));
        }
        match step.kind {
            Kind::ObjectStart => {
                open_objects += 1;
                batch.depth_inside = batch.depth_inside.max(open_objects - 1);
            }
            Kind::ObjectEnd => open_objects -= 1,
            Kind::Name(spelling) if scanner.depth() == 1 => {
                let member = name::member(text, step, spelling, scanner.at(), Value::Indexed(0))?;
                is_collected = batch.collect(text, member, after, slots)?;
            }
            _ if scanner.depth() == 1 && is_collected && is_verbatim(text, step)? => {
                slots[batch.len - 1].second = step.end as u32;
            }
            _ => {}
        }
        if scanner.depth() == 0 {
            batch.end = step.end;
            break;
        }
    }
    batch.finish(text, slots)?;
    Ok(batch)
}

impl Batch {
    /// Takes a member in, if it belongs there, as the last one.
    fn collect<T: Source>(
        &mut self,
        text: &mut T,
        member: Member,
        after: Option<Member>,
        slots: &mut [Slot],
    ) -> Result<bool, Stop<T::Error>> {
        if let Some(after) = after {
            match order(text, member, after)? {
                Ordering::Greater => {}
                Ordering::Equal if member.name_at != after.name_at => {
                    return Err(twin(member.name_at, after.name_at));
                }
                _ => return Ok(false),
            }
        }
        if self.is_beyond(text, member)? {
            return Ok(false);
        }
        if self.len == slots.len() {
            self.drop_half(text, slots)?;
            if self.is_beyond(text, member)? {
                return Ok(false);
            }
        }
        slots[self.len] = member.into();
        self.len += 1;
        Ok(true)
    }

    fn is_beyond<T: Source>(
        &mut self,
        text: &mut T,
        member: Member,
    ) -> Result<bool, Stop<T::Error>> {
        let Some(bound) = self.bound else { return Ok(false) };
        match order(text, member, bound)? {
            Ordering::Less => Ok(false),
            Ordering::Equal => Err(twin(member.name_at, bound.name_at)),
            Ordering::Greater => Ok(true),
        }
    }

    /// Drops the larger half of a full batch: a later one will have it.
    fn drop_half<T: Source>(
        &mut self,
        text: &mut T,
        slots: &mut [Slot],
    ) -> Result<(), Stop<T::Error>> {
        self.cost += 2 * STEP_COST * self.len;
        self.sort(text, slots)?;
        self.len /= 2;
        self.has_more = true;
        for slot in &mut slots[..self.len] {
            slot.set_chunk(name::chunk(text, slot.first as usize)?);
        }
        self.bound = Some(slots[self.len - 1].into());
        Ok(())
    }

    /// Sorts the batch, and shortens it to what leaves room for the objects inside.
    fn finish<T: Source>(
        &mut self,
        text: &mut T,
        slots: &mut [Slot],
    ) -> Result<(), Stop<T::Error>> {
        self.sort(text, slots)?;
        let room = slots.len().checked_sub(self.depth_inside * SLOTS_MIN);
        let room = room.ok_or(Stop::OutOfSlots)?;
        if self.len > room {
            (self.len, self.has_more) = (room, true);
        }
        if self.len == 0 && self.has_more { Err(Stop::OutOfSlots) } else { Ok(()) }
    }

    fn sort<T: Source>(&mut self, text: &mut T, slots: &mut [Slot]) -> Result<(), Stop<T::Error>> {
        name::sort(text, &mut slots[..self.len])?
            .map_err(|twins| Stop::fault(CanonicalError::DuplicateName { offset: twins.offset }))
    }
}

fn twin<E>(one: usize, other: usize) -> Stop<E> {
    Stop::fault(CanonicalError::DuplicateName { offset: one.max(other) })
}
