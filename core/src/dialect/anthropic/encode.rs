//! Encoding as Anthropic's Messages API reads it (`POST /v1/messages`).

use crate::prompt::form::Form;
use crate::prompt::out::Out;
use crate::prompt::rules::settings::Purpose;
use crate::prompt::{
    Block, CacheControl, ContainerUpload, Content, Document, DocumentSource, Function, Image,
    ImageSource, InnerBlock, Message, Request, SearchResult, SystemPrompt, Text, Tool, ToolChoice,
    ToolChoiceMode, ToolResult, ToolResultContent, ToolUse,
};

/// Writes the body. The request has passed its checks.
pub(in super::super) fn encode<'a, F: Form>(
    request: &Request<'a>,
    purpose: Purpose,
    out: &mut Out<'a, F>,
) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("model", request.model)?;
        if purpose == Purpose::Create {
            parameters(out, request)?;
        }
        out.optional_raw("thinking", request.thinking)?;
        output_config(out, request)?;
        mark(out, request.cache_control)?;
        if !request.tools.is_empty() {
            out.member_array("tools", request.tools, tool)?;
        }
        if let Some(choice) = &request.tool_choice {
            out.member("tool_choice", |out| tool_choice(out, choice))?;
        }
        if let Some(prompt) = &request.system {
            out.member("system", |out| system(out, prompt))?;
        }
        out.member_array("messages", request.messages, message)?;
        request.extra.iter().try_for_each(|(name, value)| out.member_raw(name, *value))
    })
}

/// What shapes the answer, or how it is served, and is no part of the prompt.
fn parameters<F: Form>(out: &mut Out<'_, F>, request: &Request<'_>) -> Result<(), F::Error> {
    out.optional_u32("max_tokens", request.max_tokens)?;
    out.optional_f64("temperature", request.temperature)?;
    out.optional_f64("top_p", request.top_p)?;
    out.optional_u32("top_k", request.top_k)?;
    if !request.stop_sequences.is_empty() {
        out.member_array("stop_sequences", request.stop_sequences, |out, text| out.string(text))?;
    }
    if let Some(user_id) = request.user_id {
        out.member("metadata", |out| out.object(|out| out.member_str("user_id", user_id)))?;
    }
    out.optional_str("service_tier", request.service_tier)?;
    if let Some(diagnostics) = request.diagnostics {
        out.member("diagnostics", |out| {
            out.object(|out| match diagnostics.previous_message_id {
                Some(id) => out.member_str("previous_message_id", id),
                None => out.member_constant(("previous_message_id", "null")),
            })
        })?;
    }
    out.flag("stream", request.stream)
}

fn output_config<F: Form>(out: &mut Out<'_, F>, request: &Request<'_>) -> Result<(), F::Error> {
    if request.effort.is_none() && request.output.is_none() {
        return Ok(());
    }
    out.member("output_config", |out| {
        out.object(|out| {
            out.optional_str("effort", request.effort)?;
            let Some(output) = request.output else { return Ok(()) };
            out.member("format", |out| {
                out.object(|out| {
                    out.member_str("type", "json_schema")?;
                    out.member_raw("schema", output.schema)
                })
            })
        })
    })
}

fn tool<F: Form>(out: &mut Out<'_, F>, tool: &Tool<'_>) -> Result<(), F::Error> {
    match tool {
        Tool::Function(function) => function_tool(out, function),
        Tool::Raw(raw) => out.raw_object(raw, raw.cache_control.unwrap_or_default().member()),
    }
}

fn function_tool<F: Form>(out: &mut Out<'_, F>, tool: &Function<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("name", tool.name)?;
        out.optional_str("description", tool.description)?;
        out.member_raw("input_schema", tool.input_schema)?;
        if let Some(strict) = tool.strict {
            out.member_constant(("strict", if strict { "true" } else { "false" }))?;
        }
        out.flag("defer_loading", tool.defer_loading)?;
        mark(out, tool.cache_control)
    })
}

fn tool_choice<F: Form>(out: &mut Out<'_, F>, choice: &ToolChoice<'_>) -> Result<(), F::Error> {
    out.object(|out| {
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
        out.flag("disable_parallel_tool_use", choice.disable_parallel && has_place)
    })
}

fn system<F: Form>(out: &mut Out<'_, F>, prompt: &SystemPrompt<'_>) -> Result<(), F::Error> {
    match prompt {
        SystemPrompt::Text(plain) => out.string(plain),
        SystemPrompt::Raw(raw) => out.raw(*raw),
        _ => out.array(|out| prompt.blocks().iter().try_for_each(|block| text(out, block))),
    }
}

fn message<F: Form>(out: &mut Out<'_, F>, message: &Message<'_>) -> Result<(), F::Error> {
    if let Content::Whole(raw) = message.content {
        return out.raw(raw);
    }
    out.object(|out| {
        out.member_str("role", message.role.as_str())?;
        match message.content {
            Content::Text(plain) => out.member_str("content", plain),
            _ => out.member_array("content", message.content.blocks(), block),
        }
    })
}

