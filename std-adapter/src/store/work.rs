//! What a store gives to its caller: a result that is there, or work that may wait.

use std::{
    fmt,
    future::{Future, IntoFuture},
    mem,
    pin::Pin,
    task::{Context, Poll},
    thread,
};

use tokio::{runtime::Handle, sync::oneshot};

use super::{StoreError, StoreErrorKind};
use crate::block_on::block_on;

/// The return value of a [`Store`](super::Store)'s methods: a result that is ready, or work that
/// may wait for a disk or a network. The work begins when the caller awaits it or calls
/// [`wait`](Self::wait).
///
/// Async code awaits the work. Work that blocks a thread then runs on one of tokio's blocking
/// threads, or outside of tokio on a thread of its own; it never runs on the executor. Code that
/// may block calls [`wait`](Self::wait), which needs no runtime.
///
/// ```
/// use llm_cache::store::Work;
///
/// let work = Work::blocking(|| Ok(6 * 7));
/// assert!(!work.is_ready());
/// assert_eq!(work.wait()?, 42);
/// # Ok::<(), llm_cache::store::StoreError>(())
/// ```
///
/// # Cancellation
///
/// Dropped before it was polled, the work is not done. Dropped later, work that blocks a thread
/// runs to its end there; a future is dropped.
#[must_use = "work that is neither awaited nor waited for is not done"]
pub struct Work<'a, T>(State<'a, T>);

enum State<'a, T> {
    Ready(Result<T, StoreError>),
    Blocking(BlockingWork<T>),
    Later(LaterWork<'a, T>),
}

type BlockingWork<T> = Box<dyn FnOnce() -> Result<T, StoreError> + Send>;
type LaterWork<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

impl<'a, T> Work<'a, T> {
    /// A result that is there. Allocates nothing.
    pub const fn ready(result: Result<T, StoreError>) -> Self {
        Self(State::Ready(result))
    }

    /// Work that may block its thread, such as one that waits for a disk.
    pub fn blocking(work: impl FnOnce() -> Result<T, StoreError> + Send + 'static) -> Self {
        Self(State::Blocking(Box::new(work)))
    }

    /// A future, such as one that waits for a network. It must not block its thread.
    pub fn later(future: impl Future<Output = Result<T, StoreError>> + Send + 'a) -> Self {
        Self(State::Later(Box::pin(future)))
    }

    /// Whether the result is there already.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        matches!(self.0, State::Ready(_))
    }

    /// Whether it is a future. Dropped half-way, it is not done to its end.
    #[must_use]
    pub const fn is_later(&self) -> bool {
        matches!(self.0, State::Later(_))
    }

    /// The result where it is there already.
    ///
    /// # Errors
    /// The work itself, where it has yet to be done.
    pub fn into_ready(self) -> Result<Result<T, StoreError>, Self> {
        match self.0 {
            State::Ready(result) => Ok(result),
            state => Err(Self(state)),
        }
    }

    /// Does the work on this thread, and parks the thread while a future is not ready.
    ///
    /// Not for async code: it holds the executor up, and a future that depends on an executor
    /// driven by this very thread never ends.
    ///
    /// # Errors
    /// The store's.
    pub fn wait(self) -> Result<T, StoreError> {
        match self.0 {
            State::Ready(result) => result,
            State::Blocking(work) => work(),
            State::Later(future) => block_on(future),
        }
    }

    /// The same work, with `change` applied to its result where the result comes to be.
    pub fn then<U>(
        self,
        change: impl FnOnce(Result<T, StoreError>) -> Result<U, StoreError> + Send + 'static,
    ) -> Work<'a, U>
    where
        T: Send + 'static,
        U: Send + 'static,
    {
        Work(match self.0 {
            State::Ready(result) => State::Ready(change(result)),
            State::Blocking(work) => State::Blocking(Box::new(move || change(work()))),
            State::Later(future) => State::Later(Box::pin(async move { change(future.await) })),
        })
    }
}

impl<'a, T: Send + 'static> IntoFuture for Work<'a, T> {
    type Output = Result<T, StoreError>;
    type IntoFuture = WorkFuture<'a, T>;

    fn into_future(self) -> WorkFuture<'a, T> {
        WorkFuture(match self.0 {
            State::Ready(result) => Stage::Ready(result),
            State::Blocking(work) => Stage::Blocking(work),
            State::Later(future) => Stage::Later(future),
        })
    }
}

/// A [`Work`] that is awaited.
pub struct WorkFuture<'a, T>(Stage<'a, T>);

