//! What goes over many entries, and what a store may do beside keeping them.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use llm_cache_core::key::{Tenant, TenantDigest};

use super::{Entry, RequestKey, Store, key};
use crate::{block_on::block_on, store::Selector};

/// A listing gives each entry that is there all along once, in pages of any length, and ends.
pub(super) fn lists_every_entry(store: &impl Store) {
    for n in 0..50 {
        store.put(&key(n), &Entry::new(n.to_le_bytes().to_vec())).wait().expect("put");
    }
    let there = (0..50).filter(|&n| store.get(&key(n)).wait().expect("get").is_some());
    let there: HashSet<_> = there.map(|n| *key(n).as_bytes()).collect();
    for limit in [1, 7, 1000] {
        let (mut seen, mut after, mut pages) = (HashSet::new(), None, 0);
        loop {
            let page = store.iter_page(after.as_ref(), limit).wait().expect("iter_page");
            for (found, entry) in page.entries {
                let held = store.get(&found).wait().expect("get");
                assert_eq!(held, Some(entry), "a listing gives another entry than get");
                assert!(seen.insert(*found.as_bytes()), "a listing gives an entry twice");
            }
            pages += 1;
            assert!(pages <= 1000, "a listing of 50 entries does not end");
            after = match page.next {
                None => break,
                next => next,
            };
        }
        assert!(seen == there, "a listing in pages of {limit} gave {} entries", seen.len());
    }
}

/// An invalidation removes what it names and nothing else, and counts what it cannot judge.
pub(super) fn invalidates_what_is_named(store: &impl Store) {
    let tenant = |name| TenantDigest::of(&Tenant::Named(name));
    let tagged = |tags: &[&str]| {
        let add = |entry: Entry, tag: &&str| entry.with_tag(tag).expect("a short tag");
        tags.iter().fold(Entry::new("x"), add)
    };
    let put_all = || {
        let entries = [
            tagged(&["a"]),
            tagged(&["b", "a"]).with_tenant(tenant("one")),
            tagged(&["b"]).with_tenant(tenant("two")),
            tagged(&[]),
        ];
        for (n, entry) in (0..).zip(&entries) {
            store.put(&key(n), entry).wait().expect("put");
        }
        there(store)
    };
    let cases = [
        (Selector::tag("a"), [false, false, true, true], 1),
        (Selector::tag("nowhere"), [true; 4], 1),
        // Whose the entries without a tenant are is not known.
        (Selector::Tenant(tenant("one")), [false, false, true, false], 0),
        (Selector::Key(key(2)), [true, true, false, true], 0),
    ];
    for (selector, stays, unmarked) in cases {
        let before = put_all();
        let done = store.invalidate(&selector).wait().expect("invalidate");
        let after = there(store);
        let expected = [0, 1, 2, 3].map(|n| before[n] && stays[n]);
        assert_eq!(after, expected, "{selector:?}: which entries are there afterwards");
        let count = |all: [bool; 4]| all.into_iter().filter(|&is| is).count() as u64;
        assert_eq!(done.removed, count(before) - count(after), "{selector:?}: what went");
        // The entry without a tag is the last one.
        assert_eq!(done.unmarked, unmarked * u64::from(before[3]), "{selector:?}: not judged");
    }
}

fn there(store: &impl Store) -> [bool; 4] {
    [0, 1, 2, 3].map(|n| store.get(&key(n)).wait().expect("get").is_some())
}

/// Many entries come in the order in which they were asked for.
pub(super) fn gets_many(store: &impl Store) {
    for n in 0..10 {
        store.put(&key(n), &Entry::new(n.to_le_bytes().to_vec())).wait().expect("put");
    }
    let keys: Vec<RequestKey> = [3, 77, 0, 3, 9].map(key).to_vec();
    let found = store.get_many(&keys).wait().expect("get_many");
    let one_by_one = keys.iter().map(|key| store.get(key).wait().expect("get"));
    assert_eq!(found, one_by_one.collect::<Vec<_>>(), "get_many and get differ");
    assert!(store.get_many(&[]).wait().expect("get_many").is_empty());
}

/// A lease has one holder, ends when it is released or over, and each has a higher fence.
pub(super) fn leases_have_one_holder(store: &impl Store) {
    let Some(lease) = store.lease() else { return };
    let (long, short) = (Duration::from_secs(3600), Duration::from_millis(1));
    let take = |ttl| lease.acquire(&key(1), ttl).wait().expect("acquire");
    let first = take(long).expect("nobody holds it");
    assert_eq!(take(long), None, "two hold a lease");
    assert!(lease.acquire(&key(2), long).wait().expect("acquire").is_some(), "another key's");
    assert!(lease.renew(&key(1), first, long).wait().expect("renew"), "it was held");
    assert!(lease.release(&key(1), first).wait().expect("release"), "it was held");
    assert!(!lease.release(&key(1), first).wait().expect("release"), "released twice");
    let second = take(short).expect("it was released");
    assert!(second > first, "a later lease has no higher fence");
    let until = Instant::now() + Duration::from_secs(10);
    let third = loop {
        match take(long) {
            Some(fence) => break fence,
            None => assert!(Instant::now() < until, "a lease outlives its ttl"),
        }
    };
    assert!(third > second, "a later lease has no higher fence");
    assert!(!lease.renew(&key(1), second, long).wait().expect("renew"), "renewed after its end");
    assert!(!lease.release(&key(1), second).wait().expect("release"), "released another's");
    assert_eq!(take(long), None, "the third holds it still");
}

/// What is awaited does the same as what is waited for.
pub(super) fn awaited_as_well(store: &impl Store) {
    block_on(async {
        let entry = Entry::new("awaited").with_tag("x").expect("a short tag");
        store.put(&key(1), &entry).await.expect("put");
        let found = store.get(&key(1)).await.expect("get");
        assert!(found.is_none_or(|found| found == entry), "another entry than was put");
        store.flush().await.expect("flush");
        store.clear().await.expect("clear");
        assert_eq!(store.get(&key(1)).await.expect("get"), None, "cleared and still there");
        assert!(!store.remove(&key(1)).await.expect("remove"), "removed what was cleared");
    });
}
