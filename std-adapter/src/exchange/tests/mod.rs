//! Exchanges whose fetch is a closure: no client and no network is needed to use one.

mod differential;

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use llm_cache_core::Millis;
use llm_cache_core::key::{Dialect, Endpoint, KeyHasher, Scope, Tenant};
use llm_cache_core::reply::{self, ResponsesStore};

use super::{Answer, Answered, Exchange, ExchangeError, NotCached, Options};
use crate::cache::{
    BypassReason, Cache, MissReason, Mode, Outcome, Share, SkipReason, Tier, Verdict,
};
use crate::clock::ManualClock;

const BODY: &[u8] = br#"{"model":"m","messages":[{"role":"user","content":"2 + 2?"}]}"#;
const WHOLE: &str = r#"{"choices":[{"finish_reason":"stop","message":{"content":"4"}}],
"usage":{"prompt_tokens":9,"completion_tokens":3}}"#;

fn hasher(dialect: Dialect) -> KeyHasher {
    Scope::new(dialect, Endpoint::Id("test"), Tenant::Shared).hasher().unwrap()
}

/// A caller of its own kind: its error is a word, its value the length of the body.
struct Caller {
    cache: Option<Cache>,
    hasher: KeyHasher,
    options: Options,
    answer: (u16, &'static str),
    accepts: bool,
    fetches: AtomicU32,
    asked: AtomicU32,
}

impl Caller {
    fn new(cache: Option<Cache>) -> Self {
        Self {
            cache,
            hasher: hasher(Dialect::OpenAiChat),
            options: Options::new(),
            answer: (200, WHOLE),
            accepts: true,
            fetches: AtomicU32::new(0),
            asked: AtomicU32::new(0),
        }
    }

    fn cached() -> Self {
        Self::new(Some(Cache::builder().build()))
    }

    fn exchange(&self) -> Exchange<'_> {
        Exchange::new(self.cache.as_ref(), &self.hasher).options(self.options)
    }

    async fn call(&self, body: &[u8]) -> Result<Answered<usize>, ExchangeError<&'static str>> {
        let accept = |body: &[u8]| {
            self.asked.fetch_add(1, Relaxed);
            self.accepts.then_some(body.len())
        };
        let fetch = || async {
            self.fetches.fetch_add(1, Relaxed);
            let (status, body) = self.answer;
            if status < 300 { Ok(Answer::new(status, body)) } else { Err(body) }
        };
        self.exchange().judge(body).answer(Share::cloned(), accept, fetch).await
    }

    /// How often the fetch ran, and how often the hook was asked, since this was asked before.
    fn counts(&self) -> (u32, u32) {
        (self.fetches.swap(0, Relaxed), self.asked.swap(0, Relaxed))
    }
}

const fn skip(why: SkipReason) -> Verdict {
    Verdict::Skip { why }
}

/// One fetch serves both calls; the hook decodes once in each, and what it made comes out.
#[tokio::test]
async fn a_hit_decodes_once_and_fetches_nothing() {
    let caller = Caller::cached();
    let first = caller.call(BODY).await.unwrap();
    assert_eq!(first.outcome, Outcome::Miss { why: MissReason::Absent });
    assert_eq!((first.value, first.verdict), (Some(WHOLE.len()), Verdict::Store));
    assert_eq!(caller.counts(), (1, 1));
    let second = caller.call(BODY).await.unwrap();
    assert_eq!(second.outcome.tier(), Some(Tier::Memory));
    assert_eq!((second.value, second.storable), (Some(WHOLE.len()), Verdict::Store));
    assert_eq!(&second.entry, &first.entry);
    assert_eq!(first.entry.usage.unwrap().output_tokens, 3);
    assert_eq!(caller.counts(), (0, 1));
}

/// What may not be stored is handed on as it is, with its reason, and fetched again. The hook is
/// asked only of what nothing else speaks against.
#[tokio::test]
async fn only_whole_answers_are_stored() {
    let cut = r#"{"choices":[{"finish_reason":"length","message":{"content":"4"}}]}"#;
    for (answer, accepts, why, asked) in [
        ((200, cut), true, SkipReason::Answer(reply::SkipReason::Truncated), 0),
        ((201, WHOLE), true, SkipReason::Answer(reply::SkipReason::Status), 0),
        ((200, "<html>"), true, SkipReason::Answer(reply::SkipReason::Malformed), 0),
        ((204, ""), true, SkipReason::Answer(reply::SkipReason::Status), 0),
        ((200, WHOLE), false, SkipReason::NotDecoded, 1),
    ] {
        let caller = Caller { answer, accepts, ..Caller::cached() };
        for _ in 0..2 {
            let answered = caller.call(BODY).await.unwrap();
            assert_eq!((answered.verdict, answered.storable), (skip(why), skip(why)));
            assert_eq!((answered.value, &answered.entry.payload[..]), (None, answer.1.as_bytes()));
            assert_eq!(caller.counts(), (1, asked), "{why}");
        }
    }
}

