//! What the types of a TypeScript project say of members, as far as their texts do.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::ImplicitMember;
use super::imports::{Imported, uses};
use super::text::{Text, is_word};

/// How deep types that name others are followed.
const DEEPEST: usize = 8;

/// Tokens between the parameters of a function and its arrow: the type that it returns.
const MOST_OF_RESULT: usize = 40;

/// Tokens of a value that is no block, where no semicolon ends it.
const MOST_OF_VALUE: usize = 400;

/// Words that begin a statement, where the one before has no semicolon.
const BEGINNINGS: [&str; 12] = [
    "export",
    "const",
    "let",
    "var",
    "type",
    "interface",
    "function",
    "class",
    "import",
    "declare",
    "abstract",
    "enum",
];

/// The types that a project declares, by name. One that is declared twice has what both say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared(BTreeMap<String, Shape>);

/// What the text of a type says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Shape {
    /// The members that it lists.
    members: BTreeSet<String>,
    /// The types that it is made of.
    parts: BTreeSet<String>,
}

impl Shape {
    /// The shape that these tokens write, or, with `until`, those before it.
    fn read(text: &Text, tokens: Range<usize>, until: Option<&str>) -> Self {
        let mut shape = Self::default();
        let (mut braces, mut others) = (0_usize, 0_usize);
        for at in tokens {
            match text.at(at) {
                "{" => braces += 1,
                "}" => braces = braces.saturating_sub(1),
                "(" | "[" | "<" => others += 1,
                ")" | "]" | ">" => others = others.saturating_sub(1),
                token if braces == 0 && others == 0 && Some(token) == until => break,
                word if !is_word(word) => {}
                word if braces == 0 => drop(shape.parts.insert(word.to_owned())),
                word if braces == 1 && matches!(text.at(at + 1), ":" | "?" | "?:" | "(") => {
                    shape.members.insert(word.to_owned());
                }
                _ => {}
            }
        }
        shape
    }
}

impl Declared {
    /// Adds the types of a file.
    pub fn add(&mut self, text: &Text) {
        for at in 0..text.len() {
            let is_declaration = matches!(text.at(at), "interface" | "type")
                && is_word(text.at(at + 1))
                && text.before(at) != "."
                // A type of another package that is imported is not declared here.
                && !text.is_import(at);
            if !is_declaration {
                continue;
            }
            let shape = Shape::read(text, at + 2..end_of_type(text, at), None);
            self.insert(text.at(at + 1), shape);
        }
    }

    /// Adds what another has.
    pub fn extend(&mut self, other: Self) {
        for (name, shape) in other.0 {
            self.insert(&name, shape);
        }
    }

    fn insert(&mut self, name: &str, shape: Shape) {
        let known = self.0.entry(name.to_owned()).or_default();
        known.members.extend(shape.members);
        known.parts.extend(shape.parts);
    }

    /// Whether a type has the member, as far as is known: one of another package is taken to
    /// have it. Each type is looked at once, however many lead to it.
    fn has(&self, shape: &Shape, wanted: &ImplicitMember) -> bool {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut level = vec![shape];
        for depth in 0..=DEEPEST {
            let mut next = Vec::new();
            for shape in level {
                if shape.members.contains(&wanted.member) {
                    return true;
                }
                for word in &shape.parts {
                    if word == "any" || wanted.declared_by.contains(word) {
                        return true;
                    }
                    match self.0.get_key_value(word) {
                        Some((name, shape)) if seen.insert(name) => next.push(shape),
                        None if depth == 0 && word.starts_with(char::is_uppercase) => return true,
                        _ => {}
                    }
                }
            }
            level = next;
        }
        false
    }
}

/// Where a declaration of a type ends.
fn end_of_type(text: &Text, at: usize) -> usize {
    let mut place = at + 2;
    while place < text.len() {
        match text.at(place) {
            "{" if text.at(at) == "interface" => return text.closing_of_code(place),
            "(" | "[" | "{" | "<" => place = text.closing(place),
            ";" => return place,
            word if BEGINNINGS.contains(&word) => return place,
            _ => {}
        }
        place += 1;
    }
    text.len()
}

/// Where a function or class takes a member that its type does not declare.
pub(super) fn implicit(
    text: &Text,
    imports: &[Imported],
    wanted: &ImplicitMember,
    declared: &Declared,
) -> Vec<usize> {
    let uses_of = |names: &[String]| -> Vec<(usize, usize)> {
        let of = |name: &String| uses(text, imports, &wanted.module, name);
        names.iter().flat_map(of).collect()
    };
    let functions = uses_of(&wanted.types);
    let functions = functions.into_iter().filter(|(_, end)| {
        let (shape, behind) = argument(text, *end, None);
        takes(text, behind, &wanted.member) && !declared.has(&shape, wanted)
    });
    let classes = uses_of(&wanted.classes);
    let classes = classes.into_iter().filter(|(at, end)| {
        let (shape, behind) = argument(text, *end, Some(","));
        text.before(*at) == "extends"
            && takes_this(text, behind, &wanted.member)
            && !declared.has(&shape, wanted)
    });
    functions.chain(classes).map(|(at, _)| at).collect()
}

