//! Requests whose breakpoints a planner places.

use serde_json::Value;

use super::{ANSWER, anthropic};
use crate::cache::Cache;
use crate::client::{Client, Request, Tool};
use crate::prompt::plan::Planner;
use crate::provider::loopback::{Loopback, answer, event_stream};
use llm_cache_core::prompt::CacheControl;

/// A turn of an agent with long instructions.
fn request() -> Request {
    let schema = r#"{"type":"object","properties":{}}"#;
    Request::new()
        .model("claude-sonnet-4-5")
        .tool(Tool::function("search", schema))
        .system("A line of instructions. ".repeat(500))
        .user("Look it up.")
}

fn client(server: &Loopback) -> Client {
    let cache = Cache::builder().build();
    anthropic(server).cache(cache).planner(Planner::new()).build().unwrap()
}

fn marks(text: &str) -> usize {
    text.matches("cache_control").count()
}

/// The plan's breakpoints are on the wire where it says, at most four; the rest of the body is the
/// same, and so is the key: the answer serves the same request of a client without a planner.
#[tokio::test]
async fn plans_reach_the_wire() {
    let server = Loopback::start(vec![answer(200, "", ANSWER)]);
    let client = client(&server);
    let reply = client.send(request()).await.unwrap();
    let places: Vec<String> =
        reply.plan().unwrap().breakpoints.iter().map(|point| point.place.to_string()).collect();
    assert!(places.contains(&"system.0".to_owned()), "{places:?}");
    let sent = String::from_utf8(server.requests()[0].body.clone()).unwrap();
    assert!((1..=4).contains(&places.len()), "{places:?}");
    assert_eq!(marks(&sent), places.len());
    let body: Value = serde_json::from_str(&sent).unwrap();
    assert_eq!(body["system"][0]["cache_control"]["type"], "ephemeral");
    assert_eq!(body["system"][0]["text"].as_str().unwrap().len(), 12_000);

    let again = client.send(request()).await.unwrap();
    assert!(again.outcome().is_hit() && again.plan().is_none());
    let plain = anthropic(&server).cache(client.cache().unwrap().clone()).build().unwrap();
    assert!(plain.send(request()).await.unwrap().outcome().is_hit());
}

/// Who marks a request himself, sends it raw, or asks a model without facts, is left alone.
#[tokio::test]
async fn others_marks_stay() {
    let server = Loopback::start(vec![answer(200, "", ANSWER)]);
    let client = client(&server);
    let mark = CacheControl::ephemeral();
    let requests = [
        (request().cached_user("x", mark), 1),
        (request().cache_control(mark), 1),
        (request().model("claude-of-tomorrow"), 0),
        (Request::raw(r#"{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[]}"#), 0),
    ];
    for (index, (request, expected)) in requests.into_iter().enumerate() {
        assert!(client.send(request).await.unwrap().plan().is_none());
        let sent = String::from_utf8(server.requests()[index].body.clone()).unwrap();
        assert_eq!(marks(&sent), expected, "request {index}");
    }
}

/// A streamed request is planned like any other.
#[tokio::test]
async fn streams_are_planned() {
    let stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    let server = Loopback::start(vec![event_stream(stop)]);
    let stream = client(&server).stream(request()).await.unwrap();
    assert!(!stream.plan().unwrap().breakpoints.is_empty());
    let sent = String::from_utf8(server.requests()[0].body.clone()).unwrap();
    assert_eq!(marks(&sent), stream.plan().unwrap().breakpoints.len());
    assert!(sent.contains("\"stream\":true"));
}

/// What is too short for the model is sent without marks, and the plan says why.
#[tokio::test]
async fn says_why_there_are_none() {
    let server = Loopback::start(vec![answer(200, "", ANSWER)]);
    let short = Request::new().model("claude-sonnet-4-5").user("Hello");
    let reply = client(&server).send(short).await.unwrap();
    let plan = reply.plan().unwrap();
    assert!(plan.breakpoints.is_empty() && plan.to_string().contains("minimum"), "{plan}");
}
