//! What is cached: one answer and what is known about it, the same in every tier.

use std::{fmt, str};

use bytes::{Bytes, BytesMut};
use llm_cache_core::{
    Millis, RequestKey, Usage,
    key::TenantDigest,
    record::{
        EXTENSION_OVERHEAD, Extensions, Record, Timestamp, extension_number as number,
        write_extension,
    },
};

/// What is cached: an answer and what is known about it.
///
/// It is the same value in the memory tier, in a store, in a flight and on the way between them,
/// and as bytes it is a [`Record`]. Cloning it copies no payload. `Debug` shows lengths: payload,
/// tags and tenant may be secrets.
///
/// ```
/// use llm_cache::entry::Entry;
/// use llm_cache::llm_cache_core::key::{Tenant, TenantDigest};
///
/// let entry = Entry::new("the answer")
///     .with_tag("faq")?
///     .with_tenant(TenantDigest::of(&Tenant::Named("acme")))
///     .with_model("claude-haiku-5-5")?;
/// assert!(entry.has_tag("faq"));
/// assert_eq!(entry.model(), Some("claude-haiku-5-5"));
/// # Ok::<(), llm_cache::entry::ExtensionError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The answer's bytes, as they were received.
    pub payload: Bytes,
    /// When the answer was received.
    pub created: Timestamp,
    /// How long it may be served from then on; `None` is for ever.
    pub ttl: Option<Millis>,
    /// What it costs to get again, in any one unit: eviction keeps dear entries longer.
    pub cost: u32,
    /// The tokens that the provider billed for it.
    pub usage: Option<Usage>,
    /// The extensions as a record has them; core's FORMAT.md says what they mean. What this
    /// version does not know is kept.
    pub extensions: Bytes,
}

/// Why an extension cannot be added to an entry. It holds no part of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtensionError {
    /// The value is empty.
    Empty {
        /// What it was to be: `tag`, `model`, `price tier`.
        what: &'static str,
    },
    /// The value is too long.
    TooLong {
        /// What it was to be.
        what: &'static str,
        /// Its length in bytes.
        len: usize,
        /// How many bytes it may have.
        max: usize,
    },
    /// The entry has as many tags as it may have.
    TooManyTags {
        /// How many it may have.
        max: usize,
    },
}

impl fmt::Display for ExtensionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { what } => write!(f, "an empty {what}; give it a text or leave it out"),
            Self::TooLong { what, len, max } => {
                write!(f, "a {what} of {len} bytes; it may have {max} at most")
            }
            Self::TooManyTags { max } => write!(f, "more tags than the {max} that an entry has"),
        }
    }
}

impl std::error::Error for ExtensionError {}

impl Entry {
    /// The bytes that a tag may have.
    pub const TAG_LEN_MAX: usize = 128;
    /// The number of tags that an entry may have.
    pub const TAGS_MAX: usize = 16;
    /// The bytes that the name of a model may have.
    pub const MODEL_LEN_MAX: usize = 256;
    /// The bytes that the name of a price tier may have.
    pub const PRICE_TIER_LEN_MAX: usize = 64;

    /// An entry of unknown age that never expires, costs 1, and has neither usage nor extensions.
    #[must_use]
    pub fn new(payload: impl Into<Bytes>) -> Self {
        Self {
            payload: payload.into(),
            created: Timestamp::UNKNOWN,
            ttl: None,
            cost: 1,
            usage: None,
            extensions: Bytes::new(),
        }
    }

    /// A copy of a record without its key. O(bytes).
    #[must_use]
    pub fn copy_of(record: &Record<'_>) -> Self {
        let Record { created, ttl, cost, usage, .. } = *record;
        let payload = Bytes::copy_from_slice(record.payload);
        let extensions = Bytes::copy_from_slice(record.extensions);
        Self { payload, created, ttl, cost, usage, extensions }
    }

