//! The integration tests, one topic a file.

mod cache;
mod memo;
