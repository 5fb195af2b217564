//! Bodies without a key: to find that out must not cost more than a key.

use super::{Hostile, MB, list};
use crate::{bodies::anthropic, text::Style};

/// Their names begin with `refused`. The fault is at the very end.
pub(super) fn bodies(seed: u64) -> Vec<Hostile> {
    let plain = anthropic(Style::Ascii, MB, seed).json;
    let (end, front) = plain.split_last().unwrap_or((&0, &[]));
    let ending = |tail: &[u8]| [front, tail, &[*end]].concat();
    let deep = ["[".repeat(128), "]".repeat(128)].concat();
    vec![
        ("refused: cut off", front.to_vec()),
        ("refused: not UTF-8", ending(b",\"x\":\"\xff\"")),
        ("refused: an equal name", ending(b",\"messages\":0")),
        ("refused: too deep", ending(format!(",\"x\":{deep}").as_bytes())),
        ("refused: a number out of range", ending(b",\"x\":1e999")),
        ("refused: half of a pair", ending(br#","x":"\ud800""#)),
        ("refused: equal names in 1 MB of members", equal_names()),
    ]
}

/// The first name of very many once more at the end.
fn equal_names() -> Vec<u8> {
    let tail = r#","00000":0}"#;
    list(MB, "{", tail, |at, out| out.extend(format!(r#""{at:05x}":0"#).bytes()))
}
