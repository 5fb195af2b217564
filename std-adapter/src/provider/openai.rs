//! OpenAI's Chat Completions API and the servers that speak it: paths and headers.
//!
//! Sources: the Python SDK and the OpenAPI description, as of August 2026.

use llm_cache_core::key::Dialect;
use reqwest::header::{AUTHORIZATION, HeaderName};

use super::vendor::{HeaderSettings, Operation, Vendor};

/// The vendor of `openai.chat`.
pub(crate) struct OpenAi;

impl Vendor for OpenAi {
    fn dialect(&self) -> Dialect {
        Dialect::OpenAiChat
    }

    fn base_url_default(&self) -> &'static str {
        "https://api.openai.com/v1"
    }

    fn api_version_default(&self) -> &'static str {
        ""
    }

    fn max_tokens_default(&self) -> Option<u32> {
        None
    }

    fn env_names(&self) -> (&'static str, &'static str) {
        ("OPENAI_API_KEY", "OPENAI_BASE_URL")
    }

    fn path(&self, operation: Operation, _base_path: &str) -> Option<&'static [&'static str]> {
        match operation {
            Operation::Generate => Some(&["chat", "completions"]),
            Operation::CountTokens => None,
        }
    }

    fn headers(&self, settings: &HeaderSettings) -> Vec<(HeaderName, String)> {
        let mut headers = Vec::new();
        if !settings.organization.is_empty() {
            let name = HeaderName::from_static("openai-organization");
            headers.push((name, settings.organization.clone()));
        }
        if !settings.project.is_empty() {
            let name = HeaderName::from_static("openai-project");
            headers.push((name, settings.project.clone()));
        }
        if !settings.betas.is_empty() {
            let name = HeaderName::from_static("openai-beta");
            headers.push((name, settings.betas.join(",")));
        }
        headers
    }

    fn key_header(&self, key: &str) -> (HeaderName, String) {
        (AUTHORIZATION, format!("Bearer {key}"))
    }
}
