//! `Serialize` for what is reported: words as strings, counts as objects. The code is written out,
//! so that a device's build needs no procedural macro.

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{
    CacheUsage, RequestKey, Usage,
    key::Dialect,
    reply::{BypassReason, RequestVerdict, SkipReason, StopReason, Verdict},
    table::Stats,
};

/// As the word that `as_str` gives.
macro_rules! words {
    ($($kind:ty),*) => {$(
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )*};
}

/// As an object with one member for each field.
macro_rules! fields {
    ($kind:ident { $($field:ident),* }) => {
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let Self { $($field),* } = self;
                let len = [$(stringify!($field)),*].len();
                let mut object = serializer.serialize_struct(stringify!($kind), len)?;
                $(object.serialize_field(stringify!($field), $field)?;)*
                object.end()
            }
        }
    };
}

words!(BypassReason, Dialect, SkipReason, StopReason);

fields!(Usage {
    input_tokens,
    cache_read_tokens,
    cache_write_tokens,
    cache_write_1h_tokens,
    cache_write_12h_tokens,
    output_tokens
});
fields!(CacheUsage { cache_read_tokens, cache_write_tokens });
fields!(Stats {
    hits,
    hits_stale,
    misses_absent,
    misses_expired,
    hit_bytes,
    hit_cost,
    inserts,
    replaced,
    insert_bytes,
    rejected_too_big,
    rejected_expired,
    evicted_for_slot,
    evicted_for_bytes,
    expired,
    removed
});

/// As its 64 digits.
impl Serialize for RequestKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// As an object with the member `verdict` and, where there is a reason, `why`.
fn verdict<S: Serializer>(
    serializer: S,
    word: &'static str,
    why: Option<impl Serialize>,
) -> Result<S::Ok, S::Error> {
    let len = 1 + usize::from(why.is_some());
    let mut object = serializer.serialize_struct("Verdict", len)?;
    object.serialize_field("verdict", word)?;
    if let Some(why) = why {
        object.serialize_field("why", &why)?;
    }
    object.end()
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let word = if self.is_store() { "store" } else { "skip" };
        verdict(serializer, word, self.skip_reason())
    }
}

impl Serialize for RequestVerdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let word = if self.is_cacheable() { "cacheable" } else { "bypass" };
        verdict(serializer, word, self.bypass_reason())
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;

    use super::*;

    fn json(value: &impl Serialize) -> String {
        serde_json::to_string(value).expect("words and numbers")
    }

    /// The names in JSON are those of the words and of the fields, which tools read.
    #[test]
    fn reports_have_the_names_of_the_words() {
        let usage = Usage { input_tokens: 9, output_tokens: 3, ..Usage::default() };
        let expected = concat!(
            r#"{"input_tokens":9,"cache_read_tokens":0,"cache_write_tokens":0,"#,
            r#""cache_write_1h_tokens":0,"cache_write_12h_tokens":0,"output_tokens":3}"#
        );
        assert_eq!(json(&usage), expected);
        assert!(json(&Stats::default()).starts_with(r#"{"hits":0,"hits_stale":0,"#));
        let cached = CacheUsage { cache_read_tokens: 1, cache_write_tokens: 2 };
        assert_eq!(json(&cached), r#"{"cache_read_tokens":1,"cache_write_tokens":2}"#);
        assert_eq!(json(&StopReason::EndTurn), r#""end_turn""#);
        assert_eq!(json(&Dialect::OpenAiChat), r#""openai.chat""#);
        assert_eq!(json(&Verdict::Store), r#"{"verdict":"store"}"#);
        let skip = Verdict::Skip { why: SkipReason::Truncated };
        assert_eq!(json(&skip), r#"{"verdict":"skip","why":"truncated"}"#);
        let bypass = RequestVerdict::Bypass { why: BypassReason::Stateful };
        assert_eq!(json(&bypass), r#"{"verdict":"bypass","why":"stateful"}"#);
        assert_eq!(json(&RequestVerdict::Cacheable), r#"{"verdict":"cacheable"}"#);
        let key = RequestKey::from_bytes([0xab; 32]);
        assert_eq!(json(&key), std::format!("\"{key}\""));
    }
}
