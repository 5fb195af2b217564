//! What OpenAI's wire formats have in common. It is no dialect of its own.

pub(super) mod check;
pub(super) mod encode;
pub(super) mod identity;
pub(super) mod request;
pub(super) mod usage;
