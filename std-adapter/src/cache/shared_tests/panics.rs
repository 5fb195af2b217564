//! Values that panic.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering::SeqCst},
};

use llm_cache_core::{Millis, RequestKey, table::Meta};

use crate::cache::SharedTable;

/// Panics in its next `clone` or `drop` when it is armed.
struct Bomb<'a>(&'a AtomicBool);

impl Clone for Bomb<'_> {
    fn clone(&self) -> Self {
        assert!(!self.0.swap(false, SeqCst), "a panic in clone");
        Self(self.0)
    }
}

impl Drop for Bomb<'_> {
    fn drop(&mut self) {
        assert!(!self.0.swap(false, SeqCst), "a panic in drop");
    }
}

/// A panic in a value's code comes out of the call that ran it, and every call after it works.
#[test]
fn a_panic_leaves_the_table_in_order() {
    let armed = AtomicBool::new(false);
    let key = |number| RequestKey::from_bytes([number; 32]);
    let table = SharedTable::with_shards(1, 2, 10);
    let insert = |number, weight| {
        let meta = Meta { ttl: Some(Millis(9)), ..Meta::default() };
        table.insert(&key(number), Bomb(&armed), weight, meta, Millis(0)).is_ok()
    };
    let calls: [(&str, &dyn Fn() -> bool); 8] = [
        ("clone", &|| table.get(&key(1), Millis(0)).is_some()),
        ("clone stale", &|| table.get_stale(&key(1), Millis(0)).is_some()),
        ("replaced", &|| insert(1, 1)),
        ("evicted", &|| insert(7, 9)),
        ("refused", &|| insert(7, 11)),
        ("removed", &|| table.remove(&key(1)).is_some()),
        ("reclaimed", &|| table.get(&key(1), Millis(9)).is_some()),
        ("swept", &|| table.sweep(Millis(9), 2) > 0),
    ];
    for (name, call) in calls {
        table.clear();
        assert!(insert(1, 5) && insert(2, 5));
        armed.store(true, SeqCst);
        assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "{name}: nothing ran");
        assert!(!armed.load(SeqCst));
        assert!(insert(3, 10), "{name}");
        assert!(table.get(&key(3), Millis(0)).is_some(), "{name}");
        assert_eq!((table.len(), table.bytes()), (1, 10), "{name}");
    }
}
