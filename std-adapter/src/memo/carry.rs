//! Tasks and threads that work for a memoised function.

use std::{
    future::{Future, poll_fn},
    pin::pin,
};

use crate::running::{self, Entered};

/// The future, as a part of the memoised functions that are running here: for `tokio::spawn` and
/// its like inside one.
///
/// A task that a function starts is not seen to be the function's: a client that it uses is not
/// noticed where it is missing in the key, and an answer that may not be stored only raises a
/// suspicion against all functions with that client ([`SkipReason::Untracked`]). Carried, it counts
/// as if the function had called it itself. Outside memoised functions it changes nothing.
///
/// ```
/// # use llm_cache::{cached, memo::carry};
/// #[cached]
/// async fn both(text: String) -> String {
///     let other = tokio::spawn(carry(async move { text.to_uppercase() }));
///     other.await.expect("it does not panic")
/// }
/// ```
///
/// [`SkipReason::Untracked`]: crate::cache::SkipReason::Untracked
pub fn carry<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let frames = running::current();
    async move {
        let mut future = pin!(future);
        poll_fn(|context| {
            let _entered = Entered::new(frames.iter().cloned());
            future.as_mut().poll(context)
        })
        .await
    }
}

/// As [`carry`], for a closure: for `spawn_blocking` and threads.
pub fn carry_fn<R>(function: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let frames = running::current();
    move || {
        let _entered = Entered::new(frames);
        function()
    }
}
