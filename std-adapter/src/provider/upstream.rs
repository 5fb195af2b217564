//! A provider as the client sees it: send a body, with retries, and get the answer or an error.

use bytes::Bytes;
use llm_cache_core::json::JsonValue;
use reqwest::Url;

use super::credential::{Credential, Secret};
use super::http::{Answer, Http, HttpError, Incoming};
use super::live::Live;
use super::retry::{self, Hint, RetryPolicy};
use super::route::Route;
use super::scrub::Secrets;
use super::vendor::{self, Failure, HeaderSettings, Operation, Vendor};
use crate::error::{Error, ErrorKind};

/// One provider at one base URL with one credential.
#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) vendor: &'static dyn Vendor,
    pub(crate) route: Route,
    pub(crate) http: Http,
    pub(crate) credential: Credential,
    pub(crate) settings: HeaderSettings,
    pub(crate) retry: RetryPolicy,
}

/// Whether the whole answer is wanted, or its pieces as they come.
#[derive(Clone, Copy)]
enum Want {
    Whole,
    Stream,
    /// A stream if one comes; `asked` says that the request asks for one.
    Either {
        asked: bool,
    },
}

enum Got {
    Whole(Answer),
    Stream(Incoming),
}

impl Upstream {
    /// Posts `body` as it is, as often as the retry policy says, and returns the whole answer of a
    /// success (status 2xx).
    pub(crate) async fn send(&self, operation: Operation, body: Bytes) -> Result<Answer, Error> {
        self.exchange(operation, body, Want::Whole).await.map(|(got, _)| whole(got))
    }

    /// As [`send`](Self::send) for a body that may ask for a stream, whose whole text is the answer
    /// then, checked as [`Live::next_event`] checks it. A stream that began is not asked for again.
    pub(crate) async fn send_any(&self, body: Bytes) -> Result<Answer, Error> {
        let stream = JsonValue::parse(&body).ok().and_then(|request| request.get("stream"));
        let asked = stream.is_some_and(|stream| stream.as_bool() == Some(true));
        let want = Want::Either { asked };
        match self.exchange(Operation::Generate, body.clone(), want).await? {
            (Got::Whole(answer), _) => Ok(answer),
            (Got::Stream(incoming), secret) => {
                self.follow(&body, incoming, secret).into_answer().await
            }
        }
    }

    /// Posts `body` as it is and returns the stream of events once it begins. From then on nothing
    /// is retried: a caller may have acted on what came.
    pub(crate) async fn open(&self, body: Bytes) -> Result<Live, Error> {
        match self.exchange(Operation::Generate, body.clone(), Want::Stream).await? {
            (Got::Stream(incoming), secret) if incoming.head.event_stream => {
                Ok(self.follow(&body, incoming, secret))
            }
            (Got::Stream(mut incoming), secret) => {
                let told = incoming.read_error_body().await;
                Err(vendor::no_stream(&incoming.head, told, &self.secrets(secret.as_ref())))
            }
            (Got::Whole(Answer { head, body }), secret) => {
                Err(vendor::no_stream(&head, body, &self.secrets(secret.as_ref())))
            }
        }
    }

    fn follow(&self, request: &[u8], incoming: Incoming, secret: Option<Secret>) -> Live {
        let (dialect, limit) = (self.vendor.dialect(), self.http.answer_bytes_max());
        Live::new(dialect, request, incoming, self.secrets(secret.as_ref()), limit)
    }

    /// What of an attempt with this credential no error may show.
    fn secrets(&self, credential: Option<&Secret>) -> Secrets {
        Secrets::of(credential, &self.settings.custom)
    }

    async fn exchange(
        &self,
        operation: Operation,
        body: Bytes,
        want: Want,
    ) -> Result<(Got, Option<Secret>), Error> {
        let Some(url) = self.route.url(operation) else {
            let message = "this vendor has no such endpoint";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        };
        let mut retried = 0;
        loop {
            // A token may have expired meanwhile, so each attempt asks for one.
            let secret = self.credential.current()?;
            let failure = match self.attempt(url, body.clone(), want, secret.as_ref()).await? {
                Ok(got) => return Ok((got, secret)),
                Err(failure) => failure,
            };
            match self.retry.wait(&failure.hint, retried, retry::jitter()) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(failure.parts.attempts(retried + 1).into()),
            }
            retried += 1;
        }
    }

    /// One exchange. The outer error is for what another attempt cannot mend.
    async fn attempt(
        &self,
        url: &Url,
        body: Bytes,
        want: Want,
        secret: Option<&Secret>,
    ) -> Result<Result<Got, Failure>, Error> {
        let accept = match want {
            Want::Whole | Want::Either { .. } => "application/json",
            Want::Stream => "text/event-stream",
        };
        let headers = vendor::headers_of(self.vendor, &self.settings, secret, accept)?;
        let mut incoming = match self.http.open(url, headers, body).await {
            Ok(incoming) => incoming,
            Err(error) => return Ok(Err(connection_failure(error))),
        };
        if !is_success(incoming.head.status) {
            let body = incoming.read_error_body().await;
            return Ok(Err(vendor::failure(&incoming.head, body, &self.secrets(secret))));
        }
        if incoming.head.encoded {
            return Ok(Err(connection_failure(HttpError::Encoded)));
        }
        // An answer that does not say what it is, is what was asked for.
        incoming.head.event_stream |=
            incoming.head.untyped && matches!(want, Want::Stream | Want::Either { asked: true });
        let is_stream = match want {
            Want::Whole => false,
            Want::Stream => true,
            Want::Either { .. } => incoming.head.event_stream,
        };
        if is_stream {
            return Ok(Ok(Got::Stream(incoming)));
        }
        Ok(match incoming.read_whole(self.http.answer_bytes_max()).await {
            Ok(body) => Ok(Got::Whole(Answer { head: incoming.head, body })),
            Err(error) => Err(connection_failure(error)),
        })
    }
}

/// What was wanted whole, as [`Upstream::exchange`] gives it then.
fn whole(got: Got) -> Answer {
    match got {
        Got::Whole(answer) => answer,
        Got::Stream(incoming) => Answer { head: incoming.head, body: Bytes::new() },
    }
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn connection_failure(error: HttpError) -> Failure {
    let hint = Hint { connection: error.is_connection(), ..Hint::default() };
    Failure { parts: error.into(), hint }
}
