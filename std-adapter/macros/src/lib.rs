//! The `#[cached]` attribute; its documentation is in the `llm-cache` crate.
//!
//! `attr` reads what stands in the parentheses, `valid` checks it against the function, `digest`
//! names the function's own text, and `expand` writes the three functions that come out.

mod attr;
mod digest;
mod expand;
mod valid;

use proc_macro::TokenStream;
use syn::{ItemFn, parse_macro_input};

/// Documented where `llm-cache` re-exports it.
#[proc_macro_attribute]
pub fn cached(options: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as attr::Options);
    let function = parse_macro_input!(item as ItemFn);
    valid::check(&options, &function)
        .map(|parameters| expand::expand(&options, &function, &parameters))
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
