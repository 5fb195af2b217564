//! Who asks, and how a provider wants to be asked: credential, tenant, headers of the user's own.

use std::env;

use llm_cache_core::key::CredentialDigest;

use super::builder::ClientBuilder;
use super::scope::{OwnedTenant, Tenant};
use crate::error::{Error, ErrorKind};
use crate::provider::{ApiKey, Credential, HeaderSettings, Identity, KeyHeader, Vendor};

/// How a client is let in, as it was given, unchecked.
#[derive(Default)]
pub(super) struct Access {
    pub(super) credential: Option<Given>,
    pub(super) key_header: Option<KeyHeader>,
    pub(super) is_azure: bool,
    /// Hosts that plain http is allowed to.
    pub(super) http_hosts: Vec<String>,
    pub(super) headers: Vec<(String, String, Identity)>,
}

/// The credential as it was given, unchecked.
pub(super) enum Given {
    Key(String),
    Ready(Credential),
}

impl ClientBuilder {
    /// The header that a static key is sent in. Default: `x-api-key` with Anthropic,
    /// `authorization: Bearer` with OpenAI. The tenant is the key's, whichever header it is in: a
    /// program that sends its key as `Bearer` shares answers with one that sends the same key as
    /// `x-api-key`.
    ///
    /// ```no_run
    /// use llm_cache::client::{Client, KeyHeader};
    /// # fn run() -> Result<(), llm_cache::Error> {
    /// // As Anthropic's own SDKs do since autumn 2026.
    /// let client = Client::anthropic()
    ///     .key_header(KeyHeader::Bearer)
    ///     .api_version("2026-10-21")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn key_header(mut self, header: KeyHeader) -> Self {
        self.access.key_header = Some(header);
        self
    }

    /// Asks as Azure wants it: the key goes into the header `api-key` (default: from
    /// `AZURE_OPENAI_API_KEY`), and [`api_version`](Self::api_version), if one is set, into the
    /// query as `api-version`. [`base_url`](Self::base_url) has to be set.
    ///
    /// ```no_run
    /// use llm_cache::client::Client;
    /// # fn run() -> Result<(), llm_cache::Error> {
    /// // The v1 API: the model is the name of a deployment; no version is needed.
    /// let client = Client::openai()
    ///     .azure()
    ///     .base_url("https://RESOURCE.openai.azure.com/openai/v1")
    ///     .build()?;
    /// // The API of dated versions: the deployment is in the URL.
    /// let client = Client::openai()
    ///     .azure()
    ///     .base_url("https://RESOURCE.openai.azure.com/openai/deployments/DEPLOYMENT")
    ///     .api_version("2024-10-21")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn azure(mut self) -> Self {
        self.access.is_azure = true;
        self
    }

    /// Adds a header to every request. Whether it is part of keys has no default:
    /// [`Identity::Counts`] for what may change an answer (a route, a region, a feature switch of a
    /// gateway), [`Identity::Ignored`] for what cannot. The same name twice sends both.
    ///
    /// Headers that the client sets itself are refused by [`build`](Self::build), with the setter
    /// that is right; and so are those that change from call to call, if they are to count. Values
    /// are never shown; where the name sounds like a secret's (`...-auth`, `...-key`, `...-token`),
    /// plain http to another machine is refused as it is for a key.
    ///
    /// ```no_run
    /// use llm_cache::client::{Client, Identity};
    /// # fn run() -> Result<(), llm_cache::Error> {
    /// let client = Client::openai()
    ///     .base_url("https://openrouter.ai/api/v1")
    ///     // For OpenRouter's rankings; they change no answer.
    ///     .header("HTTP-Referer", "https://app.example", Identity::Ignored)
    ///     .header("X-Title", "App", Identity::Ignored)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn header(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
        identity: Identity,
    ) -> Self {
        self.access.headers.push((name.into(), value.into(), identity));
        self
    }

    /// Allows a credential to go over plain http to this host, a name or an address in a private
    /// network: whoever can listen there can read it, and every prompt and answer. Only that host
    /// is meant, on any port; such requests bypass proxies. Default: no host; this machine needs
    /// none.
    pub fn allow_http(mut self, host: impl Into<String>) -> Self {
        self.access.http_hosts.push(host.into());
        self
    }
}

impl Access {
    /// The credential that was given, or the one of the environment.
    pub(super) fn credential(&mut self, vendor: &dyn Vendor) -> Result<Credential, Error> {
        let header = self.key_header.or(self.is_azure.then_some(KeyHeader::ApiKey));
        let name = if self.is_azure { "AZURE_OPENAI_API_KEY" } else { vendor.env_names().0 };
        match self.credential.take() {
            Some(Given::Ready(credential)) => Ok(credential),
            Some(Given::Key(key)) => Ok(Credential::Key(ApiKey::new(&key)?, header)),
            None => match variable(name) {
                Some(key) => Ok(Credential::Key(ApiKey::new(&key)?, header)),
                None => {
                    let message = format!(
                        "no API key: {name} is not set; `ClientBuilder::no_credential` is for a \
                         server that asks for none"
                    );
                    Err(Error::new(ErrorKind::MissingKey, message))
                }
            },
        }
    }

    /// The base URL that was given, or the one of the environment, or the vendor's.
    pub(super) fn base_url(
        &self,
        given: Option<String>,
        vendor: &dyn Vendor,
    ) -> Result<String, Error> {
        match given {
            Some(base) => Ok(base),
            // The vendor's own host must not get a key of Azure's.
            None if self.is_azure => {
                let message = "`ClientBuilder::azure` needs `base_url`: the resource's own";
                Err(Error::new(ErrorKind::Config, message))
            }
            None => {
                let base = variable(vendor.env_names().1);
                Ok(base.unwrap_or_else(|| vendor.base_url_default().to_owned()))
            }
        }
    }

    /// Where the vendor has no header for an API version, takes it out of the settings; Azure's
    /// goes into the query.
    pub(super) fn place_api_version(
        &self,
        vendor: &dyn Vendor,
        settings: &mut HeaderSettings,
        query: &mut Vec<(String, String)>,
    ) {
        if vendor.api_version_default().is_empty() {
            let version = std::mem::take(&mut settings.api_version);
            if self.is_azure && !version.is_empty() {
                query.push(("api-version".to_owned(), version));
            }
        }
    }
}

/// The tenant that keys are made with. `is_here`: requests stay on this machine.
pub(super) fn tenant_of(
    tenant: Tenant,
    credential: &Credential,
    is_here: bool,
) -> Result<OwnedTenant, Error> {
    let what = match (tenant, credential) {
        (Tenant::Named(name), _) => return Ok(OwnedTenant::Named(name)),
        (Tenant::Shared, _) => return Ok(OwnedTenant::Shared),
        (Tenant::FromCredential, Credential::Key(key, _)) => {
            return Ok(OwnedTenant::Credential(CredentialDigest::of(key.expose())));
        }
        (Tenant::FromCredential, Credential::None) if is_here => return Ok(OwnedTenant::Shared),
        (Tenant::FromCredential, Credential::None) => "without a credential nobody is told apart",
        (Tenant::FromCredential, Credential::Tokens(_)) => {
            "a token names nobody for longer than it lives"
        }
    };
    let message = format!(
        "{what}: without a static key, `ClientBuilder::tenant` must be `Named`, to share answers \
         with those who give the same name, or `Shared`, to share them with everybody who has the \
         cache"
    );
    Err(Error::new(ErrorKind::Config, message))
}

/// An environment variable that is set to something.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}
