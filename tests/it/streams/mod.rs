//! Streamed answers put together, on recorded traffic.

mod assemble;
mod fold;
mod play;
mod responses;

use llm_cache_core::key::Dialect;
use llm_cache_tests::replay::{Pair, Replay};
use llm_cache_tests::shared::shared_dir;

const FILES: [(&str, Dialect); 4] = [
    ("anthropic_messages", Dialect::AnthropicMessages),
    ("openai_chat", Dialect::OpenAiChat),
    ("many/anthropic_messages", Dialect::AnthropicMessages),
    ("many/openai_chat", Dialect::OpenAiChat),
];

/// All recorded pairs of the dialects whose streams are put together; `None` without `../shared`.
fn recorded() -> Option<Vec<(Dialect, Pair)>> {
    let shared = shared_dir()?;
    let pairs = FILES.iter().flat_map(|(file, dialect)| {
        let file = shared.join(format!("traffic/{file}.jsonl.gz"));
        let replay = Replay::load(&file).expect("recorded traffic");
        let pairs: Vec<_> = replay.pairs().iter().map(|pair| (*dialect, pair.clone())).collect();
        pairs
    });
    Some(pairs.collect())
}
