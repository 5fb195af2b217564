//! An answer as the caller gets it.

use core::fmt;
use std::sync::Arc;

use bytes::Bytes;
use llm_cache_core::Usage;
use llm_cache_core::json::JsonStr;
use llm_cache_core::key::Dialect;
use llm_cache_core::prompt::Violation;
use llm_cache_core::reply::{Reply as Read, StopReason, ToolCall as ReadCall, ToolInput};
use serde::de::DeserializeOwned;

use crate::cache::{Outcome, Verdict};
use crate::discard::Discard;
use crate::entry::Entry;
use crate::error::{Error, ErrorKind};
use crate::prompt::{Facts, Priced, Reported, Savings, plan::Plan};

/// A provider's answer, fresh or from the cache, with how it came about.
///
/// The body is byte for byte what the provider sent when it was fetched. `Debug` shows lengths,
/// never text. Cheap to clone.
#[derive(Clone)]
pub struct Reply {
    pub(super) dialect: Dialect,
    /// The body, its usage, and by whom it is billed.
    pub(super) entry: Entry,
    pub(super) outcome: Outcome,
    pub(super) verdict: Verdict,
    pub(super) request_id: Option<Box<str>>,
    pub(super) violation: Option<Violation>,
    pub(super) plan: Option<Arc<Plan>>,
    /// What it is to the memoised functions that it was given to, where it may not be stored.
    pub(super) discard: Option<Arc<Discard>>,
}

impl Reply {
    /// The body as the provider sent it. For a raw request that asks for a stream it is the text of
    /// the whole stream.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.entry.payload
    }

    /// How the call was answered: from the cache, by the provider, or past the cache, and why.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// What the answer cost in tokens when it was fetched; `None` if the provider did not say.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.entry.usage
    }

    /// What this call was billed: nothing for a hit, else [`usage`](Self::usage).
    #[must_use]
    pub fn billed_usage(&self) -> Usage {
        if self.outcome.is_hit() { Usage::default() } else { self.entry.usage.unwrap_or_default() }
    }

    /// Whether a part of this call came from a cache: it is a hit of ours, or the provider read a
    /// part of the prompt from its own. A call that only wrote to the provider's cache is not.
    #[must_use]
    pub fn cached(&self) -> bool {
        self.outcome.is_hit() || self.entry.usage.is_some_and(|usage| usage.cache_read_tokens > 0)
    }

    /// What caching saved of this call, at the prices of `facts`; unknown where they do not say.
    #[must_use]
    pub fn savings(&self, facts: &Facts) -> Savings {
        let mut savings = Savings::default();
        let is_hit = self.outcome.is_hit();
        self.with_priced(|priced| savings.add_reply(priced, is_hit, facts));
        savings
    }

    /// The model that answered, which may be named more exactly than the one asked for.
    #[must_use]
    pub fn model(&self) -> Option<String> {
        self.with_priced(|priced| priced.model.map(str::to_owned))
    }

    /// Whether the answer is stored now, and why not.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Throws the reply away, inside a memoised function (`cached`) that asks
    /// again: a reply that may not be stored then keeps the function's result from being stored no
    /// longer. What is returned must not depend on it.
    pub fn discard(self) {
        if let Some(discard) = &self.discard {
            discard.discard();
        }
    }

    /// The provider's id of this call's request. `None` for a hit: there was no request. It is not
    /// kept with a stored answer.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The rule of the provider's that the request breaks as far as this version knows, where it
    /// was sent all the same ([`Validation::Warn`](super::Validation::Warn)). `None` for a hit.
    #[must_use]
    pub fn violation(&self) -> Option<Violation> {
        self.violation
    }

    /// What the client's planner did with the request: its breakpoints and what each is for, or
    /// why there are none. `None` where it had nothing to do with it
    /// ([`ClientBuilder::planner`](super::ClientBuilder::planner)), and for a hit.
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_deref()
    }

    /// Why the model stopped.
    #[must_use]
    pub fn stop_reason(&self) -> StopReason {
        self.read().map_or(StopReason::Unknown, |read| read.stop_reason())
    }

    /// The text that the model wrote: its text blocks, joined; of several choices, the first.
    /// Empty if it wrote none. Costs a walk over the body.
    #[must_use]
    pub fn text(&self) -> String {
        self.read().map(|read| text_of(&read)).unwrap_or_default()
    }

    /// The arguments of the model's first call of the tool `name`: as JSON text, `{}` where the
    /// model sent the empty text, or the free text that a custom tool takes. `None` where it does
    /// not call the tool, or without arguments.
    #[must_use]
    pub fn tool_input(&self, name: &str) -> Option<String> {
        tool_input_of(&self.read()?, name)
    }

    /// The calls that the model makes of the caller's tools, in order, custom tools included; of
    /// several choices, the first one's. Every call is there, also one whose arguments are not
    /// whole. Costs a walk over the body.
    #[must_use]
    pub fn tool_calls(&self) -> Vec<ToolCall> {
        let read = self.read();
        let calls = read.iter().flat_map(|read| read.tool_calls());
        calls.map(|call| ToolCall::of(&call)).collect()
    }

    /// The body as a type of the caller's.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] if it does not decode as `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.entry.payload).map_err(|error| {
            Error::new(ErrorKind::Decode, format!("the answer does not decode: {}", place(&error)))
        })
    }

    /// What the answer reports for its bill. The entry says it, unless an earlier version has
    /// written it, or nothing has judged the body.
    pub(super) fn with_priced<R>(&self, take: impl FnOnce(Priced<'_>) -> R) -> R {
        let Some(model) = self.entry.model() else { return take(self.reported().as_priced()) };
        take(Priced {
            usage: self.entry.usage,
            model: Some(model),
            at_other_prices: self.entry.price_tier().is_some(),
        })
    }

    /// What the body reports for its bill.
    fn reported(&self) -> Reported {
        Reported::of(self.dialect, &self.entry.payload)
    }

    pub(super) fn read(&self) -> Option<Read<'_>> {
        Read::parse(self.dialect, &self.entry.payload).ok()
    }
}

