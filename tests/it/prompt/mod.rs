//! Prompt caching: what the library says of requests, against the emulator and recorded traffic.

mod agreement;
mod plan;
mod recorded;
