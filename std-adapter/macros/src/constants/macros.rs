//! The arguments of macros in a body, as far as they read as expressions.

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Expr, ExprAssign, ExprLit, Lit, LitStr, Macro, Token, parse::Parser as _,
    punctuated::Punctuated,
};

/// Macros whose every string is a format string.
const FORMATS: &[&str] = &[
    "format",
    "format_args",
    "print",
    "println",
    "eprint",
    "eprintln",
    "write",
    "writeln",
    "panic",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "unreachable",
    "anyhow",
    "bail",
    "ensure",
    "eyre",
    "error",
    "warn",
    "info",
    "debug",
    "trace",
    "event",
    "span",
    "log",
    "formatdoc",
    "writedoc",
    "printdoc",
    "format_err",
    "whatever",
];

/// Macros whose arguments are no expressions, or say nothing about values.
const OPAQUE: &[&str] = &[
    "stringify",
    "concat",
    "env",
    "option_env",
    "line",
    "column",
    "file",
    "module_path",
    "compile_error",
    "thread_local",
    "macro_rules",
    "include",
];

/// What the arguments of a macro come to.
#[derive(Default)]
pub(super) struct Arguments {
    /// Expressions, those of named arguments too.
    pub(super) values: Vec<Expr>,
    /// The names of named arguments.
    pub(super) named: Vec<String>,
    /// Texts that may capture names.
    pub(super) formats: Vec<LitStr>,
}

impl Arguments {
    /// Those of a call. What does not read as a list of expressions is searched piece by piece.
    pub(super) fn of(call: &Macro) -> Self {
        let name = call.path.segments.last().map(|last| last.ident.to_string());
        let name = name.unwrap_or_default();
        let mut arguments = Self::default();
        if name == "concat" {
            // Its texts are no format strings, but an `include_str!` may stand in it.
            arguments.read(call.tokens.clone());
            arguments.formats.clear();
        } else if !OPAQUE.contains(&name.as_str()) {
            arguments.read(call.tokens.clone());
            if !FORMATS.contains(&name.as_str()) {
                arguments.formats.truncate(1);
            }
        }
        arguments
    }

    fn read(&mut self, tokens: TokenStream) {
        let list = Punctuated::<Expr, Token![,]>::parse_terminated;
        match list.parse2(tokens.clone()) {
            Ok(list) => list.into_iter().for_each(|value| self.take(value)),
            Err(_) => self.search(tokens),
        }
    }

    fn take(&mut self, value: Expr) {
        match value {
            Expr::Assign(ExprAssign { left, right, .. }) => {
                if let Expr::Path(path) = *left
                    && let Some(name) = path.path.get_ident()
                {
                    self.named.push(name.to_string());
                }
                self.take(*right);
            }
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => self.formats.push(text),
            value => self.values.push(value),
        }
    }

    /// The pieces between `,`, `;`, `:`, `=` and `=>`; of one that is a group, its inside.
    fn search(&mut self, tokens: TokenStream) {
        let mut piece: Vec<TokenTree> = Vec::new();
        for token in tokens {
            match &token {
                TokenTree::Punct(punct) if ",;:=>".contains(punct.as_char()) => {
                    // `::` belongs to a path.
                    let is_path = punct.as_char() == ':'
                        && (punct.spacing() == proc_macro2::Spacing::Joint
                            || ends_with_colon(&piece));
                    if is_path {
                        piece.push(token);
                    } else {
                        self.piece(std::mem::take(&mut piece));
                    }
                }
                _ => piece.push(token),
            }
        }
        self.piece(piece);
    }

    fn piece(&mut self, piece: Vec<TokenTree>) {
        if piece.is_empty() {
            return;
        }
        let tokens: TokenStream = piece.iter().cloned().collect();
        if let Ok(value) = syn::parse2::<Expr>(tokens) {
            return self.take(value);
        }
        for token in piece {
            if let TokenTree::Group(group) = token {
                self.read(group.stream());
            }
        }
    }
}

fn ends_with_colon(piece: &[TokenTree]) -> bool {
    matches!(piece.last(), Some(TokenTree::Punct(last))
        if last.as_char() == ':' && last.spacing() == proc_macro2::Spacing::Joint)
}
