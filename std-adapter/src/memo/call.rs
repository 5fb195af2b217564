//! One call of a memoised function.

use std::{any::type_name, future::Future, marker::PhantomData, time::Duration};

use llm_cache_core::RequestKey;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    constant::Constants,
    errors::{ErrorOf, Refusal},
    key::{Codec, FinishedKey, MemoKey},
    returned::{HasSchema, Shape},
    site::{ResultForm, Site},
    text::Unkeyable,
};
use crate::{
    block_on::block_on,
    cache::{
        BypassReason, Cache, Cached, CallOptions, FetchError, Fetched, MissReason, Mode, Outcome,
        Share, SkipReason, Verdict,
    },
    error::{Error, ErrorKind},
    running::{self, Ran, Scopes},
};

/// A call about to be made of a function of shape `S`.
pub struct Call<S> {
    options: CallOptions,
    shape: PhantomData<fn() -> S>,
}

impl<S> Call<S> {
    pub(super) const fn new() -> Self {
        Self { options: CallOptions::new(), shape: PhantomData }
    }

    /// How long the result is kept, and how old one may be that serves.
    #[must_use]
    pub const fn ttl_secs(mut self, seconds: u64) -> Self {
        self.options = self.options.ttl(Duration::from_secs(seconds));
        self
    }

    /// How old a result may be that serves.
    #[must_use]
    pub const fn max_age_secs(mut self, seconds: u64) -> Self {
        self.options = self.options.max_age(Duration::from_secs(seconds));
        self
    }
}

/// What is known of the function's error type.
pub struct Errors<E> {
    /// What becomes of an error for those who wait.
    pub share: Share<E>,
    /// How the function says that it was not to run.
    pub refusal: Refusal<E>,
}

impl<S: Shape> Call<S> {
    /// The error type.
    #[must_use]
    pub const fn error(&self) -> ErrorOf<S::Error> {
        ErrorOf(PhantomData)
    }

    /// A key for the function at `site`, still without arguments.
    #[must_use]
    pub fn key(&self, site: &Site, constants: fn(&mut Constants)) -> MemoKey<S::Value>
    where
        S::Value: Serialize + DeserializeOwned + HasSchema + 'static,
    {
        MemoKey::new(site, constants)
    }

    /// As [`key`](Self::key), for a result without a schema.
    #[must_use]
    pub fn key_of_type(
        &self,
        site: &Site,
        version: &'static str,
        constants: fn(&mut Constants),
    ) -> MemoKey<S::Value>
    where
        S::Value: Serialize + DeserializeOwned + 'static,
    {
        let form = || ResultForm::Named { name: type_name::<S::Value>(), version };
        MemoKey::of_type(site, form, constants)
    }

    /// The result from memory, which takes no future.
    ///
    /// # Errors
    /// The call as it goes on where memory has no result, with [`run`](Self::run) or
    /// [`run_blocking`](Self::run_blocking).
    pub fn look_in_memory(
        &self,
        cache: &Cache,
        key: MemoKey<S::Value>,
    ) -> Result<(S::Returned, Outcome), Missed<S::Value>> {
        let FinishedKey { key, scopes, codec } = key.finish();
        scopes.note();
        let Some(key) = key else { return Err(Missed { key: None, scopes, codec }) };
        let mut value = None;
        let accept = |payload: &[u8], _| {
            value = (codec.decode)(payload);
            value.is_some()
        };
        match cache.look_in_memory(key, &self.options, accept) {
            Ok(cached) => {
                let value = value.expect("an answer that was accepted was decoded");
                Ok(served::<S>(&scopes, &cached, value))
            }
            Err(why) => Err(Missed { key: Some((key, why)), scopes, codec }),
        }
    }

