//! Anthropic's Messages API: paths, headers, errors, streams.
//!
//! Sources: the API reference (overview, versioning, errors, rate limits, streaming) and the Python
//! SDK, as of August 2026.

use llm_cache_core::key::Dialect;
use reqwest::header::HeaderName;
use serde::Deserialize;

use super::sse::SseEvent;
use super::vendor::{HeaderSettings, Operation, Said, Step, Vendor};

/// The vendor of `anthropic.messages`.
pub(crate) struct Anthropic;

impl Vendor for Anthropic {
    fn dialect(&self) -> Dialect {
        Dialect::AnthropicMessages
    }

    fn base_url_default(&self) -> &'static str {
        "https://api.anthropic.com"
    }

    fn api_version_default(&self) -> &'static str {
        "2023-06-01"
    }

    fn max_tokens_default(&self) -> Option<u32> {
        Some(4096)
    }

    fn env_names(&self) -> (&'static str, &'static str) {
        ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL")
    }

    fn path(&self, operation: Operation, base_path: &str) -> Option<&'static [&'static str]> {
        // The vendor's base URL has no version; one that was copied with it means the same.
        let versioned = base_path.trim_end_matches('/').ends_with("/v1");
        Some(match (operation, versioned) {
            (Operation::Generate, false) => &["v1", "messages"],
            (Operation::Generate, true) => &["messages"],
            (Operation::CountTokens, false) => &["v1", "messages", "count_tokens"],
            (Operation::CountTokens, true) => &["messages", "count_tokens"],
        })
    }

    fn headers(&self, settings: &HeaderSettings) -> Vec<(HeaderName, String)> {
        let version = HeaderName::from_static("anthropic-version");
        let mut headers = vec![(version, settings.api_version.clone())];
        if !settings.betas.is_empty() {
            let betas = HeaderName::from_static("anthropic-beta");
            headers.push((betas, settings.betas.join(",")));
        }
        headers
    }

    fn key_header(&self, key: &str) -> (HeaderName, String) {
        (HeaderName::from_static("x-api-key"), key.to_owned())
    }

    fn read_error(&self, body: &[u8]) -> Said {
        let Ok(envelope) = serde_json::from_slice::<Envelope>(body) else {
            return Said::default();
        };
        let code = envelope.error.details.and_then(|details| details.error_code);
        Said {
            spent: code.as_deref() == Some("enforced_spend_limit_reached")
                || envelope.error.class.as_deref() == Some("billing_error"),
            class: envelope.error.class,
            message: envelope.error.message,
            request_id: envelope.request_id,
        }
    }

    fn stream_step(&self, event: &SseEvent) -> Step {
        match event.name.as_str() {
            "message_stop" => Step::Done,
            "error" => Step::Failed,
            _ => Step::Go,
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    error: Body,
    request_id: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "type")]
    class: Option<String>,
    message: Option<String>,
    details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    error_code: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documented error body is read in full; the spend cap is told from a rate limit.
    #[test]
    fn reads_errors() {
        let body = br#"{"type":"error","error":{"type":"rate_limit_error","message":"m",
            "details":{"error_code":"enforced_spend_limit_reached"}},"request_id":"req_1"}"#;
        let said = Anthropic.read_error(body);
        assert_eq!(said.class.as_deref(), Some("rate_limit_error"));
        assert_eq!(said.message.as_deref(), Some("m"));
        assert_eq!(said.request_id.as_deref(), Some("req_1"));
        assert!(said.spent);
        let plain = br#"{"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#;
        assert!(!Anthropic.read_error(plain).spent);
        // Cloudflare's 413 is not JSON.
        assert_eq!(Anthropic.read_error(b"<html>413</html>"), Said::default());
    }

    /// A base URL with and without its version leads to the same endpoint.
    #[test]
    fn joins_either_base() {
        assert_eq!(Anthropic.path(Operation::Generate, "/"), Some(&["v1", "messages"][..]));
        assert_eq!(Anthropic.path(Operation::Generate, "/proxy/v1/"), Some(&["messages"][..]));
    }
}
