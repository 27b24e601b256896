//! TypeScript, and TypeScript with elements, whose nodes are the same.

use super::javascript::{CUSTOMS, TESTS, WORDS};
use crate::syntax::grammar::{Role, Table};

pub(super) static TABLE: Table = Table {
    language: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    separator: ".",
    nodes: NODES,
    words: WORDS,
    bindings: BINDINGS,
    customs: CUSTOMS,
    tests: TESTS,
};

pub(super) static TSX: Table = Table {
    language: || tree_sitter_typescript::LANGUAGE_TSX.into(),
    separator: ".",
    nodes: NODES,
    words: WORDS,
    bindings: BINDINGS,
    customs: CUSTOMS,
    tests: TESTS,
};

const NODES: &[(&str, Role)] = &[
    ("function_declaration", Role::Function),
    ("generator_function_declaration", Role::Function),
    ("method_definition", Role::Function),
    ("function_expression", Role::Lambda),
    ("generator_function", Role::Lambda),
    ("arrow_function", Role::Lambda),
    ("class_declaration", Role::Type),
    ("abstract_class_declaration", Role::Type),
    ("class", Role::Type),
    ("internal_module", Role::Type),
    ("if_statement", Role::If),
    ("else_clause", Role::Else),
    ("ternary_expression", Role::Ternary),
    ("for_statement", Role::Loop),
    ("for_in_statement", Role::Loop),
    ("while_statement", Role::Loop),
    ("do_statement", Role::Loop),
    ("switch_statement", Role::Switch),
    ("switch_case", Role::Case),
    ("catch_clause", Role::Catch),
    ("binary_expression", Role::Binary),
    ("augmented_assignment_expression", Role::Assignment),
    ("break_statement", Role::Jump),
    ("continue_statement", Role::Jump),
    ("decorator", Role::Attribute),
    ("import_statement", Role::Import),
    ("comment", Role::Comment),
    ("html_comment", Role::Comment),
    ("hash_bang_line", Role::Foreign),
    ("string", Role::Literal),
    ("template_string", Role::Literal),
    ("template_substitution", Role::Interpolation),
    ("number", Role::Literal),
    ("regex", Role::Literal),
];

const BINDINGS: &[(&str, &str, &str)] = &[
    ("variable_declarator", "name", "value"),
    ("assignment_expression", "left", "right"),
    ("pair", "key", "value"),
    ("public_field_definition", "name", "value"),
];
