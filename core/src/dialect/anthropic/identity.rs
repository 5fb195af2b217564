//! What is not part of a request's identity in `anthropic.messages`.

use super::super::identity::{
    BLOCK, CONTENT, MARKED, MARKED_LIST, MESSAGE, MESSAGES, METADATA, ROOT, Rule, SOURCE,
    leave_out, look_into,
};

pub(in super::super) const fn rules(place: u8) -> &'static [Rule] {
    match place {
        ROOT => {
            const {
                &[
                    leave_out("stream"),
                    leave_out("cache_control"),
                    look_into("tools", MARKED_LIST),
                    look_into("system", MARKED_LIST),
                    look_into("messages", MESSAGES),
                    look_into("metadata", METADATA),
                ]
            }
        }
        METADATA => const { &[leave_out("user_id")] },
        MARKED => const { &[leave_out("cache_control")] },
        MESSAGE => const { &[look_into("content", CONTENT)] },
        BLOCK => {
            const {
                &[
                    leave_out("cache_control"),
                    look_into("content", MARKED_LIST),
                    look_into("source", SOURCE),
                ]
            }
        }
        SOURCE => const { &[look_into("content", MARKED_LIST)] },
        _ => &[],
    }
}