    /// The same entry as a record that borrows from this one.
    #[must_use]
    pub fn as_record(&self, key: RequestKey) -> Record<'_> {
        let Self { created, ttl, cost, usage, .. } = *self;
        let (extensions, payload) = (&*self.extensions, &*self.payload);
        Record { key, created, ttl, cost, usage, extensions, payload }
    }

    /// Sets when the answer was received.
    #[must_use]
    pub const fn with_created(mut self, created: Timestamp) -> Self {
        self.created = created;
        self
    }

    /// Sets how long the answer may be served from then on; `None` is for ever.
    #[must_use]
    pub const fn with_ttl(mut self, ttl: Option<Millis>) -> Self {
        self.ttl = ttl;
        self
    }

    /// Sets what the answer costs to get again.
    #[must_use]
    pub const fn with_cost(mut self, cost: u32) -> Self {
        self.cost = cost;
        self
    }

    /// Sets the tokens that the provider billed.
    #[must_use]
    pub const fn with_usage(mut self, usage: Option<Usage>) -> Self {
        self.usage = usage;
        self
    }

    /// Adds a tag, unless the entry has it. See [`Selector::Tag`](crate::store::Selector::Tag).
    ///
    /// # Errors
    /// An empty tag, one longer than [`TAG_LEN_MAX`](Self::TAG_LEN_MAX), or one more than
    /// [`TAGS_MAX`](Self::TAGS_MAX).
    pub fn with_tag(self, tag: &str) -> Result<Self, ExtensionError> {
        check("tag", tag, Self::TAG_LEN_MAX)?;
        if self.has_tag(tag) {
            return Ok(self);
        }
        if self.tags().count() >= Self::TAGS_MAX {
            return Err(ExtensionError::TooManyTags { max: Self::TAGS_MAX });
        }
        Ok(self.with_extension(number::TAG, tag.as_bytes(), true))
    }

    /// Sets the tenant. See [`Selector::Tenant`](crate::store::Selector::Tenant).
    #[must_use]
    pub fn with_tenant(self, tenant: TenantDigest) -> Self {
        self.with_extension(number::TENANT, tenant.as_bytes(), false)
    }

    /// Sets the model that answered, as the answer names it.
    ///
    /// # Errors
    /// An empty name, or one longer than [`MODEL_LEN_MAX`](Self::MODEL_LEN_MAX).
    pub fn with_model(self, model: &str) -> Result<Self, ExtensionError> {
        check("model", model, Self::MODEL_LEN_MAX)?;
        Ok(self.with_extension(number::MODEL, model.as_bytes(), false))
    }

    /// Sets the price tier that the answer states, such as `batch` or `priority`. An answer at the
    /// list price has none.
    ///
    /// # Errors
    /// An empty name, or one longer than [`PRICE_TIER_LEN_MAX`](Self::PRICE_TIER_LEN_MAX).
    pub fn with_price_tier(self, tier: &str) -> Result<Self, ExtensionError> {
        check("price tier", tier, Self::PRICE_TIER_LEN_MAX)?;
        Ok(self.with_extension(number::PRICE_TIER, tier.as_bytes(), false))
    }

    /// The tags, in the order in which they were added.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        tags_of(&self.extensions)
    }

    /// Whether it has this tag. O(extensions).
    #[must_use]
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags().any(|found| found == tag)
    }

    /// The digest of the tenant whose call fetched the answer.
    #[must_use]
    pub fn tenant(&self) -> Option<TenantDigest> {
        tenant_of(&self.extensions)
    }

    /// The model that answered, as the answer names it.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        text(Extensions::new(&self.extensions).find(number::MODEL)?, Self::MODEL_LEN_MAX)
    }

    /// The price tier that the answer states.
    #[must_use]
    pub fn price_tier(&self) -> Option<&str> {
        text(Extensions::new(&self.extensions).find(number::PRICE_TIER)?, Self::PRICE_TIER_LEN_MAX)
    }

    /// The bytes that it takes in memory beside the table's own: payload and extensions.
    pub(crate) fn weight(&self) -> usize {
        self.payload.len() + self.extensions.len()
    }

    /// Adds an extension behind the others, where it is no `addition` in place of those with its
    /// number. Drops what stands behind a torn extension: nobody could read it.
    fn with_extension(mut self, number: u16, value: &[u8], addition: bool) -> Self {
        let mut bytes =
            BytesMut::with_capacity(self.extensions.len() + EXTENSION_OVERHEAD + value.len());
        let kept =
            Extensions::new(&self.extensions).filter(|(found, _)| addition || *found != number);
        for (number, value) in kept.chain([(number, value)]) {
            let start = bytes.len();
            bytes.resize(start + EXTENSION_OVERHEAD + value.len(), 0);
            // It fits: the room was just made, and no value is longer than a record can be.
            let _ = write_extension(&mut bytes[start..], number, value);
        }
        self.extensions = bytes.freeze();
        self
    }
}

/// The tags among the extensions of an entry.
pub(crate) fn tags_of(extensions: &[u8]) -> impl Iterator<Item = &str> {
    let tags = Extensions::new(extensions).filter(|(found, _)| *found == number::TAG);
    tags.filter_map(|(_, value)| text(value, Entry::TAG_LEN_MAX))
}

/// The tenant among the extensions of an entry.
pub(crate) fn tenant_of(extensions: &[u8]) -> Option<TenantDigest> {
    let value = Extensions::new(extensions).find(number::TENANT)?;
    value.try_into().ok().map(TenantDigest::from_bytes)
}

fn check(what: &'static str, value: &str, max: usize) -> Result<(), ExtensionError> {
    match value.len() {
        0 => Err(ExtensionError::Empty { what }),
        len if len > max => Err(ExtensionError::TooLong { what, len, max }),
        _ => Ok(()),
    }
}

