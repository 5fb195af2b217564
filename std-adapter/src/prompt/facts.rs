//! What is known of models by name: data with dates, embedded and replaceable.

use core::fmt;
use std::sync::LazyLock;

use llm_cache_core::Millis;
use serde::Deserialize;

/// The table that comes with the library. Its rows name their sources.
const EMBEDDED: &str = include_str!("facts.json");

/// Facts of models, found by the model's name.
///
/// [`Facts::embedded`] is as old as this version of the library; [`Facts::from_json`] reads a newer
/// table of the same form. A model that is in neither is unknown: [`Facts::model`] answers `None`,
/// never another model's facts.
///
/// ```
/// use llm_cache::prompt::Facts;
///
/// let facts = Facts::embedded();
/// let opus = facts.model("anthropic/claude-opus-5-5").expect("in the table");
/// assert_eq!((opus.minimum_tokens, opus.read), (Some(512), Some(0.05)));
/// assert!(facts.model("claude-opus-5-50").is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    models: Vec<ModelFacts>,
}

/// What is known of one model. The multipliers are relative to the price of an input token that no
/// cache has to do with.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ModelFacts {
    /// The model's name and its aliases, without a date and without a gateway's prefix.
    pub names: Vec<String>,
    /// The day, `YYYY-MM-DD`, on which the source was last known to say so.
    pub as_of: String,
    /// Where the facts are from.
    pub source: String,
    /// The shortest prefix, in tokens, that the provider caches; shorter ones are passed over
    /// without an error. `None`: not known, or it depends on more than the model.
    pub minimum_tokens: Option<u32>,
    /// Tokens of a text by this model's tokenizer, relative to the rule of thumb of four bytes a
    /// token. 1.3 for Claude 4.7 and later, else 1.
    pub tokens_factor: f64,
    /// Price of a token read from the prompt cache. `None`: not known.
    pub read: Option<f64>,
    /// Price of a token written to it, with the shorter lifetime (Anthropic's 5 minutes; OpenAI's
    /// 30, or 1 where writing costs nothing extra). `None`: not known.
    pub write_5m: Option<f64>,
    /// Price of a token written for one hour. `None`: the provider has no such lifetime.
    pub write_1h: Option<f64>,
    /// Price of a token written for 12 hours. `None`: the provider has no such lifetime, or it is
    /// not known, as of every model of the embedded table.
    pub write_12h: Option<f64>,
    /// US dollars per million input tokens. `None`: not known.
    pub input_price: Option<f64>,
    /// US dollars per million output tokens. `None`: not known.
    pub output_price: Option<f64>,
    /// Other prices of long prompts, by rising length.
    #[serde(default)]
    pub bands: Vec<Band>,
}

/// Prices of requests whose prompt is longer than others. They hold for every token of such a
/// request; the multipliers stay.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Band {
    /// The band begins above so many input tokens, cached and written ones counted.
    pub above_tokens: u64,
    /// US dollars per million input tokens. `None`: not known.
    pub input_price: Option<f64>,
    /// US dollars per million output tokens. `None`: not known.
    pub output_price: Option<f64>,
}

/// Why a text is no table of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FactsError {
    /// It is not JSON of the form, and where.
    Malformed {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
    },
    /// Its `version` is not 1.
    UnknownVersion(u32),
    /// A row has no name, a name that another row has, a date that is none, a number that is
    /// negative or not finite, or bands out of order.
    BadRow {
        /// Index of the row.
        row: usize,
        /// Which member.
        member: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    version: u32,
    models: Vec<ModelFacts>,
}

static EMBEDDED_FACTS: LazyLock<Facts> =
    LazyLock::new(|| Facts::from_json(EMBEDDED).unwrap_or_default());

impl Facts {
    /// After so many days without a newer row a table is told to be old
    /// ([`Event::StaleFacts`](crate::cache::Event::StaleFacts)): providers changed prices or
    /// minimum lengths several times a quarter in 2026.
    pub const STALE_AFTER_DAYS: u64 = 90;

