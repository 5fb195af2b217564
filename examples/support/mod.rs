//! What several examples share: a provider where a key for one is set, else the emulator; and the
//! command line.

#![allow(dead_code, reason = "no example needs all of it")]

use std::{env, error::Error, fmt, io, process::ExitCode, str::FromStr};

use llm_cache::client::{Client, ClientBuilder};
use llm_cache_tests::{Emulator, Options};

/// The provider whose API an example speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    Anthropic,
    OpenAi,
}

impl Provider {
    /// Its names: in a sentence, and of the variables with its key and its base URL.
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Anthropic => ("Anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
            Self::OpenAi => ("OpenAI", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
        }
    }

    fn has_key(self) -> bool {
        is_set(self.names().1)
    }
}

impl FromStr for Provider {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "anthropic" => Ok(Self::Anthropic),
            "openai" => Ok(Self::OpenAi),
            _ => Err(()),
        }
    }
}

fn is_set(variable: &str) -> bool {
    env::var(variable).is_ok_and(|value| !value.trim().is_empty())
}

/// A provider, or the emulator that stands in for it. In text: which one, for the first line.
pub(crate) struct Service {
    provider: Provider,
    emulator: Option<Emulator>,
}

impl Service {
    /// The provider that is asked for, else the one whose key is set (Anthropic first), else
    /// Anthropic. Without its key an emulator is started.
    pub(crate) fn start(wanted: Option<Provider>) -> io::Result<Self> {
        let both = [Provider::Anthropic, Provider::OpenAi];
        let with_key = || both.into_iter().find(|provider| provider.has_key());
        let provider = wanted.or_else(with_key).unwrap_or(Provider::Anthropic);
        let emulator = (!provider.has_key()).then(|| Emulator::start(Options::new()));
        Ok(Self { provider, emulator: emulator.transpose()? })
    }

    /// A client of it, with a default model. The provider's key and base URL come from the
    /// environment; the emulator's port is another one at every start, so that keys need a name in
    /// its place, and one that no real provider has.
    pub(crate) fn client(&self) -> ClientBuilder {
        let builder = match self.provider {
            Provider::Anthropic => Client::anthropic().model("claude-haiku-5-5"),
            Provider::OpenAi => Client::openai().model("gpt-6-luna"),
        };
        match (&self.emulator, self.provider) {
            (None, _) => builder,
            (Some(emulator), provider) => {
                let builder = builder.api_key("emulated").endpoint_id("llm-cache-emulator");
                builder.base_url(match provider {
                    Provider::Anthropic => emulator.base_url(),
                    Provider::OpenAi => emulator.openai_base_url(),
                })
            }
        }
    }

    /// The requests that arrived: counted by the emulator at its socket, else by the client where
    /// it sends them, retries included.
    pub(crate) fn upstream_calls(&self, client: &Client) -> u64 {
        self.emulator.as_ref().map_or_else(|| client.upstream_calls(), Emulator::upstream_calls)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, key, base_url) = self.provider.names();
        match &self.emulator {
            Some(_) => write!(f, "{key} is not set: an emulator of {name} answers, not a model"),
            None if is_set(base_url) => write!(f, "{name}'s API at the address in {base_url}"),
            None => write!(f, "{name}'s API, paid for by {key}"),
        }
    }
}

/// The words of the command line, taken out option by option.
pub(crate) struct Arguments {
    words: Vec<String>,
    usage: &'static str,
}

impl Arguments {
    pub(crate) fn read(usage: &'static str) -> Self {
        Self { words: env::args().skip(1).collect(), usage }
    }

    /// Whether the option is there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let len = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < len
    }

    /// What the word behind the first such option says.
    pub(crate) fn value<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, String> {
        let Some(at) = self.words.iter().position(|word| word == name) else { return Ok(None) };
        let value = self.words.drain(at..self.words.len().min(at + 2)).nth(1);
        let wrong = || format!("{name} needs another value; usage: {}", self.usage);
        value.and_then(|word| word.parse().ok()).map(Some).ok_or_else(wrong)
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<(), String> {
        let Some(word) = self.words.first() else { return Ok(()) };
        Err(format!("unexpected argument {word:?}; usage: {}", self.usage))
    }
}

/// Ends an example: an error in one line, and a code that a script can act on.
pub(crate) fn exit(name: &str, result: Result<(), Box<dyn Error>>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    eprintln!("{name}: {error}");
    ExitCode::FAILURE
}
