//! How many marks a request may have, and in which order of lifetimes.

use crate::prompt::{CacheControl, Place, Rule, Ttl, Violation};

/// The most breakpoints a request may have, automatic caching counted.
const BREAKPOINTS_MAX: usize = 4;

/// What a walk in the order of processing has met so far.
#[derive(Default)]
pub(crate) struct Limits {
    found: usize,
    five_minutes_seen: bool,
    first_beyond: Option<Place>,
    /// The last part that may carry a mark, with the one that it has.
    last_markable: Option<(Place, Option<CacheControl>)>,
}

impl Limits {
    /// Counts a mark.
    pub(crate) fn see(
        &mut self,
        place: Place,
        mark: Option<CacheControl>,
    ) -> Result<(), Violation> {
        let Some(mark) = mark else { return Ok(()) };
        self.found += 1;
        if self.found == BREAKPOINTS_MAX + 1 {
            self.first_beyond = Some(place);
        }
        match mark.ttl_in_effect() {
            Ttl::FiveMinutes => self.five_minutes_seen = true,
            Ttl::OneHour if self.five_minutes_seen => {
                return Err(Violation::new(place, Rule::TtlOrder));
            }
            Ttl::OneHour => {}
            Ttl::ThirtyMinutes | Ttl::TwelveHours => {
                return Err(Violation::new(place, Rule::ForeignTtl));
            }
        }
        Ok(())
    }

    /// Takes note of a part that automatic caching may mark.
    pub(crate) const fn markable(&mut self, place: Place, mark: Option<CacheControl>) {
        self.last_markable = Some((place, mark));
    }

    /// Adds the mark of automatic caching, which goes to the last part that may carry one unless
    /// that is marked the same way already, and checks the count.
    pub(crate) fn finish(mut self, automatic: Option<CacheControl>) -> Result<(), Violation> {
        // With nothing to mark, the provider skips caching.
        if let (Some(automatic), Some((place, explicit))) = (automatic, self.last_markable) {
            match explicit {
                None => self.see(Place::Member("cache_control"), Some(automatic))?,
                Some(explicit) if explicit.ttl_in_effect() != automatic.ttl_in_effect() => {
                    return Err(Violation::new(place, Rule::AutomaticTtl));
                }
                Some(_) => {}
            }
        }
        match self.first_beyond {
            None => Ok(()),
            Some(place) => {
                Err(Violation::new(place, Rule::TooManyBreakpoints { found: self.found }))
            }
        }
    }
}
