//! Which variants of which types the patterns of a `match` name.

use std::collections::{BTreeMap, BTreeSet};

use syn::{ExprMatch, Pat, Path};

/// Types as they are written, each with the names of it in the patterns.
pub(super) type Named = BTreeMap<String, BTreeSet<String>>;

/// What the arms of a `match` name.
pub(super) fn named(node: &ExprMatch) -> Named {
    let mut named = Named::new();
    let mut open: Vec<&Pat> = node.arms.iter().map(|arm| &arm.pat).collect();
    while let Some(pattern) = open.pop() {
        match pattern {
            Pat::Or(or) => open.extend(&or.cases),
            Pat::Guard(guard) => open.push(&guard.pat),
            Pat::Paren(paren) => open.push(&paren.pat),
            Pat::Reference(reference) => open.push(&reference.pat),
            Pat::Tuple(tuple) => open.extend(&tuple.elems),
            Pat::Ident(ident) => open.extend(ident.subpat.as_ref().map(|(_, pattern)| &**pattern)),
            Pat::TupleStruct(variant) => add(&mut named, &variant.path),
            Pat::Struct(variant) => add(&mut named, &variant.path),
            Pat::Path(variant) => add(&mut named, &variant.path),
            _ => {}
        }
    }
    named
}

fn add(named: &mut Named, path: &Path) {
    if path.segments.len() < 2 {
        return;
    }
    let mut names: Vec<String> = path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect();
    let Some(variant) = names.pop() else {
        return;
    };
    // `module::CONSTANT` is no variant.
    let is_type = |name: &String| name.starts_with(|c: char| c.is_uppercase());
    if names.last().is_some_and(is_type) {
        named.entry(names.join("::")).or_default().insert(variant);
    }
}
