//! The whole table against an obvious map.

use super::{Meta, Table};
use crate::{Millis, RequestKey};

/// An insert is found again, byte for byte.
#[test]
fn inserted_is_found() {
    let mut memory = super::ArrayMemory::<4, 8>::new();
    let mut table = Table::new(&mut memory, 1);
    let key = RequestKey::from_bytes([1; 32]);
    table.insert(&key, &[9; 300], Meta::default(), Millis(5)).unwrap();
    table.validate();
    let hit = table.get(&key, Millis(6)).unwrap();
    assert_eq!(hit.copy_to(&mut [0; 300]), Ok(&[9; 300][..]));
    assert_eq!(hit.age(), Millis(6));
}
