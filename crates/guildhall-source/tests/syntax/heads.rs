//! What is no function is not taken for one, and a missing bracket is told.

use guildhall_source::language::Language;
use guildhall_source::syntax::Function;

use super::{WRITTEN, examine, numbers, written};

fn names(functions: &[Function]) -> Vec<&str> {
    let functions = functions.iter();
    functions.map(|function| function.name.as_str()).collect()
}

fn last_name(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

#[test]
fn a_class_or_namespace_whose_head_holds_a_macro_is_no_function() {
    for (text, expected) in [
        (
            "namespace shop {\nclass EXPORT Order {\n public:\n  bool open() const { return true; }\n};\n}",
            &["shop::Order::open"][..],
        ),
        (
            "class EXPORT Order : public Base {\n  void f() { if (a) b(); }\n};",
            &["Order::f"],
        ),
        (
            "BEGIN_NAMESPACE\nnamespace detail {\nint f(int a) { return a; }\n}",
            &["detail::f"],
        ),
        (
            "BEGIN_EXPORT\n// A class of its own.\nclass context {\n  int f() { return 1; }\n};",
            &["context::f"],
        ),
        (
            "struct EXPORT Order final { int f() { return 1; } };",
            &["Order::f"],
        ),
        // The controls: functions whose types are said with such words.
        ("class Order* f() { return 0; }", &["f"]),
        ("struct Order f(void) { return a; }", &["f"]),
        (
            "A::A(int a) : b(a) {}\nA::operator int() { return 1; }",
            &["A::A", "A::operator int()"],
        ),
        ("int (*f(int a))(int) { return 0; }", &["f"]),
    ] {
        let examined = examine(text, Language::Cpp);
        assert_eq!(names(&examined.functions), expected, "{text}");
        assert_eq!(examined.broken, None, "{text}");
    }
}

#[test]
fn a_macro_with_a_block_is_part_of_its_function() {
    let text = "void f() {\n  EACH(a, b) { if (a) c(); }\n  if CONSTEXPR (a) { b(); }\n}\n\
                int g() { return 1; }";
    let examined = examine(text, Language::Cpp);
    assert_eq!(names(&examined.functions), ["f", "g"]);
    assert_eq!(numbers(&examined.functions[0]), [2, 1, 1]);
    let text = "TRY {\n  a();\n}\nCATCH(...) { b(); }\nTEST(A, B) {}";
    let examined = examine(text, Language::Cpp);
    assert_eq!(names(&examined.functions), ["TEST(A, B)"]);
    // In C one with a single name looks like a type and a name in parentheses.
    let text = "TEST_IMPL(opens) {\n  EACH(a) { if (a) c(); }\n}\nint g(void) { return 1; }";
    let examined = examine(text, Language::C);
    assert_eq!(names(&examined.functions), ["opens", "g"]);
    assert_eq!(examined.broken, None);
    // A function of a type in a function is one.
    let text = "void f() {\n  struct A {\n    int g() { return 1; }\n  };\n}";
    let examined = examine(text, Language::Cpp);
    assert_eq!(names(&examined.functions), ["f", "f::A::g"]);
    assert_eq!(examined.broken, None);
}

#[test]
fn tests_of_cpp_are_called_after_what_they_test() {
    let text = "TEST(Shop, Opens) { a(); }\nTEST_F(Shop, Closes) { a(); }\nvoid TEST_b(int a) {}";
    let functions = examine(text, Language::Cpp).functions;
    let expected = ["TEST(Shop, Opens)", "TEST_F(Shop, Closes)", "TEST_b"];
    assert_eq!(names(&functions), expected);
    let parameters: Vec<_> = functions
        .iter()
        .map(|function| function.parameters)
        .collect();
    assert_eq!(parameters, [0, 0, 1]);
}

#[test]
fn a_callback_is_called_after_the_last_name_of_what_it_is_handed_to() {
    for (language, text, expected) in [
        (
            Language::JavaScript,
            "a('./b')('c', () => { d() })",
            "a('c')",
        ),
        (
            Language::JavaScript,
            "it.each([a.b(c)])('d', () => { d() })",
            "each('d')",
        ),
        (
            Language::JavaScript,
            "a.b.describe('c', () => { d() })",
            "describe('c')",
        ),
        (
            Language::Cpp,
            "auto a = b::c<d>(1, [] { return 1; });",
            "c(1)",
        ),
        (Language::Ruby, "a.b('c') { d }", "b('c')"),
        (Language::Python, "a.b('c', lambda: d)", "b('c')"),
        (Language::CSharp, "A.B<C>.D(\"e\", () => { });", "D()"),
    ] {
        let functions = examine(text, language).functions;
        assert_eq!(names(&functions), [expected], "{text}");
    }
}

#[test]
fn a_missing_bracket_is_told_and_its_function_left_out() {
    for (language, text, whole) in [
        (
            Language::JavaScript,
            "function f(a) {\n  if (a) {\n    a++;\n}\nfunction g(a) {\n  if (a) return 1;\n}\n",
            &["g"][..],
        ),
        (
            Language::Java,
            "class D {\n  int e() { return 1; }\n  int f(int a) {\n    if (a > 0) {\n      a++;\n\
             \x20   return a;\n  }\n  int g(int a) { if (a > 1) { return 1; } return 2; }\n}\n",
            &["D.e"],
        ),
        (
            Language::Go,
            "package e\nfunc d() {}\nfunc f(a int) int {\n\tif a > 0 {\n\t\ta++\n\treturn a\n}\n\
             func g(a int) int { if a > 1 { return 1 }; return 2 }\n",
            &["d"],
        ),
        (
            Language::C,
            "int f(int a) {\n  if (a) {\n    a++;\n  return a;\n}\n\
             int g(int a) { if (a) return 1; return 0; }\n",
            &["g"],
        ),
        (
            Language::Ruby,
            "def f(a)\n  if a\n    b\nend\ndef g(a)\n  a\nend\n",
            &["g"],
        ),
    ] {
        let examined = examine(text, language);
        assert_eq!(names(&examined.functions), whole, "{text}");
        let broken = examined.broken.unwrap();
        assert!(broken.lines > 0, "{text}");
    }
}

#[test]
fn brackets_on_one_branch_of_the_preprocessor_are_told() {
    let text = "int f(int a) {\n    if (a) {\n#ifdef X\n      int l = a;\n      if (l) {\n        a = l;\n\
                \x20     } else {\n#endif\n        int d = a;\n        if (d != d) {\n          a = 0;\n\
                \x20       }\n      }\n#ifdef X\n    }\n#endif\n  return a;\n}\n\
                int g(int a) { return a && 1; }\n";
    let examined = examine(text, Language::C);
    assert_eq!(names(&examined.functions), ["g"]);
    assert!(examined.broken.is_some());
}

#[test]
fn a_text_without_one_of_its_brackets_is_listed_or_all_its_functions_are_there() {
    let mut listed = 0;
    for (language, file) in WRITTEN {
        let text = written(file);
        let whole = examine(&text, language).functions;
        let places = text.match_indices('}').map(|(at, _)| at);
        for at in places {
            let cut = format!("{}{}", &text[..at], &text[at + 1..]);
            let examined = examine(&cut, language);
            if examined.broken.is_some() {
                listed += 1;
            } else {
                // In C++ that of a namespace may stand on a branch of the preprocessor.
                let of = |functions| {
                    names(functions)
                        .into_iter()
                        .map(last_name)
                        .collect::<Vec<_>>()
                };
                let (found, whole) = (of(&examined.functions), of(&whole));
                assert_eq!(found, whole, "{file}: without the bracket at {at}");
            }
        }
    }
    assert!(listed > 100, "{listed}");
}
