//! Names of functions as a reader would say them: `module::func`, `Type::method`,
//! `<Type as Trait>::method`.

use proc_macro2::Ident;
use syn::{ItemImpl, Path, Type};

/// Longer names are cut: each function bears those of all that it stands in.
const LONGEST: usize = 200;

/// A name as it is, or its beginning where nobody would read on.
pub(super) fn of_ident(ident: &Ident) -> String {
    let name = ident.to_string();
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}

/// The part of a method's name that its `impl` block gives.
pub(super) fn of_impl(item: &ItemImpl) -> String {
    let own = of_type(&item.self_ty);
    match &item.trait_ {
        Some((path, _)) => format!("<{own} as {}>", last_segment(path)),
        None => own,
    }
}

/// A type without its arguments; `_` where it has no name.
pub(super) fn of_type(ty: &Type) -> String {
    match ty {
        Type::Path(path) => last_segment(&path.path),
        Type::Reference(reference) => format!("&{}", of_type(&reference.elem)),
        Type::Ptr(pointer) => format!("*{}", of_type(&pointer.elem)),
        Type::Slice(slice) => format!("[{}]", of_type(&slice.elem)),
        Type::Array(array) => format!("[{}; _]", of_type(&array.elem)),
        Type::Paren(paren) => of_type(&paren.elem),
        Type::Group(group) => of_type(&group.elem),
        Type::Tuple(tuple) => {
            let parts: Vec<String> = tuple.elems.iter().map(of_type).collect();
            format!("({})", parts.join(", "))
        }
        Type::Never(_) => "!".to_owned(),
        Type::TraitObject(object) => {
            let mut bounds = object.bounds.iter();
            let name = bounds.find_map(|bound| match bound {
                syn::TypeParamBound::Trait(bound) => Some(last_segment(&bound.path)),
                _ => None,
            });
            format!("dyn {}", name.as_deref().unwrap_or("_"))
        }
        _ => "_".to_owned(),
    }
}

fn last_segment(path: &Path) -> String {
    path.segments
        .last()
        .map_or_else(|| "_".to_owned(), |segment| of_ident(&segment.ident))
}
