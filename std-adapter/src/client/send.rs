//! One call: verdict, key, cache, provider.

use core::time::Duration;

use bytes::Bytes;
use llm_cache_core::json::JsonValue;
use llm_cache_core::key::Dialect;
use llm_cache_core::reply::{
    BypassReason, Reply as Read, RequestVerdict, SkipReason, Verdict, VerdictOptions,
    request_verdict, ttl_max,
};
use llm_cache_core::{Millis, RequestKey, Usage};

use super::handle::Client;
use super::reply::Reply;
use super::request::Request;
use crate::cache::{Age, Cache, FetchError, Fetched, Mode, Outcome, Share};
use crate::error::{Error, ErrorKind, Parts};
use crate::memo::note_client;
use crate::prompt::Reported;
use crate::provider::{Answer, Operation};

/// What becomes of a request before anything is sent.
enum Plan<'a> {
    Cached {
        cache: &'a Cache,
        key: RequestKey,
    },
    /// `request` is what speaks against storing the answer in the request itself.
    Past {
        why: BypassReason,
        request: Option<BypassReason>,
    },
}

impl Client {
    /// Sends `body`, or answers it from the cache. An answer that `accept` refuses is not stored,
    /// and one that was stored is fetched anew.
    pub(super) async fn call(
        &self,
        request: &Request,
        body: Bytes,
        accept: impl Fn(&[u8]) -> bool,
    ) -> Result<Reply, Error> {
        // A hit depends on the client as much as what is fetched.
        note_client(self);
        let (cache, key) = match self.plan(request, &body)? {
            Plan::Cached { cache, key } => (cache, key),
            Plan::Past { why, request: against } => {
                return self.call_past(request, body, why, against, accept).await;
            }
        };
        let dialect = self.dialect();
        let (mut request_id, mut violation, mut plan, mut own) = (None, None, None, None);
        let fetch = async || {
            violation = self.vet(request, &body)?;
            let ttl_max = ttl_max_of(dialect, &body);
            let (body, planned) = self.planned_or(request, body.clone(), false);
            plan = planned;
            let answer = self.upstream().send(Operation::Generate, body).await?;
            let fetched = self.judge(&answer, &accept)?;
            request_id = answer.head.request_id;
            own = Some(fetched.verdict);
            Ok::<_, Error>(Fetched { ttl_max, ..fetched })
        };
        let options = &request.options;
        let cached = cache
            .get_or_fetch_if(key, options, Share::cloned(), &accept, fetch)
            .await
            .map_err(|error| match error {
                FetchError::Fetch(error) => error,
                FetchError::NotCached(why) => {
                    let message = format!("the answer is not in the cache ({why})");
                    Error::new(ErrorKind::NotCached, message)
                }
            })?;
        let reply = Reply {
            dialect,
            body: cached.payload,
            usage: cached.usage,
            outcome: cached.outcome,
            verdict: cached.verdict,
            request_id,
            violation,
            plan,
            mark: None,
        };
        let own = own.unwrap_or(of_answer(cached.verdict));
        Ok(self.settle(reply, own, || limit_of(request, dialect, &body, cached.outcome)))
    }
}

impl Client {
    /// Whether the cache is asked, and under which key.
    fn plan<'a>(&'a self, request: &Request, body: &[u8]) -> Result<Plan<'a>, Error> {
        let key = self.key_of(request, body)?;
        let Some(cache) = self.cache() else {
            return Ok(Plan::Past { why: BypassReason::NoCache, request: key.err() });
        };
        let why = match key {
            Ok(key) => return Ok(Plan::Cached { cache, key }),
            Err(why) => why,
        };
        if cache.effective_mode(&request.options) == Mode::CachedOnly {
            // The mode promises that nothing goes upstream.
            let message = format!("the request cannot be answered from the cache ({why})");
            return Err(Error::new(ErrorKind::NotCached, message));
        }
        Ok(Plan::Past { why, request: Some(why) })
    }

    /// The key of a body, or why it has none. A body without a key is sent all the same.
    pub(super) fn key_of(
        &self,
        request: &Request,
        body: &[u8],
    ) -> Result<Result<RequestKey, BypassReason>, Error> {
        let Ok(value) = JsonValue::parse(body) else {
            return Ok(Err(BypassReason::NotJson));
        };
        let options = self.verdict_options(request);
        if let RequestVerdict::Bypass { why } = request_verdict(self.dialect(), value, options) {
            return Ok(Err(why));
        }
        let hasher = self.hasher(request.variant)?;
        Ok(hasher.key_alloc(body).map_err(|_| BypassReason::Unkeyable))
    }

    /// Sends a request that the cache has no part in.
    async fn call_past(
        &self,
        request: &Request,
        body: Bytes,
        why: BypassReason,
        against: Option<BypassReason>,
        accept: impl Fn(&[u8]) -> bool,
    ) -> Result<Reply, Error> {
        let violation = self.vet(request, &body)?;
        let outcome = match self.cache() {
            Some(cache) => cache.bypass(why),
            None => Outcome::Bypass { why },
        };
        let (sent, plan) = self.planned_or(request, body.clone(), false);
        let answer = self.upstream().send_any(sent).await?;
        let (usage, of_answer) = if answer.head.event_stream {
            let usage = Reported::of(self.dialect(), &answer.body).usage;
            (usage, Verdict::Skip { why: SkipReason::Streamed })
        } else {
            let Fetched { usage, verdict, .. } = self.judge(&answer, accept)?;
            (usage, verdict)
        };
        let own = against.map_or(of_answer, of_bypassed);
        let reply = Reply {
            dialect: self.dialect(),
            body: answer.body,
            usage,
            outcome,
            verdict: Verdict::Skip { why: SkipReason::Bypassed },
            request_id: answer.head.request_id,
            violation,
            plan,
            mark: None,
        };
        Ok(self.settle(reply, own, || limit_of(request, self.dialect(), &body, outcome)))
    }

    /// What is to become of a fetched answer.
    fn judge(&self, answer: &Answer, accept: impl Fn(&[u8]) -> bool) -> Result<Fetched, Error> {
        let read = self.read(answer)?;
        let usage = read.usage();
        let mut verdict = read.verdict(answer.head.status);
        if verdict.is_store() && !accept(&answer.body) {
            verdict = Verdict::Skip { why: SkipReason::NotDecoded };
        }
        let mut fetched = Fetched::new(answer.body.clone());
        fetched.usage = usage;
        fetched.verdict = verdict;
        fetched.cost = usage.map_or(1, |usage| cost_of(&usage));
        Ok(fetched)
    }

    /// Reads a success as the dialect has it.
    fn read<'a>(&self, answer: &'a Answer) -> Result<Read<'a>, Error> {
        Read::parse(self.dialect(), &answer.body).map_err(|error| {
            let message = format!("the answer is not of the dialect `{}`", self.dialect().as_str());
            Parts::new(ErrorKind::Malformed, message)
                .source(error)
                .status(answer.head.status)
                .request_id(answer.head.request_id.as_deref())
                .into()
        })
    }
}

