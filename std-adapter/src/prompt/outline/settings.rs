//! What is no block of a prompt and cuts its prefixes all the same.

use llm_cache_core::json::{JsonStr, JsonValue};
use llm_cache_core::prompt::{PartKind, Place, PromptPart, PromptView, Section};

use super::form::{block_form, plain_form};
use super::{Fingerprint, Row};

/// One such thing in one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The row of the table of invalidations that a change of it falls under; the section that it
    /// is folded in before is that of the row.
    pub row: Row,
    /// The member of the body that sets it, or the list in which blocks turn it on.
    pub member: &'static str,
    /// The first block that turns it on, if blocks do and one does.
    pub first: Option<Place>,
    /// Digest of its value.
    pub value: Fingerprint,
}

/// Members of the body that count, in the order in which they are folded in; with each the value
/// that, stated, is as good as left out: its JSON. How thinking is shown counts nowhere.
const MEMBERS: [(Row, &str, &str); 8] = [
    (Row::Model, "model", "null"),
    (Row::OutputFormat, "output_config.format", "null"),
    (Row::Speed, "speed", "null"),
    (Row::ToolChoice, "tool_choice", "null"),
    (Row::Thinking, "thinking.type", "null"),
    (Row::Thinking, "thinking.budget_tokens", "null"),
    (Row::Effort, "output_config.effort", "\"high\""),
    (Row::ContextManagement, "context_management", "null"),
];

/// Models that forget the thinking of earlier turns: those before Opus 4.5 and Sonnet 4.6, and
/// Haiku up to 4.5 (prompt caching page, September 2026). All others keep it.
const FORGETFUL: [&str; 8] = [
    "claude-3-7-sonnet",
    "claude-opus-4",
    "claude-opus-4-0",
    "claude-opus-4-1",
    "claude-sonnet-4",
    "claude-sonnet-4-0",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
];

/// Models from whose conversations the provider itself leaves out a thinking block now and then
/// (prompt caching page, September 2026).
const DROPPING: [&str; 3] = ["claude-fable-5-1", "claude-mythos-5-1", "claude-opus-5-5"];

/// What one pass over the blocks finds.
#[derive(Debug, Default)]
pub(super) struct Scan {
    web_tool: Option<Place>,
    /// The forms of all web tools.
    web_tools: String,
    citations: Option<Place>,
    image: Option<Place>,
    /// The first thinking, if the provider may leave it out.
    pub(super) may_be_dropped: Option<Place>,
    /// Index of the user's last message that says more than what tools returned, if the model
    /// forgets thinking before it.
    forgets_before: Option<usize>,
}

impl Scan {
    /// Looks at all blocks. O(length of the prompt).
    pub(super) fn of(prompt: &PromptView<'_>) -> Self {
        let mut scan = Self::default();
        let mut last_turn = None;
        for part in prompt.parts() {
            match part.section {
                Section::Tools => scan.tool(&part),
                Section::System => {}
                Section::Messages => {
                    let is_user = part.role.is_some_and(|role| role.eq_str("user"));
                    if let Place::Block { message, .. } = part.place
                        && is_user
                        && part.kind != PartKind::ToolResult
                    {
                        last_turn = Some(message);
                    }
                    if part.kind == PartKind::Thinking {
                        scan.may_be_dropped.get_or_insert(part.place);
                    }
                    if has(&part, cites) {
                        scan.citations.get_or_insert(part.place);
                    }
                    if has(&part, is_image) {
                        scan.image.get_or_insert(part.place);
                    }
                }
            }
        }
        scan.forgets_before = last_turn.filter(|_| is_any(prompt.model(), &FORGETFUL));
        scan.may_be_dropped = scan.may_be_dropped.filter(|_| is_any(prompt.model(), &DROPPING));
        scan
    }

    /// Whether the model never sees this block: thinking of an earlier turn.
    pub(super) fn is_forgotten(&self, part: &PromptPart<'_>) -> bool {
        let Place::Block { message, .. } = part.place else { return false };
        part.kind == PartKind::Thinking && self.forgets_before.is_some_and(|turn| message < turn)
    }

