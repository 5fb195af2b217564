//! Requests that break a rule of the provider's: refused, or sent with a warning, or just sent.

use std::sync::{Arc, Mutex};

use super::{ANSWER, anthropic};
use crate::cache::{Cache, Event};
use crate::client::{Client, Part, Request, Tool, ToolChoice, Validation};
use crate::provider::loopback::{Loopback, answer};
use crate::{Error, ErrorKind};
use llm_cache_core::prompt::{CacheControl, Place, Role, Rule, Violation};

/// The rule that `broken` and `BROKEN` break.
const RULE: Violation =
    Violation { place: Place::Block { message: 0, block: 0 }, rule: Rule::EmptyText };

const BROKEN: &str = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":
    [{"type":"text","text":"","cache_control":{"type":"ephemeral"}}]}]}"#;

fn broken() -> Request {
    Request::new().cached_user("", CacheControl::ephemeral())
}

/// A client of a server that gives the same answer a few times.
fn client(server: &Loopback) -> Client {
    anthropic(server).build().unwrap()
}

fn server() -> Loopback {
    Loopback::start(vec![answer(200, "", ANSWER), answer(200, "", ANSWER)])
}

fn is_refused(error: &Error) -> bool {
    error.kind() == ErrorKind::InvalidRequest && error.to_string().contains("messages.0.content.0")
}

/// What was built with typed setters for a model that is known is refused, and nothing is sent. For
/// a model that is not, it is sent, and the reply tells.
#[tokio::test]
async fn typed_requests_are_strict_for_known_models() {
    let server = server();
    let client = client(&server);
    let known = broken().model("claude-opus-4-8-20260601");
    assert!(is_refused(&client.send(&known).await.unwrap_err()));
    assert!(is_refused(&client.stream(&known).await.unwrap_err()));
    assert!(server.requests().is_empty());
    let reply = client.send(broken().model("claude-of-tomorrow")).await.unwrap();
    assert_eq!(reply.violation(), Some(RULE));
    assert_eq!(server.requests().len(), 1);
}

/// A raw request goes out byte for byte with a warning: the reply and an event tell the rule. One
/// that keeps the rules, and one that is not checked, go without.
#[tokio::test]
async fn raw_requests_are_warned_of() {
    let server = server();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&seen);
    let observer = move |event: &Event<'_>| {
        if let Event::Violation { violation } = event {
            events.lock().unwrap().push(*violation);
        }
    };
    let cache = Cache::builder().observer(observer).build();
    let client = anthropic(&server).cache(cache).build().unwrap();
    let reply = client.send(Request::raw(BROKEN)).await.unwrap();
    assert_eq!(reply.violation(), Some(RULE));
    assert_eq!(server.requests()[0].body, BROKEN.as_bytes());
    assert_eq!(*seen.lock().unwrap(), [RULE]);
    // Nothing is sent for a hit, so nothing is checked.
    let hit = client.send(Request::raw(BROKEN)).await.unwrap();
    assert_eq!((hit.outcome().is_hit(), hit.violation()), (true, None));
    let other = BROKEN.replace("\"text\":\"\"", "\"text\":\"x\"");
    assert_eq!(client.send(Request::raw(other)).await.unwrap().violation(), None);
    assert_eq!(seen.lock().unwrap().len(), 1);
}

/// What the request says goes before what the client says, and that before the default.
#[tokio::test]
async fn it_can_be_told() {
    let server = server();
    let strict = anthropic(&server).validation(Validation::Strict).build().unwrap();
    assert!(is_refused(&strict.send(Request::raw(BROKEN)).await.unwrap_err()));
    assert!(is_refused(&strict.send(broken()).await.unwrap_err()));
    assert!(server.requests().is_empty());
    let off = Request::raw(BROKEN).validation(Validation::Off);
    assert_eq!(strict.send(off).await.unwrap().violation(), None);
    let warn = broken().model("claude-opus-4-8").validation(Validation::Warn);
    assert_eq!(client(&server).send(warn).await.unwrap().violation(), Some(RULE));
}

/// What only the written bytes show is refused as well: a mark deep inside a raw block, one on a
/// block of a type without the field, a forced tool that the model takes none of.
#[tokio::test]
async fn raw_pieces_of_typed_requests_are_looked_into() {
    let server = server();
    let client = client(&server);
    let raw =
        |json: &str| Request::new().model("claude-opus-5-5").message(Role::User, [Part::raw(json)]);
    let nested = r#"{"type":"tool_result","tool_use_id":"t","content":[
        {"type":"text","text":"a","cache_control":{"type":"ephemeral"}},
        {"type":"text","text":"b"}]}"#;
    let unknown = r#"{"type":"hologram","cache_control":{"type":"ephemeral"}}"#;
    let forced = Request::new().model("claude-opus-5-5").user("hello");
    let schema = r#"{"type":"object"}"#;
    let forced = forced.tool(Tool::function("t", schema)).tool_choice(ToolChoice::Any);
    for request in [raw(nested), raw(unknown), forced] {
        let error = client.send(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    }
    assert_eq!(server.requests().len(), 0);
}