enum Stage<'a, T> {
    Ready(Result<T, StoreError>),
    Blocking(BlockingWork<T>),
    /// Another thread does it.
    Elsewhere(oneshot::Receiver<Result<T, StoreError>>),
    Later(LaterWork<'a, T>),
    Over,
}

// What is pinned is pinned in a box of its own.
impl<T> Unpin for WorkFuture<'_, T> {}

impl<T: Send + 'static> Future for WorkFuture<'_, T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let stage = match mem::replace(&mut self.0, Stage::Over) {
            Stage::Blocking(work) => match elsewhere(work) {
                Ok(receiver) => Stage::Elsewhere(receiver),
                Err(error) => Stage::Ready(Err(error)),
            },
            stage => stage,
        };
        self.0 = stage;
        let result = match &mut self.0 {
            Stage::Elsewhere(receiver) => match Pin::new(receiver).poll(context) {
                Poll::Ready(Ok(result)) => result,
                Poll::Ready(Err(_)) => Err(given_up()),
                Poll::Pending => return Poll::Pending,
            },
            Stage::Later(future) => match future.as_mut().poll(context) {
                Poll::Ready(result) => result,
                Poll::Pending => return Poll::Pending,
            },
            _ => match mem::replace(&mut self.0, Stage::Over) {
                Stage::Ready(result) => result,
                _ => unreachable!("polled after it was ready"),
            },
        };
        self.0 = Stage::Over;
        Poll::Ready(result)
    }
}

/// Does blocking work on another thread: one of tokio's where there is a runtime, else one of its
/// own. It runs to its end there, whoever waits for it.
fn elsewhere<T: Send + 'static>(
    work: BlockingWork<T>,
) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
    let (sender, receiver) = oneshot::channel();
    // Nobody may be waiting any more; then the result is dropped.
    let work = move || drop(sender.send(work()));
    if let Ok(runtime) = Handle::try_current() {
        drop(runtime.spawn_blocking(work));
    } else {
        let named = thread::Builder::new().name("llm-cache store".to_owned());
        named
            .spawn(work)
            .map_err(|error| StoreError::new(StoreErrorKind::Unavailable).because(error))?;
    }
    Ok(receiver)
}

/// The thread that did the work is gone: the runtime is being shut down, or the store panicked.
fn given_up() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable)
}

impl<T> fmt::Debug for Work<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::Ready(_) => "Work(ready)",
            State::Blocking(_) => "Work(blocking)",
            State::Later(_) => "Work(later)",
        })
    }
}

impl<T> fmt::Debug for WorkFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WorkFuture(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{future::ready, task::Waker};

    fn poll<T: Send + 'static>(future: &mut WorkFuture<'_, T>) -> Poll<Result<T, StoreError>> {
        Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    /// A result that is there is given at the first poll, and a change of it is made at once.
    #[test]
    fn what_is_ready_is_given_at_once() {
        let work = Work::ready(Ok(1)).then(|one| one.map(|one| one + 1));
        assert!(work.is_ready());
        assert!(matches!(poll(&mut work.into_future()), Poll::Ready(Ok(2))));
    }

    /// Blocking work runs on the caller's thread where the caller may block, and on another where
    /// it is awaited, with a runtime and without.
    #[test]
    fn blocking_work_leaves_the_executor() {
        let here = thread::current().id();
        let work = || Work::blocking(|| Ok(thread::current().id()));
        assert_eq!(work().wait().unwrap(), here);
        assert_ne!(block_on(work().into_future()).unwrap(), here);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_ne!(runtime.block_on(work().into_future()).unwrap(), here);
    }

    /// Work that was begun runs to its end without its caller; work that was not is not done.
    #[test]
    fn cancelled_work_ends_by_itself() {
        let (begun, told) = std::sync::mpsc::channel();
        let work = |n| {
            let begun = begun.clone();
            Work::blocking(move || {
                begun.send(n).unwrap();
                Ok(())
            })
            .into_future()
        };
        drop(work(1));
        let mut polled = work(2);
        let _ = poll(&mut polled);
        drop(polled);
        assert_eq!(told.recv().unwrap(), 2);
        drop(begun);
    }

    /// A store that panics elsewhere is one that is unavailable.
    #[tokio::test]
    async fn a_panic_elsewhere_is_an_error() {
        let work: Work<'_, ()> = Work::blocking(|| panic!("a fault of the store"));
        let error = work.await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        assert_eq!(Work::later(ready(Ok(3))).await.unwrap(), 3);
    }
}