    /// All settings of a prompt, in the order in which they are folded in.
    pub(super) fn settings(&self, prompt: &PromptView<'_>) -> Vec<Setting> {
        let on = |row, first: Option<Place>| {
            let value = Fingerprint::of("llm-cache switch 1", &[&[u8::from(first.is_some())]]);
            Setting { row, member: "messages", first, value }
        };
        let web_tools = Setting {
            row: Row::WebTools,
            member: "tools",
            first: self.web_tool,
            value: Fingerprint::of("llm-cache web tools 1", &[self.web_tools.as_bytes()]),
        };
        let citations = on(Row::Citations, self.citations);
        let mut settings = vec![web_tools, citations, on(Row::Images, self.image)];
        settings.extend(MEMBERS.iter().map(|(row, member, default)| Setting {
            row: *row,
            member,
            first: None,
            value: value_of(prompt, member, default),
        }));
        settings.sort_by_key(|setting| setting.row.invalidates_from());
        settings
    }

    fn tool(&mut self, part: &PromptPart<'_>) {
        if is_web_tool(part) {
            self.web_tool.get_or_insert(part.place);
            self.web_tools.push_str(&block_form(part));
        }
    }
}

/// A tool that stands among the tools and counts where the system prompt begins: what is cached of
/// the tools does not depend on it.
pub(super) fn is_web_tool(part: &PromptPart<'_>) -> bool {
    let kind = part.value.get("type").filter(|_| part.kind == PartKind::Tool);
    let is = |prefix| kind.and_then(|kind| kind.as_str()).is_some_and(|it| starts_with(it, prefix));
    is("web_search_") || is("web_fetch_")
}

fn value_of(prompt: &PromptView<'_>, path: &str, default: &str) -> Fingerprint {
    let mut names = path.split('.');
    let first = names.next().and_then(|name| prompt.member(name));
    let value = names.fold(first, |value, name| value?.get(name));
    let form = value.map_or_else(|| "null".into(), plain_form);
    let in_effect = if form == "null" { default } else { &form };
    Fingerprint::of("llm-cache setting 1", &[in_effect.as_bytes()])
}

/// Whether something holds of a block, or of one inside it.
fn has(part: &PromptPart<'_>, holds: fn(JsonValue<'_>) -> bool) -> bool {
    let inside = match part.kind {
        PartKind::ToolResult => part.value.get("content"),
        PartKind::Document => part.value.get("source").and_then(|source| source.get("content")),
        _ => None,
    };
    holds(part.value) || inside.is_some_and(|inside| inside.elements().any(holds))
}

fn is_image(block: JsonValue<'_>) -> bool {
    block.get("type").and_then(|kind| kind.as_str()).is_some_and(|kind| kind.eq_str("image"))
}

/// A block that asks for citations.
fn cites(block: JsonValue<'_>) -> bool {
    let enabled = block.get("citations").and_then(|citations| citations.get("enabled"));
    enabled.and_then(|enabled| enabled.as_bool()) == Some(true)
}

fn is_any(model: Option<JsonStr<'_>>, names: &[&str]) -> bool {
    let Some(model) = model else { return false };
    names.iter().any(|name| {
        starts_with(model, name) && is_same_version(model.chars().skip(name.chars().count()))
    })
}

/// Whether what follows a model's name leaves it that model: nothing, a date or an alias. One or
/// two digits make it another version.
fn is_same_version(mut rest: impl Iterator<Item = char>) -> bool {
    match rest.next() {
        None => true,
        Some('-' | '@') => {
            let digits = rest.take_while(char::is_ascii_digit).count();
            digits == 0 || digits > 2
        }
        Some(_) => false,
    }
}

fn starts_with(text: JsonStr<'_>, prefix: &str) -> bool {
    let mut characters = text.chars();
    prefix.chars().all(|expected| characters.next() == Some(expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forgets(model: &str) -> bool {
        let text = format!("\"{model}\"");
        is_any(JsonValue::parse(text.as_bytes()).unwrap().as_str(), &FORGETFUL)
    }

    /// A name means its own version, with a date or an alias, and no other one.
    #[test]
    fn names_mean_one_version() {
        for model in ["claude-opus-4", "claude-opus-4-20250514", "claude-sonnet-4@20250514"] {
            assert!(forgets(model), "{model}");
        }
        assert!(forgets("claude-haiku-4-5-20251001") && forgets("claude-3-7-sonnet-latest"));
        for model in ["claude-opus-4-5", "claude-sonnet-4-6", "claude-opus-5", "claude-opus-41"] {
            assert!(!forgets(model), "{model}");
        }
    }
}
