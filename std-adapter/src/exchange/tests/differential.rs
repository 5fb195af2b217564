//! The same traffic through a client and directly through exchanges comes to the same.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use llm_cache_core::Millis;
use llm_cache_core::key::{Dialect, Endpoint, Scope, Tenant};

use crate::cache::{Cache, Event, Mode, Share};
use crate::client::{Client, Request, Tenant as ClientTenant};
use crate::clock::ManualClock;
use crate::exchange::{Answer, Exchange, ExchangeError, Options};
use crate::provider::loopback::{Loopback, answer};

const STEPS: usize = 400;

/// Requests of both dialects: plain ones, one of them in two spellings, and one of each kind that
/// goes past the cache.
const BODIES: [&str; 10] = [
    r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"one"}]}"#,
    r#"{"messages":[{"content":"o\u006ee","role":"user"}], "max_tokens":9, "model":"m"}"#,
    r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"two"}]}"#,
    r#"{"model":"m","max_tokens":9,"messages":[],"metadata":{"user_id":"u"},"user":"u"}"#,
    r#"{"model":"m","max_tokens":9,"messages":[],"thread":"t"}"#,
    r#"{"model":"m","max_tokens":9,"messages":[],"tools":[{"type":"web_search_1"}]}"#,
    r#"{"model":"m","max_tokens":9,"messages":[],"model":"n"}"#,
    r#"{"model":"m","max_tokens":9,"messages":[],"stream":true}"#,
    "not JSON",
    "[1]",
];