/// A caller who takes only answers of the dialect gets an error for another, and the same verdict
/// and usage as everybody for those.
#[test]
fn reading_refuses_what_is_no_answer() {
    assert!(Answer::read(Dialect::OpenAiChat, 200, "<html>").is_err());
    assert!(Answer::read(Dialect::OpenAiChat, 200, "[]").is_err());
    for (status, body) in [(200, WHOLE), (201, WHOLE), (200, "{}")] {
        let read = Answer::read(Dialect::OpenAiChat, status, body).unwrap();
        let [read, taken] = [read, Answer::new(status, body)]
            .map(|answer| answer.into_fetched(Dialect::OpenAiChat, None, |_| true));
        assert_eq!((read.verdict, read.entry.usage), (taken.verdict, taken.entry.usage));
        assert_eq!((read.entry.payload, read.entry.cost), (taken.entry.payload, taken.entry.cost));
    }
}

/// A stored answer that the hook refuses is fetched anew and replaced.
#[tokio::test]
async fn a_refused_entry_is_fetched_anew() {
    let mut caller = Caller::cached();
    caller.call(BODY).await.unwrap();
    caller.accepts = false;
    let answered = caller.call(BODY).await.unwrap();
    assert_eq!(answered.outcome, Outcome::Miss { why: MissReason::Undecodable });
    assert_eq!(answered.verdict, skip(SkipReason::NotDecoded));
}

