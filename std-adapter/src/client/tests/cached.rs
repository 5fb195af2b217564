//! The client with a cache in front.

use std::sync::{Arc, Mutex};

use super::{ANSWER, CHAT_ANSWER, KEY, anthropic, openai};
use crate::ErrorKind;
use crate::cache::{Cache, Event, Mode};
use crate::client::{Client, Request};
use crate::provider::loopback::{Loopback, answer};

const RAW: &str = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}"#;

fn ok() -> Loopback {
    Loopback::start(vec![answer(200, "request-id: req_1\r\n", ANSWER)])
}

async fn outcome(client: &Client, request: impl Into<Request>) -> String {
    let outcome = client.send(request).await.unwrap().outcome().to_string();
    outcome.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// The second call is a hit: the same bytes, the original usage, nothing billed, nothing sent.
#[tokio::test]
async fn answers_the_second_call() {
    for chat in [false, true] {
        let body = if chat { CHAT_ANSWER } else { ANSWER };
        let server = Loopback::start(vec![answer(200, "request-id: req_1\r\n", body)]);
        let cache = Cache::builder().build();
        let builder = if chat { openai(&server) } else { anthropic(&server) };
        let client = builder.cache(cache.clone()).build().unwrap();
        let first = client.send("x").await.unwrap();
        assert_eq!(first.outcome().to_string(), "miss absent");
        assert!(first.verdict().is_store());
        assert_eq!(first.request_id(), Some("req_1"));
        assert_eq!(first.billed_usage().output_tokens, 3);
        let second = client.send("x").await.unwrap();
        assert!(second.outcome().is_hit());
        assert_eq!(second.body(), first.body());
        assert_eq!(second.usage(), first.usage());
        assert_eq!(second.billed_usage(), llm_cache_core::Usage::default());
        assert_eq!(second.request_id(), None);
        assert_eq!((server.count(), cache.stats().hits()), (1, 1));
        assert_eq!(client.upstream_calls(), 1, "a hit sends nothing");
    }
}

/// Whatever decides who may share an answer keeps answers apart; what is not identity does not.
#[tokio::test]
async fn keeps_scopes_apart() {
    let (server, other) = (ok(), ok());
    let cache = Cache::builder().build();
    let base = || anthropic(&server).cache(cache.clone());
    let client = base().build().unwrap();
    assert_eq!(outcome(&client, ask()).await, "miss absent");
    assert_eq!(outcome(&client, ask()).await, "hit memory");
    for (what, client) in [
        ("endpoint", base().base_url(&other.url).build().unwrap()),
        ("query", base().query("beta", "true").build().unwrap()),
        ("tenant", base().api_key("another-key").build().unwrap()),
        ("beta", base().beta("new-thing").build().unwrap()),
        ("version", base().api_version("2099-01-01").build().unwrap()),
        ("namespace", base().namespace("n").build().unwrap()),
        ("namespace of a clone", client.with_namespace("m").unwrap()),
    ] {
        assert_eq!(outcome(&client, ask()).await, "miss absent", "{what}");
        assert_eq!(outcome(&client, ask()).await, "hit memory", "{what}");
    }
    assert_eq!(outcome(&client, ask().variant(1)).await, "miss absent");
    assert_eq!(outcome(&client, ask().variant(1)).await, "hit memory");
    let spaced = Request::raw(RAW.replace(',', " , "));
    assert_eq!(outcome(&client, spaced).await, "hit memory");
    let again = base().beta("prompt-caching-2024-07-31").build().unwrap();
    assert_eq!(outcome(&again, ask()).await, "hit memory");
    let named = |server: &Loopback| {
        anthropic(server).cache(cache.clone()).endpoint_id("fixture").build().unwrap()
    };
    assert_eq!(outcome(&named(&server), ask()).await, "miss absent");
    assert_eq!(outcome(&named(&other), ask()).await, "hit memory");
}

fn ask() -> Request {
    Request::raw(RAW)
}

/// A body without a canonical form, or of a kind that must not be cached, goes past the cache with
/// its reason, as it is.
#[tokio::test]
async fn goes_past_with_a_reason() {
    let server = ok();
    let client = anthropic(&server).cache(Cache::builder().build()).build().unwrap();
    for (body, expected) in [
        (r#"{"model":"m","model":"n","messages":[]}"#, "bypass unkeyable"),
        ("not json at all", "bypass not_json"),
        (r#"{"model":"m","max_tokens":0,"messages":[]}"#, "bypass stateful"),
        (r#"{"model":"m","tools":[{"type":"web_search_20250305"}]}"#, "bypass live_tools"),
    ] {
        assert_eq!(outcome(&client, Request::raw(body)).await, expected);
        assert_eq!(server.requests().last().unwrap().body, body.as_bytes());
    }
    let live = r#"{"model":"m","tools":[{"type":"web_search_20250305"}]}"#;
    let live = Request::raw(live).store_live_tools(core::time::Duration::from_secs(60));
    assert_eq!(outcome(&client, &live).await, "miss absent");
    assert_eq!(outcome(&client, &live).await, "hit memory");
}

/// Only a complete answer is stored; failures and cut answers are asked for again.
#[tokio::test]
async fn stores_only_whole_answers() {
    let cut = ANSWER.replace("end_turn", "max_tokens");
    let server = Loopback::start(vec![
        answer(200, "", &cut),
        answer(201, "", ANSWER),
        answer(400, "", "{}"),
        answer(200, "", ANSWER),
    ]);
    let client = anthropic(&server).cache(Cache::builder().build()).build().unwrap();
    assert_eq!(
        client.send("x").await.unwrap().verdict().skip_reason().unwrap().as_str(),
        "truncated"
    );
    assert_eq!(client.send("x").await.unwrap().verdict().skip_reason().unwrap().as_str(), "status");
    assert_eq!(client.send("x").await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert!(client.send("x").await.unwrap().verdict().is_store());
    assert!(client.send("x").await.unwrap().outcome().is_hit());
    assert_eq!(server.count(), 4);
}

/// In the mode that promises not to go upstream, nothing does.
#[tokio::test]
async fn stays_offline_when_told() {
    let server = ok();
    let client = anthropic(&server).cache(Cache::builder().build()).build().unwrap();
    let offline = |request: Request| request.mode(Mode::CachedOnly);
    assert_eq!(client.send(offline("x".into())).await.unwrap_err().kind(), ErrorKind::NotCached);
    let error = client.send(offline(Request::raw("no json"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotCached);
    let error = client.stream(offline("x".into())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotCached);
    assert_eq!(server.count(), 0);
    client.send("x").await.unwrap();
    assert!(client.send(offline("x".into())).await.unwrap().outcome().is_hit());
    let refreshed = client.send(Request::from("x").mode(Mode::Refresh)).await.unwrap();
    assert_eq!(refreshed.outcome().to_string(), "miss refresh");
}

/// Identical calls at one time are one call upstream, and its failure is everybody's.
#[tokio::test]
async fn shares_one_flight() {
    for (answered, status) in [(ANSWER, 200), ("{}", 400)] {
        let server = Loopback::start(vec![answer(status, "", answered)]);
        let client = anthropic(&server).cache(Cache::builder().build()).build().unwrap();
        let calls: Vec<_> = (0..50)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.send("x").await.is_ok() })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap(), status == 200);
        }
        assert_eq!(server.count(), 1);
    }
}

/// Events tell what happened and hold neither key, prompt nor answer.
#[tokio::test]
async fn events_are_discreet() {
    let server = ok();
    let told = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&told);
    let observer = move |event: &Event<'_>| log.lock().unwrap().push_str(&format!("{event:?}\n"));
    let cache = Cache::builder().observer(observer).build();
    let client = anthropic(&server).cache(cache).build().unwrap();
    for text in ["private words", "private words"] {
        client.send(text).await.unwrap();
    }
    let told = told.lock().unwrap();
    assert!(told.contains("Lookup") && told.contains("Stored"), "{told}");
    for secret in [KEY, "private", "Four"] {
        assert!(!told.contains(secret), "{told}");
    }
}
