//! Member names, in the order of their UTF-16 code units, without decoding them whole.
//!
//! A name is read as bytes that order as RFC 8785 section 3.2.3 orders names: its UTF-8 with two
//! changes. The lead bytes EE and EF (U+E000 to U+FFFF) go behind F0 to F4, for characters beyond
//! U+FFFF are surrogates in UTF-16, which sort before U+E000; where two names first differ in a
//! continuation byte their lead bytes are equal, and this changes nothing. And all bytes are one
//! larger, so that 0 is left for the end of the name.

use core::cmp::Ordering;

use super::slot::{Chunk, Member, Slot, Value};
use crate::json::{
    lex::{self, Spelling},
    scanner::Step,
    source::Source,
};

/// The bytes of a chunk.
const CHUNK: usize = 7;
/// How often the next chunks are read before names are compared in pairs.
#[cfg(target_pointer_width = "64")]
const TIMES_MAX: usize = 8;
/// Fewer names than that are compared in pairs at once.
#[cfg(target_pointer_width = "64")]
const FEW: usize = 6;

/// Two members of one object with the same name; the offset of the later one's opening quote.
pub(super) struct Twins {
    pub(super) offset: usize,
}

/// A place in a name.
#[derive(Clone, Copy)]
struct Cursor {
    at: usize,
    /// How many bytes of the escaped character there have been read.
    inside: usize,
}

impl Cursor {
    const fn new(name_at: usize) -> Self {
        Self { at: name_at + 1, inside: 0 }
    }

    /// The next bytes as a big-endian number, with zeros behind the end of the name.
    fn chunk<T: Source>(&mut self, text: &mut T) -> Result<Chunk, T::Error> {
        let mut chunk = 0;
        for _ in 0..CHUNK {
            chunk = chunk << 8 | u64::from(self.next(text)?);
        }
        Ok(chunk)
    }

    fn next<T: Source>(&mut self, text: &mut T) -> Result<u8, T::Error> {
        let byte = match text.byte(self.at)? {
            // Names have been read before, so the end is a quote.
            Some(b'"') | None => return Ok(0),
            Some(b'\\') => {
                let (character, end) = lex::escape(text, self.at)?;
                let mut utf8 = [0; 4];
                let utf8 = character.encode_utf8(&mut utf8).as_bytes();
                let byte = utf8[self.inside];
                self.inside += 1;
                if self.inside == utf8.len() {
                    *self = Self { at: end, inside: 0 };
                }
                byte
            }
            Some(byte) => {
                self.at += 1;
                byte
            }
        };
        Ok(rank(byte))
    }
}

/// Makes bytes order as names do.
pub(super) const fn rank(byte: u8) -> u8 {
    match byte {
        0xee | 0xef => byte + 11,
        _ => byte + 1,
    }
}

/// A member whose name has just been read, and whose value is at `value_at`.
#[inline]
pub(super) fn member<T: Source>(
    text: &mut T,
    name: Step,
    spelling: Spelling,
    value_at: usize,
    value: Value,
) -> Result<Member, T::Error> {
    let (name_at, len) = (name.start, name.end - name.start - 2);
    let is_plain = spelling == Spelling::Plain;
    let chunk = first_chunk(text, name_at, len, is_plain)?;
    let tight =
        if is_plain && value_at == name.end + 1 { u8::try_from(len + 1).unwrap_or(0) } else { 0 };
    Ok(Member { name_at, value, chunk, tight })
}

/// The first chunk of the name whose quotes stand at `name_at` and `len` bytes further on.
#[inline]
fn first_chunk<T: Source>(
    text: &mut T,
    name_at: usize,
    len: usize,
    is_plain: bool,
) -> Result<Chunk, T::Error> {
    const ONES: u64 = (u64::MAX / 0xff) >> 8;
    // The opening quote comes first, and goes.
    if cfg!(target_pointer_width = "64")
        && is_plain
        && let Some(near) = text.window(name_at)?.first_chunk::<{ CHUNK + 1 }>()
    {
        let word = u64::from_be_bytes(*near) & u64::MAX >> 8;
        let mask = u64::MAX << (8 * CHUNK.saturating_sub(len));
        if word & mask & (ONES << 7) == 0 {
            return Ok((word & mask) + (ONES & mask));
        }
    }
    chunk(text, name_at)
}

/// A member of which only the name counts, which has been read before.
pub(super) fn known_member<T: Source>(text: &mut T, name_at: usize) -> Result<Member, T::Error> {
    let chunk = chunk(text, name_at)?;
    Ok(Member { name_at, value: Value::Indexed(0), chunk, tight: 0 })
}

/// The first chunk of any name that has been read before.
pub(super) fn chunk<T: Source>(text: &mut T, name_at: usize) -> Result<Chunk, T::Error> {
    Cursor::new(name_at).chunk(text)
}

/// Orders two names by all of their bytes.
///
/// What is spelled alike is passed over quickly, what is not is decoded.
fn compare<T: Source>(text: &mut T, left_at: usize, right_at: usize) -> Result<Ordering, T::Error> {
    let (mut left, mut right) = (Cursor::new(left_at), Cursor::new(right_at));
    loop {
        if left.inside == 0 && right.inside == 0 {
            let common = text.common(left.at, right.at);
            let Some(alike) = lex::whole_escapes(text, left.at, common)? else {
                return Ok(Ordering::Equal);
            };
            left.at += alike;
            right.at += alike;
        }
        let (a, b) = (left.chunk(text)?, right.chunk(text)?);
        if a != b || is_end(a) {
            return Ok(a.cmp(&b));
        }
    }
}

