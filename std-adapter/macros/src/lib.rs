//! The `#[cached]` attribute; its documentation is in the `llm-cache` crate.
