//! C.

use crate::syntax::grammar::{Customs, Role, Roles, Table, Tests};

pub(super) static TABLE: Table = Table {
    language: || tree_sitter_c::LANGUAGE.into(),
    separator: "::",
    nodes: &[NODES],
    words: &[WORDS],
    bindings: &[],
    customs: CUSTOMS,
    tests: Tests::NONE,
};

pub(super) const NODES: Roles = &[
    ("function_definition", Role::Function),
    ("struct_specifier", Role::Type),
    ("union_specifier", Role::Type),
    ("enum_specifier", Role::Type),
    ("type_definition", Role::Wrapper),
    ("if_statement", Role::If),
    ("else_clause", Role::Else),
    ("conditional_expression", Role::Ternary),
    ("for_statement", Role::Loop),
    ("while_statement", Role::Loop),
    ("do_statement", Role::Loop),
    ("switch_statement", Role::Switch),
    ("seh_except_clause", Role::Catch),
    ("binary_expression", Role::Binary),
    ("goto_statement", Role::Goto),
    ("preproc_if", Role::Condition),
    ("preproc_ifdef", Role::Condition),
    ("preproc_elif", Role::NextCondition),
    ("preproc_arg", Role::Raw),
    ("preproc_include", Role::Import),
    ("comment", Role::Comment),
    ("string_literal", Role::Literal),
    ("system_lib_string", Role::Literal),
    ("char_literal", Role::Literal),
    ("number_literal", Role::Literal),
];

pub(super) const WORDS: Roles = &[
    ("else", Role::ElseWord),
    ("#else", Role::ConditionWord),
    ("#elif", Role::ConditionWord),
    ("#elifdef", Role::ConditionWord),
    ("#elifndef", Role::ConditionWord),
    ("case", Role::CaseWord),
    ("&&", Role::And),
    ("||", Role::Or),
];

pub(super) const CUSTOMS: Customs = Customs {
    has_else_if: true,
    has_preprocessor: true,
    has_declarators: true,
    ..Customs::NONE
};
