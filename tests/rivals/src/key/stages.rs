//! Where the time of a key goes: each step of the work by itself.

use std::hint::black_box;

use llm_cache_core::{
    canonical::{Selection, Sink, Slot, canonicalize, scratch_needed},
    json::Reader,
};
use serde::de::IgnoredAny;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{cases, sides};
use crate::{
    Options,
    bodies::Body,
    report::{Ratio, Table},
    timing::{by_turns, side},
};

/// Steps that a key needs in some way, then the same steps as others do them.
const COLUMNS: [&str; 11] = [
    "ours",
    "memcpy",
    "utf8_core",
    "utf8_simdutf8",
    "reader",
    "scratch_needed",
    "canonical_null",
    "canonical_sha256",
    "raw_sha256",
    "serde_ignored",
    "serde_value",
];

const RATIOS: [Ratio; 1] = [Ratio { name: "canonical_null/raw", above: 6, below: 8 }];

/// Prints the table.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let mut table = Table::begin(options, "key stages", &COLUMNS, &RATIOS);
    for (case, Body { dialect, json }) in cases::bodies(options.seed) {
        let hasher = sides::hasher(dialect)?;
        let fault = |error: &dyn std::fmt::Display| format!("{case}: {error}");
        let needed = scratch_needed(&json).map_err(|error| fault(&error))?;
        let mut scratch = vec![Slot::EMPTY; needed];
        let mut more_scratch = scratch.clone();
        let mut copy = vec![0; json.len()];
        let spreads = by_turns(
            options.plan,
            &mut [
                side(|| sides::ours(&hasher, &json)),
                side(|| {
                    copy.copy_from_slice(black_box(&json));
                    black_box(&copy).len()
                }),
                side(|| core::str::from_utf8(black_box(&json)).is_ok()),
                side(|| simdutf8::basic::from_utf8(black_box(&json)).is_ok()),
                side(|| read(black_box(&json))),
                side(|| scratch_needed(black_box(&json))),
                side(|| null(&json, &dialect, &mut scratch)),
                side(|| sha256(&json, &dialect, &mut more_scratch)),
                side(|| sides::raw_sha256(&json)),
                side(|| serde_json::from_slice::<IgnoredAny>(black_box(&json)).is_ok()),
                side(|| serde_json::from_slice::<Value>(black_box(&json)).is_ok()),
            ],
        );
        table.row(case, &spreads);
    }
    table.mean();
    Ok(())
}

/// Reads the whole text with core's reader.
fn read(body: &[u8]) -> usize {
    let mut reader = Reader::new(body);
    let mut tokens = 0;
    while let Ok(Some(token)) = reader.next() {
        black_box(token);
        tokens += 1;
    }
    tokens
}

/// Takes every piece and does nothing with it.
struct Null;

impl Sink for Null {
    fn write(&mut self, bytes: &[u8]) {
        black_box(bytes);
    }
}

fn null(body: &[u8], selection: &impl Selection, scratch: &mut [Slot]) -> bool {
    canonicalize(black_box(body), selection, scratch, &mut Null).is_ok()
}

/// SHA-256 as it stands, where a key has a scope in front.
struct Hash(Sha256);

impl Sink for Hash {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

fn sha256(body: &[u8], selection: &impl Selection, scratch: &mut [Slot]) -> [u8; 32] {
    let mut hash = Hash(Sha256::new());
    black_box(canonicalize(black_box(body), selection, scratch, &mut hash).is_ok());
    hash.0.finalize().into()
}
