//! Feeds [`llm_cache_fuzz::log`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| llm_cache_fuzz::log::check(data));
