//! Arbitrary operations on a table and on an obvious map beside it.

use super::super::{
    ArrayMemory, BLOCK_BYTES, Freshness, InsertError, Inserted, Memory, Meta, Miss, SliceMemory,
    Stats, Table, policy::Node, slot::Slot,
};
use super::key;
use crate::Millis;
use proptest::{collection, option, prelude::*};
use std::{collections::BTreeMap, vec, vec::Vec};

/// One step of a test, small enough to shrink well.
#[derive(Clone, Debug)]
enum Op {
    Insert { key: u32, len: usize, fill: u8, meta: Meta },
    Lookup { key: u32 },
    Stale { key: u32 },
    Remove { key: u32 },
    Clear,
    Sweep { budget: usize },
    Now(Millis),
    StaleFor(Millis),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    // Few values of everything, so that they meet.
    let key = 0..12_u32;
    let time = prop_oneof![(0..20_u64), Just(u64::MAX - 1)].prop_map(Millis);
    let meta = (time.clone(), option::of(time.clone()), prop_oneof![0..4_u32, any::<u32>()])
        .prop_map(|(created, ttl, cost)| Meta { created, ttl, cost });
    let len = prop_oneof![3 => 0..200_usize, 1 => 0..1_500_usize];
    let op = prop_oneof![
        8 => (key.clone(), len, any::<u8>(), meta)
            .prop_map(|(key, len, fill, meta)| Op::Insert { key, len, fill, meta }),
        8 => key.clone().prop_map(|key| Op::Lookup { key }),
        2 => key.clone().prop_map(|key| Op::Stale { key }),
        2 => key.prop_map(|key| Op::Remove { key }),
        1 => (0..20_usize).prop_map(|budget| Op::Sweep { budget }),
        2 => time.clone().prop_map(Op::Now),
        1 => time.prop_map(Op::StaleFor),
    ];
    let op = prop_oneof![100 => op, 1 => Just(Op::Clear)];
    collection::vec(op, 0..if cfg!(miri) { 20 } else { 150 })
}

/// What a step did, as far as a caller can see.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    /// What it returned, and which entries are left.
    Insert(Result<Inserted, InsertError>, Vec<u32>),
    Lookup(Result<(Freshness, usize), Miss>),
    Count(usize),
}

/// The obvious map, and the table that must agree with it.
struct Model<M> {
    table: Table<M>,
    entries: BTreeMap<u32, (Vec<u8>, Meta)>,
    now: Millis,
}

impl<M: Memory> Model<M> {
    fn new(table: Table<M>) -> Self {
        Self { table, entries: BTreeMap::new(), now: Millis(0) }
    }

    fn step(&mut self, op: &Op) -> Seen {
        let seen = match *op {
            Op::Insert { key: number, len, fill, meta } => self.insert(number, len, fill, meta),
            Op::Lookup { key } => self.lookup(key, false),
            Op::Stale { key } => self.lookup(key, true),
            Op::Remove { key: number } => {
                let was_there = self.entries.remove(&number).is_some();
                assert_eq!(self.table.remove(&key(number)), was_there);
                Seen::Count(usize::from(was_there))
            }
            Op::Clear => {
                self.table.clear();
                self.entries.clear();
                Seen::Count(0)
            }
            Op::Sweep { budget } => self.sweep(budget),
            Op::Now(now) => {
                self.now = now;
                Seen::Count(0)
            }
            Op::StaleFor(stale_for) => {
                self.table.set_stale_for(stale_for);
                Seen::Count(0)
            }
        };
        self.check();
        seen
    }

