//! Encoding as Anthropic's Messages API reads it (`POST /v1/messages`).

use embedded_io::Write;

use super::block::{Block, InnerBlock, Text, ToolResult, ToolResultContent, ToolUse};
use super::cache_control::{CacheControl, Ttl};
use super::media::{Document, DocumentSource, Image, ImageSource, SearchResult};
use super::message::{Content, Message};
use super::out::{Mark, Out};
use super::request::{Request, SystemPrompt, ToolChoice, ToolChoiceMode};
use super::tool::{Function, Tool};

/// What the body is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// `/v1/messages`
    Create,
    /// `/v1/messages/count_tokens`, which takes no parameter that shapes the answer.
    CountTokens,
}

/// Writes the body. The request has passed its checks.
pub(super) fn encode<W: Write>(
    request: &Request<'_>,
    purpose: Purpose,
    writer: &mut W,
) -> Result<(), W::Error> {
    let out = &mut Out::new(writer);
    out.open("{")?;
    out.member_str("model", request.model)?;
    if purpose == Purpose::Create {
        parameters(out, request)?;
    }
    out.optional_raw("thinking", request.thinking)?;
    output_config(out, request)?;
    mark(out, request.cache_control)?;
    if !request.tools.is_empty() {
        out.name("tools")?;
        out.open("[")?;
        request.tools.iter().try_for_each(|entry| tool(out, entry))?;
        out.close("]")?;
    }
    if let Some(choice) = &request.tool_choice {
        tool_choice(out, choice)?;
    }
    if let Some(prompt) = &request.system {
        system(out, prompt)?;
    }
    out.name("messages")?;
    out.open("[")?;
    request.messages.iter().try_for_each(|entry| message(out, entry))?;
    out.close("]")?;
    for (name, value) in request.extra {
        out.member((name, value.as_str()))?;
    }
    out.close("}")
}

/// What shapes the answer, or how it is served, and is no part of the prompt.
fn parameters<W: Write>(out: &mut Out<'_, W>, request: &Request<'_>) -> Result<(), W::Error> {
    out.optional_u32("max_tokens", request.max_tokens)?;
    out.optional_f64("temperature", request.temperature)?;
    out.optional_f64("top_p", request.top_p)?;
    out.optional_u32("top_k", request.top_k)?;
    if !request.stop_sequences.is_empty() {
        out.name("stop_sequences")?;
        out.open("[")?;
        request.stop_sequences.iter().try_for_each(|text| out.string(text))?;
        out.close("]")?;
    }
    if let Some(user_id) = request.user_id {
        out.name("metadata")?;
        out.open("{")?;
        out.member_str("user_id", user_id)?;
        out.close("}")?;
    }
    out.optional_str("service_tier", request.service_tier)?;
    if let Some(diagnostics) = request.diagnostics {
        out.name("diagnostics")?;
        out.open("{")?;
        match diagnostics.previous_message_id {
            Some(id) => out.member_str("previous_message_id", id)?,
            None => out.member(("previous_message_id", "null"))?,
        }
        out.close("}")?;
    }
    out.flag("stream", request.stream)
}

fn output_config<W: Write>(out: &mut Out<'_, W>, request: &Request<'_>) -> Result<(), W::Error> {
    if request.effort.is_none() && request.output.is_none() {
        return Ok(());
    }
    out.name("output_config")?;
    out.open("{")?;
    out.optional_str("effort", request.effort)?;
    if let Some(output) = request.output {
        out.name("format")?;
        out.open("{")?;
        out.member_str("type", "json_schema")?;
        out.member(("schema", output.schema.as_str()))?;
        out.close("}")?;
    }
    out.close("}")
}

fn tool<W: Write>(out: &mut Out<'_, W>, tool: &Tool<'_>) -> Result<(), W::Error> {
    match tool {
        Tool::Function(function) => function_tool(out, function),
        Tool::Raw(raw) => out.object(raw, mark_member(raw.cache_control.unwrap_or_default())),
    }
}

