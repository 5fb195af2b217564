//! The doctor, asked about requests of a client.

use core::time::Duration;

use llm_cache_core::Millis;
use llm_cache_core::prompt::PromptView;
use llm_cache_core::reply::{Diagnostics, read_diagnostics};

use super::encode;
use super::handle::Client;
use super::reply::Reply;
use super::request::Request;
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind};
use crate::prompt::doctor::{Explanation, Terms, explain};
use crate::prompt::outline::Estimate;

impl Client {
    /// Explains what the provider's prompt cache does for `current`, sent `elapsed` after
    /// `previous`: how much can be read, and if not all, why. In text: one sentence. Nothing is
    /// sent. `None` before the first request.
    ///
    /// What the client's planner would mark is explained as marked, as if `previous` were sent now;
    /// the planner itself learns nothing from it.
    ///
    /// Minimum lengths are the client's facts, token counts are estimates ([`Estimate`]); with a
    /// tokenizer at hand call [`explain`] itself. Once there is a reply,
    /// [`Explanation::with_reply`] puts [`Reply::usage`] and [`Reply::diagnostics`] beside the
    /// forecast. O(length of both prompts, and with a planner what that remembers).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for a request that cannot be written or is not JSON, and with
    /// a provider whose cache works otherwise (OpenAI).
    pub fn explain(
        &self,
        previous: Option<&Request>,
        current: &Request,
        elapsed: Duration,
    ) -> Result<Explanation, Error> {
        if !self.dialect().has_cache_control() {
            let message = "only the cache of Anthropic's Messages API can be explained";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let now = SystemClock.now();
        let mut planner = self.rehearsal();
        let mut body = |request: &Request, at| {
            let body = encode::body_of(request, self.dialect(), self.defaults(), false, false)?;
            Ok::<_, Error>(match &mut planner {
                Some(planner) => self.rehearsed_or(planner, request, body, at),
                None => body,
            })
        };
        let previous = previous.map(|request| body(request, now)).transpose()?;
        let current = body(current, Millis(now.0.saturating_add(elapsed_ms)))?;
        let current = view(&current)?;
        let previous = previous.as_ref().map(|body| view(body)).transpose()?;

        let model: Option<String> = current.model().map(|name| name.chars().collect());
        let facts = model.and_then(|model| self.facts().model(&model));
        let terms = Terms {
            minimum_tokens: facts.and_then(|facts| facts.minimum_tokens).map(u64::from),
            elapsed_ms,
            is_exact: false,
        };
        let estimate = Estimate::new().times(facts.map_or(1.0, |facts| facts.tokens_factor));
        Ok(explain(previous.as_ref(), &current, &estimate, &terms))
    }
}

impl Reply {
    /// What the provider says of its prompt cache, if the request asked it (`diagnostics`).
    #[must_use]
    pub fn diagnostics(&self) -> Option<Diagnostics> {
        read_diagnostics(self.read()?.json())
    }
}

fn view(body: &[u8]) -> Result<PromptView<'_>, Error> {
    PromptView::parse(body).map_err(|error| {
        Error::new(ErrorKind::InvalidRequest, format!("the request is no prompt: {error}"))
    })
}
