//! The vectors of an answer, each as the bytes that were received.

use core::fmt;

use crate::json::{Elements, JsonKind, JsonValue};
use crate::reply::SkipReason;
use crate::reply::members::present;

/// The vectors of a whole answer of the Embeddings API, one for each input.
///
/// A vector is a value of JSON (a list of numbers, or a string in base64) that is never decoded:
/// [`JsonValue::text`] is the bytes that were received. `Debug` shows their number only.
///
/// ```
/// use llm_cache_core::dialect::EmbeddingVectors;
/// use llm_cache_core::json::JsonValue;
///
/// let body = br#"{"object":"list","data":[
///     {"object":"embedding","index":1,"embedding":[0.50, -1e-3]},
///     {"object":"embedding","index":0,"embedding":[1.0, 2]}]}"#;
/// let vectors = EmbeddingVectors::of(JsonValue::parse(body)?).expect("a whole answer");
/// assert_eq!(vectors.len(), 2);
/// let first = vectors.iter().find(|(index, _)| *index == 0);
/// assert_eq!(first.map(|(_, vector)| vector.text()), Some("[1.0, 2]"));
/// # Ok::<(), llm_cache_core::json::JsonError>(())
/// ```
#[derive(Clone)]
pub struct EmbeddingVectors<'a> {
    data: JsonValue<'a>,
    len: usize,
}

/// The most vectors whose indices may come out of order: OpenAI takes as many inputs at once.
const UNORDERED_MAX: usize = 2048;

impl<'a> EmbeddingVectors<'a> {
    /// Reads an answer that came with the HTTP status 200. O(length); 256 bytes of stack.
    ///
    /// It is whole if it reports no error, and `data` holds vectors with the indices from 0 to
    /// their number, each once, in any order (of more than 2,048 vectors, in ascending order). A
    /// caller that knows its request compares [`len`](Self::len) with the number of inputs.
    ///
    /// # Errors
    /// Why it may not be stored: [`SkipReason::ErrorBody`]; [`SkipReason::Empty`] where there is no
    /// vector, or an empty one; [`SkipReason::Malformed`] for anything else.
    pub fn of(answer: JsonValue<'a>) -> Result<Self, SkipReason> {
        if present(answer, "error").is_some() {
            return Err(SkipReason::ErrorBody);
        }
        let data = answer.get("data").filter(|data| data.kind() == JsonKind::Array);
        let data = data.ok_or(SkipReason::Malformed)?;
        let mut seen = Indices::default();
        for entry in data.elements() {
            if present(entry, "error").is_some() {
                return Err(SkipReason::ErrorBody);
            }
            let (index, vector) = parts(entry).ok_or(SkipReason::Malformed)?;
            check(vector)?;
            seen.take(index).ok_or(SkipReason::Malformed)?;
        }
        match seen.count {
            0 => Err(SkipReason::Empty),
            len if seen.are_all() => Ok(Self { data, len }),
            _ => Err(SkipReason::Malformed),
        }
    }

    /// How many vectors there are: 1 or more.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an answer without a vector is no whole one")]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// The vectors with the indices of their inputs, in the order of the answer, which need not be
    /// that of the indices. O(length) for all of them.
    pub fn iter(&self) -> impl Iterator<Item = (usize, JsonValue<'a>)> + use<'a> {
        let entries: Elements<'a> = self.data.elements();
        entries.filter_map(parts)
    }

    /// The vector of the input with that index. O(length of the answer): who wants all of them
    /// uses [`iter`](Self::iter).
    #[must_use]
    pub fn get(&self, index: usize) -> Option<JsonValue<'a>> {
        self.iter().find(|(found, _)| *found == index).map(|(_, vector)| vector)
    }
}

impl fmt::Debug for EmbeddingVectors<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmbeddingVectors({})", self.len)
    }
}

/// The index and the vector of an entry of `data`.
fn parts(entry: JsonValue<'_>) -> Option<(usize, JsonValue<'_>)> {
    let (mut index, mut vector) = (None, None);
    for (name, value) in entry.members() {
        if name.eq_str("index") {
            index = Some(value);
        } else if name.eq_str("embedding") {
            vector = Some(value);
        }
    }
    Some((usize::try_from(index?.as_u64()?).ok()?, vector?))
}

/// Whether it is a list of numbers or a string, and not empty.
fn check(vector: JsonValue<'_>) -> Result<(), SkipReason> {
    let is_empty = match vector.kind() {
        JsonKind::String => vector.text() == "\"\"",
        JsonKind::Array => {
            if vector.elements().any(|number| number.kind() != JsonKind::Number) {
                return Err(SkipReason::Malformed);
            }
            vector.elements().next().is_none()
        }
        JsonKind::Object | JsonKind::Number | JsonKind::Bool | JsonKind::Null => {
            return Err(SkipReason::Malformed);
        }
    };
    if is_empty { Err(SkipReason::Empty) } else { Ok(()) }
}

/// Which indices have come.
struct Indices {
    count: usize,
    /// Each index so far was the number of those before it.
    in_order: bool,
    /// A bit for each that came, as long as one of them may come out of order.
    seen: [u64; UNORDERED_MAX / 64],
}

impl Default for Indices {
    fn default() -> Self {
        Self { count: 0, in_order: true, seen: [0; UNORDERED_MAX / 64] }
    }
}

impl Indices {
    /// Takes note of an index; `None` where it came before, or cannot be told from one that did.
    fn take(&mut self, index: usize) -> Option<()> {
        self.in_order &= index == self.count;
        self.count += 1;
        match self.seen.get_mut(index / 64) {
            Some(word) => {
                let bit = 1 << (index % 64);
                let is_new = *word & bit == 0;
                *word |= bit;
                is_new.then_some(())
            }
            None => self.in_order.then_some(()),
        }
    }

    /// Whether all below their number have come. None has come twice.
    fn are_all(&self) -> bool {
        let below = |bits: usize| match bits {
            0 => 0,
            1..64 => u64::MAX >> (64 - bits),
            _ => u64::MAX,
        };
        let mut words = self.seen.iter().enumerate();
        self.in_order || words.all(|(at, word)| *word == below(self.count.saturating_sub(64 * at)))
    }
}
