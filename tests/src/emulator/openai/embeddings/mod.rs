//! The Embeddings API: vectors that stand for their input and the model, and mean nothing.

mod vector;

use serde_json::{Value, json};

use super::super::answer::Answer;
use super::super::compose::tokens;
use super::super::dispatch::request_id;
use super::super::log::Seen;
use super::super::models;
use super::access;
use super::error::{Refused, other_method};

/// Inputs of one request, and tokens of one input that is a list.
const ELEMENTS_MAX: usize = 2048;

/// Tokens of one input.
const INPUT_TOKENS_MAX: u64 = 8192;

/// Tokens of one request.
const REQUEST_TOKENS_MAX: u64 = 300_000;

/// `POST /v1/embeddings`.
pub(super) fn respond(seen: &Seen, id: u64) -> Result<Answer, Refused> {
    access::key(seen)?;
    if seen.method != "POST" {
        return Err(other_method(&seen.method, &seen.path));
    }
    let body = access::body(seen)?;
    let answer = Answer::json(200, &embed(&body)?);
    Ok(answer.header("x-request-id", request_id(id)).header("openai-version", "2020-10-01"))
}

fn embed(body: &Value) -> Result<Value, Refused> {
    let model = access::model(body)?;
    let (most, takes_dimensions) = dimensions_of(model)?;
    let inputs = inputs(body)?;
    let dimensions = dimensions(body, most, takes_dimensions)?;
    let is_base64 = match body.get("encoding_format").filter(|format| !format.is_null()) {
        None => false,
        Some(format) => match format.as_str() {
            Some("float") => false,
            Some("base64") => true,
            Some(other) => {
                return Err(Refused::value("encoding_format", other, &["float", "base64"]));
            }
            None => return Err(Refused::kind("encoding_format", "a string", format)),
        },
    };
    let counts: Vec<u64> = inputs.iter().map(Input::tokens).collect();
    let sum: u64 = counts.iter().sum();
    if let Some(long) = counts.iter().find(|count| **count > INPUT_TOKENS_MAX) {
        return Err(Refused::invalid(format!(
            "This model's maximum context length is {INPUT_TOKENS_MAX} tokens, however you \
             requested {long} tokens ({long} in your prompt; 0 for the completion). Please reduce \
             your prompt; or completion length."
        )));
    }
    if sum > REQUEST_TOKENS_MAX {
        let message =
            format!("Requested {sum} tokens, max {REQUEST_TOKENS_MAX} tokens per request");
        return Err(Refused::invalid(message).code("max_tokens_per_request"));
    }
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, input)| {
            let vector = vector::of(model, &input.bytes(), most, dimensions);
            let embedding =
                if is_base64 { vector::base64(&vector).into() } else { vector::floats(&vector) };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    Ok(json!({
        "object": "list", "data": data, "model": model,
        "usage": {"prompt_tokens": sum, "total_tokens": sum},
    }))
}

fn dimensions_of(model: &str) -> Result<(usize, bool), Refused> {
    models::embedding_dimensions(model).ok_or_else(|| {
        if access::is_known(model) {
            Refused::invalid("You are not allowed to generate embeddings from this model")
                .status(403)
        } else {
            access::unknown_model(model)
        }
    })
}

fn dimensions(body: &Value, most: usize, takes_dimensions: bool) -> Result<usize, Refused> {
    if body.get("dimensions").is_some_and(|value| !value.is_null()) && !takes_dimensions {
        return Err(Refused::invalid("This model does not support specifying dimensions."));
    }
    let asked = access::integer(body, "dimensions", 1, most as u64)?;
    Ok(asked.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(most))
}

/// One text, or one list of tokens.
enum Input<'a> {
    Text(&'a str),
    Tokens(Vec<u64>),
}

impl Input<'_> {
    fn tokens(&self) -> u64 {
        match self {
            Self::Text(text) => tokens(text.len()),
            Self::Tokens(tokens) => tokens.len() as u64,
        }
    }

    /// What the vector stands for; no text has the bytes of tokens.
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.as_bytes().to_vec(),
            Self::Tokens(tokens) => {
                let bytes = tokens.iter().flat_map(|token| token.to_le_bytes());
                std::iter::once(0xff).chain(bytes).collect()
            }
        }
    }
}

