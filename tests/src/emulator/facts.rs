//! What the emulator finds in a text by spelling alone: names, numbers, labelled values.
//!
//! Every name and number is given out once, in order of appearance, so that a text about two people
//! fills two objects. A rule of thumb, not understanding: it knows capital letters and a few words.

/// Words before a name; the capitalised words right after one of them come first.
const INTRODUCTIONS: &[&str] = &["name is", "named", "called", "i am", "i'm", "this is", "meet"];

/// Capitalised words that are no names: they open sentences, or head a label.
const NOT_NAMES: &[&str] = &[
    "a", "an", "and", "answer", "at", "call", "describe", "extract", "find", "from", "get", "give",
    "he", "hello", "hi", "her", "his", "how", "i", "i'm", "i'll", "i've", "if", "in", "input",
    "is", "it", "json", "list", "my", "name", "of", "on", "parse", "person", "please", "read",
    "return", "she", "tell", "text", "the", "their", "they", "this", "to", "use", "user", "we",
    "what", "when", "where", "who", "you", "your",
];

/// The facts of one text, handed out as they are asked for.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    text: &'a str,
    names: Vec<String>,
    numbers: Vec<&'a str>,
    names_used: usize,
    integers_used: usize,
}

impl<'a> Facts<'a> {
    /// Reads `text` once: O(its length).
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, names: names(text), numbers: numbers(text), names_used: 0, integers_used: 0 }
    }

    /// The next name not given out; the last one again when all are.
    pub(super) fn name(&mut self) -> Option<String> {
        let index = self.names_used.min(self.names.len().saturating_sub(1));
        self.names_used += 1;
        self.names.get(index).cloned()
    }

    /// The next number written without a fraction.
    pub(super) fn integer(&mut self) -> Option<&'a str> {
        let index = self.numbers.iter().position(|number| !number.contains('.'))?;
        self.integers_used += 1;
        Some(self.numbers.remove(index))
    }

    /// The next number of any form.
    pub(super) fn number(&mut self) -> Option<&'a str> {
        if self.numbers.is_empty() {
            return None;
        }
        self.integers_used += 1;
        Some(self.numbers.remove(0))
    }

    /// Whether facts are left for one more object, where the last one began at `mark`.
    pub(super) fn more_since(&self, mark: Mark) -> bool {
        if self.names_used > mark.names_used {
            return self.names_used < self.names.len();
        }
        self.integers_used > mark.numbers_used && !self.numbers.is_empty()
    }

    /// How much has been given out so far.
    pub(super) fn mark(&self) -> Mark {
        Mark { names_used: self.names_used, numbers_used: self.integers_used }
    }

    /// Whether `word` occurs in the text as a word, whatever its case.
    pub(super) fn mentions(&self, word: &str) -> bool {
        let (text, word) = (self.text.to_lowercase(), word.to_lowercase());
        let bound = |at: Option<char>| !at.is_some_and(char::is_alphanumeric);
        !word.is_empty()
            && text.match_indices(&word).any(|(at, found)| {
                bound(text[..at].chars().next_back())
                    && bound(text[at + found.len()..].chars().next())
            })
    }

    /// The first word that holds `part`, without surrounding punctuation: an address, a link.
    pub(super) fn word_with(&self, part: &str) -> Option<&'a str> {
        let word = self.text.split_whitespace().find(|word| word.contains(part))?;
        Some(word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/'))
    }

    /// What stands after `LABEL is` or `LABEL:`, up to the end of the clause.
    pub(super) fn labelled(&self, label: &str) -> Option<&'a str> {
        // Lower-casing ASCII keeps every offset.
        let text = self.text.to_ascii_lowercase();
        let label = label.to_ascii_lowercase().replace('_', " ");
        [format!("{label} is "), format!("{label}: ")].iter().find_map(|opening| {
            let rest = &self.text[text.find(opening)? + opening.len()..];
            let end = rest.find([',', '.', ';', '\n']).unwrap_or(rest.len());
            let value = rest[..end].split(" and ").next().unwrap_or_default().trim();
            (!value.is_empty()).then_some(value)
        })
    }
}

