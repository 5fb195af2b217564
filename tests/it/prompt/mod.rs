//! Prompt caching: what the library says of requests, against the emulator.

mod agreement;
