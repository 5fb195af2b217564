//! Where requests go: the base URL, checked once, and the endpoints below it.

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
}

impl Route {
    /// Checks `base` and adds the vendor's paths and the query.
    ///
    /// Refused: what is no `http` or `https` URL, user names and passwords in it, a fragment, and
    /// plain `http` to another machine where a credential would travel.
    pub(crate) fn new(
        vendor: &dyn Vendor,
        base: &str,
        query: &[(String, String)],
        with_credential: bool,
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
        if with_credential && base.scheme() == "http" && !is_loopback(&base) {
            return refuse(
                "a credential would travel over plain http to another machine; use https, \
                 or `ClientBuilder::no_credential` if the server asks for none",
            );
        }
        let below = |operation| {
            vendor.path(operation, base.path()).map(|segments| joined(&base, segments, query))
        };
        let Some(generate) = below(Operation::Generate) else {
            return refuse("the vendor has no endpoint for requests");
        };
        Ok(Self { generate, count_tokens: below(Operation::CountTokens), base })
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

    fn generate(vendor: &dyn Vendor, base: &str) -> Result<String, ErrorKind> {
        Route::new(vendor, base, &[], true)
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
            let error = Route::new(&Anthropic, base, &[], true).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{base}");
            assert!(!format!("{error} {error:?}").contains("secret-word"), "{base}");
        }
        assert!(Route::new(&Anthropic, "http://api.example.com", &[], false).is_ok());
    }

    /// Query parameters are appended and encoded.
    #[test]
    fn appends_the_query() {
        let query = [("beta".to_owned(), "true".to_owned()), ("x".to_owned(), "a b".to_owned())];
        let route = Route::new(&Anthropic, "https://h.example", &query, true).unwrap();
        assert_eq!(route.generate.as_str(), "https://h.example/v1/messages?beta=true&x=a+b");
        let count = route.url(Operation::CountTokens).unwrap();
        assert_eq!(count.path(), "/v1/messages/count_tokens");
    }
}
