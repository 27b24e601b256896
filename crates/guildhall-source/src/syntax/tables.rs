//! One table a language: what its kinds of nodes mean.

mod c;
mod c_sharp;
mod cpp;
mod go;
mod java;
mod javascript;
mod php;
mod python;
mod ruby;
mod typescript;

use super::grammar::Table;
use crate::language::Language;

pub(super) fn of(language: Language) -> Option<&'static Table> {
    Some(match language {
        Language::Rust => return None,
        Language::Python => &python::TABLE,
        Language::JavaScript => &javascript::TABLE,
        Language::TypeScript => &typescript::TABLE,
        Language::Tsx => &typescript::TSX,
        Language::Go => &go::TABLE,
        Language::Java => &java::TABLE,
        Language::C => &c::TABLE,
        Language::Cpp => &cpp::TABLE,
        Language::CSharp => &c_sharp::TABLE,
        Language::Ruby => &ruby::TABLE,
        Language::Php => &php::TABLE,
    })
}
