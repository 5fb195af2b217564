//! `#[cached]`: a function whose results are kept under its name, its text and its arguments.
//!
//! This module is the attribute's runtime half; what an attribute takes is documented at
//! [`cached`].

mod argument;

mod call;
mod carry;
mod constant;
mod errors;
mod field;
mod key;
mod returned;
mod site;
mod text;
#[cfg(test)]
mod vectors;

pub use carry::{carry, carry_fn};

use llm_cache_core::key::KeyScope;

use crate::running;

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
/// A function without a receiver in an `impl` block is found there by a look into its source file,
/// or if it mentions `Self`; one that a macro writes needs the option `associated`. A method of a
/// trait cannot be cached, because there is no place for the other two, nor one that `async_trait`
/// has rewritten: decorate a method of the type's own, and let the trait's call it.
///
/// Parameters enter the key by their serde form, so each implements [`serde::Serialize`] or is
/// skipped. Equal `HashSet`s have one key where the set is the parameter's type, perhaps behind
/// references or in an `Option`; inside of other types a `BTreeSet` is needed. The result
/// implements `Serialize`, `DeserializeOwned` and [`JsonSchema`](schemars::JsonSchema). `Err` is
/// never stored; identical calls that wait for a failing one get a clone of its error where that is
/// `Clone + Send + Sync` (and then it must be `'static`), an [`Error`](crate::Error) with its text
/// where the error type can be made from that (`anyhow::Error`, a boxed error), and else all run at
/// once. A stored value that no longer decodes is a miss and is replaced.
///
/// # The key
///
/// The package, the module path and the function's name; a SHA-256 of its tokens (signature and
/// body, without space and comments); the canonical JSON schema of the result; the constants that
/// the body mentions, by value; the namespace; the names of type parameters and of `Self`; the
/// scope of each skipped argument; each argument by name and canonical JSON. Change the prompt, in
/// the body or in a constant, the model of the client, its base URL or a field of the result, and
/// it is a miss. MEMO.md, beside the source, has every byte of it.
///
/// **Constants** are paths `IN_CAPITALS` where an expression may stand, also among a macro's
/// arguments and captured by a format string, and the files of `include_str!` and `include_bytes!`.
/// Text, numbers, `bool`, `char`, and arrays, slices, tuples and `Option`s of these count; statics
/// of other types, which may change, do not, nor do constants of other types (name what of them
/// counts in `key(..)`), constants in `unsafe` blocks and those that are only compared with in a
/// pattern. A `cfg` in the body counts by its outcome. A constant of a type parameter (`T::PROMPT`)
/// must be of a type that counts. Should a macro give a name in capitals another meaning, so that
/// the function does not compile, `skip_unkeyed(NAME)` leaves the name alone.
///
/// **A prompt that another function builds** is not seen: pass it as an argument, name it in
/// `key(..)`, or change `version`.
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
/// | `skip_unkeyed(a, ..)` | parameters, and constants of the body, that are not in the key at all: loggers, handles, `&mut` | none |
/// | `key(EXPR, ..)` | values that are in the key beside the arguments: any expressions that are `Serialize`; they see the parameters | none |
/// | `scope = EXPR` | a [`KeyScope`] for clients that are no parameters, or are held by one (`skip_unkeyed(self), scope = &self.client`) | none |
/// | `version = "..."` | stands in the key for the function's tokens: edits no longer matter, a new version does; constants count all the same | the tokens |
/// | `ttl_secs = EXPR` | seconds (`u64`) that a result is kept, and how old one may be that serves | the cache's |
/// | `max_age_secs = EXPR` | how old (`u64`) a result may be that serves, however long it is kept | as `ttl_secs` |
/// | `namespace = EXPR` | a `&str` that keeps results apart | none |
/// | `schema = none` | the name of the result's type and the `version` (or the package's) stand in the key for its schema, so it need not be `JsonSchema` | its schema |
/// | `associated` | the function stands in an `impl`, though it has no receiver and does not mention `Self` | found out |
/// | `crate = PATH` | where this library is found | as Cargo.toml calls it |
///
/// `self` is a parameter like any other and can be skipped.
///
/// # Modes
///
/// The cache's [`Mode`](crate::cache::Mode) applies. In `CachedOnly` a function never runs: where
/// its error type can be made from [`Error`](crate::Error), it returns one of the kind
/// [`NotCached`](crate::ErrorKind::NotCached), and where it has no such error it panics. (A generic
/// error type can if `From<Error>` is among its bounds.)
///
/// # What is not stored
///
/// A result is stored only if every reply that a client gave to the body may be stored, whether or
/// not that client has a cache: one that was cut, refused, streamed or had to go past every cache
/// keeps it out. The outcome then tells why: `miss absent, not stored: truncated`. The same goes
/// for a typed answer that failed, where the body returns a value all the same. A body that asks
/// again says so with `Reply::discard`.
///
/// A client that is not in the key ([`note_client`]) keeps it out too, as `unscoped`. A task that
/// the body spawns is not seen to be its own: wrap it in [`carry()`]. Otherwise a client in it goes
/// unnoticed, and an answer there that may not be stored keeps out the results of all running
/// functions with that client in their key, as `untracked`.
///
/// A hit counts in the savings of the client in the key.
pub use llm_cache_macros::cached;

/// Tells the memoised functions around this call that their result depends on `client`.
///
/// A client says so with every request. A function whose key has neither that client (as a skipped
/// argument) nor a `scope = ...` of its own then does not store its result: after a change of the
/// model or the base URL it would be somebody else's answer. Outside memoised functions it costs a
/// look at a thread-local; inside one a hash of the client's scope.
///
/// It sees what runs in the function's own future or call, and what it spawns if that is wrapped in
/// [`carry()`].
pub fn note_client(client: &(impl KeyScope + ?Sized)) {
    running::note_scope(client);
}

/// What the attribute's expansion calls; no part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use super::{
        argument::ArgumentOf,
        call::Errors,
        constant::{Constants, Mention},
        returned::Returned,
        site::{Identity, Site},
    };

    /// The traits that ask a type what it is.
    pub mod asked {
        pub use super::super::{
            argument::{IsPlain as _, IsSet as _},
            constant::{Counts as _, LooksAlike as _},
            errors::{
                ErrorCannotRefuse as _, ErrorIsAnError as _, ErrorIsBoxed as _, ErrorIsCloned as _,
                ErrorIsMade as _, ErrorIsShown as _, ErrorRefuses as _, ErrorStaysHere as _,
            },
            returned::{ReturnsResult as _, ReturnsValue as _},
        };
    }
}
