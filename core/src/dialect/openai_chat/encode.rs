//! Encoding as OpenAI's Chat Completions API reads it (`POST /v1/chat/completions`).
//!
//! The model is Anthropic's, which is the richer one. The results of tools become messages of
//! their own, tool calls a member of the assistant's message, the system prompt the first message.
//! What has no place here was refused by `check` before.

use super::super::openai::encode::{
    data_url, function_members, inline_file, last_parameters, mark, raw_part, schema_members, tools,
};
use crate::prompt::form::Form;
use crate::prompt::out::Out;
use crate::prompt::{
    Block, Content, Document, DocumentSource, Image, ImageSource, InnerBlock, Message,
    OutputFormat, Request, Role, SystemPrompt, Text, ToolResult, ToolResultContent, ToolUse,
};

/// Writes the body. The request has passed its checks.
pub(in super::super) fn encode<'a, F: Form>(
    request: &Request<'a>,
    out: &mut Out<'a, F>,
) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("model", request.model)?;
        parameters(out, request)?;
        let chosen = |out: &mut _, name| function(out, |out| out.member_str("name", name));
        tools(out, request, |out, tool| function(out, |out| function_members(out, tool)), chosen)?;
        if let Some(output) = &request.output {
            out.member("response_format", |out| response_format(out, output))?;
        }
        out.member("messages", |out| {
            out.array(|out| {
                request.system.iter().try_for_each(|prompt| system(out, prompt))?;
                request.messages.iter().try_for_each(|entry| message(out, entry))
            })
        })?;
        request.extra.iter().try_for_each(|(name, value)| out.member_raw(name, *value))
    })
}

fn parameters<F: Form>(out: &mut Out<'_, F>, request: &Request<'_>) -> Result<(), F::Error> {
    out.optional_u32("max_completion_tokens", request.max_tokens)?;
    out.optional_f64("temperature", request.temperature)?;
    out.optional_f64("top_p", request.top_p)?;
    if !request.stop_sequences.is_empty() {
        out.member_array("stop", request.stop_sequences, |out, text| out.string(text))?;
    }
    out.optional_str("reasoning_effort", request.effort)?;
    last_parameters(out, request)
}

/// An object of type `function` with these members inside.
fn function<'n, F: Form>(
    out: &mut Out<'n, F>,
    members: impl Fn(&mut Out<'n, F>) -> Result<(), F::Error>,
) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "function")?;
        out.member("function", |out| out.object(&members))
    })
}

fn response_format<F: Form>(
    out: &mut Out<'_, F>,
    output: &OutputFormat<'_>,
) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "json_schema")?;
        out.member("json_schema", |out| out.object(|out| schema_members(out, output)))
    })
}

fn system<F: Form>(out: &mut Out<'_, F>, prompt: &SystemPrompt<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("role", Role::System.as_str())?;
        match prompt {
            SystemPrompt::Text(plain) => out.member_str("content", plain),
            SystemPrompt::Raw(raw) => out.member_raw("content", *raw),
            _ => out.member_array("content", prompt.blocks(), text),
        }
    })
}

fn message<F: Form>(out: &mut Out<'_, F>, message: &Message<'_>) -> Result<(), F::Error> {
    match (message.role, &message.content) {
        (role, Content::Text(plain)) => out.object(|out| {
            out.member_str("role", role.as_str())?;
            out.member_str("content", plain)
        }),
        (_, Content::Whole(raw)) => out.raw(*raw),
        (Role::Assistant, content) => assistant(out, content.blocks()),
        (role, content) => message_and_results(out, role, content.blocks()),
    }
}

/// Each tool result becomes a message; each run of other blocks one of the given role.
fn message_and_results<F: Form>(
    out: &mut Out<'_, F>,
    role: Role,
    blocks: &[Block<'_>],
) -> Result<(), F::Error> {
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

fn parts_message<F: Form>(
    out: &mut Out<'_, F>,
    role: Role,
    parts: &[Block<'_>],
) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("role", role.as_str())?;
        out.member_array("content", parts, part)
    })
}

