//! Reading entries: the one of a key, all of them, and the one that a damaged one has replaced.

mod entries;
mod load;
mod recover;

pub use entries::Entries;
pub(crate) use load::{load, load_at_once};
pub(crate) use recover::{candidates, recover};
