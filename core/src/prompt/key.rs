//! The key of a request, without writing the request.

use core::convert::Infallible;

use embedded_io::{ErrorType, Write};

use super::form::{Form, Position};
use super::number;
use super::out::Out;
use super::raw::RawJson;
use super::request::Request;
use super::violation::EncodeError;
use crate::canonical::{self, Place, Selection, Sink};
use crate::dialect;
use crate::json::{self, JsonStr};
use crate::key::{Dialect, FieldHasher, KeyError, KeyHasher, RequestKey, Slot};

impl Request<'_> {
    /// The key of the body that [`Request::encode`] writes in the hasher's dialect, in one pass
    /// that writes it nowhere.
    ///
    /// Every text is read once, in canonical order, and hashed where it is: O(length) time, and
    /// O(square of the extra members). `scratch` is for the caller's own JSON only (schemas, tool
    /// inputs, extra members, raw blocks), one piece at a time: a request without any needs none,
    /// others what [`Request::key_scratch_needed`] tells. The walk itself takes about 100 bytes of
    /// stack for each object that is open, six at most; with the canonical form of a piece it is
    /// less than 2 KiB on a Cortex-M, and 17 KB of code.
    ///
    /// The provider's rules are not checked, as in [`Request::encode_unvalidated`].
    ///
    /// ```
    /// use llm_cache_core::key::{Dialect, Endpoint, Scope, Tenant};
    /// use llm_cache_core::prompt::{Message, Request};
    ///
    /// let messages = [Message::user("Is the valve open?")];
    /// let request = Request::new("claude-haiku-5-5", 64, &messages);
    /// let scope = Scope::new(Dialect::AnthropicMessages, Endpoint::Id("plant"), Tenant::Shared);
    /// let hasher = scope.hasher().expect("an id is no URL");
    /// let key = request.key(&hasher, &mut []).expect("nothing is left to go wrong");
    ///
    /// let body = br#"{"messages":[{"content":"Is the valve open?","role":"user"}],
    ///     "max_tokens":64,"model":"claude-haiku-5-5"}"#;
    /// assert_eq!(hasher.key(body, &mut [Default::default(); 16]), Ok(key));
    /// ```
    ///
    /// # Errors
    /// [`EncodeError::Rejected`] where the dialect has no place for the request;
    /// [`EncodeError::Write`] where its body has no key: one of the caller's pieces has a fault,
    /// with the offset in that piece, or `scratch` is too small.
    pub fn key(
        &self,
        hasher: &KeyHasher,
        scratch: &mut [Slot],
    ) -> Result<RequestKey, EncodeError<KeyError>> {
        let dialect = hasher.dialect();
        dialect::expressible(self, dialect)?;
        let mut hash = Hash { fields: hasher.fields(), is_muted: false };
        match walk(self, dialect, Task::Hash(&mut hash, scratch)) {
            Ok(_) => Ok(RequestKey::from_bytes(hash.fields.finish())),
            Err(KeyError::ScratchTooSmall { .. }) => {
                let needed = self.slots_needed(dialect)?;
                Err(EncodeError::Write(KeyError::ScratchTooSmall { needed }))
            }
            Err(error) => Err(EncodeError::Write(error)),
        }
    }

    /// The slots with which [`Request::key`] reads each piece of the caller's JSON least often:
    /// the most that [`scratch_needed`](canonical::scratch_needed) tells for any of them, and 0
    /// without any. O(length of these pieces).
    ///
    /// # Errors
    /// As [`Request::key`].
    pub fn key_scratch_needed(&self, dialect: Dialect) -> Result<usize, EncodeError<KeyError>> {
        dialect::expressible(self, dialect)?;
        self.slots_needed(dialect)
    }

    fn slots_needed(&self, dialect: Dialect) -> Result<usize, EncodeError<KeyError>> {
        let mut needed = 0;
        walk(self, dialect, Task::Measure(&mut needed)).map_err(EncodeError::Write)?;
        Ok(needed)
    }
}

