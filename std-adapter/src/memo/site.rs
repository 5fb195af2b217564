//! A decorated function as a place in the source: the part of its keys that never changes.

use std::{any::TypeId, sync::OnceLock};

use schemars::{JsonSchema, generate::SchemaSettings};

use super::key::canonical;
use crate::core::key::FieldHasher;

/// One decorated function; a static in its expansion.
pub struct Site {
    krate: &'static str,
    module: &'static str,
    name: &'static str,
    identity: Identity,
    /// The hash so far of everything that is the same for all calls with one type of result.
    start: OnceLock<(TypeId, Option<FieldHasher>)>,
}

/// What stands for the function's text.
pub enum Identity {
    /// The SHA-256 of its tokens.
    Tokens([u8; 32]),
    /// What its author wrote in `version`.
    Version(&'static str),
}

impl Site {
    /// The function `name` of `module` in the package `krate`.
    #[must_use]
    pub const fn new(
        krate: &'static str,
        module: &'static str,
        name: &'static str,
        identity: Identity,
    ) -> Self {
        Self { krate, module, name, identity, start: OnceLock::new() }
    }

    /// A hash that has the place, the text and the schema of `T` in it; `None` for a schema
    /// without a canonical form. The first type of result is remembered; for a generic function
    /// with several, the others are hashed at every call.
    pub(super) fn start<T: JsonSchema + 'static>(&self) -> Option<FieldHasher> {
        let this = TypeId::of::<T>();
        let (remembered, hash) = self.start.get_or_init(|| (this, self.hash::<T>()));
        if *remembered == this { hash.clone() } else { self.hash::<T>() }
    }

    fn hash<T: JsonSchema>(&self) -> Option<FieldHasher> {
        let mut hash = FieldHasher::new("llm-cache memo 1");
        for field in [self.krate, self.module, self.name] {
            hash.field(field.as_bytes());
        }
        let (kind, text) = match &self.identity {
            Identity::Tokens(digest) => ("tokens", digest.as_slice()),
            Identity::Version(version) => ("version", version.as_bytes()),
        };
        hash.field(kind.as_bytes());
        hash.field(text);
        let schema = SchemaSettings::default().into_generator().into_root_schema_for::<T>();
        hash.field(&canonical(&schema).ok()?);
        Some(hash)
    }
}
