//! Every setting of a client, with its default.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use llm_cache_core::reply::ResponsesStore;

use super::access::{Access, Given, tenant_of, variable};
use super::account::{self, Account};
use super::encode::Defaults;
use super::handle::{Client, Inner, hasher_of};
use super::plan::SharedPlanner;
use super::scope::{CountedHeaders, OwnedScope, Tenant};
use super::validation::Validation;
use crate::cache::Cache;
use crate::error::Error;
use crate::prompt::{Facts, plan::Planner};
use crate::provider::{
    Credential, CustomHeaders, Guard, HeaderSettings, Http, Operation, RetryPolicy, Route,
    TokenResult, Upstream, Vendor,
};

/// Builds a [`Client`]. What is wrong in the settings is told by [`build`](Self::build).
#[must_use]
pub struct ClientBuilder {
    vendor: &'static dyn Vendor,
    pub(super) access: Access,
    base_url: Option<String>,
    query: Vec<(String, String)>,
    endpoint_id: Option<String>,
    tenant: Tenant,
    namespace: String,
    defaults: Defaults,
    settings: HeaderSettings,
    retry: RetryPolicy,
    timeout: Duration,
    answer_bytes_max: usize,
    cache: Option<Cache>,
    facts: Option<Facts>,
    validation: Option<Validation>,
    planner: Option<SharedPlanner>,
    responses_store: ResponsesStore,
}

impl ClientBuilder {
    pub(super) fn new(vendor: &'static dyn Vendor) -> Self {
        Self {
            vendor,
            access: Access::default(),
            base_url: None,
            query: Vec::new(),
            endpoint_id: None,
            tenant: Tenant::default(),
            namespace: String::new(),
            defaults: Defaults { model: None, max_tokens: vendor.max_tokens_default() },
            settings: HeaderSettings {
                api_version: vendor.api_version_default().to_owned(),
                ..HeaderSettings::default()
            },
            retry: RetryPolicy::default(),
            timeout: Duration::from_secs(600),
            answer_bytes_max: 32 << 20,
            cache: None,
            facts: None,
            validation: None,
            planner: None,
            responses_store: ResponsesStore::default(),
        }
    }

