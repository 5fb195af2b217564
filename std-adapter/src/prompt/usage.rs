//! What an answer says of its own price: token counts, model, service tier; of whole answers and of
//! streams, in every dialect.

use llm_cache_core::Usage;
use llm_cache_core::json::JsonValue;
use llm_cache_core::key::Dialect;
use llm_cache_core::reply::{read_price_tier, read_usage};
use llm_cache_core::sse::SseEvents;

/// What an answer reports for its bill, in the words of all providers.
///
/// [`Reported::of`] reads a whole body, the text of a stream included; [`Reported::take`] takes
/// in a stream event by event. Counts of a stream are cumulative, so later ones replace earlier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reported {
    /// The token counts; `None` if the answer has none (an error, a stream that was cut, an OpenAI
    /// stream that was not asked for them).
    pub usage: Option<Usage>,
    /// The model that answered, which may be named more exactly than the one asked for.
    pub model: Option<String>,
    /// Whether the answer says that it is not billed at the list price: another service tier than
    /// the standard one (batch, priority, flex), fast mode, or a region with a surcharge.
    pub at_other_prices: bool,
}

/// The same as it is in an entry or an answer, borrowed.
#[derive(Clone, Copy)]
pub(crate) struct Priced<'a> {
    pub(crate) usage: Option<Usage>,
    pub(crate) model: Option<&'a str>,
    pub(crate) at_other_prices: bool,
}

impl Reported {
    /// The same, borrowed.
    pub(crate) fn as_priced(&self) -> Priced<'_> {
        let Self { usage, model, at_other_prices } = self;
        Priced { usage: *usage, model: model.as_deref(), at_other_prices: *at_other_prices }
    }

    /// Reads an answer's body: one JSON object, or the text of a stream of events. What is neither
    /// reports nothing. O(length).
    #[must_use]
    pub fn of(dialect: Dialect, body: &[u8]) -> Self {
        let mut reported = Self::default();
        if let Ok(root) = JsonValue::parse(body) {
            reported.take_answer(dialect, root);
            return reported;
        }
        let (mut events, mut rest) = (SseEvents::on_heap(body.len()), body);
        while let Ok(Some(event)) = events.next_event(&mut rest) {
            reported.take(dialect, event.data);
        }
        reported
    }

    /// Takes in the data of one event of a stream.
    pub fn take(&mut self, dialect: Dialect, data: &str) {
        // Deltas of text, which are nearly all of a stream, say none of it.
        let has_model = self.model.is_none() && data.contains("\"model\"");
        if !has_model && !data.contains("\"usage\"") {
            return;
        }
        let Ok(root) = JsonValue::parse(data.as_bytes()) else { return };
        let inner = match dialect {
            Dialect::AnthropicMessages => root.get("message"),
            Dialect::OpenAiResponses => root.get("response"),
            Dialect::OpenAiChat | Dialect::OpenAiEmbeddings | Dialect::Json => None,
        };
        self.take_answer(dialect, inner.unwrap_or(root));
    }

    fn take_answer(&mut self, dialect: Dialect, answer: JsonValue<'_>) {
        if let Some(model) = answer.get("model").and_then(|model| model.as_str()) {
            self.model = Some(model.chars().collect());
        }
        let usage = answer.get("usage").filter(|usage| !usage.is_null());
        self.at_other_prices |= read_price_tier(dialect, answer).is_some();
        let Some(counts) = usage else { return };
        // Events of Anthropic's add to what earlier ones said.
        let adds = match dialect {
            Dialect::AnthropicMessages => true,
            Dialect::OpenAiChat
            | Dialect::OpenAiResponses
            | Dialect::OpenAiEmbeddings
            | Dialect::Json => false,
        };
        match &mut self.usage {
            Some(usage) if adds => update(usage, counts),
            place => *place = read_usage(dialect, counts).or(*place),
        }
    }
}

