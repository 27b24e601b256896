//! What is found in files of languages other than Rust.
//!
//! In `written/` is a file a language. Its functions have the expected numbers at the end
//! of their names, worked out by hand from the definitions: cyclomatic complexity,
//! cognitive complexity, nesting.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod heads;
mod survives;
mod wrappers;

use std::path::PathBuf;

use guildhall_source::language::Language;
use guildhall_source::syntax::{self, Examined, Function, TokenKind};

/// The languages with their files.
const WRITTEN: [(Language, &str); 11] = [
    (Language::Python, "python.py"),
    (Language::JavaScript, "javascript.js"),
    (Language::TypeScript, "typescript.ts"),
    (Language::Tsx, "tsx.tsx"),
    (Language::Go, "go.go"),
    (Language::Java, "java.java"),
    (Language::C, "c.c"),
    (Language::Cpp, "cpp.cpp"),
    (Language::CSharp, "c_sharp.cs"),
    (Language::Ruby, "ruby.rb"),
    (Language::Php, "php.php"),
];

fn written(file: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/syntax/written");
    std::fs::read_to_string(folder.join(file)).unwrap()
}

fn examine(text: &str, language: Language) -> Examined {
    syntax::examine(text, language, drop).unwrap()
}

/// The numbers at the end of a function's name.
fn expected(function: &Function) -> Option<[u32; 3]> {
    let mut parts = function.name.rsplit('_');
    let mut next = || parts.next()?.parse().ok();
    let (nesting, cognitive, cyclomatic) = (next()?, next()?, next()?);
    Some([cyclomatic, cognitive, nesting])
}

fn numbers(function: &Function) -> [u32; 3] {
    [function.cyclomatic, function.cognitive, function.nesting]
}

/// A function of a file, by the end of its name.
fn function<'a>(examined: &'a Examined, name: &str) -> &'a Function {
    let named = |function: &&Function| function.name.ends_with(name);
    examined.functions.iter().find(named).unwrap()
}

#[test]
fn every_language_has_a_file_with_expected_numbers() {
    assert_eq!(WRITTEN.map(|(language, _)| language), syntax::LANGUAGES);
    for (language, file) in WRITTEN {
        assert_eq!(Language::of_path(file.as_ref()), Some(language));
    }
}

#[test]
fn functions_have_the_numbers_that_their_names_say() {
    let mut compared = 0;
    for (language, file) in WRITTEN {
        let examined = examine(&written(file), language);
        assert_eq!(examined.broken, None, "{file}");
        for function in &examined.functions {
            if let Some(expected) = expected(function) {
                assert_eq!(numbers(function), expected, "{file}: {}", function.name);
                compared += 1;
            }
        }
    }
    // A table that knows no functions any more would compare nothing.
    assert_eq!(compared, 83);
}

#[test]
fn comments_are_found_and_texts_are_none() {
    for (language, file) in WRITTEN {
        let text = written(file);
        let mut debts = Vec::new();
        let add = |token: syntax::Token| {
            let word = &text[token.start..token.end];
            if token.kind == TokenKind::Comment && word.contains(" debt") {
                debts.push(word.split([' ', '\n']).find(|word| word.ends_with(':')));
            }
        };
        syntax::examine(&text, language, add).unwrap();
        assert_eq!(debts, [Some("TODO:"), Some("FIXME:")], "{file}");
    }
    let mut comments = 0;
    let count = |token: syntax::Token| {
        comments += u32::from(token.kind == TokenKind::Comment);
    };
    syntax::examine(&written("tsx.tsx"), Language::Tsx, count).unwrap();
    assert_eq!(comments, 3);
}

#[test]
fn line_endings_and_marks_change_no_number_and_no_place() {
    for (language, file) in WRITTEN {
        let text = written(file);
        let plain = examine(&text, language);
        let crlf = examine(&text.replace('\n', "\r\n"), language);
        assert_eq!(plain, crlf, "{file}");
        let marked = examine(&format!("\u{feff}{text}"), language);
        assert_eq!(plain, marked, "{file}");
    }
}

#[test]
fn names_are_qualified_in_the_manner_of_the_language() {
    for (language, text, names) in [
        (
            Language::Python,
            "class A:\n  def f(self):\n    def g(): pass\n",
            &["A.f", "A.f.g"][..],
        ),
        (
            Language::JavaScript,
            "a.b = () => {}; ({ c() {} })",
            &["a.b", "c"],
        ),
        (
            Language::JavaScript,
            "describe('a', () => { it('b', () => {}) })",
            &["describe('a').it('b')"],
        ),
        (
            Language::JavaScript,
            "(function () { function a() {} })()",
            &["(anonymous).a"],
        ),
        (Language::Go, "package a\nfunc (*A[T]) f() {}\n", &["A.f"]),
        (
            Language::Cpp,
            "int A::f() { return 0; } struct B { operator int() { return 1; } };",
            &["A::f", "B::operator int()"],
        ),
        (
            Language::CSharp,
            "class A { int B { get => 1; } int this[int i] => i; }",
            &["A.B.get", "A.operator int"],
        ),
        (
            Language::Ruby,
            "module A; class B; def c=(d); end; end; end",
            &["A::B::c="],
        ),
        (
            Language::Php,
            "<?php class A { function b() {} } $c = fn() => 1;",
            &["A::b", "$c"],
        ),
    ] {
        let functions = examine(text, language).functions;
        let found: Vec<_> = functions.iter().map(|function| &function.name).collect();
        assert_eq!(found, names, "{text}");
    }
}

