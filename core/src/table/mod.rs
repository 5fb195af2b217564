//! The cache table: answers under their request keys, in memory that never grows.
//!
//! Capacity is fixed when the table is built, in entries and in bytes; after that no operation
//! allocates, and none fails because free memory lies in pieces. When an insert finds no room, the
//! eviction policy picks what goes. One set of code serves three kinds of [`Memory`]:
//!
//! | table | memory | use |
//! |---|---|---|
//! | [`SliceTable`] | a part of an array | sizes known at run time, no heap |
//! | [`ArrayTable`] | arrays with sizes in the type | a `static` on a microcontroller |
//! | `HeapTable` | boxed slices (feature `alloc`) | everything else |
//!
//! A fourth, `ValueTable` (feature `alloc`), keeps values of a type in place of bytes, by the same
//! code.
//!
//! The index is chains of slots. They keep a part of each hash beside its slot's number, so they
//! are as quick as a hash table with open addressing, which was measured; they take no more memory,
//! and no insert ever rehashes others.
//!
//! # Cost
//!
//! | what | bytes |
//! |---|---|
//! | one entry | [`ENTRY_BYTES`] = 92: key 32, times, cost and length 24, hash and place 8, policy 16 (ghosts included), index 12 |
//! | one block of value memory | [`BLOCK_BYTES`] + 4 |
//! | one value of `n` bytes | `ceil(n / 64)` blocks, so on average 32 bytes are lost at its end |
//! | the table itself | about 850, of which 520 are the policy's 16 classes |
//!
//! A table of `e` entries and `b` blocks takes `92 e + 68 b + 850` bytes. A value of up to `64 b`
//! bytes always fits: it is cut over whatever blocks are free. What is given up for that is the
//! promise of one slice: a hit is read as an iterator of slices, each as long as the run of
//! neighbouring blocks allows ([`Hit::chunks`]). Values of equal size stay whole.
//!
//! On a processor with caches a hit touches one line each of the index (a second one for every
//! fifth hit), the slots and the nodes, and then the value's.
//!
//! `get` takes constant expected time. `insert` takes constant expected time plus time linear in
//! the value's bytes and in the number of entries that it evicts; an eviction passes over at most
//! a constant number of entries.
//!
//! # What goes
//!
//! Where all entries are worth the same, an adaptive form of S3-FIFO decides: what is asked for
//! again stays, scans and long loops wash through a small queue, and that queue grows where the
//! latest is what is asked for. Worth is [`Meta::cost`] over the bytes that an entry takes. Entries
//! that are worth twice as much stay about twice as long, as in GreedyDual-Size. Chosen by
//! measurement among others: `tests/README.md` has the commands.
//!
//! # Seed
//!
//! Requests are chosen by strangers and SHA-256 is public, so a stranger can produce keys that
//! agree in any few bits. The index therefore uses a seeded hash from a strongly universal family:
//! whoever does not know the seed cannot make keys collide more often than chance. Give each table
//! a seed that strangers cannot guess. With equal seeds and equal calls two tables behave equally.
//!
//! # Layers
//!
//! `index` finds a slot by key, `policy` orders slots and knows no bytes, `arena` holds bytes (or
//! `cells` typed values) and knows no policy, `engine` joins them, and [`Table`] is their public
//! face.

mod arena;
#[cfg(feature = "alloc")]
mod cells;
mod class;
mod engine;
mod ghost;
mod hit;
mod index;
mod memory;
mod outcome;
mod policy;
mod queue;
mod slot;
mod stats;
#[cfg(feature = "alloc")]
mod typed;
mod uses;
#[cfg(any(test, fuzzing))]
mod validate;
mod values;
mod worth;

#[cfg(test)]
mod tests;

pub use arena::BLOCK_BYTES;
pub use hit::{Chunks, Hit};
#[cfg(feature = "alloc")]
pub use memory::HeapMemory;
pub use memory::{ArrayMemory, Memory, SliceMemory};
pub use outcome::{InsertError, Inserted, Miss};
pub use slot::{ENTRY_BYTES, Freshness, Meta};
pub use stats::Stats;
#[cfg(feature = "alloc")]
pub use typed::{ValueHit, ValueTable};

