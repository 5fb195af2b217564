//! The client against the provider emulator: both dialects, every fault, streams, typed answers.

use std::time::Duration;

use llm_cache::cache::Cache;
use llm_cache::client::{Client, ClientBuilder, Request, RetryPolicy, Via};
use llm_cache::llm_cache_core::prompt::{CacheControl, Ttl};
use llm_cache::{Error, ErrorKind};
use llm_cache_tests::emulator::Endpoint;
use llm_cache_tests::{Emulator, Fault, Options};
use schemars::JsonSchema;
use serde::Deserialize;

const KEY: &str = "sk-emulated-0123456789abcdef";

/// What the first guide extracts.
#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
struct Person {
    name: String,
    age: u32,
}

fn emulator() -> Emulator {
    Emulator::start(Options::new().now_ms(0)).expect("a free port on loopback")
}

/// Two retries without waits.
fn at_once() -> RetryPolicy {
    RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO).retry_after_max(Duration::ZERO)
}

/// A builder for each dialect.
fn both(emulator: &Emulator) -> [ClientBuilder; 2] {
    let anthropic = Client::anthropic().base_url(emulator.base_url()).model("claude-sonnet-4-5");
    let openai = Client::openai().base_url(emulator.openai_base_url()).model("gpt-5.2");
    [anthropic, openai].map(|builder| builder.api_key(KEY).retry(at_once()))
}

fn anthropic(emulator: &Emulator) -> ClientBuilder {
    let [anthropic, _] = both(emulator);
    anthropic
}

/// Asked once over HTTP, answered from memory afterwards, in both dialects; one cache serves both
/// without mixing them up.
#[tokio::test]
async fn asks_once() {
    let emulator = emulator();
    let cache = Cache::builder().build();
    for (index, builder) in both(&emulator).into_iter().enumerate() {
        let client = builder.cache(cache.clone()).build().unwrap();
        let first = client.send("What is the capital of France?").await.unwrap();
        assert!(first.outcome().is_miss());
        assert!(first.text().contains("provider emulator"), "{}", first.text());
        assert!(first.request_id().is_some());
        let second = client.send("What is the capital of France?").await.unwrap();
        assert!(second.outcome().is_hit());
        assert_eq!((second.body(), second.usage()), (first.body(), first.usage()));
        let other = client.send("And of Italy?").await.unwrap();
        assert!(other.outcome().is_miss());
        assert_ne!(other.text(), first.text());
        assert_eq!(emulator.upstream_calls(), 2 * (index as u64 + 1));
    }
    let headers = emulator.requests();
    assert_eq!(headers[0].header("x-api-key"), Some(KEY));
    assert_eq!(headers[2].header("authorization"), Some(format!("Bearer {KEY}").as_str()));
}

/// The guide's extraction, by format and by tool, from the cache the second time; a model that
/// refuses forced tools is served all the same.
#[tokio::test]
async fn extracts_a_person() {
    let emulator = emulator();
    let text = "My name is John and I am 30 years old";
    let mut asked = 0;
    for builder in both(&emulator) {
        let client = builder.cache(Cache::builder().build()).build().unwrap();
        for via in [Via::OutputFormat, Via::Tool] {
            asked += 1;
            for hit in [false, true] {
                let person = client.extract::<Person>(text).via(via).await.unwrap();
                assert_eq!(*person, Person { name: "John".into(), age: 30 });
                assert_eq!(person.outcome().is_hit(), hit);
                assert_eq!(emulator.upstream_calls(), asked);
            }
        }
    }
    let client = anthropic(&emulator).model("claude-opus-5-5").build().unwrap();
    let person = client.extract::<Person>(text).via(Via::Tool).await.unwrap();
    assert_eq!(person.age, 30);
    let people = client.extract::<Vec<Person>>("Ada is 36, Alan is 41").await.unwrap();
    assert!(!people.is_empty());
}

async fn fail(client: &Client) -> Error {
    let error = client.send("x").await.expect_err("the fault is met");
    assert!(!format!("{error} {error:?}").contains(KEY));
    error
}

