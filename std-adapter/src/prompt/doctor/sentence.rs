//! An explanation in one sentence.

use core::fmt;

use llm_cache_core::prompt::Section;
use llm_cache_core::reply::Diagnostics;

use super::cause::Cause;
use super::difference::{Change, Difference};
use super::explanation::{Explanation, Finding};
use super::outline::Row;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.terms.is_exact { "" } else { "about " };
        let (read, tokens) = (self.forecast.cache_read_tokens, self.tokens);
        match self.finding {
            Finding::Hit => write!(f, "hit: {about}{read} of {tokens} tokens can be read")?,
            Finding::PartialHit => {
                write!(f, "partial hit: only {about}{read} of {tokens} tokens can be read")?;
            }
            Finding::Miss => write!(f, "miss: none of {about}{tokens} tokens can be read")?,
        }
        for (index, cause) in self.causes.iter().enumerate() {
            f.write_str(if index == 0 { ", because " } else { ", and " })?;
            cause.fmt(f)?;
        }
        if self.causes.iter().any(|cause| matches!(cause, Cause::Changed(_))) {
            write!(f, " ({about}{} tokens before that are the same)", self.shared_tokens)?;
        }
        if self.terms.minimum_tokens.is_none() && self.finding != Finding::Miss {
            f.write_str(" if that is not below the model's minimum, which is not known")?;
        }
        self.write_reply(f)
    }
}

impl Explanation {
    fn write_reply(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(usage) = self.observed {
            write!(f, "; the reply read {} tokens", usage.cache_read_tokens)?;
            let missing = self.missing_tokens();
            if missing > 0 {
                write!(f, ", {missing} fewer than expected: ")?;
                if let Some(place) = self.may_be_dropped {
                    write!(f, "the provider left out the thinking at {place}, or ")?;
                }
                f.write_str(
                    "an entry was lost, is not readable yet or belongs to another workspace, or \
                     the prompt was changed on its way",
                )?;
            }
        }
        match self.diagnostics {
            None | Some(Diagnostics::NothingFound) => Ok(()),
            Some(Diagnostics::Missed { reason, missed_input_tokens }) => {
                write!(f, "; the provider says {reason}")?;
                missed_input_tokens.map_or(Ok(()), |tokens| write!(f, " ({tokens} tokens)"))
            }
            Some(_) => f.write_str("; the provider's own comparison was not ready"),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstRequest => f.write_str("no request is known before this one"),
            Self::NoMarksBefore => f.write_str("the request before has no breakpoint"),
            Self::NoMarks => f.write_str("this request has no breakpoint"),
            Self::TooShortBefore { tokens, minimum_tokens } => write!(
                f,
                "the request before was cached only up to token {tokens}, \
                 below the model's minimum of {minimum_tokens}"
            ),
            Self::TooShort { tokens, minimum_tokens } => write!(
                f,
                "the last breakpoint is at token {tokens}, \
                 below the model's minimum of {minimum_tokens}"
            ),
            Self::Changed(difference) => difference.fmt(f),
            Self::Expired { ttl, elapsed_ms } => write!(
                f,
                "the entry may be gone: it is kept for {} and {} s have passed",
                ttl.as_str(),
                elapsed_ms / 1000
            ),
            Self::LookBack { entry, mark } => write!(
                f,
                "the entry ends at {entry}, more than 20 positions before \
                 the breakpoint at {mark}"
            ),
            Self::MarksEarlier { entry, mark } => {
                write!(f, "the entry ends at {entry}, behind the last breakpoint at {mark}")
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change = match self.change {
            Change::Changed => "differs",
            Change::Added => "is new",
            Change::Removed => "is gone",
            Change::Reordered => "has its members in another order",
            Change::Respelled => "is the same number, written otherwise",
        };
        let lost = match self.row.invalidates_from() {
            Section::Tools => "tools, system and messages",
            Section::System => "system and messages",
            Section::Messages => "messages",
        };
        let (path, row) = (&self.path, self.row);
        if row == Row::ThinkingForgotten {
            return write!(f, "this model forgets earlier thinking from {path} on ({row})");
        }
        write!(f, "{path} {change} ({row}: invalidates {lost}")?;
        if row.is_model_specific() {
            f.write_str(", on some models all")?;
        }
        f.write_str(")")
    }
}
