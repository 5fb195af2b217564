//! The Messages API without a socket: its rules and its prompt cache, called in process.
//!
//! For tests that ask thousands of times: the same checks, the same accounting, no answer.

use serde_json::Value;

use super::super::models;
use super::super::prefixes::Prefixes;
use super::positions::{self, Prompt};
use super::prompt_cache::{Usage, look_up};
use super::{refusal, rules};

/// One workspace's prompt cache, and the checks before it.
#[derive(Debug, Default)]
pub struct Ledger {
    cache: Prefixes,
}

impl Ledger {
    /// The message of the error that the API answers `body` with; `None` where it accepts it.
    /// O(length of the body).
    pub fn refusal(body: &Value) -> Option<String> {
        refusal(body, true).map(|refused| refused.message)
    }

    /// The row of the table of prompt caching rules (`tests/README.md`) that a body breaks first;
    /// `None` where it breaks none of them.
    pub fn broken_rule(body: &Value) -> Option<&'static str> {
        rules::violation(body).map(|(name, _)| name)
    }

    /// The positions of a prompt as the accounting sees them, forgotten thinking left out,
    /// automatic marks and those of the API itself put in. O(length of the body).
    pub fn positions(body: &Value) -> Vec<LedgerPosition> {
        let positions = Prompt::read(body, "").positions.into_iter();
        let public = |position: positions::Position| LedgerPosition {
            path: position.path,
            mark: position.mark.map(positions::Ttl::name),
            is_markable: position.eligible,
            tokens: position.tokens,
        };
        positions.map(public).collect()
    }

    /// Bills a request that starts at `now_ms` (milliseconds) and answers it at once: what it
    /// writes can be read by the next one.
    ///
    /// # Errors
    ///
    /// The message of the [`refusal`](Self::refusal); nothing is billed then.
    pub fn bill(&mut self, body: &Value, now_ms: u64) -> Result<Usage, String> {
        if let Some(message) = Self::refusal(body) {
            return Err(message);
        }
        let minimum = models::minimum_cacheable_tokens(body["model"].as_str().unwrap_or_default());
        let billing = look_up(&mut self.cache, &Prompt::read(body, ""), minimum, now_ms);
        billing.writes.commit(&mut self.cache);
        Ok(billing.usage)
    }
}

/// One block of a prompt, as [`Ledger::positions`] gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LedgerPosition {
    /// `messages.0.content.1`; `messages.0.content` and `system` of a plain string.
    pub path: String,
    /// `5m`, `1h` or none.
    pub mark: Option<&'static str>,
    /// Whether it may carry a mark.
    pub is_markable: bool,
    /// Tokens of the prompt up to its end.
    pub tokens: u64,
}

/// Tokens of one tool or content block by the emulator's rule (`tests/README.md`): bytes divided by
/// four, rounded up, at least one; of a text block its text, of any other its JSON text without
/// markers.
pub fn block_tokens(block: &Value) -> u64 {
    positions::block_tokens(block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Proves that a ledger counts as the socket does, refuses with its texts, and that what a
    /// refused request would have written is not there.
    #[test]
    fn a_ledger_bills_and_refuses() {
        let text = "x".repeat(4 * 600);
        let body = |ttl: &str, role: &str| {
            json!({"model": "claude-opus-5", "max_tokens": 9, "messages": [{"role": role, "content":
                [{"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": ttl}},
                    {"type": "image", "source": {"type": "url", "url": "u"}}]}]})
        };
        let mut ledger = Ledger::default();
        let refused = ledger.bill(&body("2h", "user"), 0).unwrap_err();
        assert!(refused.ends_with("Input should be '5m' or '1h'"), "{refused}");
        let image = json!({"type": "image", "source": {"type": "url", "url": "u"}});
        let rest = block_tokens(&image);
        assert_eq!(rest, (image.to_string().len() as u64).div_ceil(4));
        let usage = |usage: Usage| [usage.input, usage.read, usage.written_5m, usage.written_1h];
        assert_eq!(usage(ledger.bill(&body("1h", "user"), 0).unwrap()), [rest, 0, 0, 600]);
        assert_eq!(usage(ledger.bill(&body("1h", "user"), 1).unwrap()), [rest, 600, 0, 0]);
        assert_eq!(usage(ledger.bill(&body("1h", "assistant"), 2).unwrap())[1], 0, "another role");
    }
}
