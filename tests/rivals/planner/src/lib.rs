//! The engine of the adapter's planner, by its files, without the rest of the adapter: that would
//! build serde_json with features that slow the rivals of `key` down.

#[path = "../../../../std-adapter/src/prompt/plan/engine/mod.rs"]
pub mod engine;
