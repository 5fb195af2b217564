//! Why a type has no strict schema, and what to write instead.

use core::fmt;

use crate::error::{Error, ErrorKind};

/// What is wrong with a place of a type. Each is followed by a form that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// An object of unknown names.
    Map,
    /// No type at all.
    AnyJson,
    /// A list whose elements differ by their place.
    Tuple,
    /// A list of no elements.
    EmptyList,
    /// A type without a value.
    Never,
    /// A type inside itself, for Anthropic.
    Recursive,
    /// A type flattened into itself.
    FlattenedItself,
    /// A flattened type that is no object.
    FlattenedValue,
    /// Two members of one name.
    Clash(String),
    /// Flattened enums whose variants multiply.
    Combinations(usize),
    /// A reference out of the schema.
    Elsewhere,
    /// More of something than the provider takes.
    TooMany { count: usize, what: &'static str, max: usize, taker: &'static str },
    /// Objects in objects.
    TooDeep(usize),
}

impl Refusal {
    /// The error for the place at `path`.
    pub(super) fn at(self, path: &str) -> Error {
        let message = format!("the type has no strict schema: {path} {self}");
        Error::new(ErrorKind::InvalidRequest, message)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Map => f.write_str(
                "is a map with free names; use a list of structs with a key and a value",
            ),
            Self::AnyJson => {
                f.write_str("may be any JSON; give it a type, or make it a `String` of JSON")
            }
            Self::Tuple => {
                f.write_str("is a tuple of different types; use a struct with a field for each")
            }
            Self::EmptyList => f.write_str("is always an empty list; mark it `#[serde(skip)]`"),
            Self::Never => f.write_str("has no value; mark it `#[serde(skip)]`"),
            Self::Recursive => f.write_str(
                "holds its own type, which Anthropic does not take; use a list whose elements \
                 name their parent by its index",
            ),
            Self::FlattenedItself => {
                f.write_str("flattens its own type; make it a field without `flatten`")
            }
            Self::FlattenedValue => {
                f.write_str("flattens what is no object; make it a field without `flatten`")
            }
            Self::Clash(name) => write!(f, "has two members named `{name}`; rename one"),
            Self::Combinations(max) => write!(
                f,
                "flattens enums with over {max} combinations; make one a field without `flatten`"
            ),
            Self::Elsewhere => {
                f.write_str("refers to another document; give it a type that derives `JsonSchema`")
            }
            Self::TooMany { count, what, max, taker } => {
                write!(
                    f,
                    "has {count} {what}, and {taker} takes {max}; ask for it in several types"
                )
            }
            Self::TooDeep(max) => {
                write!(
                    f,
                    "is over {max} objects deep; ask for the inner ones in a type of their own"
                )
            }
        }
    }
}
