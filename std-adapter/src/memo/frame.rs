//! The memoised functions that are running, and which clients are part of their keys.
//!
//! A frame is on the stack of its thread while its function is: for a future, during each poll.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::core::key::{FieldHasher, KeyScope};

type ScopeDigest = [u8; 32];

/// The scopes in one key.
#[derive(Default)]
pub(super) struct Scopes {
    digests: Vec<ScopeDigest>,
    open: bool,
}

impl Scopes {
    /// Adds a scope and returns its digest.
    pub(super) fn add(&mut self, scope: &(impl KeyScope + ?Sized)) -> ScopeDigest {
        let digest = digest(scope);
        self.digests.push(digest);
        digest
    }

    /// From here on they stand for every client.
    pub(super) const fn open(&mut self) {
        self.open = true;
    }

    /// Tells the functions around a memoised call what that call depends on, even if it is a hit.
    pub(super) fn note(&self) {
        for digest in &self.digests {
            note_digest(digest);
        }
    }
}

struct Frame {
    scopes: Scopes,
    unscoped: AtomicBool,
}

thread_local! {
    static FRAMES: RefCell<Vec<Arc<Frame>>> = const { RefCell::new(Vec::new()) };
}

/// Runs a memoised function's future in a frame; tells whether it used a client that is not among
/// its scopes.
pub(super) async fn run<F: Future>(scopes: Scopes, future: F) -> (F::Output, bool) {
    let frame = Arc::new(Frame { scopes, unscoped: AtomicBool::new(false) });
    let mut future = pin!(future);
    let output = poll_fn(|context| {
        let _entered = Entered::new(&frame);
        future.as_mut().poll(context)
    })
    .await;
    (output, frame.unscoped.load(Ordering::Relaxed))
}

/// Notes a client with all functions that are running on this thread.
pub(super) fn note(client: &(impl KeyScope + ?Sized)) {
    if FRAMES.with_borrow(|frames| !frames.is_empty()) {
        note_digest(&digest(client));
    }
}

fn note_digest(digest: &ScopeDigest) {
    FRAMES.with_borrow(|frames| {
        for Frame { scopes, unscoped } in frames.iter().map(|frame| &**frame) {
            if !scopes.open && !scopes.digests.contains(digest) {
                unscoped.store(true, Ordering::Relaxed);
            }
        }
    });
}

fn digest(scope: &(impl KeyScope + ?Sized)) -> ScopeDigest {
    let mut hash = FieldHasher::new("llm-cache scope 1");
    scope.key_scope(&mut hash);
    hash.finish()
}

/// On the stack as long as it lives; also when its function panics.
struct Entered;

impl Entered {
    fn new(frame: &Arc<Frame>) -> Self {
        FRAMES.with_borrow_mut(|frames| frames.push(Arc::clone(frame)));
        Self
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let _left = FRAMES.with_borrow_mut(Vec::pop);
    }
}