/// The inputs in order: a string, strings, a list of tokens, lists of tokens.
fn inputs(body: &Value) -> Result<Vec<Input<'_>>, Refused> {
    let invalid = || {
        Refused::invalid(
            "'$.input' is invalid. Please check the API reference: \
             https://platform.openai.com/docs/api-reference.",
        )
    };
    let elements = match body.get("input") {
        None | Some(Value::Null) => return Err(Refused::missing("input")),
        Some(Value::String(text)) => return Ok(vec![input_text("input", text)?]),
        Some(Value::Array(elements)) => elements,
        Some(_) => return Err(invalid()),
    };
    check_length("input", elements)?;
    if elements.iter().all(Value::is_u64) {
        return Ok(vec![input_tokens(elements).ok_or_else(invalid)?]);
    }
    if elements.iter().all(Value::is_string) {
        let texts = elements.iter().filter_map(Value::as_str).enumerate();
        return texts.map(|(at, text)| input_text(&format!("input[{at}]"), text)).collect();
    }
    let lists = elements.iter().enumerate().map(|(at, element)| {
        let tokens = element.as_array().ok_or_else(invalid)?;
        check_length(&format!("input[{at}]"), tokens)?;
        input_tokens(tokens).ok_or_else(invalid)
    });
    lists.collect()
}

fn input_text<'a>(path: &str, text: &'a str) -> Result<Input<'a>, Refused> {
    if text.is_empty() {
        let message = format!("Invalid '{path}': input cannot be an empty string.");
        return Err(Refused::invalid(message).param("input"));
    }
    Ok(Input::Text(text))
}

fn input_tokens(elements: &[Value]) -> Option<Input<'static>> {
    Some(Input::Tokens(elements.iter().map(Value::as_u64).collect::<Option<_>>()?))
}

