//! The constants that a function's body mentions: their values are parts of its key.
//!
//! A macro sees names, not what they stand for. What is written like a constant is found here and
//! asked for its value in the expansion, where the compiler knows its type; what turns out to be
//! something else (a static that may change, a variant, a unit struct) counts for nothing.

mod bindings;
mod captures;
mod macros;
mod walk;

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, Ident, ItemFn, ItemUse, Signature, spanned::Spanned as _};

use walk::Walk;
pub(crate) use walk::is_screaming;

/// What stands in a body for a value that may change from build to build.
pub(crate) struct Mention {
    /// The expression: a path, or an `include_str!`.
    value: TokenStream,
    /// The same as text without spaces: its name in the key.
    name: String,
    /// The predicates of the `cfg`s around it.
    cfgs: Vec<TokenStream>,
    /// The imports of the blocks around it.
    imports: Vec<ItemUse>,
    when: When,
}

/// When a mention is asked for its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// Once a process: it is the same for all calls.
    Once,
    /// At every call: it may depend on what the function, or its type, is generic over.
    EachCall,
    /// At every call, and it must be a constant that can stand in a key: it is one of a type
    /// parameter's, and no mention of it would be found out to be something else.
    Strictly,
}

/// All mentions in a body, and the predicates of its `cfg`s.
pub(crate) struct Constants {
    mentions: Vec<Mention>,
    cfgs: Vec<TokenStream>,
}

impl Constants {
    /// Those of `function`, less those that the options name in `key(..)` and `skip_unkeyed(..)`.
    pub(crate) fn of(
        function: &ItemFn,
        is_associated: bool,
        keyed: &[Expr],
        left_out: &[Ident],
    ) -> Self {
        let found = walk(&function.sig, is_associated, |walk| walk.body(&function.block));
        let named = walk(&function.sig, is_associated, |walk| {
            keyed.iter().for_each(|value| walk.value(value));
        });
        let named: BTreeSet<_> = named.mentions.into_iter().map(|mention| mention.name).collect();
        let is_left_out = |mention: &Mention| {
            let last = mention.name.rsplit("::").next().unwrap_or_default();
            named.contains(&mention.name) || left_out.iter().any(|name| name == last)
        };
        let mut seen = BTreeSet::new();
        let mentions = found.mentions.into_iter().filter(|mention| {
            let cfgs: Vec<_> = mention.cfgs.iter().map(ToString::to_string).collect();
            !is_left_out(mention) && seen.insert((mention.name.clone(), cfgs))
        });
        let mut cfgs_seen = BTreeSet::new();
        let cfgs = found.cfgs.into_iter().filter(|cfg| cfgs_seen.insert(cfg.to_string()));
        Self { mentions: mentions.collect(), cfgs: cfgs.collect() }
    }

    /// A closure that adds those that never change.
    pub(crate) fn once(&self) -> TokenStream {
        let here = Span::mixed_site();
        let cfgs = self.cfgs.iter().map(|predicate| {
            let name = format!("cfg({})", text_of(predicate));
            quote_spanned!(here=> constants.constant(#name, &::core::cfg!(#predicate));)
        });
        let mentions = self.mentions.iter().filter(|mention| mention.when == When::Once);
        let all: Vec<_> = mentions.map(Mention::feed).chain(cfgs).collect();
        if all.is_empty() {
            return quote!(|_| {});
        }
        quote_spanned!(here=> |constants: &mut __llm_cache::Constants| { #(#all)* })
    }

    /// A closure that adds those that are asked at every call, if there are any.
    pub(crate) fn each_call(&self) -> Option<TokenStream> {
        let here = Span::mixed_site();
        let mentions = self.mentions.iter().filter(|mention| mention.when != When::Once);
        let all: Vec<_> = mentions.map(Mention::feed).collect();
        let add = quote_spanned!(here=> |constants: &mut __llm_cache::Constants| { #(#all)* });
        (!all.is_empty()).then_some(add)
    }

    #[cfg(test)]
    fn names(&self) -> Vec<&str> {
        self.mentions.iter().map(|mention| mention.name.as_str()).collect()
    }
}

impl Mention {
    /// A statement that adds the value, under the same `cfg`s and imports as in the body.
    fn feed(&self) -> TokenStream {
        let Self { value, name, cfgs, imports, when } = self;
        let (here, there) = (Span::mixed_site(), value.span().resolved_at(Span::mixed_site()));
        let add = match when {
            When::Strictly => quote_spanned!(there=> constants.constant(#name, &#value)),
            _ => {
                quote_spanned!(here=> (&&__llm_cache::Mention(&#value)).feed(#name, constants))
            }
        };
        quote! {
            #(#[cfg(#cfgs)])*
            #[allow(deprecated, unused_imports, clippy::borrow_interior_mutable_const)]
            let () = { #(#imports)* #add };
        }
    }
}

fn walk(sig: &Signature, is_associated: bool, over: impl FnOnce(&mut Walk)) -> Constants {
    let mut walk = Walk::new(sig, is_associated);
    over(&mut walk);
    walk.found()
}

/// Tokens without the spaces between them, which differ from compiler to compiler.
fn text_of(tokens: &TokenStream) -> String {
    tokens.to_string().split_whitespace().collect()
}

#[cfg(test)]
mod tests;
