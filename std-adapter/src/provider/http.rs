//! One HTTP exchange over reqwest, with the limits that keep secrets and memory safe.

use core::time::Duration;
use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderMap;
use reqwest::{Response, Url, redirect};
use tokio::time::{Instant, timeout};

use super::head::Head;
use crate::error::{Error, ErrorKind, Parts};

/// How much of an error answer is kept.
const ERROR_BODY_BYTES_MAX: usize = 64 * 1024;

/// How long the body of an error is waited for whose status says all but the words.
const WORDS_WAIT: Duration = Duration::from_millis(250);

/// How long the body of an error is waited for that says whether money is spent.
const SPENT_WAIT: Duration = Duration::from_secs(1);

/// An HTTP client for one host: no redirects, no cookies, no decompression, no retries of its own,
/// HTTP/1.1, rustls with the platform's trust store and without a process-wide default provider.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: reqwest::Client,
    timeout: Duration,
    answer_bytes_max: usize,
    /// Shared by clones.
    sent: Arc<AtomicU64>,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) head: Head,
    pub(crate) body: Bytes,
}

/// An answer whose body is still coming.
pub(crate) struct Incoming {
    pub(crate) head: Head,
    response: Response,
    begun: Instant,
    timeout: Duration,
}

/// Why an exchange gave no answer.
#[derive(Debug)]
pub(crate) enum HttpError {
    /// Nothing was received: name resolution, connection or TLS failed, or the head never came.
    Unreachable(Box<dyn StdError + Send + Sync>),
    Timeout(Duration),
    /// The body ended before its announced end.
    Cut(Box<dyn StdError + Send + Sync>),
    TooLarge(usize),
    Encoded,
}

impl Http {
    /// A client for `base`. It bypasses proxies if it is `direct`.
    pub(crate) fn new(
        base: &Url,
        direct: bool,
        timeout: Duration,
        answer_bytes_max: usize,
    ) -> Result<Self, Error> {
        let cannot = |source: Box<dyn StdError + Send + Sync>| {
            Parts::new(ErrorKind::Config, "the HTTP client cannot be set up").source(source)
        };
        let tls = tls_config(base.scheme() == "https").map_err(|error| cannot(error.into()))?;
        let mut builder = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .user_agent(concat!("llm-cache/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls);
        if direct {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| cannot(error.into()))?;
        Ok(Self { client, timeout, answer_bytes_max, sent: Arc::default() })
    }

    pub(crate) fn answer_bytes_max(&self) -> usize {
        self.answer_bytes_max
    }

    /// Requests that were begun, by this or a clone of it.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Posts `body` as it is and returns when the head of the answer is there. The time limit holds
    /// until then; each further piece of the body has as long again.
    pub(crate) async fn open(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Incoming, HttpError> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        let request = self.client.post(url.clone()).headers(headers).body(body);
        let response = timeout(self.timeout, request.send())
            .await
            .map_err(|_| HttpError::Timeout(self.timeout))?
            .map_err(|error| HttpError::Unreachable(error.without_url().into()))?;
        let (status, version) = (response.status().as_u16(), response.version());
        let head = Head::read(status, version, response.headers(), SystemTime::now());
        Ok(Incoming { head, response, begun, timeout: self.timeout })
    }
}

impl Incoming {
    /// The next piece of the body; `None` at its end, which is the announced one where one was
    /// announced.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        if self.head.encoded {
            return Err(HttpError::Encoded);
        }
        timeout(self.timeout, self.response.chunk())
            .await
            .map_err(|_| HttpError::Timeout(self.timeout))?
            .map_err(|error| HttpError::Cut(error.without_url().into()))
    }

    /// The whole body, within what is left of the time limit.
    pub(crate) async fn read_whole(&mut self, len_max: usize) -> Result<Bytes, HttpError> {
        let (left, limit) = (self.time_left(), self.timeout);
        let body = self.read_to_end(len_max);
        timeout(left, body).await.unwrap_or(Err(HttpError::Timeout(limit)))
    }

