//! The same bytes with scratch memory from the least that works to all that is of use.

use std::{format, string::String, vec::Vec};

use super::{CanonicalError, scratch_needed, tests::canonical_in};
use crate::json::DEPTH_MAX;

/// An object of so many members in no order, small objects among them.
fn wide(members: usize) -> String {
    let name = |i: usize| i * 7919 % members;
    let member = |i: usize| match i % 16 {
        7 => format!("\"n{:05}\":{{\"b\":[{i}],\"a\":{{}}}}", name(i)),
        _ => format!("\"n{:05}\":\"{i}\"", name(i)),
    };
    format!("{{{}}}", (0..members).map(member).collect::<Vec<_>>().join(","))
}

/// Objects inside one another, each with so many members before and behind the next one.
fn deep(depth: usize, members: usize) -> String {
    (0..depth).fold(String::from("null"), |inside, level| {
        let member = |i: usize| format!("\"{}\":{level}", (i * 7) % (2 * members) + 10);
        let sides: Vec<_> = (0..2 * members).map(member).collect();
        let (left, right) = sides.split_at(members);
        format!("{{{},\"m\":{inside},{}}}", left.join(","), right.join(","))
    })
}

/// Tries the number of slots that a text needs and ever fewer, and gives the least that did.
fn least(text: &str) -> (usize, usize) {
    let needed = scratch_needed(text.as_bytes()).expect("JSON");
    let expected = canonical_in(text, needed).expect("it has a form");
    assert_eq!(canonical_in(text, needed + 100), Ok(expected.clone()), "more than enough");
    let (mut least, mut slots, mut refused) = (needed, needed, 0);
    while slots > 0 && refused < 3 {
        slots -= (slots / 16).max(1);
        match canonical_in(text, slots) {
            Ok(bytes) => {
                assert!(bytes == expected, "other bytes with {slots} of {needed} slots");
                least = slots;
            }
            Err(error) => {
                assert_eq!(error, CanonicalError::ScratchTooSmall { needed }, "{slots} slots");
                refused += 1;
            }
        }
    }
    (least, needed)
}

/// Objects of 1 to 10,000 members: what works gives the same bytes, what does not says what would.
#[test]
#[cfg_attr(miri, ignore = "too many walks to interpret; smaller ones are in `tests`")]
fn wide_objects_in_little_scratch() {
    for members in [1, 2, 3, 10, 100, 1_000, 10_000] {
        let (least, needed) = least(&wide(members));
        assert!(least < needed || members < 4, "{members} members: {least} of {needed} slots");
    }
}

/// Objects as deep as they may be, with few members and many.
#[test]
#[cfg_attr(miri, ignore = "too many walks to interpret; smaller ones are in `tests`")]
fn deep_objects_in_little_scratch() {
    for (depth, members) in [(1, 50), (2, 40), (8, 5), (32, 2), (64, 3), (DEPTH_MAX, 1)] {
        let (least, needed) = least(&deep(depth, members));
        assert!(least <= needed, "{depth} deep: {least} of {needed} slots");
    }
}
