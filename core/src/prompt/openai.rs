//! Encoding as OpenAI's Chat Completions API reads it (`POST /v1/chat/completions`).
//!
//! The model is Anthropic's, which is the richer one. The results of tools become messages of
//! their own, tool calls a member of the assistant's message, the system prompt the first message.
//! What has no place here was refused by `check_openai` before.

use embedded_io::Write;

use super::block::{Block, InnerBlock, Text, ToolResult, ToolResultContent, ToolUse};
use super::media::{Document, DocumentSource, Image, ImageSource};
use super::message::{Content, Message, Role};
use super::out::{Mark, Out};
use super::request::{OutputFormat, Request, SystemPrompt, ToolChoice, ToolChoiceMode};
use super::tool::{Function, Tool};

/// The mark on a content part. The one lifetime there is belongs to the request.
pub(super) const MARK: Mark<'static> = ("prompt_cache_breakpoint", r#"{"mode":"explicit"}"#);

/// Writes the body. The request has passed its checks.
pub(super) fn encode<W: Write>(request: &Request<'_>, writer: &mut W) -> Result<(), W::Error> {
    let out = &mut Out::new(writer);
    out.open("{")?;
    out.member_str("model", request.model)?;
    parameters(out, request)?;
    if !request.tools.is_empty() {
        out.name("tools")?;
        out.open("[")?;
        request.tools.iter().try_for_each(|entry| tool(out, entry))?;
        out.close("]")?;
    }
    if let Some(choice) = &request.tool_choice {
        tool_choice(out, choice)?;
    }
    if let Some(output) = &request.output {
        response_format(out, output)?;
    }
    out.name("messages")?;
    out.open("[")?;
    if let Some(prompt) = &request.system {
        system(out, prompt)?;
    }
    request.messages.iter().try_for_each(|entry| message(out, entry))?;
    out.close("]")?;
    for (name, value) in request.extra {
        out.member((name, value.as_str()))?;
    }
    out.close("}")
}

fn parameters<W: Write>(out: &mut Out<'_, W>, request: &Request<'_>) -> Result<(), W::Error> {
    out.optional_u32("max_completion_tokens", request.max_tokens)?;
    out.optional_f64("temperature", request.temperature)?;
    out.optional_f64("top_p", request.top_p)?;
    if !request.stop_sequences.is_empty() {
        out.name("stop")?;
        out.open("[")?;
        request.stop_sequences.iter().try_for_each(|text| out.string(text))?;
        out.close("]")?;
    }
    out.optional_str("reasoning_effort", request.effort)?;
    out.optional_str("safety_identifier", request.user_id)?;
    out.optional_str("service_tier", request.service_tier)?;
    if request.cache_control.is_some() {
        // Its own automatic mode, which marks the end of the latest message.
        out.member(("prompt_cache_options", r#"{"mode":"implicit"}"#))?;
    }
    out.flag("stream", request.stream)
}

fn tool<W: Write>(out: &mut Out<'_, W>, tool: &Tool<'_>) -> Result<(), W::Error> {
    match tool {
        Tool::Function(function) => function_tool(out, function),
        Tool::Raw(raw) => out.object(raw, MARK),
    }
}

fn function_tool<W: Write>(out: &mut Out<'_, W>, tool: &Function<'_>) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("type", "function")?;
    out.name("function")?;
    out.open("{")?;
    out.member_str("name", tool.name)?;
    out.optional_str("description", tool.description)?;
    out.member(("parameters", tool.input_schema.as_str()))?;
    if let Some(strict) = tool.strict {
        out.member(("strict", if strict { "true" } else { "false" }))?;
    }
    out.close("}")?;
    out.close("}")
}

fn tool_choice<W: Write>(out: &mut Out<'_, W>, choice: &ToolChoice<'_>) -> Result<(), W::Error> {
    out.name("tool_choice")?;
    match choice.mode {
        ToolChoiceMode::Auto => out.string("auto")?,
        ToolChoiceMode::Any => out.string("required")?,
        ToolChoiceMode::None => out.string("none")?,
        ToolChoiceMode::Tool(name) => {
            out.open("{")?;
            out.member_str("type", "function")?;
            out.name("function")?;
            out.open("{")?;
            out.member_str("name", name)?;
            out.close("}")?;
            out.close("}")?;
        }
    }
    if choice.disable_parallel {
        out.member(("parallel_tool_calls", "false"))?;
    }
    Ok(())
}

fn response_format<W: Write>(
    out: &mut Out<'_, W>,
    output: &OutputFormat<'_>,
) -> Result<(), W::Error> {
    out.name("response_format")?;
    out.open("{")?;
    out.member_str("type", "json_schema")?;
    out.name("json_schema")?;
    out.open("{")?;
    out.member_str("name", output.name)?;
    out.member(("schema", output.schema.as_str()))?;
    out.flag("strict", output.strict)?;
    out.close("}")?;
    out.close("}")
}

fn system<W: Write>(out: &mut Out<'_, W>, prompt: &SystemPrompt<'_>) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("role", Role::System.as_str())?;
    out.name("content")?;
    if let SystemPrompt::Text(plain) = prompt {
        out.string(plain)?;
    } else {
        out.open("[")?;
        prompt.blocks().iter().try_for_each(|block| text(out, block))?;
        out.close("]")?;
    }
    out.close("}")
}

fn message<W: Write>(out: &mut Out<'_, W>, message: &Message<'_>) -> Result<(), W::Error> {
    match (message.role, &message.content) {
        (role, Content::Text(plain)) => {
            out.open("{")?;
            out.member_str("role", role.as_str())?;
            out.member_str("content", plain)?;
            out.close("}")
        }
        (Role::Assistant, content) => assistant(out, content.blocks()),
        (role, content) => message_and_results(out, role, content.blocks()),
    }
}

