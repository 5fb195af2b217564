//! The key of one call of a memoised function.
//!
//! Each part enters the hash as three length-prefixed fields: its kind, its name, its bytes. So no
//! two lists of parts hash alike.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use super::{frame::Scopes, site::Site};
use crate::core::{
    RequestKey,
    canonical::{Everything, Slot, canonicalize, scratch_needed, write_json},
    key::{FieldHasher, KeyScope},
};

/// A key under construction, for a result of type `T`.
pub struct MemoKey<T> {
    /// `None` once a part had no canonical form.
    hash: Option<FieldHasher>,
    scopes: Scopes,
    codec: Codec<T>,
}

/// How a result becomes bytes and a result again.
///
/// The key brings it along so that what a result must implement is asked for in one place, where
/// the compiler can point at the function's return type.
pub(super) struct Codec<T> {
    pub(super) encode: fn(&T) -> Result<Vec<u8>, Unkeyable>,
    pub(super) decode: fn(&[u8]) -> Option<T>,
}

impl<T: Serialize + DeserializeOwned + JsonSchema + 'static> MemoKey<T> {
    pub(super) fn new(site: &Site) -> Self {
        let codec = Codec { encode: json, decode: |json| serde_json::from_slice(json).ok() };
        Self { hash: site.start::<T>(), scopes: Scopes::default(), codec }
    }
}

impl<T> MemoKey<T> {
    /// Keeps the results of one use apart from those of another.
    #[must_use]
    pub fn namespace(self, namespace: &str) -> Self {
        self.part("namespace", "", namespace.as_bytes())
    }

    /// The name of a type that the function is generic over, or a method of.
    #[must_use]
    pub fn type_name(self, name: &str) -> Self {
        self.part("type", "", name.as_bytes())
    }

    /// An argument by its value, in canonical JSON of its serde form.
    #[must_use]
    pub fn argument<A: Serialize + ?Sized>(mut self, name: &str, argument: &A) -> Self {
        match canonical(argument) {
            Ok(json) => self.part("argument", name, &json),
            Err(Unkeyable) => {
                self.hash = None;
                self
            }
        }
    }

    /// An argument by its scope.
    #[must_use]
    pub fn skipped<S: KeyScope + ?Sized>(mut self, name: &str, argument: &S) -> Self {
        let digest = self.scopes.add(argument);
        self.part("scope", name, &digest)
    }

    /// A scope that is no argument. It stands for every client that the function may use.
    #[must_use]
    pub fn scope<S: KeyScope + ?Sized>(mut self, scope: &S) -> Self {
        let digest = self.scopes.add(scope);
        self.scopes.open();
        self.part("scope", "", &digest)
    }

    /// The key, or `None` for a call that has none; the scopes that are in it; the codec.
    pub(super) fn finish(self) -> (Option<RequestKey>, Scopes, Codec<T>) {
        let key = self.hash.map(|hash| RequestKey::from_bytes(hash.finish()));
        (key, self.scopes, self.codec)
    }

    fn part(mut self, kind: &str, name: &str, bytes: &[u8]) -> Self {
        if let Some(hash) = &mut self.hash {
            for field in [kind.as_bytes(), name.as_bytes(), bytes] {
                hash.field(field);
            }
        }
        self
    }
}

/// A value has no canonical JSON: it holds a NaN, an infinity or a map whose keys are no strings,
/// or its `Serialize` refuses.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unkeyable;

/// Canonical JSON of a value.
pub(super) fn canonical(value: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, Unkeyable> {
    let text = json(value)?;
    let slots = scratch_needed(&text).map_err(|_| Unkeyable)?;
    let mut canonical = Vec::with_capacity(text.len());
    canonicalize(&text, &Everything, &mut vec![Slot::EMPTY; slots], &mut canonical)
        .map_err(|_| Unkeyable)?;
    Ok(canonical)
}

/// JSON of a value, in its own order, with nothing made up: what JSON cannot say is refused.
pub(super) fn json(value: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, Unkeyable> {
    let mut text = Vec::new();
    write_json(value, &mut text).map_err(|_| Unkeyable)?;
    Ok(text)
}
