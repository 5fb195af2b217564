//! Generated text as it stands between the quotes of a JSON string.

use crate::random::Random;

/// What a text is like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// English prose with a line break or a quoted word now and then.
    Ascii,
    /// The same with accents, emoji and some Chinese.
    Mixed,
    /// Chinese and Japanese prose.
    Cjk,
    /// Source code: an escape every 14 bytes or so.
    Escapes,
}

const WORDS: [&str; 48] = [
    "the",
    "of",
    "and",
    "a",
    "to",
    "in",
    "is",
    "that",
    "for",
    "it",
    "request",
    "cache",
    "model",
    "answer",
    "when",
    "with",
    "as",
    "on",
    "value",
    "was",
    "from",
    "this",
    "error",
    "which",
    "user",
    "should",
    "not",
    "be",
    "by",
    "are",
    "function",
    "returns",
    "before",
    "after",
    "response",
    "an",
    "line",
    "token",
    "please",
    "explain",
    "first",
    "second",
    "result",
    "data",
    "summary",
    "or",
    "implementation",
    "configuration",
];

const ACCENTED: [&str; 12] = [
    "caf\u{e9}",
    "na\u{ef}ve",
    "Z\u{fc}rich",
    "fa\u{e7}ade",
    "se\u{f1}or",
    "\u{fc}ber",
    "cr\u{e8}me",
    "d\u{e9}j\u{e0}",
    "\u{201c}so\u{201d}",
    "Gr\u{f6}\u{df}e",
    "\u{2014}",
    "\u{142}\u{f3}d\u{17a}",
];

const EMOJI: [&str; 6] =
    ["\u{1f600}", "\u{1f680}", "\u{2705}", "\u{1f44d}\u{1f3fd}", "\u{1f389}", "\u{26a0}\u{fe0f}"];

/// Lines of code as they stand in a JSON string, without the indentation and the line break.
const CODE: [&str; 16] = [
    r#"if (name == \"default\") {"#,
    "}",
    "",
    r#"return path.join(\"src\", name + \".rs\");"#,
    "let value = items.get(index).ok_or(Error::OutOfRange)?;",
    r#"println!(\"{}: {}\\n\", name, value);"#,
    "for (int i = 0; i < count; i++) {",
    r"const pattern = /^\\d+[.]\\d+$/;",
    r"// r\u00e9sum\u00e9 of the parser's state, for the next call",
    r#"throw new Error(\"unexpected token \" + token);"#,
    r#"windows = \"C:\\\\Users\\\\dev\";"#,
    "self.total += price * quantity;",
    "# The index is built once and kept in memory until the next reload.",
    "def load(self, path: str, limit: int | None = None) -> list[Row]:",
    "while let Some(entry) = queue.pop_front() {",
    "assert rows and all(row.width == header.width for row in rows)",
];

/// Appends `len` bytes of text in a style, escaped.
pub(crate) fn write(style: Style, random: &mut Random, len: usize, out: &mut Vec<u8>) {
    let end = out.len() + len;
    let mut piece = String::new();
    loop {
        piece.clear();
        match style {
            Style::Ascii => prose(random, &mut piece),
            Style::Mixed if random.percent(14) => foreign(random, &mut piece),
            Style::Mixed => prose(random, &mut piece),
            Style::Cjk => chinese(random, &mut piece),
            Style::Escapes => code(random, &mut piece),
        }
        if out.len() + piece.len() > end {
            break;
        }
        out.extend_from_slice(piece.as_bytes());
    }
    // What is left is too short for another piece.
    out.resize(end, b'.');
}

/// A word: in recorded traffic three escapes come on a thousand bytes.
fn prose(random: &mut Random, out: &mut String) {
    let word = random.pick(&WORDS);
    match random.below(200) {
        0 | 1 => *out += "\\n\\n",
        2 => *out += &format!("\\\"{word}\\\" "),
        3..14 => *out += &format!("{word}. "),
        14..24 => *out += &format!("{word}, "),
        24 => *out += &format!("{} ", random.below(10_000)),
        _ => *out += &format!("{word} "),
    }
}

fn foreign(random: &mut Random, out: &mut String) {
    match random.below(10) {
        0..6 => *out += random.pick(&ACCENTED),
        6..8 => *out += random.pick(&EMOJI),
        _ => (0..6).for_each(|_| out.push(ideograph(random))),
    }
    out.push(' ');
}

fn chinese(random: &mut Random, out: &mut String) {
    match random.below(40) {
        0 => *out += "\\n",
        1..3 => *out += "\u{3002}",
        3..6 => *out += "\u{ff0c}",
        6 => *out += random.pick(&WORDS),
        // Hiragana.
        7..17 => out.extend(char::from_u32(0x3042 + random.below(80) as u32)),
        _ => out.push(ideograph(random)),
    }
}

/// One of the common ideographs.
fn ideograph(random: &mut Random) -> char {
    char::from_u32(0x4e00 + random.below(0x5000) as u32).unwrap_or('\u{4e00}')
}

fn code(random: &mut Random, out: &mut String) {
    for _ in 0..random.below(3) {
        *out += "\\t";
    }
    *out += random.pick(&CODE);
    *out += "\\n";
}
