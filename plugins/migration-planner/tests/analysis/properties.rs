//! What holds of any crate.

use migration_planner::api::{ApiItem, Detail, ItemKind, Paths, World};
use migration_planner::difference::{Difference, Member, difference};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::support::{files, krate, package, told};

/// A type in the form in which it is printed.
fn ty() -> impl Strategy<Value = String> {
    let plain = prop_oneof![
        Just("u8".to_owned()),
        Just("&str".to_owned()),
        Just("Self2".to_owned()),
        Just("std::io::Error".to_owned()),
        Just("T".to_owned()),
    ];
    plain.prop_recursive(2, 6, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            inner.clone().prop_map(|ty| format!("Option<{ty}>")),
            inner.prop_map(|ty| format!("&mut [{ty}]")),
            pair.prop_map(|(a, b)| format!("HashMap<{a}, {b}>")),
        ]
    })
}

/// The text of an item of a name.
fn item() -> impl Strategy<Value = Printed> {
    let types = || vec(ty(), 0..3);
    prop_oneof![
        (types(), ty()).prop_map(|(types, result)| Printed::Function(types, result)),
        types().prop_map(Printed::Structure),
        vec(types(), 0..3).prop_map(Printed::Enumeration),
        vec((types(), any::<bool>()), 0..3).prop_map(Printed::Trait),
        (types(), any::<bool>())
            .prop_map(|(types, is_mutable)| Printed::Methods(types, is_mutable)),
    ]
}

/// An item that can be printed under any name.
#[derive(Debug, Clone)]
enum Printed {
    Function(Vec<String>, String),
    Structure(Vec<String>),
    Enumeration(Vec<Vec<String>>),
    Trait(Vec<(Vec<String>, bool)>),
    Methods(Vec<String>, bool),
}

impl Printed {
    fn text(&self, name: &str) -> String {
        match self {
            Self::Function(types, result) => {
                format!(
                    "pub fn {name}<T: Clone>({}) -> {result} {{}}",
                    parameters(types)
                )
            }
            Self::Structure(types) => {
                let fields = types.iter().enumerate();
                let fields = fields.map(|(at, ty)| format!("pub f{at}: {ty}"));
                format!(
                    "pub struct {name}<T> {{ {} }}",
                    fields.collect::<Vec<_>>().join(", ")
                )
            }
            Self::Enumeration(variants) => {
                let variants = variants.iter().enumerate();
                let variants = variants.map(|(at, types)| format!("V{at}({})", types.join(", ")));
                format!(
                    "pub enum {name}<T> {{ {} }}",
                    variants.collect::<Vec<_>>().join(", ")
                )
            }
            Self::Trait(methods) => {
                let methods = methods
                    .iter()
                    .enumerate()
                    .map(|(at, (types, has_default))| {
                        let body = if *has_default { "{}" } else { ";" };
                        format!("fn m{at}<T>(&self, {}){body}", parameters(types))
                    });
                format!(
                    "pub trait {name} {{ {} }}",
                    methods.collect::<Vec<_>>().join(" ")
                )
            }
            Self::Methods(types, is_mutable) => {
                let receiver = if *is_mutable { "&mut self" } else { "&self" };
                let parameters = parameters(types);
                format!(
                    "pub struct {name}; impl {name} {{ pub fn m<T>({receiver}, {parameters}) {{}} }}"
                )
            }
        }
    }

    fn kind(&self) -> ItemKind {
        match self {
            Self::Function(..) => ItemKind::Function,
            Self::Structure(_) | Self::Methods(..) => ItemKind::Struct,
            Self::Enumeration(_) => ItemKind::Enum,
            Self::Trait(_) => ItemKind::Trait,
        }
    }
}

/// Whether what was read is what was printed.
fn is_printed(found: &ApiItem, item: &Printed) -> bool {
    if found.kind != item.kind() {
        return false;
    }
    match (item, &found.detail) {
        (Printed::Function(types, result), Detail::Function(signature)) => {
            let read = signature.parameters.iter().map(|ty| &ty.written);
            read.eq(types) && signature.result.written == *result
        }
        (Printed::Structure(types), Detail::Type(detail)) => detail
            .fields
            .iter()
            .map(|field| &field.ty.written)
            .eq(types),
        _ => true,
    }
}

