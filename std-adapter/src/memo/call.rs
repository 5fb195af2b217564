//! One call of a memoised function.
//!
//! Whether a function returns a value or a `Result` is asked of its type, not of its text, so that
//! an alias is seen through. The attribute writes `(&Returned::<R>::new()).call()`: method lookup
//! finds [`ReturnsResult`] first, where `R` is a `Result`, and [`ReturnsValue`] one reference
//! further for everything else. [`ErrorIsCloned`] and [`ErrorStaysHere`] work alike.

use std::{convert::Infallible, future::Future, marker::PhantomData, time::Duration};

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    block_on::block_on,
    frame,
    key::{MemoKey, Unkeyable},
    site::Site,
};
use crate::cache::{
    BypassReason, Cache, CallOptions, FetchError, Fetched, Mode, Outcome, Share, SkipReason,
    Verdict,
};

/// The return type of a memoised function, to be asked what it is.
pub struct Returned<R>(PhantomData<fn() -> R>);

impl<R> Returned<R> {
    /// The question.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only the attribute's expansion makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The answer for a `Result`: its value is kept, its error is not.
pub trait ReturnsResult {
    /// The shape.
    type Shape;
    /// A call of that shape.
    fn call(&self) -> Call<Self::Shape>;
}

impl<T, E> ReturnsResult for Returned<Result<T, E>> {
    type Shape = ResultShape<T, E>;

    fn call(&self) -> Call<Self::Shape> {
        Call::new()
    }
}

/// The answer for anything else.
pub trait ReturnsValue {
    /// The shape.
    type Shape;
    /// A call of that shape.
    fn call(&self) -> Call<Self::Shape>;
}

impl<T> ReturnsValue for &Returned<T> {
    type Shape = ValueShape<T>;

    fn call(&self) -> Call<Self::Shape> {
        Call::new()
    }
}

/// How a return type is made of a value and an error.
pub trait Shape {
    /// The return type.
    type Returned;
    /// What is kept.
    type Value;
    /// What is not.
    type Error;
    /// Takes the return type apart.
    fn split(returned: Self::Returned) -> Result<Self::Value, Self::Error>;
    /// Puts it together.
    fn join(result: Result<Self::Value, Self::Error>) -> Self::Returned;
}

/// A function that returns `Result<T, E>`.
pub struct ResultShape<T, E>(PhantomData<fn() -> (T, E)>);

impl<T, E> Shape for ResultShape<T, E> {
    type Returned = Result<T, E>;
    type Value = T;
    type Error = E;

    fn split(returned: Result<T, E>) -> Result<T, E> {
        returned
    }

    fn join(result: Result<T, E>) -> Result<T, E> {
        result
    }
}

/// A function that returns `T`.
pub struct ValueShape<T>(PhantomData<fn() -> T>);

impl<T> Shape for ValueShape<T> {
    type Returned = T;
    type Value = T;
    type Error = Infallible;

    fn split(returned: T) -> Result<T, Infallible> {
        Ok(returned)
    }

    fn join(result: Result<T, Infallible>) -> T {
        let Ok(value) = result;
        value
    }
}

/// An error type, to be asked whether it can be cloned for those who wait.
pub struct ErrorOf<E>(PhantomData<fn() -> E>);

/// The answer for an error that can.
pub trait ErrorIsCloned<E> {
    /// Shares by cloning.
    fn share(&self) -> Share<E>;
}

impl<E: Clone + Send + Sync + 'static> ErrorIsCloned<E> for ErrorOf<E> {
    fn share(&self) -> Share<E> {
        Share::cloned()
    }
}

/// The answer for any other.
pub trait ErrorStaysHere<E> {
    /// Does not share.
    fn share(&self) -> Share<E>;
}

impl<E> ErrorStaysHere<E> for &ErrorOf<E> {
    fn share(&self) -> Share<E> {
        Share::none()
    }
}

/// A call about to be made of a function of shape `S`.
pub struct Call<S> {
    options: CallOptions,
    shape: PhantomData<fn() -> S>,
}

impl<S> Call<S> {
    const fn new() -> Self {
        Self { options: CallOptions::new(), shape: PhantomData }
    }

    /// How long the result may serve.
    #[must_use]
    pub const fn ttl_secs(mut self, seconds: u64) -> Self {
        self.options = self.options.ttl(Duration::from_secs(seconds));
        self
    }
}

impl<S: Shape> Call<S> {
    /// The error type.
    #[must_use]
    pub const fn error(&self) -> ErrorOf<S::Error> {
        ErrorOf(PhantomData)
    }

    /// A key for the function at `site`, still without arguments.
    #[must_use]
    pub fn key(&self, site: &Site) -> MemoKey<S::Value>
    where
        S::Value: Serialize + DeserializeOwned + JsonSchema + 'static,
    {
        MemoKey::new(site)
    }

    /// The result from the cache, or of `body`.
    pub async fn run<F, Fut>(
        mut self,
        cache: &Cache,
        key: MemoKey<S::Value>,
        share: Share<S::Error>,
        body: F,
    ) -> (S::Returned, Outcome)
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = S::Returned>,
    {
        let (key, scopes, codec) = key.finish();
        scopes.note();
        let Some(key) = key else {
            let outcome = cache.bypass(BypassReason::Unkeyable);
            return (body().await, outcome);
        };
        if cache.effective_mode(&self.options) == Mode::CachedOnly {
            // There may be no error to say so with. The function runs, and the client in it, if
            // it has this cache, refuses to go out.
            self.options = self.options.mode(Mode::ReadOnly);
        }
        let (mut decoded, mut own) = (None, None);
        let own_slot = &mut own;
        let fetch = move || async move {
            let (returned, unscoped) = frame::run(scopes, async { body().await }).await;
            let value = S::split(returned)?;
            let fetched = fetched((codec.encode)(&value), unscoped);
            *own_slot = Some(value);
            Ok(fetched)
        };
        let accept = |payload: &[u8]| {
            decoded = (codec.decode)(payload);
            decoded.is_some()
        };
        let answer = cache.fetch_if(key, &self.options, share, accept, fetch).await;
        match answer {
            Ok(cached) => {
                let value = decoded.or(own).expect("an answer was decoded or is the body's own");
                (S::join(Ok(value)), cached.outcome)
            }
            Err((FetchError::Fetch(error), outcome)) => (S::join(Err(error)), outcome),
            Err((FetchError::NotCached(_), _)) => unreachable!("the mode is not `CachedOnly`"),
        }
    }

    /// As [`run`](Self::run), for a function that is not async. Waits by parking the thread.
    pub fn run_blocking(
        mut self,
        cache: &Cache,
        key: MemoKey<S::Value>,
        share: Share<S::Error>,
        body: impl FnOnce() -> S::Returned,
    ) -> (S::Returned, Outcome) {
        self.options.blocking = true;
        block_on(self.run(cache, key, share, move || async move { body() }))
    }
}

fn fetched(json: Result<Vec<u8>, Unkeyable>, unscoped: bool) -> Fetched {
    let why = match json {
        _ if unscoped => Some(SkipReason::Unscoped),
        Err(Unkeyable) => Some(SkipReason::NotEncoded),
        Ok(_) => None,
    };
    let verdict = why.map_or(Verdict::Store, |why| Verdict::Skip { why });
    Fetched { verdict, ..Fetched::new(json.unwrap_or_default()) }
}
