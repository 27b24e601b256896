//! What the nodes of a grammar mean: tables by name, and made quick to look up.

use std::num::NonZeroU16;
use std::sync::OnceLock;

use super::tables;
use crate::language::Language;

/// What is said of a language.
pub(super) struct Table {
    pub(super) language: fn() -> tree_sitter::Language,
    /// What stands between the parts of a qualified name.
    pub(super) separator: &'static str,
    /// Kinds of named nodes.
    pub(super) nodes: &'static [Roles],
    /// Words and operators, which are nodes without a name.
    pub(super) words: &'static [Roles],
    /// Where a lambda gets a name: kind of the node around it, fields of name and value.
    pub(super) bindings: &'static [(&'static str, &'static str, &'static str)],
    pub(super) customs: Customs,
    pub(super) tests: Tests,
}

/// Kinds of nodes and what they are. A table has several where it takes those of another.
pub(super) type Roles = &'static [(&'static str, Role)];

/// In what the languages differ beyond their words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Customs {
    /// A lambda that is given a name is a function, wherever it stands.
    pub(super) bound_lambdas_are_functions: bool,
    /// A function without flow of its own is a namespace: functions in it are no part
    /// of it (white paper, "Compensating Usages", for JavaScript).
    pub(super) functions_are_namespaces: bool,
    /// A function that only makes and returns another does not nest it (same place,
    /// for Python).
    pub(super) has_decorator_functions: bool,
    /// An `if` right behind an `else` continues the chain.
    pub(super) has_else_if: bool,
    /// What follows `#` at the head of a line is text to the grammar, and comments in it.
    pub(super) has_preprocessor: bool,
    /// A function is known by its declarator, and none stands in another but through a
    /// type: what the grammar takes for one besides is a macro, or a missing bracket.
    pub(super) has_declarators: bool,
}

impl Customs {
    /// None of them: what a language's table starts from.
    pub(super) const NONE: Self = Self {
        bound_lambdas_are_functions: false,
        functions_are_namespaces: false,
        has_decorator_functions: false,
        has_else_if: false,
        has_preprocessor: false,
        has_declarators: false,
    };
}

/// By what tests are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tests {
    /// Functions that are called with a test.
    pub(super) calls: &'static [&'static str],
    /// Attributes, annotations and decorators.
    pub(super) attributes: &'static [&'static str],
    /// What names of test functions begin with.
    pub(super) functions: &'static [&'static str],
    /// What names of types with tests begin with.
    pub(super) types: &'static [&'static str],
}

impl Tests {
    /// Nothing tells them: what a language's table starts from.
    pub(super) const NONE: Self = Self {
        calls: &[],
        attributes: &[],
        functions: &[],
        types: &[],
    };
}

/// What a node means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Role {
    #[default]
    Plain,
    /// A function, where it has a field `body`.
    Function,
    /// A function, with a body or without.
    WholeFunction,
    /// A function, where it has a field `value` of the kind that is [`Role::ArrowBody`].
    ValueFunction,
    ArrowBody,
    Lambda,
    /// A type or another holder of functions, with a name.
    Type,
    /// What a function or a type is in together with its decorators, its `export` or its
    /// template parameters.
    Wrapper,
    If,
    /// `elsif`, in the languages in which it is a node around what follows.
    ElseIf,
    Else,
    Ternary,
    Loop,
    Switch,
    /// A case that costs one path.
    Case,
    /// One that does unless it takes all.
    Arm,
    /// A condition of a case or a catch.
    Guard,
    /// A clause of a comprehension.
    Clause,
    Catch,
    /// An expression of two operands; its operator says whether it is logical.
    Binary,
    /// An assignment with an operator.
    Assignment,
    /// Costs one if it names a label or a number of levels.
    Jump,
    Goto,
    /// A condition of the preprocessor, and the next one of a chain.
    Condition,
    NextCondition,
    /// An import, or the name of a package.
    Import,
    /// An attribute or decorator, and the node that holds them with other modifiers.
    Attribute,
    Modifiers,
    /// A list of parameters that the function has, and what in one is no parameter.
    NoParameter,
    Comment,
    /// A string, or another text; expressions may stand in it.
    Literal,
    /// An expression in a text.
    Interpolation,
    Identifier,
    /// Text that the grammar does not divide.
    Raw,
    /// What is no code, such as the page around a script.
    Foreign,
    // Words from here on.
    ElseWord,
    ElseIfWord,
    /// `#else` and its like.
    ConditionWord,
    CaseWord,
    And,
    Or,
    Coalesce,
    /// `||=` and its like.
    ShortCircuitAssign,
}

/// A table, by numbers.
pub(super) struct Grammar {
    pub(super) language: tree_sitter::Language,
    pub(super) table: &'static Table,
    roles: Vec<Role>,
    bindings: Vec<Binding>,
    pub(super) fields: Fields,
}