    fn insert(&mut self, number: u32, len: usize, fill: u8, meta: Meta) -> Seen {
        let value: Vec<u8> = (0..len).map(|at| fill.wrapping_add(at as u8)).collect();
        let replaced = self.entries.remove(&number).is_some();
        let blocks = |len: usize| len.div_ceil(BLOCK_BYTES);
        let taken: usize = self.entries.values().map(|(value, _)| blocks(value.len())).sum();
        let all = self.table.bytes_capacity() / BLOCK_BYTES;
        let fits = self.entries.len() < self.table.capacity() && taken + blocks(len) <= all;

        let result = self.table.insert(&key(number), &value, meta, self.now);
        match result {
            Ok(inserted) => {
                assert_eq!(inserted.replaced, replaced);
                let lost = self.drop_evicted();
                assert_eq!(inserted.evicted, lost, "evictions are miscounted");
                assert_eq!(lost == 0, fits, "evicts if and only if it must");
                assert!(freshness(&meta, self.now, self.table.stale_for()).is_some());
                self.entries.insert(number, (value, meta));
            }
            Err(InsertError::TooBig { needed, capacity }) => {
                assert_eq!((needed, capacity), (len, all * BLOCK_BYTES));
                assert!(needed > capacity);
            }
            Err(InsertError::NoSlots) => assert_eq!(self.table.capacity(), 0),
            Err(InsertError::Expired) => {
                assert_eq!(freshness(&meta, self.now, self.table.stale_for()), None);
            }
        }
        Seen::Insert(result, self.entries.keys().copied().collect())
    }

    fn lookup(&mut self, number: u32, stale: bool) -> Seen {
        let there = self.entries.get(&number);
        let is = there.and_then(|(_, meta)| freshness(meta, self.now, self.table.stale_for()));
        let wanted = is.filter(|&is| is == Freshness::Fresh || stale);
        let hit = match stale {
            false => self.table.lookup(&key(number), self.now),
            true => self.table.get_stale(&key(number), self.now).ok_or(Miss::Absent),
        };
        let seen = match hit {
            Ok(hit) => {
                let (value, meta) = there.expect("a hit on a key that is not there");
                assert_eq!(hit.chunks().flatten().copied().collect::<Vec<u8>>(), *value);
                assert_eq!((hit.meta(), hit.len()), (*meta, value.len()));
                assert_eq!(hit.as_slice().is_some(), hit.chunks().count() <= 1);
                assert_eq!(Some(hit.freshness()), wanted);
                Ok((hit.freshness(), value.len()))
            }
            Err(miss) => {
                assert_eq!(wanted, None);
                assert!(stale || there.is_none() == (miss == Miss::Absent));
                Err(miss)
            }
        };
        if is.is_none() {
            self.entries.remove(&number);
        }
        Seen::Lookup(seen)
    }

    fn sweep(&mut self, budget: usize) -> Seen {
        let reclaimed = self.table.sweep(self.now, budget);
        let stale_for = self.table.stale_for();
        let before = self.entries.clone();
        assert_eq!(self.drop_evicted(), reclaimed);
        let of_no_use =
            |(_, meta): &(Vec<u8>, Meta)| freshness(meta, self.now, stale_for).is_none();
        for (number, entry) in before {
            let kept = self.entries.contains_key(&number);
            assert!(kept || of_no_use(&entry), "an entry of use was swept");
            assert!(!kept || !of_no_use(&entry) || budget < self.table.capacity());
        }
        Seen::Count(reclaimed)
    }

    /// Forgets what the table has let go of; returns how many entries that were.
    fn drop_evicted(&mut self) -> usize {
        let before = self.entries.len();
        let (table, view) = (&self.table.state, self.table.memory.view());
        self.entries.retain(|&number, _| {
            let key = key(number);
            table.find(view.index, view.slots, &key, table.hash.of(&key)).is_some()
        });
        before - self.entries.len()
    }

