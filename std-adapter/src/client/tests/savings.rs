//! What a client says its calls cost and saved.

use std::sync::{Arc, Mutex};

use super::anthropic;
use crate::cache::{Cache, Event};
use crate::client::Request;
use crate::clock::ManualClock;
use crate::prompt::{Facts, Savings};
use crate::provider::loopback::{Loopback, answer, event_stream};
use llm_cache_core::{Millis, Usage};

/// An answer of this model whose prompt read and wrote so many tokens.
fn body(model: &str, read: u64, written: u64) -> String {
    format!(
        r#"{{"id":"msg_1","type":"message","role":"assistant","model":"{model}",
        "content":[{{"type":"text","text":"Four."}}],"stop_reason":"end_turn",
        "usage":{{"input_tokens":10,"cache_read_input_tokens":{read},
        "cache_creation_input_tokens":{written},"output_tokens":2}}}}"#
    )
}

fn picodollars(savings: &Savings) -> Option<i128> {
    savings.saved().map(|money| money.picodollars())
}

/// A call that writes is a loss and not cached, one that reads is, and so is a hit of ours, which
/// is billed nothing; the client's total is the sum of its replies'.
#[tokio::test]
async fn replies_add_up() {
    let model = "claude-sonnet-4-5-20250929";
    let answers = [body(model, 0, 1_000), body(model, 1_000, 0)];
    let server = Loopback::start(answers.map(|body| answer(200, "", &body)).to_vec());
    let client = anthropic(&server).cache(Cache::builder().build()).build().unwrap();
    let mut each = Vec::new();
    for (question, cached) in [("a", false), ("b", true), ("b", true)] {
        let reply = client.send(question).await.unwrap();
        assert_eq!((reply.cached(), reply.model().as_deref()), (cached, Some(model)));
        each.push(reply.savings(Facts::embedded()));
    }
    // A quarter of 1,000 tokens at 3 dollars a million; nine tenths of them; 1,010 in and 2 out.
    let expected = [-750_000_000, 2_700_000_000, 3_060_000_000];
    assert_eq!(each.iter().map(picodollars).collect::<Vec<_>>(), expected.map(Some));
    let total = client.savings();
    assert_eq!(total, each.iter().sum());
    assert_eq!((total.replies, total.hits, server.count()), (3, 1, 2));
    assert_eq!(each[2].billed, Usage::default());
    assert_eq!(client.clone().savings(), total, "clones share the account");
}

/// A model that the client's facts do not name has no price, and one that they do has theirs.
#[tokio::test]
async fn facts_can_be_given() {
    let server = Loopback::start(vec![answer(200, "", &body("claude-of-tomorrow", 0, 0))]);
    let client = anthropic(&server).build().unwrap();
    client.send("x").await.unwrap();
    assert_eq!((client.savings().saved(), client.savings().unpriced), (None, 1));
    let table = r#"{"version":1,"models":[{"names":["claude-of-tomorrow"],"as_of":"2026-11-01",
        "source":"s","tokens_factor":1,"read":0.1,"write_5m":1.25,"input_price":1,
        "output_price":5}]}"#;
    let facts = Facts::embedded().updated(&Facts::from_json(table).unwrap());
    let client = anthropic(&server).facts(facts).build().unwrap();
    client.send("x").await.unwrap();
    assert_eq!(client.savings().money.paid.to_string(), "$0.00002");
}

/// Facts that are old by the cache's clock are told of when the client is built, once, with their
/// date; facts that are not, and those of a client without a cache, are used in silence.
#[test]
fn old_facts_are_told() {
    let server = Loopback::start(vec![]);
    let facts = |date: &str| {
        let row = r#"{"names":["m"],"source":"s","tokens_factor":1,"as_of":"#;
        Facts::from_json(&format!(r#"{{"version":1,"models":[{row}"{date}"}}]}}"#)).unwrap()
    };
    let told = |facts: Facts| {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let events = Arc::clone(&seen);
        let observer = move |event: &Event<'_>| {
            if let Event::StaleFacts { as_of, age_in_days } = event {
                events.lock().unwrap().push((as_of.to_string(), *age_in_days));
            }
        };
        // 2026-11-30.
        let clock = ManualClock::new(Millis(20_787 * 24 * 60 * 60 * 1000));
        let cache = Cache::builder().clock(clock).observer(observer).build();
        anthropic(&server).cache(cache).facts(facts).build().unwrap();
        Arc::into_inner(seen).unwrap().into_inner().unwrap()
    };
    assert_eq!(told(facts("2026-08-31")), [("2026-08-31".to_owned(), 91)]);
    let fresh = [facts("2026-09-01"), facts("2027-01-01"), Facts::embedded().clone()];
    assert!(fresh.into_iter().chain([Facts::default()]).all(|facts| told(facts).is_empty()));
    anthropic(&server).facts(facts("2020-01-01")).build().unwrap();
}

const STREAM: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":\
    {\"model\":\"claude-sonnet-4-5\",\"usage\":{\"input_tokens\":10,\
    \"cache_read_input_tokens\":1000,\"output_tokens\":1}}}\n\n\
    event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":2}}\n\n\
    event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

/// A stream counts once, when it is dropped: read as events, as bytes, whole, or left early.
#[tokio::test]
async fn streams_count() {
    let server = Loopback::start(vec![event_stream(STREAM)]);
    let client = anthropic(&server).build().unwrap();
    let one = 2_700_000_000;

    let mut events = client.stream("x").await.unwrap();
    while events.next().await.unwrap().is_some() {}
    assert_eq!(events.model(), Some("claude-sonnet-4-5"));
    assert_eq!(picodollars(&events.savings(Facts::embedded())), Some(one));
    assert_eq!(client.savings().replies, 0);
    drop(events);
    assert_eq!(picodollars(&client.savings()), Some(one));

    let mut bytes = client.stream("x").await.unwrap().into_bytes();
    while bytes.next().await.unwrap().is_some() {}
    drop(bytes);
    let raw = r#"{"model":"m","max_tokens":9,"messages":[],"stream":true}"#;
    client.send(Request::raw(raw)).await.unwrap();
    assert_eq!(picodollars(&client.savings()), Some(3 * one));

    drop(client.stream("x").await.unwrap());
    let total = client.savings();
    assert_eq!((total.replies, total.unreported), (4, 1));
    assert_eq!(picodollars(&total), Some(3 * one), "one unknown reply hides none of the others");
    assert_eq!((total.usage.cache_read_tokens, total.usage.output_tokens), (3_000, 6));
}
