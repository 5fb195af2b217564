//! A decorated function as a place in the source: the part of its keys that never changes.

use std::{any::TypeId, sync::OnceLock};

use schemars::{JsonSchema, generate::SchemaSettings};

use super::{constant::Constants, text::canonical};
use llm_cache_core::key::FieldHasher;

/// One decorated function; a static in its expansion.
pub struct Site {
    krate: &'static str,
    module: &'static str,
    name: &'static str,
    identity: Identity,
    /// Constants that are the same for all calls, whatever the function is generic over.
    constants: OnceLock<Constants>,
    /// For each type of result, the hash so far.
    start: OnceLock<Start>,
}

/// The hash so far of everything that is the same for all calls with one type of result.
struct Start {
    of: TypeId,
    /// `None` where the type's form has no canonical JSON.
    hash: Option<FieldHasher>,
    /// The next type of result, of a generic function that has several.
    next: OnceLock<Box<Self>>,
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
        Self { krate, module, name, identity, constants: OnceLock::new(), start: OnceLock::new() }
    }

    /// The function's path, for messages.
    pub(super) fn path(&self) -> String {
        format!("{}::{}", self.module, self.name)
    }

    /// A hash that has the place, the text, the form of `T` and the constants in it; `None` where
    /// the form has no canonical JSON.
    ///
    /// Hashed once for each type of result and remembered: a call copies about 120 bytes. Where a
    /// generic function has several types, one look for each that came before.
    pub(super) fn start<T: 'static>(
        &self,
        form: impl Fn() -> ResultForm,
        constants: fn(&mut Constants),
    ) -> Option<FieldHasher> {
        let of = TypeId::of::<T>();
        let make = || Start { of, hash: self.hash(&form(), constants), next: OnceLock::new() };
        let mut start = self.start.get_or_init(make);
        while start.of != of {
            start = start.next.get_or_init(|| Box::new(make()));
        }
        start.hash.clone()
    }

    fn hash(&self, form: &ResultForm, constants: fn(&mut Constants)) -> Option<FieldHasher> {
        let constants = self.constants.get_or_init(|| {
            let mut found = Constants::default();
            constants(&mut found);
            found
        });
        self.hash_of(form, constants)
    }

    pub(super) fn hash_of(&self, form: &ResultForm, constants: &Constants) -> Option<FieldHasher> {
        let mut hash = FieldHasher::new("llm-cache memo 2");
        let mut add = |fields: &[&[u8]]| fields.iter().for_each(|field| hash.field(field));
        add(&[self.krate, self.module, self.name].map(str::as_bytes));
        match &self.identity {
            Identity::Tokens(digest) => add(&[b"tokens", digest]),
            Identity::Version(version) => add(&[b"version", version.as_bytes()]),
        }
        match form {
            ResultForm::Schema(schema) => add(&[b"schema", schema.as_deref()?]),
            ResultForm::Named { name, version } => {
                add(&[b"type", name.as_bytes(), version.as_bytes()]);
            }
        }
        for (name, digest) in constants.iter() {
            add(&[b"constant", name.as_bytes(), digest]);
        }
        Some(hash)
    }
}

/// What stands in the key for the form of the result.
pub enum ResultForm {
    /// Its canonical JSON schema, if it has one.
    Schema(Option<Vec<u8>>),
    /// Its type's name, and a version that its author moves on.
    Named {
        /// The name.
        name: &'static str,
        /// The version.
        version: &'static str,
    },
}

impl ResultForm {
    /// The schema of `T`.
    pub(super) fn schema_of<T: JsonSchema>() -> Self {
        let schema = SchemaSettings::default().into_generator().into_root_schema_for::<T>();
        Self::Schema(canonical(&schema).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// The form of each type of result is asked for once, in whatever order the calls come, and
    /// each keeps its own hash.
    #[test]
    fn each_type_of_result_is_hashed_once() {
        let site = Site::new("package", "module", "function", Identity::Version("1"));
        let asked = Cell::new(0);
        let form = |name| {
            asked.set(asked.get() + 1);
            ResultForm::Named { name, version: "1" }
        };
        let finish = |hash: Option<FieldHasher>| hash.expect("a form has a hash").finish();
        let of_u8 = || finish(site.start::<u8>(|| form("u8"), |_| ()));
        let of_u16 = || finish(site.start::<u16>(|| form("u16"), |_| ()));
        let of_u32 = || finish(site.start::<u32>(|| form("u32"), |_| ()));
        let first = [of_u8(), of_u16(), of_u32()];
        assert_eq!([of_u8(), of_u16(), of_u32()], first);
        assert_eq!([of_u32(), of_u8(), of_u16()], [first[2], first[0], first[1]]);
        assert_eq!(asked.get(), 3);
        for (at, hash) in first.iter().enumerate() {
            assert!(!first[..at].contains(hash));
        }
    }
}
