// The doctor with plain types around it. Included beside a `doctor` and an `outline`: those of the
// library, and those of each mutant.

use crate::doctor::case::Told;

/// Bytes divided by four, rounded up: the emulator's rule.
struct Rule;

impl outline::TokenCounter for Rule {
    fn tokens(&self, _kind: llm_cache_core::prompt::PartKind, text: &str) -> u64 {
        text.len().div_ceil(4) as u64
    }
}

/// What the doctor tells of two requests.
pub(super) fn tell(previous: &[u8], current: &[u8], minimum_tokens: u64, elapsed_ms: u64) -> Told {
    use doctor::Cause;
    use llm_cache_core::prompt::PromptView;

    let previous = PromptView::parse(previous).expect("JSON");
    let current = PromptView::parse(current).expect("JSON");
    let mut terms = doctor::Terms::default();
    terms.minimum_tokens = Some(minimum_tokens);
    terms.elapsed_ms = elapsed_ms;
    let told = doctor::explain(Some(&previous), &current, &Rule, &terms);
    let usage = told.forecast;
    let cause = |cause: &Cause| match cause {
        Cause::LookBack { entry, .. } => ("look-back", entry.to_string()),
        Cause::MarksEarlier { entry, .. } => ("marks earlier", entry.to_string()),
        Cause::Expired { .. } => ("expired", String::new()),
        Cause::Changed(difference) => ("changed", difference.path.clone()),
        Cause::NoMarks => ("no marks", String::new()),
        Cause::NoMarksBefore => ("no marks before", String::new()),
        Cause::TooShort { tokens, .. } => ("too short", tokens.to_string()),
        Cause::TooShortBefore { tokens, .. } => ("too short before", tokens.to_string()),
        _ => ("other", String::new()),
    };
    Told {
        usage: [
            usage.input_tokens,
            usage.cache_read_tokens,
            usage.cache_write_tokens,
            usage.cache_write_1h_tokens,
        ],
        finding: format!("{:?}", told.finding),
        difference: told.difference.as_ref().map(|difference| {
            let change = format!("{:?}", difference.change);
            (difference.row.as_str(), difference.path.clone(), change)
        }),
        causes: told.causes.iter().map(cause).collect(),
        sentence: told.to_string(),
    }
}