    /// What must hold after each step.
    fn check(&mut self) {
        self.table.validate();
        assert_eq!(self.drop_evicted(), 0, "an entry is lost that nobody evicted");
        assert_eq!(self.table.len(), self.entries.len());
        assert!(self.table.len() <= self.table.capacity());
        let bytes: usize = self.entries.values().map(|(value, _)| value.len()).sum();
        assert_eq!(self.table.bytes(), bytes as u64);
        for (&number, (value, meta)) in &self.entries {
            let peeked = self.table.peek(&key(number), self.now);
            let is = freshness(meta, self.now, self.table.stale_for());
            assert_eq!(peeked.as_ref().map(super::super::Hit::freshness), is);
            let mut buffer = vec![0; value.len()];
            assert!(peeked.is_none_or(|hit| hit.copy_to(&mut buffer) == Ok(&value[..])));
        }
        let stats = self.table.stats();
        let went = [
            stats.replaced,
            stats.evicted_for_slot,
            stats.evicted_for_bytes,
            stats.expired,
            stats.removed,
        ];
        assert_eq!(stats.inserts - went.iter().sum::<u64>(), self.table.len() as u64);
    }
}

/// The rule of the documentation, in wide numbers and without saturation.
fn freshness(meta: &Meta, now: Millis, stale_for: Millis) -> Option<Freshness> {
    let age = i128::from(now.0).saturating_sub(i128::from(meta.created.0)).max(0);
    let Some(ttl) = meta.ttl.map(|ttl| i128::from(ttl.0)) else { return Some(Freshness::Fresh) };
    match age {
        _ if age < ttl => Some(Freshness::Fresh),
        _ if age < ttl + i128::from(stale_for.0) => Some(Freshness::Stale),
        _ => None,
    }
}

fn run<M: Memory>(memory: M, seed: u64, ops: &[Op]) -> (Vec<Seen>, Stats) {
    let mut model = Model::new(Table::new(memory, seed));
    let seen = ops.iter().map(|op| model.step(op)).collect();
    (seen, *model.table.stats())
}

fn config() -> ProptestConfig {
    let cases = if cfg!(miri) { 2 } else { 256 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// At any capacity, with memory full of rubbish, the table does what the map does.
    #[test]
    fn agrees_with_a_map(
        ops in ops(),
        seed in any::<u64>(),
        [slots, nodes, index, ghosts] in [0..12_usize, 0..12_usize, 0..40_usize, 0..20_usize],
        [links, blocks] in [0..20_usize, 0..20_usize],
        rubbish in any::<u32>(),
    ) {
        let (mut slots, mut nodes) = (vec![Slot::EMPTY; slots], vec![Node::FREE; nodes]);
        let mut index = vec![rubbish; index];
        let (mut ghosts, mut links) = (vec![[rubbish as u16; 2]; ghosts], vec![rubbish; links]);
        let mut blocks = vec![[rubbish as u8; BLOCK_BYTES]; blocks];
        let (index, ghosts, links) = (&mut index, &mut ghosts, &mut links);
        let memory = SliceMemory::new(&mut slots, &mut nodes, index, ghosts, links, &mut blocks);
        run(memory, seed, &ops);
    }

    /// The kind of memory, and with it of index, changes nothing: neither any result nor which
    /// entries go, nor a counter. Nor does what was in the memory before.
    #[test]
    fn memory_of_any_kind_is_alike(ops in ops(), seed in any::<u64>()) {
        let mut array = ArrayMemory::<7, 11>::new();
        let first = run(&mut array, seed, &ops);
        prop_assert_eq!(&run(&mut array, seed, &ops), &first);
        #[cfg(feature = "alloc")]
        {
            let mut heap = super::super::HeapMemory::new(7, 11 * 64 - 5);
            prop_assert_eq!(&run(&mut heap, seed, &ops), &first);
            prop_assert_eq!(&run(&mut heap, seed, &ops), &first);
        }
    }

    /// Tables for one and for two entries are tables.
    #[test]
    fn tiny_tables_work(ops in ops(), seed in any::<u64>()) {
        run(ArrayMemory::<1, 1>::new(), seed, &ops);
        run(ArrayMemory::<2, 3>::new(), seed, &ops);
        run(ArrayMemory::<1, 20>::new(), seed, &ops);
    }
}
