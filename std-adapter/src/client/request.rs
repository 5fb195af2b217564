//! A request, owned: built piece by piece, or raw bytes that go out as they are.

use core::fmt;
use core::time::Duration;
use std::borrow::Cow;

use bytes::Bytes;
use llm_cache_core::key::Dialect;
use llm_cache_core::prompt::{self, CacheControl, Role};

use super::encode;
use super::part::{Part, Tool, ToolChoice, Turn};
use super::validation::Validation;
use crate::cache::{CallOptions, Mode};
use crate::error::Error;

/// One request to a model.
///
/// A typed request ([`Request::new`]) is written in the client's dialect, and the client's default
/// model and token limit fill what it leaves open. A raw one ([`Request::raw`]) goes out byte for
/// byte: nothing is filled in, re-ordered or removed. `Debug` shows counts and lengths, never text.
///
/// ```
/// use llm_cache::client::Request;
/// use llm_cache::llm_cache_core::prompt::CacheControl;
///
/// let manual = "a long text that many requests share";
/// let request = Request::new()
///     .cached_system(manual, CacheControl::ephemeral())
///     .user("What does chapter 3 say?")
///     .temperature(0.0);
/// # let _ = request;
/// ```
#[derive(Clone)]
pub struct Request {
    pub(super) body: Body,
    pub(super) options: CallOptions,
    pub(super) variant: u32,
    pub(super) live_ttl: Option<Duration>,
    pub(super) validation: Option<Validation>,
}

#[derive(Clone)]
pub(super) enum Body {
    Typed(Box<Prompt>),
    Raw(Bytes),
}

/// The typed form; what is `None` or empty is absent on the wire.
#[derive(Clone, Default)]
pub(super) struct Prompt {
    pub(super) model: Option<String>,
    pub(super) max_tokens: Option<u32>,
    pub(super) system: Vec<(String, Option<CacheControl>)>,
    pub(super) turns: Vec<Turn>,
    pub(super) tools: Vec<Tool>,
    pub(super) tool_choice: Option<ToolChoice>,
    pub(super) output: Option<Output>,
    pub(super) effort: Option<String>,
    pub(super) thinking: Option<String>,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    pub(super) top_k: Option<u32>,
    pub(super) stop_sequences: Vec<String>,
    pub(super) user_id: Option<String>,
    pub(super) service_tier: Option<String>,
    pub(super) cache_control: Option<CacheControl>,
    pub(super) extra: Vec<(String, String)>,
}

/// A JSON schema for the answer's text.
#[derive(Clone)]
pub(super) struct Output {
    pub(super) name: Cow<'static, str>,
    pub(super) schema: Cow<'static, str>,
}

