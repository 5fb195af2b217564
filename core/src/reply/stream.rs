//! The words for the course of a streamed answer.

/// What an event means for its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a stream goes on, or ends well, or does not")]
pub enum StreamStep {
    /// More may come.
    Go,
    /// The dialect's last event: the answer is complete, and what follows is no part of it.
    Done,
    /// The provider reports a failure.
    Failed,
}

/// How the body of an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "an end is announced or is not")]
pub enum BodyEnd {
    /// Where the framing says that it ends: at its `content-length`, or with the last chunk.
    Announced,
    /// The connection closed: before the announced end, or where none was announced.
    Closed,
}
