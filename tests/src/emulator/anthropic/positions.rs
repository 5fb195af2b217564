//! A prompt as the provider caches it: blocks in the order tools, system, messages, each with the
//! digest of everything up to and including itself.

use serde_json::Value;

use crate::digest::Digest;

use super::super::compose::tokens;
use super::settings::{self, Section};
use super::thinking::Forgotten;

/// How long a marked prefix lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ttl {
    FiveMinutes,
    OneHour,
}

impl Ttl {
    /// As requests spell it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5m",
            Self::OneHour => "1h",
        }
    }

    /// Of a `cache_control` member: a bare marker means five minutes, null and absent none.
    pub(super) fn of(block: &Value) -> Option<Self> {
        let control = block.get("cache_control").filter(|control| !control.is_null())?;
        let hour = control.get("ttl").and_then(Value::as_str) == Some("1h");
        Some(if hour { Self::OneHour } else { Self::FiveMinutes })
    }

    pub(super) fn ms(self) -> u64 {
        match self {
            Self::FiveMinutes => 5 * 60 * 1000,
            Self::OneHour => 60 * 60 * 1000,
        }
    }
}

/// Which blocks in a row count as one position of the look back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    ToolUse,
    ToolResult,
    /// Every block counts.
    No,
}

/// Types of content blocks with the field, as the SDK's types list them, beta ones included.
pub(super) const MARKABLE: &[&str] = &[
    "advisor_tool_result",
    "bash_code_execution_tool_result",
    "code_execution_tool_result",
    "compaction",
    "container_upload",
    "document",
    "image",
    "mcp_tool_result",
    "mcp_tool_use",
    "mid_conv_system",
    "search_result",
    "server_tool_use",
    "text",
    "text_editor_code_execution_tool_result",
    "tool_addition",
    "tool_removal",
    "tool_result",
    "tool_search_tool_result",
    "tool_use",
    "web_fetch_tool_result",
    "web_search_tool_result",
];

/// One block of the prompt.
#[derive(Debug, Clone)]
pub(super) struct Position {
    /// Where it stands, as error texts name it: `messages.0.content.4`.
    pub(super) path: String,
    pub(super) section: Section,
    pub(super) run: Run,
    /// Whether it may carry a marker.
    pub(super) eligible: bool,
    /// Its own marker or the one hoisted from its last nested block.
    pub(super) mark: Option<Ttl>,
    /// Tokens of the prompt up to and including this block.
    pub(super) tokens: u64,
    /// Digest of the prompt up to and including this block: workspace, settings, blocks.
    pub(super) prefix: Digest,
    /// Digest of this block alone.
    pub(super) own: Digest,
    /// A server tool's result: the API marks it itself where the request has any mark.
    is_server_tool_result: bool,
}

/// All blocks of a request.
#[derive(Debug)]
pub(super) struct Prompt {
    pub(super) positions: Vec<Position>,
    bytes: usize,
    content: Digest,
}

impl Prompt {
    /// Reads a request that passed the rules, with the marks that the API adds: the automatic one
    /// and its own.
    pub(super) fn read(body: &Value, workspace: &str) -> Self {
        let mut prompt = Self::read_explicit(body, workspace);
        prompt.mark_automatically(body);
        prompt.mark_server_tool_results();
        prompt
    }

    /// The same with the marks that stand on its blocks alone.
    pub(super) fn read_explicit(body: &Value, workspace: &str) -> Self {
        let mut reader = Reader::new(workspace);
        reader.section(body, Section::Tools);
        for (index, tool) in elements(body, "tools").iter().enumerate() {
            reader.tool(format!("tools.{index}"), tool);
        }
        reader.section(body, Section::System);
        reader.blocks("system", "system", body.get("system"));
        reader.section(body, Section::Messages);
        let forgotten = Forgotten::of(body);
        for (index, message) in elements(body, "messages").iter().enumerate() {
            let role = message["role"].as_str().unwrap_or_default();
            let path = format!("messages.{index}.content");
            match message.get("content") {
                Some(Value::Array(blocks)) => {
                    let kept = blocks.iter().enumerate();
                    for (at, block) in kept.filter(|(_, block)| !forgotten.is(index, block)) {
                        reader.block(format!("{path}.{at}"), role, block);
                    }
                }
                content => reader.blocks(&path, role, content),
            }
        }
        reader.done()
    }

    /// Tokens of the whole prompt.
    pub(super) fn tokens(&self) -> u64 {
        self.positions.last().map_or(0, |last| last.tokens)
    }

    /// Bytes that were counted.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The digest of all content: no marks, no workspace, no model.
    pub(super) fn digest(&self) -> Digest {
        self.content
    }

    /// The block that automatic caching marks: the last that may carry a marker.
    pub(super) fn automatic_target(&self) -> Option<usize> {
        self.positions.iter().rposition(|position| position.eligible)
    }

    fn mark_automatically(&mut self, body: &Value) {
        if let (Some(ttl), Some(target)) = (Ttl::of(body), self.automatic_target()) {
            self.positions[target].mark.get_or_insert(ttl);
        }
    }

    /// The API's own breakpoints, always of five minutes; they count toward no limit.
    fn mark_server_tool_results(&mut self) {
        if self.positions.iter().any(|position| position.mark.is_some()) {
            let results = self.positions.iter_mut().filter(|one| one.is_server_tool_result);
            results.for_each(|one| _ = one.mark.get_or_insert(Ttl::FiveMinutes));
        }
    }
}

