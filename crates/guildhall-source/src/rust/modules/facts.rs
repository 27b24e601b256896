//! What the text of one file says of its modules, its items and its imports.

use serde::{Deserialize, Serialize};

/// The modules, items and imports of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileModules {
    /// Whether all of the file is compiled for tests only.
    pub is_test: bool,
    /// Modules that are declared, inline or in a file of their own, outer ones first.
    pub modules: Vec<Declaration>,
    /// Named items, methods and what traits ask for.
    pub items: Vec<Item>,
    /// What is brought in by `use`, and the paths that are written out in code.
    pub imports: Vec<Import>,
}

/// A module as its `mod` declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// Its name, without `r#`.
    pub name: String,
    /// Whether its content stands in this file.
    pub placement: Placement,
    /// Its line, from one.
    pub line: u32,
    /// The line on which it ends.
    pub end: u32,
    /// The inline module around it, by its place in [`FileModules::modules`].
    pub scope: Option<u32>,
    /// Who sees it.
    pub visibility: Visibility,
    /// Whether it, or a module around it in this file, is compiled for tests only.
    pub is_test: bool,
    /// Whether it has documentation where it is declared.
    pub is_documented: bool,
    /// Whether it is hidden from the documentation.
    pub is_hidden: bool,
}

/// Where a module's content is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Placement {
    /// Between braces, here.
    Inline,
    /// In the file that its name says.
    File,
    /// In the file that a `path` attribute says.
    Path(String),
}

/// Who sees an item, as far as its own `pub` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Visibility {
    /// The module it stands in.
    Private,
    /// `pub(crate)`, `pub(super)` or `pub(in ...)`.
    Restricted,
    /// `pub`.
    Public,
}

/// An item with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its name, without `r#`.
    pub name: String,
    /// What it is.
    pub kind: ItemKind,
    /// Its line, from one.
    pub line: u32,
    /// The inline module around it, by its place in [`FileModules::modules`].
    pub scope: Option<u32>,
    /// The type or trait that it belongs to.
    pub owner: Option<String>,
    /// Who sees it.
    pub visibility: Visibility,
    /// Whether it is compiled for tests only.
    pub is_test: bool,
    /// Whether it has documentation.
    pub is_documented: bool,
    /// Whether it is hidden from the documentation.
    pub is_hidden: bool,
    /// Whether it is marked as deprecated.
    pub is_deprecated: bool,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ItemKind {
    /// A function that stands in a module.
    Function,
    /// A method or associated function of a type, outside of trait implementations.
    Method,
    /// What a trait asks for or gives: a function, constant or type.
    TraitItem,
    /// A structure or union.
    Structure,
    /// An enumeration with so many variants.
    Enumeration(u32),
    /// A trait or an alias of one.
    Trait,
    /// An alias of a type.
    Alias,
    /// A constant or static.
    Constant,
    /// A macro by example that is exported with `#[macro_export]`.
    Macro,
}

/// What is brought in from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The path as it is written, with `::` before it where it begins with that.
    pub path: String,
    /// How it is brought in.
    pub kind: ImportKind,
    /// The line of the path's last name, from one.
    pub line: u32,
    /// The inline module around it, by its place in [`FileModules::modules`].
    pub scope: Option<u32>,
    /// Whom it is passed on to.
    pub visibility: Visibility,
    /// Whether it is compiled for tests only.
    pub is_test: bool,
}

/// How something is brought in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportKind {
    /// By `use`, under this name; `_` where it has none.
    Name(String),
    /// By `use` of all that there is, `*`, which is no part of [`Import::path`].
    Glob,
    /// By a path that is written out in code. The same path counts once a module.
    Code,
}

impl FileModules {
    /// The innermost inline module around a line, by its place in
    /// [`modules`](Self::modules).
    pub fn scope_at(&self, line: u32) -> Option<u32> {
        let around = |module: &Declaration| {
            module.placement == Placement::Inline && module.line <= line && line <= module.end
        };
        // Those in a module come after it.
        let found = self.modules.iter().rposition(around)?;
        u32::try_from(found).ok()
    }
}