/// A value that a writer of this format has written; another one counts as absent.
fn text(value: &[u8], max: usize) -> Option<&str> {
    str::from_utf8(value).ok().filter(|text| !text.is_empty() && text.len() <= max)
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("payload_len", &self.payload.len())
            .field("created", &self.created)
            .field("ttl", &self.ttl)
            .field("cost", &self.cost)
            .field("usage", &self.usage)
            .field("extensions_len", &self.extensions.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use llm_cache_core::key::Tenant;

    fn full() -> Entry {
        let entry = Entry::new("answer").with_tag("faq").and_then(|entry| entry.with_tag("eu"));
        let entry = entry.map(|entry| entry.with_tenant(TenantDigest::of(&Tenant::Named("acme"))));
        let entry = entry.and_then(|entry| entry.with_model("claude-haiku-5-5"));
        entry.and_then(|entry| entry.with_price_tier("batch")).expect("all are within bounds")
    }

    /// The bytes are those of FORMAT.md, and come back as what they were.
    #[test]
    fn extensions_have_the_published_bytes() {
        let page = include_str!("../../core/FORMAT.md");
        let (_, hex) = page.split_once("```hex\n").expect("an example");
        let (hex, _) = hex.split_once("```").expect("its end");
        let byte = |hex| u8::from_str_radix(hex, 16).expect("two digits");
        let documented: Vec<u8> = hex.split_whitespace().map(byte).collect();
        let entry = full();
        assert_eq!(entry.extensions, documented);

        let record = entry.as_record(RequestKey::from_bytes([7; 32]));
        let read = Entry::copy_of(&record);
        assert_eq!(read, entry);
        assert_eq!(read.tags().collect::<Vec<_>>(), ["faq", "eu"]);
        assert_eq!(read.tenant(), Some(TenantDigest::of(&Tenant::Named("acme"))));
        let named = (read.model(), read.price_tier());
        assert_eq!(named, (Some("claude-haiku-5-5"), Some("batch")));
    }

    /// A tag is kept once, the other extensions are replaced, and unknown ones stay.
    #[test]
    fn setting_again_replaces() {
        let private = Entry { extensions: Bytes::from_static(&[1, 0x80, 1, 0, 0, 0, 9]), ..full() };
        let again = |entry: Entry| entry.with_tag("eu").and_then(|entry| entry.with_model("m"));
        let entry = again(private).and_then(again).expect("within bounds");
        assert_eq!((entry.tags().count(), entry.model()), (1, Some("m")));
        assert_eq!(Extensions::new(&entry.extensions).find(0x8001), Some(&[9][..]));
        assert_eq!(Extensions::new(&entry.extensions).count(), 3);
    }

    /// What is too long, empty or one too many is refused with its bound.
    #[test]
    fn bounds_are_kept() {
        let refused = |entry: Result<Entry, ExtensionError>| entry.expect_err("out of bounds");
        let entry = Entry::new("");
        assert_eq!(refused(entry.clone().with_tag("")), ExtensionError::Empty { what: "tag" });
        let long = "x".repeat(129);
        let error = refused(entry.clone().with_tag(&long));
        assert_eq!(error, ExtensionError::TooLong { what: "tag", len: 129, max: 128 });
        assert_eq!(error.to_string(), "a tag of 129 bytes; it may have 128 at most");
        assert!(entry.clone().with_model(&"x".repeat(257)).is_err());
        assert!(entry.clone().with_price_tier(&"x".repeat(65)).is_err());
        let add = |entry: Entry, n: usize| entry.with_tag(&n.to_string()).expect("within bounds");
        let many = (0..16).fold(entry, add);
        assert_eq!(refused(many.clone().with_tag("16")), ExtensionError::TooManyTags { max: 16 });
        assert_eq!(many.clone().with_tag("15"), Ok(many));
    }

    /// Values that no writer writes count as absent, and whatever bytes there are, nothing panics.
    #[test]
    fn odd_values_are_absent() {
        for value in [&b""[..], b"\xff", &[b'x'; 300]] {
            let mut entry = Entry::new("");
            for number in 3..=6 {
                entry = entry.with_extension(number, value, true);
            }
            let found = (entry.tags().count(), entry.tenant(), entry.model(), entry.price_tier());
            assert_eq!(found, (0, None, None, None));
        }
        let torn = Entry { extensions: full().extensions.slice(..20), ..full() };
        assert_eq!(torn.tags().collect::<Vec<_>>(), ["faq", "eu"]);
        assert_eq!(torn.with_tag("new").map(|entry| entry.tags().count()), Ok(3));
    }

    /// Neither texts nor the tenant are shown.
    #[test]
    fn debug_shows_lengths() {
        let shown = format!("{:?} {:?}", full(), full().tenant());
        for secret in ["answer", "faq", "haiku", "batch", "952f", "acme"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(
            shown.contains("payload_len: 6") && shown.contains("extensions_len: 88"),
            "{shown}"
        );
    }
}
