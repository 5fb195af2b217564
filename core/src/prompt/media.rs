//! Pictures, documents, search results and files.

use core::fmt;

use super::cache_control::CacheControl;

/// A picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Image<'a> {
    /// Where its bytes are.
    pub source: ImageSource<'a>,
    /// The mark on this block.
    pub cache_control: Option<CacheControl>,
}

/// Where a picture's bytes are. `Debug` shows lengths only.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageSource<'a> {
    /// In the request, as base64.
    Base64 {
        /// `image/png`, for instance.
        media_type: &'a str,
        /// Base64 text.
        data: &'a str,
    },
    /// At an address the provider fetches.
    Url(&'a str),
    /// In a file uploaded before (Anthropic's Files API).
    File(&'a str),
}

/// A document to read or to cite. `Debug` shows lengths only.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Document<'a> {
    /// Where its bytes are.
    pub source: DocumentSource<'a>,
    /// Its title (OpenAI: its file name).
    pub title: Option<&'a str>,
    /// What the model should know about it and not cite (Anthropic).
    pub context: Option<&'a str>,
    /// Whether the model may cite it (Anthropic). `false` leaves the member out.
    pub citations: bool,
    /// The mark on this block.
    pub cache_control: Option<CacheControl>,
}

/// Where a document's bytes are. `Debug` shows lengths only.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentSource<'a> {
    /// In the request, as base64; `application/pdf` for all providers of today.
    Base64 {
        /// `application/pdf`.
        media_type: &'a str,
        /// Base64 text.
        data: &'a str,
    },
    /// Plain text in the request.
    Text(&'a str),
    /// Text in pieces of the caller's own cut, which become the units of citation.
    Chunks(&'a [&'a str]),
    /// At an address the provider fetches.
    Url(&'a str),
    /// In a file uploaded before.
    File(&'a str),
}

/// A search result that the model may cite. `Debug` shows lengths only.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SearchResult<'a> {
    /// Where it comes from: an address or a name.
    pub source: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Its text, in pieces.
    pub content: &'a [&'a str],
    /// Whether the model may cite it. `false` leaves the member out.
    pub citations: bool,
    /// The mark on this block.
    pub cache_control: Option<CacheControl>,
}

/// An uploaded file that the tools in the provider's container may open (Anthropic).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContainerUpload<'a> {
    /// The file's id.
    pub file_id: &'a str,
    /// The mark on this block.
    pub cache_control: Option<CacheControl>,
}

impl<'a> Image<'a> {
    /// An unmarked picture.
    #[must_use]
    pub const fn new(source: ImageSource<'a>) -> Self {
        Self { source, cache_control: None }
    }

    /// The same block with a mark.
    #[must_use]
    pub const fn with_cache_control(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = Some(cache_control);
        self
    }
}

impl<'a> Document<'a> {
    /// An unmarked document without title and context.
    #[must_use]
    pub const fn new(source: DocumentSource<'a>) -> Self {
        Self { source, title: None, context: None, citations: false, cache_control: None }
    }

    /// The same block with a mark.
    #[must_use]
    pub const fn with_cache_control(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = Some(cache_control);
        self
    }
}

impl<'a> SearchResult<'a> {
    /// An unmarked search result.
    #[must_use]
    pub const fn new(source: &'a str, title: &'a str, content: &'a [&'a str]) -> Self {
        Self { source, title, content, citations: false, cache_control: None }
    }

    /// The same block with a mark.
    #[must_use]
    pub const fn with_cache_control(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = Some(cache_control);
        self
    }
}

impl<'a> ContainerUpload<'a> {
    /// An unmarked file.
    #[must_use]
    pub const fn new(file_id: &'a str) -> Self {
        Self { file_id, cache_control: None }
    }

    /// The same block with a mark.
    #[must_use]
    pub const fn with_cache_control(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = Some(cache_control);
        self
    }
}

impl fmt::Debug for ImageSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 { data, .. } => write!(f, "Base64({} bytes)", data.len()),
            Self::Url(url) => write!(f, "Url({} bytes)", url.len()),
            Self::File(_) => f.write_str("File"),
        }
    }
}

impl fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({:?}, {:?})", self.source, self.cache_control)
    }
}

impl fmt::Debug for DocumentSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 { data, .. } => write!(f, "Base64({} bytes)", data.len()),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Chunks(chunks) => write!(f, "Chunks({})", chunks.len()),
            Self::Url(url) => write!(f, "Url({} bytes)", url.len()),
            Self::File(_) => f.write_str("File"),
        }
    }
}

impl fmt::Debug for SearchResult<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SearchResult({} pieces, {:?})", self.content.len(), self.cache_control)
    }
}
