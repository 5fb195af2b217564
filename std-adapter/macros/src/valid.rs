//! The attribute against its function: what cannot be cached is refused where it stands.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident};
use syn::{
    Error, FnArg, GenericArgument, Ident, ItemFn, Pat, PathArguments, ReceiverKind, ReturnType,
    Signature, Type, parse_quote, spanned::Spanned as _,
};

use crate::{attr::Options, constants::is_screaming, place::Place};

/// A parameter of the function as the generated ones have it.
pub(crate) struct Parameter {
    /// Its name, an invented one where the function has a pattern; `self` for the receiver.
    pub(crate) name: Ident,
    /// Whether the function's body knows it by that name.
    pub(crate) is_named: bool,
    /// How it enters the key.
    pub(crate) role: Role,
    /// Its type; `None` for the receiver.
    pub(crate) ty: Option<Type>,
    /// Where the function declares it.
    pub(crate) span: Span,
}

/// How a parameter enters the key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// By its value.
    Value,
    /// By its `KeyScope`.
    Scope,
    /// Not at all.
    Unkeyed,
}

/// The parameters, or everything that is wrong.
pub(crate) fn check(
    options: &Options,
    function: &ItemFn,
    place: Option<Place>,
) -> syn::Result<Vec<Parameter>> {
    let mut faults = Faults(None);
    if place == Some(Place::Trait) {
        faults.add(
            function.sig.ident.span(),
            "a method of a trait cannot be cached: two more functions come out, and the trait has no \
             place for them; decorate a method of the type's own, and let the trait's call it",
        );
    }
    check_signature(&function.sig, &mut faults);
    let parameters: Vec<_> = function
        .sig
        .inputs
        .iter()
        .enumerate()
        .map(|(at, input)| parameter(at, input, options))
        .collect();
    for (parameter, input) in parameters.iter().zip(&function.sig.inputs) {
        if parameter.role == Role::Value
            && let Some(ty) = &parameter.ty
            && holds_set(ty)
        {
            faults.add(
                parameter.span,
                "a set inside of another type has no order of its own, so equal arguments would have \
                 different keys; take a `BTreeSet`, or the `HashSet` as an argument of its own",
            );
        }
        if parameter.role != Role::Unkeyed && is_mutable(input) {
            faults.add(
                parameter.span,
                "a cached function cannot change its argument: on a hit nothing would happen to it; \
                 take it by value or by `&`, or name it in `skip_unkeyed(...)`",
            );
        }
    }
    check_names(options, &parameters, &mut faults);
    match faults.0 {
        Some(error) => Err(error),
        None => Ok(parameters),
    }
}

/// All that was found wrong, to be shown at once.
struct Faults(Option<Error>);

impl Faults {
    fn add(&mut self, span: Span, message: impl std::fmt::Display) {
        let error = Error::new(span, message);
        match &mut self.0 {
            Some(first) => first.combine(error),
            none => *none = Some(error),
        }
    }
}

fn check_signature(sig: &Signature, faults: &mut Faults) {
    if let Some(token) = &sig.constness {
        faults.add(token.span, "a `const fn` cannot be cached: it runs when the program is built");
    }
    if let Some(abi) = &sig.abi {
        faults.add(abi.span(), "an `extern` function cannot be cached");
    }
    match &sig.output {
        ReturnType::Default => {
            faults.add(sig.ident.span(), "a cached function must return what is to be cached");
        }
        ReturnType::Type(_, ty) if mentions(ty.to_token_stream(), "impl") => {
            faults.add(ty.span(), "the result of a cached function must be a named type");
        }
        ReturnType::Type(_, ty) if is_future(ty) => {
            faults.add(
                ty.span(),
                "a future cannot be cached. With `async_trait`, or in a trait that returns boxed \
                 futures: decorate an `async fn` of the type's own, and let the trait's method call it",
            );
        }
        ReturnType::Type(..) => {}
    }
}

/// `Pin<Box<dyn Future<..>>>` and its like, into which `async_trait` turns methods.
fn is_future(ty: &Type) -> bool {
    let tokens = ty.to_token_stream();
    let is_boxed = mentions(tokens.clone(), "dyn") && mentions(tokens.clone(), "Future");
    is_boxed || ["BoxFuture", "LocalBoxFuture"].iter().any(|name| mentions(tokens.clone(), name))
}

/// Whether a type has a set without an order inside, where the expansion cannot sort it.
fn holds_set(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => holds_set(&reference.elem),
        Type::Paren(inner) => holds_set(&inner.elem),
        Type::Group(inner) => holds_set(&inner.elem),
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return false };
            let arguments = last.arguments.to_token_stream();
            match last.ident.to_string().as_str() {
                "HashSet" => mentions(arguments, "HashSet"),
                "Option" => match &last.arguments {
                    PathArguments::AngleBracketed(inner) => {
                        inner.args.iter().any(|argument| match argument {
                            GenericArgument::Type(ty) => holds_set(ty),
                            _ => false,
                        })
                    }
                    _ => false,
                },
                _ => mentions(arguments, "HashSet"),
            }
        }
        other => mentions(other.to_token_stream(), "HashSet"),
    }
}