/// Every fault that the emulator knows, lasting: its kind, and how often it was sent.
#[tokio::test]
async fn reports_every_fault() {
    let status = |status, body: &str| Fault::Status { status, body: body.into(), headers: vec![] };
    let cases = [
        (Fault::RateLimit { retry_after_seconds: Some(1) }, ErrorKind::RateLimited, 3),
        (Fault::SpendLimit, ErrorKind::SpendLimit, 1),
        (Fault::Overloaded, ErrorKind::Overloaded, 3),
        (Fault::ServerError, ErrorKind::Server, 3),
        (status(401, "{}"), ErrorKind::Authentication, 1),
        (status(403, "not JSON"), ErrorKind::Permission, 1),
        (status(413, "<html></html>"), ErrorKind::RequestTooLarge, 1),
        (Fault::Redirect { location: "http://127.0.0.1:9/".into() }, ErrorKind::Redirect, 1),
        (Fault::ConnectionClosed, ErrorKind::Unreachable, 3),
        (Fault::BodyCut { bytes: 10 }, ErrorKind::Truncated, 3),
        (Fault::MalformedJson, ErrorKind::Malformed, 1),
        (Fault::OversizedBody { bytes: 9000 }, ErrorKind::AnswerTooLarge, 1),
    ];
    let emulator = emulator();
    for builder in both(&emulator) {
        let client =
            builder.answer_bytes_max(8000).cache(Cache::builder().build()).build().unwrap();
        for (fault, kind, sent) in &cases {
            emulator.fault_always(fault.clone());
            let before = emulator.upstream_calls();
            let error = fail(&client).await;
            assert_eq!(error.kind(), *kind, "{fault:?}: {error}");
            assert_eq!(emulator.upstream_calls() - before, *sent, "{fault:?}");
            emulator.clear_faults();
        }
        // A failure leaves nothing behind.
        assert!(client.send("x").await.unwrap().outcome().is_miss());
    }
}

/// A fault that passes within the retries is not seen; the request arrives unchanged each time.
#[tokio::test]
async fn outlives_short_faults() {
    let emulator = emulator();
    for builder in both(&emulator) {
        let client = builder.build().unwrap();
        let before = emulator.requests().len();
        emulator.fault(Fault::Overloaded);
        emulator.fault(Fault::BodyCut { bytes: 1 });
        assert!(client.send("x").await.is_ok());
        let seen = emulator.requests().split_off(before);
        assert_eq!(seen.len(), 3);
        assert!(seen.iter().all(|request| request.body == seen[0].body));
    }
}

/// Model names, keys and rules that the provider refuses come back in its own words.
#[tokio::test]
async fn repeats_the_providers_words() {
    let emulator = emulator();
    let client = anthropic(&emulator).build().unwrap();
    let error = client.send(Request::from("x").model("claude-does-not-exist")).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::NotFound, Some(404)));
    assert!(error.request_id().is_some_and(|id| error.to_string().contains(id)), "{error}");
    let client = anthropic(&emulator).api_key("sk-invalid-key").build().unwrap();
    let error = client.send("x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert!(!error.to_string().contains("sk-invalid-key"), "{error}");
    let raw = r#"{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[{"role":"user",
        "content":"x","cache_control":{"type":"ephemeral"}}]}"#;
    let client = anthropic(&emulator).build().unwrap();
    let error = client.send(Request::raw(raw)).await.unwrap_err();
    assert!(error.to_string().contains("Extra inputs are not permitted"), "{error}");
}

/// Answers that are no good are handed out, with the reason why they are not stored.
#[tokio::test]
async fn stores_no_refusal_and_no_stump() {
    let emulator = emulator();
    for builder in both(&emulator) {
        let client = builder.cache(Cache::builder().build()).build().unwrap();
        for fault in [Fault::Refusal, Fault::MaxTokens, Fault::UnknownStopReason] {
            emulator.fault(fault.clone());
            let reply = client.send("x").await.unwrap();
            assert!(reply.outcome().is_miss() && !reply.verdict().is_store(), "{fault:?}");
            emulator.fault(fault.clone());
            assert!(client.extract::<Person>("x").await.is_err(), "{fault:?}");
        }
        assert!(client.send("x").await.unwrap().verdict().is_store());
    }
}