use crate::{Millis, RequestKey};
use arena::Arena;
use core::fmt;
use engine::{Engine, State};
use memory::Parts;
use outcome::{Ask, Missed};
use values::Bytes;

/// A cache table in memory that the caller provides for a limited time.
pub type SliceTable<'m> = Table<SliceMemory<'m>>;

/// A cache table in arrays whose sizes are part of its type.
pub type ArrayTable<const ENTRIES: usize, const BLOCKS: usize> =
    Table<ArrayMemory<ENTRIES, BLOCKS>>;

/// A cache table in heap memory, allocated once when it is built.
#[cfg(feature = "alloc")]
pub type HeapTable = Table<HeapMemory>;

/// The fixed-capacity cache table. See the [module](self) for its cost and its layers.
///
/// ```
/// use llm_cache_core::table::{ArrayMemory, Meta, Table};
/// use llm_cache_core::{Millis, RequestKey};
///
/// let mut memory = ArrayMemory::<16, 64>::new(); // 16 entries, 4 KiB of values
/// let mut table = Table::new(&mut memory, 0x5eed);
/// let key = RequestKey::from_bytes([7; 32]);
/// let meta = Meta { created: Millis(1_000), ttl: Some(Millis(60_000)), cost: 120 };
/// table.insert(&key, b"the answer", meta, Millis(1_000))?;
///
/// let mut buffer = [0; 32];
/// let hit = table.get(&key, Millis(2_500)).expect("it was inserted a moment ago");
/// assert_eq!(hit.copy_to(&mut buffer), Ok(&b"the answer"[..]));
/// assert_eq!(hit.age(), Millis(1_500));
/// # Ok::<(), llm_cache_core::table::InsertError>(())
/// ```
pub struct Table<M> {
    memory: M,
    arena: Arena,
    state: State,
}

impl<M: Memory> Table<M> {
    /// An empty table in `memory`, whose old contents do not matter. O(entries + blocks).
    ///
    /// `seed` should be unknown to whoever chooses the requests: see the [module](self). On a
    /// device without a random number generator, mix what strangers cannot see (a unique device
    /// number, a secret, boot noise).
    #[must_use]
    pub fn new(mut memory: M, seed: u64) -> Self {
        let parts = memory.parts();
        let (entries, blocks) = (parts.slots.len(), parts.blocks.len());
        let state = State::new(entries, seed);
        let mut table = Self { memory, arena: Arena::of(blocks), state };
        table.engine().reset();
        table
    }

