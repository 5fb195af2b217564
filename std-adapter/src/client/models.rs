//! What the client must know of models by name. Data with a date: check it against the provider's
//! release notes.

/// Models that answer 400 to `tool_choice` of type `tool` or `any` (Anthropic's release notes of
/// September 22 and 28, 2026). Names go on with a date or an alias.
const FORCED_TOOLS_REFUSED: [&str; 4] =
    ["claude-fable-5-1", "claude-mythos-5-1", "claude-opus-5-5", "claude-sonnet-5-5"];

/// Whether a call of a tool cannot be forced. Prefixes of gateways (`anthropic/claude-...`) count.
pub(super) fn refuses_forced_tools(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    FORCED_TOOLS_REFUSED.iter().any(|refusing| {
        name.strip_prefix(refusing).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model is known with its date and a gateway's prefix, and not by half a name.
    #[test]
    fn knows_models_by_name() {
        assert!(refuses_forced_tools("claude-opus-5-5"));
        assert!(refuses_forced_tools("anthropic/claude-sonnet-5-5-20260928"));
        assert!(!refuses_forced_tools("claude-opus-5-50"));
        assert!(!refuses_forced_tools("claude-opus-5"));
    }
}
