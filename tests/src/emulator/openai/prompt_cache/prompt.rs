//! A prompt as this provider caches it: settings, then blocks, each with the digest of everything
//! up to and including itself.

use serde_json::Value;

use crate::digest::Digest;

use super::super::super::compose::tokens;
use super::Ttl;
use super::marks::{Options, of_part, without_breakpoints};

/// One block of the prompt: a tool, a content part, a call.
#[derive(Debug)]
pub(super) struct Position {
    /// Tokens of the prompt up to and including this block.
    pub(super) tokens: u64,
    /// Digest of the prompt up to and including this block.
    pub(super) prefix: Digest,
    /// The lifetime of its explicit breakpoint.
    pub(super) mark: Option<Ttl>,
    /// Whether an implicit breakpoint may stand behind it.
    pub(super) is_end: bool,
}

/// All blocks of a request.
#[derive(Debug)]
pub(in super::super) struct Prompt {
    pub(super) positions: Vec<Position>,
}

impl Prompt {
    /// Tokens of the whole prompt.
    pub(in super::super) fn tokens(&self) -> u64 {
        self.positions.last().map_or(0, |last| last.tokens)
    }
}

/// What a message is, as far as implicit breakpoints go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Ends {
    /// Its end may have a breakpoint.
    User,
    /// The last of a group may have one.
    ToolResult,
    /// The last of the group that opens the conversation may have one.
    Developer,
    /// It has none.
    Assistant,
}

/// Reads a prompt block by block, in the provider's order.
#[derive(Debug)]
pub(in super::super) struct Builder {
    options: Option<Options>,
    positions: Vec<Position>,
    /// The last position of each message.
    messages: Vec<(usize, Ends)>,
    prefix: Digest,
    tokens: u64,
}

impl Builder {
    /// `workspace`: who may read what is written.
    pub(in super::super) fn new(workspace: &str, options: Option<Options>) -> Self {
        Self {
            options,
            positions: Vec::new(),
            messages: Vec::new(),
            prefix: Digest::new().field(workspace.as_bytes()),
            tokens: 0,
        }
    }

    /// A setting is part of every prefix without being a block.
    pub(in super::super) fn setting(&mut self, value: &Value) {
        self.prefix = self.prefix.field(value.to_string().as_bytes());
    }

    /// A block of at least one token: the text of a text part, the JSON text of any other.
    pub(in super::super) fn block(&mut self, role: &str, block: &Value) {
        let kind = block["type"].as_str().unwrap_or_default();
        let is_text = ["text", "input_text", "output_text"].contains(&kind);
        let bytes = without_breakpoints(block.clone()).to_string();
        let counted = block["text"].as_str().filter(|_| is_text).unwrap_or(&bytes).len();
        self.tokens += tokens(counted).max(1);
        self.prefix = self.prefix.field(role.as_bytes()).field(bytes.as_bytes());
        self.positions.push(Position {
            tokens: self.tokens,
            prefix: self.prefix,
            mark: self.options.and_then(|options| of_part(block, options)),
            is_end: false,
        });
    }

    /// Content of a message: parts, or a string as the one text part it stands for.
    pub(in super::super) fn content(&mut self, role: &str, kind: &str, content: &Value) {
        match content {
            Value::String(text) => {
                self.block(role, &serde_json::json!({"type": kind, "text": text}));
            }
            Value::Array(parts) => parts.iter().for_each(|part| self.block(role, part)),
            _ => {}
        }
    }

    /// Ends a message.
    pub(in super::super) fn end(&mut self, ends: Ends) {
        if let Some(last) = self.positions.len().checked_sub(1) {
            self.messages.push((last, ends));
        }
    }

    pub(in super::super) fn done(mut self) -> Prompt {
        let opening = self.messages.iter().take_while(|(_, ends)| *ends == Ends::Developer).count();
        for (index, (last, ends)) in self.messages.iter().enumerate() {
            let next = self.messages.get(index + 1).map(|(_, ends)| *ends);
            self.positions[*last].is_end = match ends {
                Ends::User => true,
                Ends::ToolResult => next != Some(Ends::ToolResult),
                Ends::Developer => index + 1 == opening,
                Ends::Assistant => false,
            };
        }
        Prompt { positions: self.positions }
    }
}
