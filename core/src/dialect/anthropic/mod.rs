//! `anthropic.messages`: Anthropic's Messages API, `POST /v1/messages`.

pub(super) mod assemble;
pub(super) mod check;
pub(super) mod count_tokens;
pub(super) mod diagnostics;
pub(super) mod encode;
pub(super) mod identity;
pub(super) mod play;
pub(super) mod reply;
pub(super) mod request;
pub(super) mod stream_end;
