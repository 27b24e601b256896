//! Names that say nothing by themselves, since the standard library or everybody uses them.

/// Methods of the standard library that many types have.
const COMMON_METHODS: &[&str] = &[
    "add",
    "and_then",
    "append",
    "as_bytes",
    "as_mut",
    "as_ref",
    "as_slice",
    "as_str",
    "borrow",
    "chain",
    "clear",
    "clone",
    "cmp",
    "collect",
    "contains",
    "default",
    "deref",
    "div",
    "drop",
    "eq",
    "err",
    "expect",
    "extend",
    "filter",
    "find",
    "first",
    "flush",
    "fmt",
    "format",
    "from",
    "get",
    "hash",
    "index",
    "insert",
    "into",
    "into_iter",
    "is_empty",
    "is_err",
    "is_none",
    "is_ok",
    "is_some",
    "iter",
    "join",
    "last",
    "len",
    "lock",
    "map",
    "map_err",
    "max",
    "min",
    "mul",
    "neg",
    "new",
    "next",
    "not",
    "ok",
    "ok_or",
    "or_else",
    "parse",
    "poll",
    "push",
    "read",
    "recv",
    "remove",
    "rev",
    "send",
    "skip",
    "sort",
    "split",
    "sub",
    "sum",
    "take",
    "to_owned",
    "to_string",
    "to_vec",
    "try_from",
    "try_into",
    "unwrap",
    "unwrap_or",
    "with_capacity",
    "write",
    "zip",
];

/// Fields that many types have.
const COMMON_FIELDS: &[&str] = &[
    "args", "body", "data", "index", "item", "items", "kind", "name", "options", "opts", "path",
    "text", "value", "version",
];

/// Methods that give what they are called on, or what is in it.
const PASSING: &[&str] = &[
    "as_deref",
    "as_deref_mut",
    "as_mut",
    "as_ref",
    "await",
    "borrow",
    "borrow_mut",
    "clone",
    "context",
    "err",
    "expect",
    "get",
    "get_mut",
    "into_inner",
    "into_iter",
    "iter",
    "iter_mut",
    "lock",
    "map_err",
    "next",
    "ok",
    "read",
    "take",
    "to_owned",
    "unwrap",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "with_context",
    "write",
];

/// Methods that hand what is in their receiver to the closure that they are given.
const HANDING: &[&str] = &[
    "all",
    "and_then",
    "any",
    "filter",
    "filter_map",
    "find",
    "find_map",
    "flat_map",
    "for_each",
    "inspect",
    "is_some_and",
    "map",
    "map_or",
    "map_or_else",
    "max_by_key",
    "min_by_key",
    "ok_or",
    "partition",
    "position",
    "retain",
    "sort_by",
    "sort_by_key",
    "take_while",
];

/// Paths that put a value into something that gives it out again.
const WRAPPING: &[&str] = &[
    "Arc::new",
    "Box::new",
    "Box::pin",
    "Mutex::new",
    "Ok",
    "Pin::new",
    "Rc::new",
    "RefCell::new",
    "RwLock::new",
    "Some",
];

/// Whether a method of this name says nothing of what it is called on.
pub(super) fn is_common_method(name: &str) -> bool {
    COMMON_METHODS.binary_search(&name).is_ok()
}

/// Whether a field of this name says nothing of what it belongs to.
pub(super) fn is_common_field(name: &str) -> bool {
    name.len() <= 3 || COMMON_FIELDS.binary_search(&name).is_ok()
}

/// Whether a method of this name gives what it is called on, or what is in it.
pub(super) fn is_passing(name: &str) -> bool {
    PASSING.binary_search(&name).is_ok()
}

/// Whether a method of this name hands what is in its receiver to a closure.
pub(super) fn is_handing(name: &str) -> bool {
    HANDING.binary_search(&name).is_ok()
}

/// Whether a call of this path wraps its argument.
pub(super) fn is_wrapping(path: &str) -> bool {
    let mut starts = path.rmatch_indices("::").map(|(at, _)| at + 2);
    let (last, two) = (starts.next().unwrap_or(0), starts.next().unwrap_or(0));
    [&path[last..], &path[two..]]
        .iter()
        .any(|tail| WRAPPING.binary_search(tail).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_is_ordered_so_that_a_search_finds_what_is_in_it() {
        for list in [COMMON_METHODS, COMMON_FIELDS, PASSING, HANDING, WRAPPING] {
            assert!(list.is_sorted(), "{list:?}");
        }
        assert!(is_common_method("unwrap") && !is_common_method("gen_range"));
        assert!(
            is_wrapping("Some") && is_wrapping("std::sync::Arc::new") && is_wrapping("Box::new")
        );
        assert!(!is_wrapping("Client::new") && !is_wrapping("new"));
        assert!(is_common_field("body") && is_common_field("id") && !is_common_field("pkg_id"));
    }
}
