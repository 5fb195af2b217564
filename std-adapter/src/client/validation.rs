//! The rules of the provider's API, checked before anything is sent.

use llm_cache_core::json::JsonValue;
use llm_cache_core::prompt::{Violation, check_api_version, check_body};

use super::handle::Client;
use super::request::{Body, Request};
use crate::error::{Error, ErrorKind, Parts};

/// What becomes of a request that breaks a rule of the provider's API which this version knows:
/// where `cache_control` may stand, how often and in which order, what goes with it, and what the
/// client's API version no longer takes
/// ([`api_version`](super::ClientBuilder::api_version)).
///
/// The default is [`Strict`](Self::Strict) for what was built with typed setters, and
/// [`Warn`](Self::Warn) for raw requests and for models that the client's facts do not name: rules
/// change, and one that is out of date must not refuse what the provider would take. What the
/// dialect has no place for, and text that is no JSON, is refused in any case. Nothing is checked
/// of OpenAI's requests beyond that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Validation {
    /// It is an error, with the path and the rule, and nothing is sent.
    Strict,
    /// It is sent as it is; [`Reply::violation`](super::Reply::violation) and an event of the
    /// cache ([`Event::Violation`](crate::cache::Event::Violation)) tell.
    Warn,
    /// It is sent as it is, and nothing is checked.
    Off,
}

impl Client {
    /// What holds for a request: what it says itself, else what the client was told, else the
    /// default for its kind.
    pub(super) fn validation_of(&self, request: &Request) -> Validation {
        let told = request.validation.or(self.validation());
        told.unwrap_or_else(|| match &request.body {
            Body::Raw(_) => Validation::Warn,
            Body::Typed(_) if !self.dialect().has_cache_control() => Validation::Strict,
            Body::Typed(prompt) => {
                let model = prompt.model.as_deref().or(self.model()).unwrap_or_default();
                let is_known = self.facts().model(model).is_some();
                if is_known { Validation::Strict } else { Validation::Warn }
            }
        })
    }

    /// Checks a body that is about to be sent. A violation that is no error is returned, and
    /// reported to the observer of the cache.
    ///
    /// O(length). A typed request that is strict was checked while it was written, but not what
    /// only its bytes show: marks deep in raw pieces, say.
    pub(super) fn vet(&self, request: &Request, body: &[u8]) -> Result<Option<Violation>, Error> {
        let validation = self.validation_of(request);
        let has_rules = self.dialect().has_cache_control();
        if validation == Validation::Off || !has_rules {
            return Ok(None);
        }
        let Ok(value) = JsonValue::parse(body) else { return Ok(None) };
        let checked = check_body(value).and_then(|()| check_api_version(value, self.api_version()));
        match checked {
            Ok(()) => Ok(None),
            Err(violation) if validation == Validation::Strict => Err(refused(violation)),
            Err(violation) => {
                if let Some(cache) = self.cache() {
                    cache.report_violation(violation);
                }
                Ok(Some(violation))
            }
        }
    }
}

/// The error of a request that is not sent for breaking a rule.
pub(super) fn refused(violation: Violation) -> Error {
    let message = format!("the request was not sent: {violation}");
    Parts::new(ErrorKind::InvalidRequest, message).source(violation).into()
}
