//! One strict JSON reader for the whole of core: tokens with positions, no heap, no recursion.
//!
//! [`Reader`] pulls tokens out of a byte slice and checks everything on the way: the grammar of
//! RFC 8259, UTF-8, paired surrogates, nesting. [`JsonValue`] is a checked value that is looked
//! into by name. Both borrow; strings keep their escapes until somebody asks for their characters.

mod error;
pub(crate) mod lex;
mod nested;
mod number;
mod object;
mod push;
mod reader;
pub(crate) mod scanner;
mod search;
pub(crate) mod source;
mod text;
mod utf8_pieces;
mod value;
#[cfg(all(
    not(llm_cache_portable),
    any(target_arch = "x86_64", target_arch = "aarch64", target_feature = "simd128")
))]
mod vectors;
mod write;

pub use error::{JsonError, JsonErrorKind};
pub use number::JsonNumber;
pub(crate) use object::Object;
pub(crate) use push::{PushPart, PushScanner};
pub(crate) use reader::utf8;
pub use reader::{Reader, Token};
pub(crate) use scanner::Container;
pub(crate) use search::skip_shortest;
pub use text::{JsonChars, JsonStr};
pub use value::{Elements, JsonKind, JsonValue, Members};
pub use write::write_str;
pub(crate) use write::{escape, write_inside};

/// The most containers that may be open at once; one more is [`JsonErrorKind::TooDeep`].
///
/// The limit keeps every walk's memory constant. No provider accepts anything near it.
pub const DEPTH_MAX: usize = 128;

#[cfg(test)]
mod tests;
