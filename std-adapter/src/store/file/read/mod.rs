//! Reading entries: all of them, and the one that a damaged one has replaced.

mod entries;
mod recover;

pub use entries::Entries;
pub(crate) use recover::{candidates, recover};
