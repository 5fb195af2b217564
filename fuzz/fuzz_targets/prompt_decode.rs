//! Feeds [`llm_cache_fuzz::prompt_decode`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| llm_cache_fuzz::prompt_decode::check(data));
