//! C++.

use super::c::{CUSTOMS, NODES, WORDS};
use crate::syntax::grammar::{Role, Table, Tests};

pub(super) static TABLE: Table = Table {
    language: || tree_sitter_cpp::LANGUAGE.into(),
    separator: "::",
    nodes: &[
        NODES,
        &[
            ("lambda_expression", Role::Lambda),
            ("class_specifier", Role::Type),
            ("namespace_definition", Role::Type),
            ("template_declaration", Role::Wrapper),
            ("for_range_loop", Role::Loop),
            ("catch_clause", Role::Catch),
            ("attribute_declaration", Role::Attribute),
            ("using_declaration", Role::Import),
            ("raw_string_literal", Role::Literal),
            ("user_defined_literal", Role::Literal),
        ],
    ],
    words: &[WORDS, &[("and", Role::And), ("or", Role::Or)]],
    bindings: &[("init_declarator", "declarator", "value")],
    customs: CUSTOMS,
    tests: Tests {
        // Macros that look like functions to the grammar.
        functions: &["TEST", "TYPED_TEST", "BOOST_AUTO_TEST_CASE", "SCENARIO"],
        ..Tests::NONE
    },
};