fn function_tool<W: Write>(out: &mut Out<'_, W>, tool: &Function<'_>) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("name", tool.name)?;
    out.optional_str("description", tool.description)?;
    out.member(("input_schema", tool.input_schema.as_str()))?;
    if let Some(strict) = tool.strict {
        out.member(("strict", if strict { "true" } else { "false" }))?;
    }
    out.flag("defer_loading", tool.defer_loading)?;
    mark(out, tool.cache_control)?;
    out.close("}")
}

fn tool_choice<W: Write>(out: &mut Out<'_, W>, choice: &ToolChoice<'_>) -> Result<(), W::Error> {
    out.name("tool_choice")?;
    out.open("{")?;
    match choice.mode {
        ToolChoiceMode::Auto => out.member_str("type", "auto")?,
        ToolChoiceMode::Any => out.member_str("type", "any")?,
        ToolChoiceMode::None => out.member_str("type", "none")?,
        ToolChoiceMode::Tool(name) => {
            out.member_str("type", "tool")?;
            out.member_str("name", name)?;
        }
    }
    // The provider has no such member beside `none`, where nothing could be parallel.
    let has_place = !matches!(choice.mode, ToolChoiceMode::None);
    out.flag("disable_parallel_tool_use", choice.disable_parallel && has_place)?;
    out.close("}")
}

fn system<W: Write>(out: &mut Out<'_, W>, prompt: &SystemPrompt<'_>) -> Result<(), W::Error> {
    out.name("system")?;
    if let SystemPrompt::Text(plain) = prompt {
        return out.string(plain);
    }
    out.open("[")?;
    prompt.blocks().iter().try_for_each(|block| text(out, block))?;
    out.close("]")
}

fn message<W: Write>(out: &mut Out<'_, W>, message: &Message<'_>) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("role", message.role.as_str())?;
    out.name("content")?;
    if let Content::Text(plain) = message.content {
        out.string(plain)?;
    } else {
        out.open("[")?;
        message.content.blocks().iter().try_for_each(|entry| block(out, entry))?;
        out.close("]")?;
    }
    out.close("}")
}

fn block<W: Write>(out: &mut Out<'_, W>, block: &Block<'_>) -> Result<(), W::Error> {
    match block {
        Block::Text(block) => text(out, block),
        Block::Image(block) => image(out, block),
        Block::Document(block) => document(out, block),
        Block::SearchResult(block) => search_result(out, block),
        Block::ToolUse(block) => tool_use(out, block),
        Block::ToolResult(block) => tool_result(out, block),
        Block::Thinking(raw) => out.verbatim(raw.as_str()),
        Block::Raw(raw) => out.object(raw, mark_member(raw.cache_control.unwrap_or_default())),
    }
}

fn text<W: Write>(out: &mut Out<'_, W>, block: &Text<'_>) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("type", "text")?;
    out.member_str("text", block.text)?;
    out.optional_raw("citations", block.citations)?;
    mark(out, block.cache_control)?;
    out.close("}")
}

fn plain_text<W: Write>(out: &mut Out<'_, W>, plain: &str) -> Result<(), W::Error> {
    text(out, &Text::new(plain))
}

fn image<W: Write>(out: &mut Out<'_, W>, image: &Image<'_>) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("type", "image")?;
    out.name("source")?;
    match image.source {
        ImageSource::Base64 { media_type, data } => base64(out, media_type, data)?,
        ImageSource::Url(url) => source(out, "url", "url", url)?,
        ImageSource::File(id) => source(out, "file", "file_id", id)?,
    }
    mark(out, image.cache_control)?;
    out.close("}")
}

