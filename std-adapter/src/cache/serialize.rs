//! `Serialize` for what a call came to: words as the strings that they print, outcomes as flat
//! objects.

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::{Age, BypassReason, MissReason, Outcome, SkipReason, Tier, Verdict};

/// As the word that it prints.
macro_rules! words {
    ($($kind:ty),*) => {$(
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

words!(BypassReason, MissReason, SkipReason, Tier);

/// In milliseconds; nothing where it is unknown.
impl Serialize for Age {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(age) => {
                let millis = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
                serializer.serialize_some(&millis)
            }
            Self::Unknown => serializer.serialize_none(),
        }
    }
}

/// As an object with the member `verdict` and, where there is a reason, `why`.
impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let why = self.skip_reason();
        let mut object = serializer.serialize_struct("Verdict", 1 + usize::from(why.is_some()))?;
        object.serialize_field("verdict", if self.is_store() { "store" } else { "skip" })?;
        if let Some(why) = why {
            object.serialize_field("why", &why)?;
        }
        object.end()
    }
}

/// As an object with the member `outcome` (`hit`, `miss`, `bypass`), `tier` and `age_ms` of a hit,
/// `why` of the others, and `not_stored` where a result was not stored.
impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Outcome", self.members())?;
        match self {
            Self::Hit { tier, age } => {
                object.serialize_field("outcome", "hit")?;
                object.serialize_field("tier", tier)?;
                object.serialize_field("age_ms", age)?;
            }
            Self::Miss { why } => {
                object.serialize_field("outcome", "miss")?;
                object.serialize_field("why", why)?;
            }
            Self::NotStored { why, skip } => {
                object.serialize_field("outcome", "miss")?;
                object.serialize_field("why", why)?;
                object.serialize_field("not_stored", skip)?;
            }
            Self::Bypass { why } => {
                object.serialize_field("outcome", "bypass")?;
                object.serialize_field("why", why)?;
            }
        }
        object.end()
    }
}

impl Outcome {
    const fn members(&self) -> usize {
        match self {
            Self::Hit { .. } | Self::NotStored { .. } => 3,
            Self::Miss { .. } | Self::Bypass { .. } => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use llm_cache_core::reply;

    use super::*;

    /// What tools read: the words that outcomes print, under names that stay.
    #[test]
    fn outcomes_are_flat_objects() {
        let json = |outcome: Outcome| serde_json::to_string(&outcome).unwrap();
        let hit = |age| Outcome::Hit { tier: Tier::Memory, age };
        let old = hit(Age::Known(Duration::from_secs(2)));
        assert_eq!(json(old), r#"{"outcome":"hit","tier":"memory","age_ms":2000}"#);
        let unknown = hit(Age::Unknown);
        assert_eq!(json(unknown), r#"{"outcome":"hit","tier":"memory","age_ms":null}"#);
        let miss = Outcome::Miss { why: MissReason::Absent };
        assert_eq!(json(miss), r#"{"outcome":"miss","why":"absent"}"#);
        let skip = SkipReason::Answer(reply::SkipReason::Truncated);
        let unkept = Outcome::NotStored { why: MissReason::Absent, skip };
        let expected = r#"{"outcome":"miss","why":"absent","not_stored":"truncated"}"#;
        assert_eq!(json(unkept), expected);
        let bypass = Outcome::Bypass { why: BypassReason::ModeOff };
        assert_eq!(json(bypass), r#"{"outcome":"bypass","why":"mode_off"}"#);
        let verdict = serde_json::to_string(&Verdict::Skip { why: SkipReason::NoRoom }).unwrap();
        assert_eq!(verdict, r#"{"verdict":"skip","why":"no_room"}"#);
    }
}
