//! What proves to the provider who is asking. Nothing here ever shows it.

use core::fmt;
use std::error::Error as StdError;
use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, HeaderName};

use crate::error::{Error, ErrorKind, Parts};

/// A static API key. `Debug` hides it, there is no `Display`, and it is sent in a header marked as
/// sensitive and nowhere else.
#[derive(Clone)]
pub struct ApiKey(Arc<str>);

impl ApiKey {
    /// Takes a key, without the white space around it (a line end, read from a file).
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`] if nothing is left, [`ErrorKind::Config`] if it holds a character
    /// that no header may carry.
    pub fn new(key: &str) -> Result<Self, Error> {
        let key = key.trim();
        if key.is_empty() {
            return Err(Error::new(ErrorKind::MissingKey, "the API key is empty"));
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = "the API key holds a character other than visible ASCII";
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(Self(key.into()))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// What a token provider returns: a short-lived token, or why there is none.
pub type TokenResult = Result<String, Box<dyn StdError + Send + Sync>>;

/// Which header a static API key is sent in. The tenant is the key's in each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyHeader {
    /// `authorization: Bearer KEY`: OpenAI and most servers that are compatible with it;
    /// Anthropic's newer SDKs.
    Bearer,
    /// `x-api-key: KEY`: Anthropic.
    XApiKey,
    /// `api-key: KEY`: Azure.
    ApiKey,
}

impl KeyHeader {
    /// The header with the key in it.
    pub(crate) fn with(self, key: &str) -> (HeaderName, String) {
        match self {
            Self::Bearer => (AUTHORIZATION, format!("Bearer {key}")),
            Self::XApiKey => (HeaderName::from_static("x-api-key"), key.to_owned()),
            Self::ApiKey => (HeaderName::from_static("api-key"), key.to_owned()),
        }
    }
}

/// How a client proves who is asking.
#[derive(Clone)]
pub(crate) enum Credential {
    /// One key for the client's life, which also separates tenants in the cache, and the header for
    /// it where that is not the vendor's.
    Key(ApiKey, Option<KeyHeader>),
    /// Asked before every attempt for a token, sent as `authorization: Bearer`.
    Tokens(Arc<dyn Fn() -> TokenResult + Send + Sync>),
    /// A server that asks for none.
    None,
}

impl Credential {
    /// The key or token to send now.
    pub(crate) fn current(&self) -> Result<Option<Secret>, Error> {
        match self {
            Self::Key(key, header) => Ok(Some(Secret { key: key.clone(), header: *header })),
            Self::None => Ok(None),
            Self::Tokens(provide) => {
                let token = provide().map_err(|source| {
                    Parts::new(ErrorKind::Authentication, "the token provider gave no token")
                        .source(source)
                })?;
                Ok(Some(Secret { key: ApiKey::new(&token)?, header: Some(KeyHeader::Bearer) }))
            }
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key(..) => "Key(..)",
            Self::Tokens(_) => "Tokens(..)",
            Self::None => "None",
        })
    }
}

/// The credential of one attempt.
pub(crate) struct Secret {
    pub(crate) key: ApiKey,
    /// The header that it is sent in; `None` stands for the vendor's.
    pub(crate) header: Option<KeyHeader>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key with a line end is a key; one with a line in it, or none, is a typed error.
    #[test]
    fn checks_the_key() {
        assert_eq!(
            ApiKey::new(" sk-1\n").map(|key| key.expose().to_owned()).ok(),
            Some("sk-1".into())
        );
        assert_eq!(ApiKey::new(" \n").unwrap_err().kind(), ErrorKind::MissingKey);
        assert_eq!(ApiKey::new("a\nb").unwrap_err().kind(), ErrorKind::Config);
    }

    /// No formatter shows a secret.
    #[test]
    fn debug_hides() {
        let key = ApiKey::new("sk-secret").unwrap();
        assert!(!format!("{key:?} {:?}", Credential::Key(key.clone(), None)).contains("secret"));
        let tokens = Credential::Tokens(Arc::new(|| Ok("tok-secret".into())));
        assert!(!format!("{tokens:?}").contains("secret"));
    }
}
