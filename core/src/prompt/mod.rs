//! What goes to the provider: `cache_control`, the request model, its checks and its encoding.
//!
//! A [`Request`] borrows everything it names, so it needs no heap and costs nothing to build. It
//! is written to any [`embedded_io::Write`] in one of two dialects: Anthropic
//! Messages in full, OpenAI Chat Completions for whatever has a place there. Encoding is
//! deterministic (same model, same bytes) and keeps the order in which providers process a prompt:
//! tools, system, messages. Text that came as JSON ([`RawJson`]) goes out byte for byte, because
//! providers hash the blocks that a caller echoes.
//!
//! A request that the provider would answer with a 400 is refused before anything is written, as a
//! [`Violation`]: where ([`Place`], shown as a JSON path) and why ([`Rule`]).

mod block;
mod cache_control;
mod media;
mod message;
mod raw;
mod request;
mod tool;
mod violation;

pub use block::{Block, InnerBlock, Text, ToolResult, ToolResultContent, ToolUse};
pub use cache_control::{CacheControl, Ttl, UnknownPolicy};
pub use media::{Document, DocumentSource, Image, ImageSource, SearchResult};
pub use message::{Content, Message, Role};
pub use raw::{RawJson, RawObject};
pub use request::{Diagnostics, OutputFormat, Request, SystemPrompt, ToolChoice, ToolChoiceMode};
pub use tool::{Function, Tool};
pub use violation::{EncodeError, Place, Rule, Violation};