/// A request that may not be cached is sent past the cache with its reason, every time.
#[tokio::test]
async fn requests_pass_with_a_reason() {
    for (body, why, storable) in [
        (
            r#"{"model":"m","stream":true}"#,
            BypassReason::Request(reply::BypassReason::Streaming),
            SkipReason::Streamed,
        ),
        (
            r#"{"model":"m","conversation":"c"}"#,
            BypassReason::Request(reply::BypassReason::Stateful),
            SkipReason::Bypassed,
        ),
        (
            r#"{"model":"m","web_search_options":{}}"#,
            BypassReason::Request(reply::BypassReason::LiveTools),
            SkipReason::Bypassed,
        ),
        (r#"{"model":"m","model":"n"}"#, BypassReason::Unkeyable, SkipReason::Bypassed),
        ("{", BypassReason::Request(reply::BypassReason::NotJson), SkipReason::Bypassed),
        ("[]", BypassReason::Request(reply::BypassReason::NotJson), SkipReason::Bypassed),
    ] {
        let caller = Caller::cached();
        assert_eq!(caller.exchange().judge(body.as_bytes()).bypass_reason(), Some(why), "{body}");
        for _ in 0..2 {
            let answered = caller.call(body.as_bytes()).await.unwrap();
            assert_eq!(answered.outcome, Outcome::Bypass { why });
            assert_eq!(answered.verdict, skip(SkipReason::Bypassed));
            assert_eq!((answered.storable, answered.value), (skip(storable), Some(WHOLE.len())));
            assert_eq!(caller.counts(), (1, 1));
        }
        let stats = caller.cache.as_ref().unwrap().stats();
        assert_eq!((stats.bypasses, stats.hits()), (2, 0), "{body}");
    }
}

/// The text of a whole stream is handed on; the hook is not asked of it.
#[tokio::test]
async fn the_text_of_a_stream_is_handed_on() {
    let hasher = hasher(Dialect::OpenAiChat);
    let body = br#"{"model":"m","stream":true}"#;
    let accept = |_: &[u8]| -> Option<()> { panic!("a stream is no answer to be decoded") };
    let fetch = || async { Ok::<_, ()>(Answer::streamed(200, "data: [DONE]\n\n", None)) };
    let judged = Exchange::new(None, &hasher).judge(body);
    let answered = judged.answer(Share::cloned(), accept, fetch).await.unwrap();
    assert_eq!(answered.storable, skip(SkipReason::Streamed));
    assert_eq!(&answered.entry.payload[..], b"data: [DONE]\n\n");
}

/// Without a cache every call is fetched; what the answer itself says is told all the same.
#[tokio::test]
async fn there_need_be_no_cache() {
    let caller = Caller::new(None);
    for _ in 0..2 {
        let answered = caller.call(BODY).await.unwrap();
        assert_eq!(answered.outcome, Outcome::Bypass { why: BypassReason::NoCache });
        assert_eq!(answered.verdict, skip(SkipReason::Bypassed));
        assert_eq!((answered.storable, answered.value), (Verdict::Store, Some(WHOLE.len())));
    }
    assert_eq!(caller.counts(), (2, 2));
}

/// The mode that promises not to go upstream keeps the promise: for a miss, for what goes past the
/// cache, for a stream, and where there is no cache.
#[tokio::test]
async fn cached_only_fetches_nothing() {
    let options = Options::new().mode(Mode::CachedOnly);
    let caller = Caller { options, ..Caller::cached() };
    let why = caller.call(BODY).await.unwrap_err();
    assert_eq!(why, ExchangeError::NotCached(NotCached::Miss(MissReason::Absent)));
    let why = caller.call(b"{").await.unwrap_err();
    assert_eq!(
        why,
        ExchangeError::NotCached(NotCached::Bypass(BypassReason::Request(
            reply::BypassReason::NotJson
        )))
    );
    let judged = caller.exchange().judge(BODY);
    let refused = judged.pass(BypassReason::Request(reply::BypassReason::Streaming));
    assert_eq!(
        refused,
        Err(NotCached::Bypass(BypassReason::Request(reply::BypassReason::Streaming)))
    );
    assert_eq!(caller.counts(), (0, 0));

    let alone = Caller { options, ..Caller::new(None) };
    let why = alone.call(BODY).await.unwrap_err();
    assert_eq!(why, ExchangeError::NotCached(NotCached::Bypass(BypassReason::NoCache)));
    assert_eq!(alone.counts(), (0, 0));
}

/// Off and read-only store nothing and hand on the decoded value; the answer itself was fit.
#[tokio::test]
async fn modes_that_store_nothing() {
    for (mode, why) in [(Mode::Off, SkipReason::Bypassed), (Mode::ReadOnly, SkipReason::ReadOnly)] {
        let caller = Caller { options: Options::new().mode(mode), ..Caller::cached() };
        for _ in 0..2 {
            let answered = caller.call(BODY).await.unwrap();
            assert_eq!((answered.verdict, answered.storable), (skip(why), Verdict::Store));
            assert_eq!(answered.value, Some(WHOLE.len()));
            assert_eq!(caller.counts(), (1, 1), "{mode:?}");
        }
    }
}

/// An error of the fetch comes back as it is; nothing is stored.
#[tokio::test]
async fn errors_are_the_callers_own() {
    for cache in [None, Some(Cache::builder().build())] {
        let caller = Caller { answer: (500, "the provider failed"), ..Caller::new(cache) };
        for _ in 0..2 {
            let error = caller.call(BODY).await.unwrap_err();
            assert_eq!(error, ExchangeError::Fetch("the provider failed"));
            assert_eq!(error.to_string(), "the provider failed");
            assert_eq!(caller.counts(), (1, 0));
        }
    }
}

/// Identical calls under way share one fetch, and each has a decoded value of its own.
#[tokio::test]
async fn identical_calls_share_one_fetch() {
    let caller = Caller::cached();
    let release = tokio::sync::Notify::new();
    let call = || async {
        let fetch = || async {
            caller.fetches.fetch_add(1, Relaxed);
            release.notified().await;
            Ok::<_, &str>(Answer::new(200, WHOLE))
        };
        let accept = |body: &[u8]| Some(body.len());
        caller.exchange().judge(BODY).answer(Share::cloned(), accept, fetch).await.unwrap()
    };
    let release_all = async { release.notify_one() };
    let (first, second, third, ()) = tokio::join!(call(), call(), call(), release_all);
    assert!(first.outcome.is_miss());
    for follower in [second, third] {
        assert_eq!(follower.outcome.tier(), Some(Tier::Flight));
        assert_eq!((follower.value, follower.storable), (Some(WHOLE.len()), Verdict::Store));
    }
    assert_eq!(caller.counts().0, 1);
}

/// Answers that OpenAI stores are kept for a week at most, those of live tools as long as the
/// caller says; an age counts against both.
#[tokio::test]
async fn limits_reach_entries_and_callers() {
    const DAY: Duration = Duration::from_secs(86_400);
    let clock = ManualClock::new(Millis(1));
    let cache = Cache::builder().clock(clock.clone()).build();
    let answer = r#"{"status":"completed","output":[{"type":"message","status":"completed",
        "content":[{"type":"output_text","text":"4"}]}]}"#;
    let mut caller = Caller {
        hasher: hasher(Dialect::OpenAiResponses),
        answer: (200, answer),
        ..Caller::new(Some(cache))
    };
    let body = br#"{"model":"m","input":"2 + 2?"}"#;
    assert_eq!(caller.call(body).await.unwrap().verdict, Verdict::Store);
    clock.advance(6 * DAY);
    let hit = caller.call(body).await.unwrap();
    assert!(hit.outcome.is_hit());
    assert_eq!(caller.exchange().judge(body).keep_for(hit.outcome), Some(DAY));
    clock.advance(DAY);
    assert!(!caller.call(body).await.unwrap().outcome.is_hit());

    caller.options = Options::new().store_live_tools(DAY);
    let miss = Outcome::Miss { why: MissReason::Absent };
    assert_eq!(caller.exchange().judge(body).keep_for(miss), Some(DAY));
    caller.options = Options::new().responses_store(ResponsesStore::Strict);
    let why = caller.exchange().judge(body).bypass_reason();
    assert_eq!(why, Some(BypassReason::Request(reply::BypassReason::Stateful)));
}

/// A server may run exchanges on any thread of its executor.
#[test]
fn calls_are_send() {
    const fn check(_: &impl Send) {}
    let caller = Caller::cached();
    check(&caller.call(BODY));
}
