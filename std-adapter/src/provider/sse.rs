//! One server-sent event that is owned. Core reads it: `llm_cache_core::sse`.

use core::fmt;

use llm_cache_core::sse;

/// One event of a stream: what stood between two blank lines.
#[derive(Clone, PartialEq, Eq)]
pub struct SseEvent {
    /// The `event` field; empty where there was none (OpenAI's chat streams have none).
    pub name: String,
    /// The `data` lines, joined by line feeds.
    pub data: String,
}

impl From<sse::SseEvent<'_>> for SseEvent {
    fn from(event: sse::SseEvent<'_>) -> Self {
        Self { name: event.name.into(), data: event.data.into() }
    }
}

impl fmt::Debug for SseEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The data is the model's answer.
        f.debug_struct("SseEvent")
            .field("name", &self.name)
            .field("data_len", &self.data.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Debug` shows no answer.
    #[test]
    fn debug_shows_lengths() {
        let event = SseEvent { name: "a".into(), data: "secret".into() };
        assert_eq!(format!("{event:?}"), "SseEvent { name: \"a\", data_len: 6 }");
    }
}
