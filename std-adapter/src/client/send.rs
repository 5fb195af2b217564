//! One call: an exchange whose fetch is the provider's HTTP API.

use bytes::Bytes;
use llm_cache_core::key::KeyHasher;

use super::handle::Client;
use super::reply::Reply;
use super::request::Request;
use crate::cache::Share;
use crate::error::{Error, ErrorKind, Parts};
use crate::exchange::{self, Exchange, ExchangeError, NotCached, Options};
use crate::prompt::Reported;
use crate::provider::{Answer, Operation};
use crate::running::note_scope;

impl Client {
    /// Sends `body`, or answers it from the cache. An answer that `accept` refuses is not stored,
    /// and one that was stored is fetched anew. Returns what `accept` made of the answer, too.
    pub(super) async fn call<T>(
        &self,
        request: &Request,
        body: Bytes,
        accept: impl FnMut(&[u8]) -> Option<T>,
    ) -> Result<(Reply, Option<T>), Error> {
        // A hit depends on the client as much as what is fetched.
        note_scope(self);
        let hasher = self.hasher(request.variant)?;
        let judged = self.exchange(request, &hasher).judge(&body);
        let (mut request_id, mut violation, mut plan) = (None, None, None);
        let fetch = async || {
            violation = self.vet(request, &body)?;
            let (sent, planned) = self.planned_or(request, body.clone(), false);
            plan = planned;
            let answer = if judged.is_cacheable() {
                self.upstream().send(Operation::Generate, sent).await?
            } else {
                self.upstream().send_any(sent).await?
            };
            let read = self.read(&answer)?;
            request_id = answer.head.request_id;
            Ok::<_, Error>(read)
        };
        let answered =
            judged.answer(Share::cloned(), accept, fetch).await.map_err(|error| match error {
                ExchangeError::Fetch(error) => error,
                ExchangeError::NotCached(why) => not_cached(why),
            })?;
        let (outcome, entry) = (answered.outcome, answered.entry);
        let reply = Reply {
            dialect: self.dialect(),
            entry,
            outcome,
            verdict: answered.verdict,
            request_id,
            violation,
            plan,
            discard: None,
        };
        let keep_for = || judged.keep_for(outcome);
        Ok((self.settle(reply, answered.storable, keep_for), answered.value))
    }

    /// The exchange for a request of this client.
    pub(super) fn exchange<'a>(&'a self, request: &Request, hasher: &'a KeyHasher) -> Exchange<'a> {
        let options = Options::new().responses_store(self.responses_store());
        let mut options = options.tenant(self.tenant());
        if let Some(ttl) = request.live_ttl {
            options = options.store_live_tools(ttl);
        }
        Exchange::new(self.cache(), hasher).options(options.call(request.options))
    }

    /// Reads a success as the dialect has it.
    fn read(&self, answer: &Answer) -> Result<exchange::Answer, Error> {
        let Answer { head, body } = answer;
        if head.event_stream {
            let usage = Reported::of(self.dialect(), body).usage;
            return Ok(exchange::Answer::streamed(head.status, body.clone(), usage));
        }
        exchange::Answer::read(self.dialect(), head.status, body.clone()).map_err(|error| {
            let message = format!("the answer is not of the dialect `{}`", self.dialect().as_str());
            Parts::new(ErrorKind::Malformed, message)
                .source(error)
                .status(head.status)
                .request_id(head.request_id.as_deref())
                .into()
        })
    }
}

/// The error of a call that the cache alone may answer and cannot.
pub(super) fn not_cached(why: NotCached) -> Error {
    Error::new(ErrorKind::NotCached, why.to_string())
}
