//! Plans of whole prompts.

use llm_cache_core::prompt::PromptView;

use super::{
    super::{facts::Facts, outline::Estimate},
    *,
};

fn outline(body: &str) -> Outline {
    let prompt = PromptView::parse(body.as_bytes()).unwrap();
    Outline::of(&prompt, &Estimate::new())
}

fn facts(model: &str) -> &'static ModelFacts {
    Facts::embedded().model(model).unwrap()
}

fn body(system: &str, messages: &str) -> String {
    format!(
        r#"{{"model":"claude-opus-5","max_tokens":9,"tools":[{{"name":"look","input_schema":{{}}}}],
            "system":{system},"messages":[{messages}]}}"#
    )
}

/// A text of so many words, between quotation marks.
fn text(words: usize) -> String {
    format!("\"{}\"", "word ".repeat(words).trim_end())
}

/// Places are those of the body, a plain text's too; the facts' date comes along; the text says
/// which is which and nothing of the prompt's.
#[test]
fn a_plan_names_places_reasons_and_the_facts_date() {
    let mut planner = Planner::new();
    let user = format!(r#"{{"role":"user","content":{}}}"#, text(900));
    let plan = planner.plan(&outline(&body(&text(900), &user)), facts("claude-opus-5"), 0);
    let places: Vec<_> = plan.breakpoints.iter().map(|point| point.place.to_string()).collect();
    assert_eq!(places, ["system.0", "messages.0.content.0"]);
    assert_eq!(plan.facts_as_of, facts("claude-opus-5").as_of);
    assert_eq!(plan.marks().len(), 2);
    let shown = format!("{plan}\n{plan:?}");
    assert!(shown.contains("system.0 for 5m: other conversations share"), "{shown}");
    assert!(shown.contains(&format!("by facts of {}", plan.facts_as_of)), "{shown}");
    assert!(!shown.contains("word"), "{shown}");
}

/// The marks that a prompt has already change nothing: digests are without them.
#[test]
fn marks_of_the_caller_are_passed_over() {
    let user = |mark: &str| {
        let block = format!(r#"{{"type":"text","text":{}{mark}}}"#, text(900));
        body(&text(900), &format!(r#"{{"role":"user","content":[{block}]}}"#))
    };
    let (plain, marked) = (user(""), user(r#","cache_control":{"type":"ephemeral"}"#));
    let facts = facts("claude-opus-5");
    let plan = |body: &str| Planner::new().plan(&outline(body), facts, 0);
    assert_eq!(plan(&plain), plan(&marked));
    let mut planner = Planner::new();
    planner.plan(&outline(&plain), facts, 0);
    let again = planner.plan(&outline(&marked), facts, 1000);
    assert!(again.breakpoints.iter().any(|point| point.reason == Reason::Read), "{again}");
}

/// A minimum that is not known is taken for the longest one, one that is known for itself.
#[test]
fn minimum_tokens_are_the_models() {
    let user = format!(r#"{{"role":"user","content":{}}}"#, text(700));
    let short = outline(&body(&text(9), &user));
    assert!(short.tokens() > 512 && short.tokens() < 4096);
    let skipped = |model| Planner::new().plan(&short, facts(model), 0).skipped;
    assert_eq!(skipped("claude-opus-5"), None);
    assert_eq!(skipped("claude-opus-4-6"), Some(Skipped::BelowMinimum));
    assert_eq!(skipped("claude-haiku-5-5"), None);
    assert_eq!(facts("claude-fable-5-2").minimum_tokens, None);
    assert_eq!(skipped("claude-fable-5-2"), Some(Skipped::BelowMinimum));
}

/// Where it is not known what a read saves, nothing is marked.
#[test]
fn unknown_prices_are_no_gain() {
    let table = r#"{"version":1,"models":[{"names":["m"],"as_of":"2026-11-30","source":"s",
        "tokens_factor":1,"write_5m":1.25,"minimum_tokens":512}]}"#;
    let facts = Facts::from_json(table).unwrap();
    let user = format!(r#"{{"role":"user","content":{}}}"#, text(900));
    let long = outline(&body(&text(900), &user));
    let plan = Planner::new().plan(&long, facts.model("m").unwrap(), 0);
    assert_eq!(plan.skipped, Some(Skipped::NoReuseExpected), "{plan}");
}

/// Another model, other tools: another prefix, and nothing of the first is read.
#[test]
fn settings_are_part_of_a_prefix() {
    let user = format!(r#"{{"role":"user","content":{}}}"#, text(900));
    let first = body(&text(900), &user);
    let mut planner = Planner::new();
    let facts = facts("claude-opus-5");
    planner.plan(&outline(&first), facts, 0);
    for other in [first.replace("claude-opus-5", "claude-opus-5-5"), first.replace("look", "see")] {
        let plan = planner.plan(&outline(&other), facts, 1000);
        assert!(plan.breakpoints.iter().all(|point| point.reason != Reason::Read), "{plan}");
    }
}

/// No text, no plan.
#[test]
fn nothing_to_mark() {
    let mut planner = Planner::default();
    for body in ["{}", r#"{"messages":[]}"#, r#"{"messages":[{"role":"user","content":""}]}"#] {
        let plan = planner.plan(&outline(body), facts("claude-opus-5"), 0);
        assert_eq!(plan.skipped, Some(Skipped::NothingMarkable), "{body}");
        assert!(plan.to_string().starts_with("no breakpoints: no block may carry a mark"));
    }
}
