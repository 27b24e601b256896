//! The modules of a tree of Rust crates, and what each uses of the others.
//!
//! [`collect`] looks at the syntax of one file and keeps what its text alone says:
//! [`FileModules`], small and made to be stored. [`ModuleTree::new`] puts the files of all
//! crates together, by the manifests, by `mod` declarations and their `path` attributes,
//! and resolves what is imported: `crate::`, `self::`, `super::`, names that another `use`
//! brings in, globs, re-exports, and the other crates of the tree by the names under which
//! they are depended on.
//!
//! Macros are not expanded and no type is known, so a path that a macro makes is not seen,
//! and of a path only the part up to an item is resolved, not what the item has in it.
//!
//! ```
//! use guildhall_source::rust::modules::{ModuleTree, collect};
//! use guildhall_source::rust;
//!
//! # std::thread::Builder::new().stack_size(rust::WORKER_STACK).spawn(|| {
//! let files = [
//!     ("src/lib.rs", "mod a; mod b;"),
//!     ("src/a.rs", "use crate::b::Thing;"),
//!     ("src/b.rs", "pub struct Thing;"),
//! ];
//! let facts = files.map(|(name, text)| {
//!     let outline = rust::outline(text, drop);
//!     (name, rust::parse(text, &outline, collect).unwrap())
//! });
//! let facts: Vec<_> = facts.iter().map(|(name, facts)| (*name, facts)).collect();
//! let tree = ModuleTree::new(&[], &facts);
//! let dependency = &tree.dependencies()[0];
//! assert_eq!(tree.path_of(dependency.from), "crate::a");
//! assert_eq!(tree.path_of(dependency.to), "crate::b");
//! assert_eq!(dependency.item.as_deref(), Some("Thing"));
//! # }).unwrap().join().unwrap();
//! ```

mod attributes;
mod collect;
mod facts;
mod outside;
mod resolve;
mod roots;
mod tree;

pub(in crate::rust) use attributes::visibility;
pub use attributes::{attributes_of, is_test_attribute, is_test_only};
pub use collect::collect;
pub(in crate::rust) use collect::{Collector, joined, push};
pub use facts::{
    Declaration, FileModules, Import, ImportKind, Item, ItemKind, Placement, Visibility,
};
pub use outside::{Meaning, Outside, Outsides};
pub use resolve::{Dependency, Resolved, Resolver};
pub use tree::{Module, ModuleId, ModuleTree, Target, TargetKind};
