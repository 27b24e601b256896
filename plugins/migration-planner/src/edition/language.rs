//! Places that have to be written otherwise in a later edition, found in the text alone.
//!
//! These are patterns of our own, so no build is needed and code for every platform is seen.
//! What needs types stays unseen and is listed by [`unseen`]; `cargo fix --edition` sees it, for
//! what is built.

mod tokens;
mod visit;

use guildhall_report::Position;
use syn::visit::Visit as _;

use crate::request::Edition;
use visit::Finder;

/// A place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    /// Where.
    pub position: Position,
    /// What has to be written otherwise.
    pub rule: &'static Rule,
}

/// Something that has to be written otherwise in an edition.
#[derive(Debug, PartialEq)]
pub struct Rule {
    /// Its id: the word behind the edition, as in `2024/unsafe-attribute`.
    pub id: &'static str,
    /// The edition.
    pub since: Edition,
    /// How probable it is that such a place must be edited, from nought to one.
    pub confidence: f64,
    /// What to do, as an imperative fragment.
    pub mend: &'static str,
}

/// An attribute that says something about linking.
pub const UNSAFE_ATTRIBUTE: Rule = Rule {
    id: "2024/unsafe-attribute",
    since: Edition::E2024,
    confidence: 0.95,
    mend: "put the attribute into unsafe(..)",
};

/// A block of foreign items.
pub const UNSAFE_EXTERN: Rule = Rule {
    id: "2024/unsafe-extern",
    since: Edition::E2024,
    confidence: 0.95,
    mend: "write unsafe extern",
};

/// A function of the standard library that is unsafe now.
pub const UNSAFE_CALL: Rule = Rule {
    id: "2024/unsafe-call",
    since: Edition::E2024,
    confidence: 0.95,
    mend: "call it in an unsafe block and say why no other thread reads at that time",
};

/// A word that is a keyword now.
pub const GEN_KEYWORD: Rule = Rule {
    id: "2024/keyword-gen",
    since: Edition::E2024,
    confidence: 0.95,
    mend: "write r#gen, or another name",
};

/// A reference to a `static mut`, of which the lint is an error now.
pub const STATIC_MUT: Rule = Rule {
    id: "2024/static-mut-reference",
    since: Edition::E2024,
    confidence: 0.8,
    mend: "take &raw const or &raw mut, or make it a lock or an atomic",
};

/// A matcher that takes more expressions now.
pub const EXPRESSION_MATCHER: Rule = Rule {
    id: "2024/expression-matcher",
    since: Edition::E2024,
    confidence: 0.15,
    mend: "write expr_2021 where the macro must not take const blocks and _",
};

/// `into_iter` on an array.
pub const ARRAY_INTO_ITER: Rule = Rule {
    id: "2021/array-into-iter",
    since: Edition::E2021,
    confidence: 0.8,
    mend: "call iter() where references are meant",
};

/// A message that is not a format.
pub const PANIC_FORMAT: Rule = Rule {
    id: "2021/panic-format",
    since: Edition::E2021,
    confidence: 0.9,
    mend: "give the message as panic!(\"{}\", ..) or by std::panic::panic_any",
};

/// A matcher that takes more patterns now.
pub const PATTERN_MATCHER: Rule = Rule {
    id: "2021/pattern-matcher",
    since: Edition::E2021,
    confidence: 0.15,
    mend: "write pat_param where the macro must not take |",
};

/// A trait as a type without `dyn`.
pub const BARE_TRAIT: Rule = Rule {
    id: "2021/bare-trait-object",
    since: Edition::E2021,
    confidence: 0.95,
    mend: "write dyn before the trait",
};

/// A word that is a keyword now.
pub const ASYNC_KEYWORD: Rule = Rule {
    id: "2018/keyword",
    since: Edition::E2018,
    confidence: 0.95,
    mend: "write r# before it, or another name",
};

/// The places in a file that have to be written otherwise, ordered by position.
///
/// To be called within [`guildhall_source::rust::parse`], whose tree has positions.
pub fn sites(file: &syn::File, from: Edition, to: Edition) -> Vec<Site> {
    let mut finder = Finder::new(file, from, to);
    finder.visit_file(file);
    let mut sites = finder.sites;
    let key = |site: &Site| (site.position.line, site.position.column, site.rule.id);
    sites.sort_by_key(key);
    sites.dedup_by_key(|site| key(site));
    sites
}

/// What changes its meaning from one edition to the other and is not looked for, as
/// sentences without a final full stop.
pub fn unseen(from: Edition, to: Edition) -> Vec<&'static str> {
    let passed = |since: Edition| from < since && since <= to;
    let all = [
        (Edition::E2018, "paths that begin with a module of the root"),
        (
            Edition::E2018,
            "parameters of a trait's methods without a name",
        ),
        (
            Edition::E2021,
            "closures that capture a part of a value, and drop it at another time",
        ),
        (
            Edition::E2021,
            "methods that TryFrom, TryInto and FromIterator in the prelude make ambiguous",
        ),
        (
            Edition::E2024,
            "temporaries of if let and of tail expressions that are dropped earlier",
        ),
        (
            Edition::E2024,
            "impl Trait as a result that captures more lifetimes",
        ),
        (
            Edition::E2024,
            "types that fell back to () where nothing returns",
        ),
        (Edition::E2024, "into_iter on a boxed slice"),
        (
            Edition::E2024,
            "methods that Future and IntoFuture in the prelude make ambiguous",
        ),
        (
            Edition::E2024,
            "unsafe operations in unsafe functions, which are warned of",
        ),
    ];
    let unseen = all.into_iter().filter(|(since, _)| passed(*since));
    unseen.map(|(_, text)| text).collect()
}

#[cfg(test)]
mod tests;
