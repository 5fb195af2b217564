//! Encoding as OpenAI's Responses API reads it (`POST /v1/responses`).
//!
//! A plain system prompt becomes `instructions`, which cannot carry a mark; one of blocks becomes
//! the first message of `input`. Calls of tools and their results become items of their own, in
//! the order in which the blocks stand. What has no place here was refused by `check`.

use super::super::openai::encode::{
    data_url, function_members, inline_file, last_parameters, mark, raw_part, schema_members, tools,
};
use crate::prompt::form::Form;
use crate::prompt::out::Out;
use crate::prompt::{
    Block, CacheControl, Content, Document, DocumentSource, Function, Image, ImageSource,
    InnerBlock, Message, OutputFormat, Request, Role, SystemPrompt, Text, ToolResult,
    ToolResultContent, ToolUse,
};

/// Writes the body. The request has passed its checks.
pub(in super::super) fn encode<'a, F: Form>(
    request: &Request<'a>,
    out: &mut Out<'a, F>,
) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("model", request.model)?;
        parameters(out, request)?;
        tools(out, request, function_tool, chosen_tool)?;
        if let Some(SystemPrompt::Text(plain)) = request.system {
            out.member_str("instructions", plain)?;
        }
        if has_input(request) {
            out.member("input", |out| {
                out.array(|out| {
                    request.system.iter().try_for_each(|prompt| system(out, prompt))?;
                    request.messages.iter().try_for_each(|entry| message(out, entry))
                })
            })?;
        }
        request.extra.iter().try_for_each(|(name, value)| out.member_raw(name, *value))
    })
}

/// Whether there are items; without any, an extra member may bring `input` in another form.
pub(in super::super) const fn has_input(request: &Request<'_>) -> bool {
    let is_item = !matches!(request.system, None | Some(SystemPrompt::Text(_)));
    is_item || !request.messages.is_empty()
}

fn parameters<F: Form>(out: &mut Out<'_, F>, request: &Request<'_>) -> Result<(), F::Error> {
    out.optional_u32("max_output_tokens", request.max_tokens)?;
    out.optional_f64("temperature", request.temperature)?;
    out.optional_f64("top_p", request.top_p)?;
    if let Some(effort) = request.effort {
        out.member("reasoning", |out| out.object(|out| out.member_str("effort", effort)))?;
    }
    if let Some(output) = &request.output {
        out.member("text", |out| {
            out.object(|out| out.member("format", |out| format(out, output)))
        })?;
    }
    last_parameters(out, request)
}

fn format<F: Form>(out: &mut Out<'_, F>, output: &OutputFormat<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "json_schema")?;
        schema_members(out, output)
    })
}

fn function_tool<F: Form>(out: &mut Out<'_, F>, tool: &Function<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "function")?;
        function_members(out, tool)?;
        out.flag("defer_loading", tool.defer_loading)
    })
}

fn chosen_tool<F: Form>(out: &mut Out<'_, F>, name: &str) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "function")?;
        out.member_str("name", name)
    })
}

fn system<F: Form>(out: &mut Out<'_, F>, prompt: &SystemPrompt<'_>) -> Result<(), F::Error> {
    if matches!(prompt, SystemPrompt::Text(_)) {
        return Ok(());
    }
    out.object(|out| {
        out.member_str("role", Role::System.as_str())?;
        match prompt {
            SystemPrompt::Raw(raw) => out.member_raw("content", *raw),
            _ => out.member_array("content", prompt.blocks(), text),
        }
    })
}

fn message<F: Form>(out: &mut Out<'_, F>, message: &Message<'_>) -> Result<(), F::Error> {
    match message.content {
        Content::Whole(raw) => return out.raw(raw),
        Content::Text(plain) => {
            return out.object(|out| {
                out.member_str("role", message.role.as_str())?;
                out.member_str("content", plain)
            });
        }
        Content::Block(_) | Content::Blocks(_) => {}
    }
    let blocks = message.content.blocks();
    if blocks.is_empty() {
        return parts_message(out, message.role, &[]);
    }
    let both_parts = |a: &Block<'_>, b: &Block<'_>| !is_item(a) && !is_item(b);
    blocks.chunk_by(both_parts).try_for_each(|run| match run {
        [Block::ToolUse(call)] => function_call(out, call),
        [Block::ToolResult(result)] => call_output(out, result),
        parts => parts_message(out, message.role, parts),
    })
}

