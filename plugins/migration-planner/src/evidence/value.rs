//! Of which types values are, as far as the crates that move have them.

use std::rc::Rc;

use guildhall_source::rust::uses::{Origin, OriginId, PathUse};

use super::names::{is_handing, is_passing, is_wrapping};
use super::scene::Scene;
use crate::api::{Detail, Field, ItemKind, Method, Signature};
use crate::world::{ItemId, Named};

/// What is known of a value's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing.
    Unknown,
    /// It is none of the crates that move.
    Other,
    /// It is of one of these types, or, where that is said, something that has it in it.
    Of(Rc<[(ItemId, bool)]>),
}

/// Types that are called as if they were what they give.
const USUAL_CONSTRUCTORS: [&str; 4] = ["new", "default", "from", "builder"];

impl Value {
    /// A value of one of these types; of none where there are none.
    pub(super) fn of(types: impl IntoIterator<Item = (ItemId, bool)>) -> Self {
        let types: Rc<[(ItemId, bool)]> = types.into_iter().collect();
        match types.is_empty() {
            true => Self::Unknown,
            false => Self::Of(types),
        }
    }

    /// The types, none where they are not known.
    pub(super) fn items(&self) -> impl Iterator<Item = ItemId> + '_ {
        let types = match self {
            Self::Of(types) => &**types,
            _ => &[],
        };
        types.iter().map(|(item, _)| *item)
    }

    /// Whether something is known.
    pub(super) fn is_known(&self) -> bool {
        *self != Self::Unknown
    }

    /// What is in it, where it is something that has such values in it.
    fn inner(&self) -> Self {
        match self {
            Self::Of(types) => Self::of(types.iter().filter(|(_, is_inner)| *is_inner).copied()),
            _ => Self::Unknown,
        }
    }
}

/// The types of all values of a file, by their places in
/// [`FileUses::origins`](guildhall_source::rust::uses::FileUses::origins).
pub(super) struct Values<'v, 's, 'a> {
    scene: &'v Scene<'s, 'a>,
    file: usize,
    known: Vec<Value>,
}

impl<'v, 's, 'a> Values<'v, 's, 'a> {
    pub(super) fn new(scene: &'v Scene<'s, 'a>, file: usize) -> Self {
        let origins = &scene.uses(file).origins;
        let mut values = Self {
            scene,
            file,
            known: Vec::with_capacity(origins.len()),
        };
        for origin in origins {
            let value = values.value(*origin);
            values.known.push(value);
        }
        values
    }

    /// Of which type a value is.
    pub(super) fn get(&self, origin: OriginId) -> &Value {
        self.known.get(origin as usize).unwrap_or(&Value::Unknown)
    }

    /// Of which type a bound name is.
    pub(super) fn bound(&self, binding: u32) -> Value {
        let binding = &self.scene.uses(self.file).bindings[binding as usize];
        match binding.annotation {
            Some(types) => self.scene.written(self.file, types),
            None => self.get(binding.origin).clone(),
        }
    }

    fn value(&self, origin: Origin) -> Value {
        let uses = self.scene.uses(self.file);
        match origin {
            Origin::Unknown | Origin::Macro(_) | Origin::SelfValue(None) => Value::Unknown,
            Origin::SelfValue(Some(implementation)) => {
                let of = &uses.implementations[implementation as usize];
                self.scene.written(self.file, of.self_type)
            }
            Origin::Binding(binding) => self.bound(binding),
            Origin::Path(path) => self.constant(&uses.paths[path as usize]),
            Origin::Call { path, first } => self.call(&uses.paths[path as usize], first),
            Origin::Method(call) => {
                let call = &uses.calls[call as usize];
                self.method(&call.name, self.get(call.receiver))
            }
            Origin::Field(field) => {
                let field = &uses.fields[field as usize];
                self.field(&field.name, field.base)
            }
            Origin::Await(of) | Origin::Try(of) | Origin::Index(of) => self.get(of).clone(),
            Origin::Element(of) => self.get(of).inner(),
            Origin::Literal(literal) => {
                let path = uses.literals[literal as usize].path;
                self.literal(&uses.paths[path as usize])
            }
            Origin::Cast(types) => self.scene.written(self.file, types),
            Origin::Handed { call, parameter: 0 } => {
                let call = &uses.calls[call as usize];
                match is_handing(&call.name) {
                    true => self.get(call.receiver).inner(),
                    false => Value::Unknown,
                }
            }
            Origin::Handed { .. } => Value::Unknown,
            Origin::Tuple(of, place) => self.part(of, place),
            Origin::Inner { of, path, place } => self.inner(of, &uses.paths[path as usize], place),
            Origin::Named { literal, place, .. } => {
                let literal = &uses.literals[literal as usize];
                let name = &literal.fields[place as usize];
                self.named_field(&uses.paths[literal.path as usize], name)
            }
        }
    }

