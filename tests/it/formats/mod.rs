//! Files that earlier versions have written, kept in `tests/data`: every version reads them.
#![expect(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod flash;
mod flash_image;
mod item;
mod store;

pub(crate) use flash::{Walk, walk_image};
pub(crate) use item::{Item, unhex};

use std::{fs, path::PathBuf};

/// A file or folder of `tests/data`.
fn data(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data")).join(name)
}

/// What the file beside the golden one says is in it.
fn expected(name: &str) -> Vec<Item> {
    let text = fs::read_to_string(data(name)).unwrap();
    text.lines().map(|line| Item::from_line(line).unwrap_or_else(|| panic!("{line}"))).collect()
}

/// Where a golden file is to be written, if one is.
fn golden_out() -> Option<PathBuf> {
    std::env::var_os("LLM_CACHE_WRITE_GOLDEN").map(PathBuf::from)
}
