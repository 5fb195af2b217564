//! The same request in other spellings.

use super::tree::{Kind, Node, Tree};

/// SplitMix64: small, and the same on every machine.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    /// A number below `sides`.
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % sides as u64) as usize
    }
}

/// Writes the whole of `tree` with members in random order, random white space between tokens,
/// random escapes, and numbers spelled at random.
pub(super) fn respell(tree: &Tree<'_>, dice: &mut Dice) -> String {
    let mut out = String::with_capacity(tree.text.len() * 3);
    blank(&mut out, dice);
    value(tree, &tree.nodes[0], dice, &mut out);
    blank(&mut out, dice);
    out
}

fn value(tree: &Tree<'_>, node: &Node, dice: &mut Dice, out: &mut String) {
    let text = tree.text_of(node);
    let (open, close) = match node.kind {
        Kind::Object => ('{', '}'),
        Kind::Array => ('[', ']'),
        Kind::String => {
            return string(&serde_json::from_str::<String>(text).expect("a string"), dice, out);
        }
        Kind::Number => return number(text, dice, out),
        Kind::Bool | Kind::Null => return out.push_str(text),
    };
    let mut order = node.children.clone();
    if node.kind == Kind::Object {
        for last in (1..order.len()).rev() {
            order.swap(last, dice.roll(last + 1));
        }
    }
    out.push(open);
    blank(out, dice);
    for (position, &child) in order.iter().enumerate() {
        if position > 0 {
            out.push(',');
            blank(out, dice);
        }
        let child = &tree.nodes[child];
        if let Some(name) = tree.name_of(child) {
            string(&name, dice, out);
            blank(out, dice);
            out.push(':');
            blank(out, dice);
        }
        value(tree, child, dice, out);
        blank(out, dice);
    }
    out.push(close);
}

fn blank(out: &mut String, dice: &mut Dice) {
    for _ in 0..dice.roll(6).saturating_sub(3) {
        out.push([' ', '\n', '\t', '\r'][dice.roll(4)]);
    }
}

/// Each character as itself where it may stand so, or as one of its escapes.
fn string(text: &str, dice: &mut Dice, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        let short = match character {
            '"' => Some("\\\""),
            '\\' => Some("\\\\"),
            '/' => Some("\\/"),
            '\u{8}' => Some("\\b"),
            '\u{c}' => Some("\\f"),
            '\n' => Some("\\n"),
            '\r' => Some("\\r"),
            '\t' => Some("\\t"),
            _ => None,
        };
        let must = character < ' ' || matches!(character, '"' | '\\');
        match (short, dice.roll(8)) {
            (Some(short), 0..=5) => out.push_str(short),
            (_, 1..) if !must => out.push(character),
            (_, turn) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.push_str(&match turn % 2 {
                        0 => format!("\\u{unit:04x}"),
                        _ => format!("\\u{unit:04X}"),
                    });
                }
            }
        }
    }
    out.push('"');
}

/// The same number with the point elsewhere, with zeros behind, with an exponent. Integers beyond
/// 2^53 keep their digits, which count there.
fn number(text: &str, dice: &mut Dice, out: &mut String) {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_integer = fraction.is_empty() && exponent == "0";
    if is_integer && whole.len() > 15 || dice.roll(4) == 0 {
        return out.push_str(text);
    }
    let exponent: i32 = exponent.parse().expect("an exponent");
    let zeros = dice.roll(4);
    let digits = format!("{whole}{fraction}{}", &"000"[..zeros]);
    let digits = match digits.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    // The value is `digits` times ten to the power of `scale`.
    let scale = exponent - (fraction.len() + zeros) as i32;
    let cut = 1 + dice.roll(digits.len());
    let (whole, fraction) = digits.split_at(cut);
    let scale = scale + fraction.len() as i32;
    out.push_str(sign);
    out.push_str(whole);
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    if scale != 0 || fraction.is_empty() {
        out.push(['e', 'E'][dice.roll(2)]);
        out.push_str(if scale < 0 { "" } else { ["", "+", "0", "+0"][dice.roll(4)] });
        out.push_str(&scale.to_string());
    }
}