    /// What a call of a path gives.
    fn call(&self, path: &PathUse, first: OriginId) -> Value {
        if is_wrapping(&path.path) {
            return self.get(first).clone();
        }
        let named = self.scene.named(self.file, path);
        let found = named.iter().filter_map(|named| self.called(named));
        let found = found.into_iter().next();
        found.unwrap_or_else(|| self.scene.given(self.file, path))
    }

    /// What a call of a function, a constructor or a method by its path gives.
    fn called(&self, named: &Named) -> Option<Value> {
        let item = named.item?;
        if let Some(signature) = self.function(named) {
            let own = (!named.rest.is_empty()).then_some(item);
            return Some(self.result(item, &signature.result.written, own));
        }
        let detail = self.scene.world.detail(item);
        let is_its = match named.rest.as_slice() {
            [] => self.scene.world.is_type(item) || self.scene.world.whole(item) != item,
            [name] => {
                let is_usual = USUAL_CONSTRUCTORS.contains(&name.as_str());
                let variants = detail.map_or(&[][..], |detail| &detail.variants);
                is_usual || variants.iter().any(|variant| variant.name == *name)
            }
            _ => false,
        };
        is_its.then(|| Value::of([(self.scene.world.whole(item), false)]))
    }

    /// The signature of what a path calls, where it is a function or an inherent method.
    fn function(&self, named: &Named) -> Option<&'a Signature> {
        let items = self.scene.world.items(named.item?);
        match named.rest.as_slice() {
            [] => items.iter().find_map(|item| match &item.item().detail {
                Detail::Function(signature) => Some(signature),
                _ => None,
            }),
            [name] => items.iter().find_map(|item| {
                let methods = item.type_detail()?.methods.get(name)?;
                signature_of(methods)
            }),
            _ => None,
        }
    }

    /// What a text of the API of an item's crate means as a type.
    fn result(&self, item: ItemId, text: &str, own: Option<ItemId>) -> Value {
        let types = self.scene.world.types_in(item.of, text, own);
        Value::of(types.into_iter().take(1))
    }

    /// What a method gives.
    fn method(&self, name: &str, receiver: &Value) -> Value {
        for item in receiver.items() {
            let items = self.scene.world.items(item).iter();
            let mut details = items.filter_map(|item| item.type_detail());
            let methods = details.find_map(|detail| detail.methods.get(name));
            if let Some(signature) = methods.and_then(|methods| signature_of(methods)) {
                return self.result(item, &signature.result.written, Some(item));
            }
        }
        match receiver {
            Value::Of(_) if is_passing(name) => receiver.clone(),
            _ => Value::Unknown,
        }
    }

    /// What a constant or a variant is.
    fn constant(&self, path: &PathUse) -> Value {
        let named = self.scene.named(self.file, path);
        for named in named.iter() {
            let Some(item) = named.item else { continue };
            let whole = self.scene.world.whole(item);
            if named.rest.is_empty() {
                let items = self.scene.world.items(item).iter();
                let mut values = items.filter_map(|item| match &item.item().detail {
                    Detail::Value(ty) => Some(&ty.written),
                    _ => None,
                });
                if let Some(text) = values.next() {
                    return self.result(item, text, None);
                }
                let is_variant = self.scene.world.items(item).iter();
                let mut variants = is_variant.filter(|item| item.kind() == ItemKind::Variant);
                if variants.next().is_some() {
                    return Value::of([(whole, false)]);
                }
            } else if let Some(detail) = self.scene.world.detail(item)
                && detail
                    .variants
                    .iter()
                    .any(|variant| variant.name == named.rest[0])
            {
                return Value::of([(item, false)]);
            }
        }
        self.scene.given(self.file, path)
    }

    fn literal(&self, path: &PathUse) -> Value {
        let named = self.scene.named(self.file, path);
        let items = named.iter().filter_map(|named| named.item);
        Value::of(items.map(|item| (self.scene.world.whole(item), false)))
    }

    /// What a field is.
    fn field(&self, name: &str, base: OriginId) -> Value {
        for item in self.get(base).items() {
            let detail = self.scene.world.detail(item);
            let fields = detail.map_or(&[][..], |detail| &detail.fields);
            if let Some(field) = fields.iter().find(|field| field.name == name) {
                return self.result(item, &field.ty.written, Some(item));
            }
        }
        let uses = self.scene.uses(self.file);
        let mut fields = self.scene.fields(self.file, name);
        if let Origin::SelfValue(Some(implementation)) = *uses.origin(base)
            && let Some(own) = self.scene.self_name(self.file, implementation)
            && fields
                .iter()
                .any(|(id, _)| self.scene.definition(*id).name == own)
        {
            fields.retain(|(id, _)| self.scene.definition(*id).name == own);
        }
        let types = fields.iter();
        let mut types = types.map(|((file, _), types)| self.scene.written(*file, *types));
        let Some(first) = types.next() else {
            return Value::Unknown;
        };
        match types.all(|other| other == first) {
            true => first,
            false => Value::Unknown,
        }
    }

    /// What stands at a place of a tuple: by the signature of the function that gives it, else
    /// whatever type of the crates the tuple has in it.
    fn part(&self, of: OriginId, place: u32) -> Value {
        let uses = self.scene.uses(self.file);
        let mut from = of;
        while let Origin::Await(inner) | Origin::Try(inner) = *uses.origin(from) {
            from = inner;
        }
        let Origin::Call { path, .. } = *uses.origin(from) else {
            return self.get(of).inner();
        };
        let named = self.scene.named(self.file, &uses.paths[path as usize]);
        let mut found = named.iter().filter_map(|named| {
            let item = named.item?;
            let text = &self.function(named)?.result.written;
            let part = tuple_part(text, place)?;
            Some(self.result(item, part, Some(item)))
        });
        found.next().unwrap_or_else(|| self.get(of).inner())
    }

    /// What stands at a place of a variant or structure.
    fn inner(&self, of: OriginId, path: &PathUse, place: u32) -> Value {
        if ["Some", "Ok", "Err"].contains(&path.path.as_str()) {
            return self.get(of).clone();
        }
        self.named_field(path, &place.to_string())
    }

    /// The field of a variant or structure of the crates.
    fn named_field(&self, path: &PathUse, name: &str) -> Value {
        let named = self.scene.named(self.file, path);
        for named in named.iter() {
            let Some(item) = named.item else { continue };
            let whole = self.scene.world.whole(item);
            let Some(detail) = self.scene.world.detail(whole) else {
                continue;
            };
            let variant = named.rest.first().or_else(|| named.names.last());
            let mut variants = detail.variants.iter();
            let variant = variants.find(|known| Some(&known.name) == variant);
            let fields: &[Field] = variant.map_or(&detail.fields, |variant| &variant.fields);
            if let Some(field) = fields.iter().find(|field| field.name == name) {
                return self.result(whole, &field.ty.written, Some(whole));
            }
        }
        Value::Unknown
    }
}

