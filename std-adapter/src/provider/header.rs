//! Headers of the user's own: which names they may have, and what they are to the cache.

use core::fmt;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, ErrorKind};

/// What a header of the user's own is to the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a header is part of the key, or it is not")]
pub enum Identity {
    /// It may change the answer: its name and value are part of every key (core/KEY.md 3.4).
    Counts,
    /// It cannot change the answer: who is asking, a trace, a title for the provider's statistics.
    Ignored,
}

/// Names that the client writes itself, or that belong to the connection, and what sets them.
const OWNED: [(&str, &str); 22] = [
    ("authorization", "`ClientBuilder::api_key` or `token_provider` sets it"),
    ("x-api-key", "`ClientBuilder::api_key` sets it"),
    ("api-key", "`ClientBuilder::api_key` with `azure` or `key_header(KeyHeader::ApiKey)` sets it"),
    ("anthropic-version", "`ClientBuilder::api_version` sets it"),
    ("anthropic-beta", "`ClientBuilder::beta` sets it"),
    ("openai-beta", "`ClientBuilder::beta` sets it"),
    ("openai-organization", "`ClientBuilder::organization` sets it"),
    ("openai-project", "`ClientBuilder::project` sets it"),
    ("proxy-authorization", "the system's proxy settings set it"),
    ("host", "`ClientBuilder::base_url` sets it"),
    ("accept", CONNECTION),
    ("accept-encoding", CONNECTION),
    ("content-encoding", CONNECTION),
    ("content-length", CONNECTION),
    ("content-type", CONNECTION),
    ("connection", CONNECTION),
    ("expect", CONNECTION),
    ("keep-alive", CONNECTION),
    ("te", CONNECTION),
    ("trailer", CONNECTION),
    ("transfer-encoding", CONNECTION),
    ("upgrade", CONNECTION),
];

const CONNECTION: &str = "the client sets it for every request";

/// Names whose values change from call to call, so that a key with them would never be met again.
const CHANGING: [&str; 9] = [
    "user-agent",
    "traceparent",
    "tracestate",
    "baggage",
    "idempotency-key",
    "x-idempotency-key",
    "x-request-id",
    "x-client-request-id",
    "date",
];

/// Parts of names behind which secrets travel.
const SECRET: [&str; 6] = ["auth", "key", "token", "secret", "cookie", "password"];

/// The checked headers of a client. `Debug` shows names, never values.
#[derive(Clone, Default)]
pub(crate) struct CustomHeaders(Vec<(HeaderName, HeaderValue, Identity)>);

impl CustomHeaders {
    /// Checks names and values, and sorts by name; those of one name keep their order.
    ///
    /// Values are marked as sensitive: what they hold is not ours to show.
    pub(crate) fn new(given: &[(String, String, Identity)]) -> Result<Self, Error> {
        let mut headers = Vec::with_capacity(given.len());
        for (name, value, identity) in given {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| refused("`ClientBuilder::header`: the name is no header name"))?;
            check(&name, *identity)?;
            // White space around a value is not part of it (RFC 9110, section 5.5).
            let mut value =
                HeaderValue::from_str(value.trim_matches([' ', '\t'])).map_err(|_| {
                    refused(&format!(
                        "the value of header `{name}` holds a character other than visible ASCII, \
                     space and tab"
                    ))
                })?;
            value.set_sensitive(true);
            headers.push((name, value, *identity));
        }
        headers.sort_by(|(left, ..), (right, ..)| left.as_str().cmp(right.as_str()));
        Ok(Self(headers))
    }

    /// Adds all of them to those of an attempt.
    pub(crate) fn add_to(&self, map: &mut HeaderMap) {
        for (name, value, _) in &self.0 {
            map.append(name.clone(), value.clone());
        }
    }

    /// Names and values of those that are part of the key.
    pub(crate) fn counted(&self) -> Vec<(String, String)> {
        let counted = self.0.iter().filter(|(.., identity)| *identity == Identity::Counts);
        counted
            .filter_map(|(name, value, _)| {
                Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
            })
            .collect()
    }

    /// Whether a name sounds as if a secret were behind it.
    pub(crate) fn may_hold_secret(&self) -> bool {
        self.secrets().next().is_some()
    }

    /// The values behind names that sound so.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let sounds_secret = |name: &HeaderName| SECRET.iter().any(|it| name.as_str().contains(it));
        let values = self.0.iter().filter(move |(name, ..)| sounds_secret(name));
        values.filter_map(|(_, value, _)| value.to_str().ok())
    }
}

