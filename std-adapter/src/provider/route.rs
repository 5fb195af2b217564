//! Where requests go: the base URL, checked once, and the endpoints below it.

use core::fmt;

use llm_cache_core::key::Dialect;
use reqwest::Url;

use super::http::is_loopback;
use super::vendor::{Operation, Vendor};
use crate::error::{Error, ErrorKind, Parts};

/// The endpoints of one client.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    base: Url,
    generate: Url,
    count_tokens: Option<Url>,
    direct: bool,
    warnings: Vec<Warning>,
}

/// What may travel to which hosts in clear.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Guard<'a> {
    /// Whether a credential, or a header that may be one, goes with each request.
    pub(crate) with_secret: bool,
    /// The hosts that plain http is allowed to, beside this machine.
    pub(crate) http_hosts: &'a [String],
}

/// What is odd in a client's settings and may be meant all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Warning {
    /// The base URL names OpenAI's or Anthropic's host without `/v1`, below which the endpoints of
    /// OpenAI's APIs are.
    BaseWithoutVersion,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BaseWithoutVersion => f.write_str(
                "the base URL has no `/v1`, below which this host has the endpoints of OpenAI's \
                 APIs: requests will not be found there",
            ),
        }
    }
}

/// The endpoints that clients add to a base, the longest first.
const ENDPOINTS: [&str; 6] = [
    "/messages/count_tokens",
    "/chat/completions",
    "/completions",
    "/messages",
    "/responses",
    "/embeddings",
];

impl Route {
    /// Checks `base` and adds the vendor's paths and the query.
    ///
    /// Refused: what is no `http` or `https` URL, user names and passwords in it, a fragment, an
    /// endpoint at its end, and plain `http` to another machine where a secret would travel.
    pub(crate) fn new(
        vendor: &dyn Vendor,
        base: &str,
        query: &[(String, String)],
        guard: Guard<'_>,
    ) -> Result<Self, Error> {
        let refuse = |message: &str| Err(Error::new(ErrorKind::Config, message));
        let base = Url::parse(base.trim()).map_err(|error| {
            Parts::new(ErrorKind::Config, "the base URL is not a URL").source(error)
        })?;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return refuse("the base URL is neither http nor https");
        }
        if !base.username().is_empty() || base.password().is_some() {
            return refuse("the base URL holds a user name or password; pass the key as `api_key`");
        }
        if base.fragment().is_some() {
            return refuse("the base URL has a fragment");
        }
        if let Some((endpoint, right)) = endpoint_of(vendor, &base) {
            return refuse(&format!(
                "the base URL ends in `{endpoint}`, which is added to it; the base is `{right}`"
            ));
        }
        let is_here = is_loopback(&base);
        let in_clear = guard.with_secret && base.scheme() == "http" && !is_here;
        if in_clear && !is_allowed(&base, guard.http_hosts)? {
            return refuse(
                "a credential would travel over plain http to another machine; use https, \
                 `ClientBuilder::allow_http` with its name if it is in a private network, or \
                 `ClientBuilder::no_credential` if the server asks for none",
            );
        }
        let below = |operation| {
            vendor.path(operation, base.path()).map(|segments| joined(&base, segments, query))
        };
        let Some(generate) = below(Operation::Generate) else {
            return refuse("the vendor has no endpoint for requests");
        };
        let count_tokens = below(Operation::CountTokens);
        let warnings = warnings(vendor, &base);
        // What is allowed to one host in clear is not shown to a proxy either.
        Ok(Self { generate, count_tokens, direct: is_here || in_clear, warnings, base })
    }

    /// Whether requests bypass proxies.
    pub(crate) fn is_direct(&self) -> bool {
        self.direct
    }

    /// Whether requests stay on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.base)
    }

    pub(crate) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// The URL of an operation; `None` if the vendor has no such endpoint.
    pub(crate) fn url(&self, operation: Operation) -> Option<&Url> {
        match operation {
            Operation::Generate => Some(&self.generate),
            Operation::CountTokens => self.count_tokens.as_ref(),
        }
    }
}

/// Whether plain http is allowed to the host of `base` by name.
fn is_allowed(base: &Url, hosts: &[String]) -> Result<bool, Error> {
    let mut found = false;
    for name in hosts {
        let host = url::Host::parse(name.trim()).map_err(|_| {
            let message = "`ClientBuilder::allow_http` takes a host name or address alone, \
                           without scheme, port and path";
            Error::new(ErrorKind::Config, message)
        })?;
        found |= base.host().is_some_and(|it| it.to_owned() == host);
    }
    Ok(found)
}

