//! A provider as the client sees it: send a body, with retries, and get the answer or an error.

use bytes::Bytes;
use reqwest::Url;

use super::credential::{Credential, Secret};
use super::http::{Answer, Head, Http, HttpError, Incoming};
use super::retry::{self, Hint, RetryPolicy};
use super::route::Route;
use super::sse::{SseError, SseEvent, SseReader};
use super::vendor::{self, Failure, HeaderSettings, Operation, Step, Vendor};
use crate::error::{Error, ErrorKind, Parts};

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
    /// then, checked as [`Live::next_event`] checks it.
    pub(crate) async fn send_any(&self, body: Bytes) -> Result<Answer, Error> {
        let (got, secret) = self.exchange(Operation::Generate, body, Want::Whole).await?;
        let answer = whole(got);
        if answer.head.event_stream {
            self.check_stream(&answer, secret.as_ref())?;
        }
        Ok(answer)
    }

    /// Posts `body` as it is and returns the stream of events once it begins. From then on nothing
    /// is retried: a caller may have acted on what came.
    pub(crate) async fn open(&self, body: Bytes) -> Result<Live, Error> {
        let (got, secret) = self.exchange(Operation::Generate, body, Want::Stream).await?;
        let incoming = match got {
            Got::Stream(incoming) if incoming.head.event_stream => incoming,
            Got::Stream(Incoming { head, .. }) | Got::Whole(Answer { head, .. }) => {
                let message = "the answer to a streamed request is no stream of events";
                return Err(Parts::new(ErrorKind::Malformed, message)
                    .status(head.status)
                    .request_id(head.request_id.as_deref())
                    .into());
            }
        };
        Ok(Live {
            vendor: self.vendor,
            secret,
            reader: SseReader::new(self.http.answer_bytes_max()),
            bytes_left: self.http.answer_bytes_max(),
            incoming,
            ended: false,
        })
    }

    /// Walks a whole stream to its last event.
    fn check_stream(&self, answer: &Answer, secret: Option<&Secret>) -> Result<(), Error> {
        let head = &answer.head;
        let mut reader = SseReader::new(self.http.answer_bytes_max());
        reader.push(&answer.body);
        loop {
            let event = match reader.next_event() {
                Ok(Some(event)) => event,
                Ok(None) => return Err(broken(head, cut_short())),
                Err(error) => return Err(broken(head, unreadable(error))),
            };
            match self.vendor.stream_step(&event) {
                Step::Go => {}
                Step::Done => return Ok(()),
                Step::Failed => {
                    let (vendor, data) = (self.vendor, &event.data);
                    return Err(vendor::failure_in_stream(vendor, head, data, secret));
                }
            }
        }
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
            Want::Whole => "application/json",
            Want::Stream => "text/event-stream",
        };
        let headers = vendor::headers_of(self.vendor, &self.settings, secret, accept)?;
        let got = match want {
            Want::Whole => self.http.send(url, headers, body).await.map(Got::Whole),
            Want::Stream => self.http.open(url, headers, body).await.map(Got::Stream),
        };
        let (head, error_body) = match got {
            Err(error) => return Ok(Err(connection_failure(error))),
            Ok(Got::Whole(answer)) if !is_success(answer.head.status) => (answer.head, answer.body),
            Ok(Got::Stream(mut incoming)) if !is_success(incoming.head.status) => {
                let body = incoming.read_error_body().await;
                (incoming.head, body)
            }
            Ok(got) => return Ok(Ok(got)),
        };
        Ok(Err(vendor::failure(self.vendor, &head, error_body, secret)))
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

/// A stream of events that is being received.
pub(crate) struct Live {
    vendor: &'static dyn Vendor,
    secret: Option<Secret>,
    incoming: Incoming,
    reader: SseReader,
    bytes_left: usize,
    /// The vendor's last event was seen, or an error was returned.
    ended: bool,
}

impl Live {
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.incoming.head.request_id.as_deref()
    }

    /// The next event; `None` after the vendor's last one. A stream that ends before it, an error
    /// event, and what cannot be read are errors, after which there is nothing more.
    pub(crate) async fn next_event(&mut self) -> Result<Option<SseEvent>, Error> {
        while !self.ended {
            if let Some(event) = self.read_event()? {
                return Ok(Some(event));
            }
            self.receive().await?;
        }
        Ok(None)
    }

    /// The next piece of the body as it was received, checked as [`next_event`](Self::next_event)
    /// checks; `seen` gets the events that it ends. The two are not to be mixed.
    pub(crate) async fn next_bytes(
        &mut self,
        late: &mut Option<Error>,
        mut seen: impl FnMut(&SseEvent),
    ) -> Result<Option<Bytes>, Error> {
        if let Some(error) = late.take() {
            return Err(error);
        }
        if self.ended {
            return Ok(None);
        }
        let piece = self.receive().await?;
        // The piece goes out first, then the error that its events bring.
        while !self.ended {
            match self.read_event() {
                Ok(Some(event)) => seen(&event),
                Ok(None) => break,
                Err(error) => *late = Some(error),
            }
        }
        Ok(Some(piece))
    }

    /// A finished event of what was received so far.
    fn read_event(&mut self) -> Result<Option<SseEvent>, Error> {
        let event = match self.reader.next_event() {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(None),
            Err(error) => return Err(self.broken(unreadable(error))),
        };
        match self.vendor.stream_step(&event) {
            Step::Go => {}
            Step::Done => self.ended = true,
            Step::Failed => {
                self.ended = true;
                let (head, secret) = (&self.incoming.head, self.secret.as_ref());
                return Err(vendor::failure_in_stream(self.vendor, head, &event.data, secret));
            }
        }
        Ok(Some(event))
    }

    /// Takes in the next piece of the body. The end of the body is an error: the vendor's last
    /// event has not come, or nobody would ask.
    async fn receive(&mut self) -> Result<Bytes, Error> {
        let piece = match self.incoming.chunk().await {
            Ok(Some(piece)) => piece,
            Ok(None) => return Err(self.broken(cut_short())),
            Err(error) => return Err(self.broken(error.into())),
        };
        if piece.len() > self.bytes_left {
            return Err(self.broken(HttpError::TooLarge(self.reader.limit()).into()));
        }
        self.bytes_left -= piece.len();
        self.reader.push(&piece);
        Ok(piece)
    }

    fn broken(&mut self, parts: Parts) -> Error {
        self.ended = true;
        broken(&self.incoming.head, parts)
    }
}

fn unreadable(error: SseError) -> Parts {
    let message = match error {
        SseError::TooLong => "an event of the stream is longer than the limit",
        SseError::NotUtf8 => "the stream is not UTF-8",
    };
    Parts::new(ErrorKind::Malformed, message)
}

fn cut_short() -> Parts {
    Parts::new(ErrorKind::Truncated, "the stream ended before its last event")
}

/// The error of a stream that began and cannot be read to its end.
fn broken(head: &Head, parts: Parts) -> Error {
    parts.status(head.status).request_id(head.request_id.as_deref()).attempts(1).into()
}