    /// The result from the store, of an identical call under way, or of `body`.
    pub async fn run<F, Fut>(
        self,
        missed: Missed<S::Value>,
        site: &Site,
        cache: &Cache,
        errors: Errors<S::Error>,
        body: F,
    ) -> (S::Returned, Outcome)
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = S::Returned>,
    {
        let Missed { key, scopes, codec } = missed;
        let Some((key, why)) = key else {
            let outcome = cache.bypass(BypassReason::Unkeyable);
            if cache.effective_mode(&self.options) == Mode::CachedOnly {
                let error = refuse::<S>(site, &BypassReason::Unkeyable, errors.refusal);
                return (S::join(Err(error)), outcome);
            }
            return (running::run(scopes, async { body().await }).await.output, outcome);
        };
        let (mut decoded, mut own, mut scopes) = (None, None, Some(scopes));
        let (own_slot, scopes_slot) = (&mut own, &mut scopes);
        let fetch = move || async move {
            let scopes = scopes_slot.take().expect("one fetch a call");
            let ran = running::run(scopes, async { body().await }).await;
            let Ran { output, skip, usage, ttl_max } = ran;
            let value = S::split(output)?;
            let fetched = fetched((codec.encode)(&value), skip);
            let fetched = fetched.with_usage(usage).with_ttl_max(ttl_max);
            *own_slot = Some(value);
            Ok(fetched)
        };
        let accept = |payload: &[u8], _| {
            decoded = (codec.decode)(payload);
            decoded.is_some()
        };
        let (options, share) = (&self.options, errors.share);
        match cache.fetch_after(why, key, options, share, accept, fetch).await {
            Ok(cached) => {
                let value = own.or(decoded).expect("an answer was decoded or is the body's own");
                match scopes {
                    Some(scopes) => served::<S>(&scopes, &cached, value),
                    // The body ran in here, and the frames around have seen what it saw.
                    None => (S::join(Ok(value)), cached.outcome.after(cached.verdict)),
                }
            }
            Err((FetchError::Fetch(error), outcome)) => (S::join(Err(error)), outcome),
            Err((FetchError::NotCached(why), outcome)) => {
                (S::join(Err(refuse::<S>(site, &why, errors.refusal))), outcome)
            }
        }
    }

    /// As [`run`](Self::run), for a function that is not async. Waits by parking the thread.
    pub fn run_blocking(
        mut self,
        missed: Missed<S::Value>,
        site: &Site,
        cache: &Cache,
        errors: Errors<S::Error>,
        body: impl FnOnce() -> S::Returned,
    ) -> (S::Returned, Outcome) {
        self.options.blocking = true;
        block_on(self.run(missed, site, cache, errors, move || async move { body() }))
    }
}

/// A call that memory did not answer.
pub struct Missed<T> {
    /// Its key and why memory has nothing under it; `None` for a call that has no key.
    key: Option<(RequestKey, MissReason)>,
    scopes: Scopes,
    codec: Codec<T>,
}

/// A result that this call did not compute, and what the frames and clients around learn from it.
fn served<S: Shape>(scopes: &Scopes, cached: &Cached, value: S::Value) -> (S::Returned, Outcome) {
    running::note_result(scopes, cached.entry.usage, cached.verdict);
    scopes.report_hit(cached.entry.usage);
    (S::join(Ok(value)), cached.outcome.after(cached.verdict))
}

/// The error of a function that the cache alone may answer and cannot.
///
/// # Panics
/// Where the function has no error for that: to run it would spend what the mode is there to save.
#[cold]
fn refuse<S: Shape>(
    site: &Site,
    why: &dyn std::fmt::Display,
    refusal: Refusal<S::Error>,
) -> S::Error {
    let path = site.path();
    let Some(refusal) = refusal else {
        panic!(
            "`{path}` is not in the cache ({why}), whose mode is `CachedOnly`, and cannot refuse \
             with an error: it needs to return a `Result` whose error is `From<llm_cache::Error>`"
        );
    };
    let message = format!("the result of `{path}` is not in the cache ({why})");
    refusal(Error::new(ErrorKind::NotCached, message))
}

fn fetched(json: Result<Vec<u8>, Unkeyable>, skip: Option<SkipReason>) -> Fetched {
    let why = if json.is_err() { Some(SkipReason::NotEncoded) } else { skip };
    let verdict = why.map_or(Verdict::Store, |why| Verdict::Skip { why });
    Fetched::new(json.unwrap_or_default()).with_verdict(verdict)
}
