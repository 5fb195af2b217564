//! Who may ask, and for which model: the checks that all endpoints share.

use serde_json::Value;

use super::super::dispatch::object_body;
use super::super::log::Seen;
use super::super::models;
use super::error::Refused;

/// Part of a key that makes it unknown, so that a test can be refused.
const INVALID_MARK: &str = "invalid";

/// The API key of a request that may go on.
pub(super) fn key(seen: &Seen) -> Result<&str, Refused> {
    let token = seen.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    match token {
        None | Some("") => Err(Refused::invalid("You didn't provide an API key.").status(401)),
        Some(token) if token.contains(INVALID_MARK) => {
            Err(Refused::invalid("Incorrect API key provided.").status(401).code("invalid_api_key"))
        }
        Some(token) => Ok(token),
    }
}

/// The body as an object.
pub(super) fn body(seen: &Seen) -> Result<Value, Refused> {
    object_body(seen).map_err(|why| {
        Refused::invalid(format!("We could not parse the JSON body of your request: {why}"))
    })
}

/// The model that a body names; whether it exists is asked later, as the provider does.
pub(super) fn model(body: &Value) -> Result<&str, Refused> {
    let model = body["model"].as_str().unwrap_or_default();
    if model.is_empty() {
        return Err(Refused::invalid("you must provide a model parameter"));
    }
    Ok(model)
}

/// A model of Chat Completions and of Embeddings that is not there.
pub(super) fn unknown_model(model: &str) -> Refused {
    let message = format!("The model `{model}` does not exist or you do not have access to it.");
    Refused::invalid(message).status(404).code("model_not_found")
}

/// The same in the words of Responses.
pub(super) fn unknown_responses_model(model: &str) -> Refused {
    let message = format!("The requested model '{model}' does not exist.");
    Refused::invalid(message).code("model_not_found").param("model")
}

/// Checks the members that Chat Completions and Responses share: the numbers in their ranges.
pub(super) fn check_numbers(body: &Value) -> Result<(), Refused> {
    for (name, most) in [("temperature", 2.0), ("top_p", 1.0)] {
        let Some(value) = body.get(name).filter(|value| !value.is_null()) else { continue };
        let Some(number) = value.as_f64() else {
            return Err(Refused::kind(name, "a decimal", value));
        };
        if number < 0.0 || number > most {
            let (word, sign, limit) = if number < 0.0 {
                ("below minimum", ">=", 0.0)
            } else {
                ("above maximum", "<=", most)
            };
            let message = format!(
                "Invalid '{name}': decimal {word} value. Expected a value {sign} {limit}, but got \
                 {value} instead."
            );
            let code =
                if number < 0.0 { "decimal_below_min_value" } else { "decimal_above_max_value" };
            return Err(Refused::invalid(message).code(code).param(name));
        }
    }
    Ok(())
}

/// An integer within `least..=most`, or nothing where it is absent or null.
pub(super) fn integer(
    body: &Value,
    name: &str,
    least: u64,
    most: u64,
) -> Result<Option<u64>, Refused> {
    let Some(value) = body.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    if !value.is_i64() && !value.is_u64() {
        return Err(Refused::kind(name, "an integer", value));
    }
    let number = value.as_u64();
    if number.is_some_and(|number| (least..=most).contains(&number)) {
        return Ok(number);
    }
    let (word, sign, limit, code) = if number.is_none_or(|number| number < least) {
        ("below minimum", ">=", least, "integer_below_min_value")
    } else {
        ("above maximum", "<=", most, "integer_above_max_value")
    };
    let message = format!(
        "Invalid '{name}': integer {word} value. Expected a value {sign} {limit}, but got {value} \
         instead."
    );
    Err(Refused::invalid(message).code(code).param(name))
}

/// Whether Chat Completions and Responses know the model.
pub(super) fn is_known(model: &str) -> bool {
    models::is_chat_model(model)
}
