//! The adapter's stores, by their files, without the rest of the adapter: that would build
//! serde_json with features that slow the rivals of `key` down. Compiled as a crate of its own, so
//! that a call of it costs what it costs a user.

#[path = "../../../../std-adapter/src/block_on.rs"]
mod block_on;
#[path = "../../../../std-adapter/src/entry.rs"]
pub mod entry;
#[path = "../../../../std-adapter/src/store/mod.rs"]
pub mod store;
