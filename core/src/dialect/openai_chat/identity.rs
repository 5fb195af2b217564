//! What is not part of a request's identity in `openai.chat`.

use super::super::identity::{BLOCK, CONTENT, MESSAGE, MESSAGES, ROOT, Rule, look_into};
use super::super::openai::identity::{PART, body_with};

pub(in super::super) const fn rules(place: u8) -> &'static [Rule] {
    match place {
        ROOT => const { &body_with(look_into("messages", MESSAGES)) },
        MESSAGE => const { &[look_into("content", CONTENT)] },
        BLOCK => PART,
        _ => &[],
    }
}
