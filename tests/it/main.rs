//! The integration tests, one topic a file.

mod cache;
mod client;
mod flight;
mod memo;
mod replay;
