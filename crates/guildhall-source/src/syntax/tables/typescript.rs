//! TypeScript, and TypeScript with elements, whose nodes are the same.

use super::javascript::{CUSTOMS, NODES, TESTS, WORDS};
use crate::syntax::grammar::{Role, Roles, Table};

pub(super) static TABLE: Table = Table {
    language: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    separator: ".",
    nodes: &[NODES, OF_TYPES],
    words: &[WORDS],
    bindings: BINDINGS,
    customs: CUSTOMS,
    tests: TESTS,
};

pub(super) static TSX: Table = Table {
    language: || tree_sitter_typescript::LANGUAGE_TSX.into(),
    separator: ".",
    nodes: &[NODES, OF_TYPES],
    words: &[WORDS],
    bindings: BINDINGS,
    customs: CUSTOMS,
    tests: TESTS,
};

const OF_TYPES: Roles = &[
    ("abstract_class_declaration", Role::Type),
    ("internal_module", Role::Type),
    ("interface_declaration", Role::Type),
    ("enum_declaration", Role::Type),
];

const BINDINGS: &[(&str, &str, &str)] = &[
    ("variable_declarator", "name", "value"),
    ("assignment_expression", "left", "right"),
    ("pair", "key", "value"),
    ("public_field_definition", "name", "value"),
];
