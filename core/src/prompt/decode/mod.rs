//! A body that exists already, read into the model.
//!
//! One principle decides what becomes what: a piece is taken into a typed field only if the encoder
//! writes it back the same. Whatever else a body holds goes into raw JSON, byte for byte: blocks,
//! tools, messages with members that the model does not name, members of the body. So a body that
//! was decoded and is encoded again says what it said, and every block of it has its own bytes.

mod anthropic;
mod fields;
mod memory;
mod openai;
mod responses;
mod sections;

pub use memory::{DecodeMemory, DecodeNeeds};

use core::fmt;

use self::fields::Decoder;
use super::raw::RawJson;
use super::request::Request;
use super::violation::{Place, Rule, Violation};
use crate::json::{JsonKind, JsonValue};
use crate::key::Dialect;

/// Why a body was not read into the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The body is none that the dialect knows.
    Rejected(Violation),
    /// The memory does not suffice; so much does.
    MemoryTooSmall(DecodeNeeds),
}

impl<'a> Request<'a> {
    /// Reads a body in the dialect's form into the model, without a heap: what is read borrows the
    /// body, and lists lie in the caller's memory.
    ///
    /// Blocks, tools and results come as raw JSON ([`Block::Raw`](super::Block::Raw),
    /// [`Tool::Raw`](super::Tool::Raw)), so that their bytes stay as they are; marks can be put on
    /// them. What the model cannot write as it stands is kept raw too: a message as
    /// [`Content::Whole`](super::Content::Whole), the system prompt as
    /// [`SystemPrompt::Raw`](super::SystemPrompt::Raw), any other member in [`Request::extra`].
    ///
    /// Encoding what was decoded gives a body that is equal as JSON, with two exceptions that say
    /// the same to the provider: a top-level `cache_control` of `null` and a `ttl` of `null` in it
    /// are left out.
    ///
    /// No rule of the provider is checked. O(length of the body), and O(square of the members that
    /// end up in `extra`).
    ///
    /// ```
    /// use llm_cache_core::json::JsonValue;
    /// use llm_cache_core::key::Dialect;
    /// use llm_cache_core::prompt::{Block, DecodeMemory, Message, Request};
    ///
    /// let body = br#"{"model":"claude-haiku-5-5","max_tokens":64,
    ///     "messages":[{"role":"user","content":[{"type":"text","text":"Is it \u006fpen?"}]}]}"#;
    /// let body = JsonValue::parse(body).expect("JSON");
    /// let mut messages = [Message::user("")];
    /// let mut blocks = [Block::text("")];
    /// let memory = DecodeMemory {
    ///     messages: &mut messages,
    ///     blocks: &mut blocks,
    ///     ..DecodeMemory::default()
    /// };
    /// let request = Request::decode(Dialect::AnthropicMessages, body, memory).expect("room");
    /// assert_eq!(request.max_tokens, Some(64));
    /// ```
    ///
    /// # Errors
    /// [`DecodeError::Rejected`] where the body is no object, lacks the model or the messages, has
    /// a member twice or a top-level `cache_control` that is none, or where the dialect is not one
    /// that is encoded; [`DecodeError::MemoryTooSmall`] with what would do.
    pub fn decode(
        dialect: Dialect,
        body: JsonValue<'a>,
        memory: DecodeMemory<'a>,
    ) -> Result<Self, DecodeError> {
        let decoded = match dialect {
            Dialect::AnthropicMessages => decode(body, memory, &anthropic::MEMBERS),
            Dialect::OpenAiChat => decode(body, memory, &openai::MEMBERS),
            Dialect::OpenAiResponses => decode(body, memory, &responses::MEMBERS),
            Dialect::OpenAiEmbeddings | Dialect::Json => {
                Err(Fault::Rejected(Place::Body, Rule::Unsupported))
            }
        };
        decoded.map_err(|fault| match fault {
            Fault::Rejected(place, rule) => DecodeError::Rejected(Violation::new(place, rule)),
            Fault::MemoryTooSmall => DecodeError::MemoryTooSmall(DecodeNeeds::of(body)),
        })
    }
}

/// Why decoding stopped.
#[derive(Clone, Copy)]
enum Fault {
    Rejected(Place, Rule),
    MemoryTooSmall,
}

/// The members of a body that have typed places in the model.
struct Members {
    /// At most 32.
    names: &'static [&'static str],
    /// Takes one of them into the request; `false` where the typed place cannot hold it.
    take: for<'d, 'a> fn(&'d mut Decoder<'a>, &str, JsonValue<'a>) -> Result<bool, Fault>,
    /// Whether a body without messages is none.
    needs_messages: bool,
}

fn decode<'a>(
    body: JsonValue<'a>,
    memory: DecodeMemory<'a>,
    typed: &Members,
) -> Result<Request<'a>, Fault> {
    if body.kind() != JsonKind::Object {
        return Err(Fault::Rejected(Place::Body, Rule::NotAnObject));
    }
    let mut decoder = Decoder::new(memory);
    let mut seen = 0_u32;
    for (name, value) in body.members() {
        let Some(index) = typed.names.iter().position(|known| name.eq_str(known)) else {
            decoder.extra(&name, RawJson::from(value))?;
            continue;
        };
        if seen & 1 << index != 0 {
            return Err(Fault::Rejected(Place::Body, Rule::DuplicateMember));
        }
        seen |= 1 << index;
        if !(typed.take)(&mut decoder, typed.names[index], value)? {
            decoder.extra(&name, RawJson::from(value))?;
        }
    }
    decoder.finish(typed.needs_messages)
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(violation) => violation.fmt(f),
            Self::MemoryTooSmall(needs) => write!(f, "the memory is too small: {needs:?}"),
        }
    }
}

impl core::error::Error for DecodeError {}
