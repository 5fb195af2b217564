//! A provider emulator: a real HTTP/1.1 server on loopback that speaks two providers' APIs.
//!
//! It answers by simple documented rules (see `tests/README.md`) and never pretends to be a model.
//! What it enforces and counts is the provider's side of prompt caching, as published; what it
//! breaks on request is listed in [`Fault`]. With a [`Replay`] it serves recorded traffic instead.

mod answer;
mod anthropic;
mod clock;
mod compose;
mod control;
mod dispatch;
mod facts;
mod fault;
mod gate;
mod log;
mod models;
mod openai;
mod prefixes;
mod prompted;
mod schema;
mod server;
mod state;
mod vendor;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use crate::replay::Replay;

pub use anthropic::{Ledger, LedgerPosition, Usage, block_tokens};
pub use fault::Fault;
pub use gate::Gate;
pub use log::{Endpoint, Seen};

use server::Server;
use state::State;

/// What an emulator is started with; every setting has a default.
#[derive(Debug, Default)]
#[must_use]
pub struct Options {
    now_ms: Option<u64>,
    body_bytes_max: Option<usize>,
    workspaces: HashMap<String, String>,
    replay: Option<Replay>,
    steerable: bool,
}

impl Options {
    /// The defaults: the machine's clock, a body limit of 32 MB, one workspace per API key.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the emulator's clock at `now_ms` (milliseconds, unix); moved by [`Emulator::advance`].
    pub fn now_ms(mut self, now_ms: u64) -> Self {
        self.now_ms = Some(now_ms);
        self
    }

    /// Request bodies over `bytes` are answered with 413. Default 32,000,000.
    pub fn body_bytes_max(mut self, bytes: usize) -> Self {
        self.body_bytes_max = Some(bytes);
        self
    }

    /// Puts an API key into the workspace `id`; keys not named have a workspace of their own.
    pub fn workspace(mut self, api_key: &str, id: &str) -> Self {
        self.workspaces.insert(api_key.to_string(), id.to_string());
        self
    }

    /// Answers from recorded traffic only; the providers' rules are not applied then.
    pub fn replay(mut self, replay: Replay) -> Self {
        self.replay = Some(replay);
        self
    }

    /// Listens to `/emulator/fault`, `/emulator/calls` and `/emulator/last`, by which a program in
    /// another language steers it. Default: these paths are as unknown as to the providers.
    pub fn steerable(mut self) -> Self {
        self.steerable = true;
        self
    }
}

/// A running emulator. It has a thread and a runtime of its own, so sync and async callers use it
/// alike; dropping it closes the socket and every connection.
#[derive(Debug)]
pub struct Emulator {
    state: Arc<State>,
    server: Server,
}

impl Emulator {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// The socket or the thread could not be made.
    pub fn start(options: Options) -> io::Result<Self> {
        let state = Arc::new(State::new(options));
        let server = Server::start(Arc::clone(&state))?;
        Ok(Self { state, server })
    }

    /// `http://127.0.0.1:PORT`, to which `/v1/messages` is appended.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// `http://127.0.0.1:PORT/v1`, to which `/chat/completions` is appended.
    pub fn openai_base_url(&self) -> String {
        format!("{}/v1", self.base_url())
    }

    /// HTTP requests received since the start, whatever became of them; counted when the head of a
    /// request has been read from the socket.
    pub fn upstream_calls(&self) -> u64 {
        self.state.calls.total()
    }

    /// As [`upstream_calls`](Self::upstream_calls), of one endpoint.
    pub fn calls(&self, endpoint: Endpoint) -> u64 {
        self.state.calls.of(endpoint)
    }

    /// TCP connections accepted since the start.
    pub fn connections(&self) -> u64 {
        self.state.calls.connections()
    }

    /// Replay mode: requests that the recording does not hold (answered with 404).
    pub fn not_recorded(&self) -> u64 {
        self.state.calls.not_recorded()
    }

    /// Every request whose body was read, in order of arrival (a copy).
    pub fn requests(&self) -> Vec<Seen> {
        self.state.log.all()
    }

    /// The latest of [`requests`](Self::requests).
    pub fn last_request(&self) -> Option<Seen> {
        self.state.log.last()
    }

    /// The emulator's time in unix milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.state.clock.now_ms()
    }

    /// Stops the clock at `now_ms`; forwards or backwards.
    pub fn set_now(&self, now_ms: u64) {
        self.state.clock.set(now_ms);
    }

    /// Moves a stopped clock on by `ms`; a running one is stopped first.
    pub fn advance(&self, ms: u64) {
        self.state.clock.advance(ms);
    }

    /// The next request meets `fault`. Several are met by as many requests, in this order.
    pub fn fault(&self, fault: Fault) {
        self.state.faults.push(fault);
    }

    /// [`fault`](Self::fault) for the next `count` requests.
    pub fn fault_times(&self, fault: Fault, count: usize) {
        for _ in 0..count {
            self.state.faults.push(fault.clone());
        }
    }

    /// Every request meets `fault` once the one-shot faults are used up.
    pub fn fault_always(&self, fault: Fault) {
        self.state.faults.set_sticky(Some(fault));
    }

    /// Takes back every fault not yet met.
    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// The gate that requests pass between being counted and being answered.
    pub fn gate(&self) -> &Gate {
        &self.state.gate
    }
}

#[cfg(test)]
mod tests;