/// A point in the giving out of facts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    names_used: usize,
    numbers_used: usize,
}

/// Runs of capitalised words that are no sentence openers; introduced ones first.
fn names(text: &str) -> Vec<String> {
    let mut introduced = Vec::new();
    let mut others = Vec::new();
    let mut run: Vec<&str> = Vec::new();
    let mut before = String::new();
    for word in text.split_whitespace().chain(std::iter::once("")) {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let is_name = bare.chars().next().is_some_and(char::is_uppercase)
            && !bare.chars().any(|c| c.is_numeric() || c == '_')
            && !NOT_NAMES.contains(&bare.to_lowercase().as_str());
        if is_name {
            run.push(bare.strip_suffix("'s").unwrap_or(bare));
        }
        let ends = !word.is_empty() && word.ends_with(|c: char| !c.is_alphanumeric());
        if (!is_name || ends) && !run.is_empty() {
            let name = run.join(" ");
            let list = if INTRODUCTIONS.iter().any(|words| before.ends_with(words)) {
                &mut introduced
            } else {
                &mut others
            };
            if !list.contains(&name) {
                list.push(name);
            }
            run.clear();
            before.clear();
        }
        if !is_name {
            before.push(' ');
            before.push_str(&word.to_lowercase());
        }
    }
    others.retain(|name| !introduced.contains(name));
    introduced.append(&mut others);
    introduced
}

/// Digits with an optional sign and fraction, in order; part of a word (`gpt4`) is no number.
fn numbers(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let joined = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'.');
        if !bytes[at].is_ascii_digit() || joined {
            at += 1;
            continue;
        }
        let mut end = digits_end(bytes, at);
        if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
            end = digits_end(bytes, end + 1);
        }
        let signed = at > 0 && bytes[at - 1] == b'-' && (at == 1 || bytes[at - 2] == b' ');
        found.push(&text[at - usize::from(signed)..end]);
        at = end;
    }
    found
}

fn digits_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|byte| !byte.is_ascii_digit()).map_or(bytes.len(), |n| from + n)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves the rule for names on the sentences that the guides and examples use.
    #[test]
    fn names_are_found_by_their_capitals() {
        let first = |text: &str| Facts::of(text).name();
        let some = |name: &str| Some(name.to_string());
        assert_eq!(first("My name is John and I am 30 years old"), some("John"));
        assert_eq!(first("Extract: Jason Liu is 25 years old"), some("Jason Liu"));
        assert_eq!(first("Extract Maria is 25"), some("Maria"));
        assert_eq!(first("In Paris I met her. I am Ada Lovelace."), some("Ada Lovelace"));
        assert_eq!(first("no capitals here, not the JSON_SCHEMA"), None);
        assert_eq!(names("John is 30, Maria is 25. John's"), ["John", "Maria"]);
    }

    /// Proves the rule for numbers: signs, fractions, digits inside words.
    #[test]
    fn numbers_are_found_by_their_digits() {
        assert_eq!(numbers("gpt4 -5 a 2.50, 30. v1.2 7-8"), ["-5", "2.50", "30", "7", "8"]);
        let mut facts = Facts::of("2.5 kg for 30");
        assert_eq!(
            (facts.integer(), facts.number(), facts.number()),
            (Some("30"), Some("2.5"), None)
        );
    }

    /// Proves labels, words and mentions.
    #[test]
    fn labels_and_words_are_found() {
        let facts = Facts::of("Her home town is Turin, mail: ada@example.org. She is Active");
        assert_eq!(facts.labelled("home_town"), Some("Turin"));
        assert_eq!(facts.word_with("@"), Some("ada@example.org"));
        assert!(facts.mentions("active") && !facts.mentions("act"));
    }
}
