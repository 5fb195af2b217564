//! The walk over a body that finds the mentions.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{
    Arm, Attribute, Block, Expr, ExprCall, ExprClosure, ExprForLoop, ExprIf, ExprLet, ExprPath,
    ExprRawAddr, ExprUnsafe, ExprWhile, FieldValue, GenericParam, ImplItemFn, Item, ItemFn, Local,
    Macro, Pat, PathArguments, Signature, Stmt,
    parse::Parser as _,
    visit::{self, Visit},
};

use super::{
    Constants, Mention, When, bindings::Bindings, captures::captures, macros::Arguments, text_of,
};

/// Where the walk is, and what it has found.
pub(super) struct Walk {
    mentions: Vec<Mention>,
    /// The predicates of all `cfg`s.
    all_cfgs: Vec<TokenStream>,
    /// The predicates of those around.
    cfgs: Vec<TokenStream>,
    bindings: Bindings,
    /// The type parameters of the function.
    types: Vec<String>,
    is_associated: bool,
    /// In an `impl` or trait of the body's own, where `Self` is another one.
    other_self: bool,
    /// In an `unsafe` block, where a static that changes may be read.
    is_unsafe: bool,
}

impl Walk {
    pub(super) fn new(sig: &Signature, is_associated: bool) -> Self {
        let mut bindings = Bindings::default();
        bindings.signature(sig);
        let types = sig.generics.params.iter().filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(parameter.ident.to_string()),
            _ => None,
        });
        Self {
            mentions: Vec::new(),
            all_cfgs: Vec::new(),
            cfgs: Vec::new(),
            bindings,
            types: types.collect(),
            is_associated,
            other_self: false,
            is_unsafe: false,
        }
    }

    pub(super) fn body(&mut self, block: &Block) {
        self.visit_block(block);
    }

    /// An expression that does not stand in the body, or was read from a macro's arguments.
    pub(super) fn value(&mut self, value: &Expr) {
        self.visit_expr(value);
    }

    pub(super) fn found(self) -> Constants {
        Constants { mentions: self.mentions, cfgs: self.all_cfgs }
    }

    /// Walks with what is bound, imported and configured meanwhile forgotten at the end.
    fn scope(&mut self, walk: impl FnOnce(&mut Self)) {
        let (mark, cfgs) = (self.bindings.enter(), self.cfgs.len());
        walk(self);
        self.bindings.leave(mark);
        self.cfgs.truncate(cfgs);
    }

    /// Walks under the `cfg`s among `attributes`.
    fn configured(&mut self, attributes: &[Attribute], walk: impl FnOnce(&mut Self)) {
        let before = self.cfgs.len();
        for predicate in attributes.iter().filter_map(predicate_of) {
            // A statement shares its attributes with the expression that it is.
            if !self.cfgs.iter().any(|known| known.to_string() == predicate.to_string()) {
                self.cfgs.push(predicate);
            }
        }
        self.all_cfgs.extend_from_slice(&self.cfgs[before..]);
        walk(self);
        self.cfgs.truncate(before);
    }

    /// A path, if it is written as a constant is and the body does not bind its name.
    fn path(&mut self, found: &ExprPath) {
        let segments = &found.path.segments;
        let (Some(first), Some(last)) = (segments.first(), segments.last()) else { return };
        let first_name = first.ident.to_string();
        if self.is_unsafe || !is_screaming(&last.ident) || (self.other_self && first_name == "Self")
        {
            return;
        }
        let is_type_parameter = |tokens: TokenStream| {
            self.types.iter().any(|name| crate::valid::mentions(tokens.clone(), name))
        };
        let of_parameter = match &found.qself {
            Some(qself) => is_type_parameter(qself.ty.to_token_stream()),
            None => segments.len() > 1 && self.types.contains(&first_name),
        };
        let bound = found.qself.is_none()
            && found.path.leading_colon.is_none()
            && self.bindings.is_bound(&first_name);
        if bound && !of_parameter {
            return;
        }
        let has_arguments =
            segments.iter().any(|segment| !matches!(segment.arguments, PathArguments::None));
        let of_type = segments.len() > 1 && first_name.starts_with(char::is_uppercase);
        let when = if of_parameter {
            When::Strictly
        } else if found.qself.is_some()
            || has_arguments
            || first_name == "Self"
            || (self.is_associated && of_type)
        {
            When::EachCall
        } else {
            When::Once
        };
        let path = ExprPath { attrs: Vec::new(), ..found.clone() };
        self.mention(path.to_token_stream(), when);
    }

    fn mention(&mut self, value: TokenStream, when: When) {
        let (name, cfgs) = (text_of(&value), self.cfgs.clone());
        let imports = self.bindings.imports().to_vec();
        self.mentions.push(Mention { value, name, cfgs, imports, when });
    }

    /// A name that a format string captures.
    fn capture(&mut self, name: &str, span: proc_macro2::Span) {
        let ident = Ident::new(name, span);
        if !self.is_unsafe && is_screaming(&ident) && !self.bindings.is_bound(name) {
            self.mention(ident.into_token_stream(), When::Once);
        }
    }
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_block(&mut self, block: &'ast Block) {
        self.scope(|walk| {
            walk.bindings.items(block);
            visit::visit_block(walk, block);
        });
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let attributes = leading_attributes(statement.to_token_stream());
        self.configured(&attributes, |walk| visit::visit_stmt(walk, statement));
    }

    fn visit_expr(&mut self, expression: &'ast Expr) {
        let tokens = expression.to_token_stream();
        let first = tokens.clone().into_iter().next();
        let has_attributes =
            matches!(first, Some(TokenTree::Punct(punct)) if punct.as_char() == '#');
        let attributes = if has_attributes { leading_attributes(tokens) } else { Vec::new() };
        self.configured(&attributes, |walk| visit::visit_expr(walk, expression));
    }

    fn visit_field_value(&mut self, field: &'ast FieldValue) {
        self.configured(&field.attrs, |walk| visit::visit_field_value(walk, field));
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let is_conditional = attribute.path().is_ident("cfg_attr");
        let predicate = predicate_of(attribute).or_else(|| {
            let list = attribute.meta.require_list().ok().filter(|_| is_conditional)?;
            let end =
                |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ',');
            Some(list.tokens.clone().into_iter().take_while(|token| !end(token)).collect())
        });
        self.all_cfgs.extend(predicate);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        visit::visit_local(self, local);
        self.bindings.pattern(&local.pat);
    }

    fn visit_pat(&mut self, pattern: &'ast Pat) {
        if let Pat::Guard(guarded) = pattern {
            self.visit_expr(&guarded.guard);
        }
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        self.scope(|walk| {
            walk.bindings.pattern(&arm.pat);
            walk.configured(&arm.attrs, |walk| visit::visit_arm(walk, arm));
        });
    }

    fn visit_expr_let(&mut self, condition: &'ast ExprLet) {
        self.visit_expr(&condition.expr);
        self.bindings.pattern(&condition.pat);
    }

    fn visit_expr_if(&mut self, branch: &'ast ExprIf) {
        self.scope(|walk| {
            walk.visit_expr(&branch.cond);
            walk.visit_block(&branch.then_branch);
        });
        if let Some((_, otherwise)) = &branch.else_branch {
            self.visit_expr(otherwise);
        }
    }

    fn visit_expr_while(&mut self, repeated: &'ast ExprWhile) {
        self.scope(|walk| visit::visit_expr_while(walk, repeated));
    }

    fn visit_expr_for_loop(&mut self, repeated: &'ast ExprForLoop) {
        self.visit_expr(&repeated.expr);
        self.scope(|walk| {
            walk.bindings.pattern(&repeated.pat);
            walk.visit_block(&repeated.body);
        });
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.scope(|walk| {
            walk.bindings.patterns(&closure.inputs);
            visit::visit_expr_closure(walk, closure);
        });
    }

    fn visit_expr_unsafe(&mut self, block: &'ast ExprUnsafe) {
        let before = std::mem::replace(&mut self.is_unsafe, true);
        visit::visit_expr_unsafe(self, block);
        self.is_unsafe = before;
    }

    /// What is called is a function or makes a variant.
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if !matches!(*call.func, Expr::Path(_)) {
            self.visit_expr(&call.func);
        }
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }

    /// The address of a static that changes can be taken without `unsafe`.
    fn visit_expr_raw_addr(&mut self, address: &'ast ExprRawAddr) {
        if !matches!(*address.expr, Expr::Path(_)) {
            self.visit_expr(&address.expr);
        }
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        self.path(path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        if call.path.is_ident("cfg") {
            self.all_cfgs.push(call.tokens.clone());
            return;
        }
        let last = call.path.segments.last().map(|last| last.ident.to_string());
        if matches!(last.as_deref(), Some("include_str" | "include_bytes")) {
            return self.mention(call.to_token_stream(), When::Once);
        }
        let Arguments { values, named, formats } = Arguments::of(call);
        values.iter().for_each(|value| self.value(value));
        for format in formats {
            for name in captures(&format.value()) {
                if !named.contains(&name) {
                    self.capture(&name, format.span());
                }
            }
        }
    }

    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            // Names have other meanings there.
            Item::Mod(_) | Item::Macro(_) | Item::Use(_) => {}
            Item::Impl(_) | Item::Trait(_) => {
                let before = std::mem::replace(&mut self.other_self, true);
                self.scope(|walk| {
                    match item {
                        Item::Impl(item) => walk.bindings.generics(&item.generics),
                        Item::Trait(item) => walk.bindings.generics(&item.generics),
                        _ => {}
                    }
                    visit::visit_item(walk, item);
                });
                self.other_self = before;
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.scope(|walk| {
            walk.bindings.signature(&function.sig);
            visit::visit_item_fn(walk, function);
        });
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.scope(|walk| {
            walk.bindings.signature(&function.sig);
            visit::visit_impl_item_fn(walk, function);
        });
    }
}

/// The predicate of a `#[cfg(..)]`.
fn predicate_of(attribute: &Attribute) -> Option<TokenStream> {
    let list = attribute.path().is_ident("cfg").then(|| attribute.meta.require_list().ok())??;
    Some(list.tokens.clone())
}

fn leading_attributes(tokens: TokenStream) -> Vec<Attribute> {
    let parse = |input: syn::parse::ParseStream<'_>| {
        let attributes = input.call(Attribute::parse_outer)?;
        input.parse::<TokenStream>()?;
        Ok(attributes)
    };
    parse.parse2(tokens).unwrap_or_default()
}

/// Whether a name is written as those of constants are.
pub(crate) fn is_screaming(name: &Ident) -> bool {
    let name = name.to_string();
    name.contains(|each: char| each.is_ascii_uppercase())
        && name
            .chars()
            .all(|each| each.is_ascii_uppercase() || each.is_ascii_digit() || each == '_')
}
