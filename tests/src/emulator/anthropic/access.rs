//! Who may ask, and in which version: the checks on headers alone.

use super::super::answer::Answer;
use super::super::log::Seen;
use super::error::error;

/// The versions that the API has.
const VERSIONS: &[&str] = &["2023-06-01", "2026-10-21"];

/// Part of a key that makes it unknown, so that a test can be refused.
const INVALID_MARK: &str = "invalid";

/// Beta names that are accepted, those of features that became general included; as of 2026-10.
const BETAS: &[&str] = &[
    "advanced-tool-use-2025-11-20",
    "cache-diagnosis-2026-04-07",
    "code-execution-2025-05-22",
    "code-execution-2025-08-25",
    "computer-use-2025-01-24",
    "computer-use-2025-11-24",
    "context-1m-2025-08-07",
    "context-management-2025-06-27",
    "extended-cache-ttl-2025-04-11",
    "files-api-2025-04-14",
    "fine-grained-tool-streaming-2025-05-14",
    "inline-tools-2026-09-15",
    "interleaved-thinking-2025-05-14",
    "mcp-client-2025-04-04",
    "mcp-client-2025-11-20",
    "message-batches-2024-09-24",
    "mid-conversation-output-config-2026-07-01",
    "mid-conversation-tool-changes-2026-07-01",
    "output-128k-2025-02-19",
    "prompt-caching-2024-07-31",
    "skills-2025-10-02",
    "structured-outputs-2025-11-13",
    "token-counting-2024-11-01",
    "token-efficient-tools-2025-02-19",
    "web-fetch-2025-09-10",
];

/// A refusal on headers.
pub(super) struct Refused {
    status: u16,
    kind: &'static str,
    message: String,
}

impl Refused {
    fn authentication(message: &str) -> Self {
        Self { status: 401, kind: "authentication_error", message: message.into() }
    }

    fn invalid(message: String) -> Self {
        Self { status: 400, kind: "invalid_request_error", message }
    }

    pub(super) fn into_answer(self, id: u64) -> Answer {
        error(self.status, self.kind, &self.message, id)
    }
}

/// The API key or bearer token of a request that may go on.
pub(super) fn check(seen: &Seen) -> Result<String, Refused> {
    let credential = credential(seen)?;
    if credential.contains(INVALID_MARK) {
        return Err(Refused::authentication("invalid x-api-key"));
    }
    match seen.header("anthropic-version") {
        None => return Err(Refused::invalid("anthropic-version: header is required".into())),
        Some(version) if VERSIONS.contains(&version) => {}
        Some(other) => {
            let why = format!("anthropic-version: \"{other}\" is not a valid version");
            return Err(Refused::invalid(why));
        }
    }
    let all = seen.headers.iter().filter(|(name, _)| name == "anthropic-beta");
    let betas = all.flat_map(|(_, value)| value.split(',')).map(str::trim);
    let unknown: Vec<String> = betas
        .filter(|beta| !beta.is_empty() && !BETAS.contains(beta))
        .map(|beta| format!("`{beta}`"))
        .collect();
    if unknown.is_empty() {
        return Ok(credential.to_string());
    }
    Err(Refused::invalid(format!(
        "Unexpected value(s) {} for the `anthropic-beta` header.",
        unknown.join(", ")
    )))
}

fn credential(seen: &Seen) -> Result<&str, Refused> {
    let bearer = seen.header("authorization");
    match (seen.header("x-api-key").filter(|key| !key.is_empty()), bearer) {
        (Some(_), Some(_)) => Err(Refused::authentication(
            "x-api-key and authorization must not be set at the same time",
        )),
        (Some(key), None) => Ok(key),
        (None, Some(bearer)) => bearer
            .strip_prefix("Bearer ")
            .filter(|token| !token.is_empty())
            .ok_or_else(|| Refused::authentication("Invalid bearer token")),
        (None, None) => Err(Refused::authentication("x-api-key header is required")),
    }
}
