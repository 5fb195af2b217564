//! The canonical form against the slow, obvious one, however the same document is spelled.

use llm_cache_core::canonical::{Everything, canonicalize_alloc};
use serde_json::{Number, Value};

/// The first four bytes are the seed of the spelling; the rest is the document.
pub fn check(data: &[u8]) {
    let Some((seed, text)) = data.split_first_chunk::<4>() else { return };
    let (Ok(canonical), Ok(value)) = (canonicalize(text), serde_json::from_slice::<Value>(text))
    else {
        return;
    };
    // A value has no duplicate names, and holds no integer beyond 64 bits as it was written.
    if has_long_digits(text) {
        return;
    }
    let expected = obvious(&value);
    assert_eq!(canonical, expected);
    let mut dice = Dice(u32::from_le_bytes(*seed));
    let respelled = dice.respell(&value);
    assert_eq!(canonicalize(respelled.as_bytes()).as_deref(), Ok(&*expected), "{respelled}");
}

fn canonicalize(text: &[u8]) -> Result<String, llm_cache_core::canonical::CanonicalError> {
    let mut bytes = Vec::new();
    canonicalize_alloc(text, &Everything, &mut bytes)?;
    Ok(String::from_utf8(bytes).expect("canonical bytes are UTF-8"))
}

fn has_long_digits(text: &[u8]) -> bool {
    text.split(|byte| !byte.is_ascii_digit()).any(|run| run.len() > 18)
}

/// Sort, print, join.
fn obvious(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut names: Vec<_> = members.keys().collect();
            names.sort_by_key(|name| name.encode_utf16().collect::<Vec<_>>());
            let member = |name: &&String| {
                format!("{}:{}", Value::from(name.as_str()), obvious(&members[*name]))
            };
            format!("{{{}}}", names.iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(obvious).collect::<Vec<_>>().join(","))
        }
        Value::Number(number) => obvious_number(number),
        other => other.to_string(),
    }
}

fn obvious_number(number: &Number) -> String {
    const EXACT: u64 = 1 << 53;
    match (number.as_u64(), number.as_i64()) {
        (Some(integer), _) if integer > EXACT => integer.to_string(),
        (_, Some(integer)) if integer.unsigned_abs() > EXACT => integer.to_string(),
        _ => {
            let value = Value::from(number.as_f64().expect("a double"));
            serde_json_canonicalizer::to_string(&value).expect("a finite number")
        }
    }
}

struct Dice(u32);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) % sides
    }

    fn space(&mut self) -> &'static str {
        ["", "", "", " ", "\n", "\t ", "\r\n", "                    "][self.roll(8) as usize]
    }

    fn respell(&mut self, value: &Value) -> String {
        let inside = match value {
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                for at in (1..members.len()).rev() {
                    members.swap(at, self.roll(at as u32 + 1) as usize);
                }
                let mut text = Vec::new();
                for (name, value) in members {
                    text.push(format!("{}:{}", self.respell_text(name), self.respell(value)));
                }
                format!("{{{}{}}}", self.space(), text.join(","))
            }
            Value::Array(elements) => {
                let text: Vec<_> = elements.iter().map(|element| self.respell(element)).collect();
                format!("[{}{}]", self.space(), text.join(","))
            }
            Value::String(text) => self.respell_text(text),
            Value::Number(number) if number.is_f64() => {
                let value = number.as_f64().expect("a double");
                [format!("{value:e}"), format!("{value:?}"), format!("{value:.60E}")]
                    [self.roll(3) as usize]
                    .clone()
            }
            other => other.to_string(),
        };
        format!("{}{inside}{}", self.space(), self.space())
    }

    fn respell_text(&mut self, text: &str) -> String {
        let mut spelled = String::from("\"");
        for character in text.chars() {
            let shortest = Value::from(character.to_string()).to_string();
            let shortest = &shortest[1..shortest.len() - 1];
            match self.roll(4) {
                0 => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        let upper = format!("\\u{unit:04X}");
                        spelled +=
                            &if self.roll(2) == 0 { upper } else { format!("\\u{unit:04x}") };
                    }
                }
                1 if character == '/' => spelled += "\\/",
                _ => spelled += shortest,
            }
        }
        spelled + "\"" + self.space()
    }
}
