//! Numbers of a JSON text, as they stand there.

/// A JSON number as it is written: checked spelling, no value yet.
///
/// Equality is that of the spelling: `1.0` and `1` differ here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonNumber<'a>(&'a str);

impl<'a> JsonNumber<'a> {
    pub(crate) const fn new(raw: &'a str) -> Self {
        Self(raw)
    }

    /// The number as it is written.
    #[must_use]
    pub const fn raw(&self) -> &'a str {
        self.0
    }

    /// Whether it is written without fraction and exponent.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        self.0.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit())
    }

    /// The value, if it is written as an integer that fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// The value, if it is written as an integer that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The nearest double; infinite where the number is beyond a double's range.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        // JSON's spelling is a part of what Rust parses.
        self.0.parse().unwrap_or(f64::NAN)
    }
}
