//! Where a stream of Anthropic's ends.

use super::super::stream_end::Event;
use crate::reply::StreamStep;

pub(in super::super) fn step(event: &Event<'_>) -> StreamStep {
    if event.is("message_stop") { StreamStep::Done } else { StreamStep::Go }
}
