//! Anthropic's Messages API: paths and headers.
//!
//! Sources: the API reference (overview, versioning, errors, rate limits, streaming) and the Python
//! SDK, as of August 2026.

use llm_cache_core::key::Dialect;
use reqwest::header::HeaderName;

use super::vendor::{HeaderSettings, Operation, Vendor};

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
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A base URL with and without its version leads to the same endpoint.
    #[test]
    fn joins_either_base() {
        assert_eq!(Anthropic.path(Operation::Generate, "/"), Some(&["v1", "messages"][..]));
        assert_eq!(Anthropic.path(Operation::Generate, "/proxy/v1/"), Some(&["messages"][..]));
    }
}