fn check_length(path: &str, elements: &[Value]) -> Result<(), Refused> {
    let (message, code) = match elements.len() {
        0 => (
            format!(
                "Invalid '{path}': empty array. Expected an array with minimum length 1, but got an \
                 empty array instead."
            ),
            "empty_array",
        ),
        length if length > ELEMENTS_MAX => (
            format!(
                "Invalid '{path}': array too long. Expected an array with maximum length \
                 {ELEMENTS_MAX}, but got an array with length {length} instead."
            ),
            "array_above_max_length",
        ),
        _ => return Ok(()),
    };
    Err(Refused::invalid(message).code(code).param(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(input: Value) -> Value {
        json!({"model": "text-embedding-3-small", "input": input})
    }

    fn with(mut body: Value, member: &str, value: Value) -> Value {
        body[member] = value;
        body
    }

    fn floats(answer: &Value) -> Vec<f64> {
        let values = answer["embedding"].as_array().unwrap();
        values.iter().map(|value| value.as_f64().unwrap()).collect()
    }

    /// Proves the four forms of input, their order, and their count.
    #[test]
    fn every_form_of_input_is_embedded() {
        let one = embed(&body(json!("to be"))).unwrap();
        assert_eq!(one["usage"], json!({"prompt_tokens": 2, "total_tokens": 2}));
        let many = embed(&body(json!(["or", "to be"]))).unwrap();
        assert_eq!(many["data"][1]["embedding"], one["data"][0]["embedding"]);
        assert_ne!(many["data"][0]["embedding"], one["data"][0]["embedding"]);
        assert_eq!((&many["data"][1]["index"], &many["object"]), (&json!(1), &json!("list")));
        let tokens = embed(&body(json!([5, 6, 7]))).unwrap();
        assert_eq!(
            (tokens["data"].as_array().unwrap().len(), &tokens["usage"]["total_tokens"]),
            (1, &json!(3))
        );
        let lists = embed(&body(json!([[1], [5, 6, 7]]))).unwrap();
        assert_eq!(lists["data"][1]["embedding"], tokens["data"][0]["embedding"]);
        assert_eq!(lists["usage"]["prompt_tokens"], 4);
    }

    /// Proves that vectors have the length 1, in all dimensions that can be asked for, and depend
    /// on the model.
    #[test]
    fn vectors_are_units() {
        for dimensions in [1, 2, 256, 1536] {
            let asked = with(body(json!("a")), "dimensions", dimensions.into());
            let vector = floats(&embed(&asked).unwrap()["data"][0]);
            assert_eq!(vector.len() as u64, dimensions);
            let length: f64 = vector.iter().map(|value| value * value).sum();
            assert!((length - 1.0).abs() < 1e-5, "{length}");
        }
        let large = with(body(json!("a")), "model", "text-embedding-3-large".into());
        let large = floats(&embed(&large).unwrap()["data"][0]);
        assert_eq!(large.len(), 3072);
        assert_ne!(large[..4], floats(&embed(&body(json!("a"))).unwrap()["data"][0])[..4]);
    }

    /// Proves that both encodings hold the same numbers.
    #[test]
    fn base64_holds_the_same_numbers() {
        let text = with(body(json!("a")), "encoding_format", "base64".into());
        let answer = embed(&with(text, "dimensions", 3.into())).unwrap();
        let encoded = answer["data"][0]["embedding"].as_str().unwrap().to_string();
        let plain = embed(&with(body(json!("a")), "dimensions", 3.into())).unwrap();
        let vector: Vec<f32> =
            floats(&plain["data"][0]).into_iter().map(|value| value as f32).collect();
        assert_eq!(encoded, vector::base64(&vector));
        assert_eq!(encoded.len(), 16);
    }

    /// Proves what is refused, in the provider's words.
    #[test]
    fn bad_inputs_are_refused() {
        let long = json!("x".repeat(4 * 8193));
        let cases = [
            (json!(null), "Missing required parameter: 'input'."),
            (json!(""), "Invalid 'input': input cannot be an empty string."),
            (json!(["a", ""]), "Invalid 'input[1]': input cannot be an empty string."),
            (json!([]), "Invalid 'input': empty array."),
            (json!([[1], []]), "Invalid 'input[1]': empty array."),
            (json!(vec!["a"; 2049]), "maximum length 2048, but got an array with length 2049"),
            (json!(["a", 1]), "'$.input' is invalid."),
            (json!([1, -1]), "'$.input' is invalid."),
            (json!([1.5]), "'$.input' is invalid."),
            (json!({"text": "a"}), "'$.input' is invalid."),
            (long, "however you requested 8193 tokens"),
            (json!(vec!["x".repeat(4 * 8000); 38]), "Requested 304000 tokens, max 300000"),
        ];
        for (input, text) in cases {
            let refused = format!("{:?}", embed(&body(input)).unwrap_err());
            assert!(refused.contains(text), "{refused}");
        }
        assert!(embed(&body(json!(vec!["a"; 2048]))).is_ok());
        let settings = [
            ("dimensions", json!(1537), "Expected a value <= 1536, but got 1537 instead."),
            ("dimensions", json!(0), "Expected a value >= 1, but got 0 instead."),
            ("dimensions", json!("3"), "expected an integer, but got a string"),
            ("encoding_format", json!("int8"), "Supported values are: 'float' and 'base64'."),
            ("model", json!("text-embedding-9"), "The model `text-embedding-9` does not exist"),
            ("model", json!("gpt-5"), "not allowed to generate embeddings"),
            ("model", json!(null), "you must provide a model parameter"),
        ];
        for (name, value, text) in settings {
            let refused = format!("{:?}", embed(&with(body(json!("a")), name, value)).unwrap_err());
            assert!(refused.contains(text), "{refused}");
        }
        let ada = with(body(json!("a")), "model", "text-embedding-ada-002".into());
        let refused = embed(&with(ada.clone(), "dimensions", 3.into())).unwrap_err();
        assert!(format!("{refused:?}").contains("does not support specifying dimensions"));
        assert_eq!(floats(&embed(&ada).unwrap()["data"][0]).len(), 1536);
    }
}
