//! Messages of several parts that carry marks: which part gets them.

use llm_cache_core::prompt::{CacheControl, IndexOutOfRange, NoText, Role, Which};

use super::part::Part;
use super::request::Request;

impl Request {
    /// Adds a user message of several parts and marks the last of them that is text and not empty:
    /// everything up to its end is worth keeping, the parts before it included. A picture behind it
    /// is not. To mark another part use [`Part::cached`] and [`Request::message`].
    ///
    /// # Errors
    /// [`NoText`] where there is no such part, so that no message passes as cached that is not.
    pub fn cached_user_parts(
        self,
        parts: impl IntoIterator<Item = Part>,
        cache_control: CacheControl,
    ) -> Result<Self, NoText> {
        let mut parts: Vec<Part> = parts.into_iter().collect();
        let last = parts.iter_mut().rev().find(|part| part.is_text()).ok_or(NoText)?;
        last.mark(cache_control);
        Ok(self.message(Role::User, parts))
    }

    /// Adds a user message with the results of tools and marks those at the positions asked for,
    /// counted from 0 among the tool results; other parts may stand between them. A mark covers
    /// everything before it too, so that the last one worth keeping is the one to mark; more than
    /// four marks in a request are refused when it is sent.
    ///
    /// # Errors
    /// [`IndexOutOfRange`] for the first position beyond the last tool result.
    pub fn cached_tool_results(
        self,
        results: impl IntoIterator<Item = Part>,
        which: Which<'_>,
        cache_control: CacheControl,
    ) -> Result<Self, IndexOutOfRange> {
        let mut parts: Vec<Part> = results.into_iter().collect();
        let len = parts.iter().filter(|part| part.is_tool_result()).count();
        if let Which::Indices(indices) = which
            && let Some(&index) = indices.iter().find(|&&index| index >= len)
        {
            return Err(IndexOutOfRange { index, len });
        }
        let results = parts.iter_mut().filter(|part| part.is_tool_result());
        for (position, result) in results.enumerate() {
            let is_chosen = match which {
                Which::All => true,
                Which::Indices(indices) => indices.contains(&position),
            };
            if is_chosen {
                result.mark(cache_control);
            }
        }
        Ok(self.message(Role::User, parts))
    }
}
