//! Bodies made to cost as much as they can: a stranger's requests reach the key.
//!
//! Each is about as long as it is asked to be; times are compared by the byte.

mod members;
mod nesting;
mod numbers;
mod refused;
mod texts;
mod tokens;

/// A name and a JSON text.
pub(super) type Hostile = (&'static str, Vec<u8>);

const MB: usize = 1_000_000;

/// Kinds of hostile bodies, each as a list that is made when its turn comes.
pub(super) const KINDS: [fn(u64) -> Vec<Hostile>; 6] = [
    members::bodies,
    nesting::bodies,
    texts::bodies,
    numbers::bodies,
    tokens::bodies,
    refused::bodies,
];

/// `head`, as many pieces with commas between as `len` bytes have room for, and `tail`.
fn list(len: usize, head: &str, tail: &str, mut piece: impl FnMut(usize, &mut Vec<u8>)) -> Vec<u8> {
    let mut out = head.as_bytes().to_vec();
    for at in 0.. {
        let before = out.len();
        if at > 0 {
            out.push(b',');
        }
        piece(at, &mut out);
        if out.len() + tail.len() > len {
            out.truncate(before);
            break;
        }
    }
    out.extend_from_slice(tail.as_bytes());
    out
}

/// The same of pieces that are all alike.
fn repeated(len: usize, head: &str, tail: &str, piece: &str) -> Vec<u8> {
    list(len, head, tail, |_, out| out.extend_from_slice(piece.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::key::sides;
    use llm_cache_core::key::Dialect;

    /// Only those that say so have no key, so that what is measured is what the name says; and all
    /// others have different ones.
    #[test]
    fn bodies_are_what_their_names_say() {
        let hasher = sides::hasher(Dialect::AnthropicMessages).unwrap();
        let (mut names, mut keys) = (HashSet::new(), HashSet::new());
        for (name, body) in KINDS.iter().flat_map(|bodies| bodies(1)) {
            let key = hasher.key_alloc(&body);
            assert_eq!(key.is_err(), name.starts_with("refused"), "{name}: {key:?}");
            assert!(names.insert(name), "{name} is there twice");
            let old = key.is_ok_and(|key| !keys.insert(key));
            assert!(!old, "{name} is there under another name");
            let megabytes = body.len().div_ceil(MB * 98 / 100) - 1;
            assert!([1, 10].contains(&megabytes), "{name} has {} bytes", body.len());
        }
    }
}
