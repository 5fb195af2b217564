//! The inputs of a request, each with the key of the request that asks for it alone.

use core::fmt;

use crate::canonical::{self, CanonicalError, Sink, Slot};
use crate::dialect::Dialect;
use crate::json::{JsonKind, JsonValue};

/// The inputs of a request for embeddings: one or several, each a text or a list of tokens.
///
/// It borrows the body. `Debug` shows lengths only.
///
/// ```
/// use llm_cache_core::dialect::EmbeddingInputs;
/// use llm_cache_core::json::JsonValue;
/// use llm_cache_core::key::{Dialect, Endpoint, Scope, Slot, Tenant};
///
/// let scope = Scope::new(Dialect::OpenAiEmbeddings, Endpoint::Id("vectors"), Tenant::Shared);
/// let hasher = scope.hasher().expect("an id is no URL");
/// let mut scratch = [Slot::EMPTY; 16];
///
/// let batch = br#"{"model":"text-embedding-3-small","input":["a pump","a valve"]}"#;
/// let inputs = EmbeddingInputs::of(JsonValue::parse(batch)?).expect("inputs");
/// let of_valve = inputs.iter().nth(1).expect("a second input");
///
/// let alone = br#"{"input":"a valve","model":"text-embedding-3-small"}"#;
/// assert_eq!(hasher.key_of_input(of_valve, &mut scratch), hasher.key(alone, &mut scratch));
/// # Ok::<(), llm_cache_core::json::JsonError>(())
/// ```
#[derive(Clone, Copy)]
pub struct EmbeddingInputs<'a> {
    /// The text of the body in front of the value of `input`.
    before: &'a str,
    input: JsonValue<'a>,
    /// The text of the body behind it.
    behind: &'a str,
    /// Whether it is a list of inputs, not one input.
    is_batch: bool,
}

/// Why a body has no inputs that can be told apart. Its key is that of the body as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EmbeddingInputsError {
    /// It is no object.
    NotAnObject,
    /// It has no `input`, or more than one.
    NotOneInput,
    /// `input` is neither a text nor a list of integers, nor a list of such.
    Unreadable,
}

impl<'a> EmbeddingInputs<'a> {
    /// Finds the inputs of a body. O(length).
    ///
    /// # Errors
    /// [`EmbeddingInputsError`].
    pub fn of(body: JsonValue<'a>) -> Result<Self, EmbeddingInputsError> {
        if body.kind() != JsonKind::Object {
            return Err(EmbeddingInputsError::NotAnObject);
        }
        let mut found = body.members().filter(|(name, _)| name.eq_str("input"));
        let (Some((_, input)), None) = (found.next(), found.next()) else {
            return Err(EmbeddingInputsError::NotOneInput);
        };
        let is_one = is_input(input);
        if !is_one && (input.kind() != JsonKind::Array || !input.elements().all(is_input)) {
            return Err(EmbeddingInputsError::Unreadable);
        }
        // The value is a piece of the body's text.
        let start = input.text().as_ptr().addr() - body.text().as_ptr().addr();
        let (before, rest) = body.text().split_at(start);
        let (_, behind) = rest.split_at(input.text().len());
        Ok(Self { before, input, behind, is_batch: !is_one })
    }

    /// The inputs in order: at least one. O(length) for all of them.
    pub fn iter(&self) -> impl Iterator<Item = EmbeddingInput<'a>> + use<'a> {
        let Self { before, input, behind, is_batch } = *self;
        let batch = is_batch.then(|| input.elements()).into_iter().flatten();
        let one = (!is_batch).then_some(input);
        one.into_iter().chain(batch).map(move |value| EmbeddingInput { before, value, behind })
    }

    /// The text of the body in front of the value of `input`, and behind it. A body that asks for
    /// other inputs has a list of their [values](EmbeddingInput::value) between these.
    #[must_use]
    pub const fn around(&self) -> (&'a str, &'a str) {
        (self.before, self.behind)
    }
}

/// One input of a request for embeddings. `Debug` shows its length only.
#[derive(Clone, Copy)]
pub struct EmbeddingInput<'a> {
    before: &'a str,
    value: JsonValue<'a>,
    behind: &'a str,
}

impl<'a> EmbeddingInput<'a> {
    /// The input as it is written: a string, or a list of integers.
    #[must_use]
    pub const fn value(&self) -> JsonValue<'a> {
        self.value
    }

    /// Streams the canonical bytes of the body that has this input in place of all inputs, less
    /// what does not count, into `sink`. That body is not built. Otherwise as
    /// [`canonicalize`](canonical::canonicalize), and offsets in errors count in that body.
    ///
    /// # Errors
    /// As [`canonicalize`](canonical::canonicalize).
    pub fn canonicalize(
        &self,
        scratch: &mut [Slot],
        sink: &mut impl Sink,
    ) -> Result<(), CanonicalError> {
        let pieces = [self.before, self.value.text(), self.behind];
        canonical::canonicalize_pieces(pieces, &Dialect::OpenAiEmbeddings, scratch, sink)
    }
}

/// Whether a value is one input: a text, or a list of tokens.
fn is_input(value: JsonValue<'_>) -> bool {
    let is_token = |token: JsonValue<'_>| token.as_number().is_some_and(|it| it.is_integer());
    match value.kind() {
        JsonKind::String => true,
        JsonKind::Array => value.elements().all(is_token),
        JsonKind::Object | JsonKind::Number | JsonKind::Bool | JsonKind::Null => false,
    }
}

impl fmt::Debug for EmbeddingInputs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmbeddingInputs({} bytes)", self.input.text().len())
    }
}

impl fmt::Debug for EmbeddingInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmbeddingInput({} bytes)", self.value.text().len())
    }
}

impl fmt::Display for EmbeddingInputsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnObject => "the body is not a JSON object",
            Self::NotOneInput => "the body has no `input`, or more than one",
            Self::Unreadable => {
                "`input` is neither a text nor a list of integers, nor a list of such"
            }
        })
    }
}

impl core::error::Error for EmbeddingInputsError {}