#[test]
fn parameters_are_those_of_the_list() {
    for (language, text, count) in [
        (Language::Python, "def f(self, /, a, *, b=1, **c): pass", 4),
        (Language::JavaScript, "const f = a => a", 1),
        (
            Language::JavaScript,
            "function f({ a, b }, [c], ...d) {}",
            3,
        ),
        (
            Language::TypeScript,
            "function f(a: number, b?: (c: string) => void) {}",
            2,
        ),
        (
            Language::Go,
            "package a\nfunc f(a, b int, c ...string) {}",
            3,
        ),
        (
            Language::Java,
            "class A { void f(A this, int a, int... b) {} }",
            2,
        ),
        (Language::C, "int f(void) {}", 0),
        (Language::C, "int f(int a, void (*b)(int c), ...) {}", 3),
        (Language::Cpp, "void f(int = 1, int&& a) {}", 2),
        (
            Language::CSharp,
            "class A { void F(int a, ref int b, params int[] c) {} }",
            3,
        ),
        (Language::Ruby, "def f(a, b = 1, *c, d:, **e, &g); end", 6),
        (Language::Ruby, "def f a, b; end", 2),
        (
            Language::Php,
            "<?php function f(int $a, string ...$b) {}",
            2,
        ),
    ] {
        let functions = examine(text, language).functions;
        assert_eq!(functions[0].parameters, count, "{text}");
    }
}

#[test]
fn places_begin_after_attributes_and_end_at_the_last_character() {
    for (language, text, place) in [
        (
            Language::Python,
            "@a\n@b(1)\nasync def f():\n  pass\n\n\nx = 1",
            (3, 1, 4, 7),
        ),
        (
            Language::Java,
            "class A {\n  @B\n  @C public\n  void f() {\n  }\n}",
            (3, 6, 5, 4),
        ),
        (
            Language::CSharp,
            "class A {\n  [B]\n  public void F() {\n  }\n}",
            (3, 3, 4, 4),
        ),
        (
            Language::Php,
            "<?php\n#[A]\nfunction f() {\n}\n",
            (3, 1, 4, 2),
        ),
        (
            Language::JavaScript,
            "const f =\n  () => {};",
            (1, 7, 2, 11),
        ),
    ] {
        let function = &examine(text, language).functions[0];
        let (start, end) = (function.start, function.end);
        assert_eq!(
            (start.line, start.column, end.line, end.column),
            place,
            "{text}"
        );
        assert_eq!(function.lines, end.line - start.line + 1);
    }
}

#[test]
fn tests_are_known_by_their_marks() {
    for (language, file, tests) in [
        (
            Language::JavaScript,
            "javascript.js",
            &["describe(\"shipping\").it(\"is quick\")"][..],
        ),
        (Language::Go, "go.go", &["TestShop"]),
        (
            Language::Java,
            "java.java",
            &["Shop.anonymous_1_2_0.run_2_1_1"],
        ),
        (Language::C, "c.c", &[]),
        (Language::Cpp, "cpp.cpp", &["TEST(Shop, Ships)"]),
        (
            Language::CSharp,
            "c_sharp.cs",
            &["Order.Local_1_2_0", "Order.Local_1_2_0.Inner_2_1_1"],
        ),
        (
            Language::Ruby,
            "ruby.rb",
            &["describe(\"orders\")::it(\"are shipped\")"],
        ),
        (Language::Php, "php.php", &["Order::testWords_3_2_0"]),
        (
            Language::Python,
            "python.py",
            &["TestOrder.interpolated_2_1_1"],
        ),
    ] {
        let examined = examine(&written(file), language);
        let found: Vec<_> = examined
            .functions
            .iter()
            .filter(|function| function.test)
            .map(|function| &function.name)
            .collect();
        assert_eq!(found, tests, "{file}");
    }
}

#[test]
fn a_callback_that_holds_others_is_told_only_where_it_has_a_flow_of_its_own() {
    let of = |body: &str| {
        let text = format!("on(() => {{ {body} then(() => {{ if (a) {{}} }}) }})");
        let functions = examine(&text, Language::JavaScript).functions;
        let short = functions.iter();
        short
            .map(|function| (function.name.clone(), numbers(function)))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(""), [("on().then()".to_owned(), [2, 1, 1])]);
    assert_eq!(of("if (b) {}"), [("on()".to_owned(), [3, 3, 2])]);
}

#[test]
fn inner_functions_are_part_of_the_outer_one_unless_that_is_a_namespace() {
    let examined = examine(&written("javascript.js"), Language::JavaScript);
    assert!(function(&examined, "namespace_1_0_0.inner_2_1_1").outermost);
    assert!(!function(&examined, "holder_2_4_1.inner_2_1_1").outermost);
}

#[test]
fn what_is_whole_in_a_broken_file_is_measured_and_the_break_is_told() {
    let text = "int a(int b) { return b ? 1 : 2; }\n\
                int broken(int b) {\n  if (b {\n    ] ] (\n    ) ] ]\n    } (\n    ] [\n  = =\n}\n\
                int c(int d) { return d && 1; }\n";
    let examined = examine(text, Language::C);
    let broken = examined.broken.unwrap();
    assert!(broken.lines > 3 && broken.start.line > 1, "{broken:?}");
    assert_eq!(numbers(function(&examined, "a")), [2, 1, 1]);
    assert!(
        examined
            .functions
            .iter()
            .all(|function| function.name != "broken")
    );
    let skipped = broken.skipped("a.c");
    assert_eq!(skipped.code, "partly-unparsable");
    // A macro that the grammar cannot know is little.
    let little = examine(
        "API int a(void) { FOR_EACH(b, c) { d(); } return 1; }",
        Language::C,
    );
    assert_eq!(little.broken, None);
    assert_eq!(little.functions.len(), 1);
}