fn check(name: &HeaderName, identity: Identity) -> Result<(), Error> {
    let name = name.as_str();
    if let Some((_, setter)) = OWNED.iter().find(|(owned, _)| *owned == name) {
        return Err(refused(&format!("header `{name}` is not yours to set: {setter}")));
    }
    if name.starts_with("openai-") {
        let setters = "`organization`, `project` and `beta` of `ClientBuilder` set those of OpenAI";
        return Err(refused(&format!("header `{name}` is not yours to set: {setters}")));
    }
    let is_changing = CHANGING.contains(&name) || name.starts_with("x-stainless-");
    if is_changing && identity == Identity::Counts {
        return Err(refused(&format!(
            "header `{name}` changes from call to call and cannot be part of a key: give it \
             `Identity::Ignored`"
        )));
    }
    Ok(())
}

fn refused(message: &str) -> Error {
    Error::new(ErrorKind::Config, message)
}

impl fmt::Debug for CustomHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.iter().map(|(name, _, identity)| (name.as_str(), identity)))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(given: &[(&str, &str, Identity)]) -> Result<CustomHeaders, Error> {
        let owned = given.iter().map(|(name, value, it)| ((*name).into(), (*value).into(), *it));
        CustomHeaders::new(&owned.collect::<Vec<_>>())
    }

    /// Counted headers come by name in lower case, in order, without white space around values.
    #[test]
    fn counted_ones_are_sorted() {
        use Identity::{Counts, Ignored};
        let given = [
            ("X-B", " 1 ", Counts),
            ("x-title", "App", Ignored),
            ("X-a", "A b\t", Counts),
            ("x-b", "0", Counts),
        ];
        let counted = headers(&given).unwrap().counted();
        let expected = [("x-a", "A b"), ("x-b", "1"), ("x-b", "0")];
        assert_eq!(counted, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    /// Every name that is ours is refused in any spelling, with the setter; so is what changes from
    /// call to call, if it is to count.
    #[test]
    fn names_that_are_refused() {
        for (name, setter) in OWNED {
            for name in [name.to_owned(), name.to_uppercase()] {
                let error = headers(&[(name.as_str(), "v", Identity::Ignored)]).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Config);
                assert!(error.to_string().contains(setter), "{error}");
            }
        }
        for name in ["openai-version", "OpenAI-Safety", "a b", "", "x\u{e9}", "x:y"] {
            assert!(headers(&[(name, "v", Identity::Ignored)]).is_err(), "{name}");
        }
        for name in CHANGING.into_iter().chain(["X-Stainless-Lang"]) {
            assert!(headers(&[(name, "v", Identity::Ignored)]).is_ok(), "{name}");
            let error = headers(&[(name, "v", Identity::Counts)]).unwrap_err();
            assert!(error.to_string().contains("Identity::Ignored"), "{error}");
        }
    }

    /// No formatter and no error shows a value.
    #[test]
    fn values_are_hidden() {
        let secret = "sk-secret";
        let good = headers(&[("helicone-auth", secret, Identity::Ignored)]).unwrap();
        assert!(good.may_hold_secret());
        assert!(!headers(&[("x-title", "App", Identity::Ignored)]).unwrap().may_hold_secret());
        let error = headers(&[("x-a", "sk-secret\n", Identity::Counts)]).unwrap_err();
        let mut map = HeaderMap::new();
        good.add_to(&mut map);
        let texts = format!("{good:?} {error} {error:?} {map:?}");
        assert!(!texts.contains("secret"), "{texts}");
        assert!(texts.contains("helicone-auth"), "{texts}");
    }
}
