//! What one file uses: paths, methods, fields, bindings, literals, implementations.
//!
//! [`uses`] looks at the syntax of a file and keeps what its text alone says. What a path
//! means is for [`modules`](super::modules) to say, and what a method or a field belongs
//! to for whoever knows the types: for that each expression that a method is called on, or
//! that a name is bound to, is described by an [`Origin`].
//!
//! Origins stand in one list in which each leads only to earlier ones, so that the types of
//! all are found in one pass, without recursion, whatever the text nests.
//!
//! Arguments of macros are read as expressions, statements or items, whichever they are;
//! else their tokens are looked through for paths and methods.
//!
//! ```
//! use guildhall_source::rust::{self, uses};
//!
//! # std::thread::Builder::new().stack_size(rust::WORKER_STACK).spawn(|| {
//! let text = "fn f() { let mut r = rand::thread_rng(); r.gen_range(0, 9); }";
//! let found = rust::parse(text, &rust::outline(text, drop), uses::uses).unwrap();
//! let call = &found.calls[0];
//! assert_eq!((call.name.as_str(), call.arguments), ("gen_range", Some(2)));
//! let uses::Origin::Binding(binding) = found.origin(call.receiver) else { panic!() };
//! let binding = &found.bindings[*binding as usize];
//! let uses::Origin::Call { path, .. } = found.origin(binding.origin) else { panic!() };
//! assert_eq!(found.paths[*path as usize].path, "rand::thread_rng");
//! # }).unwrap().join().unwrap();
//! ```

mod bind;
mod define;
mod describe;
mod tokens;
mod visit;

use super::modules::{FileModules, Visibility};

pub use visit::uses;

/// What a file uses. Every list is in the order of the walk, which is nearly that of the
/// text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileUses {
    /// What [`collect`](super::modules::collect) says of the file, and what stands in
    /// arguments of macros besides: their items, imports and modules; and the crates that
    /// `extern crate` brings in, as imports with `::` before their names.
    pub modules: FileModules,
    /// Paths, also those that types name.
    pub paths: Vec<PathUse>,
    /// Method calls.
    pub calls: Vec<MethodCall>,
    /// Fields that are taken of values.
    pub fields: Vec<FieldUse>,
    /// Names that are bound to values.
    pub bindings: Vec<Binding>,
    /// Values of structures that are put together or taken apart field by field.
    pub literals: Vec<Literal>,
    /// Paths in patterns of a `match` that has no arm for all the rest, by place in `paths`.
    pub matched: Vec<u32>,
    /// Implementations.
    pub implementations: Vec<Implementation>,
    /// Attributes but those of the language.
    pub attributes: Vec<AttributeUse>,
    /// Items, methods and variants, with the types that they show.
    pub definitions: Vec<Definition>,
    /// Where values come from; the first is [`Origin::Unknown`].
    pub origins: Vec<Origin>,
}

/// A place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From one.
    pub line: u32,
    /// In characters, from one.
    pub column: u32,
    /// The inline module around it, by its place in [`FileModules::modules`].
    pub scope: Option<u32>,
}

/// A path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathUse {
    /// Its names without `r#` and without arguments, with `::` before it where it begins
    /// with that. Of `<Type>::name` it is `Type::name`.
    pub path: String,
    /// What it stands for.
    pub kind: PathKind,
    /// Lifetimes that are written out in its last name.
    pub lifetimes: u32,
    /// Types that are written out in its last name.
    pub types: u32,
    /// Where its last name is.
    pub place: Place,
}

/// What a path stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathKind {
    /// It is brought in by `use`, or by `extern crate`.
    Import,
    /// All that it has is brought in by `use`.
    Glob,
    /// It is called with so many arguments.
    Call(u32),
    /// A value.
    Expression,
    /// A type.
    Type,
    /// A bound, `dyn`, or the trait of an implementation.
    Bound,
    /// A pattern without fields.
    Pattern,
    /// A pattern with so many fields by place, and whether it leaves out the rest by `..`.
    TuplePattern(u32, bool),
    /// A pattern or value with fields by name, see [`Literal`].
    Literal,
    /// A macro that is called.
    Macro,
    /// An attribute.
    Attribute,
    /// A macro that is derived.
    Derive,
    /// It stands among tokens that are no expression, followed by `(` or not.
    Token(bool),
}

/// A method that is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodCall {
    /// Its name.
    pub name: String,
    /// With how many arguments beside the receiver; `None` among tokens.
    pub arguments: Option<u32>,
    /// On what, by place in [`FileUses::origins`].
    pub receiver: OriginId,
    /// Where its name is.
    pub place: Place,
}

/// A field that is taken of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldUse {
    /// Its name or number.
    pub name: String,
    /// Of what, by place in [`FileUses::origins`].
    pub base: OriginId,
    /// Where its name is.
    pub place: Place,
}

/// A name that is bound to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The name.
    pub name: String,
    /// Whether it is written with `mut`.
    pub is_mutable: bool,
    /// Whether it is borrowed by `&mut` or assigned to, in whole or in part, so that it must
    /// be `mut` whatever methods are called on it.
    pub is_changed: bool,
    /// Its type, where that is written.
    pub annotation: Option<Types>,
    /// What it is bound to.
    pub origin: OriginId,
    /// What binds it.
    pub kind: BindingKind,
    /// Where the name is bound.
    pub place: Place,
}