struct Reader {
    positions: Vec<Position>,
    section: Section,
    bytes: usize,
    tokens: u64,
    prefix: Digest,
    content: Digest,
    /// Of tools that are counted with the system prompt.
    tokens_later: u64,
}

impl Reader {
    fn new(workspace: &str) -> Self {
        Self {
            positions: Vec::new(),
            section: Section::Tools,
            bytes: 0,
            tokens: 0,
            prefix: Digest::new().field(workspace.as_bytes()),
            content: Digest::new(),
            tokens_later: 0,
        }
    }

    /// Begins a section: its settings are part of the prefix without being a block.
    fn section(&mut self, body: &Value, section: Section) {
        self.section = section;
        self.tokens += std::mem::take(&mut self.tokens_later);
        for value in settings::values(body, section) {
            self.prefix = self.prefix.field(value.as_bytes());
        }
    }

    /// A web tool stands among the tools and belongs to the system prompt: what is cached of the
    /// tools does not depend on it.
    fn tool(&mut self, path: String, tool: &Value) {
        let (prefix, tokens) = (self.prefix, self.tokens);
        self.block(path, "tool", tool);
        if let Some(position) = self.positions.last_mut().filter(|_| settings::is_web_tool(tool)) {
            (position.prefix, position.tokens) = (prefix, tokens);
            self.tokens_later += self.tokens - tokens;
            (self.prefix, self.tokens) = (prefix, tokens);
        }
    }

    /// A string is shorthand for one text block.
    fn blocks(&mut self, path: &str, role: &str, content: Option<&Value>) {
        match content {
            Some(Value::String(text)) => {
                let block = serde_json::json!({"type": "text", "text": text});
                self.block(path.to_string(), role, &block);
            }
            Some(Value::Array(blocks)) => {
                for (index, block) in blocks.iter().enumerate() {
                    self.block(format!("{path}.{index}"), role, block);
                }
            }
            _ => {}
        }
    }

    fn block(&mut self, path: String, role: &str, block: &Value) {
        self.bytes += block_bytes(block);
        self.tokens += block_tokens(block);
        let bytes = unmarked(block).to_string();
        self.prefix = self.prefix.field(role.as_bytes()).field(bytes.as_bytes());
        self.content = self.content.field(role.as_bytes()).field(bytes.as_bytes());
        let kind = block["type"].as_str().unwrap_or_default();
        self.positions.push(Position {
            path,
            section: self.section,
            run: match kind {
                "tool_use" => Run::ToolUse,
                "tool_result" => Run::ToolResult,
                _ => Run::No,
            },
            eligible: eligible(self.section, block),
            mark: mark_in_effect(block),
            tokens: self.tokens,
            prefix: self.prefix,
            own: Digest::new().field(role.as_bytes()).field(bytes.as_bytes()),
            is_server_tool_result: is_server_tool_result(kind),
        });
    }

    fn done(self) -> Prompt {
        Prompt { positions: self.positions, bytes: self.bytes, content: self.content }
    }
}

/// Tokens of one block: at least one.
pub(super) fn block_tokens(block: &Value) -> u64 {
    tokens(block_bytes(block)).max(1)
}

/// What counts of a block: the text of a text block, the JSON text of any other.
fn block_bytes(block: &Value) -> usize {
    match block["text"].as_str() {
        Some(text) if block["type"] == "text" => text.len(),
        _ => unmarked(block).to_string().len(),
    }
}

/// Blocks inside a tool result or a document made of blocks.
pub(super) fn nested(block: &Value) -> &[Value] {
    let inner = match block["type"].as_str() {
        Some("tool_result") => block.get("content"),
        Some("document") => block.pointer("/source/content"),
        _ => None,
    };
    inner.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A block's own marker, or the one of its last nested block, which is hoisted.
fn mark_in_effect(block: &Value) -> Option<Ttl> {
    Ttl::of(block).or_else(|| mark_in_effect(nested(block).last()?))
}

/// The elements of a top-level list; none where it is absent.
pub(super) fn elements<'a>(body: &'a Value, name: &str) -> &'a [Value] {
    body.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn eligible(section: Section, block: &Value) -> bool {
    match (section, block["type"].as_str()) {
        (Section::Tools, _) => block["defer_loading"] != true,
        (_, Some("text")) => block["text"] != "",
        (Section::System, _) => false,
        (Section::Messages, kind) => kind.is_some_and(|kind| MARKABLE.contains(&kind)),
    }
}

/// The result of a tool that the provider runs: `web_search_tool_result` and its like.
pub(super) fn is_server_tool_result(kind: &str) -> bool {
    kind.ends_with("_tool_result")
}

/// The block without its marker and the markers of its nested blocks: marks are no content.
pub(super) fn unmarked(block: &Value) -> Value {
    let mut block = block.clone();
    if let Some(members) = block.as_object_mut() {
        members.shift_remove("cache_control");
    }
    let inner = match block["type"].as_str() {
        Some("document") => block.pointer_mut("/source/content"),
        Some("tool_result") => block.pointer_mut("/content"),
        _ => None,
    };
    for nested in inner.and_then(Value::as_array_mut).into_iter().flatten() {
        *nested = unmarked(nested);
    }
    block
}