    /// The entry under `key` if it is fresh at `now`; it counts as used. O(1) expected.
    #[inline]
    pub fn get(&mut self, key: &RequestKey, now: Millis) -> Option<Hit<'_>> {
        self.lookup(key, now).ok()
    }

    /// As [`get`](Self::get), and tells why there is nothing to get.
    ///
    /// # Errors
    ///
    /// [`Miss::Absent`] or [`Miss::Expired`]. An entry that has outlived its ttl by
    /// [`stale_for`](Self::stale_for) or more is removed here.
    #[inline]
    pub fn lookup(&mut self, key: &RequestKey, now: Millis) -> Result<Hit<'_>, Miss> {
        self.ask(key, now, Ask::Fresh)
    }

    /// The entry under `key` even if its ttl is over, as long as it is not over by
    /// [`stale_for`](Self::stale_for) or more; [`Hit::freshness`] tells which it is. It counts as
    /// used. For a caller that would otherwise have no answer: offline, or the provider is down.
    pub fn get_stale(&mut self, key: &RequestKey, now: Millis) -> Option<Hit<'_>> {
        self.ask(key, now, Ask::Stale).ok()
    }

    /// As [`get_stale`](Self::get_stale), but leaves no trace: no count, no effect on eviction.
    #[must_use]
    pub fn peek(&self, key: &RequestKey, now: Millis) -> Option<Hit<'_>> {
        let view = self.memory.view();
        let found = self.state.peek(&view, key, now)?;
        Some(Hit::new(view, found, now))
    }

    /// Stores `value` under `key`, in place of what was there, and evicts what must go for it.
    ///
    /// `now` serves to find entries whose time is over among those that could go.
    ///
    /// # Errors
    ///
    /// [`InsertError`] if the value can never fit or is already beyond use. Then nothing was
    /// evicted, but an older value under the same key is gone all the same: it is outdated.
    pub fn insert(
        &mut self,
        key: &RequestKey,
        value: &[u8],
        meta: Meta,
        now: Millis,
    ) -> Result<Inserted, InsertError> {
        self.engine().insert(key, value, value.len(), meta, now)
    }

    /// Removes the entry under `key`; tells whether there was one.
    pub fn remove(&mut self, key: &RequestKey) -> bool {
        self.engine().remove(key)
    }

    /// Removes all entries. Counters, seed and settings stay. O(entries + blocks).
    ///
    /// The bytes of the values are not overwritten.
    pub fn clear(&mut self) {
        self.engine().clear();
    }

    /// Looks at up to `budget` slots, from where the last call stopped, and removes the entries
    /// that are no longer of use at `now`. Returns how many went. O(budget).
    ///
    /// Call it when idle, with a budget that suits the time there is; calls that add up to
    /// [`capacity`](Self::capacity) have seen every entry.
    pub fn sweep(&mut self, now: Millis, budget: usize) -> usize {
        self.engine().sweep(now, budget)
    }

    /// Sets how long entries stay available to [`get_stale`](Self::get_stale) after their ttl is
    /// over; zero, the default, means not at all. Applies to entries that are already here too.
    pub fn set_stale_for(&mut self, stale_for: Millis) {
        self.state.stale_for = stale_for;
    }

    /// How long entries stay available after their ttl is over.
    #[must_use]
    pub const fn stale_for(&self) -> Millis {
        self.state.stale_for
    }

    /// The number of entries, expired ones that nobody has met yet included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.state.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of entries that there is room for.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.state.entries()
    }

    /// The sum of the lengths of all values, in bytes.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.state.bytes()
    }

    /// The length of the longest value that fits, in bytes: all of the value memory.
    #[must_use]
    pub fn bytes_capacity(&self) -> usize {
        self.arena.bytes_max()
    }

    /// What has happened since the table was built.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.state.stats
    }

    /// Checks every invariant of the table, layer by layer. O(entries + blocks).
    ///
    /// # Panics
    ///
    /// When an invariant does not hold, saying which.
    #[cfg(any(test, fuzzing))]
    pub fn validate(&mut self) {
        self.engine().validate();
    }

    #[inline]
    fn ask(&mut self, key: &RequestKey, now: Millis, ask: Ask) -> Result<Hit<'_>, Miss> {
        match self.state.lookup(&self.memory.view(), key, now, ask) {
            Ok(found) => Ok(Hit::new(self.memory.view(), found, now)),
            Err(Missed::Absent) => Err(Miss::Absent),
            Err(missed) => Err(self.engine().missed(missed)),
        }
    }

    fn engine(&mut self) -> Engine<'_, Bytes<'_>> {
        let SliceMemory { slots, nodes, index, ghosts, links, blocks } = self.memory.parts();
        Engine {
            parts: Parts { slots, nodes, index, ghosts },
            values: Bytes { arena: &mut self.arena, links, blocks },
            state: &mut self.state,
        }
    }
}

#[cfg(feature = "alloc")]
impl HeapTable {
    /// An empty table for `entries` entries and `bytes` bytes of values (rounded up to a multiple
    /// of [`BLOCK_BYTES`]). All memory it will ever use is allocated here.
    #[must_use]
    pub fn with_capacity(entries: usize, bytes: usize, seed: u64) -> Self {
        Self::new(HeapMemory::new(entries, bytes), seed)
    }
}

impl<M> fmt::Debug for Table<M> {
    /// Shows sizes and counters; no key, no value, no seed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("len", &self.state.len())
            .field("capacity", &self.state.entries())
            .field("bytes", &self.state.bytes())
            .field("stats", &self.state.stats)
            .finish_non_exhaustive()
    }
}
