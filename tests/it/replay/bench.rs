//! The recording, the emulator that serves it, and the house that asks; with every check of an
//! answer against the recording.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use llm_cache::{
    Cache, Error, ErrorKind,
    cache::{Event, MissReason, Outcome, Tier, Verdict},
    client::{Client, Request},
    llm_cache_core::{Usage, key::Dialect},
    store::FileStore,
};
use llm_cache_tests::{Emulator, Options, Replay, replay::Pair, shared_dir};
use serde_json::Value;

use super::{
    recorded::{self, Content},
    table::Pass,
};

/// All pairs of both dialects; none without `../shared`.
pub(super) fn recording() -> Option<Replay> {
    let folder = shared_dir()?.join("traffic");
    let mut recording = Replay::load(&folder.join("anthropic_messages.jsonl.gz")).unwrap();
    recording.add_file(&folder.join("openai_chat.jsonl.gz")).unwrap();
    Some(recording)
}

/// The recording twice: the emulator serves one, the other says what it must come to.
pub(super) struct Bench {
    pub(super) emulator: Emulator,
    pub(super) recording: Replay,
    /// How often the request of a pair (the first of equal ones) went upstream.
    served: HashMap<usize, usize>,
}

impl Bench {
    pub(super) fn start() -> Option<Self> {
        let emulator = Emulator::start(Options::new().replay(recording()?)).unwrap();
        Some(Self { emulator, recording: recording()?, served: HashMap::new() })
    }

    pub(super) fn pair(&self, index: usize) -> &Pair {
        &self.recording.pairs()[index]
    }

    /// Sends the recorded request as it was recorded.
    pub(super) async fn ask(
        &self,
        house: &House,
        client: &Client,
        index: usize,
        follow: bool,
    ) -> Asked {
        let pair = self.pair(index);
        let request = Request::raw(pair.request_body());
        house.asked(&self.emulator, client, request, follow && pair.is_stream()).await
    }

    /// Checks the answer to pair `index` in its pass.
    pub(super) fn check(&mut self, index: usize, asked: &Asked, pass: Pass) {
        let expected = recorded::verdict(self.pair(index));
        match pass {
            Pass::Again if expected == "store" => self.check_hit(index, asked, Tier::Memory),
            Pass::Reopened if expected == "store" => self.check_hit(index, asked, Tier::Disk),
            _ => {
                let served = self.check_sent(index, asked);
                assert!(pass != Pass::First || served == index, "the pairs come in file order");
            }
        }
        assert_eq!(asked.verdict(), expected, "{}", self.pair(index).id);
    }

    /// Checks that the answer of pair `index` came without a call upstream.
    pub(super) fn check_hit(&self, index: usize, asked: &Asked, tier: Tier) {
        let pair = self.pair(index);
        let answer = asked.answer.as_ref().unwrap();
        assert_eq!((asked.outcome.tier(), asked.calls), (Some(tier), 0), "{}", pair.id);
        assert_eq!(answer.content, Content::recorded(pair), "{}", pair.id);
        assert_eq!(answer.body, pair.response_body().as_bytes(), "{}", pair.id);
        assert_eq!(answer.usage, recorded::usage(pair), "{}", pair.id);
        assert_eq!(answer.billed, Some(Usage::default()), "{}", pair.id);
        assert_eq!((asked.verdict().as_str(), answer.has_id), ("store", false), "{}", pair.id);
    }

    /// Checks that the request of pair `index` went upstream once, byte for byte, and that what the
    /// caller has is what was recorded. Returns the pair that answered.
    pub(super) fn check_sent(&mut self, index: usize, asked: &Asked) -> usize {
        let equal = self.recording.equal_requests(index);
        let count = self.served.entry(equal[0]).or_insert(0);
        let served = equal[*count % equal.len()];
        *count += 1;

        let (sent, pair) = (self.pair(index), self.pair(served));
        let seen = self.emulator.last_request().unwrap();
        assert_eq!(seen.body, sent.request_body().as_bytes(), "{}", sent.id);
        assert_eq!(format!("{}?{}", seen.path, seen.query).trim_end_matches('?'), sent.path);
        assert_eq!(asked.calls, 1, "{}: one call, no retry", sent.id);

        let expected = recorded::verdict(pair);
        let outcome = asked.outcome.to_string();
        if expected.starts_with("bypass") {
            assert_eq!(outcome, expected, "{}", sent.id);
        } else {
            assert_eq!(asked.outcome, Outcome::Miss { why: MissReason::Absent }, "{}", sent.id);
        }
        match &asked.answer {
            Ok(answer) => {
                assert_eq!(pair.status, 200, "{}", pair.id);
                assert_eq!(answer.content, Content::recorded(pair), "{}", pair.id);
                assert_eq!(answer.usage, recorded::usage(pair), "{}", pair.id);
                assert_eq!(answer.billed, answer.usage, "{}", pair.id);
                assert!(answer.has_id, "{}", pair.id);
            }
            Err(error) => check_error(pair, error),
        }
        served
    }
}

