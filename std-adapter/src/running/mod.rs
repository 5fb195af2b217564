//! The memoised functions that are running, and what clients tell them.
//!
//! A client tells them of its scope and of each reply; a memoised function tells the clients in its
//! key of a hit. Neither room knows the other: both stand on this one. Without the feature `memo`
//! no function is memoised, and what clients tell is told to nobody.

#[cfg(feature = "memo")]
mod frame;
#[cfg(not(feature = "memo"))]
mod nobody;
#[cfg(feature = "memo")]
mod watch;

#[cfg(all(feature = "client", feature = "memo"))]
pub(crate) use self::frame::note_reply;
#[cfg(feature = "memo")]
pub(crate) use self::frame::{Entered, Ran, Scopes, current, note_result, note_scope, run};
#[cfg(not(feature = "memo"))]
pub(crate) use self::nobody::{Sink, Watch, note_reply, note_scope};
#[cfg(all(feature = "client", feature = "memo"))]
pub(crate) use self::watch::{Sink, Watch};
