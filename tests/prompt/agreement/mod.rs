//! What the library's rules and the emulator's say of the same requests: neither knows the other.

mod blocks;
mod requests;
mod shrink;
mod sites;
mod spelling;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use llm_cache_core::json::JsonValue;
use llm_cache_core::prompt::{PartKind, PromptView, Violation, check_body};
use llm_cache_tests::emulator::Ledger;
use llm_cache_tests::raw_http::post;
use llm_cache_tests::{Emulator, Options, Replay, shared_dir};
use serde_json::{Value, json};

use super::random::Random;
use requests::Requests;
use shrink::shrink;

const SEED: u64 = 6;
const REQUESTS: usize = 20_000;
const REQUESTS_OVER_THE_SOCKET: usize = 400;

/// A generated request and the emulator's judgement.
pub(super) struct Judged {
    pub(super) body: Value,
    /// The request as JSON text, spelled in one of many ways.
    pub(super) text: String,
    /// The emulator's rule that it breaks.
    pub(super) broken: Option<&'static str>,
}

/// All generated requests; made once for all tests.
pub(super) static JUDGED: LazyLock<Vec<Judged>> = LazyLock::new(|| {
    let mut random = Random::new(SEED);
    let judged = |body: Value| {
        let text = spelling::spelled(&mut random, &body);
        Judged { broken: Ledger::broken_rule(&body), text, body }
    };
    Requests::new(SEED).take(REQUESTS).map(judged).collect()
});

/// The library's judgement of a body.
fn check(text: &str) -> Result<(), Violation> {
    check_body(JsonValue::parse(text.as_bytes()).expect("generated JSON"))
}

/// Asserts that both accept or both refuse; otherwise shows a small request on which they differ.
#[track_caller]
fn agree(body: &Value, text: &str) -> Result<(), Violation> {
    let judge = |body: &Value| (check(&body.to_string()).is_ok(), Ledger::refusal(body).is_none());
    let ours = check(text);
    let (is_ours_ok, is_theirs_ok) = (ours.is_ok(), Ledger::broken_rule(body).is_none());
    if is_ours_ok != is_theirs_ok {
        let small = shrink(body.clone(), |body| judge(body) == (is_ours_ok, is_theirs_ok));
        let (ours, theirs) = (check(&small.to_string()), Ledger::refusal(&small));
        panic!("ours: {ours:?}\nemulator: {theirs:?}\n{small}\nfrom {text}");
    }
    ours
}

/// Proves that the library refuses a request exactly where the emulator does, on good, almost good
/// and wild requests; prints how many of each rule, and how often both name the same place.
#[test]
fn generated_requests_are_judged_alike() {
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for Judged { body, text, broken } in JUDGED.iter() {
        let same_place = match agree(body, text) {
            Ok(()) => false,
            Err(violation) => names(&Ledger::refusal(body).unwrap(), &violation),
        };
        let count = counts.entry(broken.unwrap_or("(accepted)")).or_default();
        count[0] += 1;
        count[1] += usize::from(same_place);
    }
    println!("{:<22} {:>8} {:>10}", "first broken rule", "requests", "same place");
    for (rule, [requests, same_place]) in &counts {
        println!("{rule:<22} {requests:>8} {same_place:>10}");
    }
    println!("{:<22} {:>8}", "sum, all agreed on", JUDGED.len());
    assert_eq!(counts.len(), 11, "each rule, and none");
    let rare: Vec<_> = counts.iter().filter(|(_, [requests, _])| *requests < 100).collect();
    assert!(rare.is_empty(), "{rare:?}");
}

/// Whether the emulator's text begins with the path of our violation.
fn names(message: &str, violation: &Violation) -> bool {
    let rest = message.strip_prefix(&violation.place.to_string());
    rest.is_some_and(|rest| rest.starts_with(['.', ':']))
}

/// Proves that the emulator answers over the socket as it judges in process.
#[test]
fn the_socket_refuses_the_same() {
    let emulator = Emulator::start(Options::new().now_ms(0)).unwrap();
    let headers = [("x-api-key", "sk-one"), ("anthropic-version", "2023-06-01")];
    let mut refused = 0;
    for Judged { body, broken, .. } in JUDGED.iter().take(REQUESTS_OVER_THE_SOCKET) {
        let answer = post(&emulator.base_url(), "/v1/messages", &headers, body).unwrap();
        let message = answer.json()["error"]["message"].as_str().map(str::to_string);
        assert_eq!(answer.status, if broken.is_some() { 400 } else { 200 }, "{body}");
        assert_eq!(message, Ledger::refusal(body));
        refused += usize::from(broken.is_some());
    }
    println!("{REQUESTS_OVER_THE_SOCKET} requests over the socket, {refused} refused");
    assert!(refused * 4 > REQUESTS_OVER_THE_SOCKET && refused < REQUESTS_OVER_THE_SOCKET);
}

