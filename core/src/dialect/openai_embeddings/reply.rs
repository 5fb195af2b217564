//! Answers of the Embeddings API.

use super::vectors::EmbeddingVectors;
use crate::Usage;
use crate::json::JsonValue;
use crate::reply::Verdict;
use crate::reply::members::count;

pub(in super::super) fn verdict(root: JsonValue<'_>) -> Verdict {
    match EmbeddingVectors::of(root) {
        Ok(_) => Verdict::Store,
        Err(why) => Verdict::Skip { why },
    }
}

/// `total_tokens` repeats `prompt_tokens`: nothing is written.
pub(in super::super) fn usage(usage: JsonValue<'_>) -> Usage {
    Usage { input_tokens: count(usage, "prompt_tokens"), ..Usage::default() }
}
