//! What stands in the parentheses of the attribute.

use syn::{
    Error, Expr, Ident, LitStr, Path, Token, ext::IdentExt, parenthesized, parse::Parse,
    parse::ParseStream, punctuated::Punctuated,
};

/// The options, each at most once, in any order.
#[derive(Default)]
pub(crate) struct Options {
    /// An expression giving `&Cache`.
    pub(crate) cache: Option<Expr>,
    /// Parameters whose `KeyScope` is in the key instead of their value.
    pub(crate) skip: Vec<Ident>,
    /// Parameters, and constants of the body, that are not in the key at all.
    pub(crate) skip_unkeyed: Vec<Ident>,
    /// Expressions whose values are in the key.
    pub(crate) key: Vec<Expr>,
    /// An expression that is a `KeyScope`.
    pub(crate) scope: Option<Expr>,
    /// Stands for the digest of the function's tokens.
    pub(crate) version: Option<LitStr>,
    /// An expression giving seconds as `u64`.
    pub(crate) ttl_secs: Option<Expr>,
    /// An expression giving seconds as `u64`.
    pub(crate) max_age_secs: Option<Expr>,
    /// An expression giving `&str`.
    pub(crate) namespace: Option<Expr>,
    /// The name and a version of the result's type stand in the key for its schema.
    pub(crate) without_schema: bool,
    /// The function is one of a type, though nothing in it says so.
    pub(crate) associated: bool,
    /// Where the library is found.
    pub(crate) krate: Option<Path>,
}

const KNOWN: &str = "`cache = ...`, `skip(...)`, `skip_unkeyed(...)`, `key(...)`, `scope = ...`, \
                     `version = \"...\"`, `ttl_secs = ...`, `max_age_secs = ...`, \
                     `namespace = ...`, `schema = none`, `associated`, `crate = ...`";

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (mut options, mut seen) = (Self::default(), Vec::new());
        while !input.is_empty() {
            let name = input.call(Ident::parse_any)?;
            if seen.contains(&name) {
                return Err(Error::new(name.span(), format!("`{name}` is given twice")));
            }
            options.read(&name, input)?;
            seen.push(name);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

impl Options {
    fn read(&mut self, name: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        match name.to_string().as_str() {
            "cache" => self.cache = Some(value(input)?),
            "scope" => self.scope = Some(value(input)?),
            "ttl_secs" => self.ttl_secs = Some(value(input)?),
            "max_age_secs" => self.max_age_secs = Some(value(input)?),
            "namespace" => self.namespace = Some(value(input)?),
            "version" => self.version = Some(value(input)?),
            "skip" => self.skip = names(input)?,
            "skip_unkeyed" => self.skip_unkeyed = names(input)?,
            "key" => self.key = values(input)?,
            "associated" => self.associated = true,
            "crate" => {
                input.parse::<Token![=]>()?;
                self.krate = Some(input.call(Path::parse_mod_style)?);
            }
            "schema" => {
                let word: Ident = value(input)?;
                if word != "none" {
                    let message = "`schema` takes `none` alone: the type's name and a version then \
                                   stand in the key";
                    return Err(Error::new(word.span(), message));
                }
                self.without_schema = true;
            }
            _ => {
                let message = format!("`{name}` is no option of `cached`; there are {KNOWN}");
                return Err(Error::new(name.span(), message));
            }
        }
        Ok(())
    }
}

fn value<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

/// `(a, self, b)`
fn names(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let inner;
    parenthesized!(inner in input);
    let names = Punctuated::<Ident, Token![,]>::parse_terminated_with(&inner, Ident::parse_any)?;
    Ok(names.into_iter().collect())
}

/// `(EXPR, ..)`
fn values(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    let inner;
    parenthesized!(inner in input);
    let values = Punctuated::<Expr, Token![,]>::parse_terminated(&inner)?;
    Ok(values.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_str;

    fn refusal(text: &str) -> String {
        parse_str::<Options>(text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    /// All options are read, in any order, with a comma at the end or without.
    #[test]
    fn options_are_read() {
        let text = "ttl_secs = 60 * 60, skip(client, self), cache = &CACHE, version = \"2\",";
        let options: Options = parse_str(text).unwrap();
        assert_eq!(options.skip.len(), 2);
        assert_eq!(options.version.unwrap().value(), "2");
        assert!(options.cache.is_some() && options.ttl_secs.is_some());
        assert!(options.scope.is_none() && options.namespace.is_none());
        assert!(parse_str::<Options>("").is_ok());
        let text = "key(PROMPTS.system, &*LAZY), schema = none, crate = a::b, associated";
        let options: Options = parse_str(text).unwrap();
        assert!(options.key.len() == 2 && options.without_schema && options.associated);
        assert!(options.krate.is_some());
    }

    /// What is unknown or given twice is named.
    #[test]
    fn bad_options_are_named() {
        assert!(refusal("time = 5").starts_with("`time` is no option of `cached`; there are"));
        assert_eq!(refusal("skip(a), skip(b)"), "`skip` is given twice");
        assert_ne!(refusal("version = 5"), "");
        assert!(refusal("schema = some").starts_with("`schema` takes `none` alone"));
    }
}
