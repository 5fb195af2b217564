//! The three functions that come out: the cached one, the one that tells its outcome, the body.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::{
    Attribute, FnArg, GenericParam, Ident, ItemFn, Pat, PatIdent, PatType, ReturnType, Signature,
    Type, parse_quote, spanned::Spanned as _,
};

use crate::{
    attr::Options,
    digest::digest,
    valid::{Parameter, Role, mentions, returned},
};

/// The function under its own name, `{name}_with_outcome` and `{name}_uncached`.
///
/// All variables invented here are of mixed site: they cannot meet the user's. Items can, whatever
/// their site, since the options are expanded beside them: hence their odd names.
pub(crate) fn expand(
    options: &Options,
    function: &ItemFn,
    parameters: &[Parameter],
) -> TokenStream {
    let ItemFn { attrs, vis, sig, block, .. } = function;
    let names = Names::new(sig);
    let attributes = Attributes::sort(attrs);
    let (always, documented, body_only) =
        (&attributes.always, &attributes.documented, &attributes.body_only);

    let plain = signature(sig, parameters, &names.plain, None);
    let outcome_of = names.call(&names.with_outcome, sig, parameters);
    let maybe_await = sig.asyncness.map(|_| quote!(.await));

    let returned = returned(sig);
    let pair: Type = parse_quote!((#returned, ::llm_cache::cache::Outcome));
    let with_outcome = signature(sig, parameters, &names.with_outcome, Some(&pair));
    let memoised = memoised(options, function, parameters, &names, &returned);
    let with_outcome_doc =
        format!("As [`{}`](Self::{0}), and tells how the call was answered.", names.plain);
    let with_outcome_doc = names.link(&with_outcome_doc, sig, parameters);

    let mut uncached = sig.clone();
    uncached.ident = names.uncached.clone();
    let uncached_doc = format!("The body of [`{}`](Self::{0}): runs at every call.", names.plain);
    let uncached_doc = names.link(&uncached_doc, sig, parameters);
    let used = used_by(options, parameters);
    let statements = &block.stmts;

    quote! {
        #(#always)* #(#documented)*
        // Whoever wants the outcome of every call does not call this one.
        #[allow(dead_code)]
        #vis #plain { #outcome_of #maybe_await.0 }

        #(#always)*
        #[doc = #with_outcome_doc]
        #vis #with_outcome { #memoised }

        #(#always)* #(#body_only)*
        #[doc = #uncached_doc]
        #vis #uncached { #(let _ = &#used;)* #(#statements)* }
    }
}

/// Parameters that the options use, and the body perhaps not: they must not be called unused.
fn used_by<'a>(options: &Options, parameters: &'a [Parameter]) -> Vec<&'a Ident> {
    let Options { cache, scope, ttl_secs, namespace, .. } = options;
    let used = quote!(#cache #scope #ttl_secs #namespace);
    let names = parameters.iter().filter(|parameter| parameter.is_named).map(|each| &each.name);
    names.filter(|name| mentions(used.clone(), &name.to_string())).collect()
}

/// The names of the three functions, and how one calls another.
struct Names {
    plain: Ident,
    with_outcome: Ident,
    uncached: Ident,
}

impl Names {
    fn new(sig: &Signature) -> Self {
        let plain = sig.ident.clone();
        let with_outcome = format_ident!("{plain}_with_outcome");
        let uncached = format_ident!("{plain}_uncached");
        Self { plain, with_outcome, uncached }
    }

    /// The call of `name` with the parameters passed on.
    fn call(&self, name: &Ident, sig: &Signature, parameters: &[Parameter]) -> TokenStream {
        let path = if is_associated(sig, parameters) { quote!(Self::#name) } else { quote!(#name) };
        let generics: Vec<_> = sig.generics.params.iter().filter_map(generic_name).collect();
        let generics = (!generics.is_empty()).then(|| quote!(::<#(#generics),*>));
        let arguments = parameters.iter().map(|parameter| &parameter.name);
        quote!(#path #generics (#(#arguments),*))
    }

    /// Links within a type where the function is one of its own.
    fn link(&self, text: &str, sig: &Signature, parameters: &[Parameter]) -> String {
        if is_associated(sig, parameters) { text.into() } else { text.replace("(Self::", "(") }
    }
}

/// Whether the function must be called through `Self`. Without a receiver only its mentioning
/// `Self` tells.
fn is_associated(sig: &Signature, parameters: &[Parameter]) -> bool {
    parameters.iter().any(|parameter| parameter.ty.is_none())
        || mentions(sig.to_token_stream(), "Self")
}

fn generic_name(parameter: &GenericParam) -> Option<&Ident> {
    match parameter {
        GenericParam::Type(parameter) => Some(&parameter.ident),
        GenericParam::Const(parameter) => Some(&parameter.ident),
        GenericParam::Lifetime(_) => None,
    }
}

/// The function's attributes by where they belong.
#[derive(Default)]
struct Attributes<'a> {
    /// On all three.
    always: Vec<&'a Attribute>,
    /// On the one that is called by its own name.
    documented: Vec<&'a Attribute>,
    /// On the body: lints, and other macros.
    body_only: Vec<&'a Attribute>,
}

impl<'a> Attributes<'a> {
    fn sort(attrs: &'a [Attribute]) -> Self {
        let mut sorted = Self::default();
        for attribute in attrs {
            let path = attribute.path();
            if ["cfg", "cfg_attr", "allow"].iter().any(|name| path.is_ident(name)) {
                sorted.always.push(attribute);
            } else if ["doc", "must_use", "deprecated"].iter().any(|name| path.is_ident(name)) {
                sorted.documented.push(attribute);
            } else {
                sorted.body_only.push(attribute);
            }
        }
        sorted
    }
}

/// The signature with another name, patterns replaced by names, and perhaps another result.
fn signature(
    sig: &Signature,
    parameters: &[Parameter],
    name: &Ident,
    output: Option<&Type>,
) -> Signature {
    let mut sig = sig.clone();
    sig.ident = name.clone();
    // `unsafe` stays the body's: see the caller of `memoised`.
    for (input, parameter) in sig.inputs.iter_mut().zip(parameters) {
        match input {
            FnArg::Typed(PatType { pat, .. }) => {
                **pat = Pat::Ident(PatIdent {
                    attrs: Vec::new(),
                    by_ref: None,
                    mutability: None,
                    ident: parameter.name.clone(),
                    subpat: None,
                });
            }
            // `mut self` is the body's affair too.
            FnArg::Receiver(receiver) => receiver.mutability = None,
        }
    }
    if let Some(output) = output {
        sig.output = ReturnType::Type(Default::default(), Box::new(output.clone()));
    }
    sig
}

/// The body of `{name}_with_outcome`: build the key, then ask the cache.
fn memoised(
    options: &Options,
    function: &ItemFn,
    parameters: &[Parameter],
    names: &Names,
    returned: &Type,
) -> TokenStream {
    let sig = &function.sig;
    let here = Span::mixed_site();
    let name = names.plain.to_string();
    let identity = identity(options, function);
    let cache = match &options.cache {
        Some(cache) => quote!(#cache),
        None => quote_spanned!(here=> ::llm_cache::Cache::global()),
    };
    let site = returned.span().resolved_at(here);
    let key = quote_spanned!(site=> call.key(&__LLM_CACHE_SITE));
    let parts = key_parts(options, sig, parameters);
    let ttl_secs = options.ttl_secs.iter();
    let body = names.call(&names.uncached, sig, parameters);
    let run = match sig.asyncness {
        Some(_) => quote_spanned!(here=> call.run(cache, key, share, move || #body).await),
        None => quote_spanned!(here=> call.run_blocking(cache, key, share, move || #body)),
    };
    quote_spanned! {here=>
        use ::llm_cache::memo::__private as __llm_cache;
        #[allow(unused_imports)]
        use __llm_cache::{ErrorIsCloned as _, ErrorStaysHere as _};
        #[allow(unused_imports)]
        use __llm_cache::{ReturnsResult as _, ReturnsValue as _};
        static __LLM_CACHE_SITE: __llm_cache::Site = __llm_cache::Site::new(
            ::core::env!("CARGO_PKG_NAME"), ::core::module_path!(), #name, #identity,
        );
        let cache: &::llm_cache::Cache = #cache;
        let call = (&__llm_cache::Returned::<#returned>::new()).call();
        let share = (&call.error()).share();
        let key = #key;
        #(let key = key.#parts;)*
        #(let call = call.ttl_secs(#ttl_secs);)*
        #run
    }
}

/// What names the function's text: its version where one is given, else its tokens.
fn identity(options: &Options, function: &ItemFn) -> TokenStream {
    if let Some(version) = &options.version {
        return quote!(__llm_cache::Identity::Version(#version));
    }
    let (sig, block) = (&function.sig, &function.block);
    let digest = digest(quote!(#sig #block));
    let here = Span::mixed_site();
    quote_spanned!(here=> __llm_cache::Identity::Tokens([#(#digest),*]))
}

/// The calls that add to the key, in the order of the parameters.
fn key_parts(options: &Options, sig: &Signature, parameters: &[Parameter]) -> Vec<TokenStream> {
    let mut parts = Vec::new();
    parts.extend(options.namespace.iter().map(|namespace| quote!(namespace(#namespace))));
    for generic in &sig.generics.params {
        match generic {
            GenericParam::Type(parameter) => {
                let ident = &parameter.ident;
                parts.push(quote!(type_name(::core::any::type_name::<#ident>())));
            }
            GenericParam::Const(parameter) => {
                let (ident, text) = (&parameter.ident, parameter.ident.to_string());
                parts.push(quote!(argument(#text, &#ident)));
            }
            GenericParam::Lifetime(_) => {}
        }
    }
    if is_associated(sig, parameters) {
        parts.push(quote!(type_name(::core::any::type_name::<Self>())));
    }
    for Parameter { name, role, ty, span, .. } in parameters {
        let text = name.to_string();
        let anonymous = ty.as_ref().is_some_and(|ty| mentions(ty.to_token_stream(), "impl"));
        if anonymous {
            parts.push(quote!(type_name(::core::any::type_name_of_val(&#name))));
        }
        match role {
            Role::Value => parts.push(quote_spanned!(*span=> argument(#text, &#name))),
            Role::Scope => parts.push(quote_spanned!(*span=> skipped(#text, &#name))),
            Role::Unkeyed => {}
        }
    }
    parts.extend(options.scope.iter().map(|scope| quote!(scope(&#scope))));
    parts
}