    /// The table that this version of the library knows. Read once, at the first call.
    #[must_use]
    pub fn embedded() -> &'static Self {
        &EMBEDDED_FACTS
    }

    /// Reads a table: `{"version": 1, "models": [...]}`, the members of a row named as the fields
    /// of [`ModelFacts`]; one that may be unknown is `null` or absent.
    ///
    /// # Errors
    /// [`FactsError`]; a member of an unknown name is an error too, or a slip would change a price.
    pub fn from_json(text: &str) -> Result<Self, FactsError> {
        let table: Table = serde_json::from_str(text).map_err(|error| FactsError::Malformed {
            line: error.line(),
            column: error.column(),
        })?;
        if table.version != 1 {
            return Err(FactsError::UnknownVersion(table.version));
        }
        for (row, model) in table.models.iter().enumerate() {
            if let Err(member) = model.check(&table.models[..row]) {
                return Err(FactsError::BadRow { row, member });
            }
        }
        Ok(Self { models: table.models })
    }

    /// The rows of `newer`, and those of this table whose models it does not name.
    #[must_use]
    pub fn updated(&self, newer: &Self) -> Self {
        let mut models = newer.models.clone();
        let is_kept = |old: &&ModelFacts| !old.names.iter().any(|name| newer.row(name).is_some());
        models.extend(self.models.iter().filter(is_kept).cloned());
        Self { models }
    }

    /// The facts of the model of this name. O(rows).
    ///
    /// A gateway's prefix (`anthropic/`) and a date (`-20260922`, `-2026-09-22`) or `-latest`
    /// behind the name are passed over. Names of other platforms (Bedrock's
    /// `anthropic.claude-...`) are unknown: minimum lengths and prices differ there.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&ModelFacts> {
        let name = name.rsplit('/').next().unwrap_or(name);
        self.row(name).or_else(|| self.row(undated(name)?))
    }

    /// The newest date of a row, `YYYY-MM-DD`: when this table was last known to be right. `None`
    /// for a table without rows. O(rows).
    #[must_use]
    pub fn as_of(&self) -> Option<&str> {
        self.models.iter().map(|model| model.as_of.as_str()).max()
    }

    /// How many days lie between [`Facts::as_of`] and `now`, in milliseconds since 1970; 0 for a
    /// date that is still to come. `None` for a table without rows. O(rows).
    #[must_use]
    pub fn age_in_days(&self, now: Millis) -> Option<u64> {
        let today = now.0 / (24 * 60 * 60 * 1000);
        Some(today.saturating_sub(days_since_1970(self.as_of()?)?))
    }

    /// All rows.
    #[must_use]
    pub fn models(&self) -> &[ModelFacts] {
        &self.models
    }

    fn row(&self, name: &str) -> Option<&ModelFacts> {
        self.models.iter().find(|model| model.names.iter().any(|each| each == name))
    }
}

impl ModelFacts {
    /// The first member that is wrong.
    fn check(&self, earlier: &[Self]) -> Result<(), &'static str> {
        let is_taken = |name: &String| earlier.iter().any(|row| row.names.contains(name));
        if self.names.is_empty() || self.names.iter().any(|n| n.is_empty() || is_taken(n)) {
            return Err("names");
        }
        if !is_date(self.as_of.as_bytes()) {
            return Err("as_of");
        }
        let writes = [self.write_5m, self.write_1h, self.write_12h];
        let prices = [self.input_price, self.output_price, self.read].into_iter().chain(writes);
        let of_bands = self.bands.iter().flat_map(|band| [band.input_price, band.output_price]);
        let mut numbers = prices.chain(of_bands).flatten().chain([self.tokens_factor]);
        if !numbers.all(|number| number.is_finite() && (0.0..=1e6).contains(&number)) {
            return Err("a number");
        }
        let is_rising = self.bands.is_sorted_by(|a, b| a.above_tokens < b.above_tokens);
        if is_rising { Ok(()) } else { Err("bands") }
    }
}