/// Proves on the errors that users of the API quote: the emulator gives the same text, the library
/// names the same place before anything is sent.
#[test]
fn quoted_errors_are_foreseen() {
    let mark = || json!({"type": "ephemeral"});
    let text = |text: &str, control: Value| json!({"type": "text", "text": text, "cache_control": control});
    let of = |blocks: Value| {
        json!({"model": "claude-sonnet-4-5", "max_tokens": 9,
            "messages": [{"role": "user", "content": blocks}]})
    };
    let mut on_message = of(json!("x"));
    on_message["messages"][0]["cache_control"] = mark();
    let thinking = json!({"type": "thinking", "thinking": "t", "signature": "s",
        "cache_control": mark()});
    let mut late = of(json!([text("x", json!({"type": "ephemeral", "ttl": "1h"}))]));
    late["system"] = json!([text("x", mark())]);
    for (body, place, message) in [
        (on_message, "messages.0", "messages.0.cache_control: Extra inputs are not permitted"),
        (
            of(json!([thinking])),
            "messages.0.content.0",
            "messages.0.content.0.thinking.cache_control: Extra inputs are not permitted",
        ),
        (
            of(json!([text("", mark())])),
            "messages.0.content.0",
            "messages.0.content.0.text: cache_control cannot be set for empty text blocks",
        ),
        (
            of(Value::from(vec![text("x", mark()); 5])),
            "messages.0.content.4",
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
        (
            late,
            "messages.0.content.0",
            "messages.0.content.0.cache_control.ttl: a ttl='1h' cache_control block must not come \
             after a ttl='5m' cache_control block. Note that blocks are processed in the following \
             order: `tools`, `system`, `messages`.",
        ),
    ] {
        assert_eq!(Ledger::refusal(&body).as_deref(), Some(message));
        assert_eq!(check(&body.to_string()).unwrap_err().place.to_string(), place);
    }
}

/// Proves against the provider: what it accepted both accept; what it refused for another reason
/// than a rule of prompt caching neither refuses.
#[test]
fn recorded_requests_are_judged_alike() {
    let Some(folder) = shared_dir() else { return };
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for name in ["anthropic_messages", "anthropic_count_tokens"] {
        let file = folder.join(format!("traffic/{name}.jsonl.gz"));
        for pair in Replay::load(&file).unwrap().pairs().to_vec() {
            let mut request = pair.request;
            // Counting tokens takes the same body without it.
            request.as_object_mut().unwrap().entry("max_tokens").or_insert(1.into());
            let judged = agree(&request, &request.to_string());
            let message = pair.response.pointer("/error/message").and_then(Value::as_str);
            let is_about_marks = message.is_some_and(|message| message.contains("cache_control"));
            assert_eq!(judged.is_err(), is_about_marks, "{}: {judged:?}", pair.id);
            *statuses.entry(pair.status).or_default() += 1;
        }
    }
    println!("recorded requests by their recorded status: {statuses:?}");
    assert!(statuses.contains_key(&400), "a recorded 400 goes through both");
}

/// Proves that the library's view of a body has the parts that the emulator counts, in its order,
/// with the same marks, and takes the same ones for markable.
#[test]
fn both_see_the_same_positions() {
    let mut positions = 0;
    for Judged { body, text, .. } in JUDGED.iter().filter(|judged| judged.broken.is_none()) {
        let view = PromptView::parse(text.as_bytes()).unwrap();
        let mut parts = view.parts().filter(|part| part.kind != PartKind::Thinking);
        let mut unmarked = body.clone();
        // Automatic marks are the view's own question.
        unmarked.as_object_mut().unwrap().shift_remove("cache_control");
        for position in Ledger::positions(&unmarked) {
            if is_thinking(body, &position.path) {
                continue;
            }
            let part = parts.next().unwrap();
            let path = part.place.to_string();
            let path = if part.is_plain_text { path.trim_end_matches(".0") } else { &path };
            assert_eq!(path, position.path);
            assert_eq!(part.is_markable, position.is_markable, "{path} of {body}");
            let ttl = part.cache_control.map(|mark| mark.ttl_in_effect().as_str());
            let is_api_mark = part.kind == PartKind::ServerToolResult && ttl.is_none();
            assert!(ttl == position.mark || is_api_mark, "{path} of {body}");
            positions += 1;
        }
        assert!(parts.next().is_none(), "{body}");
        let target = view.automatic_target().map(|part| part.place.to_string());
        let last = Ledger::positions(&unmarked).into_iter().rfind(|one| one.is_markable);
        assert_eq!(target.is_some(), last.is_some());
        let is_same =
            target.unwrap_or_default().starts_with(&last.map_or_else(String::new, |one| one.path));
        assert!(is_same, "{body}");
    }
    println!("{positions} positions, the same for both");
}

fn is_thinking(body: &Value, path: &str) -> bool {
    let kind = body.pointer(&format!("/{}/type", path.replace('.', "/"))).and_then(Value::as_str);
    kind.is_some_and(|kind| kind.ends_with("thinking"))
}