impl Request {
    /// An empty typed request.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Body::Typed(Box::default()))
    }

    /// A body in the client's dialect that goes out byte for byte. The typed setters below have no
    /// effect on it.
    pub fn raw(body: impl Into<Bytes>) -> Self {
        Self::of(Body::Raw(body.into()))
    }

    /// A request of core's borrowed model, which covers all that the dialect has, written here and
    /// now; afterwards it is a raw one.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) naming the path and the rule
    /// that the request breaks.
    pub fn from_model(request: &prompt::Request<'_>, dialect: Dialect) -> Result<Self, Error> {
        encode::write_strictly(request, dialect).map(Self::raw)
    }

    fn of(body: Body) -> Self {
        let options = CallOptions::new();
        Self { body, options, variant: 0, live_ttl: None, validation: None }
    }

    fn with(mut self, change: impl FnOnce(&mut Prompt)) -> Self {
        if let Body::Typed(prompt) = &mut self.body {
            change(prompt);
        }
        self
    }

    /// The model. Default: the client's.
    #[must_use]
    pub fn model(self, model: impl Into<String>) -> Self {
        self.with(|prompt| prompt.model = Some(model.into()))
    }

    /// The most tokens the answer may have. Default: the client's.
    #[must_use]
    pub fn max_tokens(self, tokens: u32) -> Self {
        self.with(|prompt| prompt.max_tokens = Some(tokens))
    }

    /// Adds instructions before the conversation.
    #[must_use]
    pub fn system(self, text: impl Into<String>) -> Self {
        self.with(|prompt| prompt.system.push((text.into(), None)))
    }

    /// Adds instructions, marked: tools and instructions up to their end are worth keeping.
    #[must_use]
    pub fn cached_system(self, text: impl Into<String>, cache_control: CacheControl) -> Self {
        self.with(|prompt| prompt.system.push((text.into(), Some(cache_control))))
    }

    /// Adds a user message of plain text.
    #[must_use]
    pub fn user(self, text: impl Into<String>) -> Self {
        self.message(Role::User, [Part::text(text)])
    }

    /// Adds a user message of marked text: everything up to its end is worth keeping.
    #[must_use]
    pub fn cached_user(self, text: impl Into<String>, cache_control: CacheControl) -> Self {
        self.message(Role::User, [Part::text(text).cached(cache_control)])
    }

    /// Adds a message of the model's.
    #[must_use]
    pub fn assistant(self, text: impl Into<String>) -> Self {
        self.message(Role::Assistant, [Part::text(text)])
    }

    /// Adds a message of several parts.
    #[must_use]
    pub fn message(self, role: Role, parts: impl IntoIterator<Item = Part>) -> Self {
        let parts = parts.into_iter().collect();
        self.with(|prompt| prompt.turns.push(Turn { role, parts }))
    }

    /// Offers a tool.
    #[must_use]
    pub fn tool(self, tool: Tool) -> Self {
        self.with(|prompt| prompt.tools.push(tool))
    }

    /// How the model may choose among the tools. Default: the provider's (`auto`).
    #[must_use]
    pub fn tool_choice(self, choice: ToolChoice) -> Self {
        self.with(|prompt| prompt.tool_choice = Some(choice))
    }

    /// The JSON schema that the answer's text must follow, with a name of at most 64 of
    /// `[A-Za-z0-9_-]`. [`Client::extract`](super::Client::extract) makes it from a type.
    #[must_use]
    pub fn output_schema(self, name: impl Into<String>, schema: impl Into<String>) -> Self {
        let output = Output { name: Cow::Owned(name.into()), schema: Cow::Owned(schema.into()) };
        self.with(|prompt| prompt.output = Some(output))
    }

    /// `low`, `medium`, `high`, ...
    #[must_use]
    pub fn effort(self, effort: impl Into<String>) -> Self {
        self.with(|prompt| prompt.effort = Some(effort.into()))
    }

    /// Anthropic's `thinking` object as JSON text.
    #[must_use]
    pub fn thinking(self, json: impl Into<String>) -> Self {
        self.with(|prompt| prompt.thinking = Some(json.into()))
    }

    /// Sampling temperature. Several newer models refuse any value.
    #[must_use]
    pub fn temperature(self, temperature: f64) -> Self {
        self.with(|prompt| prompt.temperature = Some(temperature))
    }

    /// Nucleus sampling.
    #[must_use]
    pub fn top_p(self, top_p: f64) -> Self {
        self.with(|prompt| prompt.top_p = Some(top_p))
    }

    /// Sampling from the k likeliest tokens (Anthropic).
    #[must_use]
    pub fn top_k(self, top_k: u32) -> Self {
        self.with(|prompt| prompt.top_k = Some(top_k))
    }

    /// Adds a text that ends the answer.
    #[must_use]
    pub fn stop_sequence(self, text: impl Into<String>) -> Self {
        self.with(|prompt| prompt.stop_sequences.push(text.into()))
    }

    /// An opaque name of the end user. Not part of the request's identity: two users who ask the
    /// same share the answer. Use a namespace or tenant to keep them apart.
    #[must_use]
    pub fn user_id(self, user_id: impl Into<String>) -> Self {
        self.with(|prompt| prompt.user_id = Some(user_id.into()))
    }

    /// The provider's service tier.
    #[must_use]
    pub fn service_tier(self, tier: impl Into<String>) -> Self {
        self.with(|prompt| prompt.service_tier = Some(tier.into()))
    }

    /// Automatic prompt caching: the provider marks the last block it can.
    #[must_use]
    pub fn cache_control(self, cache_control: CacheControl) -> Self {
        self.with(|prompt| prompt.cache_control = Some(cache_control))
    }

    /// Adds a member to the body that the typed form does not know: its name and the JSON text of
    /// its value.
    #[must_use]
    pub fn extra(self, name: impl Into<String>, json: impl Into<String>) -> Self {
        self.with(|prompt| prompt.extra.push((name.into(), json.into())))
    }

    /// Asks for the n-th sample of the same request: each number has an answer of its own in the
    /// cache. Default 0. Nothing of it is sent.
    #[must_use]
    pub fn variant(mut self, variant: u32) -> Self {
        self.variant = variant;
        self
    }

    /// How this call uses the cache. Default: the cache's mode.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.options = self.options.mode(mode);
        self
    }

    /// What becomes of this request if it breaks a rule of the provider's. Default: the client's.
    #[must_use]
    pub fn validation(mut self, validation: Validation) -> Self {
        self.validation = Some(validation);
        self
    }

    /// How long the answer is kept, and how old a stored one may be that answers this request,
    /// whatever it was stored with. Default: the cache's.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.options = self.options.ttl(ttl);
        self
    }

    /// How old a stored answer may be that answers this request; one that is fetched is kept as if
    /// this were not set. Default: as old as [`ttl`](Self::ttl) says.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.options = self.options.max_age(age);
        self
    }

    /// Lets answers of provider-run tools that see the live world (web, code, MCP, computer) be
    /// stored for this long. Default: such requests go past the cache.
    #[must_use]
    pub fn store_live_tools(mut self, ttl: Duration) -> Self {
        self.live_ttl = Some(ttl);
        self.options = self.options.ttl(ttl);
        self
    }
}

impl Default for Request {
    fn default() -> Self {
        Self::new()
    }
}

impl From<&str> for Request {
    /// One user message.
    fn from(text: &str) -> Self {
        Self::new().user(text)
    }
}

impl From<String> for Request {
    /// One user message.
    fn from(text: String) -> Self {
        Self::new().user(text)
    }
}

impl From<&Self> for Request {
    fn from(request: &Self) -> Self {
        request.clone()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Request");
        match &self.body {
            Body::Raw(body) => shown.field("raw_bytes", &body.len()),
            Body::Typed(prompt) => shown
                .field("model", &prompt.model)
                .field("max_tokens", &prompt.max_tokens)
                .field("system_blocks", &prompt.system.len())
                .field("messages", &prompt.turns.len())
                .field("tools", &prompt.tools.len()),
        };
        shown.field("variant", &self.variant).finish_non_exhaustive()
    }
}
