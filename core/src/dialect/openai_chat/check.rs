//! What of a request has a place in OpenAI's Chat Completions API.

use super::super::openai::check::{
    Format, lifetime, raw_has_place, supported, text_has_place, writes_in_both,
};
use crate::prompt::{
    Block, DocumentSource, ImageSource, InnerBlock, Place, Request, Role, ToolResult,
    ToolResultContent, Violation,
};

/// How this format differs from the other one.
pub(in super::super) const FORMAT: Format = Format {
    has_stop: true,
    // Parts alone may have them.
    has_automatic_12h: false,
    has_deferred_tools: false,
    block_has_place,
};

/// Whether the encoder writes a member of this name, so that an extra member would repeat the name.
pub(in super::super) fn writes(request: &Request<'_>, name: &str) -> bool {
    match name {
        "messages" => true,
        "max_completion_tokens" => request.max_tokens.is_some(),
        "stop" => !request.stop_sequences.is_empty(),
        "reasoning_effort" => request.effort.is_some(),
        "response_format" => request.output.is_some(),
        _ => writes_in_both(request, name),
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