fn block<F: Form>(out: &mut Out<'_, F>, block: &Block<'_>) -> Result<(), F::Error> {
    match block {
        Block::Text(block) => text(out, block),
        Block::Image(block) => image(out, block),
        Block::Document(block) => document(out, block),
        Block::SearchResult(block) => search_result(out, block),
        Block::ContainerUpload(block) => container_upload(out, block),
        Block::ToolUse(block) => tool_use(out, block),
        Block::ToolResult(block) => tool_result(out, block),
        Block::Thinking(raw) => out.raw(*raw),
        Block::Raw(raw) => out.raw_object(raw, raw.cache_control.unwrap_or_default().member()),
    }
}

fn text<F: Form>(out: &mut Out<'_, F>, block: &Text<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "text")?;
        out.member_str("text", block.text)?;
        out.optional_raw("citations", block.citations)?;
        mark(out, block.cache_control)
    })
}

fn plain_text<F: Form>(out: &mut Out<'_, F>, plain: &str) -> Result<(), F::Error> {
    text(out, &Text::new(plain))
}

fn image<F: Form>(out: &mut Out<'_, F>, image: &Image<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "image")?;
        out.member("source", |out| match image.source {
            ImageSource::Base64 { media_type, data } => base64(out, media_type, data),
            ImageSource::Url(url) => source(out, "url", "url", url),
            ImageSource::File(id) => source(out, "file", "file_id", id),
        })?;
        mark(out, image.cache_control)
    })
}

fn document<F: Form>(out: &mut Out<'_, F>, document: &Document<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "document")?;
        out.member("source", |out| document_source(out, &document.source))?;
        out.optional_str("title", document.title)?;
        out.optional_str("context", document.context)?;
        citations(out, document.citations)?;
        mark(out, document.cache_control)
    })
}

fn document_source<F: Form>(
    out: &mut Out<'_, F>,
    from: &DocumentSource<'_>,
) -> Result<(), F::Error> {
    match *from {
        DocumentSource::Base64 { media_type, data } => base64(out, media_type, data),
        DocumentSource::Url(url) => source(out, "url", "url", url),
        DocumentSource::File(id) => source(out, "file", "file_id", id),
        DocumentSource::Text(plain) => out.object(|out| {
            out.member_str("type", "text")?;
            out.member_str("media_type", "text/plain")?;
            out.member_str("data", plain)
        }),
        DocumentSource::Chunks(chunks) => out.object(|out| {
            out.member_str("type", "content")?;
            texts(out, chunks)
        }),
    }
}

fn search_result<F: Form>(out: &mut Out<'_, F>, result: &SearchResult<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "search_result")?;
        out.member_str("source", result.source)?;
        out.member_str("title", result.title)?;
        texts(out, result.content)?;
        citations(out, result.citations)?;
        mark(out, result.cache_control)
    })
}

fn container_upload<F: Form>(
    out: &mut Out<'_, F>,
    block: &ContainerUpload<'_>,
) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "container_upload")?;
        out.member_str("file_id", block.file_id)?;
        mark(out, block.cache_control)
    })
}

fn tool_use<F: Form>(out: &mut Out<'_, F>, block: &ToolUse<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "tool_use")?;
        out.member_str("id", block.id)?;
        out.member_str("name", block.name)?;
        out.member_raw("input", block.input)?;
        mark(out, block.cache_control)
    })
}

fn tool_result<F: Form>(out: &mut Out<'_, F>, block: &ToolResult<'_>) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "tool_result")?;
        out.member_str("tool_use_id", block.tool_use_id)?;
        match block.content {
            ToolResultContent::Empty => {}
            ToolResultContent::Text(plain) => out.member_str("content", plain)?,
            ToolResultContent::Blocks(blocks) => {
                out.member_array("content", blocks, inner_block)?;
            }
        }
        out.flag("is_error", block.is_error)?;
        mark(out, block.cache_control)
    })
}

fn inner_block<F: Form>(out: &mut Out<'_, F>, block: &InnerBlock<'_>) -> Result<(), F::Error> {
    match block {
        InnerBlock::Text(plain) => plain_text(out, plain),
        InnerBlock::Image(block) => image(out, block),
        InnerBlock::Document(block) => document(out, block),
        InnerBlock::SearchResult(block) => search_result(out, block),
        InnerBlock::ToolReference(name) => source(out, "tool_reference", "tool_name", name),
        InnerBlock::Raw(raw) => out.raw(*raw),
    }
}

fn base64<F: Form>(out: &mut Out<'_, F>, media_type: &str, data: &str) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", "base64")?;
        out.member_str("media_type", media_type)?;
        out.member_str("data", data)
    })
}

/// An object of that type with one more member.
fn source<F: Form>(
    out: &mut Out<'_, F>,
    kind: &str,
    name: &'static str,
    value: &str,
) -> Result<(), F::Error> {
    out.object(|out| {
        out.member_str("type", kind)?;
        out.member_str(name, value)
    })
}

/// A `content` member of text blocks.
fn texts<F: Form>(out: &mut Out<'_, F>, pieces: &[&str]) -> Result<(), F::Error> {
    out.member_array("content", pieces, |out, piece| plain_text(out, piece))
}

fn citations<F: Form>(out: &mut Out<'_, F>, is_enabled: bool) -> Result<(), F::Error> {
    if is_enabled { out.member_constant(("citations", "{\"enabled\":true}")) } else { Ok(()) }
}

fn mark<F: Form>(
    out: &mut Out<'_, F>,
    cache_control: Option<CacheControl>,
) -> Result<(), F::Error> {
    cache_control.map_or(Ok(()), |mark| out.member_constant(mark.member()))
}
