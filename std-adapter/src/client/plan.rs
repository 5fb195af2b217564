//! Breakpoints placed by the planner, for requests that have none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use llm_cache_core::Millis;
use llm_cache_core::prompt::{CacheControl, Place, PromptView};

use super::encode;
use super::handle::Client;
use super::request::{Body, Prompt, Request};
use crate::clock::{Clock, SystemClock};
use crate::prompt::ModelFacts;
use crate::prompt::outline::{Estimate, Outline};
use crate::prompt::plan::{Plan, Planner};

/// A planner that clones of a client share.
#[derive(Clone)]
pub(super) struct SharedPlanner(Arc<Mutex<Planner>>);

impl SharedPlanner {
    pub(super) fn new(planner: Planner) -> Self {
        Self(Arc::new(Mutex::new(planner)))
    }

    fn lock(&self) -> MutexGuard<'_, Planner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// The body to send in place of `body`, with the breakpoints of a plan, and the plan. No plan
    /// and `body` itself where there is no planner, where the request is raw, has breakpoints of
    /// its own or asks for automatic ones, and for a model without facts. The key of a request does
    /// not depend on its breakpoints, so only what is sent is planned.
    ///
    /// O(length). A plan that cannot be written leaves the request as it is.
    pub(super) fn planned_or(
        &self,
        request: &Request,
        body: Bytes,
        stream: bool,
    ) -> (Bytes, Option<Arc<Plan>>) {
        match self.planned(request, &body, stream) {
            Some((body, plan)) => (body, Some(plan)),
            None => (body, None),
        }
    }

    fn planned(&self, request: &Request, body: &[u8], stream: bool) -> Option<(Bytes, Arc<Plan>)> {
        let planner = self.planner()?;
        let plan = |outline: &Outline, facts: &ModelFacts| {
            planner.lock().plan(outline, facts, SystemClock.now().0)
        };
        let (body, plan) = self.marked(request, body, stream, plan)?;
        Some((body, Arc::new(plan)))
    }

    /// A copy of the client's planner, for [`rehearsed_or`](Self::rehearsed_or). O(what it
    /// remembers).
    pub(super) fn rehearsal(&self) -> Option<Planner> {
        self.planner().map(|planner| planner.lock().clone())
    }

    /// The body that [`planned_or`](Self::planned_or) would send at a time, if `planner` were the
    /// client's.
    pub(super) fn rehearsed_or(
        &self,
        planner: &mut Planner,
        request: &Request,
        body: Bytes,
        at: Millis,
    ) -> Bytes {
        let plan = |outline: &Outline, facts: &ModelFacts| planner.plan(outline, facts, at.0);
        self.marked(request, &body, false, plan).map_or(body, |(marked, _)| marked)
    }

    fn marked(
        &self,
        request: &Request,
        body: &[u8],
        stream: bool,
        plan: impl FnOnce(&Outline, &ModelFacts) -> Plan,
    ) -> Option<(Bytes, Plan)> {
        let Body::Typed(_) = &request.body else { return None };
        if !self.dialect().has_cache_control() {
            return None;
        }
        let view = PromptView::parse(body).ok()?;
        let model: String = view.model()?.chars().collect();
        let facts = self.facts().model(&model)?;
        let outline = Outline::of(&view, &Estimate::new().times(facts.tokens_factor));
        if view.automatic().is_some() || outline.positions.iter().any(|it| it.mark.is_some()) {
            return None;
        }
        let plan = plan(&outline, facts);
        let mut marked = request.clone();
        let Body::Typed(prompt) = &mut marked.body else { return None };
        for (place, cache_control) in plan.marks() {
            mark(prompt, place, cache_control)?;
        }
        let body = encode::body_of(&marked, self.dialect(), self.defaults(), stream, true).ok()?;
        Some((body, plan))
    }
}

/// Puts a mark on the piece of the request that is at `place`.
fn mark(prompt: &mut Prompt, place: Place, cache_control: CacheControl) -> Option<()> {
    match place {
        Place::Tool(index) => {
            let tool = prompt.tools.get_mut(index)?;
            *tool = tool.clone().cached(cache_control);
        }
        Place::SystemBlock(index) => prompt.system.get_mut(index)?.1 = Some(cache_control),
        Place::Block { message, block } => {
            prompt.turns.get_mut(message)?.parts.get_mut(block)?.mark(cache_control);
        }
        _ => return None,
    }
    Some(())
}
