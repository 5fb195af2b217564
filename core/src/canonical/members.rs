//! The members of one object in canonical order, as many at a time as there are slots.

use core::cmp::Ordering;

use super::{CanonicalError, Slot};
use crate::json::{DEPTH_MAX, JsonError, JsonErrorKind, JsonStr, Reader, Token, lex};

/// No offset: texts are shorter.
pub(super) const NONE: u32 = u32::MAX;

impl Slot {
    /// A member, by the offset of its name's quote and of its value.
    const fn member(name_at: usize, value_at: usize) -> Self {
        Self { first: name_at as u32, second: value_at as u32 }
    }

    /// The offset of the opening quote of the member's name.
    pub(super) const fn name_at(self) -> usize {
        self.first as usize
    }

    /// The offset of the member's value.
    pub(super) const fn value_at(self) -> usize {
        self.second as usize
    }
}

/// What one scan of an object found.
pub(super) struct Scan {
    /// Offset behind the object.
    pub(super) end: usize,
    /// Members with the smallest names, in the first slots, the smallest one last.
    pub(super) batch: usize,
    /// Whether there are members behind the batch.
    pub(super) more: bool,
    /// How deep objects are nested inside.
    pub(super) depth_inside: usize,
}

/// Scans the object at `start` and collects the members whose names are behind that at `after`
/// (or all, if that is [`NONE`]), as many as there are slots.
///
/// `depth` containers are open around the object. O(length + members * log slots) comparisons.
pub(super) fn scan(
    text: &str,
    start: usize,
    depth: usize,
    after: u32,
    slots: &mut [Slot],
) -> Result<Scan, CanonicalError> {
    let mut reader = Reader::at(text, start);
    let mut found = Scan { end: start, batch: 0, more: false, depth_inside: 0 };
    let mut open_objects = 0;
    while let Some(token) = reader.next()? {
        match token {
            Token::ObjectStart => {
                open_objects += 1;
                found.depth_inside = found.depth_inside.max(open_objects - 1);
            }
            Token::ObjectEnd => open_objects -= 1,
            Token::Name(_) if reader.depth() == 1 => {
                let value_at = lex::skip_white_space(text, reader.offset());
                let member = Slot::member(reader.token_offset(), value_at);
                if is_behind(text, member, after)? {
                    collect(text, member, slots, &mut found);
                }
            }
            _ => {}
        }
        if depth + reader.depth() > DEPTH_MAX {
            let offset = reader.token_offset();
            return Err(JsonError { kind: JsonErrorKind::TooDeep, offset }.into());
        }
        if reader.depth() == 0 {
            found.end = reader.offset();
            break;
        }
    }
    let batch = &mut slots[..found.batch];
    sort(text, batch);
    let twins = batch.windows(2).find(|pair| order(text, pair[0], pair[1]).is_eq());
    match twins {
        Some(pair) => Err(duplicate(pair[0].name_at(), pair[1].name_at())),
        None => Ok(found),
    }
}

/// Whether a name is behind the one at `after`, where the last batch ended.
fn is_behind(text: &str, member: Slot, after: u32) -> Result<bool, CanonicalError> {
    if after == NONE {
        return Ok(true);
    }
    let last = Slot::member(after as usize, 0);
    match order(text, member, last) {
        Ordering::Equal if member.name_at() != last.name_at() => {
            Err(duplicate(member.name_at(), last.name_at()))
        }
        order => Ok(order.is_gt()),
    }
}

/// Takes a member into the batch: while that has room, and then in place of its largest name.
fn collect(text: &str, member: Slot, slots: &mut [Slot], found: &mut Scan) {
    if let Some(slot) = slots.get_mut(found.batch) {
        *slot = member;
        found.batch += 1;
        return;
    }
    if !found.more {
        // The first one without room: from here on the largest name is kept in the first slot.
        found.more = true;
        for root in (0..slots.len() / 2).rev() {
            sift_down(text, slots, root, Ordering::Greater);
        }
    }
    if let Some(largest) = slots.first_mut()
        && order(text, member, *largest).is_lt()
    {
        *largest = member;
        sift_down(text, slots, 0, Ordering::Greater);
    }
}

/// Sorts by name, the smallest one last. O(m log m) comparisons at worst.
fn sort(text: &str, slots: &mut [Slot]) {
    const FEW: usize = 12;
    if slots.len() <= FEW {
        for end in 1..slots.len() {
            let mut at = end;
            while at > 0 && order(text, slots[at - 1], slots[at]).is_lt() {
                slots.swap(at - 1, at);
                at -= 1;
            }
        }
        return;
    }
    for root in (0..slots.len() / 2).rev() {
        sift_down(text, slots, root, Ordering::Less);
    }
    for end in (1..slots.len()).rev() {
        slots.swap(0, end);
        sift_down(text, &mut slots[..end], 0, Ordering::Less);
    }
}

/// Restores a heap whose root alone may be out of place; parents are `first` to their children.
fn sift_down(text: &str, heap: &mut [Slot], mut root: usize, first: Ordering) {
    loop {
        let mut child = root * 2 + 1;
        if child >= heap.len() {
            return;
        }
        if child + 1 < heap.len() && order(text, heap[child + 1], heap[child]) == first {
            child += 1;
        }
        if order(text, heap[child], heap[root]) != first {
            return;
        }
        heap.swap(root, child);
        root = child;
    }
}

fn order(text: &str, left: Slot, right: Slot) -> Ordering {
    name(text, left).cmp_utf16(&name(text, right))
}

/// The name of a member that a scan has found.
pub(super) fn name(text: &str, member: Slot) -> JsonStr<'_> {
    // It was read before, from the same place.
    lex::string(text, member.name_at()).map_or(JsonStr::new("", false), |(name, _)| name)
}

fn duplicate(one: usize, other: usize) -> CanonicalError {
    CanonicalError::DuplicateName { offset: one.max(other) }
}
