//! Dates, times and other texts with a format, as the crates that have them declare them.

use core::ops::{Bound, Range};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::Case;

/// A text of a crate's type whose schema is a format, as chrono, jiff, url and uuid have it in
/// schemars (`json_schema_impls`), and as `time` gives it with its formatting helpers.
macro_rules! text {
    ($name:ident, $format:literal) => {
        #[derive(Clone, Serialize, Deserialize)]
        struct $name(String);

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "format": $format})
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }
    };
}

text!(NaiveDate, "date");
text!(NaiveDateTime, "partial-date-time");
text!(NaiveTime, "partial-time");
text!(DateTime, "date-time");
text!(Span, "duration");
text!(Url, "uri");
text!(Uuid, "uuid");

#[derive(Serialize, Deserialize, JsonSchema)]
struct Meeting {
    day: NaiveDate,
    starts: DateTime,
    local: NaiveDateTime,
    at: NaiveTime,
    lasts: Span,
    page: Url,
    id: Uuid,
    moved_to: Option<NaiveDate>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct OfStd {
    lasts: Duration,
    seen: SystemTime,
    range: Range<u32>,
    address: IpAddr,
    path: PathBuf,
    bound: Bound<u8>,
    result: Result<u8, String>,
}

pub(super) fn cases() -> Vec<Case> {
    let meeting = |moved_to| Meeting {
        day: "2026-11-30".into(),
        starts: "2026-11-30T10:00:00Z".into(),
        local: "2026-11-30T10:00:00".into(),
        at: "10:00:00".into(),
        lasts: "PT1H".into(),
        page: "https://example.com/".into(),
        id: "67e55044-10b1-426f-9247-bb680e5fe0c8".into(),
        moved_to,
    };
    let of_std = |bound, result| OfStd {
        lasts: Duration::new(3, 5),
        seen: SystemTime::UNIX_EPOCH,
        range: 1..4,
        address: Ipv4Addr::LOCALHOST.into(),
        path: "a/b".into(),
        bound,
        result,
    };
    vec![
        Case::new("meeting", &[meeting(None), meeting(Some("2026-12-01".into()))]),
        Case::new(
            "of std",
            &[
                of_std(Bound::Included(1), Ok(1)),
                of_std(Bound::Excluded(1), Err("no".into())),
                of_std(Bound::Unbounded, Ok(2)),
            ],
        ),
        Case::new::<Duration>("duration", &[Duration::from_millis(1500)]),
    ]
}