/// The first type argument, all of them where nothing ends it, and where what stands behind the
/// arguments begins.
fn argument(text: &Text, at: usize, until: Option<&str>) -> (Shape, usize) {
    if text.at(at) != "<" {
        return (Shape::default(), at);
    }
    let end = text.closing(at);
    (Shape::read(text, at + 1..end, until), end + 1)
}

/// Whether the function that is the value here takes the member of its first parameter.
fn takes(text: &Text, at: usize, member: &str) -> bool {
    if text.at(at) != "=" {
        return false;
    }
    let mut place = at + 1;
    place += usize::from(text.at(place) == "async");
    if text.at(place) == "function" {
        place += 1 + usize::from(is_word(text.at(place + 1)));
    }
    let (parameters, behind) = match text.at(place) {
        "(" => {
            let end = text.closing(place);
            (place + 1..end, end + 1)
        }
        word if is_word(word) => (place..place + 1, place + 1),
        _ => return false,
    };
    let is_destructured = text.at(parameters.start) == "{";
    if is_destructured && parameters.clone().any(|at| text.at(at) == member) {
        return true;
    }
    let first = text.at(parameters.start);
    let body = body(text, behind);
    let mut body = body.into_iter().flatten();
    is_word(first) && body.any(|at| is_taken(text, at, &[first], member))
}

/// The tokens of the body of a function, whose parameters end here.
fn body(text: &Text, at: usize) -> Option<Range<usize>> {
    let mut place = at;
    let most = (at + MOST_OF_RESULT).min(text.len());
    while place < most && !matches!(text.at(place), "=>" | "{") {
        place += 1;
    }
    place += usize::from(text.at(place) == "=>");
    match text.at(place) {
        "{" | "(" => Some(place..text.closing_of_code(place)),
        "" => None,
        _ => {
            let mut rest = place..text.len().min(place + MOST_OF_VALUE);
            let end = rest.find(|at| text.at(*at) == ";").unwrap_or(rest.end);
            Some(place..end)
        }
    }
}

/// Whether the class whose body begins behind here takes the member of `this.props`.
fn takes_this(text: &Text, at: usize, member: &str) -> bool {
    let Some(begin) = (at..text.len()).find(|place| text.at(*place) == "{") else {
        return false;
    };
    let mut body = begin..text.closing_of_code(begin);
    body.any(|at| is_taken(text, at, &["this", ".", "props"], member))
}

/// Whether the member is taken here of what these tokens name: `props.member`, or
/// `{ member } = props`.
fn is_taken(text: &Text, at: usize, of: &[&str], member: &str) -> bool {
    if !text.has(at, of) || text.before(at) == "." {
        return false;
    }
    let behind = at + of.len();
    if matches!(text.at(behind), "." | "?.") && text.at(behind + 1) == member {
        return true;
    }
    if text.before(at) != "=" || at < 2 || text.at(at - 2) != "}" {
        return false;
    }
    let begin = (0..at - 2).rev().find(|place| text.at(*place) == "{");
    begin.is_some_and(|begin| (begin..at - 2).any(|place| text.at(place) == member))
}

/// Where a function without types of its parameters is given to one of these.
pub(super) fn untyped(
    text: &Text,
    imports: &[Imported],
    module: &str,
    names: &[String],
) -> Vec<usize> {
    let all = names
        .iter()
        .flat_map(|name| uses(text, imports, module, name));
    let all = all.filter(|(at, end)| is_plain(text, *at) && text.at(*end) == "(");
    let found = all.filter(|(_, end)| {
        let mut place = end + 1;
        place += usize::from(text.at(place) == "async");
        match text.at(place) {
            "(" => {
                let close = text.closing(place);
                text.at(close + 1) == "=>" && has_untyped(text, place + 1, close)
            }
            word => is_word(word) && text.at(place + 1) == "=>",
        }
    });
    found.map(|(at, _)| at).collect()
}

/// Whether what stands here is the value of a new name without a type: where it has one, or is
/// given to something else, that says what the parameters are.
fn is_plain(text: &Text, at: usize) -> bool {
    at >= 3
        && text.before(at) == "="
        && is_word(text.at(at - 2))
        && matches!(text.at(at - 3), "const" | "let" | "var")
}

/// Whether one of these parameters has neither a type nor a value.
fn has_untyped(text: &Text, from: usize, to: usize) -> bool {
    let (mut depth, mut is_typed, mut is_there) = (0_usize, false, false);
    for at in from..to {
        match text.at(at) {
            "," if depth == 0 => {
                if is_there && !is_typed {
                    return true;
                }
                (is_typed, is_there) = (false, false);
                continue;
            }
            ":" | "=" if depth == 0 => is_typed = true,
            "(" | "[" | "{" | "<" => depth += 1,
            ")" | "]" | "}" | ">" => depth = depth.saturating_sub(1),
            _ => {}
        }
        is_there = true;
    }
    is_there && !is_typed
}
