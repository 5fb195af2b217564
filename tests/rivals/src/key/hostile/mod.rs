//! Bodies made to cost as much as they can: a stranger's requests reach the key.
//!
//! Each is about as long as it is asked to be; times are compared by the byte.

mod members;
mod nesting;
mod numbers;
mod texts;
mod tokens;

/// A name and a JSON text.
pub(super) type Hostile = (&'static str, Vec<u8>);

const MB: usize = 1_000_000;

/// Kinds of hostile bodies, each as a list that is made when its turn comes.
pub(super) const KINDS: [fn(u64) -> Vec<Hostile>; 5] =
    [members::bodies, nesting::bodies, texts::bodies, numbers::bodies, tokens::bodies];

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

    /// Every body is sound, so that what is measured is not a refusal; and they differ.
    #[test]
    fn bodies_are_sound() {
        let hasher = sides::hasher(Dialect::AnthropicMessages).unwrap();
        let (mut names, mut keys) = (HashSet::new(), HashSet::new());
        for (name, body) in KINDS.iter().flat_map(|bodies| bodies(1)) {
            let key = hasher.key_alloc(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(names.insert(name) && keys.insert(key), "{name} is there twice");
            let spare = body.len().next_multiple_of(MB) - body.len();
            assert!(spare < MB / 50, "{name} has {} bytes", body.len());
        }
    }
}
