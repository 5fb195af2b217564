//! `#[cached]`: a function whose results are kept under its name, its text and its arguments.
//!
//! This module is the attribute's runtime half; what an attribute takes is documented at
//! [`cached`].

mod block_on;
mod call;
mod frame;
mod key;
mod site;

use crate::core::key::KeyScope;

/// Keeps what a function returns under its name, its text and its arguments.
///
/// ```
/// use llm_cache::cached;
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// struct Person {
///     name: String,
///     age: u8,
/// }
///
/// #[cached]
/// fn extract_person(text: &str) -> Result<Person, String> {
///     // Here a model would be asked.
///     let (name, age) = text.split_once(" is ").ok_or("no person")?;
///     Ok(Person { name: name.into(), age: age.parse().map_err(|_| "no age")? })
/// }
///
/// let (ada, outcome) = extract_person_with_outcome("Ada is 36");
/// assert!(ada?.age == 36 && outcome.is_miss());
/// assert!(extract_person_with_outcome("Ada is 36").1.is_hit());
/// assert!(extract_person("Ada").is_err());
/// # Ok::<(), String>(())
/// ```
///
/// # What comes out
///
/// Works on `fn` and `async fn`, free or a method, generic or not, that returns a value or a
/// `Result` (an alias too). Three functions come out, with the visibility of the one that went in:
///
/// | function | what it does |
/// |---|---|
/// | `name(..) -> R` | as declared, through the cache |
/// | `name_with_outcome(..) -> (R, Outcome)` | the same, and tells how the call was answered |
/// | `name_uncached(..) -> R` | the body, at every call |
///
/// A function without a receiver in an `impl` block must mention `Self` to be found there. A
/// method of a trait cannot be cached: there is no place for the other two.
///
/// Parameters enter the key by their serde form, so each implements [`serde::Serialize`] or is
/// skipped. The result implements `Serialize`, `DeserializeOwned` and
/// [`JsonSchema`](schemars::JsonSchema). `Err` is never stored; identical calls that wait for a
/// failing one get a clone of its error where that is `Clone + Send + Sync` (and then it must be
/// `'static`), and run one after the other where it is not. A stored value that no longer decodes
/// is a miss and is replaced.
///
/// # The key
///
/// The package, the module path and the function's name; a SHA-256 of its tokens (signature and
/// body, without space and comments); the canonical JSON schema of the result; the namespace; the
/// names of type parameters and of `Self`; each argument by name and canonical JSON; the scope of
/// each skipped argument. Change the prompt in the body, the model of the client, its base URL or
/// a field of the result, and it is a miss. What the body calls is not part of it: a prompt in a
/// constant, another function. Pass it as an argument or change `version`.
///
/// An argument that has no JSON form (a NaN, a map whose keys are no strings) makes the call run
/// past the cache, as [`BypassReason::Unkeyable`](crate::cache::BypassReason::Unkeyable).
///
/// # Options
///
/// | option | meaning | default |
/// |---|---|---|
/// | `cache = EXPR` | the cache: any expression giving `&Cache`; sees the parameters | [`Cache::global`](crate::Cache::global) |
/// | `skip(a, ..)` | parameters that enter the key by their [`KeyScope`] instead of their value: clients | none |
/// | `skip_unkeyed(a, ..)` | parameters that are not in the key at all: loggers, handles, `&mut` | none |
/// | `scope = EXPR` | a [`KeyScope`] for clients that are no parameters | none |
/// | `version = "..."` | stands in the key for the function's tokens: edits no longer matter, a new version does | the tokens |
/// | `ttl_secs = EXPR` | seconds (`u64`) that a result may serve | the cache's |
/// | `namespace = EXPR` | a `&str` that keeps results apart | none |
///
/// `self` is a parameter like any other and can be skipped.
///
/// # Modes
///
/// The cache's [`Mode`](crate::cache::Mode) applies. In `CachedOnly` a function that is not in the
/// cache runs, because there may be no error to refuse with, and its result is not stored; a
/// client in it that has the same cache refuses to go out.
///
/// # Safety net
///
/// When the body uses a client that is not in the key ([`note_client`]), the result is returned
/// and not stored, with [`SkipReason::Unscoped`](crate::cache::SkipReason::Unscoped).
pub use llm_cache_macros::cached;

/// Tells the memoised functions around this call that their result depends on `client`.
///
/// A client says so with every request. A function whose key has neither that client (as a skipped
/// argument) nor a `scope = ...` of its own then does not store its result: after a change of the
/// model or the base URL it would be somebody else's answer. Outside memoised functions it costs a
/// look at a thread-local; inside one a hash of the client's scope.
///
/// It sees what runs in the function's own future or call, not what it spawns.
pub fn note_client(client: &(impl KeyScope + ?Sized)) {
    frame::note(client);
}

/// What the attribute's expansion calls; no part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use super::{
        call::{ErrorIsCloned, ErrorStaysHere, Returned, ReturnsResult, ReturnsValue},
        site::{Identity, Site},
    };
}
