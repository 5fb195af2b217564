//! A prompt as the provider caches it: blocks in the order tools, system, messages, each with the
//! digest of everything up to and including itself.

use serde_json::{Map, Value};

use crate::digest::Digest;

use super::super::compose::tokens;

/// How long a marked prefix lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ttl {
    FiveMinutes,
    OneHour,
}

impl Ttl {
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

/// One block of the prompt.
#[derive(Debug, Clone)]
pub(super) struct Position {
    /// Where it stands, as error texts name it: `messages.0.content.4`.
    pub(super) path: String,
    pub(super) run: Run,
    /// Whether it may carry a marker.
    pub(super) eligible: bool,
    /// Its own marker or the one hoisted from its last nested block.
    pub(super) mark: Option<Ttl>,
    /// Tokens of the prompt up to and including this block.
    pub(super) tokens: u64,
    /// Digest of the prompt up to and including this block, in its workspace and model.
    pub(super) prefix: Digest,
}

/// All blocks of a request.
#[derive(Debug)]
pub(super) struct Prompt {
    pub(super) positions: Vec<Position>,
    bytes: usize,
    content: Digest,
}

impl Prompt {
    /// Reads a request that passed the rules. The top-level marker is resolved here.
    pub(super) fn read(body: &Value, workspace: &str) -> Self {
        let mut reader = Reader::new(body, workspace);
        for (index, tool) in elements(body, "tools").iter().enumerate() {
            reader.block(format!("tools.{index}"), "tool", tool);
        }
        // What changes the hidden part of the system prompt invalidates from here on.
        reader.settings(body, &["speed", "output_config.format"]);
        reader.blocks("system", "system", body.get("system"));
        // Changing one of these keeps the tools' and the system's entries, and no others.
        reader.settings(body, &["tool_choice", "thinking", "output_config.effort"]);
        reader.prefix = reader.prefix.field(&[u8::from(has_image(&body["messages"]))]);
        for (index, message) in elements(body, "messages").iter().enumerate() {
            let role = message["role"].as_str().unwrap_or_default();
            reader.blocks(&format!("messages.{index}.content"), role, message.get("content"));
        }
        let mut prompt = reader.done();
        prompt.mark_automatically(body);
        prompt
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
}

struct Reader {
    positions: Vec<Position>,
    bytes: usize,
    tokens: u64,
    prefix: Digest,
    content: Digest,
}

impl Reader {
    fn new(body: &Value, workspace: &str) -> Self {
        let model = body["model"].as_str().unwrap_or_default();
        let prefix = Digest::new().field(workspace.as_bytes()).field(model.as_bytes());
        Self { positions: Vec::new(), bytes: 0, tokens: 0, prefix, content: Digest::new() }
    }

    /// Takes in request settings that are part of the prefix without being a block.
    fn settings(&mut self, body: &Value, paths: &[&str]) {
        for path in paths {
            let value = body.pointer(&format!("/{}", path.replace('.', "/")));
            let text = value.map(Value::to_string).unwrap_or_default();
            self.prefix = self.prefix.field(text.as_bytes());
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
        self.positions.push(Position {
            path,
            run: match block["type"].as_str() {
                Some("tool_use") => Run::ToolUse,
                Some("tool_result") => Run::ToolResult,
                _ => Run::No,
            },
            eligible: eligible(block),
            mark: Ttl::of(block).or_else(|| nested(block).last().and_then(Ttl::of)),
            tokens: self.tokens,
            prefix: self.prefix,
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

/// The elements of a top-level list; none where it is absent.
pub(super) fn elements<'a>(body: &'a Value, name: &str) -> &'a [Value] {
    body.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn eligible(block: &Value) -> bool {
    match block["type"].as_str() {
        Some("thinking" | "redacted_thinking") => false,
        Some("text") => block["text"] != "",
        _ => block["defer_loading"] != true,
    }
}

/// The block without its marker and the markers of its nested blocks: marks are no content.
fn unmarked(block: &Value) -> Value {
    let mut block = block.clone();
    let without = |value: &mut Value| {
        value.as_object_mut().map(|members: &mut Map<_, _>| members.shift_remove("cache_control"));
    };
    without(&mut block);
    let is_document = block["type"] == "document";
    let inner = if is_document {
        block.pointer_mut("/source/content")
    } else if block["type"] == "tool_result" {
        block.pointer_mut("/content")
    } else {
        None
    };
    if let Some(blocks) = inner.and_then(Value::as_array_mut) {
        blocks.iter_mut().for_each(without);
    }
    block
}

fn has_image(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(has_image),
        Value::Object(members) => {
            value["type"] == "image" || members.get("content").is_some_and(has_image)
        }
        _ => false,
    }
}
