//! Go.

use crate::syntax::grammar::{Customs, Role, Table, Tests};

pub(super) static TABLE: Table = Table {
    language: || tree_sitter_go::LANGUAGE.into(),
    separator: ".",
    nodes: &[&[
        ("type_spec", Role::Type),
        ("type_declaration", Role::Wrapper),
        ("function_declaration", Role::Function),
        ("method_declaration", Role::Function),
        ("func_literal", Role::Lambda),
        ("if_statement", Role::If),
        ("for_statement", Role::Loop),
        ("expression_switch_statement", Role::Switch),
        ("type_switch_statement", Role::Switch),
        ("select_statement", Role::Switch),
        ("expression_case", Role::Case),
        ("type_case", Role::Case),
        ("communication_case", Role::Case),
        ("binary_expression", Role::Binary),
        ("break_statement", Role::Jump),
        ("continue_statement", Role::Jump),
        ("goto_statement", Role::Goto),
        ("import_declaration", Role::Import),
        ("package_clause", Role::Import),
        ("comment", Role::Comment),
        ("interpreted_string_literal", Role::Literal),
        ("raw_string_literal", Role::Literal),
        ("rune_literal", Role::Literal),
        ("int_literal", Role::Literal),
        ("float_literal", Role::Literal),
        ("imaginary_literal", Role::Literal),
        ("label_name", Role::Identifier),
    ]],
    words: &[&[
        ("else", Role::ElseWord),
        ("&&", Role::And),
        ("||", Role::Or),
    ]],
    bindings: &[],
    customs: Customs {
        has_else_if: true,
        ..Customs::NONE
    },
    tests: Tests {
        functions: &["Test", "Benchmark", "Fuzz", "Example"],
        ..Tests::NONE
    },
};
