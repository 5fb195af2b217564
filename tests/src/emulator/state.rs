//! What every connection of one emulator shares.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::digest::Digest;
use crate::replay::Replay;

use super::Options;
use super::anthropic::{Fingerprints, Threads};
use super::clock::Clock;
use super::fault::Faults;
use super::gate::Gate;
use super::log::{Calls, Log};
use super::openai::Kept;
use super::prefixes::Prefixes;

/// The providers' published limit for one request body.
const BODY_BYTES_MAX: usize = 32_000_000;

#[derive(Debug)]
pub(super) struct State {
    pub(super) clock: Clock,
    pub(super) calls: Calls,
    pub(super) log: Log,
    pub(super) faults: Faults,
    pub(super) gate: Gate,
    pub(super) prefixes: Mutex<Prefixes>,
    pub(super) fingerprints: Mutex<Fingerprints>,
    pub(super) threads: Mutex<Threads>,
    pub(super) responses: Mutex<Kept>,
    pub(super) replay: Option<Replay>,
    pub(super) body_bytes_max: usize,
    pub(super) steerable: bool,
    workspaces: HashMap<String, String>,
    ids: AtomicU64,
}

impl State {
    pub(super) fn new(options: Options) -> Self {
        Self {
            clock: Clock::new(options.now_ms),
            calls: Calls::default(),
            log: Log::default(),
            faults: Faults::default(),
            gate: Gate::default(),
            prefixes: Mutex::default(),
            fingerprints: Mutex::default(),
            threads: Mutex::default(),
            responses: Mutex::default(),
            replay: options.replay,
            body_bytes_max: options.body_bytes_max.unwrap_or(BODY_BYTES_MAX),
            steerable: options.steerable,
            workspaces: options.workspaces,
            ids: AtomicU64::new(0),
        }
    }

    /// The number of this request, from 1; ids of requests and answers are made from it, so that a
    /// second asking shows.
    pub(super) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The workspace of an API key: as the options say, else one made from the key's digest.
    pub(super) fn workspace(&self, api_key: &str) -> String {
        match self.workspaces.get(api_key) {
            Some(id) => id.clone(),
            None => format!("wrkspc_{}", Digest::new().field(api_key.as_bytes()).short()),
        }
    }
}
