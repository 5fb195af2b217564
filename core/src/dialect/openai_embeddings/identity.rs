//! What is not part of a request's identity in `openai.embeddings`.

use super::super::identity::{ROOT, Rule, leave_out};

pub(in super::super) const fn rules(place: u8) -> &'static [Rule] {
    match place {
        ROOT => const { &[leave_out("user")] },
        _ => &[],
    }
}