/// What a walk in canonical order is for.
enum Task<'t> {
    /// The key; the slots are for one of the caller's pieces at a time.
    Hash(&'t mut Hash, &'t mut [Slot]),
    /// The most slots that any of the caller's pieces needs.
    Measure(&'t mut usize),
}

fn walk(request: &Request<'_>, dialect: Dialect, task: Task<'_>) -> Result<(), KeyError> {
    let mut out = Out::new(Canonical { dialect, task, fault: Ok(()) });
    // Why it stopped, if it did, the form has kept.
    let _stopped = dialect::body(request, dialect, &mut out);
    out.into_form().fault
}

/// The form in which members are in order and those that do not count are left out.
struct Canonical<'t> {
    dialect: Dialect,
    task: Task<'t>,
    /// Kept here, where it is not passed up through every call.
    fault: Result<(), KeyError>,
}

/// The walk ended early.
struct Stopped;

impl Canonical<'_> {
    /// A value that may have any spelling.
    #[inline(never)] // Its stack shall not lie below every value's.
    fn value(&mut self, text: &str, at: Position) -> Result<(), Stopped> {
        self.fault = match &mut self.task {
            Task::Hash(hash, scratch) => {
                let at = (at.place, at.depth);
                canonical::canonicalize_at(at, text, &self.dialect, scratch, *hash)
            }
            Task::Measure(needed) => canonical::scratch_needed(text.as_bytes())
                .map(|slots| **needed = slots.max(**needed))
                .map_err(KeyError::from),
        };
        self.fault.map_err(|_| Stopped)
    }

    /// Hashes what `write` writes, which is canonical.
    fn hash(&mut self, write: impl FnOnce(&mut Hash) -> Result<(), Infallible>) {
        if let Task::Hash(hash, _) = &mut self.task {
            match write(hash) {
                Ok(()) => {}
                Err(never) => match never {},
            }
        }
    }

    fn mute(&mut self, is_muted: bool) {
        if let Task::Hash(hash, _) = &mut self.task {
            hash.is_muted = is_muted;
        }
    }
}

impl Form for Canonical<'_> {
    type Error = Stopped;
    const IS_CANONICAL: bool = true;

    fn write(&mut self, json: &str) -> Result<(), Stopped> {
        self.hash(|hash| hash.write_all(json.as_bytes()));
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Stopped> {
        // With the fewest escapes, which is the canonical form of a string.
        self.hash(|hash| json::write_inside(hash, text));
        Ok(())
    }

    fn integer(&mut self, value: u32) -> Result<(), Stopped> {
        self.hash(|hash| number::write_u32(hash, value));
        Ok(())
    }

    fn double(&mut self, value: f64) -> Result<(), Stopped> {
        self.hash(|hash| number::write_f64(hash, value));
        Ok(())
    }

    fn raw(&mut self, json: RawJson<'_>, at: Position) -> Result<(), Stopped> {
        self.value(json.as_str(), at)
    }

    fn left_out(&mut self, json: RawJson<'_>, at: Position) -> Result<(), Stopped> {
        // Its faults count: the body as bytes would have no key either.
        self.mute(true);
        self.value(json.as_str(), at)?;
        self.mute(false);
        Ok(())
    }

    fn member(&self, object: Place, name: &JsonStr<'_>) -> Option<Place> {
        self.dialect.member(object, name)
    }

    fn element(&self, array: Place) -> Place {
        self.dialect.element(array)
    }
}

/// A key under way.
struct Hash {
    fields: FieldHasher,
    /// Takes nothing in.
    is_muted: bool,
}

impl Sink for Hash {
    fn write(&mut self, bytes: &[u8]) {
        if !self.is_muted {
            self.fields.write(bytes);
        }
    }
}

impl ErrorType for Hash {
    type Error = Infallible;
}

impl Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Sink::write(self, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
