//! The provider's rules for breakpoints, over JSON. As of October 2026.
//!
//! Everything here stands on public items of this crate alone, so that the folder can be compiled
//! a second time, changed, and its faults shown to be found.

pub(crate) mod block_type;
pub(crate) mod fields;
pub(crate) mod mark;