    /// A static API key, sent as `x-api-key` (Anthropic) or `authorization: Bearer` (OpenAI) unless
    /// [`key_header`](Self::key_header) says otherwise. Default: `ANTHROPIC_API_KEY` or
    /// `OPENAI_API_KEY`.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.access.credential = Some(Given::Key(key.into()));
        self
    }

    /// A source of short-lived tokens, asked before every attempt, sent as `authorization: Bearer`.
    /// It should not block: keep the token and refresh it elsewhere. A token names nobody for
    /// longer than it lives, so [`tenant`](Self::tenant) must be `Named` or `Shared`.
    pub fn token_provider(
        mut self,
        provide: impl Fn() -> TokenResult + Send + Sync + 'static,
    ) -> Self {
        self.access.credential = Some(Given::Ready(Credential::Tokens(Arc::new(provide))));
        self
    }

    /// No credential, for a server that asks for none. The environment is not looked at, and plain
    /// http to any host is allowed. The [`tenant`](Self::tenant) is `Shared` by default on this
    /// machine; elsewhere it must be set to `Named` or `Shared`.
    pub fn no_credential(mut self) -> Self {
        self.access.credential = Some(Given::Ready(Credential::None));
        self
    }

    /// Where the provider is. Default: `ANTHROPIC_BASE_URL` or `OPENAI_BASE_URL` from the
    /// environment, else `https://api.anthropic.com` or `https://api.openai.com/v1`.
    ///
    /// As those two show, Anthropic's base has no `/v1` (one that ends in `/v1` means the same) and
    /// OpenAI's has: `v1/messages` or `chat/completions` is added to it. A path before that, a
    /// query and a trailing slash are fine; refused are a user name or password, an endpoint at the
    /// end (`.../chat/completions`), and plain http to another machine unless
    /// [`allow_http`](Self::allow_http) names it. [`Client::warnings`] tells what is odd and may be
    /// meant. Requests to this machine bypass proxies; others go through the system's
    /// (`HTTPS_PROXY`, `NO_PROXY`).
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Adds a parameter to the query of every request, such as `beta=true`. It is part of the
    /// endpoint and so of every key.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// A name that stands for the endpoint in keys, in place of its URL: for emulators on changing
    /// ports, proxies, fixtures. Never give one name to two endpoints that answer differently.
    /// Default: the URL.
    pub fn endpoint_id(mut self, id: impl Into<String>) -> Self {
        self.endpoint_id = Some(id.into());
        self
    }

    /// Who may share answers with whom. Default: whoever has the same static key.
    pub fn tenant(mut self, tenant: Tenant) -> Self {
        self.tenant = tenant;
        self
    }

    /// Keeps the answers of this client apart from others in the same cache. Default: empty.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// The model of typed requests that name none. Default: none, and such a request is an error.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.defaults.model = Some(model.into());
        self
    }

    /// The most tokens of the answers to typed requests that name no limit. Default: 4096 with
    /// Anthropic, which requires one; none with OpenAI.
    pub fn max_tokens(mut self, tokens: u32) -> Self {
        self.defaults.max_tokens = Some(tokens);
        self
    }

    /// Adds a beta feature, sent in `anthropic-beta` or `openai-beta`. Order and repetition do not
    /// matter. Default: none.
    pub fn beta(mut self, name: impl Into<String>) -> Self {
        self.settings.betas.push(name.into());
        self
    }

    /// The value of `anthropic-version`. Default: `2023-06-01`, under which every answer so far is
    /// stored: the version is part of keys. Under `2026-10-21`, which Anthropic's own SDKs send
    /// since autumn 2026, [`Validation`] knows what is no longer taken. With [`azure`](Self::azure)
    /// it is the query parameter `api-version`; otherwise without effect with OpenAI.
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.settings.api_version = version.into();
        self
    }

    /// The value of `openai-organization`. Default: none. Without effect with Anthropic.
    pub fn organization(mut self, organization: impl Into<String>) -> Self {
        self.settings.organization = organization.into();
        self
    }

    /// The value of `openai-project`. Default: none. Without effect with Anthropic.
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.settings.project = project.into();
        self
    }

    /// When a failed request is sent again. Default: as [`RetryPolicy`] says, twice at most.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The time limit of one attempt, from the connection to the last byte. For a stream: until it
    /// begins, and again for each wait within it. Default: 10 minutes.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// The longest answer that is taken, in bytes, streams included; a longer one is an error and
    /// dropped as soon as it is known to be. Default: 32 MiB.
    pub fn answer_bytes_max(mut self, bytes: usize) -> Self {
        self.answer_bytes_max = bytes;
        self
    }

    /// The cache in front. Default: none; every call goes to the provider.
    pub fn cache(mut self, cache: Cache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// What is known of models: minimum lengths, multipliers, prices. Default:
    /// [`Facts::embedded`], which is as old as this version of the library.
    pub fn facts(mut self, facts: Facts) -> Self {
        self.facts = Some(facts);
        self
    }

    /// Lets a planner place the breakpoints of typed requests that have none, as they are sent, for
    /// models that the facts name (Anthropic only). It learns from what this client and its clones
    /// send; token counts are estimates. [`Reply::plan`](super::Reply::plan) tells what it did and
    /// why. Default: none.
    pub fn planner(mut self, planner: Planner) -> Self {
        self.planner = Some(SharedPlanner::new(planner));
        self
    }

    /// What becomes of requests to OpenAI's Responses API whose answers OpenAI stores, too (`store`
    /// is not `false`). Default: [`ResponsesStore::Capped`], they are cached for at most 7 days.
    pub const fn responses_store(mut self, policy: ResponsesStore) -> Self {
        self.responses_store = policy;
        self
    }

    /// What becomes of requests that break a rule of the provider's. Default: as [`Validation`]
    /// says, by the kind of request.
    pub fn validation(mut self, validation: Validation) -> Self {
        self.validation = Some(validation);
        self
    }

    pub(super) fn has_key_in_env(&self) -> bool {
        variable(self.vendor.env_names().0).is_some()
    }

    /// Checks the settings and sets the client up. Reads the trust store of the platform, nothing
    /// else; no connection is made.
    ///
    /// # Errors
    /// [`MissingKey`](crate::ErrorKind::MissingKey) without a key;
    /// [`Config`](crate::ErrorKind::Config) for an unsafe or unreadable base URL, one that ends in
    /// an endpoint, a header that is not the user's to set, or a tenant that the credential cannot
    /// tell.
    pub fn build(self) -> Result<Client, Error> {
        let (vendor, mut access, mut query) = (self.vendor, self.access, self.query);
        let mut settings = self.settings;
        settings.custom = CustomHeaders::new(&access.headers)?;
        access.place_api_version(vendor, &mut settings, &mut query);
        let credential = access.credential(vendor)?;
        let base = access.base_url(self.base_url, vendor)?;
        let with_secret = !credential.is_none() || settings.custom.may_hold_secret();
        let guard = Guard { with_secret, http_hosts: &access.http_hosts };
        let route = Route::new(vendor, &base, &query, guard)?;
        let tenant = tenant_of(self.tenant, &credential, route.is_loopback())?;
        let http = Http::new(route.base(), route.is_direct(), self.timeout, self.answer_bytes_max)?;

        settings.betas.sort_unstable();
        settings.betas.dedup();
        let scope = OwnedScope {
            dialect: vendor.dialect(),
            url: route.url(Operation::Generate).map(ToString::to_string).unwrap_or_default(),
            endpoint_id: self.endpoint_id,
            api_version: settings.api_version.clone(),
            betas: settings.betas.clone(),
            organization: settings.organization.clone(),
            project: settings.project.clone(),
            headers: CountedHeaders(settings.custom.counted()),
            namespace: self.namespace,
            tenant,
        };
        let (hasher, tenant) = (hasher_of(&scope, 0)?, scope.tenant_digest());
        let warnings = route.warnings().into();
        let upstream = Upstream { vendor, route, http, credential, settings, retry: self.retry };
        let (defaults, cache) = (self.defaults, self.cache);
        let (validation, planner) = (self.validation, self.planner);
        let facts = self.facts.unwrap_or_else(|| Facts::embedded().clone());
        if let Some(cache) = &cache {
            account::report_if_stale(&facts, cache);
        }
        let account = Account::new(Arc::new(facts));
        Ok(Client::new(Inner {
            upstream,
            scope,
            hasher,
            tenant,
            defaults,
            cache,
            account,
            validation,
            planner,
            responses_store: self.responses_store,
            warnings,
        }))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("dialect", &self.vendor.dialect().as_str())
            .field("credential", &self.access.credential.is_some())
            .field("model", &self.defaults.model)
            .finish_non_exhaustive()
    }
}