/// Status and body; what comes after `{` differs by dialect, so both kinds are here.
const ANSWERS: [(u16, &str); 8] = [
    (
        200,
        r#"{"type":"message","content":[{"type":"text","text":"4"}],"stop_reason":"end_turn",
        "usage":{"input_tokens":9,"output_tokens":3}}"#,
    ),
    (
        200,
        r#"{"choices":[{"finish_reason":"stop","message":{"content":"4"}}],
        "usage":{"prompt_tokens":9,"completion_tokens":3}}"#,
    ),
    (
        200,
        r#"{"type":"message","content":[{"type":"text","text":"4"}],"stop_reason":"max_tokens"}"#,
    ),
    (201, r#"{"type":"message","content":[{"type":"text","text":"4"}],"stop_reason":"end_turn"}"#),
    (200, r#"{"choices":[{"finish_reason":"length","message":{"content":"4"}}]}"#),
    (200, r#"{"type":"error","error":{"message":"m"}}"#),
    (200, "<html>"),
    (400, r#"{"error":{"message":"m"}}"#),
];

/// A number below `below`, from a sequence that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % below
    }
}

/// One call, as both sides make it.
#[derive(Clone, Copy)]
struct Step {
    body: &'static str,
    answer: (u16, &'static str),
    mode: Option<Mode>,
    variant: u32,
    live_ttl: Option<Duration>,
    pause: Duration,
}

fn steps(dice: &mut Dice) -> Vec<Step> {
    const MODES: [Mode; 5] =
        [Mode::ReadWrite, Mode::ReadOnly, Mode::Refresh, Mode::CachedOnly, Mode::Off];
    let step = |_| Step {
        body: BODIES[dice.roll(BODIES.len())],
        answer: ANSWERS[dice.roll(ANSWERS.len())],
        mode: MODES.get(dice.roll(9)).copied(),
        variant: u32::from(dice.roll(5) == 0),
        live_ttl: (dice.roll(2) == 0).then_some(Duration::from_secs(100)),
        pause: Duration::from_secs(dice.roll(30) as u64),
    };
    (0..STEPS).map(step).collect()
}

/// A cache whose events are written down, with whole keys.
fn recorded() -> (Cache, ManualClock, Arc<Mutex<String>>) {
    let (clock, log) = (ManualClock::new(Millis(1)), Arc::new(Mutex::new(String::new())));
    let told = Arc::clone(&log);
    let observer = move |event: &Event<'_>| {
        // Rules of a provider's API are the client's affair.
        if matches!(event, Event::Violation { .. }) {
            return;
        }
        let key = match event {
            Event::Lookup { key, .. } => *key,
            Event::Stored { key, .. } | Event::Skipped { key, .. } => Some(*key),
            _ => None,
        };
        let mut told = told.lock().unwrap();
        writeln!(told, "{:?} {event:?}", key.map(|key| *key.as_bytes())).unwrap();
    };
    let ttl = Duration::from_secs(200);
    let cache = Cache::builder().clock(clock.clone()).default_ttl(ttl).observer(observer).build();
    (cache, clock, log)
}

/// What each step came to, what the cache told of all of them, and what was fetched in which order.
struct Told {
    calls: Vec<String>,
    events: String,
    fetched: VecDeque<(u16, &'static str)>,
}

async fn by_exchange(dialect: Dialect, steps: &[Step]) -> Told {
    let (cache, clock, log) = recorded();
    let mut told = Told { calls: Vec::new(), events: String::new(), fetched: VecDeque::new() };
    for step in steps {
        clock.advance(step.pause);
        let mut scope = Scope::new(dialect, Endpoint::Id("fixture"), Tenant::Named("t"));
        scope.namespace = "n";
        scope.variant = step.variant;
        if dialect == Dialect::AnthropicMessages {
            scope.api_version = "2023-06-01";
        }
        let hasher = scope.hasher().unwrap();
        let mut options = Options::new();
        if let Some(ttl) = step.live_ttl {
            options = options.store_live_tools(ttl);
        }
        if let Some(mode) = step.mode {
            options = options.mode(mode);
        }
        let judged =
            Exchange::new(Some(&cache), &hasher).options(options).judge(step.body.as_bytes());
        let fetch = async || {
            told.fetched.push_back(step.answer);
            let (status, body) = step.answer;
            if status >= 300 {
                return Err("status");
            }
            Answer::read(dialect, status, body).map_err(|_| "malformed")
        };
        let answered = judged.answer(Share::cloned(), |_| Some(()), fetch).await;
        told.calls.push(match answered {
            Ok(it) => format!(
                "{:?} {:?} {:?} {:?}",
                it.outcome, it.verdict, it.entry.usage, it.entry.payload
            ),
            Err(ExchangeError::NotCached(why)) => why.to_string(),
            Err(ExchangeError::Fetch(_)) => "failed".to_owned(),
        });
    }
    told.events = log.lock().unwrap().clone();
    told
}

async fn by_client(dialect: Dialect, steps: &[Step], fetched: &VecDeque<(u16, &str)>) -> Told {
    let answers = fetched.iter().map(|(status, body)| answer(*status, "", body)).collect();
    let server = Loopback::start(answers);
    let (cache, clock, log) = recorded();
    let builder = match dialect {
        Dialect::AnthropicMessages => Client::anthropic().base_url(&server.url),
        _ => Client::openai().base_url(format!("{}/v1", server.url)),
    };
    let client = builder
        .api_key("sk-1")
        .endpoint_id("fixture")
        .tenant(ClientTenant::Named("t".into()))
        .namespace("n")
        .cache(cache)
        .build()
        .unwrap();
    let mut calls = Vec::new();
    for step in steps {
        clock.advance(step.pause);
        let mut request = Request::raw(step.body).variant(step.variant);
        if let Some(ttl) = step.live_ttl {
            request = request.store_live_tools(ttl);
        }
        if let Some(mode) = step.mode {
            request = request.mode(mode);
        }
        calls.push(match client.send(request).await {
            Ok(it) => {
                format!("{:?} {:?} {:?} {:?}", it.outcome(), it.verdict(), it.usage(), it.body())
            }
            Err(error) if error.kind() == crate::ErrorKind::NotCached => {
                error.to_string().split(';').next().unwrap().to_owned()
            }
            Err(_) => "failed".to_owned(),
        });
    }
    assert_eq!(server.count(), fetched.len(), "the client fetches as often as the exchange");
    let events = log.lock().unwrap().clone();
    Told { calls, events, fetched: VecDeque::new() }
}

/// Keys, outcomes, verdicts, usage, bodies, events and the number of fetches are those of a client,
/// for several hundred calls in every mode. The scope is put together here, without the client.
#[tokio::test]
async fn a_client_is_a_caller_like_any_other() {
    for (seed, dialect) in [(1, Dialect::AnthropicMessages), (2, Dialect::OpenAiChat)] {
        let steps = steps(&mut Dice(seed));
        let direct = by_exchange(dialect, &steps).await;
        let client = by_client(dialect, &steps, &direct.fetched).await;
        for (at, (direct, client)) in direct.calls.iter().zip(&client.calls).enumerate() {
            assert_eq!(direct, client, "step {at}: {}", steps[at].body);
        }
        assert!(direct.events == client.events, "the events differ");
        for word in ["Hit", "Absent", "Expired", "Refresh", "LiveTools", "Unkeyable", "Truncated"] {
            assert!(direct.events.contains(word), "{dialect:?}: no step came to {word}");
        }
    }
}
