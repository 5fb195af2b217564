//! Requests of any shape written in every dialect: valid JSON of the length that was told, and no
//! accepted request has marks that the provider refuses.

use arbitrary::{Arbitrary, Result, Unstructured};
use llm_cache_core::{
    json::JsonValue,
    key::Dialect,
    prompt::{
        Block, CacheControl, Content, Document, DocumentSource, EncodeError, Function, Image,
        ImageSource, Message, RawJson, RawObject, Request, Role, SystemPrompt, Text, Tool,
        ToolResult, ToolResultContent, ToolUse, Ttl,
    },
};
use serde_json::Value;

const DIALECTS: [Dialect; 3] =
    [Dialect::AnthropicMessages, Dialect::OpenAiChat, Dialect::OpenAiResponses];
/// Raw JSON, with marks in it and without.
const RAWS: [&str; 5] = [
    r#"{"type":"server_tool_use","id":"s","n":1.0}"#,
    r#"{"type":"x","cache_control":{"type":"ephemeral","ttl":"1h"}}"#,
    r#"{"type":"x","cache_control":null}"#,
    r#"{"role":"user","content":[{"type":"text","text":"a"}]}"#,
    "{ }",
];

/// Builds a request from the bytes and writes it in each dialect.
pub fn check(bytes: &[u8]) {
    let mut tape = Unstructured::new(bytes);
    // Too few bytes make no request.
    _ = with_request(&mut tape, |request| {
        for dialect in DIALECTS {
            let mut written = Vec::new();
            match request.encode(dialect, &mut written) {
                Ok(()) => assert_sound(request, dialect, &written),
                Err(EncodeError::Rejected(why)) => {
                    assert!(written.is_empty(), "{why}");
                    assert_eq!(request.encoded_len(dialect), Err(why));
                }
                Err(EncodeError::Write(error)) => panic!("{error}"),
            }
        }
    });
}

fn assert_sound(request: &Request<'_>, dialect: Dialect, written: &[u8]) {
    assert_eq!(request.encoded_len(dialect), Ok(written.len()));
    JsonValue::parse(written).expect("JSON");
    let body: Value = serde_json::from_slice(written).expect("JSON");
    if dialect != Dialect::AnthropicMessages {
        return;
    }
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let blocks = list(&body["messages"]);
    let blocks = blocks.iter().flat_map(|message| list(&message["content"]));
    let parts = list(&body["tools"]).into_iter().chain(list(&body["system"])).chain(blocks);
    let marks = parts.map(|part| part["cache_control"].clone()).filter(|mark| !mark.is_null());
    let hours: Vec<_> = marks.map(|mark| mark["ttl"] == "1h").collect();
    assert!(hours.len() <= 4, "{} breakpoints", hours.len());
    assert!(hours.is_sorted_by(|earlier, later| earlier >= later), "1h behind 5m");
}

fn with_request(tape: &mut Unstructured<'_>, test: impl FnOnce(&Request<'_>)) -> Result<()> {
    let texts: Vec<String> =
        (0..tape.int_in_range(1..=4)?).map(|_| String::arbitrary(tape)).collect::<Result<_>>()?;
    let blocks: Vec<Vec<Block<'_>>> = (0..tape.int_in_range(0..=4)?)
        .map(|_| (0..tape.int_in_range(0..=3)?).map(|_| block(tape, &texts)).collect())
        .collect::<Result<_>>()?;
    let messages: Vec<_> = blocks
        .iter()
        .map(|blocks| {
            let role = *tape.choose(&[Role::User, Role::User, Role::Assistant, Role::System])?;
            let content = match tape.int_in_range(0..=9)? {
                0 => Content::Text(tape.choose(&texts)?),
                1 => Content::Whole(raw(tape)?),
                _ => Content::Blocks(blocks),
            };
            Ok(Message { role, content })
        })
        .collect::<Result<_>>()?;
    let tools: Vec<_> =
        (0..tape.int_in_range(0..=2)?).map(|_| tool(tape, &texts)).collect::<Result<_>>()?;
    let system: Vec<_> = (0..tape.int_in_range(0..=2)?)
        .map(|_| {
            let mut text = Text::new(tape.choose(&texts)?);
            text.cache_control = mark(tape)?;
            Ok(text)
        })
        .collect::<Result<_>>()?;
    let mut request = Request::new(&texts[0], tape.arbitrary()?, &messages);
    request.tools = &tools;
    request.cache_control = mark(tape)?;
    request.temperature = tape.arbitrary()?;
    request.stream = tape.arbitrary()?;
    request.system = match tape.int_in_range(0..=2)? {
        0 => None,
        1 => Some(SystemPrompt::Text(tape.choose(&texts)?)),
        _ => Some(SystemPrompt::Blocks(&system)),
    };
    test(&request);
    Ok(())
}

fn block<'t>(tape: &mut Unstructured<'_>, texts: &'t [String]) -> Result<Block<'t>> {
    let text: &'t str = tape.choose(texts)?;
    let mut block = match tape.int_in_range(0..=6)? {
        0 => Image::new(ImageSource::Url(text)).into(),
        1 => Document::new(DocumentSource::Text(text)).into(),
        2 => ToolUse::new(text, text, raw(tape)?).into(),
        3 => ToolResult::new(text, ToolResultContent::Text(text)).into(),
        4 => Block::Thinking(raw(tape)?),
        5 => Block::Raw(RawObject::new(raw(tape)?)),
        _ => Block::text(text),
    };
    block.set_cache_control(mark(tape)?);
    Ok(block)
}

fn tool<'t>(tape: &mut Unstructured<'_>, texts: &'t [String]) -> Result<Tool<'t>> {
    let mut tool = match tape.int_in_range(0..=1)? {
        0 => Tool::Raw(RawObject::new(raw(tape)?)),
        _ => Tool::Function(Function::new(tape.choose(texts)?, raw(tape)?)),
    };
    tool.set_cache_control(mark(tape)?);
    Ok(tool)
}

fn raw(tape: &mut Unstructured<'_>) -> Result<RawJson<'static>> {
    Ok(RawJson::assume_valid(tape.choose(&RAWS)?))
}

fn mark(tape: &mut Unstructured<'_>) -> Result<Option<CacheControl>> {
    let mark = CacheControl::ephemeral();
    let hour = mark.with_ttl(Ttl::OneHour);
    Ok(match tape.int_in_range(0..=63)? {
        // Rarely, since it makes a request one that Anthropic's API has no place for.
        63 => Some(mark.with_ttl(Ttl::TwelveHours)),
        drawn => [None, None, Some(mark), Some(hour)][drawn % 4],
    })
}