fn parameter(at: usize, input: &FnArg, options: &Options) -> Parameter {
    let (name, ty) = match input {
        FnArg::Receiver(receiver) => (Some(Ident::from(receiver.self_token)), None),
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(pattern) if pattern.subpat.is_none() => {
                (Some(pattern.ident.clone()), Some((*typed.ty).clone()))
            }
            _ => (None, Some((*typed.ty).clone())),
        },
    };
    let is_named = name.is_some();
    let invent = || format_ident!("argument_{at}", span = Span::mixed_site());
    let name = name.unwrap_or_else(invent);
    let role = if options.skip.contains(&name) {
        Role::Scope
    } else if options.skip_unkeyed.contains(&name) {
        Role::Unkeyed
    } else {
        Role::Value
    };
    Parameter { name, is_named, role, ty, span: input.span() }
}

/// `&mut self` or `name: &mut T`; a `mut` binding is the function's own affair.
fn is_mutable(input: &FnArg) -> bool {
    let ty = match input {
        FnArg::Receiver(receiver) => match &receiver.kind {
            ReceiverKind::Reference(_, _, mutability) => return mutability.is_some(),
            ReceiverKind::Typed(_, ty) => ty,
            _ => return false,
        },
        FnArg::Typed(typed) => &typed.ty,
    };
    matches!(&**ty, Type::Reference(reference) if reference.mutability.is_some())
}

/// Each skipped name is a parameter, or may be a constant of the body, and is skipped once.
fn check_names(options: &Options, parameters: &[Parameter], faults: &mut Faults) {
    let mut seen: Vec<&Ident> = Vec::new();
    for name in options.skip.iter().chain(&options.skip_unkeyed) {
        let may_be_constant = options.skip_unkeyed.contains(name) && is_screaming(name);
        if !may_be_constant && !parameters.iter().any(|parameter| parameter.name == *name) {
            faults.add(name.span(), format!("the function has no parameter `{name}`"));
        } else if seen.contains(&name) {
            faults.add(name.span(), format!("`{name}` is skipped twice"));
        }
        seen.push(name);
    }
}

/// Whether the identifier or keyword `word` stands anywhere in `tokens`.
pub(crate) fn mentions(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), word),
        TokenTree::Ident(ident) => ident == word,
        _ => false,
    })
}

/// The function's return type.
pub(crate) fn returned(sig: &Signature) -> Type {
    match &sig.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_str;

    fn refusals(options: &str, function: &str) -> Vec<String> {
        let checked = check(&parse_str(options).unwrap(), &parse_str(function).unwrap(), None);
        checked.err().into_iter().flatten().map(|error| error.to_string()).collect()
    }

    /// Every role is found, and a pattern gets a name.
    #[test]
    fn parameters_get_their_roles() {
        let function = "fn f(&self, client: &C, log: &mut L, (a, b): (u8, u8), mut d: u8) -> u8 {}";
        let options = parse_str("skip(client), skip_unkeyed(log, self)").unwrap();
        let parameters = check(&options, &parse_str(function).unwrap(), None).unwrap();
        let names: Vec<_> = parameters.iter().map(|each| each.name.to_string()).collect();
        assert_eq!(names, ["self", "client", "log", "argument_3", "d"]);
        let roles: Vec<_> = parameters.iter().map(|each| each.role).collect();
        let expected = [Role::Unkeyed, Role::Scope, Role::Unkeyed, Role::Value, Role::Value];
        assert!(roles == expected);
    }

    /// What cannot be cached is refused, all of it at once.
    #[test]
    fn functions_that_cannot_be_cached_are_refused() {
        assert!(refusals("", "const fn f() -> u8 { 1 }")[0].contains("const fn"));
        assert!(refusals("", "fn f() {}")[0].contains("must return"));
        assert!(refusals("", "fn f() -> impl Copy { 1 }")[0].contains("named type"));
        assert!(refusals("", "fn f(a: &mut u8) -> u8 { 1 }")[0].contains("cannot change"));
        assert!(refusals("", "fn f(&mut self) -> u8 { 1 }")[0].contains("cannot change"));
        assert!(
            refusals("", "fn f() -> Pin<Box<dyn Future<Output = u8>>> {}")[0].contains("future")
        );
        for sets in ["Vec<HashSet<u8>>", "&HashMap<u8, HashSet<u8>>", "Option<(HashSet<u8>, u8)>"] {
            let found = refusals("", &format!("fn f(a: {sets}) -> u8 {{ 1 }}"));
            assert!(found[0].contains("BTreeSet"), "{sets}");
        }
        for sets in ["HashSet<u8>", "&HashSet<Vec<u8>>", "Option<&HashSet<u8>>"] {
            assert!(refusals("", &format!("fn f(a: {sets}) -> u8 {{ 1 }}")).is_empty(), "{sets}");
        }
        let both = refusals("skip(x), skip_unkeyed(a, a)", "fn f(a: u8) -> u8 { 1 }");
        assert_eq!(both, ["the function has no parameter `x`", "`a` is skipped twice"]);
    }
}