/// Marks reach the provider's prompt cache, and its counters come back, lifetimes apart.
#[tokio::test]
async fn reports_the_providers_cache() {
    let emulator = emulator();
    let client = anthropic(&emulator).build().unwrap();
    let hour = CacheControl::ephemeral().with_ttl(Ttl::OneHour);
    let request = Request::new().cached_system("x".repeat(20_000), hour).user("Why?");
    let first = client.send(&request).await.unwrap().usage().unwrap();
    assert!(first.cache_write_1h_tokens > 1024 && first.cache_read_tokens == 0, "{first:?}");
    let second = client.send(&request).await.unwrap().usage().unwrap();
    assert_eq!(second.cache_read_tokens, first.cache_write_1h_tokens);
    let count = client.count_tokens(&request).await.unwrap();
    assert_eq!(count, first.input_tokens_total());
    assert_eq!(emulator.calls(Endpoint::CountTokens), 1);
}

/// A stream of either dialect comes through whole; one that breaks off is an error that says so.
#[tokio::test]
async fn passes_streams_through() {
    let emulator = emulator();
    for builder in both(&emulator) {
        let client = builder.cache(Cache::builder().build()).build().unwrap();
        let mut events = 0;
        let mut stream = client.stream("x").await.unwrap();
        assert_eq!(stream.outcome().to_string(), "bypass streaming");
        while stream.next().await.unwrap().is_some() {
            events += 1;
        }
        assert!(stream.usage().is_some_and(|usage| usage.output_tokens > 0));
        for (fault, kind) in [
            (Fault::StreamCut { events: 1 }, ErrorKind::Truncated),
            (Fault::StreamCut { events: events - 1 }, ErrorKind::Truncated),
            (Fault::StreamError { events: 1 }, ErrorKind::Overloaded),
        ] {
            emulator.fault(fault.clone());
            let mut stream = client.stream("x").await.unwrap();
            let error = loop {
                match stream.next().await {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("{fault:?}: a silent end"),
                    Err(error) => break error,
                }
            };
            let kinds = [kind, ErrorKind::Server];
            assert!(kinds.contains(&error.kind()), "{fault:?}: {error}");
        }
    }
}

/// A thousand identical calls at one time are one call upstream; when the one that asks is
/// cancelled, another asks and all of them are answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_one_call() {
    for cancelled in [false, true] {
        let emulator = emulator();
        let cache = Cache::builder().build();
        let client = anthropic(&emulator).cache(cache).build().unwrap();
        emulator.gate().hold();
        let ask = || {
            let client = client.clone();
            tokio::spawn(async move { client.send("x").await.map(|reply| reply.text()) })
        };
        let leader = ask();
        emulator.gate().wait_for(1).await;
        let calls: Vec<_> = (1..1000).map(|_| ask()).collect();
        if cancelled {
            leader.abort();
            assert!(leader.await.unwrap_err().is_cancelled());
        }
        emulator.gate().open();
        let mut answers = Vec::new();
        for call in calls {
            answers.push(call.await.unwrap().unwrap());
        }
        assert!(answers.iter().all(|answer| answer == &answers[0]));
        assert_eq!(emulator.upstream_calls(), if cancelled { 2 } else { 1 });
    }
}

/// A short time limit is kept, and tells itself from other failures.
#[tokio::test]
async fn keeps_the_time_limit() {
    let emulator = emulator();
    emulator.gate().hold();
    let builder = anthropic(&emulator).timeout(Duration::from_millis(50));
    let client = builder.retry(RetryPolicy::never()).build().unwrap();
    assert_eq!(fail(&client).await.kind(), ErrorKind::Timeout);
    emulator.gate().open();
}
