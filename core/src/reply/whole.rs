//! What an answer must have beside a stop reason that is accepted, in every dialect.

use super::tool_calls::ToolCalls;
use super::verdict::{SkipReason, StopReason, Verdict};

/// The verdict on an answer, or on one choice of several, that reports no error and no refusal.
/// O(length).
pub(crate) fn verdict(
    reason: StopReason,
    calls: ToolCalls<'_>,
    says_something: impl FnOnce() -> bool,
) -> Verdict {
    let skip = |why| Verdict::Skip { why };
    if !reason.verdict().is_store() {
        return reason.verdict();
    }
    let mut has_call = false;
    for call in calls {
        if !call.is_whole() {
            return skip(SkipReason::BrokenToolCall);
        }
        has_call = true;
    }
    // The reverse is no fault: a forced call ends with `stop` at OpenAI.
    if reason == StopReason::ToolUse && !has_call {
        return skip(SkipReason::NoToolCall);
    }
    if !has_call && !says_something() {
        return skip(SkipReason::Empty);
    }
    Verdict::Store
}