/// Whether a name ends in this chunk.
const fn is_end(chunk: Chunk) -> bool {
    chunk & 0xff == 0
}

/// Sorts members by name. Their chunks are the first ones, and mean nothing afterwards.
///
/// O(m log m) comparisons of chunks. Where several chunks are equal, the next ones are read from
/// behind all that these names have in common; names that go on being equal are compared in pairs.
///
/// # Errors
/// Those of the source; and the inner one if two names are equal.
pub(super) fn sort<T: Source>(
    text: &mut T,
    members: &mut [Slot],
) -> Result<Result<(), Twins>, T::Error> {
    // A microcontroller has no room for core's sort.
    #[cfg(not(target_pointer_width = "64"))]
    return sort_in_pairs(text, members);
    #[cfg(target_pointer_width = "64")]
    return sort_from(text, members, 0);
}

/// The same where the chunks have been read anew so many times.
#[cfg(target_pointer_width = "64")]
fn sort_from<T: Source>(
    text: &mut T,
    members: &mut [Slot],
    times: usize,
) -> Result<Result<(), Twins>, T::Error> {
    members.sort_unstable_by_key(Slot::chunk);
    for equal in members.chunk_by_mut(|a, b| a.chunk() == b.chunk()) {
        if equal.len() == 1 {
            continue;
        }
        let sorted = if is_end(equal[0].chunk()) {
            Err(twins(equal))
        } else if equal.len() > FEW && times < TIMES_MAX {
            match read_next_chunks(text, equal)? {
                Ok(()) => sort_from(text, equal, times + 1)?,
                twins => twins,
            }
        } else {
            sort_in_pairs(text, equal)?
        };
        if sorted.is_err() {
            return Ok(sorted);
        }
    }
    Ok(Ok(()))
}

/// Reads the chunks behind what all of the names have in common.
#[cfg(target_pointer_width = "64")]
fn read_next_chunks<T: Source>(
    text: &mut T,
    members: &mut [Slot],
) -> Result<Result<(), Twins>, T::Error> {
    let first = members[0].first as usize + 1;
    let common = members[1..].iter().map(|slot| text.common(first, slot.first as usize + 1)).min();
    let Some(alike) = lex::whole_escapes(text, first, common.unwrap_or(0))? else {
        return Ok(Err(twins(members)));
    };
    for slot in members {
        let mut cursor = Cursor { at: slot.first as usize + 1 + alike, inside: 0 };
        if alike == 0 {
            // They are spelled in different ways, and their first chunks are equal.
            cursor.chunk(text)?;
        }
        slot.set_chunk(cursor.chunk(text)?);
    }
    Ok(Ok(()))
}

/// A heap sort by whole names: O(m log m) at worst, and no harm if the source fails in the middle.
fn sort_in_pairs<T: Source>(
    text: &mut T,
    members: &mut [Slot],
) -> Result<Result<(), Twins>, T::Error> {
    for root in (0..members.len() / 2).rev() {
        sift_down(text, members, root)?;
    }
    for end in (1..members.len()).rev() {
        swap(members, 0, end);
        sift_down(text, &mut members[..end], 0)?;
    }
    for pair in 1..members.len() {
        let pair = &members[pair - 1..=pair];
        if order(text, pair[0].into(), pair[1].into())?.is_eq() {
            return Ok(Err(twins(pair)));
        }
    }
    Ok(Ok(()))
}

/// Restores a heap with the largest name on top whose root alone may be out of place.
fn sift_down<T: Source>(text: &mut T, heap: &mut [Slot], mut root: usize) -> Result<(), T::Error> {
    loop {
        let mut child = root * 2 + 1;
        if child >= heap.len() {
            return Ok(());
        }
        let mut is_less =
            |a: usize, b: usize| order(text, heap[a].into(), heap[b].into()).map(Ordering::is_lt);
        if child + 1 < heap.len() && is_less(child, child + 1)? {
            child += 1;
        }
        if !is_less(root, child)? {
            return Ok(());
        }
        swap(heap, root, child);
        root = child;
    }
}

/// `slice::swap` without `memmove`, which would be kilobytes in a firmware.
pub(super) fn swap(slots: &mut [Slot], one: usize, other: usize) {
    if let Ok([one, other]) = slots.get_disjoint_mut([one, other]) {
        core::mem::swap(one, other);
    }
}

/// The second one in the text of members with one name.
fn twins(members: &[Slot]) -> Twins {
    let places = members.iter().map(|slot| slot.first as usize);
    let first = places.clone().min().unwrap_or_default();
    Twins { offset: places.filter(|at| *at > first).min().unwrap_or(first) }
}

/// Orders two members of one object whose chunks are their first ones.
#[inline]
pub(super) fn order<T: Source>(
    text: &mut T,
    left: Member,
    right: Member,
) -> Result<Ordering, T::Error> {
    match left.chunk.cmp(&right.chunk) {
        Ordering::Equal if !is_end(left.chunk) => compare(text, left.name_at, right.name_at),
        order => Ok(order),
    }
}
