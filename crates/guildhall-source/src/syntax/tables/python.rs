//! Python.

use crate::syntax::grammar::{Customs, Role, Table, Tests};

pub(super) static TABLE: Table = Table {
    language: || tree_sitter_python::LANGUAGE.into(),
    separator: ".",
    nodes: &[&[
        ("function_definition", Role::Function),
        ("lambda", Role::Lambda),
        ("class_definition", Role::Type),
        ("decorated_definition", Role::Wrapper),
        ("if_statement", Role::If),
        ("else_clause", Role::Else),
        ("conditional_expression", Role::Ternary),
        ("for_statement", Role::Loop),
        ("while_statement", Role::Loop),
        ("match_statement", Role::Switch),
        ("case_clause", Role::Arm),
        ("if_clause", Role::Guard),
        ("for_in_clause", Role::Clause),
        ("except_clause", Role::Catch),
        ("boolean_operator", Role::Binary),
        ("decorator", Role::Attribute),
        ("keyword_separator", Role::NoParameter),
        ("positional_separator", Role::NoParameter),
        ("import_statement", Role::Import),
        ("import_from_statement", Role::Import),
        ("future_import_statement", Role::Import),
        ("comment", Role::Comment),
        ("string", Role::Literal),
        ("interpolation", Role::Interpolation),
        ("integer", Role::Literal),
        ("float", Role::Literal),
    ]],
    words: &[&[
        ("else", Role::ElseWord),
        ("elif", Role::ElseIfWord),
        ("and", Role::And),
        ("or", Role::Or),
    ]],
    bindings: &[("assignment", "left", "right")],
    customs: Customs {
        has_decorator_functions: true,
        ..Customs::NONE
    },
    tests: Tests {
        functions: &["test_"],
        types: &["Test"],
        ..Tests::NONE
    },
};
