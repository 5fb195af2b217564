//! The `#[cached]` attribute; its documentation is in the `llm-cache` crate.
//!
//! `attr` reads what stands in the parentheses, `valid` checks it against the function, `digest`
//! names the function's own text, `constants` finds what else its answers depend on, and `expand`
//! writes the three functions that come out.

mod attr;
mod constants;
mod digest;
mod expand;
mod krate;
mod place;
mod valid;

use proc_macro::TokenStream;
use syn::{ItemFn, parse_macro_input};

/// Documented where `llm-cache` re-exports it.
#[proc_macro_attribute]
pub fn cached(options: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as attr::Options);
    let function = parse_macro_input!(item as ItemFn);
    let place = place::of(&function);
    match valid::check(&options, &function, place) {
        Ok(parameters) => expand::expand(&options, &function, &parameters, place).into(),
        Err(error) => {
            // The function stays, so that nobody who calls it gets an error for it.
            let error = error.into_compile_error();
            quote::quote!(#error #function).into()
        }
    }
}
