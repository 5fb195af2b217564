//! The events of a stream of the Responses API: all that OpenAI's specification lists, and what
//! each does.

use super::texts::TextPlace;
use TextPlace::{Arguments, Code, Command, Content, Input, Refusal, Stdout, Summary};

/// What an event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    /// Adds to a text that the final response repeats.
    Delta(TextPlace),
    /// Repeats a text whole.
    Whole(TextPlace),
    /// Begins or ends an output item: the final response has an item of this number.
    Item,
    /// Shows the response so far, or begins, repeats or ends a part of which the final response has
    /// all.
    Repeated,
    /// Tells that a tool works, or shows a draft of a picture that the final response has.
    Sign,
    /// Brings what the final response does not have, so nothing can be put together.
    Lost,
    /// Ends the stream with the final response.
    Last,
    /// Ends the stream with a failure.
    Failure,
}

use EventKind::{Delta, Failure, Item, Last, Lost, Repeated, Sign, Whole};

/// Members of an event, each a bit.
pub(super) type Members = u32;

macro_rules! members {
    ($($member:ident = $name:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Member {
            $($member,)*
        }

        const MEMBERS: &[(&str, Member)] = &[$(($name, Member::$member),)*];
    };
}

members! {
    Type = "type",
    SequenceNumber = "sequence_number",
    Obfuscation = "obfuscation",
    ItemId = "item_id",
    OutputIndex = "output_index",
    ContentIndex = "content_index",
    SummaryIndex = "summary_index",
    CommandIndex = "command_index",
    AnnotationIndex = "annotation_index",
    Delta = "delta",
    Text = "text",
    Refusal = "refusal",
    Arguments = "arguments",
    Input = "input",
    Code = "code",
    Command = "command",
    Output = "output",
    Logprobs = "logprobs",
    Name = "name",
    Item = "item",
    Part = "part",
    Status = "status",
    Annotation = "annotation",
    Response = "response",
    Error = "error",
    PartialImageIndex = "partial_image_index",
    PartialImage = "partial_image_b64",
    Size = "size",
    Quality = "quality",
    Background = "background",
    OutputFormat = "output_format",
}

impl Member {
    /// The member with this name.
    pub(super) fn of(name: &str) -> Option<Self> {
        MEMBERS.iter().find(|(known, _)| *known == name).map(|(_, member)| *member)
    }

    pub(super) const fn bit(self) -> Members {
        1 << self as u32
    }
}

/// Members that any event may have.
const ANY: Members = bits(&[
    Member::Type,
    Member::SequenceNumber,
    Member::Obfuscation,
    Member::ItemId,
    Member::OutputIndex,
    // Without a value, in events of some servers; with one the stream has failed.
    Member::Error,
]);

const fn bits(members: &[Member]) -> Members {
    let (mut bits, mut rest) = (0, members);
    while let [first, others @ ..] = rest {
        bits |= first.bit();
        rest = others;
    }
    bits
}

/// An event that is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownEvent {
    pub(super) name: &'static str,
    pub(super) kind: EventKind,
    /// The members that it may have.
    pub(super) members: Members,
}

const fn event(name: &'static str, kind: EventKind, members: &[Member]) -> KnownEvent {
    KnownEvent { name, kind, members: bits(members) | ANY }
}

