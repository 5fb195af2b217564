//! Time as an argument: core never reads a clock.

/// A point in time, or a length of it, in whole milliseconds of a clock that the caller chose.
///
/// Core compares and subtracts such values and never asks where they come from. A caller with a
/// calendar passes Unix milliseconds; a device without one passes milliseconds since boot. Values
/// of two clocks must not be mixed in one table; a record says which clock it was stamped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Millis {
    /// The time since `earlier`, or zero when the clock has jumped backwards in between.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// This point plus `length`, saturating at the far end of time.
    #[must_use]
    pub const fn after(self, length: Self) -> Self {
        Self(self.0.saturating_add(length.0))
    }
}
