//! A streamed answer put together into the final message, and a final message played as a stream.
//!
//! The truth about an answer is its final message: the JSON that the provider sends to a request
//! without `stream`. An [`Assembler`] takes in the events of a stream and builds that message; a
//! [`Player`] writes the events of a stream from it. What a message was played to and assembled
//! from again must have the [same meaning](same_meaning): then nothing of it is lost in a stream.
//! Nothing here needs a heap or does I/O.

mod assemble;
mod error;
mod fold;
mod frame;
mod members;
mod memory;
mod play;
mod run;
mod same;
mod template;

pub use super::openai_responses::assemble::{ResponsesAssembler, TextSlot};
pub use super::openai_responses::play::ResponsesPlayer;
pub use assemble::Assembler;
pub use error::{AssembleError, Unfoldable};
pub(in crate::dialect) use fold::{Fold, PartId, PartKind, known};
pub(in crate::dialect) use frame::{Frame, write_with};
pub(in crate::dialect) use members::{is_any, next_name, open_object, set_latest};
#[cfg(feature = "alloc")]
pub use memory::HeapMemory;
pub use memory::{FixedMemory, Lane, MessageMemory, Part};
pub use play::{PlayOptions, Player, Unplayable};
pub(in crate::dialect) use run::TextRun;
pub use same::same_meaning;

#[cfg(test)]
mod tests;
