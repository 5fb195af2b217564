//! The names that a body binds itself, block by block, and the imports in force.

use syn::{
    Block, FnArg, GenericParam, Generics, Item, ItemUse, Pat, Signature, Stmt, UseTree,
    punctuated::Punctuated, visit::Visit,
};

/// The scopes around a place in a body, the innermost last.
#[derive(Default)]
pub(super) struct Bindings {
    names: Vec<String>,
    imports: Vec<ItemUse>,
    /// An import of everything in an item of the body: whatever is not bound may come from there.
    opaque: bool,
}

/// Where a scope begins.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize, usize, bool);

impl Bindings {
    pub(super) fn enter(&self) -> Mark {
        Mark(self.names.len(), self.imports.len(), self.opaque)
    }

    pub(super) fn leave(&mut self, Mark(names, imports, opaque): Mark) {
        self.names.truncate(names);
        self.imports.truncate(imports);
        self.opaque = opaque;
    }

    pub(super) fn is_bound(&self, name: &str) -> bool {
        self.opaque || self.names.iter().any(|each| each == name)
    }

    pub(super) fn imports(&self) -> &[ItemUse] {
        &self.imports
    }

    pub(super) fn pattern(&mut self, pattern: &Pat) {
        Names(&mut self.names).visit_pat(pattern);
    }

    /// The parameters of a function, of its types as well.
    pub(super) fn signature(&mut self, sig: &Signature) {
        self.generics(&sig.generics);
        for input in &sig.inputs {
            if let FnArg::Typed(typed) = input {
                self.pattern(&typed.pat);
            }
        }
    }

    pub(super) fn generics(&mut self, generics: &Generics) {
        for parameter in &generics.params {
            match parameter {
                GenericParam::Type(parameter) => self.names.push(parameter.ident.to_string()),
                GenericParam::Const(parameter) => self.names.push(parameter.ident.to_string()),
                GenericParam::Lifetime(_) => {}
            }
        }
    }

    /// The items of a block, which are known in all of it.
    pub(super) fn items(&mut self, block: &Block) {
        let items = || {
            block.stmts.iter().filter_map(|statement| match statement {
                Stmt::Item(item) => Some(item),
                _ => None,
            })
        };
        self.names.extend(items().filter_map(name_of));
        for item in items() {
            if let Item::Use(import) = item {
                self.import(import);
            }
        }
    }

    /// An import from elsewhere is repeated where a mention is asked for its value; one of the
    /// body's own items cannot be, and what it names is the body's own.
    fn import(&mut self, import: &ItemUse) {
        let first = match &import.tree {
            UseTree::Path(path) => path.ident.to_string(),
            UseTree::Name(_) | UseTree::Rename(_) | UseTree::Glob(_) | UseTree::Group(_) => {
                String::new()
            }
        };
        if self.names.contains(&first) {
            self.imported(&import.tree);
        } else {
            self.imports.push(import.clone());
        }
    }

    fn imported(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.imported(&path.tree),
            UseTree::Name(name) => self.names.push(name.ident.to_string()),
            UseTree::Rename(name) => self.names.push(name.rename.to_string()),
            UseTree::Glob(_) => self.opaque = true,
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.imported(tree)),
        }
    }

    pub(super) fn patterns<P>(&mut self, patterns: &Punctuated<Pat, P>) {
        patterns.iter().for_each(|pattern| self.pattern(pattern));
    }
}

fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Mod(item) => &item.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// Collects what a pattern binds. A lone name in a pattern may also be a constant that is compared
/// with; in the scope of the pattern it is then taken for bound.
struct Names<'a>(&'a mut Vec<String>);

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        self.0.push(pattern.ident.to_string());
        syn::visit::visit_pat_ident(self, pattern);
    }

    fn visit_expr(&mut self, _: &'ast syn::Expr) {}
}
