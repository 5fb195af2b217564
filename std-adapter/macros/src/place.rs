//! Where a function stands. An attribute sees its function alone, and not the `impl` around it; so
//! the source file is looked into. What is not found there, because a macro wrote the function or
//! an editor expands it elsewhere, is left to what the function itself tells.

use std::fs;

use quote::ToTokens as _;
use syn::{
    Attribute, File, ImplItemFn, ItemFn, ItemImpl, ItemTrait, Signature, TraitItemFn,
    visit::{self, Visit},
};

use crate::valid::mentions;

/// Where a function stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a module or a block.
    Free,
    /// In an `impl` of a type.
    Type,
    /// In a trait, or in an `impl` of one.
    Trait,
}

/// The place of `function` in its file, if all functions there that have its signature agree.
pub(crate) fn of(function: &ItemFn) -> Option<Place> {
    if !proc_macro::is_available() {
        return None;
    }
    let path = function.sig.ident.span().unwrap().local_file()?;
    in_text(&fs::read_to_string(path).ok()?, &function.sig)
}

fn in_text(text: &str, sig: &Signature) -> Option<Place> {
    let file: File = syn::parse_file(text).ok()?;
    let mut search = Search { wanted: text_of(sig), found: Vec::new(), around: Place::Free };
    search.visit_file(&file);
    let first = *search.found.first()?;
    search.found.iter().all(|place| *place == first).then_some(first)
}

struct Search {
    wanted: String,
    found: Vec<Place>,
    around: Place,
}

impl Search {
    /// Another function may have the signature of one that a macro wrote, so only decorated ones
    /// count.
    fn take(&mut self, attrs: &[Attribute], sig: &Signature, place: Place) {
        let is_decorated = attrs.iter().any(|each| mentions(each.to_token_stream(), "cached"));
        if is_decorated && text_of(sig) == self.wanted {
            self.found.push(place);
        }
    }

    fn within(&mut self, place: Place, walk: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.around, place);
        walk(self);
        self.around = before;
    }
}

impl<'ast> Visit<'ast> for Search {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.take(&function.attrs, &function.sig, Place::Free);
        visit::visit_item_fn(self, function);
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let place = if item.trait_.is_some() { Place::Trait } else { Place::Type };
        self.within(place, |search| visit::visit_item_impl(search, item));
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        self.within(Place::Trait, |search| visit::visit_item_trait(search, item));
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.take(&function.attrs, &function.sig, self.around);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        self.take(&function.attrs, &function.sig, Place::Trait);
        visit::visit_trait_item_fn(self, function);
    }
}

fn text_of(sig: &Signature) -> String {
    sig.to_token_stream().to_string().split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function is found by its signature wherever it stands, and one that stands in places of
    /// two kinds is not told.
    #[test]
    fn functions_are_found_in_their_place() {
        let text = "
            #[cached] fn free(a: u8) -> u8 { #[cached] fn inner() -> u8 { 1 } inner() }
            impl Asker {
                #[llm_cache::cached(skip(a))] fn own(a: &str) -> u8 {
                    #[cached] fn nested() -> u8 { 1 }
                    1
                }
                #[cached] fn two() -> u8 { 1 }
            }
            impl Ask for Asker { #[cached] fn ask(&self) -> u8 { 1 } fn plain(&self) -> u8 { 1 } }
            trait Ask { fn ask(&self) -> u8; #[cached] fn given() -> u8 { 1 } }
            mod m { #[cached] fn two() -> u8 { 2 } }
        ";
        let place = |sig: &str| in_text(text, &syn::parse_str(sig).expect("a signature"));
        assert_eq!(place("fn free(a: u8) -> u8"), Some(Place::Free));
        assert_eq!(place("fn inner() -> u8"), Some(Place::Free));
        assert_eq!(place("fn nested() -> u8"), Some(Place::Free));
        assert_eq!(place("fn own(a: & str) -> u8"), Some(Place::Type));
        assert_eq!(place("fn ask(&self) -> u8"), Some(Place::Trait));
        assert_eq!(place("fn given() -> u8"), Some(Place::Trait));
        assert_eq!(place("fn two() -> u8"), None);
        assert_eq!(place("fn plain(&self) -> u8"), None);
        assert_eq!(in_text("fn free(", &syn::parse_str("fn free()").expect("a signature")), None);
    }
}