fn parameters(types: &[String]) -> String {
    let parameters = types
        .iter()
        .enumerate()
        .map(|(at, ty)| format!("p{at}: {ty}"));
    parameters.collect::<Vec<_>>().join(", ")
}

/// Items, whether they are in the inner module, their names, and the number of the condition
/// under which they are what they are.
type Items = std::collections::BTreeMap<(bool, String, u8), Printed>;

fn items() -> impl Strategy<Value = Items> {
    btree_map((any::<bool>(), "[A-D]", 0..2_u8), item(), 0..6)
}

/// The items as a crate, those of the inner module last or first.
fn text(items: &Items, is_reversed: bool) -> String {
    let of = |is_inner: bool| {
        let own = items.iter().filter(|((inner, ..), _)| *inner == is_inner);
        let mut texts: Vec<String> = own.map(|((_, name, _), item)| item.text(name)).collect();
        if is_reversed {
            texts.reverse();
        }
        texts.join("\n")
    };
    match is_reversed {
        false => format!("{} pub mod inner {{ {} }}", of(false), of(true)),
        true => format!("pub mod inner {{ {} }} {}", of(true), of(false)),
    }
}

fn paths(text: &str) -> Paths {
    krate(text).paths(&World::default())
}

/// Whatever a difference names that is not in the old paths.
fn uncited(difference: &Difference, old: &Paths) -> Vec<String> {
    let items = difference
        .changed_paths()
        .chain(difference.paths_with_members());
    let mut uncited: Vec<String> = items
        .filter(|path| !old.has(path))
        .map(|path| path.join("::"))
        .collect();
    for path in difference.paths_with_members() {
        for (member, _) in difference.members_of(path) {
            if !has_member(old, path, member) {
                uncited.push(difference.id(path, Some(member)));
            }
        }
    }
    uncited
}

fn has_member(old: &Paths, path: &[String], member: Member<'_>) -> bool {
    let (Member::Named(name) | Member::Field(name) | Member::ImplItem(name)) = member else {
        return true;
    };
    old.items(path).iter().any(|item| {
        let of_type = item.type_detail().is_some_and(|detail| {
            detail.methods.contains_key(name)
                || detail.variants.iter().any(|variant| variant.name == name)
                || detail.fields.iter().any(|field| field.name == name)
        });
        let of_trait = item.trait_detail();
        of_type || of_trait.is_some_and(|detail| detail.items.iter().any(|item| item.name == name))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_from_printed_items_is_what_was_printed(items in items()) {
        let api = krate(&text(&items, false));
        prop_assert_eq!(&api.unread, &[]);
        for ((is_inner, name, _), item) in &items {
            let inner: &[&str] = if *is_inner { &["inner"] } else { &[] };
            let is_it = |found: &&ApiItem| {
                let module = &api.modules[found.module.0 as usize];
                found.name == *name && module.path == inner && is_printed(found, item)
            };
            prop_assert!(api.items.iter().any(|found| is_it(&found)), "{name}: {item:?}");
        }
    }

    #[test]
    fn an_api_compared_with_itself_differs_in_nothing(items in items()) {
        let paths = paths(&text(&items, false));
        prop_assert!(difference(&paths, &paths).is_empty());
    }

    #[test]
    fn the_order_of_items_changes_nothing(old in items(), new in items()) {
        let one = difference(&paths(&text(&old, false)), &paths(&text(&new, false)));
        let other = difference(&paths(&text(&old, true)), &paths(&text(&new, true)));
        prop_assert_eq!(one.changes(), other.changes());
    }

    #[test]
    fn every_cited_item_exists_in_the_old_api(old in items(), new in items()) {
        let old = paths(&text(&old, false));
        let difference = difference(&old, &paths(&text(&new, false)));
        prop_assert_eq!(uncited(&difference, &old), Vec::<String>::new());
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,60}", words in vec("pub |mod |use |a|::|\\*|;|\\{|\\}|struct |impl |for |fn |!|#\\[|\\]|<|>|'a|\\(|\\)|=|\"", 0..30)) {
        for text in [text, words.concat()] {
            let api = files(package("c", &["d"]), &[("src/lib.rs", &text)]);
            let paths = api.paths(&World::new([api.clone()]));
            prop_assert_eq!(told(&difference(&paths, &paths)), Vec::<String>::new());
        }
    }
}
