//! The integration tests, one topic a file.

mod cache;
mod client;
mod corpora;
mod firmware;
mod flight;
mod formats;
mod http;
mod identity;
mod memo;
mod prompt;
mod replay;
mod savings;
#[cfg(test)]
mod store;
mod tidy;
mod vectors;