/// Where a lambda gets a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Binding {
    pub(super) kind: u16,
    pub(super) name: NonZeroU16,
    pub(super) value: NonZeroU16,
}

/// The fields that are asked for; a grammar need not have them all.
pub(super) struct Fields {
    pub(super) name: Option<NonZeroU16>,
    pub(super) body: Option<NonZeroU16>,
    pub(super) value: Option<NonZeroU16>,
    pub(super) declarator: Option<NonZeroU16>,
    pub(super) parameters: Option<NonZeroU16>,
    pub(super) parameter: Option<NonZeroU16>,
    pub(super) receiver: Option<NonZeroU16>,
    pub(super) condition: Option<NonZeroU16>,
    pub(super) type_: Option<NonZeroU16>,
    pub(super) operator: Option<NonZeroU16>,
    pub(super) function: Option<NonZeroU16>,
    pub(super) method: Option<NonZeroU16>,
    pub(super) arguments: Option<NonZeroU16>,
}

impl Grammar {
    /// The grammar of a language, made at the first call.
    pub(super) fn of(language: Language) -> Option<&'static Self> {
        static MADE: [OnceLock<Option<Grammar>>; Language::ALL.len()] =
            [const { OnceLock::new() }; Language::ALL.len()];
        let place = Language::ALL.iter().position(|other| *other == language)?;
        let make = || tables::of(language).map(Self::new);
        MADE[place].get_or_init(make).as_ref()
    }

    fn new(table: &'static Table) -> Self {
        let language = (table.language)();
        let count = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
        let role = |id| role_of(table, &language, id);
        let field = |name: &str| language.field_id_for_name(name);
        let bindings = table.bindings.iter().flat_map(|(kind, name, value)| {
            let (name, value) = (field(name), field(value));
            let ids = ids(&language, kind);
            ids.filter_map(move |kind| {
                Some(Binding {
                    kind,
                    name: name?,
                    value: value?,
                })
            })
        });
        Self {
            roles: (0..count).map(role).collect(),
            bindings: bindings.collect(),
            fields: Fields {
                name: field("name"),
                body: field("body"),
                value: field("value"),
                declarator: field("declarator"),
                parameters: field("parameters"),
                parameter: field("parameter"),
                receiver: field("receiver"),
                condition: field("condition"),
                type_: field("type"),
                operator: field("operator"),
                function: field("function"),
                method: field("method"),
                arguments: field("arguments"),
            },
            language,
            table,
        }
    }

    pub(super) fn role(&self, kind: u16) -> Role {
        // Errors have a kind of their own, above all others.
        self.roles
            .get(usize::from(kind))
            .copied()
            .unwrap_or_default()
    }

    /// The field that names a lambda which is the field `value` of such a node.
    pub(super) fn binding(&self, kind: u16, value: Option<NonZeroU16>) -> Option<NonZeroU16> {
        let of = |binding: &&Binding| binding.kind == kind && Some(binding.value) == value;
        self.bindings.iter().find(of).map(|binding| binding.name)
    }
}

fn role_of(table: &Table, language: &tree_sitter::Language, id: u16) -> Role {
    let Some(kind) = language.node_kind_for_id(id) else {
        return Role::Plain;
    };
    let named = language.node_kind_is_named(id);
    let list = if named { table.nodes } else { table.words };
    match list
        .iter()
        .copied()
        .flatten()
        .find(|(name, _)| *name == kind)
    {
        Some((_, role)) => *role,
        None if named && kind.ends_with("identifier") => Role::Identifier,
        None => Role::Plain,
    }
}

fn ids(language: &tree_sitter::Language, kind: &str) -> impl Iterator<Item = u16> {
    let count = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
    let is =
        |id: &u16| language.node_kind_is_named(*id) && language.node_kind_for_id(*id) == Some(kind);
    (0..count).filter(is).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::LANGUAGES;

    #[test]
    fn every_name_in_a_table_is_one_of_its_grammar() {
        for language in LANGUAGES {
            let grammar = Grammar::of(language).unwrap();
            let exists =
                |name: &str, named: bool| grammar.language.id_for_node_kind(name, named) != 0;
            let table = grammar.table;
            for (name, _) in table.nodes.iter().copied().flatten() {
                assert!(exists(name, true), "{}: {name}", language.name());
            }
            for (name, _) in table.words.iter().copied().flatten() {
                assert!(exists(name, false), "{}: {name}", language.name());
            }
            for (kind, name, value) in table.bindings {
                assert!(exists(kind, true), "{}: {kind}", language.name());
                for field in [name, value] {
                    let id = grammar.language.field_id_for_name(field);
                    assert!(id.is_some(), "{}: {field}", language.name());
                }
            }
        }
    }

    #[test]
    fn rust_has_a_parser_of_its_own() {
        assert!(Grammar::of(Language::Rust).is_none());
    }
}
