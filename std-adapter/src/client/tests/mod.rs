//! Tests of the client against a server that says what a test tells it to.

mod access;
mod cached;
mod doctor;
mod faults;
mod marks;
mod plan;
mod savings;
mod streams;
mod tools;
mod typed;
mod validation;
mod wire;

use core::time::Duration;

use super::{Client, ClientBuilder, RetryPolicy};
use crate::provider::loopback::Loopback;

const KEY: &str = "sk-very-secret-0123456789";

const ANSWER: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"m",
"content":[{"type":"text","text":"Four."}],
"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":3}}"#;

const CHAT_ANSWER: &str = r#"{"id":"c_1","object":"chat.completion","created":1,"model":"m",
"choices":[{"index":0,"finish_reason":"stop",
"message":{"role":"assistant","content":"Four.","refusal":null}}],
"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#;

/// Two retries without waits.
fn at_once() -> RetryPolicy {
    RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO).retry_after_max(Duration::ZERO)
}

fn anthropic(server: &Loopback) -> ClientBuilder {
    Client::anthropic().base_url(&server.url).api_key(KEY).model("m").retry(at_once())
}

fn openai(server: &Loopback) -> ClientBuilder {
    let base = format!("{}/v1", server.url);
    Client::openai().base_url(base).api_key(KEY).model("m").retry(at_once())
}
