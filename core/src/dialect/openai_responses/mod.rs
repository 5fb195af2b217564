//! `openai.responses`: OpenAI's Responses API, `POST /v1/responses`.

pub(super) mod assemble;
pub(super) mod check;
pub(super) mod encode;
mod events;
pub(super) mod identity;
pub(super) mod play;
pub(super) mod reply;
pub(super) mod request;
mod run;
pub(super) mod stream_end;
mod texts;
mod walk;
