//! The same JSON spelled in another way: blanks and escapes, in names too.

use serde_json::Value;

use super::super::random::Random;

/// `value` as JSON text; one text in eight with blanks and with escapes that nothing asks for.
pub(super) fn spelled(random: &mut Random, value: &Value) -> String {
    if !random.percent(12) {
        return value.to_string();
    }
    let mut text = String::new();
    write(random, value, &mut text);
    text
}

fn write(random: &mut Random, value: &Value, text: &mut String) {
    let blank = random.pick::<&str>(&["", "", " ", "\n\t"]);
    text.push_str(blank);
    match value {
        Value::Object(members) => {
            text.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                string(random, name, text);
                let blank = random.pick::<&str>(&[":", " : "]);
                text.push_str(blank);
                write(random, member, text);
            }
            text.push('}');
        }
        Value::Array(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                write(random, element, text);
            }
            text.push_str(" ]");
        }
        Value::String(held) => string(random, held, text),
        other => text.push_str(&other.to_string()),
    }
}

fn string(random: &mut Random, held: &str, text: &mut String) {
    text.push('"');
    for letter in held.chars() {
        if letter.is_ascii_alphanumeric() && !random.percent(10) {
            text.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text.push('"');
}
