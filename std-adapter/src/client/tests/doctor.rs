//! The doctor, asked about requests of a client.

use core::time::Duration;

use super::{ANSWER, anthropic, openai};
use crate::ErrorKind;
use crate::client::{Client, Request, Tool};
use crate::prompt::doctor::Finding;
use crate::prompt::plan::{Breakpoint, Planner, Reason};
use crate::provider::loopback::{Loopback, answer};
use llm_cache_core::prompt::CacheControl;
use llm_cache_core::reply::{Diagnostics, MissReason};

/// A question with marked instructions of some 3,000 tokens.
fn request(instructions: &str, question: &str) -> Request {
    let text = format!("{}{instructions}", "A line of instructions. ".repeat(500));
    Request::new()
        .model("claude-sonnet-4-5")
        .cached_system(text, CacheControl::ephemeral())
        .user(question)
}

/// The minimum and the tokenizer are those of the request's model, by the client's facts; time is
/// the caller's; raw and typed requests compare.
#[tokio::test]
async fn explains_requests() {
    let server = Loopback::start(vec![answer(200, "", ANSWER)]);
    let client = anthropic(&server).build().unwrap();
    let first = request("", "Why?");
    let explain = |previous: &Request, current: &Request, elapsed| {
        client.explain(Some(previous), current, Duration::from_secs(elapsed)).unwrap()
    };
    let hit = explain(&first, &request("", "How?"), 10);
    assert_eq!((hit.finding, hit.terms.minimum_tokens), (Finding::Hit, Some(1024)));
    assert_eq!(hit.forecast.cache_read_tokens, 3_000);
    let newer = |question| request("", question).model("claude-opus-5-5");
    assert_eq!(explain(&newer("a"), &newer("b"), 10).forecast.cache_read_tokens, 3_900);
    let miss = explain(&first, &request("Today is Monday.", "Why?"), 10);
    assert_eq!(miss.finding, Finding::Miss);
    assert!(miss.to_string().contains("system"), "{miss}");
    assert_eq!(explain(&first, &request("", "How?"), 600).finding, Finding::Miss);
    assert_eq!(client.explain(None, &first, Duration::ZERO).unwrap().finding, Finding::Miss);
    let unknown = first.clone().model("claude-of-tomorrow");
    assert_eq!(explain(&unknown, &unknown, 10).terms.minimum_tokens, None);
    assert_eq!(server.count(), 0, "nothing is sent");

    let client = openai(&server).build().unwrap();
    let error = client.explain(None, &first, Duration::ZERO).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

/// A client with a planner explains the marks that the planner would place: what it says is read is
/// what the plan reads when the request is sent. Asking teaches the planner nothing, and a request
/// with marks of its own is explained with those.
#[tokio::test]
async fn explains_what_the_planner_marks() {
    let server = Loopback::start(vec![answer(200, "", ANSWER), answer(200, "", ANSWER)]);
    let plain = anthropic(&server).build().unwrap();
    let client = anthropic(&server).planner(Planner::new()).build().unwrap();
    let first = Request::new()
        .model("claude-sonnet-5")
        .tool(Tool::function("search", r#"{"type":"object","properties":{}}"#))
        .system("A line of instructions. ".repeat(500))
        .user("Why?");
    let second = first.clone().assistant("Because.").user("How?");

    let without = plain.explain(Some(&first), &second, Duration::ZERO).unwrap();
    assert_eq!(without.forecast.cache_usage(), None);
    let explained = client.explain(Some(&first), &second, Duration::ZERO).unwrap();
    assert_eq!(explained.finding, Finding::Hit, "{explained}");
    assert!(explained.forecast.cache_read_tokens > 3_000, "{explained}");
    let late = client.explain(Some(&first), &second, Duration::from_secs(7_200)).unwrap();
    assert_eq!(late.forecast.cache_read_tokens, 0);
    // Nothing was sent: for the planner the first request is the first.
    let unseen = client.explain(None, &first, Duration::ZERO).unwrap();
    assert!(unseen.forecast.cache_write_tokens > 3_000, "{unseen}");

    let sent = client.send(&first).await.unwrap();
    let is_read = |point: &&Breakpoint| point.reason == Reason::Read;
    assert_eq!(sent.plan().unwrap().breakpoints.iter().find(is_read), None);
    let explained = client.explain(Some(&first), &second, Duration::ZERO).unwrap();
    let sent = client.send(&second).await.unwrap();
    let read = sent.plan().unwrap().breakpoints.iter().rfind(is_read).unwrap();
    assert_eq!(explained.forecast.cache_read_tokens, read.tokens);

    let own = request("", "Why?");
    let explain = |client: &Client| client.explain(Some(&own), &own, Duration::ZERO).unwrap();
    assert_eq!(explain(&client), explain(&plain));
}

/// What the provider says itself is read from the reply.
#[tokio::test]
async fn reads_diagnostics() {
    let said = r#","diagnostics":{"cache_miss_reason":{"type":"tools_changed"}}}"#;
    let body = ANSWER.strip_suffix('}').unwrap().to_owned() + said;
    let server = Loopback::start(vec![answer(200, "", &body), answer(200, "", ANSWER)]);
    let client = anthropic(&server).build().unwrap();
    let reason = MissReason::ToolsChanged;
    let expected = Diagnostics::Missed { reason, missed_input_tokens: None };
    assert_eq!(client.send("x").await.unwrap().diagnostics(), Some(expected));
    assert_eq!(client.send("x").await.unwrap().diagnostics(), None);
}
