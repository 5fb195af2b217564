//! What of a request has a place in OpenAI's Chat Completions API.

use super::super::openai::check::{Format, lifetime, raw_has_place, supported, text_has_place};
use crate::prompt::{
    Block, DocumentSource, ImageSource, InnerBlock, Place, Request, Role, ToolResult,
    ToolResultContent, Violation,
};

/// What this format takes of what the other one does, too.
pub(in super::super) const FORMAT: Format = Format {
    has_stop: true,
    // Parts alone may have them.
    has_automatic_12h: false,
    has_deferred_tools: false,
    block_has_place,
};

/// Whether the body has a member of that name anyway.
pub(in super::super) fn writes(request: &Request<'_>, name: &str) -> bool {
    match name {
        "model" | "messages" => true,
        "max_completion_tokens" => request.max_tokens.is_some(),
        "temperature" => request.temperature.is_some(),
        "top_p" => request.top_p.is_some(),
        "stop" => !request.stop_sequences.is_empty(),
        "reasoning_effort" => request.effort.is_some(),
        "safety_identifier" => request.user_id.is_some(),
        "service_tier" => request.service_tier.is_some(),
        "prompt_cache_options" => request.cache_control.is_some(),
        "stream" => request.stream,
        "tools" => !request.tools.is_empty(),
        "tool_choice" => request.tool_choice.is_some(),
        "parallel_tool_calls" => request.tool_choice.is_some_and(|choice| choice.disable_parallel),
        "response_format" => request.output.is_some(),
        _ => false,
    }
}

fn block_has_place(
    message: usize,
    index: usize,
    role: Role,
    block: &Block<'_>,
) -> Result<(), Violation> {
    let place = Place::Block { message, block: index };
    lifetime(block.cache_control(), place)?;
    match (block, role) {
        (Block::Text(text), _) => text_has_place(text, place),
        (Block::Image(image), Role::User) => {
            supported(!matches!(image.source, ImageSource::File(_)), place)
        }
        (Block::Document(document), Role::User) => {
            let is_file =
                matches!(document.source, DocumentSource::Base64 { .. } | DocumentSource::File(_));
            supported(is_file && !document.citations && document.context.is_none(), place)
        }
        (Block::ToolUse(call), Role::Assistant) => supported(call.cache_control.is_none(), place),
        (Block::ToolResult(result), Role::User) => result_has_place(message, index, result),
        (Block::Raw(raw), _) => raw_has_place(place, raw),
        _ => supported(false, place),
    }
}

/// A tool message is plain text: no mark, no picture, no failure flag.
fn result_has_place(
    message: usize,
    block: usize,
    result: &ToolResult<'_>,
) -> Result<(), Violation> {
    let is_plain = result.cache_control.is_none() && !result.is_error;
    supported(is_plain, Place::Block { message, block })?;
    let ToolResultContent::Blocks(blocks) = result.content else { return Ok(()) };
    for (inner, entry) in blocks.iter().enumerate() {
        let has_place = matches!(entry, InnerBlock::Text(_) | InnerBlock::Raw(_));
        supported(has_place, Place::InnerBlock { message, block, inner })?;
    }
    Ok(())
}
