//! Everything beside the body that tells requests apart.

use core::fmt;

use super::{Dialect, Endpoint, FieldHasher, KeyHasher, endpoint::UrlParts};
use crate::canonical::Sink;

/// The domain of request keys, with the version of core/KEY.md.
const KEY_DOMAIN: &str = "llm-cache/key/1";
/// The domain of credential digests.
const CREDENTIAL_DOMAIN: &str = "llm-cache/credential/1";
/// Betas that change what prompt caching costs and nothing about the answer (core/KEY.md 3.2).
const BETAS_LEFT_OUT: [&str; 2] = ["prompt-caching-2024-07-31", "extended-cache-ttl-2025-04-11"];

/// Everything beside the body that tells requests apart.
///
/// A text that does not apply is empty; for a header that is the same as not to send it. `Debug`
/// shows no values of headers: they may be secrets.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "another field would be a new key version")]
pub struct Scope<'a> {
    /// The wire format of the body.
    pub dialect: Dialect,
    /// Where the request goes.
    pub endpoint: Endpoint<'a>,
    /// The `anthropic-version` header.
    pub api_version: &'a str,
    /// The `anthropic-beta` headers, in any order; an item may hold several with commas between.
    pub betas: &'a [&'a str],
    /// The `OpenAI-Organization` header.
    pub organization: &'a str,
    /// The `OpenAI-Project` header.
    pub project: &'a str,
    /// A part of the cache that the application keeps apart from others.
    pub namespace: &'a str,
    /// Who may share answers.
    pub tenant: Tenant<'a>,
    /// Which one of several samples of the same request is meant; 0 where there is only one.
    pub variant: u32,
    /// Further headers that may change the answer, name and value, in any order; upper and lower
    /// case of names are alike, and values count as they stand (core/KEY.md 3.4).
    pub headers: &'a [(&'a str, &'a str)],
}

impl<'a> Scope<'a> {
    /// A scope of which all that may be absent is.
    #[must_use]
    pub const fn new(dialect: Dialect, endpoint: Endpoint<'a>, tenant: Tenant<'a>) -> Self {
        Self {
            dialect,
            endpoint,
            api_version: "",
            betas: &[],
            organization: "",
            project: "",
            namespace: "",
            tenant,
            variant: 0,
            headers: &[],
        }
    }

    /// Hashes the scope once, for the keys of all requests in it.
    ///
    /// Linear, and quadratic in the number of betas, of headers and of the URL's parameters, which
    /// are sorted without memory: who takes these from strangers bounds them.
    ///
    /// # Errors
    /// [`ScopeError`] where the endpoint's URL is none.
    pub fn hasher(&self) -> Result<KeyHasher, ScopeError> {
        if let Endpoint::Url(url) = self.endpoint {
            UrlParts::parse(url)?;
        }
        let mut fields = FieldHasher::new(KEY_DOMAIN);
        self.key_scope(&mut fields);
        Ok(KeyHasher::new(self.dialect, fields))
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("dialect", &self.dialect)
            .field("endpoint", &self.endpoint)
            .field("api_version", &self.api_version)
            .field("betas", &self.betas)
            .field("organization", &self.organization)
            .field("project", &self.project)
            .field("namespace", &self.namespace)
            .field("tenant", &self.tenant)
            .field("variant", &self.variant)
            .field("headers", &self.headers.len())
            .finish()
    }
}

/// What the answers of a memoised function depend on beside its arguments.
///
/// A client gives its scope here, so that functions that ask through other clients have other
/// keys. Equal field lists must mean that answers may be shared.
#[diagnostic::on_unimplemented(
    note = "a parameter of a `#[cached]` function that no answer depends on is named in \
            `skip_unkeyed(...)` instead of `skip(...)`"
)]
pub trait KeyScope {
    /// Adds the fields that tell this scope from others: always the same number of them.
    fn key_scope(&self, out: &mut FieldHasher);
}

impl<T: KeyScope + ?Sized> KeyScope for &T {
    fn key_scope(&self, out: &mut FieldHasher) {
        (**self).key_scope(out);
    }
}

#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
impl<T: KeyScope + ?Sized> KeyScope for alloc::sync::Arc<T> {
    fn key_scope(&self, out: &mut FieldHasher) {
        (**self).key_scope(out);
    }
}

/// Nine fields, in the order of core/KEY.md section 3. A URL that is none counts as it stands.
impl KeyScope for Scope<'_> {
    fn key_scope(&self, out: &mut FieldHasher) {
        out.field(self.dialect.as_str().as_bytes());
        out.field_in_pieces(|sink| write_endpoint(self.endpoint, sink));
        out.field(self.api_version.as_bytes());
        out.field_in_pieces(|sink| write_betas(self.betas, sink));
        out.field(self.organization.as_bytes());
        out.field(self.project.as_bytes());
        out.field_in_pieces(|sink| self.tenant.write(sink));
        out.field(self.namespace.as_bytes());
        out.field_in_pieces(|sink| {
            sink.write(&self.variant.to_be_bytes());
            write_headers(self.headers, sink);
        });
    }
}

