//! What ties a client to the memoised functions that have it in their key.

use std::{
    cell::RefCell,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use llm_cache_core::Usage;

use super::frame::Frame;

/// Receives what the hits of memoised functions with a client in their key have saved.
pub(crate) trait Sink: Send + Sync {
    /// The result of a function was in the cache. `usage` is what its replies cost when it ran;
    /// `None` where that is not known.
    fn hit(&self, usage: Option<Usage>);
}

/// One client, and its clones, as memoised functions know it.
pub(crate) struct Watch {
    sink: Box<dyn Sink>,
    /// The functions with this client in their key that are running now.
    running: Mutex<Vec<Weak<Frame>>>,
}

thread_local! {
    /// The clients met while a scope is hashed; `None` while none is.
    static MET: RefCell<Option<Vec<Arc<Watch>>>> = const { RefCell::new(None) };
}

impl Watch {
    #[cfg(feature = "client")]
    pub(crate) fn new(sink: impl Sink + 'static) -> Arc<Self> {
        Arc::new(Self { sink: Box::new(sink), running: Mutex::default() })
    }

    /// Tells that the scope being hashed on this thread has this client in it, if one is.
    #[cfg(feature = "client")]
    pub(crate) fn enter_scope(self: &Arc<Self>) {
        MET.with_borrow_mut(|met| met.iter_mut().for_each(|met| met.push(Arc::clone(self))));
    }

    /// What `hash` returns, and the clients in the scope that it hashes.
    pub(crate) fn met_in<R>(hash: impl FnOnce() -> R) -> (R, Vec<Arc<Self>>) {
        /// Puts back what was there, also when `hash` panics.
        struct Before(Option<Vec<Arc<Watch>>>);
        impl Drop for Before {
            fn drop(&mut self) {
                MET.set(self.0.take());
            }
        }
        let before = Before(MET.replace(Some(Vec::new())));
        let hashed = hash();
        let met = MET.take().unwrap_or_default();
        drop(before);
        (hashed, met)
    }

    pub(crate) fn hit(&self, usage: Option<Usage>) {
        self.sink.hit(usage);
    }

    /// From here on the function is told what this client gives to nobody's call.
    pub(crate) fn add(&self, frame: &Arc<Frame>) {
        self.lock().push(Arc::downgrade(frame));
    }

    pub(crate) fn remove(&self, frame: &Arc<Frame>) {
        self.lock().retain(|each| !std::ptr::eq(each.as_ptr(), Arc::as_ptr(frame)));
    }

    /// The functions that are running now.
    #[cfg(feature = "client")]
    pub(crate) fn running(&self) -> Vec<Arc<Frame>> {
        self.lock().iter().filter_map(Weak::upgrade).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Frame>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch(..)")
    }
}
