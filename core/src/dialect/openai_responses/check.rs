//! What of a request has a place in OpenAI's Responses API.

use super::super::openai::check::{
    Format, lifetime, raw_has_place, supported, text_has_place, writes_in_both,
};
use super::encode::has_input;
use crate::prompt::{
    Block, Document, DocumentSource, InnerBlock, Place, Request, Role, SystemPrompt, ToolResult,
    ToolResultContent, Violation,
};

/// How this format differs from the other one.
pub(in super::super) const FORMAT: Format =
    Format { has_stop: false, has_automatic_12h: true, has_deferred_tools: true, block_has_place };

/// Whether the encoder writes a member of this name, so that an extra member would repeat the name.
pub(in super::super) fn writes(request: &Request<'_>, name: &str) -> bool {
    match name {
        "max_output_tokens" => request.max_tokens.is_some(),
        "reasoning" => request.effort.is_some(),
        "text" => request.output.is_some(),
        "instructions" => matches!(request.system, Some(SystemPrompt::Text(_))),
        "input" => has_input(request),
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
        // An `output_text` has no field for a mark.
        (Block::Text(text), Role::Assistant) => {
            supported(text.cache_control.is_none() && text.citations.is_none(), place)
        }
        (Block::Text(text), _) => text_has_place(text, place),
        (Block::Image(_), Role::User) => Ok(()),
        (Block::Document(document), Role::User) => supported(is_file(document), place),
        (Block::ToolUse(call), Role::Assistant) => supported(call.cache_control.is_none(), place),
        (Block::ToolResult(result), Role::User) => result_has_place(message, index, result),
        (Block::Raw(raw), _) => raw_has_place(place, raw),
        _ => supported(false, place),
    }
}

fn is_file(document: &Document<'_>) -> bool {
    let is_text = matches!(document.source, DocumentSource::Text(_) | DocumentSource::Chunks(_));
    !is_text && !document.citations && document.context.is_none()
}

/// A mark on a result needs a last part that can carry it.
fn result_has_place(
    message: usize,
    block: usize,
    result: &ToolResult<'_>,
) -> Result<(), Violation> {
    let can_carry = match result.content {
        ToolResultContent::Empty => false,
        ToolResultContent::Text(_) => true,
        ToolResultContent::Blocks(blocks) => {
            blocks.last().is_some_and(|last| !matches!(last, InnerBlock::Raw(_)))
        }
    };
    let has_place = !result.is_error && (result.cache_control.is_none() || can_carry);
    supported(has_place, Place::Block { message, block })?;
    let ToolResultContent::Blocks(blocks) = result.content else { return Ok(()) };
    for (inner, entry) in blocks.iter().enumerate() {
        let has_place = match entry {
            InnerBlock::Text(_) | InnerBlock::Raw(_) => true,
            InnerBlock::Image(image) => image.cache_control.is_none(),
            InnerBlock::Document(document) => document.cache_control.is_none() && is_file(document),
            InnerBlock::SearchResult(_) | InnerBlock::ToolReference(_) => false,
        };
        supported(has_place, Place::InnerBlock { message, block, inner })?;
    }
    Ok(())
}
