//! Helpers that put marks on blocks the caller holds.

use core::fmt;

use super::block::Block;
use super::cache_control::CacheControl;

/// Which tool results to mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which<'a> {
    /// All of them. More than four in a request are refused when it is encoded.
    All,
    /// Those at these positions, counted from 0 among the tool results.
    Indices(&'a [usize]),
}

/// A position at which there is no tool result; nothing was marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexOutOfRange {
    /// The position asked for.
    pub index: usize,
    /// How many tool results there are.
    pub len: usize,
}

/// There is no text block that could be marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoText;

/// Marks tool results among `blocks`, and leaves the other blocks as they are.
///
/// # Errors
/// [`IndexOutOfRange`] for the first position beyond the last tool result.
pub fn mark_tool_results(
    blocks: &mut [Block<'_>],
    which: Which<'_>,
    cache_control: CacheControl,
) -> Result<(), IndexOutOfRange> {
    let len = blocks.iter().filter(|block| matches!(block, Block::ToolResult(_))).count();
    if let Which::Indices(indices) = which
        && let Some(&index) = indices.iter().find(|&&index| index >= len)
    {
        return Err(IndexOutOfRange { index, len });
    }
    let results = blocks.iter_mut().filter_map(|block| match block {
        Block::ToolResult(result) => Some(result),
        _ => None,
    });
    for (position, result) in results.enumerate() {
        let is_chosen = match which {
            Which::All => true,
            Which::Indices(indices) => indices.contains(&position),
        };
        if is_chosen {
            result.cache_control = Some(cache_control);
        }
    }
    Ok(())
}

/// Marks the last text block that is not empty: what "cache this message" means for one of several
/// parts. Everything before the mark is cached with it; a picture after it is not.
///
/// # Errors
/// [`NoText`] where there is none, so that no message passes as cached that is not.
pub fn mark_last_text(blocks: &mut [Block<'_>], cache_control: CacheControl) -> Result<(), NoText> {
    let last = blocks.iter_mut().rev().find_map(|block| match block {
        Block::Text(text) if !text.text.is_empty() => Some(text),
        _ => None,
    });
    last.ok_or(NoText)?.cache_control = Some(cache_control);
    Ok(())
}

impl fmt::Display for IndexOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "index {} is out of range for {} tool results", self.index, self.len)
    }
}

impl fmt::Display for NoText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no text block to mark")
    }
}

impl core::error::Error for IndexOutOfRange {}
impl core::error::Error for NoText {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::{Image, ImageSource};

    const MARK: CacheControl = CacheControl::ephemeral();

    fn marked(blocks: &[Block<'_>]) -> std::vec::Vec<bool> {
        blocks.iter().map(|block| block.cache_control().is_some()).collect()
    }

    /// Positions count tool results, not blocks; a position too far marks nothing at all.
    #[test]
    fn results_by_position() {
        let mut blocks = [
            Block::tool_result("call_1", "42"),
            Block::text("between"),
            Block::tool_result("call_2", "rows"),
        ];
        let far = mark_tool_results(&mut blocks, Which::Indices(&[0, 2]), MARK);
        assert_eq!(far, Err(IndexOutOfRange { index: 2, len: 2 }));
        assert_eq!(marked(&blocks), [false, false, false]);
        assert_eq!(mark_tool_results(&mut blocks, Which::Indices(&[1]), MARK), Ok(()));
        assert_eq!(marked(&blocks), [false, false, true]);
        assert_eq!(mark_tool_results(&mut blocks, Which::All, MARK), Ok(()));
        assert_eq!(marked(&blocks), [true, false, true]);
    }

    /// The last text is marked, whatever comes behind it; without text there is an error.
    #[test]
    fn last_text() {
        let image = Block::Image(Image::new(ImageSource::Url("https://example.com/cat.png")));
        let mut blocks = [Block::text("first"), Block::text("last"), Block::text(""), image];
        assert_eq!(mark_last_text(&mut blocks, MARK), Ok(()));
        assert_eq!(marked(&blocks), [false, true, false, false]);
        assert_eq!(mark_last_text(&mut [image], MARK), Err(NoText));
    }
}
