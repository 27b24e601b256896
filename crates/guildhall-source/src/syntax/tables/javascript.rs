//! JavaScript.

use crate::syntax::grammar::{Customs, Role, Roles, Table, Tests};

pub(super) static TABLE: Table = Table {
    language: || tree_sitter_javascript::LANGUAGE.into(),
    separator: ".",
    nodes: &[NODES, &[("jsx_text", Role::Literal)]],
    words: &[WORDS],
    bindings: &[
        ("variable_declarator", "name", "value"),
        ("assignment_expression", "left", "right"),
        ("pair", "key", "value"),
        ("field_definition", "property", "value"),
    ],
    customs: CUSTOMS,
    tests: TESTS,
};

pub(super) const NODES: Roles = &[
    ("function_declaration", Role::Function),
    ("generator_function_declaration", Role::Function),
    ("method_definition", Role::Function),
    ("function_expression", Role::Lambda),
    ("generator_function", Role::Lambda),
    ("arrow_function", Role::Lambda),
    ("class_declaration", Role::Type),
    ("class", Role::Type),
    ("export_statement", Role::Wrapper),
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

pub(super) const WORDS: Roles = &[
    ("else", Role::ElseWord),
    ("&&", Role::And),
    ("||", Role::Or),
    ("??", Role::Coalesce),
    ("&&=", Role::ShortCircuitAssign),
    ("||=", Role::ShortCircuitAssign),
    ("??=", Role::ShortCircuitAssign),
];

pub(super) const CUSTOMS: Customs = Customs {
    bound_lambdas_are_functions: true,
    functions_are_namespaces: true,
    has_else_if: true,
    ..Customs::NONE
};

pub(super) const TESTS: Tests = Tests {
    calls: &[
        "describe",
        "it",
        "test",
        "suite",
        "before",
        "beforeEach",
        "beforeAll",
        "after",
        "afterEach",
        "afterAll",
    ],
    ..Tests::NONE
};
