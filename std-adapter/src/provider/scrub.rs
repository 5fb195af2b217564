//! The secrets of a request, which no text that a stranger sends back may show.

use std::borrow::Cow;

use super::credential::Secret;
use super::header::CustomHeaders;

/// What stands where a provider echoed a secret.
const REDACTED: &str = "[redacted]";

/// What is shorter protects nothing (`x` for a local server), and taking it out would mangle words.
const SECRET_LEN_MIN: usize = 8;

/// The secrets of one attempt: the credential, and the values of the user's own headers whose names
/// sound as if a secret were behind them. It has no `Debug`.
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    pub(crate) fn of(credential: Option<&Secret>, headers: &CustomHeaders) -> Self {
        let credential = credential.map(|secret| secret.key.expose());
        // A scheme before the secret, as in `Bearer KEY`, may be missing in the echo.
        let own = headers.secrets().flat_map(|value| [Some(value), value.split(' ').next_back()]);
        let all = credential.into_iter().chain(own.flatten());
        let mut all: Vec<_> =
            all.filter(|text| text.len() >= SECRET_LEN_MIN).map(str::to_owned).collect();
        // One that holds another is taken out whole.
        all.sort_by_key(|text| core::cmp::Reverse(text.len()));
        Self(all)
    }

    /// `text` without the secrets.
    pub(crate) fn scrub<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.0.iter().fold(Cow::Borrowed(text), |text, secret| {
            if text.contains(&**secret) { text.replace(&**secret, REDACTED).into() } else { text }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::credential::ApiKey;
    use super::super::header::Identity;
    use super::*;

    fn secrets(key: &str, headers: &[(&str, &str)]) -> Secrets {
        let secret = Secret { key: ApiKey::new(key).unwrap(), header: None };
        let own = |(name, value): &(&str, &str)| {
            (String::from(*name), String::from(*value), Identity::Ignored)
        };
        let headers: Vec<_> = headers.iter().map(own).collect();
        Secrets::of(Some(&secret), &CustomHeaders::new(&headers).unwrap())
    }

    /// An echoed key is taken out of every place of a text; a placeholder is none.
    #[test]
    fn scrubs_an_echo() {
        let told = secrets("sk-12345", &[]).scrub("sk-12345 and sk-12345.").into_owned();
        assert_eq!(told, "[redacted] and [redacted].");
        assert_eq!(secrets("k", &[]).scrub("a key"), "a key");
    }

    /// So is the value of a header that sounds secret, with its scheme or without; the value of any
    /// other header is part of what the provider has to say.
    #[test]
    fn scrubs_headers_of_the_users_own() {
        let own = [("Helicone-Auth", "Bearer sk-helicone"), ("X-Title", "A long title")];
        let told = secrets("sk-helicone-2", &own)
            .scrub("Bearer sk-helicone, sk-helicone, sk-helicone-2: A long title")
            .into_owned();
        assert_eq!(told, "[redacted], [redacted], [redacted]: A long title");
    }
}
