//! The names of the places where answers are found.

use std::fmt;

/// Where an answer was found.
///
/// In text, in events and in metrics: [`name`](Self::name).
///
/// ```
/// use llm_cache::cache::Tier;
///
/// assert_eq!(Tier::Disk.to_string(), "disk");
/// assert_eq!(Tier::Other("sqlite").name(), "sqlite");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tier {
    /// The table in this process, or a store in this process's memory.
    Memory,
    /// A store in files of this machine.
    Disk,
    /// A store in a Redis or Valkey server.
    Redis,
    /// No tier yet: an identical call was under way and its answer served this one too.
    Flight,
    /// A store of another kind, which gives its own name: one word in lower case.
    Other(&'static str),
}

impl Tier {
    /// The name: `memory`, `disk`, `redis`, `flight`, or what the store calls itself.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::Redis => "redis",
            Self::Flight => "flight",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
