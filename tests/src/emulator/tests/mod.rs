//! What the emulator does over its socket, seen by a raw client.

mod access;
mod answers;
mod faults;
mod gate;
mod openai;
mod recorded;

use serde_json::{Value, json};

use crate::raw_http::{RawAnswer, post};

use super::{Emulator, Options};

pub(super) const ANTHROPIC: &[(&str, &str)] =
    &[("x-api-key", "sk-test"), ("anthropic-version", "2023-06-01")];
pub(super) const OPENAI: &[(&str, &str)] = &[("authorization", "Bearer sk-test")];

pub(super) fn emulator() -> Emulator {
    Emulator::start(Options::new().now_ms(1_000_000)).unwrap()
}

pub(super) fn message(text: &str) -> Value {
    json!({"model": "claude-sonnet-4-5", "max_tokens": 100,
        "messages": [{"role": "user", "content": text}]})
}

fn chat(text: &str) -> Value {
    json!({"model": "gpt-5", "messages": [{"role": "user", "content": text}]})
}

pub(super) fn post_message(emulator: &Emulator, body: &Value) -> RawAnswer {
    post(&emulator.base_url(), "/v1/messages", ANTHROPIC, body).unwrap()
}

fn post_chat(emulator: &Emulator, body: &Value) -> RawAnswer {
    post(&emulator.openai_base_url(), "/chat/completions", OPENAI, body).unwrap()
}

pub(super) fn with(mut body: Value, member: &str, value: Value) -> Value {
    body[member] = value;
    body
}
