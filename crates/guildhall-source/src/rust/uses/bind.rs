//! Patterns: the names that they bind, and the paths in them.

use syn::visit::{self, Visit as _};
use syn::{Pat, PatIdent, PatStruct, PatTupleStruct};

use super::describe::name_of;
use super::visit::{UNKNOWN, Walk, count, last_of};
use super::{Binding, BindingKind, Literal, Origin, OriginId, PathKind, Types};

impl Walk {
    /// Binds the names of a pattern to what `origin` says, or to parts of it.
    pub(super) fn bind(
        &mut self,
        pattern: &Pat,
        kind: BindingKind,
        annotation: Option<Types>,
        origin: OriginId,
    ) {
        match pattern {
            Pat::Ident(name) => self.bind_name(name, kind, annotation, origin),
            Pat::Tuple(tuple) => {
                let places = tuple.elems.iter().zip(0..);
                self.each(places, kind, |walk, place| match origin {
                    UNKNOWN => UNKNOWN,
                    of => walk.origin(Origin::Tuple(of, place)),
                });
            }
            Pat::TupleStruct(node) => self.bind_tuple(node, kind, origin),
            Pat::Struct(node) => self.bind_fields(node, kind, origin),
            Pat::Slice(slice) => {
                let element = self.element(origin);
                for pattern in &slice.elems {
                    self.bind(pattern, kind, None, element);
                }
            }
            Pat::Reference(inner) => self.bind(&inner.pat, kind, annotation, origin),
            Pat::Paren(inner) => self.bind(&inner.pat, kind, annotation, origin),
            Pat::Type(typed) => {
                let types = self.types_of(&typed.ty);
                self.bind(&typed.pat, kind, Some(types), origin);
            }
            Pat::Or(all) => self.bind_first(all.cases.iter(), kind, origin),
            Pat::Guard(guarded) => {
                self.bind(&guarded.pat, kind, annotation, origin);
                self.expression(&guarded.guard);
            }
            Pat::Path(node) => {
                self.qualified(node.qself.as_ref(), &node.path, PathKind::Pattern);
            }
            Pat::Macro(node) => self.visit_macro(&node.mac),
            other => visit::visit_pat(self, other),
        }
    }

    fn bind_name(
        &mut self,
        node: &PatIdent,
        kind: BindingKind,
        annotation: Option<Types>,
        origin: OriginId,
    ) {
        if is_constant(node) {
            self.keep(node.ident.to_string(), PathKind::Pattern, node.ident.span());
            return;
        }
        let is_rest = matches!(&node.subpat, Some((_, sub)) if matches!(**sub, Pat::Rest(_)));
        let place = self.place(node.ident.span());
        self.found.bindings.push(Binding {
            name: node.ident.to_string(),
            is_mutable: node.mutability.is_some(),
            // `ref mut` needs a place that can be changed.
            is_changed: node.by_ref.is_some() && node.mutability.is_some(),
            annotation,
            origin: if is_rest { UNKNOWN } else { origin },
            kind,
            place,
        });
        self.locals.push(last_of(self.found.bindings.len()));
        if let Some((_, sub)) = &node.subpat {
            self.bind(sub, kind, None, origin);
        }
    }

    fn bind_tuple(&mut self, node: &PatTupleStruct, kind: BindingKind, of: OriginId) {
        let has_rest = node
            .elems
            .iter()
            .any(|pattern| matches!(pattern, Pat::Rest(_)));
        let written = node.elems.len() - usize::from(has_rest);
        let path_kind = PathKind::TuplePattern(count(written), has_rest);
        let path = self.qualified(node.qself.as_ref(), &node.path, path_kind);
        let places = node.elems.iter().zip(0..);
        self.each(places, kind, |walk, place| match path {
            Some(path) => walk.origin(Origin::Inner { of, path, place }),
            None => UNKNOWN,
        });
    }

    /// Binds fields by place; behind `..` it is not known which they are.
    fn each<'a>(
        &mut self,
        fields: impl Iterator<Item = (&'a Pat, u32)>,
        kind: BindingKind,
        mut origin: impl FnMut(&mut Self, u32) -> OriginId,
    ) {
        let mut is_known = true;
        for (pattern, place) in fields {
            is_known &= !matches!(pattern, Pat::Rest(_));
            let of = match is_known && !matches!(pattern, Pat::Wild(_)) {
                true => origin(self, place),
                false => UNKNOWN,
            };
            self.bind(pattern, kind, None, of);
        }
    }

    fn bind_fields(&mut self, node: &PatStruct, kind: BindingKind, of: OriginId) {
        let path = self.qualified(node.qself.as_ref(), &node.path, PathKind::Literal);
        let literal = path.map(|path| {
            self.found.literals.push(Literal {
                path,
                fields: node
                    .fields
                    .iter()
                    .map(|field| name_of(&field.member))
                    .collect(),
                has_rest: node.rest.is_some(),
                is_pattern: true,
            });
            last_of(self.found.literals.len())
        });
        for (field, place) in node.fields.iter().zip(0..) {
            let origin = match literal {
                Some(literal) => self.origin(Origin::Named { of, literal, place }),
                None => UNKNOWN,
            };
            self.bind(&field.pat, kind, None, origin);
        }
    }

    /// Alternatives bind the same names: those of the first are what is seen.
    fn bind_first<'a>(
        &mut self,
        mut cases: impl Iterator<Item = &'a Pat>,
        kind: BindingKind,
        origin: OriginId,
    ) {
        if let Some(first) = cases.next() {
            self.bind(first, kind, None, origin);
        }
        for other in cases {
            self.within(|walk| walk.bind(other, kind, None, origin));
        }
    }
}

/// Whether a name in a pattern is that of a constant or variant: names that are bound begin
/// with a small letter.
pub(super) fn is_constant(node: &PatIdent) -> bool {
    let is_plain = node.by_ref.is_none() && node.mutability.is_none() && node.subpat.is_none();
    is_plain && node.ident.to_string().starts_with(char::is_uppercase)
}
