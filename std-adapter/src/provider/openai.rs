//! OpenAI's Chat Completions API and the servers that speak it: paths, headers, errors, streams.
//!
//! Sources: the Python SDK and the OpenAPI description, as of August 2026.

use llm_cache_core::key::Dialect;
use reqwest::header::{AUTHORIZATION, HeaderName};
use serde::Deserialize;
use serde_json::Value;

use super::sse::SseEvent;
use super::vendor::{HeaderSettings, Operation, Said, Step, Vendor};

/// The vendor of `openai.chat`.
pub(crate) struct OpenAi;

/// The error codes that mean money, not speed.
const SPENT: [&str; 4] = [
    "project_spend_limit_exceeded",
    "organization_spend_limit_exceeded",
    "credit_balance_exhausted",
    "insufficient_quota",
];

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

    fn read_error(&self, body: &[u8]) -> Said {
        let Ok(envelope) = serde_json::from_slice::<Envelope>(body) else {
            return Said::default();
        };
        let error = envelope.error;
        // Some compatible servers send the status as a number here.
        let code = error.code.as_ref().and_then(Value::as_str);
        let money = |text: Option<&str>| text.is_some_and(|text| SPENT.contains(&text));
        Said {
            spent: money(code) || money(error.class.as_deref()),
            class: code.map(str::to_owned).or(error.class),
            message: error.message,
            request_id: None,
        }
    }

    fn stream_step(&self, event: &SseEvent) -> Step {
        if event.data.trim() == "[DONE]" {
            return Step::Done;
        }
        // A chunk is an object without a member `error`, so most are told apart without parsing.
        if event.data.contains("\"error\"") {
            let failed = serde_json::from_str::<Value>(&event.data)
                .is_ok_and(|value| value.get("error").is_some_and(|error| !error.is_null()));
            if failed {
                return Step::Failed;
            }
        }
        Step::Go
    }
}

#[derive(Deserialize)]
struct Envelope {
    error: Body,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "type")]
    class: Option<String>,
    message: Option<String>,
    code: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: &str) -> SseEvent {
        SseEvent { name: String::new(), data: data.into() }
    }

    /// The code says more than the type, and spent money is told from a rate limit.
    #[test]
    fn reads_errors() {
        let body = br#"{"error":{"message":"m","type":"t","code":"insufficient_quota"}}"#;
        let said = OpenAi.read_error(body);
        assert_eq!((said.class.as_deref(), said.spent), (Some("insufficient_quota"), true));
        let body = br#"{"error":{"message":"m","type":"t","code":"rate_limit_exceeded"}}"#;
        let said = OpenAi.read_error(body);
        assert_eq!((said.class.as_deref(), said.spent), (Some("rate_limit_exceeded"), false));
        let body = br#"{"error":{"message":"m","type":null,"code":404}}"#;
        assert_eq!(OpenAi.read_error(body).message.as_deref(), Some("m"));
        assert_eq!(OpenAi.read_error(b"not json"), Said::default());
    }

    /// A chunk that only speaks of errors is no error.
    #[test]
    fn tells_a_failed_stream() {
        assert_eq!(OpenAi.stream_step(&event("[DONE]")), Step::Done);
        assert_eq!(OpenAi.stream_step(&event(r#"{"error":{"message":"x"}}"#)), Step::Failed);
        let talk = r#"{"choices":[{"delta":{"content":"an \"error\""}}]}"#;
        assert_eq!(OpenAi.stream_step(&event(talk)), Step::Go);
        assert_eq!(OpenAi.stream_step(&event(r#"{"error":null}"#)), Step::Go);
    }
}