/// A name without its date or `-latest`, if it has one.
fn undated(name: &str) -> Option<&str> {
    if let Some(name) = name.strip_suffix("-latest") {
        return Some(name);
    }
    let ends = |len: usize| {
        let (rest, date) = name.as_bytes().split_at_checked(name.len().checked_sub(len)?)?;
        let date = date.strip_prefix(b"-")?;
        (is_date(date) || date.iter().all(u8::is_ascii_digit)).then_some(&name[..rest.len()])
    };
    ends("-YYYY-MM-DD".len()).or_else(|| ends("-YYYYMMDD".len()))
}

/// Whether it is spelled `YYYY-MM-DD`.
fn is_date(text: &[u8]) -> bool {
    text.len() == 10
        && text.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// The days from 1970-01-01 to a date `YYYY-MM-DD`, 0 for an earlier one. Years are counted from
/// March, so that a leap day is the last day of its year.
fn days_since_1970(date: &str) -> Option<u64> {
    let number = |digits: core::ops::Range<usize>| date.get(digits)?.parse::<u64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let year = if month > 2 { year } else { year.checked_sub(1)? };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days_before_month = (153 * ((month + 9) % 12) + 2) / 5;
    // 719,468 days lie between 0000-03-01 and 1970-01-01, and the first of a month is day 1.
    Some((365 * year + leap_days + days_before_month + day).saturating_sub(719_468 + 1))
}

impl fmt::Display for FactsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { line, column } => {
                write!(f, "not a table of facts: line {line} column {column}")
            }
            Self::UnknownVersion(version) => {
                write!(f, "a table of facts of version {version}; this library reads version 1")
            }
            Self::BadRow { row, member } => write!(f, "models.{row}: {member} is not valid"),
        }
    }
}