fn write_endpoint(endpoint: Endpoint<'_>, sink: &mut dyn Sink) {
    match endpoint {
        Endpoint::Id(id) => {
            sink.write(b"id:");
            sink.write(id.as_bytes());
        }
        Endpoint::Url(url) => match UrlParts::parse(url) {
            Ok(parts) => {
                sink.write(b"url:");
                parts.write(sink);
            }
            Err(_) => {
                sink.write(b"raw:");
                sink.write(url.as_bytes());
            }
        },
    }
}

/// Writes the set of betas: each once, in the order of bytes, with commas between.
fn write_betas(betas: &[&str], sink: &mut dyn Sink) {
    let names = || {
        let items = betas.iter().flat_map(|item| item.as_bytes().split(|byte| *byte == b','));
        let left_out = |name: &[u8]| BETAS_LEFT_OUT.iter().any(|known| known.as_bytes() == name);
        items.map(trim).filter(move |name| !name.is_empty() && !left_out(name))
    };
    let mut last = &b""[..];
    // The next one in order, again and again: O(n^2) for the few there are, without memory.
    while let Some(next) = names().filter(|name| *name > last).min() {
        if !last.is_empty() {
            sink.write(b",");
        }
        sink.write(next);
        last = next;
    }
}

/// Writes the headers by name in lower case, those of one name in their order: each as two fields.
fn write_headers(headers: &[(&str, &str)], sink: &mut dyn Sink) {
    let rank = |index: usize| {
        let name = headers.get(index).map_or("", |(name, _)| *name);
        (name.bytes().map(|byte| byte.to_ascii_lowercase()), index)
    };
    let before = |left: usize, right: usize| {
        let ((left_name, left), (right_name, right)) = (rank(left), rank(right));
        left_name.cmp(right_name).then(left.cmp(&right)).is_lt()
    };
    let mut last = None;
    // The next one in order, again and again, as with betas.
    while let Some(next) = (0..headers.len())
        .filter(|index| last.is_none_or(|last| before(last, *index)))
        .reduce(|least, index| if before(index, least) { index } else { least })
    {
        if let Some((name, value)) = headers.get(next) {
            sink.write(&(name.len() as u64).to_be_bytes());
            name.bytes().for_each(|byte| sink.write(&[byte.to_ascii_lowercase()]));
            sink.write(&(value.len() as u64).to_be_bytes());
            sink.write(value.as_bytes());
        }
        last = Some(next);
    }
}

/// Without the spaces and tabs around it. Looking for bytes takes less code than for chars.
const fn trim(mut name: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = name {
        name = rest;
    }
    name
}

/// Who may share answers. Whoever has another tenant has another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "another kind would be a new key version")]
pub enum Tenant<'a> {
    /// Those who use the same API key.
    Credential(CredentialDigest),
    /// Those who use this name, with whatever API key.
    Named(&'a str),
    /// All.
    Shared,
}

impl Tenant<'_> {
    pub(super) fn write(&self, sink: &mut dyn Sink) {
        match self {
            Self::Credential(digest) => {
                sink.write(b"credential:");
                sink.write(&digest.0);
            }
            Self::Named(name) => {
                sink.write(b"named:");
                sink.write(name.as_bytes());
            }
            Self::Shared => sink.write(b"shared"),
        }
    }
}

/// What is kept of an API key to tell it from others: a SHA-256 in a domain of its own.
///
/// It reveals nothing of a key that cannot be guessed. `Debug` hides it all the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CredentialDigest([u8; 32]);

impl CredentialDigest {
    /// The digest of a static API key, taken as it stands.
    #[must_use]
    pub fn of(credential: &str) -> Self {
        let mut fields = FieldHasher::new(CREDENTIAL_DOMAIN);
        fields.field(credential.as_bytes());
        Self(fields.finish())
    }
}

impl fmt::Debug for CredentialDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialDigest(..)")
    }
}

/// Why an endpoint's URL is none. It holds no part of the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScopeError {
    /// What is wrong.
    pub kind: ScopeErrorKind,
    /// Where in the URL, in bytes.
    pub offset: usize,
}

/// What can be wrong with an endpoint's URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScopeErrorKind {
    /// It does not begin with a scheme and `://`.
    MissingScheme,
    /// It names no host.
    EmptyHost,
    /// The port is no number below 65536.
    InvalidPort,
    /// It has no port, and the scheme is neither http nor https.
    UnknownPort,
    /// A byte is a space, a control character, a backslash or not ASCII.
    ForbiddenByte,
}

impl ScopeErrorKind {
    pub(super) const fn at(self, offset: usize) -> ScopeError {
        ScopeError { kind: self, offset }
    }
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ScopeErrorKind::MissingScheme => "the URL has no scheme such as https://",
            ScopeErrorKind::EmptyHost => "the URL has no host",
            ScopeErrorKind::InvalidPort => "the URL's port is not a number below 65536",
            ScopeErrorKind::UnknownPort => "the URL needs a port, as its scheme is not http(s)",
            ScopeErrorKind::ForbiddenByte => "the URL has a byte that URLs cannot have",
        };
        write!(f, "{what} (at byte {})", self.offset)
    }
}

impl core::error::Error for ScopeError {}
