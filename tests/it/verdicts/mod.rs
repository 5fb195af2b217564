//! What may be stored: the cases of `../shared/cases/replies.jsonl`, recorded traffic of many
//! providers, and generated answers, by the library and by a straightforward second reading.
#![expect(clippy::unwrap_used, reason = "what cannot be read fails the test")]

mod cases;
mod generated;
mod recorded;
mod straight;
