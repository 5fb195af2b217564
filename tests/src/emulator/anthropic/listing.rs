//! `GET /v1/models` and `/v1/models/{id}` as the Messages API lists them.
//!
//! Source: the SDKs of November 2026 for the shape and the names; dates where release notes give
//! them, else the epoch, as the API does. What a model can do is not told: capabilities are null.

use serde_json::{Value, json};

use super::super::answer::Answer;
use super::super::dispatch::request_id;
use super::super::log::Seen;
use super::super::models;
use super::access;
use super::error::error;

/// Models of one page where the request names no number, and the most it may name.
const PAGE: usize = 20;
const PAGE_MAX: usize = 1000;

/// One model of the list, newest first.
struct Model {
    id: &'static str,
    /// Day of its release.
    created: Option<&'static str>,
    /// Day on which a deprecated model ends.
    retires: Option<&'static str>,
}

const fn active(id: &'static str, created: Option<&'static str>) -> Model {
    Model { id, created, retires: None }
}

const MODELS: &[Model] = &[
    active("claude-fable-5-2", None),
    active("claude-mythos-5-2", None),
    active("claude-haiku-5-5", Some("2026-10-07")),
    active("claude-sonnet-5-5", Some("2026-09-28")),
    active("claude-opus-5-5", Some("2026-09-22")),
    active("claude-fable-5-1", Some("2026-09-01")),
    active("claude-mythos-5-1", Some("2026-09-01")),
    active("claude-sonnet-5", None),
    active("claude-fable-5", None),
    active("claude-mythos-5", None),
    active("claude-opus-5", None),
    active("claude-opus-4-8", None),
    active("claude-opus-4-7", None),
    active("claude-mythos-preview", None),
    active("claude-opus-4-6", None),
    active("claude-sonnet-4-6", None),
    active("claude-haiku-4-5-20251001", Some("2025-10-01")),
    Model {
        id: "claude-opus-4-5-20251101",
        created: Some("2025-11-01"),
        retires: Some("2027-01-22"),
    },
    Model {
        id: "claude-sonnet-4-5-20250929",
        created: Some("2025-09-29"),
        retires: Some("2026-11-30"),
    },
];

/// Either listing; the path has been recognised.
pub(super) fn listing(seen: &Seen, id: u64) -> Answer {
    if let Err(refused) = access::check(seen) {
        return refused.into_answer(id);
    }
    let answer = match seen.path.strip_prefix("/v1/models/") {
        Some(name) => match models::is_messages_model(name) {
            true => Ok(one(name)),
            false => Err((404, "not_found_error", format!("model: {name}"))),
        },
        None => page(&seen.query).map_err(|why| (400, "invalid_request_error", why)),
    };
    match answer {
        Ok(body) => Answer::json(200, &body).header("request-id", request_id(id)),
        Err((status, kind, message)) => error(status, kind, &message, id),
    }
}

/// One model by any of its names; the emulator knows more names than it lists.
fn one(name: &str) -> Value {
    let listed = MODELS.iter().find(|model| {
        let rest = model.id.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        model.id == name || rest.is_some_and(is_date)
    });
    match listed {
        Some(model) => info(model.id, model.created, model.retires),
        None => info(name, None, None),
    }
}

/// One page of the list, as the query asks for it.
fn page(query: &str) -> Result<Value, String> {
    let (mut limit, mut after, mut before) = (PAGE, None, None);
    let mut stages = Vec::new();
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match name {
            "limit" => {
                let asked = value.parse().ok().filter(|asked| (1..=PAGE_MAX).contains(asked));
                limit = asked.ok_or(format!("limit: Input should be from 1 to {PAGE_MAX}"))?;
            }
            "after_id" => after = Some(value),
            "before_id" => before = Some(value),
            "lifecycle" | "lifecycle[]" | "lifecycle%5B%5D" => stages.push(value),
            _ => {}
        }
    }
    let stage = |model: &&Model| stages.is_empty() || stages.contains(&lifecycle(model.retires));
    let listed: Vec<&Model> = MODELS.iter().filter(stage).collect();
    let place = |id: &str| {
        listed
            .iter()
            .position(|model| model.id == id)
            .ok_or(format!("no model '{id}' to list from"))
    };
    let start = after.map(place).transpose()?.map_or(0, |at| at + 1);
    let end = before.map(place).transpose()?.unwrap_or(listed.len()).max(start);
    let (first, last) = match before {
        Some(_) => (end.saturating_sub(limit).max(start), end),
        None => (start, end.min(start.saturating_add(limit))),
    };
    let has_more = if before.is_some() { first > start } else { last < end };
    let shown = &listed[first..last];
    let data: Vec<Value> =
        shown.iter().map(|model| info(model.id, model.created, model.retires)).collect();
    Ok(json!({
        "data": data,
        "has_more": has_more,
        "first_id": shown.first().map(|model| model.id),
        "last_id": shown.last().map(|model| model.id),
    }))
}