/// Each tool result becomes a message; each run of other blocks one of the given role.
fn message_and_results<W: Write>(
    out: &mut Out<'_, W>,
    role: Role,
    blocks: &[Block<'_>],
) -> Result<(), W::Error> {
    if blocks.is_empty() {
        return parts_message(out, role, &[]);
    }
    let both_plain = |a: &Block<'_>, b: &Block<'_>| !is_result(a) && !is_result(b);
    blocks.chunk_by(both_plain).try_for_each(|run| match run {
        [Block::ToolResult(result)] => tool_message(out, result),
        parts => parts_message(out, role, parts),
    })
}

const fn is_result(block: &Block<'_>) -> bool {
    matches!(block, Block::ToolResult(_))
}

fn parts_message<W: Write>(
    out: &mut Out<'_, W>,
    role: Role,
    parts: &[Block<'_>],
) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("role", role.as_str())?;
    out.name("content")?;
    out.open("[")?;
    parts.iter().try_for_each(|block| part(out, block))?;
    out.close("]")?;
    out.close("}")
}

fn tool_message<W: Write>(out: &mut Out<'_, W>, result: &ToolResult<'_>) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("role", "tool")?;
    out.member_str("tool_call_id", result.tool_use_id)?;
    out.name("content")?;
    match result.content {
        ToolResultContent::Empty => out.string("")?,
        ToolResultContent::Text(plain) => out.string(plain)?,
        ToolResultContent::Blocks(blocks) => {
            out.open("[")?;
            for block in blocks {
                match block {
                    InnerBlock::Text(plain) => text(out, &Text::new(plain))?,
                    InnerBlock::Raw(raw) => out.verbatim(raw.as_str())?,
                    // Refused by the check.
                    _ => {}
                }
            }
            out.close("]")?;
        }
    }
    out.close("}")
}

fn assistant<W: Write>(out: &mut Out<'_, W>, blocks: &[Block<'_>]) -> Result<(), W::Error> {
    let is_call = |block: &&Block<'_>| matches!(block, Block::ToolUse(_));
    out.open("{")?;
    out.member_str("role", Role::Assistant.as_str())?;
    out.name("content")?;
    if blocks.iter().all(|block| is_call(&block)) {
        out.verbatim("null")?;
    } else {
        out.open("[")?;
        let mut parts = blocks.iter().filter(|block| !is_call(block));
        parts.try_for_each(|block| part(out, block))?;
        out.close("]")?;
    }
    if blocks.iter().any(|block| is_call(&block)) {
        out.name("tool_calls")?;
        out.open("[")?;
        for block in blocks {
            if let Block::ToolUse(call) = block {
                tool_call(out, call)?;
            }
        }
        out.close("]")?;
    }
    out.close("}")
}

fn tool_call<W: Write>(out: &mut Out<'_, W>, call: &ToolUse<'_>) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("id", call.id)?;
    out.member_str("type", "function")?;
    out.name("function")?;
    out.open("{")?;
    out.member_str("name", call.name)?;
    // Here arguments are a string that holds JSON.
    out.member_str("arguments", call.input.as_str())?;
    out.close("}")?;
    out.close("}")
}

fn part<W: Write>(out: &mut Out<'_, W>, block: &Block<'_>) -> Result<(), W::Error> {
    match block {
        Block::Text(block) => text(out, block),
        Block::Image(block) => image(out, block),
        Block::Document(block) => file(out, block),
        Block::Raw(raw) => out.object(raw, MARK),
        // Refused by the check, or written elsewhere.
        Block::SearchResult(_) | Block::ToolUse(_) | Block::ToolResult(_) | Block::Thinking(_) => {
            Ok(())
        }
    }
}

fn text<W: Write>(out: &mut Out<'_, W>, block: &Text<'_>) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("type", "text")?;
    out.member_str("text", block.text)?;
    mark(out, block.cache_control.is_some())?;
    out.close("}")
}

fn image<W: Write>(out: &mut Out<'_, W>, image: &Image<'_>) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("type", "image_url")?;
    out.name("image_url")?;
    out.open("{")?;
    match image.source {
        ImageSource::Url(url) => out.member_str("url", url)?,
        ImageSource::Base64 { media_type, data } => {
            out.name("url")?;
            out.string_of(&["data:", media_type, ";base64,", data])?;
        }
        // Refused by the check.
        ImageSource::File(_) => {}
    }
    out.close("}")?;
    mark(out, image.cache_control.is_some())?;
    out.close("}")
}

fn file<W: Write>(out: &mut Out<'_, W>, document: &Document<'_>) -> Result<(), W::Error> {
    out.open("{")?;
    out.member_str("type", "file")?;
    out.name("file")?;
    out.open("{")?;
    match document.source {
        DocumentSource::File(id) => out.member_str("file_id", id)?,
        DocumentSource::Base64 { media_type, data } => {
            // The API requires a name with inline data.
            out.member_str("filename", document.title.unwrap_or("document.pdf"))?;
            out.name("file_data")?;
            out.string_of(&["data:", media_type, ";base64,", data])?;
        }
        // Refused by the check.
        DocumentSource::Text(_) | DocumentSource::Chunks(_) | DocumentSource::Url(_) => {}
    }
    out.close("}")?;
    mark(out, document.cache_control.is_some())?;
    out.close("}")
}

fn mark<W: Write>(out: &mut Out<'_, W>, is_marked: bool) -> Result<(), W::Error> {
    if is_marked { out.member(MARK) } else { Ok(()) }
}
