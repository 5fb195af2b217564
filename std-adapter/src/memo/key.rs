//! The key of one call of a memoised function. MEMO.md says what is in it, in which order.
//!
//! Each part enters the hash as three length-prefixed fields: its kind, its name, its bytes. So no
//! two lists of parts hash alike.

use serde::{Serialize, de::DeserializeOwned};

use super::{
    constant::Constants,
    field::Part,
    returned::HasSchema,
    site::{ResultForm, Site},
    text::{Unkeyable, json},
};
use llm_cache_core::{
    RequestKey,
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

/// A key, and what it has been built with.
pub(super) struct FinishedKey<T> {
    /// `None` for a call that has none.
    pub(super) key: Option<RequestKey>,
    /// The scopes that are in it.
    pub(super) scopes: Scopes,
    pub(super) codec: Codec<T>,
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
    pub fn constants(&mut self, add: impl FnOnce(&mut Constants)) {
        let mut constants = Constants::default();
        add(&mut constants);
        for (name, digest) in constants.iter() {
            self.part("constant", name, digest);
        }
    }

    /// Keeps the results of one use apart from those of another.
    pub fn namespace(&mut self, namespace: &str) {
        self.part("namespace", "", namespace.as_bytes());
    }

    /// The name of a type that the function is generic over, or a method of.
    pub fn type_name(&mut self, name: &str) {
        self.part("type", "", name.as_bytes());
    }

    /// A constant that the function is generic over: a number, `bool` or `char`.
    pub fn generic<C: Serialize + ?Sized>(&mut self, name: &str, constant: &C) {
        self.part_of("generic", name, |part| part.value(constant));
    }

    /// An argument by its scope.
    pub fn skipped<S: Scoped + ?Sized>(&mut self, name: &str, argument: &S) {
        let digest = argument.add_to(&mut self.scopes);
        self.part("scope", name, &digest);
    }

    /// A scope that is no argument. It stands for every client that the function may use.
    pub fn scope<S: KeyScope + ?Sized>(&mut self, scope: &S) {
        let digest = self.scopes.add(scope);
        self.scopes.open();
        self.part("scope", "", &digest);
    }

    /// The key with all its parts.
    pub(super) fn finish(self) -> FinishedKey<T> {
        let key = self.hash.map(|hash| RequestKey::from_bytes(hash.finish()));
        FinishedKey { key, scopes: self.scopes, codec: self.codec }
    }

    /// A part whose bytes are at hand.
    pub(super) fn part(&mut self, kind: &str, name: &str, bytes: &[u8]) {
        if let Some(hash) = &mut self.hash {
            let fields = [kind.as_bytes(), name.as_bytes(), bytes];
            fields.iter().for_each(|field| hash.field(field));
        }
    }

    /// A part whose bytes `fill` adds. Where there are none the call has no key.
    pub(super) fn part_of(
        &mut self,
        kind: &str,
        name: &str,
        fill: impl FnOnce(&mut Part) -> Result<(), Unkeyable>,
    ) {
        let Some(hash) = &mut self.hash else { return };
        let mut part = Part::new(kind, name);
        match fill(&mut part) {
            Ok(()) => part.add_to(hash),
            Err(Unkeyable) => self.hash = None,
        }
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
