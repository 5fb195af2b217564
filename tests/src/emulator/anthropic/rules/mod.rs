//! The provider's rules for `cache_control`, each with its error text, as a table.
//!
//! Texts quoted by users of the API are the provider's; where none was found the row says so.

mod automatic;
mod choice;
mod limits;
mod marks;
mod placement;
mod prewarm;
mod roles;
mod values;

use serde_json::Value;

use marks::{Mark, marks};

/// One rule.
struct Rule {
    /// What it is called in tests and in `tests/README.md`.
    name: &'static str,
    /// The message of the first violation.
    check: fn(&Request<'_>) -> Option<String>,
}

/// What a rule looks at.
struct Request<'a> {
    body: &'a Value,
    /// Every non-null `cache_control` on an object of the API's own, in processing order.
    marks: Vec<Mark<'a>>,
}

/// In the order in which they are checked: form first, then counts and order, then combinations.
const RULES: &[Rule] = &[
    Rule { name: "placement", check: placement::check },
    Rule { name: "values", check: values::check },
    Rule { name: "empty text", check: placement::empty_text },
    Rule { name: "deferred tool", check: placement::deferred_tool },
    Rule { name: "automatic: other ttl", check: automatic::other_ttl },
    Rule { name: "limit", check: limits::count },
    Rule { name: "ttl order", check: limits::ttl_order },
    Rule { name: "pre-warm", check: prewarm::check },
    Rule { name: "forced tool", check: choice::forced_tool },
    Rule { name: "system message", check: roles::check },
];

/// Name and message of the first rule that `body` breaks.
pub(super) fn violation(body: &Value) -> Option<(&'static str, String)> {
    let request = Request { body, marks: marks(body) };
    RULES.iter().find_map(|rule| Some((rule.name, (rule.check)(&request)?)))
}

#[cfg(test)]
mod tests;
