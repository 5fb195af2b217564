//! The caller's scratch memory, and what the walk keeps in it.

/// Scratch memory for one object, or for one member of an object.
///
/// 16 bytes. What it holds means nothing to the caller; any slots will do, used or fresh.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slot {
    pub(super) first: u32,
    pub(super) second: u32,
    pub(super) third: u64,
}

impl Slot {
    /// A fresh slot, for array initialisers.
    pub const EMPTY: Self = Self { first: 0, second: 0, third: 0 };
}

/// A member of an object.
#[derive(Clone, Copy)]
pub(super) struct Member {
    /// Offset of the opening quote of its name.
    pub(super) name_at: usize,
    pub(super) value: Value,
    /// The beginning of its name, see [`super::name`]; sorting overwrites it.
    pub(super) chunk: Chunk,
    /// One more than the bytes between the quotes of its name, if there are no escapes among those
    /// and nothing but a colon stands between the name and the value; otherwise 0.
    pub(super) tight: u8,
}

/// Seven bytes of a name as a number that orders as they do.
pub(super) type Chunk = u64;

impl Slot {
    /// A member's chunk.
    pub(super) const fn chunk(&self) -> Chunk {
        self.third >> 8
    }

    pub(super) const fn set_chunk(&mut self, chunk: Chunk) {
        self.third = chunk << 8 | self.third & 0xff;
    }
}

/// What is known of a member's value.
#[derive(Clone, Copy)]
pub(super) enum Value {
    /// It is canonical as it is written, and ends at this offset.
    Verbatim(usize),
    /// The records of the objects in it begin so many slots behind the start of the index.
    Indexed(usize),
}

impl From<Member> for Slot {
    fn from(member: Member) -> Self {
        // The two do not overlap. A value ends behind its name; and an index begins with at most
        // a slot for each byte before the name, as an object's slot goes with its brace and a
        // member's with its quotes.
        let second = match member.value {
            Value::Verbatim(end) => end,
            Value::Indexed(place) => place,
        };
        let third = member.chunk << 8 | u64::from(member.tight);
        Self { first: member.name_at as u32, second: second as u32, third }
    }
}

impl From<Slot> for Member {
    fn from(slot: Slot) -> Self {
        let (name_at, second) = (slot.first as usize, slot.second as usize);
        let value = if second > name_at { Value::Verbatim(second) } else { Value::Indexed(second) };
        Self { name_at, value, chunk: slot.chunk(), tight: slot.third as u8 }
    }
}

/// An object: it comes before the records of the objects in it, and its members behind them.
#[derive(Clone, Copy)]
pub(super) struct Record {
    /// Offset behind its closing brace.
    pub(super) end: usize,
    /// The slot of the next member to write. While the object is indexed: how many slots at the
    /// end of the memory the objects around it take.
    pub(super) next: usize,
    /// The slot behind its last member.
    pub(super) stop: usize,
    /// The slot of the record of the object around it, once it is open in the walk; before that 1
    /// if it is canonical as it is written, otherwise 0.
    pub(super) up: usize,
}

impl Record {
    /// Whether an object that has not been opened yet is canonical as it is written.
    pub(super) const fn is_verbatim(&self) -> bool {
        self.up == 1
    }
}

impl From<Record> for Slot {
    fn from(record: Record) -> Self {
        Self {
            first: record.end as u32,
            second: record.next as u32,
            third: (record.stop as u64) << 32 | record.up as u64,
        }
    }
}

impl From<Slot> for Record {
    fn from(slot: Slot) -> Self {
        Self {
            end: slot.first as usize,
            next: slot.second as usize,
            stop: (slot.third >> 32) as usize,
            up: slot.third as u32 as usize,
        }
    }
}

/// Where the slots are.
pub(super) trait Memory {
    fn slots(&mut self) -> &mut [Slot];

    /// Makes room for more, if it can: the first `low` and the last `high` slots stay the first
    /// and the last ones.
    fn grow(&mut self, low: usize, high: usize) -> bool;
}

impl Memory for &mut [Slot] {
    fn slots(&mut self) -> &mut [Slot] {
        self
    }

    fn grow(&mut self, _low: usize, _high: usize) -> bool {
        false
    }
}

/// Slots on the stack, and on the heap when those do not do.
#[cfg(feature = "alloc")]
pub(super) struct Growing {
    near: [Slot; 64],
    far: alloc::vec::Vec<Slot>,
}

#[cfg(feature = "alloc")]
impl Growing {
    /// Slots for a body of so many bytes: most have one in 50 bytes.
    pub(super) fn for_body(len: usize) -> Self {
        const FEW: usize = 64;
        let far = if len < FEW * 40 {
            alloc::vec::Vec::new()
        } else {
            alloc::vec![Slot::EMPTY; len / 40]
        };
        Self { near: [Slot::EMPTY; FEW], far }
    }
}

#[cfg(feature = "alloc")]
impl Memory for Growing {
    fn slots(&mut self) -> &mut [Slot] {
        if self.far.is_empty() { &mut self.near } else { &mut self.far }
    }

    fn grow(&mut self, low: usize, high: usize) -> bool {
        let slots = self.slots();
        let (old, new) = (slots.len(), slots.len() * 4);
        let mut grown = alloc::vec![Slot::EMPTY; new];
        grown[..low].copy_from_slice(&slots[..low]);
        grown[new - high..].copy_from_slice(&slots[old - high..]);
        self.far = grown;
        true
    }
}
