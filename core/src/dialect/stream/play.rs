//! The player: a final message in, the events of a stream out.

use core::fmt;

use super::ResponsesPlayer;
use crate::{
    canonical::Sink,
    dialect::{Dialect, anthropic, openai_chat},
    json::JsonValue,
};

/// How a message is played.
///
/// ```
/// use llm_cache_core::dialect::stream::PlayOptions;
///
/// let options = PlayOptions::new().usage(true).piece_len(16);
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlayOptions {
    /// See [`usage`](Self::usage).
    pub usage: bool,
    /// See [`piece_len`](Self::piece_len).
    pub piece_len: usize,
}

impl PlayOptions {
    /// Texts in pieces of 32 characters; no usage chunk.
    #[must_use]
    pub const fn new() -> Self {
        Self { usage: false, piece_len: 32 }
    }

    /// Whether the request asks for the usage (`stream_options.include_usage`). OpenAI Chat: the
    /// usage then comes in a chunk of its own behind the choices, and is `null` in all others;
    /// else no chunk has it. The streams of other dialects have it always.
    #[must_use]
    pub const fn usage(mut self, is_asked: bool) -> Self {
        self.usage = is_asked;
        self
    }

    /// The most characters (Unicode scalar values) that a piece of text has; at least 1.
    #[must_use]
    pub const fn piece_len(mut self, characters: usize) -> Self {
        self.piece_len = if characters == 0 { 1 } else { characters };
        self
    }
}

impl Default for PlayOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a message cannot be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unplayable {
    /// The dialect has no streams.
    Dialect,
    /// The value is no final message of the dialect that has ended well.
    NoMessage,
    /// The stream owes the usage, and the message has none.
    NoUsage,
}

impl fmt::Display for Unplayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dialect => "the dialect has no streams",
            Self::NoMessage => "it is no final message of the dialect",
            Self::NoUsage => "the stream owes the usage, and the message has none",
        })
    }
}

impl core::error::Error for Unplayable {}

/// Writes a final message as the events that its provider would have streamed: the same order and
/// names of events, the same indexes, texts in pieces, the usage where it belongs, no padding. Ids
/// are those of the message.
///
/// O(1) state, no heap. Each event costs O(what it shows of the message).
///
/// ```
/// use llm_cache_core::dialect::{Dialect, stream::{PlayOptions, Player}};
/// use llm_cache_core::json::JsonValue;
/// # struct Wire(Vec<u8>);
/// # impl llm_cache_core::canonical::Sink for Wire {
/// #     fn write(&mut self, bytes: &[u8]) { self.0.extend_from_slice(bytes) }
/// # }
/// let completion = br#"{"id":"c","object":"chat.completion","choices":[{"index":0,
///     "message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]}"#;
/// let message = JsonValue::parse(completion)?;
/// let mut player = Player::new(Dialect::OpenAiChat, message, PlayOptions::new().piece_len(3))?;
/// let mut wire = Wire(Vec::new());
/// while player.write_next(&mut wire) {}
/// let wire = String::from_utf8(wire.0)?;
/// assert!(wire.contains(r#"{"content":"Hel"}"#) && wire.ends_with("data: [DONE]\n\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Player<'m>(Inner<'m>);

enum Inner<'m> {
    Anthropic(anthropic::play::Play<'m>),
    Chat(openai_chat::play::Play<'m>),
    Responses(ResponsesPlayer<'m>),
}

impl<'m> Player<'m> {
    /// Begins with a final message. O(its length).
    ///
    /// # Errors
    /// [`Unplayable`] if it is none, or lacks what the stream owes.
    pub fn new(
        dialect: Dialect,
        message: JsonValue<'m>,
        options: PlayOptions,
    ) -> Result<Self, Unplayable> {
        Ok(Self(match dialect {
            Dialect::AnthropicMessages => {
                Inner::Anthropic(anthropic::play::Play::new(message, options)?)
            }
            Dialect::OpenAiChat => Inner::Chat(openai_chat::play::Play::new(message, options)?),
            Dialect::OpenAiResponses => {
                let player = ResponsesPlayer::new(message, options.piece_len);
                Inner::Responses(player.ok_or(Unplayable::NoMessage)?)
            }
            Dialect::OpenAiEmbeddings | Dialect::Json => return Err(Unplayable::Dialect),
        }))
    }

    /// Writes the next event, whole with its blank line; `false` if there are no more.
    pub fn write_next(&mut self, sink: &mut impl Sink) -> bool {
        match &mut self.0 {
            Inner::Anthropic(play) => play.write_next(sink),
            Inner::Chat(play) => play.write_next(sink),
            Inner::Responses(play) => play.write_next(sink),
        }
    }
}

impl fmt::Debug for Player<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Player").finish_non_exhaustive()
    }
}
