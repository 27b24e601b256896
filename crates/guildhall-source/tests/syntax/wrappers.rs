//! Functions that wrap a module of JavaScript are not measured as functions around it.

use guildhall_source::language::Language;

use super::examine;

/// Two functions, and flow between them, in whatever is around `BODY`.
const BODY: &str = "
  if (root) { root = 1; }
  function first(a) { if (a) { return 1; } }
  const second = (a) => a ? 1 : 2;
";

fn names(around: &str) -> Vec<(String, u32)> {
    let examined = examine(&around.replace("BODY", BODY), Language::JavaScript);
    let functions = examined.functions.into_iter();
    functions
        .map(|function| (function.name, function.cognitive))
        .collect()
}

#[test]
fn what_a_wrapper_around_a_module_holds_stands_for_itself() {
    for around in [
        "(function () {BODY})();",
        "(function () {BODY}());",
        "!function () {BODY}();",
        "(() => {BODY})();",
        "(async () => {BODY})();",
        "(function () {BODY}).call(this);",
        "var library = (function () {BODY})();",
        "define(['a'], function (root) {BODY});",
        "(function (root, factory) { if (root) { factory(); } })(this, function (root) {BODY});",
    ] {
        let names = names(around);
        let inner: Vec<_> = names
            .iter()
            .filter(|(name, _)| name.ends_with("first") || name.ends_with("second"))
            .collect();
        assert_eq!(inner.len(), 2, "{around}: {names:?}");
        for (name, cognitive) in inner {
            assert_eq!(*cognitive, 1, "{around}: {name}");
        }
        // What is left is at most the little function that takes the factory.
        let most = names.iter().map(|(_, cognitive)| *cognitive).max();
        assert_eq!(most, Some(1), "{around}: {names:?}");
    }
}

#[test]
fn a_function_that_is_handed_to_another_is_no_wrapper() {
    for around in [
        "app.get('/', function (root) {BODY});",
        "run(() => {BODY});",
        "const make = function (root) {BODY};",
        "function make(root) {BODY}",
    ] {
        let names = names(around);
        let most = names.iter().map(|(_, cognitive)| *cognitive).max();
        assert_eq!(most, Some(5), "{around}: {names:?}");
    }
}

#[test]
fn a_script_without_functions_in_its_wrapper_is_measured_as_one() {
    assert_eq!(
        names("(function () { if (root) { go(); } })();"),
        [("(anonymous)".to_owned(), 1)]
    );
}
