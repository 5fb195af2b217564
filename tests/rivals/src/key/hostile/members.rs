//! Objects of very many members: sorting them and finding equal names.

use std::collections::HashSet;

use super::{Hostile, MB, list};
use crate::random::Random;

pub(super) fn bodies(seed: u64) -> Vec<Hostile> {
    let long = "a".repeat(1000);
    let escaped = "\\u0061".repeat(160);
    let astral = "\u{1f600}".repeat(250);
    // Each of these numbers once, in no order.
    let last = |at: usize| format!("\\u{:04x}", 0x100 + at * 0x9e375 % 0xc000);
    vec![
        ("members, random short names", random_names(seed)),
        ("members, sorted", object(|at| format!("{at:05x}"))),
        ("members, reverse", object(|at| format!("{:05x}", 0xfffff - at))),
        ("members, shuffled", object(|at| format!("{:05x}", shuffled(at)))),
        ("members, up then down", object(|at| format!("{:05x}", up_then_down(at)))),
        ("members, 8 equal bytes first", object(|at| format!("equal to{:05x}", shuffled(at)))),
        (
            "members, 100 equal bytes first",
            object(|at| format!("{}{:05x}", &long[..100], shuffled(at))),
        ),
        ("members, 1000 equal bytes first", object(|at| format!("{long}{:05x}", shuffled(at)))),
        ("members, names of escapes", object(|at| escapes(shuffled(at)))),
        (
            "members, 160 equal escapes first",
            object(|at| format!("{escaped}{}", escapes(shuffled(at)))),
        ),
        ("members, 250 equal emoji first", object(|at| format!("{astral}{:05x}", shuffled(at)))),
        (
            "members, last character differs",
            object(|at| format!("one name but for its end {}", last(at))),
        ),
        ("members, last of 160 escapes differs", object(|at| format!("{escaped}{}", last(at)))),
        ("members, spelled in two ways", object(|at| two_spellings("", shuffled(at)))),
        (
            "members, 500 equal bytes spelled in two ways",
            object(|at| two_spellings(&long[..500], shuffled(at))),
        ),
        ("members, U+E000 and U+10000 by turns", object(|at| by_turns("", shuffled(at)))),
        (
            "members, 400 equal bytes, U+E000 and U+10000",
            object(|at| by_turns(&long[..400], shuffled(at))),
        ),
        ("objects of 50 members, last byte differs", objects_of_50()),
        (
            "objects of 2 members, 1000 equal bytes first",
            list(MB, "[", "]", |_, out| {
                out.extend(format!(r#"{{"{long}b":0,"{long}a":0}}"#).bytes());
            }),
        ),
        (
            "objects of 2 members, reverse",
            list(MB, "[", "]", |_, out| out.extend(br#"{"b":0,"a":0}"#)),
        ),
    ]
}

/// One object of as many members as 1 MB holds.
fn object(mut name: impl FnMut(usize) -> String) -> Vec<u8> {
    list(MB, "{", "}", |at, out| out.extend(format!(r#""{}":0"#, name(at)).bytes()))
}

/// Names of one to five letters in no order.
fn random_names(seed: u64) -> Vec<u8> {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyzABCDEF";
    let (mut random, mut seen) = (Random::new(seed), HashSet::new());
    object(|_| {
        loop {
            let len = 1 + random.below(5);
            let name: String = (0..len).map(|_| char::from(random.pick(LETTERS))).collect();
            if seen.insert(name.clone()) {
                return name;
            }
        }
    })
}

/// A permutation of the numbers below 2^20: an odd factor leaves none out.
fn shuffled(at: usize) -> usize {
    at * 0x9e375 % (1 << 20)
}

/// Even numbers up to the middle of what 1 MB holds, then the odd ones down.
fn up_then_down(at: usize) -> usize {
    const HALF: usize = MB / 20;
    if at < HALF { 2 * at } else { (4 * HALF).saturating_sub(2 * at) + 1 }
}

/// Five hexadecimal digits, each as an escape.
fn escapes(number: usize) -> String {
    format!("{number:05x}").bytes().map(|byte| format!("\\u{byte:04x}")).collect()
}

/// Neighbours in order, every second one begun with an escape: no comparison is one of bytes.
fn two_spellings(prefix: &str, number: usize) -> String {
    let first = if number.is_multiple_of(2) { "n" } else { "\\u006e" };
    format!("{first}{prefix}{number:05x}")
}

/// UTF-16 and UTF-8 differ in the order of these two.
fn by_turns(prefix: &str, number: usize) -> String {
    let turn = if number.is_multiple_of(2) { '\u{e000}' } else { '\u{10000}' };
    format!("{prefix}{turn}{:05x}", number / 2)
}

fn objects_of_50() -> Vec<u8> {
    let letters = (b'A'..=b'Z').chain(b'a'..=b'x').rev().map(char::from);
    let members: Vec<_> =
        letters.map(|end| format!(r#""the same name but for its {end}":0"#)).collect();
    let object = format!("{{{}}}", members.join(","));
    list(MB, "[", "]", |_, out| out.extend_from_slice(object.as_bytes()))
}