/// The endpoint that `base` ends in, and the base that was meant. A query is not repeated: it may
/// hold a secret.
fn endpoint_of(vendor: &dyn Vendor, base: &Url) -> Option<(&'static str, String)> {
    let path = base.path().trim_end_matches('/');
    let ends = |endpoint: &&&str| {
        let from = path.len().checked_sub(endpoint.len());
        from.and_then(|from| path.get(from..)).is_some_and(|end| end.eq_ignore_ascii_case(endpoint))
    };
    let endpoint = *ENDPOINTS.iter().find(ends)?;
    let stem = &path[..path.len() - endpoint.len()];
    let stem = match vendor.dialect() {
        Dialect::AnthropicMessages => {
            stem.trim_end_matches('/').strip_suffix("/v1").unwrap_or(stem)
        }
        Dialect::OpenAiChat
        | Dialect::OpenAiResponses
        | Dialect::OpenAiEmbeddings
        | Dialect::Json => {
            if stem.is_empty() && is_official(base) {
                "/v1"
            } else {
                stem
            }
        }
    };
    let mut right = base.clone();
    right.set_query(None);
    right.set_path(stem);
    Some((endpoint, right.as_str().trim_end_matches('/').to_owned()))
}

/// Whether the host is OpenAI's, in whatever region, or Anthropic's.
fn is_official(base: &Url) -> bool {
    let host = base.host_str().unwrap_or_default();
    matches!(host, "api.openai.com" | "api.anthropic.com") || host.ends_with(".api.openai.com")
}

/// Anthropic's own API takes a base with and without its version.
fn warnings(vendor: &dyn Vendor, base: &Url) -> Vec<Warning> {
    let has_version = base.path().split('/').any(|segment| segment == "v1");
    let takes_both = match vendor.dialect() {
        Dialect::AnthropicMessages => true,
        Dialect::OpenAiChat
        | Dialect::OpenAiResponses
        | Dialect::OpenAiEmbeddings
        | Dialect::Json => false,
    };
    let is_odd = !takes_both && is_official(base) && !has_version;
    is_odd.then_some(Warning::BaseWithoutVersion).into_iter().collect()
}

