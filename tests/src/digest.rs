//! Digests and a sorted text form for the emulator's own use.
//!
//! On purpose not core's canonical form and not SHA-256: what checks core shares no rule with it.

use serde_json::Value;

const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// FNV-1a with 128 bits, fed piece by piece; equal on every run and machine.
///
/// It stands for the provider's hidden prefix hash. It resists no attacker and need not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(u128);

impl Digest {
    /// The digest of nothing.
    pub const fn new() -> Self {
        Self(OFFSET)
    }

    /// Takes in one field: its length first, so that fields never run into each other.
    #[must_use]
    pub fn field(self, bytes: &[u8]) -> Self {
        self.bytes(&(bytes.len() as u64).to_le_bytes()).bytes(bytes)
    }

    fn bytes(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME)))
    }

    /// Both halves folded into 16 hexadecimal digits, as the answers quote it.
    pub fn short(self) -> String {
        format!("{:016x}", (self.0 >> 64) as u64 ^ self.0 as u64)
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

/// The JSON text of `value` with the members of every object sorted by name.
///
/// Two texts are equal exactly when the values are equal as JSON read by serde_json.
pub fn sorted_text(value: &Value) -> String {
    let mut text = String::new();
    write_sorted(value, &mut text);
    text
}

fn write_sorted(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut names: Vec<_> = members.iter().collect();
            names.sort_by(|one, other| one.0.cmp(other.0));
            text.push('{');
            for (index, (name, member)) in names.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_sorted(member, text);
            }
            text.push('}');
        }
        Value::Array(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_sorted(element, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Proves that fields are separated: moving a byte over a border changes the digest.
    #[test]
    fn fields_do_not_run_together() {
        let one = Digest::new().field(b"ab").field(b"c");
        let other = Digest::new().field(b"a").field(b"bc");
        assert_ne!(one, other);
        assert_eq!(one.short().len(), 16);
    }

    /// Proves that member order does not matter and element order does.
    #[test]
    fn sorted_text_is_one_text_per_value() {
        let one = json!({"b": [1, 2], "a": {"y": null, "x": "q\"uote"}});
        let other = json!({"a": {"x": "q\"uote", "y": null}, "b": [1, 2]});
        assert_eq!(sorted_text(&one), sorted_text(&other));
        assert_ne!(sorted_text(&json!([1, 2])), sorted_text(&json!([2, 1])));
        assert_eq!(sorted_text(&one), r#"{"a":{"x":"q\"uote","y":null},"b":[1,2]}"#);
    }
}
