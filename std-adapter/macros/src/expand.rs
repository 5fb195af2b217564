//! The three functions that come out: the cached one, the one that tells its outcome, the body.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::{
    Attribute, Block, FnArg, GenericParam, Ident, ItemFn, Pat, PatIdent, PatType, Path, ReturnType,
    Signature, Stmt, Type, parse_quote, spanned::Spanned as _,
};

use crate::{
    attr::Options,
    constants::Constants,
    digest::digest,
    krate,
    place::Place,
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
    place: Option<Place>,
) -> TokenStream {
    let ItemFn { attrs, vis, sig, block, .. } = function;
    let krate = krate::path(options.krate.as_ref());
    let names = Names::new(function, options, parameters, place);
    let attributes = Attributes::sort(attrs);
    let (always, documented, body_only) =
        (&attributes.always, &attributes.documented, &attributes.body_only);

    let plain = signature(sig, parameters, &names.plain, None);
    let outcome_of = names.call(&names.with_outcome, sig, parameters);
    let maybe_await = sig.asyncness.map(|_| quote!(.await));

    let returned = returned(sig);
    let pair: Type = parse_quote!((#returned, #krate::cache::Outcome));
    let with_outcome = signature(sig, parameters, &names.with_outcome, Some(&pair));
    let memoised = memoised(options, function, parameters, &names, &returned, &krate);
    let with_outcome_doc =
        format!("As [`{}`](Self::{0}), and tells how the call was answered.", names.plain);
    let with_outcome_doc = names.link(&with_outcome_doc);

    let mut uncached = sig.clone();
    uncached.ident = names.uncached.clone();
    let uncached_doc = format!("The body of [`{}`](Self::{0}): runs at every call.", names.plain);
    let uncached_doc = names.link(&uncached_doc);
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
    let Options { cache, scope, ttl_secs, max_age_secs, namespace, key, .. } = options;
    let used = quote!(#cache #scope #ttl_secs #max_age_secs #namespace #(#key)*);
    let names = parameters.iter().filter(|parameter| parameter.is_named).map(|each| &each.name);
    names.filter(|name| mentions(used.clone(), &name.to_string())).collect()
}

/// The names of the three functions, and how one calls another.
struct Names {
    plain: Ident,
    with_outcome: Ident,
    uncached: Ident,
    /// Whether they must be called through `Self`.
    is_associated: bool,
}

impl Names {
    fn new(
        function: &ItemFn,
        options: &Options,
        parameters: &[Parameter],
        place: Option<Place>,
    ) -> Self {
        let plain = function.sig.ident.clone();
        let is_associated = options.associated
            || place.map_or_else(|| is_associated(function, parameters), |it| it == Place::Type);
        let with_outcome = format_ident!("{plain}_with_outcome");
        let uncached = format_ident!("{plain}_uncached");
        Self { plain, with_outcome, uncached, is_associated }
    }

    /// The call of `name` with the parameters passed on.
    fn call(&self, name: &Ident, sig: &Signature, parameters: &[Parameter]) -> TokenStream {
        let path = if self.is_associated { quote!(Self::#name) } else { quote!(#name) };
        let generics: Vec<_> = sig.generics.params.iter().filter_map(generic_name).collect();
        let generics = (!generics.is_empty()).then(|| quote!(::<#(#generics),*>));
        let arguments = parameters.iter().map(|parameter| &parameter.name);
        quote!(#path #generics (#(#arguments),*))
    }

    /// Links within a type where the function is one of its own.
    fn link(&self, text: &str) -> String {
        if self.is_associated { text.into() } else { text.replace("(Self::", "(") }
    }
}

/// Whether the function stands in an `impl`, by itself: without a receiver only its mentioning
/// `Self` tells.
fn is_associated(function: &ItemFn, parameters: &[Parameter]) -> bool {
    parameters.iter().any(|parameter| parameter.ty.is_none())
        || mentions(function.sig.to_token_stream(), "Self")
        || mentions_self(&function.block)
}

/// Whether a body mentions `Self`, outside of its own items, where that is another one.
fn mentions_self(block: &Block) -> bool {
    let own = block.stmts.iter().filter(|statement| !matches!(statement, Stmt::Item(_)));
    own.map(Stmt::to_token_stream).any(|statement| mentions(statement, "Self"))
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
    krate: &Path,
) -> TokenStream {
    let sig = &function.sig;
    let here = Span::mixed_site();
    let name = names.plain.to_string();
    let identity = identity(options, function);
    let cache = match &options.cache {
        Some(cache) => quote!(#cache),
        None => quote_spanned!(here=> #krate::Cache::global()),
    };
    let constants =
        Constants::of(function, names.is_associated, &options.key, &options.skip_unkeyed);
    let site = returned.span().resolved_at(here);
    let once = constants.once();
    let key = if options.without_schema {
        let version = match &options.version {
            Some(version) => quote!(#version),
            None => quote!(::core::env!("CARGO_PKG_VERSION")),
        };
        quote_spanned!(site=> call.key_of_type(&__LLM_CACHE_SITE, #version, #once))
    } else {
        quote_spanned!(site=> call.key(&__LLM_CACHE_SITE, #once))
    };
    let parts = key_parts(options, sig, parameters, names, &constants);
    let ttl_secs = options.ttl_secs.iter();
    let max_age_secs = options.max_age_secs.iter();
    let body = names.call(&names.uncached, sig, parameters);
    let run = match sig.asyncness {
        Some(_) => quote_spanned!(here=>
            call.run(missed, &__LLM_CACHE_SITE, cache, errors, move || #body).await
        ),
        None => quote_spanned!(here=>
            call.run_blocking(missed, &__LLM_CACHE_SITE, cache, errors, move || #body)
        ),
    };
    quote_spanned! {here=>
        use #krate::memo::__private as __llm_cache;
        #[allow(unused_imports)]
        use __llm_cache::asked::*;
        static __LLM_CACHE_SITE: __llm_cache::Site = __llm_cache::Site::new(
            ::core::env!("CARGO_PKG_NAME"), ::core::module_path!(), #name, #identity,
        );
        let cache: &#krate::Cache = #cache;
        let call = (&__llm_cache::Returned::<#returned>::new()).call();
        #[allow(unused_mut)]
        let mut key = #key;
        #(#parts;)*
        #(let call = call.ttl_secs(#ttl_secs);)*
        #(let call = call.max_age_secs(#max_age_secs);)*
        let missed = match call.look_in_memory(cache, key) {
            ::core::result::Result::Ok(found) => return found,
            ::core::result::Result::Err(missed) => missed,
        };
        let errors = __llm_cache::Errors {
            share: (&&&&&&call.error()).share(),
            refusal: (&&call.error()).refusal(),
        };
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

/// The calls that add to the key, in the order of MEMO.md.
fn key_parts(
    options: &Options,
    sig: &Signature,
    parameters: &[Parameter],
    names: &Names,
    constants: &Constants,
) -> Vec<TokenStream> {
    let key = Ident::new("key", Span::mixed_site());
    let mut parts = Vec::new();
    parts.extend(constants.each_call().map(|add| quote!(#key.constants(#add))));
    parts.extend(options.namespace.iter().map(|namespace| quote!(#key.namespace(#namespace))));
    for generic in &sig.generics.params {
        match generic {
            GenericParam::Type(parameter) => {
                let ident = &parameter.ident;
                parts.push(quote!(#key.type_name(::core::any::type_name::<#ident>())));
            }
            GenericParam::Const(parameter) => {
                let (ident, text) = (&parameter.ident, parameter.ident.to_string());
                parts.push(quote!(#key.generic(#text, &#ident)));
            }
            GenericParam::Lifetime(_) => {}
        }
    }
    if names.is_associated {
        parts.push(quote!(#key.type_name(::core::any::type_name::<Self>())));
    }
    for Parameter { name, ty, .. } in parameters {
        if ty.as_ref().is_some_and(|ty| mentions(ty.to_token_stream(), "impl")) {
            parts.push(quote!(#key.type_name(::core::any::type_name_of_val(&#name))));
        }
    }
    let of = |role| parameters.iter().filter(move |parameter| parameter.role == role);
    for Parameter { name, span, .. } in of(Role::Scope) {
        let text = name.to_string();
        parts.push(quote_spanned!(*span=> #key.skipped(#text, &#name)));
    }
    parts.extend(options.scope.iter().map(|scope| quote!(#key.scope(&#scope))));
    for (at, value) in options.key.iter().enumerate() {
        let (text, form) = (at.to_string(), form_of(&quote!(#value), value.span()));
        parts.push(quote_spanned!(value.span()=> #form.value(&mut #key, #text, &#value)));
    }
    for Parameter { name, span, .. } in of(Role::Value) {
        let (text, form) = (name.to_string(), form_of(&quote!(#name), *span));
        parts.push(quote_spanned!(*span=> #form.argument(&mut #key, #text, &#name)));
    }
    parts
}

/// The form in which a value enters the key: as a set, as its type tells, or as it is.
fn form_of(value: &TokenStream, span: Span) -> TokenStream {
    let here = span.resolved_at(Span::mixed_site());
    quote_spanned!(here=> (&&__llm_cache::ArgumentOf(&#value)).form())
}
