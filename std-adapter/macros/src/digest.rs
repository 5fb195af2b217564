//! The digest of a function's own tokens: edit the function, and its answers are asked for anew.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use sha2::{Digest as _, Sha256};

/// SHA-256 over the tokens, one length-prefixed field each; space and comments do not count.
pub(crate) fn digest(tokens: TokenStream) -> [u8; 32] {
    let mut hash = Sha256::new();
    feed(tokens, &mut hash);
    hash.finalize().into()
}

fn feed(tokens: TokenStream, hash: &mut Sha256) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    // Not in the source: it only holds together what a macro passed on.
                    Delimiter::None => ("", ""),
                };
                field(b'g', open, hash);
                feed(group.stream(), hash);
                field(b'g', close, hash);
            }
            TokenTree::Ident(ident) => field(b'i', &ident.to_string(), hash),
            TokenTree::Literal(literal) => field(b'l', &literal.to_string(), hash),
            TokenTree::Punct(punct) => {
                // `& &` is not `&&`; before anything but another punctuation mark it is the same.
                let joint = punct.spacing() == Spacing::Joint
                    && matches!(tokens.peek(), Some(TokenTree::Punct(_)));
                field(
                    if joint { b'j' } else { b'p' },
                    punct.as_char().encode_utf8(&mut [0; 4]),
                    hash,
                );
            }
        }
    }
}

fn field(kind: u8, text: &str, hash: &mut Sha256) {
    hash.update([kind]);
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str) -> [u8; 32] {
        digest(source.parse().unwrap())
    }

    /// Space, line breaks and comments do not count; everything else does.
    #[test]
    fn only_tokens_count() {
        let source = "fn f(a: u8) -> u8 { ask(\"who?\", a && b) }";
        let spread = "fn f ( a : u8 )\n-> u8 { // why\n ask ( \"who?\" , a && b )\n}";
        assert_eq!(of(source), of(spread));
        for edit in [
            "fn f(a: u8) -> u8 { ask(\"who? \", a && b) }",
            "fn g(a: u8) -> u8 { ask(\"who?\", a && b) }",
            "fn f(a: u8) -> u8 { ask(\"who?\", a & &b) }",
            "fn f(a: u8) -> u8 { ask[\"who?\", a && b] }",
            "fn f(a: u8) -> u8 { ask(\"who?\") }",
        ] {
            assert_ne!(of(source), of(edit), "{edit}");
        }
    }

    /// Neighbouring tokens do not run together, and brackets hold.
    #[test]
    fn tokens_stay_apart() {
        assert_ne!(of("ab c"), of("a bc"));
        assert_ne!(of("(a) b"), of("(a b)"));
    }
}