fn document<W: Write>(out: &mut Out<'_, W>, document: &Document<'_>) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("type", "document")?;
    out.name("source")?;
    match document.source {
        DocumentSource::Base64 { media_type, data } => base64(out, media_type, data)?,
        DocumentSource::Url(url) => source(out, "url", "url", url)?,
        DocumentSource::File(id) => source(out, "file", "file_id", id)?,
        DocumentSource::Text(plain) => {
            out.open("{")?;
            out.member_str("type", "text")?;
            out.member_str("media_type", "text/plain")?;
            out.member_str("data", plain)?;
            out.close("}")?;
        }
        DocumentSource::Chunks(chunks) => {
            out.open("{")?;
            out.member_str("type", "content")?;
            texts(out, chunks)?;
            out.close("}")?;
        }
    }
    out.optional_str("title", document.title)?;
    out.optional_str("context", document.context)?;
    citations(out, document.citations)?;
    mark(out, document.cache_control)?;
    out.close("}")
}

fn search_result<W: Write>(
    out: &mut Out<'_, W>,
    result: &SearchResult<'_>,
) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("type", "search_result")?;
    out.member_str("source", result.source)?;
    out.member_str("title", result.title)?;
    texts(out, result.content)?;
    citations(out, result.citations)?;
    mark(out, result.cache_control)?;
    out.close("}")
}

fn tool_use<W: Write>(out: &mut Out<'_, W>, block: &ToolUse<'_>) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("type", "tool_use")?;
    out.member_str("id", block.id)?;
    out.member_str("name", block.name)?;
    out.member(("input", block.input.as_str()))?;
    mark(out, block.cache_control)?;
    out.close("}")
}

fn tool_result<W: Write>(out: &mut Out<'_, W>, block: &ToolResult<'_>) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("type", "tool_result")?;
    out.member_str("tool_use_id", block.tool_use_id)?;
    match block.content {
        ToolResultContent::Empty => {}
        ToolResultContent::Text(plain) => out.member_str("content", plain)?,
        ToolResultContent::Blocks(blocks) => {
            out.name("content")?;
            out.open("[")?;
            blocks.iter().try_for_each(|entry| inner_block(out, entry))?;
            out.close("]")?;
        }
    }
    out.flag("is_error", block.is_error)?;
    mark(out, block.cache_control)?;
    out.close("}")
}

fn inner_block<W: Write>(out: &mut Out<'_, W>, block: &InnerBlock<'_>) -> Result<(), W::Error> {
    match block {
        InnerBlock::Text(plain) => plain_text(out, plain),
        InnerBlock::Image(block) => image(out, block),
        InnerBlock::Document(block) => document(out, block),
        InnerBlock::SearchResult(block) => search_result(out, block),
        InnerBlock::Raw(raw) => out.verbatim(raw.as_str()),
    }
}

fn base64<W: Write>(out: &mut Out<'_, W>, media_type: &str, data: &str) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("type", "base64")?;
    out.member_str("media_type", media_type)?;
    out.member_str("data", data)?;
    out.close("}")
}

fn source<W: Write>(
    out: &mut Out<'_, W>,
    kind: &str,
    name: &str,
    value: &str,
) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("type", kind)?;
    out.member_str(name, value)?;
    out.close("}")
}

/// A `content` member of text blocks.
fn texts<W: Write>(out: &mut Out<'_, W>, pieces: &[&str]) -> Result<(), W::Error> {
    out.name("content")?;
    out.open("[")?;
    pieces.iter().try_for_each(|piece| plain_text(out, piece))?;
    out.close("]")
}

fn citations<W: Write>(out: &mut Out<'_, W>, is_enabled: bool) -> Result<(), W::Error> {
    if is_enabled { out.member(("citations", "{\"enabled\":true}")) } else { Ok(()) }
}

fn mark<W: Write>(
    out: &mut Out<'_, W>,
    cache_control: Option<CacheControl>,
) -> Result<(), W::Error> {
    cache_control.map_or(Ok(()), |mark| out.member(mark_member(mark)))
}

const fn mark_member(cache_control: CacheControl) -> Mark<'static> {
    let json = match cache_control.ttl {
        None => r#"{"type":"ephemeral"}"#,
        Some(Ttl::FiveMinutes) => r#"{"type":"ephemeral","ttl":"5m"}"#,
        Some(Ttl::OneHour) => r#"{"type":"ephemeral","ttl":"1h"}"#,
    };
    ("cache_control", json)
}