/// One call of a tool that the caller is to run. `Debug` shows no arguments.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolCall {
    /// The provider's id of the call, which the result must name.
    pub id: Option<String>,
    /// The tool; empty where the call names none. A call of a tool that OpenAI defines and the
    /// caller runs has its item's type here.
    pub name: String,
    /// The arguments: JSON text, `{}` where the model sent the empty text, or the free text that a
    /// custom tool takes. `None` where there are none.
    pub input: Option<String>,
    /// Whether the tool can be run with it: it is named, and its arguments are a JSON object, or a
    /// text where it takes one.
    pub is_whole: bool,
}

impl ToolCall {
    fn of(call: &ReadCall<'_>) -> Self {
        let text = |text: JsonStr<'_>| text.chars().collect();
        Self {
            id: call.id.map(text),
            name: text(call.name),
            input: input_of(call.input),
            is_whole: call.is_whole(),
        }
    }
}

impl fmt::Debug for ToolCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolCall")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("input_len", &self.input.as_ref().map(String::len))
            .field("is_whole", &self.is_whole)
            .finish()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("dialect", &self.dialect)
            .field("body_len", &self.entry.payload.len())
            .field("usage", &self.entry.usage)
            .field("outcome", &self.outcome)
            .field("verdict", &self.verdict)
            .field("request_id", &self.request_id)
            .field("violation", &self.violation)
            .finish()
    }
}

/// The text of an answer.
pub(super) fn text_of(read: &Read<'_>) -> String {
    let mut text = String::new();
    for piece in read.text() {
        text.extend(piece.chars());
    }
    text
}

/// Where and how JSON failed to decode. serde_json's own message may quote the answer.
pub(super) fn place(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Io => "unreadable",
        Category::Syntax => "not JSON",
        Category::Data => "not of the type",
        Category::Eof => "ends too early",
    };
    format!("{what} at line {} column {}", error.line(), error.column())
}

/// The arguments of the first call of the tool `name`.
pub(super) fn tool_input_of(read: &Read<'_>, name: &str) -> Option<String> {
    input_of(read.tool_input(name)?)
}

fn input_of(input: ToolInput<'_>) -> Option<String> {
    Some(match input {
        ToolInput::Json(value) => value.text().to_owned(),
        // OpenAI's servers send it for a function without arguments.
        ToolInput::Text(text) if text.raw().is_empty() => "{}".to_owned(),
        ToolInput::Text(text) | ToolInput::Free(text) => text.chars().collect(),
        _ => return None,
    })
}
