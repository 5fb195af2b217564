//! Feeds [`llm_cache_fuzz::prompt_encode`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| llm_cache_fuzz::prompt_encode::check(data));
