//! The client itself: a handle that is cheap to clone.

use core::fmt;
use std::sync::Arc;

use bytes::Bytes;
use llm_cache_core::dialect::TokenCount;
use llm_cache_core::json::JsonValue;
use llm_cache_core::key::{Dialect, FieldHasher, KeyHasher, KeyScope, TenantDigest};
use llm_cache_core::reply::ResponsesStore;

use super::account::Account;
use super::builder::ClientBuilder;
use super::encode::{self, Defaults};
use super::plan::SharedPlanner;
use super::reply::Reply;
use super::request::Request;
use super::scope::OwnedScope;
use super::stream::EventStream;
use super::validation::Validation;
use crate::cache::Cache;
use crate::error::{Error, ErrorKind, Parts};
use crate::provider::{Anthropic, OpenAi, Operation, Upstream, Warning};
use crate::running::note_scope;

/// A client of one provider at one base URL, with a cache in front where one is given.
///
/// Cheap to clone; clones share connections and the cache. Needs a tokio runtime with its I/O and
/// time drivers. See [`ClientBuilder`] for every setting and its default.
///
/// ```no_run
/// use llm_cache::cache::Cache;
/// use llm_cache::client::Client;
///
/// # async fn run() -> Result<(), llm_cache::Error> {
/// let client = Client::anthropic()
///     .model("claude-sonnet-5-5")
///     .cache(Cache::builder().build())
///     .build()?; // the key is in ANTHROPIC_API_KEY
/// let reply = client.send("Name a prime number.").await?;
/// println!("{} ({})", reply.text(), reply.outcome());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

#[derive(Clone)]
pub(super) struct Inner {
    pub(super) upstream: Upstream,
    pub(super) scope: OwnedScope,
    /// The hash state after the scope of sample 0.
    pub(super) hasher: KeyHasher,
    /// Of the scope's tenant.
    pub(super) tenant: TenantDigest,
    pub(super) defaults: Defaults,
    pub(super) cache: Option<Cache>,
    pub(super) account: Account,
    pub(super) validation: Option<Validation>,
    pub(super) planner: Option<SharedPlanner>,
    pub(super) responses_store: ResponsesStore,
    pub(super) warnings: Arc<[Warning]>,
}

impl Client {
    /// Starts a client of Anthropic's Messages API.
    pub fn anthropic() -> ClientBuilder {
        ClientBuilder::new(&Anthropic)
    }

    /// Starts a client of OpenAI's Chat Completions API, or of a server that speaks it.
    pub fn openai() -> ClientBuilder {
        ClientBuilder::new(&OpenAi)
    }