/// All events. Their names begin with `response.`, which is left out, but for the last ones.
const EVENTS: &[KnownEvent] = &[
    event(
        "output_text.delta",
        Delta(Content),
        &[Member::ContentIndex, Member::Delta, Member::Logprobs],
    ),
    event(
        "output_text.done",
        Whole(Content),
        &[Member::ContentIndex, Member::Text, Member::Logprobs],
    ),
    event("reasoning_text.delta", Delta(Content), &[Member::ContentIndex, Member::Delta]),
    event("reasoning_text.done", Whole(Content), &[Member::ContentIndex, Member::Text]),
    event("refusal.delta", Delta(Refusal), &[Member::ContentIndex, Member::Delta]),
    event("refusal.done", Whole(Refusal), &[Member::ContentIndex, Member::Refusal]),
    event("reasoning_summary_text.delta", Delta(Summary), &[Member::SummaryIndex, Member::Delta]),
    event("reasoning_summary_text.done", Whole(Summary), &[Member::SummaryIndex, Member::Text]),
    event("function_call_arguments.delta", Delta(Arguments), &[Member::Delta]),
    event("function_call_arguments.done", Whole(Arguments), &[Member::Arguments, Member::Name]),
    event("mcp_call_arguments.delta", Delta(Arguments), &[Member::Delta]),
    event("mcp_call_arguments.done", Whole(Arguments), &[Member::Arguments]),
    event("custom_tool_call_input.delta", Delta(Input), &[Member::Delta]),
    event("custom_tool_call_input.done", Whole(Input), &[Member::Input]),
    event("code_interpreter_call_code.delta", Delta(Code), &[Member::Delta]),
    event("code_interpreter_call_code.done", Whole(Code), &[Member::Code]),
    event("shell_call_command.delta", Delta(Command), &[Member::CommandIndex, Member::Delta]),
    event("shell_call_command.done", Whole(Command), &[Member::CommandIndex, Member::Command]),
    // Its `delta` is an object with `stdout`, `stderr` or both.
    event("shell_call_output_content.delta", Delta(Stdout), &[Member::CommandIndex, Member::Delta]),
    event("output_item.added", Item, &[Member::Item]),
    event("output_item.done", Item, &[Member::Item]),
    event("content_part.added", Repeated, &[Member::ContentIndex, Member::Part]),
    event("content_part.done", Repeated, &[Member::ContentIndex, Member::Part]),
    event("reasoning_summary_part.added", Repeated, &[Member::SummaryIndex, Member::Part]),
    event(
        "reasoning_summary_part.done",
        Repeated,
        &[Member::SummaryIndex, Member::Part, Member::Status],
    ),
    event("shell_call_command.added", Repeated, &[Member::CommandIndex, Member::Command]),
    event("shell_call_output_content.done", Repeated, &[Member::CommandIndex, Member::Output]),
    event(
        "output_text.annotation.added",
        Repeated,
        &[Member::ContentIndex, Member::AnnotationIndex, Member::Annotation],
    ),
    event("created", Repeated, &[Member::Response]),
    event("queued", Repeated, &[Member::Response]),
    event("in_progress", Repeated, &[Member::Response]),
    event("code_interpreter_call.in_progress", Sign, &[]),
    event("code_interpreter_call.interpreting", Sign, &[]),
    event("code_interpreter_call.completed", Sign, &[]),
    event("file_search_call.in_progress", Sign, &[]),
    event("file_search_call.searching", Sign, &[]),
    event("file_search_call.completed", Sign, &[]),
    event("web_search_call.in_progress", Sign, &[]),
    event("web_search_call.searching", Sign, &[]),
    event("web_search_call.completed", Sign, &[]),
    event("image_generation_call.in_progress", Sign, &[]),
    event("image_generation_call.generating", Sign, &[]),
    event("image_generation_call.completed", Sign, &[]),
    event(
        "image_generation_call.partial_image",
        Sign,
        &[
            Member::PartialImageIndex,
            Member::PartialImage,
            Member::Size,
            Member::Quality,
            Member::Background,
            Member::OutputFormat,
        ],
    ),
    event("mcp_call.in_progress", Sign, &[]),
    event("mcp_call.completed", Sign, &[]),
    event("mcp_call.failed", Sign, &[]),
    event("mcp_list_tools.in_progress", Sign, &[]),
    event("mcp_list_tools.completed", Sign, &[]),
    event("mcp_list_tools.failed", Sign, &[]),
    // No output item of the specification holds sound.
    event("audio.delta", Lost, &[Member::Delta]),
    event("audio.done", Lost, &[]),
    event("audio.transcript.delta", Lost, &[Member::Delta]),
    event("audio.transcript.done", Lost, &[]),
    event("completed", Last, &[Member::Response]),
    event("incomplete", Last, &[Member::Response]),
    event("failed", Failure, &[Member::Response]),
    event("cancelled", Failure, &[Member::Response]),
];

/// Events whose names do not begin with `response.`. The specification does not list the second
/// and third, which servers and gateways send while they wait.
const OTHERS: &[KnownEvent] =
    &[event("error", Failure, &[]), event("keepalive", Sign, &[]), event("ping", Sign, &[])];

/// The event with this name.
pub(super) fn find(name: &str) -> Option<&'static KnownEvent> {
    match name.strip_prefix("response.") {
        Some(rest) => EVENTS.iter().find(|event| event.name == rest),
        None => OTHERS.iter().find(|event| event.name == name),
    }
}
