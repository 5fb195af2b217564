//! The members that OpenAI's formats for prompts leave out alike.

use super::super::identity::{Rule, leave_out};

const COMMON: [Rule; 7] = [
    leave_out("stream"),
    leave_out("stream_options"),
    leave_out("prompt_cache_key"),
    leave_out("prompt_cache_options"),
    leave_out("prompt_cache_retention"),
    leave_out("user"),
    leave_out("safety_identifier"),
];

/// What is to be known of the members of a body whose prompt is that member.
pub(in super::super) const fn body_with(prompt: Rule) -> [Rule; COMMON.len() + 1] {
    let [a, b, c, d, e, f, g] = COMMON;
    [a, b, c, d, e, f, g, prompt]
}

/// What is to be known of the members of a content part.
pub(in super::super) const PART: &[Rule] = &[leave_out("prompt_cache_breakpoint")];
