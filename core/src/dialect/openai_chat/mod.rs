//! `openai.chat`: OpenAI's Chat Completions API, `POST /v1/chat/completions`, and servers that are
//! compatible with it.

pub(super) mod assemble;
pub(super) mod check;
mod delta;
pub(super) mod encode;
pub(super) mod identity;
pub(super) mod play;
pub(super) mod reply;
pub(super) mod request;
pub(super) mod stream_end;
