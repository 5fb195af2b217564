//! Who may ask, and in which version: the checks on headers alone.

use super::super::answer::Answer;
use super::super::log::Seen;
use super::error::error;

/// The versions that the API has.
const VERSIONS: &[&str] = &["2023-06-01", "2026-10-21"];

/// Part of a key that makes it unknown, so that a test can be refused.
const INVALID_MARK: &str = "invalid";

/// Beta names that are accepted: those that the SDKs of November 2026 list or send, deprecated ones
/// and those of features that became general included, and two that Claude Code sends.
const BETAS: &[&str] = &[
    "admin-user-sign-out-2026-10-08",
    "advanced-tool-use-2025-11-20",
    "advisor-tool-2026-03-01",
    "agent-memory-2026-07-22",
    "analytics-usage-cost-2026-08-24",
    "cache-diagnosis-2026-04-07",
    "ce-claude-code-managed-settings-2026-10-06",
    "ce-plugins-2026-09-01",
    "ce-user-management-2026-07-13",
    "code-execution-2025-05-22",
    "code-execution-2025-08-25",
    "compact-2026-01-12",
    "compact-2026-09-04",
    "computer-use-2024-10-22",
    "computer-use-2025-01-24",
    "computer-use-2025-11-24",
    "context-1m-2025-08-07",
    "context-management-2025-06-27",
    "dev-full-thinking-2025-05-14",
    "dreaming-2026-04-21",
    "efs-2026-10-01",
    "experimental-claude-tag-2026-10-21",
    "extended-cache-ttl-2025-04-11",
    "fallback-credit-2026-06-01",
    "fallback-credit-2026-07-01",
    "fast-mode-2026-02-01",
    "files-api-2025-04-14",
    "fine-grained-tool-streaming-2025-05-14",
    "google-managed-data-controls-2026-09-01",
    "inline-tools-2026-09-15",
    "interleaved-thinking-2025-05-14",
    "managed-agents-2026-04-01",
    "mcp-client-2025-04-04",
    "mcp-client-2025-11-20",
    "mcp-client-2026-09-15",
    "mcp-tunnels-2026-06-22",
    "message-batches-2024-09-24",
    "message-threads-2026-08-12",
    "mid-conversation-output-config-2026-07-01",
    "mid-conversation-system-clear-at-2026-08-21",
    "mid-conversation-tool-changes-2026-07-01",
    "model-context-window-exceeded-2025-08-26",
    "oauth-2025-04-20",
    "oidc-federation-2026-04-01",
    "output-128k-2025-02-19",
    "output-300k-2026-03-24",
    "pdfs-2024-09-25",
    "prompt-caching-2024-07-31",
    "prompt-caching-evict-2026-05-12",
    "prompt-caching-scope-2026-01-05",
    "server-side-fallback-2026-06-01",
    "server-side-fallback-2026-07-01",
    "skills-2025-10-02",
    "spend-limit-reads-2026-09-26",
    "structured-outputs-2025-11-13",
    "task-budgets-2026-03-13",
    "telemetry-destinations-2026-08-11",
    "thinking-binding-controls-2026-08-01",
    "thinking-display-updates-2026-08-18",
    "thinking-token-count-2026-05-13",
    "token-counting-2024-11-01",
    "token-efficient-tools-2025-02-19",
    "tool-search-tool-2025-10-19",
    "user-profiles-2026-03-24",
    "user-profiles-2026-08-18",
    "user-profiles-2026-09-04",
    "user-profiles-billing-2026-10-01",
    "web-fetch-2025-09-10",
    "webhooks-2026-10-07",
];

/// What the headers of a request that may go on say.
#[derive(Debug)]
pub(super) struct Access<'a> {
    /// The API key or bearer token.
    pub(super) credential: &'a str,
    pub(super) version: &'a str,
    betas: Vec<&'a str>,
}

impl Access<'_> {
    pub(super) fn has_beta(&self, name: &str) -> bool {
        self.betas.contains(&name)
    }
}

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

/// Credential, version and betas, checked in this order.
pub(super) fn check(seen: &Seen) -> Result<Access<'_>, Refused> {
    let credential = credential(seen)?;
    if credential.contains(INVALID_MARK) {
        return Err(Refused::authentication("invalid x-api-key"));
    }
    let version = match seen.header("anthropic-version") {
        None => return Err(Refused::invalid("anthropic-version: header is required".into())),
        Some(version) if VERSIONS.contains(&version) => version,
        Some(other) => {
            let why = format!("anthropic-version: \"{other}\" is not a valid version");
            return Err(Refused::invalid(why));
        }
    };
    let betas: Vec<&str> = betas(seen).collect();
    let unknown = betas.iter().filter(|beta| !BETAS.contains(beta));
    let unknown: Vec<String> = unknown.map(|beta| format!("`{beta}`")).collect();
    if unknown.is_empty() {
        return Ok(Access { credential, version, betas });
    }
    Err(Refused::invalid(format!(
        "Unexpected value(s) {} for the `anthropic-beta` header.",
        unknown.join(", ")
    )))
}

/// The names in all `anthropic-beta` headers, in order.
pub(super) fn betas(seen: &Seen) -> impl Iterator<Item = &str> {
    let all = seen.headers.iter().filter(|(name, _)| name == "anthropic-beta");
    let names = all.flat_map(|(_, value)| value.split(',')).map(str::trim);
    names.filter(|name| !name.is_empty())
}

fn credential(seen: &Seen) -> Result<&str, Refused> {
    let bearer = seen.header("authorization");
    match (seen.header("x-api-key").filter(|key| !key.is_empty()), bearer) {
        (Some(_), Some(_)) => Err(Refused::authentication(
            "x-api-key and authorization must not be set at the same time",
        )),
        (Some(key), None) => Ok(key),
        (None, Some(bearer)) => bearer
            .split_once(' ')
            .filter(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
            .map(|(_, token)| token)
            .ok_or_else(|| Refused::authentication("Invalid bearer token")),
        (None, None) => Err(Refused::authentication("x-api-key header is required")),
    }
}