fn tool_message<F: Form>(out: &mut Out<'_, F>, result: &ToolResult<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("role", "tool")?;
        out.member_str("tool_call_id", result.tool_use_id)?;
        match result.content {
            ToolResultContent::Empty => out.member_str("content", ""),
            ToolResultContent::Text(plain) => out.member_str("content", plain),
            ToolResultContent::Blocks(blocks) => {
                out.member_array("content", blocks, |out, block| match block {
                    InnerBlock::Text(plain) => text(out, &Text::new(plain)),
                    InnerBlock::Raw(raw) => out.raw(*raw),
                    // Refused by the check.
                    _ => Ok(()),
                })
            }
        }
    })
}

fn assistant<F: Form>(out: &mut Out<'_, F>, blocks: &[Block<'_>]) -> Result<(), F::Error> {
    let is_call = |block: &&Block<'_>| matches!(block, Block::ToolUse(_));
    out.object(|out| {
        out.member_str("role", Role::Assistant.as_str())?;
        if blocks.iter().all(|block| is_call(&block)) {
            out.member_constant(("content", "null"))?;
        } else {
            out.member("content", |out| {
                let mut parts = blocks.iter().filter(|block| !is_call(block));
                out.array(|out| parts.try_for_each(|block| part(out, block)))
            })?;
        }
        if !blocks.iter().any(|block| is_call(&block)) {
            return Ok(());
        }
        out.member_array("tool_calls", blocks, |out, block| match block {
            Block::ToolUse(call) => tool_call(out, call),
            _ => Ok(()),
        })
    })
}

fn tool_call<F: Form>(out: &mut Out<'_, F>, call: &ToolUse<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("id", call.id)?;
        out.member_str("type", "function")?;
        out.member("function", |out| {
            out.object(|out| {
                out.member_str("name", call.name)?;
                // Here arguments are a string that holds JSON.
                out.member_str("arguments", call.input.as_str())
            })
        })
    })
}

fn part<F: Form>(out: &mut Out<'_, F>, block: &Block<'_>) -> Result<(), F::Error> {
    match block {
        Block::Text(block) => text(out, block),
        Block::Image(block) => image(out, block),
        Block::Document(block) => file(out, block),
        Block::Raw(raw) => raw_part(out, raw),
        // Refused by the check, or written elsewhere.
        Block::SearchResult(_)
        | Block::ContainerUpload(_)
        | Block::ToolUse(_)
        | Block::ToolResult(_)
        | Block::Thinking(_) => Ok(()),
    }
}

fn text<F: Form>(out: &mut Out<'_, F>, block: &Text<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "text")?;
        out.member_str("text", block.text)?;
        mark(out, block.cache_control)
    })
}

fn image<F: Form>(out: &mut Out<'_, F>, image: &Image<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "image_url")?;
        out.member("image_url", |out| {
            out.object(|out| match image.source {
                ImageSource::Url(url) => out.member_str("url", url),
                ImageSource::Base64 { media_type, data } => {
                    out.member("url", |out| data_url(out, media_type, data))
                }
                // Refused by the check.
                ImageSource::File(_) => Ok(()),
            })
        })?;
        mark(out, image.cache_control)
    })
}

fn file<F: Form>(out: &mut Out<'_, F>, document: &Document<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "file")?;
        out.member("file", |out| {
            out.object(|out| match document.source {
                DocumentSource::File(id) => out.member_str("file_id", id),
                DocumentSource::Base64 { media_type, data } => {
                    inline_file(out, document, media_type, data)
                }
                // Refused by the check.
                DocumentSource::Text(_) | DocumentSource::Chunks(_) | DocumentSource::Url(_) => {
                    Ok(())
                }
            })
        })?;
        mark(out, document.cache_control)
    })
}
