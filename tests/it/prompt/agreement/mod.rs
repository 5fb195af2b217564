//! What the library's rules and the emulator's say of the same requests: neither knows the other.

mod blocks;
mod random;
mod requests;
mod sites;
mod spelling;

use std::sync::LazyLock;

use llm_cache_core::prompt::{PartKind, PromptView};
use llm_cache_tests::emulator::Ledger;
use llm_cache_tests::raw_http::post;
use llm_cache_tests::{Emulator, Options};
use serde_json::Value;

use random::Random;
use requests::Requests;

const SEED: u64 = 6;
const REQUESTS: usize = 25_000;
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
