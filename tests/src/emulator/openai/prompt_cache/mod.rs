//! This provider's prompt cache: breakpoints, their rules, and what a request reads and writes.
//!
//! For models from 5.6 on, as the prompt caching guide and the SDK's types of November 2026 say.
//! Earlier models cache by themselves in a way that is not published: nothing is counted there.

mod accounting;
mod marks;
mod prompt;

pub(super) use accounting::{Usage, look_up};
pub(super) use marks::{Api, Options, check, without_breakpoints};
pub(super) use prompt::{Builder, Ends, Prompt};

/// How long a written prefix lives at least; here exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ttl {
    ThirtyMinutes,
    TwelveHours,
}

impl Ttl {
    fn of(name: &str) -> Option<Self> {
        match name {
            "30m" => Some(Self::ThirtyMinutes),
            "12h" => Some(Self::TwelveHours),
            _ => None,
        }
    }

    /// As requests spell it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ThirtyMinutes => "30m",
            Self::TwelveHours => "12h",
        }
    }

    fn ms(self) -> u64 {
        match self {
            Self::ThirtyMinutes => 30 * 60 * 1000,
            Self::TwelveHours => 12 * 60 * 60 * 1000,
        }
    }
}