/// The signature of a type's own method.
fn signature_of(methods: &[Method]) -> Option<&Signature> {
    let mut own = methods.iter().filter(|method| method.of_trait.is_none());
    own.find_map(|method| method.signature.as_ref())
}

/// The text at a place of the first tuple in a type's text.
fn tuple_part(text: &str, place: u32) -> Option<&str> {
    let start = text.find('(')? + 1;
    let mut depth = 0_i32;
    let (mut from, mut seen) = (start, 0);
    for (at, letter) in text[start..].char_indices() {
        let at = start + at;
        match letter {
            '(' | '<' | '[' => depth += 1,
            ')' | '>' | ']' if depth > 0 => depth -= 1,
            ',' if depth == 0 && seen == place => return Some(&text[from..at]),
            ')' if seen == place => return Some(&text[from..at]),
            ')' => return None,
            ',' if depth == 0 => {
                seen += 1;
                from = at + 1;
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::tuple_part;

    #[test]
    fn a_part_of_a_tuple_is_found_within_other_types() {
        let text = "io::Result<(Map<A, B>, C)>";
        assert_eq!(tuple_part(text, 0), Some("Map<A, B>"));
        assert_eq!(tuple_part(text, 1).map(str::trim), Some("C"));
        assert_eq!(tuple_part(text, 2), None);
        assert_eq!(tuple_part("Vec<A>", 0), None);
        assert_eq!(tuple_part("(A", 0), None);
    }
}
