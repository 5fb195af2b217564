//! What goes to the provider: `cache_control`, the request model, its checks and its encoding.
//!
//! A [`Request`] borrows everything it names, so it needs no heap and costs nothing to build. It
//! is written to any [`embedded_io::Write`] by [`Request::encode`] in one of three dialects:
//! Anthropic Messages in full, OpenAI's Chat Completions and Responses for whatever has a place
//! there. Encoding is deterministic (same model, same bytes) and keeps the order in which providers
//! process a prompt: tools, system, messages. Text that came as JSON ([`RawJson`]) goes out byte
//! for byte, because providers hash the blocks that a caller echoes.
//!
//! [`Request::key`] gives the key of that body without writing it.
//!
//! A request that the provider would answer with a 400 is refused before anything is written, as a
//! [`Violation`]: where ([`Place`], shown as a JSON path) and why ([`Rule`]).
//!
//! ```
//! use llm_cache_core::key::Dialect;
//! use llm_cache_core::prompt::{CacheControl, Message, Request, SystemPrompt};
//!
//! let messages = [Message::user("Review this function.")];
//! let mut request = Request::new("claude-opus-5-5", 1024, &messages);
//! request.system = Some(SystemPrompt::cached("You review code.", CacheControl::ephemeral()));
//!
//! let mut buffer = [0_u8; 512];
//! let mut unwritten = buffer.as_mut_slice();
//! request.encode(Dialect::AnthropicMessages, &mut unwritten)?;
//! # Ok::<(), llm_cache_core::prompt::EncodeError<embedded_io::SliceWriteError>>(())
//! ```

mod block;
mod cache_control;
pub(crate) mod form;
mod key;
pub(crate) mod marks;
mod media;
mod message;
mod number;
pub(crate) mod out;
mod raw;
mod request;
mod results;
pub(crate) mod rules;
mod splice;
mod tool;
mod view;
mod violation;

pub use block::{Block, InnerBlock, Text, ToolResult, ToolResultContent, ToolUse};
pub use cache_control::{CacheControl, Ttl, UnknownPolicy};
pub use media::{ContainerUpload, Document, DocumentSource, Image, ImageSource, SearchResult};
pub use message::{Content, Message, Role};
pub use raw::{RawJson, RawObject};
pub use request::{Diagnostics, OutputFormat, Request, SystemPrompt, ToolChoice, ToolChoiceMode};
pub use results::{IndexOutOfRange, NoText, Which, mark_last_text, mark_tool_results};
pub use rules::{
    RULES_AS_OF, check_api_version, check_body, check_count_tokens_body, refuses_forced_tools,
    refuses_system_role,
};
pub use splice::{Existing, write_marked};
pub use tool::{Function, Tool};
pub use view::{PartKind, Parts, PromptPart, PromptView, Section};
pub use violation::{EncodeError, Place, Rule, Violation};

#[cfg(test)]
mod tests;
