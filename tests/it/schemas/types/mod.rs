//! The types whose schemas are looked at, by what serde can do.

mod collections;
mod dates;
mod enums;
mod flattened;
mod numbers;
mod recursive;
mod structs;
mod tuples;
mod untyped;

use super::case::{Case, Form};

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let tables = [
        collections::cases(),
        dates::cases(),
        enums::cases(),
        flattened::cases(),
        numbers::cases(),
        recursive::cases(),
        structs::cases(),
        tuples::cases(),
        untyped::cases(),
    ];
    tables.into_iter().flatten().collect()
}
