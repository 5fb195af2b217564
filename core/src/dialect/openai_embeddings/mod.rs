//! `openai.embeddings`: OpenAI's Embeddings API, `POST /v1/embeddings`, and servers that are
//! compatible with it.
//!
//! A request embeds one input or a batch of them, and the answer has one vector for each, in
//! whatever order. So a batch is cached input by input: [`EmbeddingInputs`] gives each input the
//! key of the request that asks for this input alone, and [`EmbeddingVectors`] gives each vector as
//! the bytes that were received.
//!
//! Typed requests are not written in this dialect: it has no messages. Nor has it streams of
//! events, tools or text.

pub(super) mod identity;
mod inputs;
pub(super) mod reply;
pub(super) mod request;
mod vectors;

pub use inputs::{EmbeddingInput, EmbeddingInputs, EmbeddingInputsError};
pub use vectors::EmbeddingVectors;

#[cfg(test)]
mod tests;
