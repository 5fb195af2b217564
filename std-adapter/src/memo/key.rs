//! The key of one call of a memoised function. MEMO.md says what is in it, in which order.
//!
//! Each part enters the hash as three length-prefixed fields: its kind, its name, its bytes. So no
//! two lists of parts hash alike.

use serde::{Serialize, de::DeserializeOwned};

use super::{
    argument::Bytes,
    constant::Constants,
    returned::HasSchema,
    site::{ResultForm, Site},
};
use llm_cache_core::{
    RequestKey,
    canonical::{Everything, Slot, canonicalize, scratch_needed, write_json},
    key::{FieldHasher, KeyScope},
};

use crate::running::Scopes;

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

impl<T: Serialize + DeserializeOwned + 'static> MemoKey<T> {
    /// With the JSON schema of the result in it. `constants` adds those that never change.
    pub(super) fn new(site: &Site, constants: fn(&mut Constants)) -> Self
    where
        T: HasSchema,
    {
        Self::with(site.start::<T>(T::form, constants))
    }

    /// With the name of the result's type and a version in place of its schema.
    pub(super) fn of_type(
        site: &Site,
        form: impl Fn() -> ResultForm,
        constants: fn(&mut Constants),
    ) -> Self {
        Self::with(site.start::<T>(form, constants))
    }

    pub(super) fn with(hash: Option<FieldHasher>) -> Self {
        let codec = Codec { encode: json, decode: |json| serde_json::from_slice(json).ok() };
        Self { hash, scopes: Scopes::default(), codec }
    }
}

impl<T> MemoKey<T> {
    /// Constants that depend on what the function is generic over.
    #[must_use]
    pub fn constants(mut self, add: impl FnOnce(&mut Constants)) -> Self {
        let mut constants = Constants::default();
        add(&mut constants);
        for (name, digest) in constants.iter() {
            self = self.part("constant", name, digest);
        }
        self
    }

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

    /// A constant that the function is generic over: a number, `bool` or `char`.
    #[must_use]
    pub fn generic<C: Serialize + ?Sized>(self, name: &str, constant: &C) -> Self {
        self.bytes("generic", name, Bytes(canonical(constant)))
    }

    /// An argument by its scope.
    #[must_use]
    pub fn skipped<S: Scoped + ?Sized>(mut self, name: &str, argument: &S) -> Self {
        let digest = argument.add_to(&mut self.scopes);
        self.part("scope", name, &digest)
    }

    /// A scope that is no argument. It stands for every client that the function may use.
    #[must_use]
    pub fn scope<S: KeyScope + ?Sized>(mut self, scope: &S) -> Self {
        let digest = self.scopes.add(scope);
        self.scopes.open();
        self.part("scope", "", &digest)
    }

    /// A value that is named in `key(..)`: by its place there and its bytes.
    #[must_use]
    pub fn value(self, name: &str, value: Bytes) -> Self {
        self.bytes("value", name, value)
    }

    /// An argument by its value.
    #[must_use]
    pub fn argument(self, name: &str, argument: Bytes) -> Self {
        self.bytes("argument", name, argument)
    }

    /// The key, or `None` for a call that has none; the scopes that are in it; the codec.
    pub(super) fn finish(self) -> (Option<RequestKey>, Scopes, Codec<T>) {
        let key = self.hash.map(|hash| RequestKey::from_bytes(hash.finish()));
        (key, self.scopes, self.codec)
    }

    fn bytes(mut self, kind: &str, name: &str, bytes: Bytes) -> Self {
        match bytes.0 {
            Ok(bytes) => self.part(kind, name, &bytes),
            Err(Unkeyable) => {
                self.hash = None;
                self
            }
        }
    }

    pub(super) fn part(mut self, kind: &str, name: &str, bytes: &[u8]) -> Self {
        if let Some(hash) = &mut self.hash {
            for field in [kind.as_bytes(), name.as_bytes(), bytes] {
                hash.field(field);
            }
        }
        self
    }
}

/// What may be named in `skip(..)`: whatever is a [`KeyScope`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a memoised function's key without its value: it is no \
               `KeyScope`, as a `Client` is",
    label = "named in `skip(..)`",
    note = "where it holds a client, say which: `#[cached(skip_unkeyed(self), scope = \
            &self.client)]` for `self`, or the same with the parameter's name",
    note = "or implement `llm_cache::llm_cache_core::key::KeyScope` for it: whatever decides the answers of \
            its clients goes in"
)]
pub trait Scoped {
    /// Adds its scope.
    #[doc(hidden)]
    fn add_to(&self, scopes: &mut Scopes) -> [u8; 32];
}

#[diagnostic::do_not_recommend]
impl<S: KeyScope + ?Sized> Scoped for S {
    fn add_to(&self, scopes: &mut Scopes) -> [u8; 32] {
        scopes.add(self)
    }
}

/// A value has no canonical JSON: it holds a NaN, an infinity or a map whose keys are no strings,
/// or its `Serialize` refuses.
#[derive(Debug, PartialEq, Eq)]
pub struct Unkeyable;

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
