//! Bodies of strangers read into the prompt model: whatever is read comes back when it is written.

use llm_cache_core::{
    json::JsonValue,
    key::Dialect,
    prompt::{
        Block, DecodeError, DecodeMemory, DecodeNeeds, EncodeError, Message, RawJson, RawObject,
        Request, Tool,
    },
};
use serde_json::Value;

const DIALECTS: [Dialect; 3] =
    [Dialect::AnthropicMessages, Dialect::OpenAiChat, Dialect::OpenAiResponses];

/// Reads `body` in each dialect in exactly as much memory as it is said to need, writes it, and
/// compares what an independent reader sees in both.
pub fn check(body: &[u8]) {
    let Ok(body) = JsonValue::parse(body) else { return };
    for dialect in DIALECTS {
        with_decoded(dialect, body, |request| {
            let mut written = Vec::new();
            match request.encode_unvalidated(dialect, &mut written) {
                Ok(()) => assert_same(body.text(), &written),
                // Anthropic's marks in raw JSON of another dialect, and `cache_control` that is
                // another member's name.
                Err(EncodeError::Rejected(why)) => {
                    assert!(body.text().contains("cache_") || body.text().contains('\\'), "{why}");
                }
                Err(EncodeError::Write(error)) => panic!("{error}"),
            }
            if let Ok(len) = request.encoded_len(dialect) {
                assert_eq!(len, written.len());
            }
            let rewritten = JsonValue::parse(&written);
            if let Ok(rewritten) = rewritten {
                with_decoded(dialect, rewritten, |again| {
                    let mut twice = Vec::new();
                    again.encode_unvalidated(dialect, &mut twice).expect("it was written before");
                    assert_eq!(twice, written);
                });
            }
        });
    }
}

/// Runs `test` on the request, if the body is one.
pub fn with_decoded(dialect: Dialect, body: JsonValue<'_>, test: impl FnOnce(&Request<'_>)) {
    let needs = DecodeNeeds::of(body);
    let nothing = RawJson::assume_valid("{}");
    let mut tools = vec![Tool::Raw(RawObject::new(nothing)); needs.tools];
    let mut messages = vec![Message::user(""); needs.messages];
    let mut blocks = vec![Block::text(""); needs.blocks];
    let mut extra = vec![("", nothing); needs.extra];
    let (mut stop_sequences, mut text) = (vec![""; needs.stop_sequences], vec![0; needs.text]);
    let memory = DecodeMemory {
        tools: &mut tools,
        messages: &mut messages,
        blocks: &mut blocks,
        extra: &mut extra,
        stop_sequences: &mut stop_sequences,
        text: &mut text,
    };
    match Request::decode(dialect, body, memory) {
        Ok(request) => test(&request),
        Err(DecodeError::MemoryTooSmall(needs)) => panic!("it asked for {needs:?} and has it"),
        Err(_) => {}
    }
}

/// Equal as JSON, less the two spellings of "no mark" that are not kept.
fn assert_same(body: &str, written: &[u8]) {
    let seen = |text: &[u8]| {
        let mut value: Value = serde_json::from_slice(text).ok()?;
        let mark = value.get_mut("cache_control");
        if mark.as_ref().is_some_and(|mark| mark.is_null()) {
            value.as_object_mut()?.remove("cache_control");
        } else if let Some(mark) = mark.and_then(Value::as_object_mut)
            && mark.get("ttl").is_some_and(Value::is_null)
        {
            mark.remove("ttl");
        }
        Some(value)
    };
    assert_eq!(seen(body.as_bytes()), seen(written));
}
