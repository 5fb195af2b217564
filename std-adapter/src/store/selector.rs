//! Which entries are to go, and what became of them.

use llm_cache_core::{RequestKey, key::TenantDigest};

use crate::entry;

/// Which entries an invalidation removes.
///
/// ```
/// use llm_cache::Entry;
/// use llm_cache::store::{Match, Selector};
///
/// let selector = Selector::tag("faq");
/// assert_eq!(selector.matches(&Entry::new("a").with_tag("faq")?.extensions), Match::Selected);
/// assert_eq!(selector.matches(&Entry::new("b").extensions), Match::Unmarked);
/// # Ok::<(), llm_cache::entry::ExtensionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selector {
    /// The entry of one request.
    Key(RequestKey),
    /// The entries with this tag. Those without any tag stay and are counted: they may have been
    /// written before there were tags.
    Tag(TagText),
    /// The entries of this tenant, and those that name no tenant: whose they are is not known.
    Tenant(TenantDigest),
}

/// The text of a tag. `Debug` shows its length.
#[derive(Clone, PartialEq, Eq)]
pub struct TagText(Box<str>);

impl TagText {
    /// The text.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for TagText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TagText").field("len", &self.0.len()).finish()
    }
}

/// What a selector says of an entry; see [`Selector::matches`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// It is to go.
    Selected,
    /// It has nothing that the selector could go by, and stays.
    Unmarked,
    /// It stays.
    Other,
}

/// What an invalidation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invalidated {
    /// Entries that were removed.
    pub removed: u64,
    /// Entries without any tag that stayed, where the selector was a tag.
    pub unmarked: u64,
}

impl Selector {
    /// The entries with this tag.
    #[must_use]
    pub fn tag(tag: &str) -> Self {
        Self::Tag(TagText(tag.into()))
    }

    /// Whether an entry is to go, by its [`extensions`](crate::Entry::extensions). A key says
    /// nothing about an entry: [`Match::Other`]. O(extensions).
    #[must_use]
    pub fn matches(&self, extensions: &[u8]) -> Match {
        let is_selected = match self {
            Self::Key(_) => false,
            Self::Tag(tag) => {
                let mut tags = entry::tags_of(extensions).peekable();
                if tags.peek().is_none() {
                    return Match::Unmarked;
                }
                tags.any(|found| found == tag.as_str())
            }
            Self::Tenant(tenant) => {
                entry::tenant_of(extensions).is_none_or(|of_entry| of_entry == *tenant)
            }
        };
        if is_selected { Match::Selected } else { Match::Other }
    }
}

impl Invalidated {
    /// What it came to where `removed` entries went and `unmarked` could not be judged.
    #[must_use]
    pub const fn new(removed: u64, unmarked: u64) -> Self {
        Self { removed, unmarked }
    }

    /// Counts an entry; gives whether it is to go.
    pub fn count(&mut self, found: Match) -> bool {
        match found {
            Match::Selected => self.removed += 1,
            Match::Unmarked => self.unmarked += 1,
            Match::Other => {}
        }
        found == Match::Selected
    }
}