/// Whether a block is no part of a message here, but an item beside it.
const fn is_item(block: &Block<'_>) -> bool {
    matches!(block, Block::ToolUse(_) | Block::ToolResult(_))
}

fn parts_message<F: Form>(
    out: &mut Out<'_, F>,
    role: Role,
    parts: &[Block<'_>],
) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("role", role.as_str())?;
        out.member_array("content", parts, |out, block| match block {
            Block::Text(block) if role == Role::Assistant => output_text(out, block),
            Block::Text(block) => text(out, block),
            Block::Image(block) => image(out, block, block.cache_control),
            Block::Document(block) => file(out, block, block.cache_control),
            Block::Raw(raw) => raw_part(out, raw),
            // Refused by the check, or written elsewhere.
            _ => Ok(()),
        })
    })
}

fn function_call<F: Form>(out: &mut Out<'_, F>, call: &ToolUse<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "function_call")?;
        out.member_str("call_id", call.id)?;
        out.member_str("name", call.name)?;
        // Here arguments are a string that holds JSON.
        out.member_str("arguments", call.input.as_str())
    })
}

/// A mark on the result goes on the last part of its output, where this API has its place.
fn call_output<F: Form>(out: &mut Out<'_, F>, result: &ToolResult<'_>) -> Result<(), F::Error> {
    let marked = result.cache_control;
    out.object(|out| {
        out.member_str("type", "function_call_output")?;
        out.member_str("call_id", result.tool_use_id)?;
        match result.content {
            ToolResultContent::Empty => out.member_str("output", ""),
            ToolResultContent::Text(plain) if marked.is_some() => {
                out.member_array("output", &[plain], |out, plain| input_text(out, plain, marked))
            }
            ToolResultContent::Text(plain) => out.member_str("output", plain),
            ToolResultContent::Blocks(blocks) => out.member("output", |out| {
                out.array(|out| {
                    blocks.iter().enumerate().try_for_each(|(index, block)| {
                        inner_block(out, block, marked.filter(|_| index + 1 == blocks.len()))
                    })
                })
            }),
        }
    })
}

fn inner_block<F: Form>(
    out: &mut Out<'_, F>,
    block: &InnerBlock<'_>,
    marked: Option<CacheControl>,
) -> Result<(), F::Error> {
    match block {
        InnerBlock::Text(plain) => input_text(out, plain, marked),
        InnerBlock::Image(block) => image(out, block, marked),
        InnerBlock::Document(block) => file(out, block, marked),
        InnerBlock::Raw(raw) => out.raw(*raw),
        // Refused by the check.
        InnerBlock::SearchResult(_) | InnerBlock::ToolReference(_) => Ok(()),
    }
}

fn text<F: Form>(out: &mut Out<'_, F>, block: &Text<'_>) -> Result<(), F::Error> {
    input_text(out, block.text, block.cache_control)
}

fn input_text<F: Form>(
    out: &mut Out<'_, F>,
    plain: &str,
    marked: Option<CacheControl>,
) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "input_text")?;
        out.member_str("text", plain)?;
        mark(out, marked)
    })
}

/// What the model said. The API requires the annotations.
fn output_text<F: Form>(out: &mut Out<'_, F>, block: &Text<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "output_text")?;
        out.member_str("text", block.text)?;
        out.member_constant(("annotations", "[]"))
    })
}

fn image<F: Form>(
    out: &mut Out<'_, F>,
    image: &Image<'_>,
    marked: Option<CacheControl>,
) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "input_image")?;
        match image.source {
            ImageSource::Url(url) => out.member_str("image_url", url),
            ImageSource::File(id) => out.member_str("file_id", id),
            ImageSource::Base64 { media_type, data } => {
                out.member("image_url", |out| data_url(out, media_type, data))
            }
        }?;
        mark(out, marked)
    })
}

fn file<F: Form>(
    out: &mut Out<'_, F>,
    document: &Document<'_>,
    marked: Option<CacheControl>,
) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "input_file")?;
        match document.source {
            DocumentSource::File(id) => out.member_str("file_id", id),
            DocumentSource::Url(url) => out.member_str("file_url", url),
            DocumentSource::Base64 { media_type, data } => {
                inline_file(out, document, media_type, data)
            }
            // Refused by the check.
            DocumentSource::Text(_) | DocumentSource::Chunks(_) => Ok(()),
        }?;
        mark(out, marked)
    })
}