/// What a verdict says of the answer alone: not what this call's mode or its cache's room does.
fn of_answer(verdict: Verdict) -> Verdict {
    match verdict.skip_reason() {
        Some(SkipReason::ReadOnly | SkipReason::NoRoom) => Verdict::Store,
        _ => verdict,
    }
}

/// What a request that goes past every cache says about storing its answer.
pub(super) fn of_bypassed(why: BypassReason) -> Verdict {
    let why = match why {
        BypassReason::Streaming => SkipReason::Streamed,
        _ => SkipReason::Bypassed,
    };
    Verdict::Skip { why }
}

/// What it would cost to fetch an answer again, in base input tokens: the providers' prices stand
/// about 5 : 1 for output, 1 : 10 for cached input.
fn cost_of(usage: &Usage) -> u32 {
    let read = usage.cache_read_tokens / 10;
    let input = usage.input_tokens_total().saturating_sub(usage.cache_read_tokens);
    let cost = input.saturating_add(read).saturating_add(usage.output_tokens.saturating_mul(5));
    u32::try_from(cost).unwrap_or(u32::MAX).max(1)
}

impl Client {
    /// What the request and the client allow beyond the default, and what less.
    pub(super) fn verdict_options(&self, request: &Request) -> VerdictOptions {
        let options = VerdictOptions::new().responses_store(self.responses_store());
        if request.live_ttl.is_some() { options.allow_live_tools() } else { options }
    }
}

/// How long what is made of an answer may be kept from now on: what the request says of live tools,
/// and what the provider keeps, less the time for which the answer was stored.
fn limit_of(
    request: &Request,
    dialect: Dialect,
    body: &[u8],
    outcome: Outcome,
) -> Option<Duration> {
    let limit = request.live_ttl.into_iter().chain(ttl_max_of(dialect, body)).min()?;
    let age = match outcome {
        Outcome::Hit { age: Age::Known(age), .. } => age,
        _ => Duration::ZERO,
    };
    Some(limit.saturating_sub(age))
}

/// How long the answer to a body may be kept at most; none where there is no such limit.
fn ttl_max_of(dialect: Dialect, body: &[u8]) -> Option<Duration> {
    let value = JsonValue::parse(body).ok()?;
    ttl_max(dialect, value).map(|Millis(time)| Duration::from_millis(time))
}

#[cfg(test)]
mod tests {
    use llm_cache_core::reply::ResponsesStore;

    use super::*;

    /// What OpenAI stores is kept for a week at most, unless its request says not to store it.
    #[test]
    fn stored_answers_have_a_limit() {
        let week = Some(Duration::from_secs(7 * 86_400));
        for (body, limit) in
            [(r#"{"store":false}"#, None), (r#"{"store":true}"#, week), ("{}", week)]
        {
            assert_eq!(ttl_max_of(Dialect::OpenAiResponses, body.as_bytes()), limit, "{body}");
            assert_eq!(ttl_max_of(Dialect::OpenAiChat, body.as_bytes()), None, "{body}");
        }
        assert_eq!(ttl_max_of(Dialect::OpenAiResponses, b"no JSON"), None);
    }

    /// The client's policy and the request's leave reach the verdict.
    #[test]
    fn options_reach_the_verdict() {
        let base = || Client::openai().api_key("sk-1").base_url("http://127.0.0.1:1/v1");
        let live = Request::raw("{}").store_live_tools(Duration::from_secs(1));
        let plain = base().build().unwrap().verdict_options(&Request::raw("{}"));
        assert_eq!(plain, VerdictOptions::new());
        let strict = base().responses_store(ResponsesStore::Strict).build().unwrap();
        let told = strict.verdict_options(&live);
        assert_eq!((told.live_tools, told.responses_store), (true, ResponsesStore::Strict));
    }
}