impl core::error::Error for FactsError {}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 24 * 60 * 60 * 1000;

    const ROW: &str = r#"{"names":["m"],"as_of":"2026-11-01","source":"s","minimum_tokens":512,
        "tokens_factor":1,"read":0.1,"write_5m":1.25,"write_1h":2}"#;

    fn table(rows: &str) -> Result<Facts, FactsError> {
        Facts::from_json(&format!(r#"{{"version":1,"models":[{rows}]}}"#))
    }

    /// The embedded table reads, and says what the providers' pages say of a few models that
    /// differ: the newest read prices, what is not known, the two bands.
    #[test]
    fn embedded_table() {
        let facts = Facts::embedded();
        assert!(facts.models().len() > 30, "{}", facts.models().len());
        let minimum = |name| facts.model(name).unwrap().minimum_tokens;
        let rows = [
            ("claude-fable-5-1", 512),
            ("claude-sonnet-5", 1024),
            ("claude-sonnet-4-6", 1024),
            ("claude-opus-4-7", 2048),
            ("claude-haiku-5-5", 512),
            ("claude-haiku-4-5", 4096),
            ("gpt-5.6", 1024),
            ("gpt-6.2-astra", 1024),
        ];
        for (name, tokens) in rows {
            assert_eq!(minimum(name), Some(tokens), "{name}");
        }
        assert_eq!((minimum("claude-fable-5-2"), minimum("gpt-4o")), (None, None));
        let read = |name| facts.model(name).unwrap().read.unwrap();
        assert_eq!((read("claude-fable-5-1"), read("claude-fable-5")), (0.025, 0.1));
        assert_eq!((read("claude-sonnet-5-5"), read("gpt-6.1-sol")), (0.05, 0.05));
        for name in ["claude-fable-5-2", "claude-mythos-5-2", "gpt-6.2-astra", "gpt-6.2-sol"] {
            assert_eq!(facts.model(name).unwrap().rates(1), None, "{name}");
        }
        assert_eq!(facts.as_of(), Some("2026-11-30"));
        assert_eq!(facts.model("claude-haiku-5-5").unwrap().bands[0].above_tokens, 100_000);
    }

    /// Every row is found under each of its names, dated or not, and is the first to have it.
    #[test]
    fn every_row_is_found_by_its_names() {
        let facts = Facts::embedded();
        for row in facts.models() {
            for name in &row.names {
                for name in [
                    name.clone(),
                    format!("{name}-20260922"),
                    format!("{name}-2026-09-22"),
                    format!("{name}-latest"),
                    format!("gateway/{name}"),
                ] {
                    assert_eq!(facts.model(&name), Some(row), "{name}");
                }
            }
        }
    }

    /// What only begins like a known name is unknown: no model has another one's facts.
    #[test]
    fn unknown_stays_unknown() {
        let names = [
            "claude-opus-5-50",
            "claude-opus-6",
            "claude",
            "",
            "gpt-5.2-proo",
            "gpt-4o-audio-preview",
            "claude-opus-5-2026",
            "claude-opus-5-202609220",
            "anthropic.claude-opus-4-5-20251101-v1:0",
            "Claude-Opus-5",
            "-20260922",
        ];
        for name in names {
            assert_eq!(Facts::embedded().model(name), None, "{name}");
        }
    }

    /// The age of a table is that of its newest row, in days of the calendar.
    #[test]
    fn tables_have_an_age() {
        let day = |date| days_since_1970(date).unwrap();
        assert_eq!([day("1970-01-01"), day("1970-03-01"), day("2000-02-29")], [0, 59, 11_016]);
        assert_eq!([day("2026-11-30"), day("2027-03-01")], [20_787, 20_787 + 91]);
        assert_eq!([day("1969-12-31"), day("0000-03-01")], [0, 0]);

        let older = ROW.replace("\"m\"", "\"n\"").replace("2026-11-01", "2020-01-01");
        let facts = table(&format!("{older},{ROW}")).unwrap();
        let age = |days: u64| facts.age_in_days(Millis(days * DAY_MS + 1));
        assert_eq!(facts.as_of(), Some("2026-11-01"));
        assert_eq!([age(20_787), age(20_758), age(0)], [Some(29), Some(0), Some(0)]);
        assert_eq!(Facts::default().age_in_days(Millis(DAY_MS)), None);
    }

    /// A table of the caller's replaces rows by name, aliases too, and keeps the others.
    #[test]
    fn newer_rows_replace() {
        let newer = table(&ROW.replace("\"m\"", "\"claude-opus-4-0\"")).unwrap();
        let facts = Facts::embedded().updated(&newer);
        assert_eq!(facts.model("claude-opus-4-0").unwrap().as_of, "2026-11-01");
        assert_eq!(facts.model("claude-opus-4"), None);
        assert_eq!(facts.models().len(), Facts::embedded().models().len());
        assert!(facts.model("claude-opus-5").is_some());
    }

    /// A slip in a table is an error that names the row, never a silent change of a price.
    #[test]
    fn slips_are_errors() {
        let facts = table(ROW).unwrap();
        assert_eq!(facts.model("m").unwrap().input_price, None);
        let bad = |from: &str, to: &str| table(&ROW.replace(from, to)).unwrap_err();
        let row = |member| FactsError::BadRow { row: 0, member };
        assert_eq!(bad("\"m\"", ""), row("names"));
        assert_eq!(bad("2026-11-01", "2026-11"), row("as_of"));
        assert_eq!(bad("0.1", "-0.1"), row("a number"));
        let bands = r#","bands":[{"above_tokens":9},{"above_tokens":9}]}"#;
        assert_eq!(bad("}", bands), row("bands"));
        assert!(matches!(bad("\"read\"", "\"reed\""), FactsError::Malformed { .. }));
        assert_eq!(
            table(&format!("{ROW},{ROW}")),
            Err(FactsError::BadRow { row: 1, member: "names" })
        );
        let version = Facts::from_json(r#"{"version":2,"models":[]}"#);
        assert_eq!(version, Err(FactsError::UnknownVersion(2)));
        assert_eq!(row("bands").to_string(), "models.0: bands is not valid");
    }
}
