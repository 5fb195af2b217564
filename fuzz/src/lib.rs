//! The fuzz checks, one a file: each takes bytes from a stranger and panics when a promise of the
//! library is broken. libFuzzer calls them with bytes it invents, the tests with the corpus.

pub mod assemble;
pub mod canonical;
pub mod chunks;
pub mod json;
pub mod log;
pub mod permute;
pub mod prompt_encode;
pub mod reply;
pub mod segment;
pub mod sse;
pub mod table;

/// A check: panics when a promise is broken.
pub type Check = fn(&[u8]);

/// Every check under its name, which is also its target's and its corpus folder's.
pub const CHECKS: &[(&str, Check)] = &[
    ("assemble", assemble::check),
    ("canonical", canonical::check),
    ("chunks", chunks::check),
    ("json", json::check),
    ("log", log::check),
    ("permute", permute::check),
    ("prompt_encode", prompt_encode::check),
    ("reply", reply::check),
    ("segment", segment::check),
    ("sse", sse::check),
    ("table", table::check),
];
