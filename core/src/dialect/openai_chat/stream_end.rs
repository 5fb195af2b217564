//! Where a stream of Chat chunks ends if its server sends no `[DONE]`.

use super::super::stream_end::{is_text, says_error};
use crate::json::{JsonKind, JsonStr, JsonValue, Object};
use crate::reply::StreamStep;
use crate::reply::members::present;

/// What has yet to come of an answer.
#[derive(Clone, Debug)]
pub(in super::super) struct Owed {
    choices: Choices,
    /// The request asks for the usage, which has not come yet.
    usage: bool,
}

impl Owed {
    /// What a request asks for; `None` where it cannot be read.
    pub(in super::super) fn by(request: Option<JsonValue<'_>>) -> Self {
        // What is neither `true` nor `false` is the server's to read: the stricter reading counts.
        let usage = request
            .and_then(|request| present(request, "stream_options"))
            .and_then(|options| present(options, "include_usage"))
            .is_some_and(|asked| asked.as_bool() != Some(false));
        Self { choices: Choices::of_request(request), usage }
    }

    /// Whether everything has come.
    pub(in super::super) const fn is_nothing(&self) -> bool {
        self.choices.have_finished() && !self.usage
    }

    /// Takes in a chunk.
    pub(in super::super) fn take(&mut self, chunk: &Object<'_>) -> StreamStep {
        let (mut has_choices, mut has_usage) = (false, false);
        let (mut has_message, mut has_code) = (false, false);
        for (name, value) in chunk.members() {
            let is = |expected| name.eq_str(expected);
            if is("choices") {
                has_choices |= value.kind() == JsonKind::Array;
                for choice in value.elements() {
                    if self.choices.take(&Object::of(choice)) == StreamStep::Failed {
                        return StreamStep::Failed;
                    }
                }
            } else if is("usage") {
                has_usage = value.kind() == JsonKind::Object;
            } else if is("error") && says_error(value)
                || (is("type") || is("object")) && is_text(value, "error")
            {
                return StreamStep::Failed;
            } else if is("message") || is("detail") {
                has_message |= !value.is_null();
            } else if is("code") {
                has_code |= !value.is_null();
            }
        }
        // An error body of the flat kind, where a chunk was to come.
        if !has_choices && has_message && has_code {
            return StreamStep::Failed;
        }
        // A usage that came before the last choice finished may not be the whole of it.
        if has_usage && self.choices.have_finished() {
            self.usage = false;
        }
        StreamStep::Go
    }
}

/// The choices of a Chat answer: which have begun and which have finished, a bit each.
#[derive(Clone, Debug)]
struct Choices {
    /// Those that the request asks for; `None` where that cannot be told, or there are too many.
    asked: Option<u128>,
    begun: u128,
    finished: u128,
    /// A choice came that has no bit.
    has_stranger: bool,
}

impl Choices {
    /// The default of `n` is 1. OpenAI takes up to 128.
    fn of_request(request: Option<JsonValue<'_>>) -> Self {
        let asked = request.and_then(|request| match present(request, "n") {
            None => Some(1),
            Some(n) => n.as_f64().and_then(bits),
        });
        Self { asked, begun: 0, finished: 0, has_stranger: false }
    }

    fn take(&mut self, choice: &Object<'_>) -> StreamStep {
        let reason = told(choice, "finish_reason").and_then(|reason| reason.as_str());
        if choice.get("error").is_some_and(says_error)
            || reason.is_some_and(|reason| reason.eq_str("error"))
        {
            return StreamStep::Failed;
        }
        let index = told(choice, "index").map_or(Some(0), |index| index.as_u64());
        let bit = index.and_then(|index| 1_u128.checked_shl(u32::try_from(index).ok()?));
        let Some(bit) = bit else {
            self.has_stranger = true;
            return StreamStep::Go;
        };
        self.begun |= bit;
        if reason.is_some_and(says_reason) {
            self.finished |= bit;
        }
        StreamStep::Go
    }

    const fn have_finished(&self) -> bool {
        let Some(asked) = self.asked else { return false };
        !self.has_stranger && (asked | self.begun) & !self.finished == 0
    }
}

/// The lowest `n` bits, for a whole number from 1 to 128.
fn bits(n: f64) -> Option<u128> {
    (1..=128_u32).find(|&each| f64::from(each) == n).map(|each| u128::MAX >> (128 - each))
}

/// Some servers fill the member while the choice goes on.
fn says_reason(reason: JsonStr<'_>) -> bool {
    !reason.eq_str("") && !reason.eq_str("null")
}

/// A member that is there and not `null`.
fn told<'c>(choice: &Object<'c>, name: &str) -> Option<JsonValue<'c>> {
    choice.get(name).filter(|value| !value.is_null())
}
