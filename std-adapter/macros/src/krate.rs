//! The name under which the library is known where the attribute is used.

use std::{
    env, fs,
    path::{Path as File, PathBuf},
};

use proc_macro2::Span;
use syn::{Ident, Path, parse_quote};

const PACKAGE: &str = "llm-cache";

/// `given`; else the name that the manifest of the package being built has for the library; else
/// its own.
pub(crate) fn path(given: Option<&Path>) -> Path {
    if let Some(given) = given {
        return given.clone();
    }
    let renamed =
        env::var_os("CARGO_MANIFEST_DIR").and_then(|folder| renamed_in(File::new(&folder)));
    match renamed.and_then(|name| syn::parse_str::<Ident>(&name.replace('-', "_")).ok()) {
        Some(name) => {
            let name = Ident::new(&name.to_string(), Span::call_site());
            parse_quote!(::#name)
        }
        None => parse_quote!(::llm_cache),
    }
}

/// The name in the manifest of `folder`, or in that of the workspace around it.
fn renamed_in(folder: &File) -> Option<String> {
    let manifest = |folder: &File| fs::read_to_string(folder.join("Cargo.toml")).ok();
    let own = manifest(folder)?;
    let in_workspace = || {
        let mut above = folder.ancestors().skip(1).map(PathBuf::from);
        let text = above
            .find_map(|folder| manifest(&folder).filter(|text| text.contains("[workspace")))?;
        let name = renamed(&text)?;
        inherits(&own, &name).then_some(name)
    };
    renamed(&own).or_else(in_workspace)
}

/// `NAME = { package = "llm-cache", .. }`, or `package = "llm-cache"` in a table of its own whose
/// name ends in `dependencies.NAME`. Only these lines are read; the rest may be any TOML.
fn renamed(manifest: &str) -> Option<String> {
    let mut table = "";
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            table = line.trim_start_matches('[').split(']').next().unwrap_or_default();
        } else if table.contains("dependencies") && names_package(line) {
            let is_own_table = line.starts_with("package");
            let name =
                if is_own_table { table.rsplit('.').next() } else { line.split(['=', '.']).next() };
            return name.map(unquoted).filter(|name| name != PACKAGE);
        }
    }
    None
}

/// Whether a line says `package = "llm-cache"`.
fn names_package(line: &str) -> bool {
    let line = line.split('#').next().unwrap_or_default();
    line.match_indices("package").any(|(at, word)| {
        let value = line[at + word.len()..].trim_start().strip_prefix('=').map(str::trim_start);
        value.is_some_and(|value| {
            ['"', '\''].iter().any(|quote| {
                let inner = value.strip_prefix(*quote).and_then(|rest| rest.split(*quote).next());
                inner == Some(PACKAGE)
            })
        })
    })
}

/// Whether a manifest takes the dependency `name` from its workspace.
fn inherits(manifest: &str, name: &str) -> bool {
    manifest.lines().map(str::trim).any(|line| {
        line.strip_prefix(name).is_some_and(|rest| {
            matches!(rest.trim_start().chars().next(), Some('=' | '.'))
                && rest.contains("workspace")
        })
    })
}

fn unquoted(name: &str) -> String {
    name.trim().trim_matches(['"', '\'']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A renamed dependency is found in each of the forms that a manifest has for it, and nothing
    /// else is taken for one.
    #[test]
    fn a_renamed_dependency_is_found() {
        let inline =
            "[package]\nname = \"a\"\n[dependencies]\nmemo = { package = \"llm-cache\" }\n";
        assert_eq!(renamed(inline).as_deref(), Some("memo"));
        let table =
            "[target.'cfg(unix)'.dependencies.my-memo]\nversion = \"1\"\npackage = 'llm-cache'\n";
        assert_eq!(renamed(table).as_deref(), Some("my-memo"));
        let dotted = "[dev-dependencies]\nmemo.package = \"llm-cache\"\n";
        assert_eq!(renamed(dotted).as_deref(), Some("memo"));
        for none in [
            "[package]\nname = \"llm-cache\"\n[dependencies]\nserde = \"1\"\n",
            "[dependencies]\nllm-cache = \"1\"\nother = { package = \"llm-cache-core\" }\n",
            "[dependencies]\n# memo = { package = \"llm-cache\" }\n",
        ] {
            assert_eq!(renamed(none), None, "{none}");
        }
        assert!(inherits("memo.workspace = true", "memo"));
        assert!(inherits("memo = { workspace = true }", "memo"));
        assert!(!inherits("memory = { workspace = true }", "memo"));
    }
}
