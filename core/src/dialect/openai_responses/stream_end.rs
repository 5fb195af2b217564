//! Where a stream of the Responses API ends.

use super::super::stream_end::{Event, says_error};
use crate::reply::StreamStep;

pub(in super::super) fn step(event: &Event<'_>) -> StreamStep {
    if event.is("response.failed") || event.is("response.cancelled") {
        return StreamStep::Failed;
    }
    if event.is("response.completed") || event.is("response.incomplete") {
        let error = event.root.get("response").and_then(|response| response.get("error"));
        return if error.is_some_and(says_error) { StreamStep::Failed } else { StreamStep::Done };
    }
    StreamStep::Go
}
