//! The key of a request against the key of its bytes: the slow and obvious way.

use super::generated::with_request;
use super::*;
use crate::canonical::scratch_needed;
use crate::key::{Endpoint, KeyError, KeyHasher, RequestKey, Scope, Slot, Tenant};
use proptest::prelude::*;
use std::{format, vec};

const DIALECTS: [Dialect; 3] =
    [Dialect::AnthropicMessages, Dialect::OpenAiChat, Dialect::OpenAiResponses];

fn hasher(dialect: Dialect) -> KeyHasher {
    Scope::new(dialect, Endpoint::Id("e"), Tenant::Shared).hasher().expect("an id is no URL")
}

/// The key of the bytes, if there are any.
fn key_of_bytes(request: &Request<'_>, dialect: Dialect) -> Option<Result<RequestKey, KeyError>> {
    let mut bytes = vec![0; 1 << 16];
    let mut rest = bytes.as_mut_slice();
    request.encode_unvalidated(dialect, &mut rest).ok()?;
    let left = rest.len();
    let body = &bytes[..bytes.len() - left];
    // What is too deep has a fault, which needs no slots to be found.
    let needed = scratch_needed(body).unwrap_or(0);
    assert!(request.key_scratch_needed(dialect).unwrap_or(0) <= needed);
    Some(hasher(dialect).key(body, &mut vec![Slot::EMPTY; needed]))
}

/// The key of the request with exactly the slots that it says it needs.
fn key_of(request: &Request<'_>, dialect: Dialect) -> Result<RequestKey, EncodeError<KeyError>> {
    let needed = request.key_scratch_needed(dialect)?;
    request.key(&hasher(dialect), &mut vec![Slot::EMPTY; needed])
}

/// Whether the two have the same key, or the same fault; its offset is in another text.
fn assert_same_key(request: &Request<'_>, dialect: Dialect) {
    let fault = |error| match error {
        KeyError::Json(error) => format!("{:?}", error.kind),
        error => format!("{error:?}").split(' ').next().expect("a name").into(),
    };
    match (key_of_bytes(request, dialect), key_of(request, dialect)) {
        (Some(bytes), Ok(key)) => assert_eq!(bytes, Ok(key)),
        (Some(Err(bytes)), Err(EncodeError::Write(own))) => assert_eq!(fault(bytes), fault(own)),
        (None, Err(EncodeError::Rejected(_))) => {}
        other => panic!("{other:?}"),
    }
}

/// Removes what OpenAI's dialect has no place for, so that few requests are refused.
fn for_openai<R>(
    request: &Request<'_>,
    dialect: Dialect,
    test: impl FnOnce(&Request<'_>) -> R,
) -> R {
    let fits = |request: &Request<'_>| {
        let checked = request.key_scratch_needed(dialect);
        !matches!(checked, Err(EncodeError::Rejected(_)))
    };
    let mut plain = *request;
    (plain.thinking, plain.top_k, plain.diagnostics) = (None, None, None);
    plain.cache_control = plain.cache_control.map(|_| MARK);
    if dialect == Dialect::OpenAiResponses {
        plain.stop_sequences = &[];
    }
    let (tools, system, extra) = (plain.tools, plain.system, plain.extra);
    let alone = |messages| Request { messages, tools: &[], system: None, extra: &[], ..plain };
    let messages: Vec<_> = plain
        .messages
        .iter()
        .filter(|message| fits(&alone(core::slice::from_ref(*message))))
        .copied()
        .collect();
    let with_tool = |tool| Request { tools: core::slice::from_ref(tool), ..alone(&[]) };
    let tools: Vec<_> = tools.iter().filter(|tool| fits(&with_tool(tool))).copied().collect();
    let mut request = Request { messages: &messages, tools: &tools, ..plain };
    request.system = system.filter(|_| fits(&Request { system, ..alone(&[]) }));
    request.extra = if fits(&Request { extra, ..request }) { extra } else { &[] };
    test(&request)
}

/// Shorter ones where each step takes long.
fn tapes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..if cfg!(miri) { 50 } else { 400 })
}

proptest! {
    /// Any request, with raw pieces of any kind at any place, has the key of its bytes, or none
    /// for the same reason; with as few slots as it asks for.
    #[test]
    fn a_request_has_the_key_of_its_bytes(tape in tapes()) {
        with_request(&tape, |request| {
            assert_same_key(request, Dialect::AnthropicMessages);
            assert_same_key(request, Dialect::OpenAiChat);
            assert_same_key(request, Dialect::OpenAiResponses);
            assert_same_key(request, Dialect::Json);
            for dialect in [Dialect::OpenAiChat, Dialect::OpenAiResponses] {
                for_openai(request, dialect, |request| assert_same_key(request, dialect));
            }
        });
    }

    /// With fewer slots it has the same key, or tells how many would do.
    #[test]
    fn fewer_slots_are_told(
        tape in tapes(),
        slots in 0..12_usize,
    ) {
        let dialect = Dialect::AnthropicMessages;
        with_request(&tape, |request| {
            let Ok(key) = key_of(request, dialect) else { return Ok(()) };
            match request.key(&hasher(dialect), &mut vec![Slot::EMPTY; slots]) {
                Ok(same) => prop_assert_eq!(same, key),
                Err(error) => {
                    let needed = request.key_scratch_needed(dialect).expect("sound");
                    prop_assert!(slots < needed);
                    prop_assert_eq!(
                        error,
                        EncodeError::Write(KeyError::ScratchTooSmall { needed })
                    );
                }
            }
            Ok(())
        })?;
    }
}

/// Nesting counts from the whole body, wherever a piece stands.
#[test]
fn depth_is_that_of_the_body() {
    for depth in (118..130).step_by(if cfg!(miri) { 12 } else { 1 }) {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let raw = RawJson::assume_valid(&nested);
        let blocks = [ToolUse::new("id", "f", raw).into()];
        let messages = [Message::assistant_blocks(&blocks)];
        let mut request = Request::new("m", 1, &messages);
        assert_same_key(&request, Dialect::AnthropicMessages);
        let (tools, extra) = ([Function::new("f", raw).into()], [("x", raw)]);
        request.messages = &[];
        request.tools = &tools;
        for dialect in DIALECTS {
            assert_same_key(&request, dialect);
            assert_same_key(&Request { extra: &extra, tools: &[], ..request }, dialect);
        }
    }
}

/// A request without JSON of the caller's own takes no scratch memory, marks or not.
#[test]
fn typed_requests_need_no_scratch() {
    let blocks = [Block::cached_text("x", MARK), Block::text("y")];
    let messages = [Message::user_blocks(&blocks)];
    let mut request = Request::new("m", 1, &messages);
    request.temperature = Some(0.1 + 0.2);
    request.cache_control = Some(MARK);
    for dialect in DIALECTS {
        assert_eq!(request.key_scratch_needed(dialect), Ok(0));
        let key = request.key(&hasher(dialect), &mut []);
        assert_eq!(Some(Ok(key.expect("a key"))), key_of_bytes(&request, dialect));
    }
}
