//! Anthropic's API version 2026-10-21: what it no longer takes, by the library and by the emulator,
//! which share nothing.

use std::time::Duration;

use llm_cache::ErrorKind;
use llm_cache::cache::Cache;
use llm_cache::client::{Client, ClientBuilder, KeyHeader, Request, RetryPolicy, Validation};
use llm_cache_core::json::JsonValue;
use llm_cache_core::prompt::check_api_version;
use llm_cache_tests::{Emulator, Options};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

const KEY: &str = "sk-emulated-0123456789abcdef";
const VERSION: &str = "2026-10-21";

/// Bodies whose every part may be one that the version no longer takes.
fn body() -> impl Strategy<Value = Value> {
    let number = || select(vec![Value::Null, Value::Null, Value::Null, json!(1)]);
    let block = || {
        select(vec![
            json!({"type": "text", "text": "t"}),
            json!({"type": "text", "text": "t", "citations": []}),
            json!({"type": "text", "text": "t", "citations": null}),
            json!({"type": "text", "text": "t", "citations": [{"type": "char_location",
                "cited_text": "t", "document_index": 0, "start_char_index": 0,
                "end_char_index": 1, "document_title": null}]}),
            json!({"type": "document", "source": {"type": "text", "media_type": "text/plain",
                "data": "d"}}),
        ])
    };
    let blocks = || proptest::collection::vec(block(), 1..3);
    (number(), number(), number(), blocks(), blocks()).prop_map(
        |(temperature, top_p, top_k, user, assistant)| {
            json!({"model": "claude-sonnet-4-5", "max_tokens": 64, "temperature": temperature,
                "top_p": top_p, "top_k": top_k, "messages": [{"role": "user", "content": user},
                {"role": "assistant", "content": assistant}, {"role": "user", "content": "x"}]})
        },
    )
}

fn client(emulator: &Emulator) -> ClientBuilder {
    let policy = RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO);
    let client = Client::anthropic().base_url(emulator.base_url()).api_key(KEY).retry(policy);
    client.key_header(KeyHeader::Bearer).validation(Validation::Off)
}

/// The emulator answers with a 400 exactly what the library's rules refuse, under either version.
#[test]
fn the_emulator_agrees() {
    let emulator = Emulator::start(Options::new().now_ms(0)).expect("a free port");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut refused = 0;
    for version in ["2023-06-01", VERSION] {
        let client = client(&emulator).api_version(version).build().unwrap();
        let mut runner = TestRunner::deterministic();
        for _ in 0..200 {
            let body = body().new_tree(&mut runner).unwrap().current().to_string();
            let value = JsonValue::parse(body.as_bytes()).unwrap();
            let ours = check_api_version(value, version);
            let theirs = runtime.block_on(client.send(Request::raw(body.clone())));
            match theirs {
                Ok(_) => assert_eq!(ours, Ok(()), "{version} {body}"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
                    assert!(ours.is_err(), "{version} {body}: {error}");
                    refused += 1;
                }
            }
        }
    }
    assert!((20..200).contains(&refused), "{refused} of 200");
}

/// The key as `Bearer` under the newer version, as the SDKs of autumn 2026 send it, is one tenant
/// with the key as `x-api-key`; the version keeps answers apart.
#[tokio::test]
async fn bearer_is_the_same_tenant() {
    let emulator = Emulator::start(Options::new().now_ms(0)).expect("a free port");
    let cache = Cache::builder().build();
    let base = || client(&emulator).model("claude-sonnet-4-5").cache(cache.clone());
    let ask = async |builder: ClientBuilder| {
        builder.build().unwrap().send("x").await.unwrap().outcome().is_hit()
    };
    assert!(!ask(base().api_version(VERSION)).await);
    assert!(ask(base().api_version(VERSION).key_header(KeyHeader::XApiKey)).await);
    assert!(!ask(base()).await, "another version");
    let seen = &emulator.requests()[0];
    assert_eq!(seen.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(seen.header("anthropic-version"), Some(VERSION));
}