    async fn read_to_end(&mut self, len_max: usize) -> Result<Bytes, HttpError> {
        let announced = self.response.content_length().unwrap_or(0);
        let announced = usize::try_from(announced).unwrap_or(usize::MAX);
        if announced > len_max {
            return Err(HttpError::TooLarge(len_max));
        }
        // A length is only a claim: memory grows with what really comes.
        let mut body = BytesMut::with_capacity(announced.min(64 * 1024));
        while let Some(piece) = self.chunk().await? {
            if body.len() + piece.len() > len_max {
                return Err(HttpError::TooLarge(len_max));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }

    /// What comes of an error's body while it is waited for, up to 64 KiB. Its status has decided
    /// already, unless it may be one of spent money.
    pub(crate) async fn read_error_body(&mut self) -> Bytes {
        let wait = match self.head.status {
            402 | 403 | 429 => SPENT_WAIT,
            _ => WORDS_WAIT,
        };
        let wait = wait.min(self.time_left());
        gather(self, wait).await
    }

    /// What is left of the time limit, as far as it holds for the answer as a whole.
    pub(crate) fn time_left(&self) -> Duration {
        self.timeout.saturating_sub(self.begun.elapsed())
    }

    /// The limit on each wait.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// Where the pieces of a body come from.
trait Pieces {
    /// The next piece; `None` at the end or where nothing more can be had.
    fn piece(&mut self) -> impl Future<Output = Option<Bytes>> + Send;
}

impl Pieces for Incoming {
    async fn piece(&mut self) -> Option<Bytes> {
        self.chunk().await.ok().flatten()
    }
}

/// What comes within `wait`, up to 64 KiB.
async fn gather(source: &mut impl Pieces, wait: Duration) -> Bytes {
    let mut body = BytesMut::new();
    let all = async {
        while body.len() < ERROR_BODY_BYTES_MAX
            && let Some(piece) = source.piece().await
        {
            let room = ERROR_BODY_BYTES_MAX - body.len();
            body.extend_from_slice(&piece[..piece.len().min(room)]);
        }
    };
    // Whether all came or time ran out, what came is kept.
    let _ = timeout(wait, all).await;
    body.freeze()
}

/// Whether the URL names this machine: `localhost`, `127.0.0.0/8` or `::1`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// rustls on ring with the platform's trust store. A client that only speaks plain HTTP gets an
/// empty trust store: nothing is read from disk, and TLS would fail rather than be unverified.
fn tls_config(needed: bool) -> Result<rustls::ClientConfig, rustls::Error> {
    use rustls_platform_verifier::BuilderVerifierExt;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?;
    let builder = if needed {
        builder.with_platform_verifier()?
    } else {
        builder.with_root_certificates(rustls::RootCertStore::empty())
    };
    Ok(builder.with_no_client_auth())
}

impl From<HttpError> for Parts {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Unreachable(source) => {
                Self::new(ErrorKind::Unreachable, "the provider cannot be reached").source(source)
            }
            HttpError::Timeout(limit) => {
                let message = format!("no answer within {} ms", limit.as_millis());
                Self::new(ErrorKind::Timeout, message)
            }
            HttpError::Cut(source) => {
                Self::new(ErrorKind::Truncated, "the connection was lost within the answer")
                    .source(source)
            }
            HttpError::TooLarge(limit) => {
                let message = format!("the answer is longer than {limit} bytes");
                Self::new(ErrorKind::AnswerTooLarge, message)
            }
            HttpError::Encoded => {
                let message = "the answer is compressed although that was not asked for";
                Self::new(ErrorKind::Malformed, message)
            }
        }
    }
}

impl HttpError {
    /// Whether it is a failure of the connection, which another attempt may not meet.
    pub(crate) fn is_connection(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Timeout(_) | Self::Cut(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only names and addresses of this machine count as loopback.
    #[test]
    fn knows_loopback() {
        for (url, expected) in [
            ("http://localhost:1/", true),
            ("http://LOCALHOST/", true),
            ("http://127.8.9.1/", true),
            ("http://[::1]:80/", true),
            ("http://127.0.0.1.example.com/", false),
            ("http://localhost.example.com/", false),
            ("http://0.0.0.0/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    /// Pieces that are there at once, and then the end or silence.
    struct Source(Vec<&'static [u8]>, Option<()>);

    impl Pieces for Source {
        async fn piece(&mut self) -> Option<Bytes> {
            if self.0.is_empty() {
                self.1?;
                std::future::pending::<()>().await;
            }
            Some(Bytes::from_static(self.0.remove(0)))
        }
    }

    /// What is there is taken, whether the rest never comes or there is none, and bounded.
    #[tokio::test]
    async fn gathers_what_comes() {
        for silence in [None, Some(())] {
            let mut source = Source(vec![b"a", b"b", b"c"], silence);
            assert_eq!(gather(&mut source, Duration::ZERO).await, b"abc"[..]);
        }
        let mut endless = Source(vec![&[b'x'; 50_000]; 3], Some(()));
        assert_eq!(gather(&mut endless, SPENT_WAIT).await.len(), ERROR_BODY_BYTES_MAX);
    }

    /// TLS is set up without a process-wide provider being installed.
    #[test]
    fn installs_no_default_provider() {
        for scheme in ["https", "http"] {
            let url = Url::parse(&format!("{scheme}://example.com/")).unwrap();
            Http::new(&url, false, Duration::from_secs(1), 1).unwrap();
        }
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }
}