/// Checks a recorded error as the caller gets it.
fn check_error(pair: &Pair, error: &Error) {
    let kind = match pair.status {
        400 => ErrorKind::InvalidRequest,
        404 => ErrorKind::NotFound,
        other => panic!("{}: no error of status {other} is recorded", pair.id),
    };
    let recorded = &pair.response["error"];
    assert_eq!((error.kind(), error.status()), (kind, Some(pair.status)), "{}", pair.id);
    assert_eq!(error.provider_message(), recorded["message"].as_str(), "{}", pair.id);
    let class = recorded["code"].as_str().or(recorded["type"].as_str());
    assert_eq!(error.provider_type(), class, "{}", pair.id);
    let body: Value = serde_json::from_slice(error.provider_body()).unwrap();
    assert_eq!((body, error.attempts()), (pair.response.clone(), 1), "{}", pair.id);
    assert!(error.request_id().is_some(), "{}", pair.id);
}

/// A cache over a file store, and a client for each provider, as their own applications call them.
pub(super) struct House {
    pub(super) cache: Cache,
    anthropic: Client,
    openai: Client,
    lookups: Arc<Mutex<Vec<Outcome>>>,
}

impl House {
    /// Opens the store in `folder` and connects to the emulator.
    pub(super) fn open(emulator: &Emulator, folder: &Path) -> Self {
        let lookups = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&lookups);
        let observer = move |event: &Event<'_>| {
            if let Event::Lookup { outcome, .. } = event {
                told.lock().unwrap().push(*outcome);
            }
        };
        let store = FileStore::open(folder.join("store")).unwrap();
        let cache = Cache::builder().store(store).observer(observer).build();
        let anthropic = Client::anthropic().base_url(emulator.base_url()).query("beta", "true");
        let openai = Client::openai().base_url(emulator.openai_base_url());
        let build = |builder: llm_cache::client::ClientBuilder| {
            builder.api_key("sk-replay").cache(cache.clone()).build().unwrap()
        };
        Self { anthropic: build(anthropic), openai: build(openai), cache, lookups }
    }

    pub(super) fn client(&self, pair: &Pair) -> &Client {
        match recorded::dialect(pair) {
            Dialect::AnthropicMessages => &self.anthropic,
            _ => &self.openai,
        }
    }

    /// Asks once, event by event where `follow` says so, and notes what that came to.
    pub(super) async fn asked(
        &self,
        emulator: &Emulator,
        client: &Client,
        request: Request,
        follow: bool,
    ) -> Asked {
        let before = emulator.upstream_calls();
        let answer =
            if follow { followed(client, request).await } else { sent(client, request).await };
        let calls = emulator.upstream_calls() - before;
        let outcomes: Vec<_> = self.lookups.lock().unwrap().drain(..).collect();
        let [outcome] = outcomes[..] else { panic!("one lookup a call, not {outcomes:?}") };
        if let Ok(answer) = &answer {
            assert_eq!(answer.outcome, outcome);
        }
        Asked { outcome, calls, answer }
    }
}

/// What one call came to.
pub(super) struct Asked {
    /// What the cache told its observer, whatever became of the call.
    pub(super) outcome: Outcome,
    /// Calls upstream, counted at the emulator's socket.
    pub(super) calls: u64,
    pub(super) answer: Result<Answer, Error>,
}

/// An answer as the caller has it.
pub(super) struct Answer {
    content: Content,
    /// The bytes; empty for a stream that was followed.
    body: Bytes,
    usage: Option<Usage>,
    /// What this call cost.
    billed: Option<Usage>,
    outcome: Outcome,
    /// None for a stream that was followed.
    verdict: Option<Verdict>,
    has_id: bool,
}

impl Asked {
    /// What became of the call, in the words of outcome and verdict.
    pub(super) fn verdict(&self) -> String {
        match (self.outcome, self.answer.as_ref().map(|answer| answer.verdict)) {
            (Outcome::Bypass { .. }, _) => self.outcome.to_string(),
            (_, Err(error)) if error.status().is_some() => "skip status".into(),
            (_, Ok(Some(Verdict::Store))) => "store".into(),
            (_, Ok(Some(Verdict::Skip { why }))) => format!("skip {why}"),
            (outcome, _) => panic!("{outcome} and neither a verdict nor a status"),
        }
    }
}

async fn sent(client: &Client, request: Request) -> Result<Answer, Error> {
    let reply = client.send(request).await?;
    let content = match serde_json::from_slice(reply.body()) {
        Ok(value) => Content::Json(value),
        Err(_) => Content::Events(recorded::events(str::from_utf8(reply.body()).unwrap())),
    };
    Ok(Answer {
        content,
        body: reply.body().clone(),
        usage: reply.usage(),
        billed: reply.usage().map(|_| reply.billed_usage()),
        outcome: reply.outcome(),
        verdict: Some(reply.verdict()),
        has_id: reply.request_id().is_some(),
    })
}

async fn followed(client: &Client, request: Request) -> Result<Answer, Error> {
    let mut stream = client.stream(request).await?;
    let mut events = Vec::new();
    while let Some(event) = stream.next().await? {
        events.push((event.name, recorded::event_data(&event.data)));
    }
    Ok(Answer {
        content: Content::Events(events),
        body: Bytes::new(),
        usage: stream.usage(),
        billed: stream.usage(),
        outcome: stream.outcome(),
        verdict: None,
        has_id: stream.request_id().is_some(),
    })
}