    /// Starts a client of the provider that the environment has a key for: Anthropic's if
    /// `ANTHROPIC_API_KEY` is set, else OpenAI's if `OPENAI_API_KEY` is.
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`] if neither is set.
    pub fn from_env() -> Result<ClientBuilder, Error> {
        [Self::anthropic(), Self::openai()]
            .into_iter()
            .find(ClientBuilder::has_key_in_env)
            .ok_or_else(|| {
                let message = "neither ANTHROPIC_API_KEY nor OPENAI_API_KEY is set";
                Error::new(ErrorKind::MissingKey, message)
            })
    }

    /// Sends a request, or answers it from the cache.
    ///
    /// A fault of the cache is never an error here; [`Reply::outcome`] tells how the answer came.
    /// A raw request that asks for a stream returns when the stream has ended, with its text as the
    /// body; one that was cut or reports an error is an error. [`stream`](Self::stream) follows it.
    ///
    /// # Errors
    /// Whatever [`ErrorKind`] lists, after the retries of the policy.
    pub async fn send(&self, request: impl Into<Request>) -> Result<Reply, Error> {
        let request = request.into();
        let body = self.body_of(&request, false)?;
        self.call(&request, body, |_| Some(())).await.map(|(reply, _)| reply)
    }

    /// Sends a request and passes the events of its streamed answer through, as they come. The
    /// cache has no part in it: the outcome is `bypass streaming`.
    ///
    /// A raw request must ask for a stream itself (`"stream": true`), since it is sent as it is.
    ///
    /// # Errors
    /// As [`send`](Self::send), until the stream begins; afterwards from [`EventStream::next`].
    pub async fn stream(&self, request: impl Into<Request>) -> Result<EventStream, Error> {
        let request = request.into();
        let body = self.body_of(&request, true)?;
        self.open(&request, body).await
    }

    /// Counts the input tokens of a request (Anthropic only; free of charge, rate limited).
    ///
    /// A typed request is written with the members that the endpoint takes; a raw one goes out as
    /// it is and must hold no others (`max_tokens`, say).
    ///
    /// # Errors
    /// As [`send`](Self::send); [`ErrorKind::InvalidRequest`] with a provider that has no such
    /// endpoint.
    pub async fn count_tokens(&self, request: impl Into<Request>) -> Result<u64, Error> {
        note_scope(self);
        let request = request.into();
        let (dialect, defaults) = (self.dialect(), &self.0.defaults);
        let body = encode::count_body_of(&request, dialect, defaults, self.api_version())?;
        let answer = self.0.upstream.send(Operation::CountTokens, body).await?;
        let count = JsonValue::parse(&answer.body).ok().and_then(|it| TokenCount::of(it).ok());
        match count {
            Some(count) => Ok(count.input_tokens),
            None => Err(Parts::new(ErrorKind::Malformed, "the token count does not read")
                .status(answer.head.status)
                .request_id(answer.head.request_id.as_deref())
                .into()),
        }
    }

    /// The same client with its answers in another namespace. Connections and cache are shared.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the namespace cannot be part of a key.
    pub fn with_namespace(&self, namespace: impl Into<String>) -> Result<Self, Error> {
        let mut inner = Inner::clone(&self.0);
        inner.scope.namespace = namespace.into();
        inner.hasher = hasher_of(&inner.scope, 0)?;
        Ok(Self::new(inner))
    }

    /// The wire format that this client speaks.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.0.upstream.vendor.dialect()
    }

    /// The model that fills typed requests which name none.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.0.defaults.model.as_deref()
    }

    /// The HTTP requests that this client and its clones have begun, each retry counted: what a
    /// counter at the provider's socket sees, and those that could not connect.
    #[must_use]
    pub fn upstream_calls(&self) -> u64 {
        self.0.upstream.http.sent()
    }

    /// The cache in front, if there is one.
    #[must_use]
    pub fn cache(&self) -> Option<&Cache> {
        self.0.cache.as_ref()
    }

    /// What is odd in the settings and may be meant all the same. Empty as a rule.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.0.warnings
    }

    pub(super) fn new(mut inner: Inner) -> Self {
        inner.account = inner.account.for_model(inner.defaults.model.as_deref());
        Self(Arc::new(inner))
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.0.upstream
    }

    /// The body that a request goes out with.
    pub(super) fn body_of(&self, request: &Request, stream: bool) -> Result<Bytes, Error> {
        let is_strict = self.validation_of(request) == Validation::Strict;
        encode::body_of(request, self.dialect(), &self.0.defaults, stream, is_strict)
    }

    pub(super) fn defaults(&self) -> &Defaults {
        &self.0.defaults
    }

    pub(super) fn planner(&self) -> Option<&SharedPlanner> {
        self.0.planner.as_ref()
    }

    pub(super) fn validation(&self) -> Option<Validation> {
        self.0.validation
    }

    pub(super) fn responses_store(&self) -> ResponsesStore {
        self.0.responses_store
    }

    pub(super) fn api_version(&self) -> &str {
        &self.0.upstream.settings.api_version
    }

    pub(super) fn account(&self) -> &Account {
        &self.0.account
    }

    /// What entries of this client are invalidated by with its tenant.
    pub(super) fn tenant(&self) -> TenantDigest {
        self.0.tenant
    }

    /// The hash state after the scope with the number of the sample.
    pub(super) fn hasher(&self, variant: u32) -> Result<KeyHasher, Error> {
        if variant == 0 { Ok(self.0.hasher.clone()) } else { hasher_of(&self.0.scope, variant) }
    }
}

/// The hash state of a scope; what cannot be hashed is a fault of the configuration.
pub(super) fn hasher_of(scope: &OwnedScope, variant: u32) -> Result<KeyHasher, Error> {
    scope.hasher(variant).map_err(|error| {
        let message = format!("the client's settings cannot be part of a key: {error}");
        Parts::new(ErrorKind::Config, message).source(error).into()
    })
}

/// What a memoised function that skips a client takes of it into its key: where it asks, as whom,
/// and what it fills in.
impl KeyScope for Client {
    fn key_scope(&self, out: &mut FieldHasher) {
        self.0.account.watch().enter_scope();
        self.0.scope.key_scope(out);
        out.field(self.0.defaults.model.as_deref().unwrap_or_default().as_bytes());
        out.field(&self.0.defaults.max_tokens.unwrap_or_default().to_be_bytes());
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let upstream = &self.0.upstream;
        f.debug_struct("Client")
            .field("dialect", &self.dialect().as_str())
            .field("host", &upstream.route.base().host_str())
            .field("credential", &upstream.credential)
            .field("model", &self.0.defaults.model)
            .field("namespace", &self.0.scope.namespace)
            .field("cache", &self.0.cache.is_some())
            .field("warnings", &self.0.warnings)
            .finish_non_exhaustive()
    }
}
