//! The integration tests, one topic a file.

mod api_version;
mod arrows;
mod cache;
mod client;
mod corpora;
mod firmware;
mod flight;
mod formats;
mod http;
mod identity;
mod memo;
mod replay;
mod savings;
mod schemas;
mod slow_store;
#[cfg(test)]
mod store;
mod streams;
mod tidy;
mod vectors;
mod verdicts;
