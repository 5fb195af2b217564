//! The integration tests, one topic a file.

mod cache;
mod client;
mod memo;
mod replay;
