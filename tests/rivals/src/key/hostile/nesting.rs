//! Nesting up to the limit of 128, with and without many members on the way.

use super::{Hostile, MB, repeated};

pub(super) fn bodies(_seed: u64) -> Vec<Hostile> {
    let pair = (r#"{"b":"#, r#","a":0}"#);
    vec![
        ("every level full, inner object first", full_levels(true)),
        ("every level full, inner object last", full_levels(false)),
        ("127 objects of 1 member, repeated", towers(&[(r#"{"a":"#, "}")])),
        ("127 objects of 2 members, repeated", towers(&[pair])),
        (
            "127 objects of 5 members, repeated",
            towers(&[(r#"{"e":0,"d":0,"b":"#, r#","c":0,"a":0}"#)]),
        ),
        ("127 arrays, repeated", towers(&[("[", "]")])),
        ("127 arrays and objects, repeated", towers(&[("[", "]"), pair])),
        ("127 objects around a string", around(pair, r#"""#, r#"""#, "text")),
        ("126 objects around small objects", around(pair, "[", "]", r#"{"b":0,"a":0}"#)),
        ("126 arrays around small objects", around(("[", "]"), "[", "]", r#"{"b":0,"a":0}"#)),
        (
            "127 objects around the last member",
            around((r#"{"a":0,"b":"#, "}"), r#"""#, r#"""#, "word"),
        ),
    ]
}

/// 127 objects one in the other; what 1 MB has room for is members, as many on each level.
fn full_levels(inner_first: bool) -> Vec<u8> {
    const LEVELS: usize = 127;
    let members: Vec<_> =
        (0..).map(|at| format!(r#""{:04x}":0"#, 0xffff - at)).take(MB / LEVELS / 9 - 2).collect();
    let members = members.join(",");
    let (before, after) = if inner_first {
        (r#"{"z":"#.to_owned(), format!(",{members}}}"))
    } else {
        (format!(r#"{{{members},"1":"#), "}".to_owned())
    };
    let inner = "0".repeat(MB - 2 - LEVELS * (before.len() + after.len()));
    let (before, after) = (before.repeat(LEVELS), after.repeat(LEVELS));
    format!("{before}\"{inner}\"{after}").into_bytes()
}

/// An array of as many towers as 1 MB holds, each of 127 storeys whose walls come by turns.
fn towers(walls: &[(&str, &str)]) -> Vec<u8> {
    let storeys: Vec<_> = walls.iter().cycle().take(127).collect();
    let up: String = storeys.iter().map(|(left, _)| *left).collect();
    let down: String = storeys.iter().rev().map(|(_, right)| *right).collect();
    repeated(MB, "[", "]", &format!("{up}0{down}"))
}

/// One tower of 126 storeys around 1 MB of pieces between `open` and `close`.
fn around(wall: (&str, &str), open: &str, close: &str, piece: &str) -> Vec<u8> {
    let (head, tail) = (wall.0.repeat(126) + open, close.to_owned() + &wall.1.repeat(126));
    repeated(MB, &head, &tail, piece)
}