/// Takes in the counts of a later event of Anthropic's: each replaces the earlier one, and one that
/// is absent or `null` leaves it. Lifetimes are told apart by the first event only.
fn update(usage: &mut Usage, counts: JsonValue<'_>) {
    let count = |name| counts.get(name).and_then(|count| count.as_u64());
    let split = counts.get("cache_creation").filter(|split| !split.is_null());
    if let Some(hour) = split.and_then(|it| it.get("ephemeral_1h_input_tokens")?.as_u64()) {
        usage.cache_write_1h_tokens = hour;
    }
    if let Some(written) = count("cache_creation_input_tokens") {
        usage.cache_write_tokens = written.saturating_sub(usage.cache_write_1h_tokens);
    }
    let set = |place: &mut u64, count: Option<u64>| *place = count.unwrap_or(*place);
    set(&mut usage.input_tokens, count("input_tokens"));
    set(&mut usage.cache_read_tokens, count("cache_read_input_tokens"));
    set(&mut usage.output_tokens, count("output_tokens"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(input: u64, read: u64, write_5m: u64, write_1h: u64, output: u64) -> Option<Usage> {
        Some(Usage {
            input_tokens: input,
            cache_read_tokens: read,
            cache_write_tokens: write_5m,
            cache_write_1h_tokens: write_1h,
            cache_write_12h_tokens: 0,
            output_tokens: output,
        })
    }

    /// A stream comes to what its events say last, and what only the first one says stays.
    #[test]
    fn streams_of_messages() {
        let text = "event: message_start\n\
            data: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-opus-5\",\"usage\":\
            {\"input_tokens\":3,\"cache_read_input_tokens\":5,\"cache_creation_input_tokens\":9,\
            \"output_tokens\":1,\"service_tier\":\"standard\",\"cache_creation\":\
            {\"ephemeral_5m_input_tokens\":2,\"ephemeral_1h_input_tokens\":7}}}}\n\n\
            event: content_block_delta\ndata: {\"delta\":{\"text\":\"\\\"usage\\\"\"}}\n\n\
            event: message_delta\n\
            data: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":40,\
            \"cache_creation_input_tokens\":9,\"cache_read_input_tokens\":null}}\n\n";
        let reported = Reported::of(Dialect::AnthropicMessages, text.as_bytes());
        assert_eq!(reported.usage, usage(3, 5, 2, 7, 40));
        assert_eq!(reported.model.as_deref(), Some("claude-opus-5"));
        assert!(!reported.at_other_prices);
        let cut = &text.as_bytes()[..text.find("event: message_delta").unwrap()];
        let cut = Reported::of(Dialect::AnthropicMessages, cut);
        assert_eq!(cut.usage, usage(3, 5, 2, 7, 1));
    }

    /// OpenAI's counts include what was read and written, in both of its dialects.
    #[test]
    fn streams_of_openai() {
        let chat = "data: {\"model\":\"gpt-4o\",\"usage\":null}\n\n\
            data: {\"model\":\"gpt-4o\",\"service_tier\":\"flex\",\"choices\":[],\"usage\":\
            {\"prompt_tokens\":20,\"completion_tokens\":4,\"prompt_tokens_details\":\
            {\"cached_tokens\":12,\"cache_write_tokens\":3}}}\n\ndata: [DONE]\n\n";
        let reported = Reported::of(Dialect::OpenAiChat, chat.as_bytes());
        assert_eq!((reported.usage, reported.at_other_prices), (usage(5, 12, 3, 0, 4), true));
        let responses = "event: response.created\n\
            data: {\"response\":{\"model\":\"gpt-5\",\"usage\":null}}\n\n\
            event: response.completed\ndata: {\"response\":{\"model\":\"gpt-5\",\"usage\":\
            {\"input_tokens\":9,\"input_tokens_details\":{\"cached_tokens\":2,\
            \"cache_write_tokens\":0},\"output_tokens\":1}}}\n\n";
        let reported = Reported::of(Dialect::OpenAiResponses, responses.as_bytes());
        assert_eq!((reported.usage, reported.at_other_prices), (usage(7, 2, 0, 0, 1), false));
        assert_eq!(reported.model.as_deref(), Some("gpt-5"));
        let split = responses.replace(
            "\"cache_write_tokens\":0",
            "\"cache_write_tokens\":4,\"cache_write_tokens_details\":{\"ttl_30m_tokens\":1,\
             \"ttl_12h_tokens\":3}",
        );
        let expected = usage(3, 2, 1, 0, 1).map(|it| Usage { cache_write_12h_tokens: 3, ..it });
        assert_eq!(Reported::of(Dialect::OpenAiResponses, split.as_bytes()).usage, expected);
    }

    /// An answer that is billed otherwise says so; an error and a web page report nothing.
    #[test]
    fn other_prices_and_no_answer() {
        let body = |tier: &str| {
            format!(r#"{{"model":"m","usage":{{"input_tokens":1,"output_tokens":1,{tier}}}}}"#)
        };
        let of = |body: &str| Reported::of(Dialect::AnthropicMessages, body.as_bytes());
        assert!(
            !of(&body(r#""service_tier":"standard","inference_geo":"global""#)).at_other_prices
        );
        for tier in [r#""service_tier":"batch""#, r#""inference_geo":"us""#, r#""speed":"fast""#] {
            assert!(of(&body(tier)).at_other_prices, "{tier}");
        }
        assert_eq!(of("<html>"), Reported::default());
        assert_eq!(of(r#"{"type":"error","error":{"message":"m"}}"#), Reported::default());
    }
}
