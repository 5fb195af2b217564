//! Feeds [`llm_cache_fuzz::chunks`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| llm_cache_fuzz::chunks::check(data));
