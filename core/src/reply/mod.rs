//! What comes back: usage, stop reason, and whether it may be stored.
//!
//! Two verdicts guard the cache. [`RequestVerdict`] is given before the request is sent: an answer
//! that depends on the provider's state or on the live world is not looked up at all. [`Verdict`]
//! is given on the answer: only a complete one, with a stop reason on the allow-list, is stored.
//! Whatever is unknown is not stored.
//!
//! [`StreamEnd`] follows a streamed answer and tells a complete one from one that was cut or that
//! failed.
//!
//! [`Reply`] reads an answer where it lies: nothing is copied or indexed, and each question walks
//! the text again, O(length of the body). On a device [`Reply::decode`] turns the answer into a
//! type of the caller's.
//!
//! ```
//! use llm_cache_core::key::Dialect;
//! use llm_cache_core::reply::{Reply, Verdict};
//!
//! let body = br#"{"type":"message","content":[{"type":"text","text":"Four."}],
//!     "stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":3}}"#;
//! let reply = Reply::parse(Dialect::AnthropicMessages, body)?;
//! assert_eq!(reply.verdict(200), Verdict::Store);
//! assert_eq!(reply.usage().map(|usage| usage.output_tokens), Some(3));
//! # Ok::<(), llm_cache_core::reply::ReplyError>(())
//! ```

pub(crate) mod decode;
pub(crate) mod members;
pub(crate) mod parts;
pub(crate) mod stream;
pub(crate) mod tool_calls;
mod verdict;
pub(crate) mod whole;

pub use crate::dialect::{
    Diagnostics, MissReason, Reply, ReplyError, ResponsesStore, STORED_RESPONSE_TTL, StreamEnd,
    VerdictOptions, read_diagnostics, read_price_tier, read_usage, request_verdict, ttl_max,
};
pub use decode::{DECODE_DEPTH_MAX, DecodeError};
pub use parts::TextPieces;
pub use stream::{BodyEnd, StreamStep};
pub use tool_calls::{ToolCall, ToolCalls, ToolInput};
pub use verdict::{BypassReason, RequestVerdict, SkipReason, StopReason, Verdict};
