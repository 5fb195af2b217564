use super::*;
use proptest::prelude::*;

/// What a generated message is made of; owned, for the model only borrows.
#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Image(String),
    ToolUse(String),
    ToolResult(String, bool),
    Thinking,
    Raw,
}

#[derive(Clone, Debug)]
struct Conversation {
    system: Vec<(String, Option<CacheControl>)>,
    messages: Vec<Vec<(Piece, Option<CacheControl>)>>,
    automatic: Option<CacheControl>,
    temperature: Option<f64>,
}

fn mark() -> impl Strategy<Value = Option<CacheControl>> {
    let stated = |ttl| Some(MARK.with_ttl(ttl));
    prop_oneof![
        12 => Just(None),
        4 => Just(Some(MARK)),
        4 => Just(stated(Ttl::FiveMinutes)),
        4 => Just(Some(HOUR)),
        1 => Just(stated(Ttl::ThirtyMinutes)),
        1 => Just(stated(Ttl::TwelveHours)),
    ]
}

fn piece() -> impl Strategy<Value = Piece> {
    let text = "[a\"\\\\\u{0}-\u{1f}\u{e9}\u{1f600}]{0,6}";
    prop_oneof![
        text.prop_map(Piece::Text),
        text.prop_map(Piece::Image),
        text.prop_map(Piece::ToolUse),
        (text, any::<bool>()).prop_map(|(text, is_error)| Piece::ToolResult(text, is_error)),
        Just(Piece::Thinking),
        Just(Piece::Raw),
    ]
}

fn conversation() -> impl Strategy<Value = Conversation> {
    let message = proptest::collection::vec((piece(), mark()), 0..4);
    (
        proptest::collection::vec(("[a-c]{0,3}", mark()), 0..3),
        proptest::collection::vec(message, 0..4),
        mark(),
        proptest::option::of(0.0..2.0_f64),
    )
        .prop_map(|(system, messages, automatic, temperature)| Conversation {
            system,
            messages,
            automatic,
            temperature,
        })
}

fn block<'a>((piece, mark): &'a (Piece, Option<CacheControl>)) -> Block<'a> {
    let mut block = match piece {
        Piece::Text(text) => Block::text(text),
        Piece::Image(url) => Image::new(ImageSource::Url(url)).into(),
        Piece::ToolUse(id) => ToolUse::new(id, "f", RawJson::assume_valid("{\"a\":1.0}")).into(),
        Piece::ToolResult(text, is_error) => {
            let inner = ToolResultContent::Text(text);
            let result = ToolResult::new("id", inner);
            if *is_error { result.with_error().into() } else { result.into() }
        }
        Piece::Thinking => Block::Thinking(RawJson::assume_valid("{\"type\":\"thinking\"}")),
        Piece::Raw => Block::Raw(RawObject::new(RawJson::assume_valid("{\"type\":\"x\"}"))),
    };
    block.set_cache_control(*mark);
    block
}

/// Runs `test` on the borrowed form of a conversation.
fn with_request<R>(from: &Conversation, test: impl FnOnce(&Request<'_>) -> R) -> R {
    let system = from.system.iter().map(|(text, mark)| {
        let mut block = Text::new(text);
        block.cache_control = *mark;
        block
    });
    let system = system.collect::<Vec<_>>();
    let blocks = from.messages.iter().map(|message| message.iter().map(block).collect());
    let blocks = blocks.collect::<Vec<Vec<_>>>();
    let messages = blocks.iter().map(|blocks| Message::user_blocks(blocks));
    let messages = messages.collect::<Vec<_>>();
    let mut request = Request::new("m", 9, &messages);
    request.system = Some(SystemPrompt::Blocks(&system));
    request.cache_control = from.automatic;
    request.temperature = from.temperature;
    test(&request)
}

/// All marks of an encoded body in the provider's order, as an independent reader finds them.
fn marks_of(body: &serde_json::Value) -> Vec<bool> {
    let blocks = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let mut all = blocks(&body["tools"]);
    all.extend(blocks(&body["system"]));
    for message in blocks(&body["messages"]) {
        all.extend(blocks(&message["content"]));
    }
    let marks = all.iter().filter_map(|block| block.get("cache_control"));
    marks.map(|mark| mark.get("ttl").is_some_and(|ttl| ttl == "1h")).collect()
}

proptest! {
    /// What is accepted is JSON of the stated length, the same each time, with at most four marks
    /// of ordered lifetimes and none on an empty text or on thinking.
    #[test]
    fn accepted_requests_keep_the_rules(from in conversation()) {
        with_request(&from, |request| {
            let Ok(len) = request.encoded_len(Dialect::AnthropicMessages) else { return Ok(()) };
            let mut body = Vec::new();
            let mut writer = Sink(&mut body);
            prop_assert_eq!(request.encode(Dialect::AnthropicMessages, &mut writer), Ok(()));
            prop_assert_eq!(body.len(), len);
            let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
            let marks = marks_of(&body);
            prop_assert!(marks.len() <= 4);
            prop_assert!(marks.is_sorted_by(|earlier, later| earlier >= later));
            // This reader does not round correctly; `number` is tested with one that does.
            let read = body["temperature"].as_f64().unwrap_or_default();
            prop_assert!((read - from.temperature.unwrap_or_default()).abs() < 1e-12);
            Ok(())
        })?;
    }

    /// The other dialect: the same length and JSON again, as many marks as were set, and each
    /// lifetime as often as it was.
    #[test]
    fn openai_drops_no_mark(from in conversation()) {
        with_request(&from, |request| {
            let Ok(len) = request.encoded_len(Dialect::OpenAiChat) else { return Ok(()) };
            let mut body = Vec::new();
            let mut writer = Sink(&mut body);
            prop_assert_eq!(request.encode(Dialect::OpenAiChat, &mut writer), Ok(()));
            prop_assert_eq!(body.len(), len);
            serde_json::from_slice::<serde_json::Value>(&body).expect("JSON");
            let of_system = from.system.iter().map(|(_, mark)| *mark);
            let of_messages = from.messages.iter().flatten().map(|(_, mark)| *mark);
            let set: Vec<_> = of_system.chain(of_messages).flatten().collect();
            let text = String::from_utf8(body).expect("UTF-8");
            prop_assert_eq!(text.matches("\"prompt_cache_breakpoint\"").count(), set.len());
            for ttl in [Ttl::FiveMinutes, Ttl::ThirtyMinutes, Ttl::OneHour, Ttl::TwelveHours] {
                let of_all = set.iter().copied().chain(from.automatic);
                let expected = of_all.filter(|mark| mark.ttl == Some(ttl)).count();
                let member = std::format!("\"ttl\":\"{}\"", ttl.as_str());
                prop_assert_eq!(text.matches(&member).count(), expected);
            }
            Ok(())
        })?;
    }
}

/// A growing buffer; the test build of core has no `alloc` implementations of `Write`.
struct Sink<'v>(&'v mut Vec<u8>);

impl embedded_io::ErrorType for Sink<'_> {
    type Error = core::convert::Infallible;
}

impl embedded_io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}
