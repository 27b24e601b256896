//! The public API of one version of a crate, as far as its source text tells it.
//!
//! An [`Api`] is made of the text of one package alone, without running anything of it, so it
//! can be kept for good. All of `cfg` counts as on, since a plan is for every platform and
//! feature; only what is for tests or for loom counts as off.

mod attributes;
mod impls;
mod items;
mod macros;
mod package;
mod paths;
mod read;
mod resolve;
mod signature;
mod types;
mod words;
mod world;

pub use paths::{ItemRef, Paths};
pub use read::{Sources, read};
pub use resolve::Meaning;
pub use world::World;

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use serde::{Deserialize, Serialize};

/// A name, or one part of a path.
pub type Name = String;

/// What a version of a crate declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Api {
    /// The package it is of.
    pub package: Package,
    /// Its modules; the first is the root.
    pub modules: Vec<ApiModule>,
    /// Its items, public or not, in the order in which they are written.
    pub items: Vec<ApiItem>,
    /// Words within macro calls that could not be read: whatever has such a name may exist.
    pub opaque: BTreeSet<Name>,
    /// Files that could not be read.
    pub unread: Vec<Unread>,
}

/// What the manifest of a crate says, as far as its API depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// The package's name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// The name under which code knows its library.
    pub library: Name,
    /// The file of the library's root, below the package's folder, with `/`.
    pub root: String,
    /// Whether it is of the edition 2015, in which paths begin at the root.
    pub is_2015: bool,
    /// Features that it declares, ordered.
    pub features: BTreeSet<String>,
    /// The oldest Rust that it says it needs.
    pub rust_version: Option<String>,
    /// What it depends on to be built, by the name that its code uses.
    pub dependencies: BTreeMap<Name, Dependency>,
}

/// A dependency of a crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// The package's name.
    pub package: String,
    /// Which versions of it are taken, as it is written; `*` where nothing is said.
    pub requirement: String,
}

/// A file of a crate that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// The file below the package's folder, with `/`.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// Which of an API's modules: an index into [`Api::modules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModuleIndex(pub u32);

/// Which of an API's items: an index into [`Api::items`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ItemIndex(pub u32);

/// A module of a crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiModule {
    /// Its path from the root, which has none.
    pub path: Vec<Name>,
    /// Who may name it.
    pub visibility: Visibility,
    /// Whether the documentation hides it.
    pub is_hidden: bool,
    /// Its `use` declarations, one a name.
    pub uses: Vec<ApiUse>,
}

/// A name that a `use` declaration brings into a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiUse {
    /// The name that it has here; `None` for a glob.
    pub name: Option<Name>,
    /// What it means, as it is written.
    pub path: Vec<Name>,
    /// Whether the path begins with `::`.
    pub is_absolute: bool,
    /// Who may name it.
    pub visibility: Visibility,
    /// Whether the documentation hides it.
    pub is_hidden: bool,
}

/// Who may name something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// A part of the crate.
    Inner,
}

/// An item of a crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiItem {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: ItemKind,
    /// Where it is declared.
    pub module: ModuleIndex,
    /// Who may name it there.
    pub visibility: Visibility,
    /// What its deprecation says, which may be nothing.
    pub deprecated: Option<String>,
    /// Whether the documentation hides it.
    pub is_hidden: bool,
    /// Whether it may gain fields or variants at any time.
    pub is_non_exhaustive: bool,
    /// What its kind has.
    pub detail: Detail,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ItemKind {
    /// A function.
    Function,
    /// A struct or a union.
    Struct,
    /// An enum.
    Enum,
    /// A trait.
    Trait,
    /// A type alias.
    Alias,
    /// A constant or a static.
    Constant,
    /// A macro of any sort.
    Macro,
    /// A variant of an enum that a `use` shows by itself.
    Variant,
}

/// What items of a kind have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Detail {
    /// Of a function.
    Function(Signature),
    /// Of a struct, a union, an enum or an alias.
    Type(TypeDetail),
    /// Of a trait.
    Trait(TraitDetail),
    /// Of a constant: its type.
    Value(Type),
    /// Of a macro.
    Macro {
        /// The attributes that it reads beside its own name, where it is a derive.
        helpers: BTreeSet<Name>,
    },
}

/// What a type has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeDetail {
    /// How its fields are written; of an enum or alias, [`Shape::Unit`].
    pub shape: Shape,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Its variants.
    pub variants: Vec<Variant>,
    /// What it stands for, where it is an alias.
    pub alias_of: Option<Type>,
    /// Type and constant parameters, in their order.
    pub parameters: Vec<Parameter>,
    /// How many lifetime parameters it has.
    pub lifetimes: u32,
    /// Its public inherent methods and constants, and those that traits give it.
    pub methods: BTreeMap<Name, Vec<Method>>,
    /// The traits that it implements, by last name, with each form, such as `From<io::Error>`.
    pub traits: BTreeMap<Name, BTreeSet<String>>,
}

/// A type or constant parameter of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Whether it may be left out.
    pub has_default: bool,
}

/// How the fields of a struct or variant are written.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Shape {
    /// In braces, with names.
    Named,
    /// In parentheses.
    Tuple,
    /// There are none.
    #[default]
    Unit,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name, or its number in a tuple.
    pub name: Name,
    /// Who may name it.
    pub visibility: Visibility,
    /// Its type.
    pub ty: Type,
}

/// A variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Its name.
    pub name: Name,
    /// How its fields are written.
    pub shape: Shape,
    /// Its fields.
    pub fields: Vec<Field>,
    /// What its deprecation says, which may be nothing.
    pub deprecated: Option<String>,
}

/// A method or an associated constant of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    /// Its signature; `None` for a constant.
    pub signature: Option<Signature>,
    /// The trait that gives it, by last name; `None` where it is inherent.
    pub of_trait: Option<String>,
    /// What its deprecation says, which may be nothing.
    pub deprecated: Option<String>,
}

/// What a trait has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraitDetail {
    /// Its items.
    pub items: Vec<TraitItem>,
    /// Traits that it requires, in their normal form.
    pub supertraits: BTreeSet<String>,
}

/// An item of a trait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraitItem {
    /// Its name.
    pub name: Name,
    /// Its signature, where it is a method.
    pub signature: Option<Signature>,
    /// Whether an `impl` may leave it out.
    pub has_default: bool,
    /// What its deprecation says, which may be nothing.
    pub deprecated: Option<String>,
}

/// The signature of a function or method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// How it takes `self`.
    pub receiver: Receiver,
    /// The types of its parameters, the receiver left out.
    pub parameters: Vec<Type>,
    /// What it returns.
    pub result: Type,
    /// Whether it is async.
    pub is_async: bool,
    /// Whether it is unsafe.
    pub is_unsafe: bool,
}

/// How a method takes `self`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Receiver {
    /// Not at all.
    None,
    /// As `&self`.
    Reference,
    /// As `&mut self`.
    Mutable,
    /// As `self`.
    Value,
    /// In another way, such as `Pin<&mut Self>`.
    Other(String),
}

/// A type, as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Type {
    /// As it is written, with single spaces only where words meet.
    pub written: String,
    /// In the form by which types are compared: paths cut to their last name, lifetimes away,
    /// generic parameters replaced by their bounds, the type's own name replaced by `Self`.
    pub normal: String,
}

impl ItemKind {
    /// What a person calls it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Struct => "struct",
            Self::Enum => "enum",
            Self::Trait => "trait",
            Self::Alias => "type alias",
            Self::Constant => "constant",
            Self::Macro => "macro",
            Self::Variant => "variant",
        }
    }
}
