//! How many markers a request may have, and in which order of lifetimes.

use super::super::positions::Ttl;
use super::Request;
use super::automatic;

/// Breakpoints of one request; automatic caching uses one of them.
const BREAKPOINTS_MAX: usize = 4;

/// At most four over tools, system and messages.
pub(super) fn count(request: &Request<'_>) -> Option<String> {
    let explicit = request.marks.len();
    let found = explicit + usize::from(automatic::target(request).is_some());
    (found > BREAKPOINTS_MAX).then(|| {
        format!(
            "A maximum of {BREAKPOINTS_MAX} blocks with cache_control may be provided. \
             Found {found}."
        )
    })
}

/// Every one-hour marker before every five-minute one, in processing order.
pub(super) fn ttl_order(request: &Request<'_>) -> Option<String> {
    let explicit =
        request.marks.iter().filter_map(|mark| Some((mark.path.clone(), Ttl::of(mark.holder)?)));
    let automatic = automatic::target(request);
    let mut five_minutes_seen = false;
    for (path, ttl) in explicit.chain(automatic) {
        match ttl {
            Ttl::FiveMinutes => five_minutes_seen = true,
            Ttl::OneHour if five_minutes_seen => {
                return Some(format!(
                    "{path}.cache_control.ttl: a ttl='1h' cache_control block must not come \
                     after a ttl='5m' cache_control block. Note that blocks are processed in \
                     the following order: `tools`, `system`, `messages`."
                ));
            }
            Ttl::OneHour => {}
        }
    }
    None
}
