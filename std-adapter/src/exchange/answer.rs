//! What a fetch brought, and whether it may be stored.

use std::fmt;

use bytes::Bytes;
use llm_cache_core::Usage;
use llm_cache_core::json::JsonStr;
use llm_cache_core::key::{Dialect, TenantDigest};
use llm_cache_core::reply::{self, Reply, ReplyError};

use crate::cache::{Fetched, SkipReason, Verdict};
use crate::entry::Entry;

/// What the fetch of an exchange brings: a status and a body.
///
/// Only a whole answer with status 200 is stored; any other is handed on and not stored. Callers
/// that waited for an identical call get its body without its status, so a fetch should return
/// other statuses as errors of its own type, which [`Share::cloned`](crate::cache::Share::cloned)
/// passes on whole. What else came with the answer (headers, an id), the fetch keeps for itself.
///
/// ```
/// use llm_cache::exchange::Answer;
/// use llm_cache::llm_cache_core::key::Dialect;
///
/// let page = "<html>Service unavailable</html>";
/// let taken_as_it_is = Answer::new(200, page); // never stored: it is no answer of any dialect
/// assert!(Answer::read(Dialect::OpenAiChat, 200, page).is_err());
/// # let _ = taken_as_it_is;
/// ```
#[derive(Clone)]
pub struct Answer {
    status: u16,
    body: Bytes,
    judgement: Option<Judgement>,
}

/// What the body alone says.
#[derive(Clone)]
struct Judgement {
    verdict: Verdict,
    usage: Option<Usage>,
    model: Option<Box<str>>,
    price_tier: Option<Box<str>>,
}

impl Answer {
    /// An answer with this HTTP status, whatever its body is.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, body: body.into(), judgement: None }
    }

    /// The same for a caller who takes only answers of the dialect. The body is read here and not
    /// once more when it is judged.
    ///
    /// # Errors
    /// [`ReplyError`] where the body is not JSON, or no object.
    pub fn read(dialect: Dialect, status: u16, body: impl Into<Bytes>) -> Result<Self, ReplyError> {
        let body = body.into();
        let judgement = Judgement::read(dialect, status, &body)?;
        Ok(Self { status, body, judgement: Some(judgement) })
    }

    /// The whole text of a stream of events, with the usage that its events report. It is handed
    /// on and not stored.
    #[must_use]
    pub fn streamed(status: u16, body: impl Into<Bytes>, usage: Option<Usage>) -> Self {
        let verdict = Verdict::Skip { why: SkipReason::Streamed };
        let judgement = Judgement { usage, ..Judgement::new(verdict) };
        Self { status, body: body.into(), judgement: Some(judgement) }
    }

    /// What is to become of the answer. `accept` is asked where nothing else speaks against it.
    pub(super) fn into_fetched(
        self,
        dialect: Dialect,
        tenant: Option<TenantDigest>,
        accept: impl FnOnce(&[u8]) -> bool,
    ) -> Fetched {
        let Self { status, body, judgement } = self;
        let Judgement { mut verdict, usage, model, price_tier } =
            judgement.unwrap_or_else(|| Judgement::of(dialect, status, &body));
        if verdict.is_store() && !accept(&body) {
            verdict = Verdict::Skip { why: SkipReason::NotDecoded };
        }
        let cost = usage.map_or(1, |usage| cost_of(&usage));
        let entry = Entry::new(body).with_usage(usage).with_cost(cost);
        let entry = with_extensions(entry, tenant, model.as_deref(), price_tier.as_deref());
        Fetched::from(entry).with_verdict(verdict)
    }
}

/// The entry with what a hit is accounted by, so that nobody reads the body for that, and with what
/// it is invalidated by. A name that no entry can have is left out.
fn with_extensions(
    entry: Entry,
    tenant: Option<TenantDigest>,
    model: Option<&str>,
    price_tier: Option<&str>,
) -> Entry {
    let mut entry = match tenant {
        Some(tenant) => entry.with_tenant(tenant),
        None => entry,
    };
    if let Some(with) = model.and_then(|model| entry.clone().with_model(model).ok()) {
        entry = with;
    }
    if let Some(with) = price_tier.and_then(|tier| entry.clone().with_price_tier(tier).ok()) {
        entry = with;
    }
    entry
}

impl Judgement {
    const fn new(verdict: Verdict) -> Self {
        Self { verdict, usage: None, model: None, price_tier: None }
    }

    fn read(dialect: Dialect, status: u16, body: &[u8]) -> Result<Self, ReplyError> {
        let reply = Reply::parse(dialect, body)?;
        let text = |text: JsonStr<'_>| text.chars().collect::<String>().into_boxed_str();
        Ok(Self {
            verdict: reply.verdict(status).into(),
            usage: reply.usage(),
            model: reply.model().map(text),
            price_tier: reply.price_tier().map(text),
        })
    }

    /// The same for a body that may be anything.
    fn of(dialect: Dialect, status: u16, body: &[u8]) -> Self {
        Self::read(dialect, status, body).unwrap_or_else(|_| {
            use reply::SkipReason::{Malformed, Status};
            let why = if status == 200 { Malformed } else { Status };
            Self::new(reply::Verdict::Skip { why }.into())
        })
    }
}

/// What it would cost to fetch an answer again, in base input tokens: the providers' prices stand
/// about 5 : 1 for output, 1 : 10 for cached input.
fn cost_of(usage: &Usage) -> u32 {
    let read = usage.cache_read_tokens / 10;
    let input = usage.input_tokens_total().saturating_sub(usage.cache_read_tokens);
    let cost = input.saturating_add(read).saturating_add(usage.output_tokens.saturating_mul(5));
    u32::try_from(cost).unwrap_or(u32::MAX).max(1)
}

impl fmt::Debug for Answer {
    /// Shows the length of the body, not its text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}