/// What binds a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingKind {
    /// `let`, also in conditions.
    Let,
    /// An arm of a `match`.
    Arm,
    /// A `for`.
    Loop,
    /// A function, one of whose parameters it is.
    Function,
    /// A closure, one of whose parameters it is.
    Closure,
}

/// A value or a pattern with fields by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// Its path, by place in [`FileUses::paths`].
    pub path: u32,
    /// The fields that are named.
    pub fields: Vec<String>,
    /// Whether `..` stands for the others.
    pub has_rest: bool,
    /// Whether it is a pattern.
    pub is_pattern: bool,
}

/// An implementation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Implementation {
    /// The trait, by place in [`FileUses::paths`]; `None` for methods of the type's own.
    pub of_trait: Option<u32>,
    /// For what.
    pub self_type: Types,
    /// What is in it: functions, types and constants, with their places.
    pub items: Vec<(String, Place)>,
    /// Where it begins.
    pub place: Place,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeUse {
    /// Its path, by place in [`FileUses::paths`].
    pub path: u32,
    /// The names among its tokens, such as keys, in their order.
    pub words: Vec<String>,
}

/// An item, a method or a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name, without `r#`.
    pub name: String,
    /// What it is.
    pub kind: DefinitionKind,
    /// Who sees it.
    pub visibility: Visibility,
    /// The implementation that it is in, by place in [`FileUses::implementations`].
    pub implementation: Option<u32>,
    /// Whether it stands in the body of a function, where only that sees it.
    pub is_local: bool,
    /// The types that it shows.
    pub parts: Vec<Part>,
    /// Where its name is.
    pub place: Place,
}

/// What a definition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DefinitionKind {
    /// A function that stands in a module or in a body.
    Function,
    /// A function of an implementation.
    Method,
    /// A function of a trait.
    TraitMethod,
    /// A structure or union.
    Structure,
    /// An enumeration; its variants are parts of it.
    Enumeration,
    /// A trait.
    Trait,
    /// An alias of a type.
    Alias,
    /// A constant or static.
    Constant,
    /// A macro by example.
    Macro,
}

/// A type that a definition shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As what.
    pub kind: PartKind,
    /// The field's or variant's name, a parameter's where it has one.
    pub name: Option<String>,
    /// The type.
    pub types: Types,
}

/// As what a definition shows a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// A field of a structure.
    Field,
    /// A field of a variant, under the variant's name.
    Variant,
    /// A parameter; `self` is none of them.
    Parameter,
    /// What a function gives.
    Result,
    /// The type of a constant, or what an alias stands for.
    Value,
}

/// A written type: the stretch of [`FileUses::paths`] that it names, outer ones first, as
/// in `Vec<Option<T>>`. Empty for one that names none, such as `()`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Types {
    /// The first.
    pub start: u32,
    /// After the last.
    pub end: u32,
}

/// A place in [`FileUses::origins`].
pub type OriginId = u32;

/// Where a value comes from. Numbers are places in the lists of [`FileUses`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It is not described.
    Unknown,
    /// `self` in this implementation; `None` in a trait.
    SelfValue(Option<u32>),
    /// A bound name.
    Binding(u32),
    /// Another path: a constant, a function, a variant.
    Path(u32),
    /// A call of a path, with what the first argument comes from.
    Call {
        /// The path.
        path: u32,
        /// The first argument.
        first: OriginId,
    },
    /// A call of a method.
    Method(u32),
    /// A field.
    Field(u32),
    /// What a future gives.
    Await(OriginId),
    /// What `?` leaves.
    Try(OriginId),
    /// What stands at an index.
    Index(OriginId),
    /// A value with fields by name.
    Literal(u32),
    /// A macro by this path.
    Macro(u32),
    /// A value that is cast to this type.
    Cast(Types),
    /// What the function hands to the closure that this method is given, as its first,
    /// second... parameter.
    Handed {
        /// The method call.
        call: u32,
        /// Which parameter, from nought.
        parameter: u32,
    },
    /// What a loop takes out of it one by one.
    Element(OriginId),
    /// What stands at this place of a tuple.
    Tuple(OriginId, u32),
    /// What stands at this place of a variant or structure, as in `Some(x)`.
    Inner {
        /// The whole.
        of: OriginId,
        /// The variant or structure.
        path: u32,
        /// Which of its fields.
        place: u32,
    },
    /// A field of this name, by its place in the [`Literal`], which is a pattern.
    Named {
        /// The whole.
        of: OriginId,
        /// The pattern.
        literal: u32,
        /// Which of the fields that it names.
        place: u32,
    },
}

impl FileUses {
    /// Where a value comes from.
    ///
    /// # Panics
    /// Where the number is not of this file.
    pub fn origin(&self, id: OriginId) -> &Origin {
        &self.origins[id as usize]
    }

    /// The paths that a type names, outer ones first.
    ///
    /// # Panics
    /// Where the type is not of this file.
    pub fn types(&self, types: Types) -> &[PathUse] {
        &self.paths[types.start as usize..types.end as usize]
    }
}
