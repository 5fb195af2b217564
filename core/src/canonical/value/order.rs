//! The order of an object's members, from what its runs tell of their names.
//!
//! A run hands out the members by index. Slot `i` holds two unrelated things: which member is at
//! rank `i`, with a chunk of that member's name; and at which rank the member of index `i` is.

use core::cmp::Ordering;

use heapless::String;

use crate::canonical::{Slot, name::rank};

/// The bytes of a chunk.
pub(super) const CHUNK: usize = size_of::<u64>();
/// How much of a name is kept for comparing it with the next one.
const LAST_MAX: usize = 64;
/// Marks a member whose name, so far as it is known, is that of the member before.
const TIED: u32 = 1 << 31;
/// The most members that slots can tell apart.
pub(super) const MEMBERS_MAX: usize = (TIED - 1) as usize;

/// Two members have the same name.
pub(super) struct Twins;

impl Slot {
    /// The member of an index before anything is known of the order: tied with the one before.
    pub(super) fn unsorted(index: usize, chunk: u64) -> Self {
        Self { first: index as u32 | TIED, second: 0, third: chunk }
    }

    /// The index of the member of this rank.
    pub(super) const fn index(self) -> usize {
        (self.first & !TIED) as usize
    }

    const fn is_tied(self) -> bool {
        self.first & TIED != 0
    }
}

/// Gives the member of an index the next chunk of its name.
pub(super) fn load(members: &mut [Slot], index: usize, chunk: u64) {
    let rank = members.get(index).map(|slot| slot.second as usize);
    if let Some(slot) = rank.and_then(|rank| members.get_mut(rank)) {
        slot.third = chunk;
    }
}

/// Sorts the members that are tied by their chunks, and tells how many still are.
///
/// O(t log t) for each group of t tied members, and O(m) for all.
pub(super) fn sort(members: &mut [Slot]) -> Result<usize, Twins> {
    let mut tied = 0;
    let mut rest = &mut *members;
    while !rest.is_empty() {
        let others = rest.iter().skip(1).position(|slot| !slot.is_tied());
        let (group, behind) = rest.split_at_mut(others.map_or(rest.len(), |others| others + 1));
        rest = behind;
        if group.len() > 1 {
            tied += sort_group(group)?;
        }
    }
    for rank in 0..members.len() {
        let index = members[rank].index();
        members[index].second = rank as u32;
    }
    Ok(tied)
}

fn sort_group(group: &mut [Slot]) -> Result<usize, Twins> {
    group.sort_unstable_by_key(|slot| slot.third);
    let mut tied = 0;
    let mut before = None;
    for slot in group {
        slot.first &= !TIED;
        if before.replace(slot.third) == Some(slot.third) {
            if is_end(slot.third) {
                return Err(Twins);
            }
            slot.first |= TIED;
            tied += 1;
        }
    }
    Ok(tied)
}

/// The bytes of a name from `at` on as a number, such that numbers order as names do.
pub(super) fn chunk(name: &str, at: usize) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    let bytes = name.as_bytes().get(at..).unwrap_or_default();
    let word = word(bytes);
    if word & ONES << 7 == 0 {
        let missing = 8 * CHUNK.saturating_sub(bytes.len()) as u32;
        return word + ONES.checked_shl(missing).unwrap_or(0);
    }
    let mut chunk = [0; CHUNK];
    for (ranked, byte) in chunk.iter_mut().zip(bytes) {
        *ranked = rank(*byte);
    }
    u64::from_be_bytes(chunk)
}

/// The first bytes as a big-endian number, with zeros where there are not enough.
fn word(bytes: &[u8]) -> u64 {
    if let Some(word) = bytes.first_chunk() {
        return u64::from_be_bytes(*word);
    }
    if let (Some(head), Some(tail)) = (bytes.first_chunk(), bytes.last_chunk()) {
        // Four to seven bytes: the two overlap.
        let (head, tail) = (u32::from_be_bytes(*head), u32::from_be_bytes(*tail));
        return u64::from(head) << 32 | u64::from(tail) << (8 * (CHUNK - bytes.len()));
    }
    let word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    word.checked_shl(8 * (CHUNK - bytes.len()) as u32).unwrap_or(0)
}

/// Whether a name ends in this chunk.
const fn is_end(chunk: u64) -> bool {
    chunk & 0xff == 0
}

/// Orders two names.
fn compare(left: &str, right: &str) -> Ordering {
    let chunks = |name| (0..).step_by(CHUNK).map(move |at| chunk(name, at));
    let unequal = chunks(left).zip(chunks(right)).find(|(a, b)| a != b || is_end(*a));
    unequal.map_or(Ordering::Equal, |(a, b)| a.cmp(&b))
}

/// A number that tells whether a later run hands out the same name at the same index.
///
/// Numbers of all members are added up, in whatever order they are met, so index and name have to
/// be mixed well: otherwise members that change places leave the sum as it is.
pub(super) fn digest(index: usize, name: &str) -> u64 {
    let pieces = name.as_bytes().chunks(CHUNK);
    let hash = pieces.fold(mix(!(index as u64)), |hash, piece| mix(hash ^ word(piece)));
    mix(hash ^ name.len() as u64)
}

/// A permutation of numbers in which every bit depends on about half of the others.
const fn mix(number: u64) -> u64 {
    // An odd number without pattern: the fraction of the golden ratio.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let number = (number ^ number >> 32).wrapping_mul(FACTOR);
    (number ^ number >> 29).wrapping_mul(FACTOR)
}

/// The beginning of the last name of a run.
pub(super) struct Last {
    chunk: u64,
    name: String<LAST_MAX>,
    is_whole: bool,
}

impl Last {
    pub(super) const fn new() -> Self {
        Self { chunk: 0, name: String::new(), is_whole: true }
    }

    /// How the last name orders against the next one, if the beginning is enough to tell; the next
    /// one takes its place.
    pub(super) fn compare(&mut self, next: &str, chunk: u64) -> Option<Ordering> {
        let order = match self.chunk.cmp(&chunk) {
            Ordering::Equal if !self.is_whole && next.starts_with(self.name.as_str()) => None,
            Ordering::Equal => Some(compare(&self.name, next)),
            order => Some(order),
        };
        self.set(next, chunk);
        order
    }

    pub(super) fn set(&mut self, name: &str, chunk: u64) {
        let mut len = name.len().min(LAST_MAX);
        while !name.is_char_boundary(len) {
            len -= 1;
        }
        self.name.clear();
        // It fits: it was cut.
        self.is_whole = self.name.push_str(&name[..len]).is_ok() && len == name.len();
        self.chunk = chunk;
    }
}
