//! Feeds [`llm_cache_fuzz::sse`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| llm_cache_fuzz::sse::check(data));
