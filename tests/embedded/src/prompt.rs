//! A prompt of more than 100 KB, which the device writes through a buffer of 512 bytes and the
//! host writes at once; both include this file.

use llm_cache_core::prompt::{
    Block, CacheControl, Function, Message, RawJson, Request, SystemPrompt, Tool, Ttl,
};

/// A page of a manual, with characters that JSON escapes and some beyond ASCII.
const PAGE: &str = "Valve 7\tof line \"north\": open it slowly, watch the gauge, and stop at 4.5 bar.\n\
    If the needle swings, close it at once; \\ marks a seal that was broken. Temperatures are in \
    \u{b0}C, flows in m\u{b3}/h.\n";
const MARK: CacheControl = CacheControl::ephemeral();

static PAGES: [Block<'static>; 499] = [Block::text(PAGE); 499];
static QUESTION: [Block<'static>; 1] = [Block::cached_text("Is the valve open?", MARK)];
static MESSAGES: [Message<'static>; 3] = [
    Message::user_blocks(&PAGES),
    Message::assistant("I have read it."),
    Message::user_blocks(&QUESTION),
];
static TOOLS: [Tool<'static>; 1] = [Tool::Function(Function::new(
    "gauge",
    RawJson::assume_valid(r#"{"type":"object","properties":{"line":{"type":"string"}}}"#),
))];

/// The request; all of it lies in flash.
pub fn request() -> Request<'static> {
    let mut request = Request::new("claude-haiku-4-5", 64, &MESSAGES);
    request.tools = &TOOLS;
    let hour = MARK.with_ttl(Ttl::OneHour);
    request.system = Some(SystemPrompt::cached("You know the plant by its manual.", hour));
    request
}