fn lifecycle(retires: Option<&str>) -> &'static str {
    if retires.is_some() { "deprecated" } else { "active" }
}

fn info(id: &str, created: Option<&str>, retires: Option<&str>) -> Value {
    let midnight = |day: &str| format!("{day}T00:00:00Z");
    json!({
        "type": "model",
        "id": id,
        "display_name": display_name(id),
        "created_at": midnight(created.unwrap_or("1970-01-01")),
        "lifecycle": lifecycle(retires),
        "deprecated_at": null,
        "retires_at": retires.map(midnight),
        "line": id.split('-').find(|part| LINES.contains(part)),
        "capabilities": null,
        "max_input_tokens": null,
        "max_tokens": null,
    })
}

const LINES: &[&str] = &["haiku", "sonnet", "opus", "fable", "mythos"];

/// `Claude Sonnet 5.5` of `claude-sonnet-5-5`; a date is left out.
fn display_name(id: &str) -> String {
    let mut name = String::new();
    for part in id.split('-').filter(|part| !is_date(part)) {
        let follows_digit = name.ends_with(|last: char| last.is_ascii_digit());
        let is_number = part.starts_with(|first: char| first.is_ascii_digit());
        if !name.is_empty() {
            name.push(if follows_digit && is_number { '.' } else { ' ' });
        }
        let mut letters = part.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

fn is_date(part: &str) -> bool {
    part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::tests::{ANTHROPIC, emulator};
    use crate::raw_http::send;

    fn ids(page: &Value) -> Vec<&str> {
        page["data"].as_array().unwrap().iter().filter_map(|model| model["id"].as_str()).collect()
    }

    /// Proves that pages of any size, forwards and backwards, come to the whole list, and the
    /// filter by stage.
    #[test]
    fn pages_come_to_the_whole_list() {
        let all: Vec<&str> = MODELS.iter().map(|model| model.id).collect();
        assert_eq!(ids(&page("limit=1000").unwrap()), all);
        for limit in [1, 7, 19] {
            let (mut forwards, mut query) = (Vec::new(), String::new());
            loop {
                let page = page(&format!("limit={limit}{query}")).unwrap();
                forwards.extend(ids(&page).into_iter().map(str::to_string));
                if page["has_more"] == false {
                    break;
                }
                query = format!("&after_id={}", page["last_id"].as_str().unwrap());
            }
            assert_eq!(forwards, all, "{limit}");
        }
        let before = page("before_id=claude-sonnet-5-5&limit=2").unwrap();
        assert_eq!(ids(&before), ["claude-mythos-5-2", "claude-haiku-5-5"]);
        assert_eq!((&before["has_more"], &before["first_id"]), (&true.into(), &all[1].into()));
        let deprecated = page("lifecycle%5B%5D=deprecated").unwrap();
        assert_eq!(ids(&deprecated), ["claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929"]);
        for wrong in ["limit=0", "limit=1001", "limit=x", "after_id=claude-lost"] {
            assert!(page(wrong).is_err(), "{wrong}");
        }
    }

    /// Proves one model by its name, by its alias and where it is not listed, and the refusals.
    #[test]
    fn one_model_is_told() {
        let emulator = emulator();
        let ask = |path: &str, headers| {
            send("GET", &emulator.base_url(), &format!("/v1/models{path}"), headers, b"").unwrap()
        };
        let model = ask("/claude-opus-4-5", ANTHROPIC).json();
        assert_eq!(model["id"], "claude-opus-4-5-20251101");
        assert_eq!(
            (&model["display_name"], &model["line"]),
            (&"Claude Opus 4.5".into(), &"opus".into())
        );
        assert_eq!((&model["lifecycle"], &model["type"]), (&"deprecated".into(), &"model".into()));
        assert_eq!(ask("/claude-new-9", ANTHROPIC).json()["display_name"], "Claude New 9");
        let lost = ask("/claude-does-not-exist", ANTHROPIC);
        assert_eq!((lost.status, &lost.json()["error"]["type"]), (404, &"not_found_error".into()));
        assert_eq!(ask("?limit=0", ANTHROPIC).status, 400);
        assert_eq!(ask("", &ANTHROPIC[1..]).status, 401);
        assert_eq!(ids(&ask("?limit=1", ANTHROPIC).json()), ["claude-fable-5-2"]);
    }
}