/// `base` with `segments` after its path and `query` after its query.
fn joined(base: &Url, segments: &[&str], query: &[(String, String)]) -> Url {
    let mut url = base.clone();
    let path = format!("{}/{}", base.path().trim_end_matches('/'), segments.join("/"));
    url.set_path(&path);
    if !query.is_empty() {
        let mut pairs = url.query_pairs_mut();
        for (name, value) in query {
            pairs.append_pair(name, value);
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::super::{Anthropic, OpenAi};
    use super::*;

    const SECRET: Guard<'_> = Guard { with_secret: true, http_hosts: &[] };

    fn generate(vendor: &dyn Vendor, base: &str) -> Result<String, ErrorKind> {
        Route::new(vendor, base, &[], SECRET)
            .map(|route| route.generate.to_string())
            .map_err(|error| error.kind())
    }

    /// The joining rules of both vendors, with and without trailing slashes and prefixes.
    #[test]
    fn joins_base_and_path() {
        for (base, expected) in [
            ("https://api.anthropic.com", "https://api.anthropic.com/v1/messages"),
            ("https://api.anthropic.com/v1/", "https://api.anthropic.com/v1/messages"),
            ("https://gate.example/a/b/", "https://gate.example/a/b/v1/messages"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/messages"),
            ("https://gate.example/?k=v", "https://gate.example/v1/messages?k=v"),
        ] {
            assert_eq!(generate(&Anthropic, base).as_deref(), Ok(expected));
        }
        for (base, expected) in [
            ("https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
            ("https://gate.example/x/v1/", "https://gate.example/x/v1/chat/completions"),
        ] {
            assert_eq!(generate(&OpenAi, base).as_deref(), Ok(expected));
        }
    }

    /// What would leak a credential, or is no web address, is refused, and the text says why
    /// without repeating it.
    #[test]
    fn refuses_unsafe_bases() {
        for base in [
            "http://api.example.com",
            "https://user:secret-word@api.example.com",
            "ftp://api.example.com",
            "https://api.example.com/#part",
            "secret-word",
        ] {
            let error = Route::new(&Anthropic, base, &[], SECRET).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{base}");
            assert!(!format!("{error} {error:?}").contains("secret-word"), "{base}");
        }
        assert!(Route::new(&Anthropic, "http://api.example.com", &[], Guard::default()).is_ok());
    }

    /// Query parameters are appended and encoded.
    #[test]
    fn appends_the_query() {
        let query = [("beta".to_owned(), "true".to_owned()), ("x".to_owned(), "a b".to_owned())];
        let route = Route::new(&Anthropic, "https://h.example", &query, SECRET).unwrap();
        assert_eq!(route.generate.as_str(), "https://h.example/v1/messages?beta=true&x=a+b");
        let count = route.url(Operation::CountTokens).unwrap();
        assert_eq!(count.path(), "/v1/messages/count_tokens");
    }

    /// A base that ends in an endpoint is refused with the base that was meant, in any spelling and
    /// without its query.
    #[test]
    fn refuses_endpoints() {
        let told = |vendor: &dyn Vendor, base: &str| {
            let error = Route::new(vendor, base, &[], SECRET).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{base}");
            error.to_string()
        };
        for (vendor, base, right) in [
            (&OpenAi as &dyn Vendor, "https://h.example/v1/chat/completions", "h.example/v1"),
            (&OpenAi, "https://h.example/v1/chat/completions/", "h.example/v1"),
            (&OpenAi, "https://h.example/v1/Chat/Completions//?key=secret", "h.example/v1"),
            (&OpenAi, "https://api.openai.com/chat/completions", "api.openai.com/v1"),
            (&OpenAi, "https://h.example/v1/responses", "h.example/v1"),
            (&OpenAi, "https://h.example/v1/embeddings", "h.example/v1"),
            (&OpenAi, "https://h.example/v1/messages", "h.example/v1"),
            (
                &OpenAi,
                "https://a.example/openai/deployments/d/chat/completions?api-version=1",
                "a.example/openai/deployments/d",
            ),
            (&Anthropic, "https://h.example/v1/messages", "h.example"),
            (&Anthropic, "https://h.example/proxy/v1/messages/count_tokens", "h.example/proxy"),
            (&Anthropic, "https://h.example/messages/", "h.example"),
        ] {
            let message = told(vendor, base);
            assert!(message.contains(&format!("the base is `https://{right}`;")), "{message}");
            assert!(!message.contains("secret"), "{message}");
        }
        for base in ["https://h.example/my-messages", "https://h.example/messages/v1"] {
            assert!(Route::new(&OpenAi, base, &[], SECRET).is_ok(), "{base}");
        }
    }

    /// Plain http with a secret goes to a host that is allowed by name, and to no other.
    #[test]
    fn allows_http_by_name() {
        let route = |base: &str, hosts: &[&str]| {
            let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
            Route::new(&OpenAi, base, &[], Guard { with_secret: true, http_hosts: &hosts })
        };
        for (base, host) in [
            ("http://vllm:8000/v1", "vllm"),
            ("http://VLLM.lan/v1", "vllm.LAN"),
            ("http://10.0.0.7:8000/v1", "10.0.0.7"),
            ("http://[fd00::7]/v1", "[fd00:0::7]"),
        ] {
            assert!(route(base, &[]).is_err(), "{base}");
            assert!(route(base, &["other"]).is_err(), "{base}");
            assert!(route(base, &["other", host]).unwrap().is_direct(), "{base}");
        }
        for (base, host) in [
            ("http://vllm.example.com/v1", "vllm"),
            ("http://vllm/v1", "vllm:8000"),
            ("http://vllm/v1", "http://vllm"),
            ("http://10.0.0.70/v1", "10.0.0.7"),
        ] {
            let error = route(base, &[host]).unwrap_err();
            assert!(error.to_string().contains("allow_http"), "{error}");
        }
        assert!(!route("https://vllm/v1", &["vllm"]).unwrap().is_direct());
    }

    /// A base without its version is odd at the two official hosts, for OpenAI's APIs.
    #[test]
    fn warns_of_a_base_without_version() {
        let odd = |vendor: &dyn Vendor, base: &str| {
            !Route::new(vendor, base, &[], SECRET).unwrap().warnings().is_empty()
        };
        for base in [
            "https://api.openai.com",
            "https://API.openai.com/",
            "https://eu.api.openai.com",
            "https://api.anthropic.com",
        ] {
            assert!(odd(&OpenAi, base), "{base}");
        }
        for base in [
            "https://api.openai.com/v1",
            "https://api.anthropic.com/v1/",
            "https://api.openai.com.example",
            "https://api.deepseek.com",
            "http://127.0.0.1:1",
        ] {
            assert!(!odd(&OpenAi, base), "{base}");
        }
        assert!(!odd(&Anthropic, "https://api.anthropic.com"));
        assert!(Warning::BaseWithoutVersion.to_string().contains("/v1"));
    }
}
