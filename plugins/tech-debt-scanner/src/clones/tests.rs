//! The search as a whole: what is planted is found, what repeats by nature is not, and no
//! input makes it slow.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::token::{Class, CloneToken};
use super::{Family, FilePrints, Found, Kind, Minimum, Sources, find, rust};

const MINIMUM: Minimum = Minimum {
    exact: 50,
    renamed: Some(100),
};

/// Files in memory.
struct Files(Vec<(String, String)>);

impl Sources for Files {
    fn text(&self, file: usize) -> Option<String> {
        Some(self.0[file].1.clone())
    }

    fn tokens(&self, file: usize, text: &str) -> Vec<CloneToken> {
        rust::tokens(&self.0[file].0, text)
    }
}

impl Files {
    fn of(texts: &[String]) -> Self {
        let name = |at: usize| format!("src/{at:04}.rs");
        let files = texts.iter().enumerate();
        Self(files.map(|(at, text)| (name(at), text.clone())).collect())
    }

    fn search(&self, minimum: Minimum) -> Found {
        let prints: Vec<FilePrints> = (0..self.0.len())
            .map(|file| minimum.prints(&self.tokens(file, &self.0[file].1)))
            .collect();
        find(&prints, self, minimum)
    }

    fn tokens_in_all(&self) -> u64 {
        let files = 0..self.0.len();
        files
            .map(|file| self.tokens(file, &self.0[file].1).len() as u64)
            .sum()
    }
}

fn families(texts: &[String]) -> Vec<Family> {
    Files::of(texts).search(MINIMUM).families
}

fn kinds(texts: &[String]) -> Vec<(Kind, usize)> {
    let families = families(texts);
    families
        .iter()
        .map(|family| (family.kind, family.places.len()))
        .collect()
}

/// Statements that look like code, different for every seed; `names` and `numbers` begin
/// the names and literals.
fn statements(seed: u64, count: usize, names: &str) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut text = String::new();
    for _ in 0..count {
        let (a, b, c) = (next(9), next(9), next(9));
        let number = next(1_000);
        let statement = match next(7) {
            0 => format!("let {names}{a} = {names}{b}.get({number})?;"),
            1 => format!("if {names}{a} > {names}{b} {{ {names}{c} += {number}; }}"),
            2 => format!("for {names}{a} in &{names}{b} {{ {names}{c}.push({names}{a}); }}"),
            3 => format!("{names}{a}.insert({names}{b}, {names}{c} * {number});"),
            4 => format!(
                "while let Some({names}{a}) = {names}{b}.pop() {{ {names}{c}({names}{a}); }}"
            ),
            5 => format!("return Err(Error::Of{a}({names}{b}));"),
            _ => format!(
                "match {names}{a} {{ Some({names}{b}) => {names}{c} = {names}{b}, None => break }}"
            ),
        };
        text.push_str(&statement);
        text.push('\n');
    }
    text
}

/// What share of the tokens of a part of a file lies in places of families of a kind.
fn share(found: &[Family], kind: Kind, file: usize, text: &str, part: &str) -> f64 {
    let start = text.find(part).unwrap();
    let tokens = rust::tokens("src/a.rs", text);
    let inside =
        |token: &&CloneToken| (start..start + part.len()).contains(&(token.start as usize));
    let places: Vec<_> = found
        .iter()
        .filter(|family| family.kind == kind)
        .flat_map(|family| &family.places)
        .filter(|place| place.file == file)
        .collect();
    let planted: Vec<&CloneToken> = tokens.iter().filter(inside).collect();
    let covered = planted.iter().filter(|token| {
        let start = token.start as usize;
        places.iter().any(|place| place.bytes.contains(&start))
    });
    covered.count() as f64 / planted.len() as f64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_is_planted_is_found(
        seed in 1_u64..1_000_000,
        length in 6_usize..40,
        around in prop::collection::vec(0_usize..60, 3),
    ) {
        let copy = statements(seed, length, "x");
        let tokens = rust::tokens("src/a.rs", &copy).len();
        prop_assume!(tokens >= 50);
        let texts: Vec<String> = around.iter().enumerate().map(|(file, count)| {
            let own = seed + 7 + file as u64;
            let name = format!("own{file}_");
            let (before, after) = (statements(own, *count, &name), statements(own + 9, *count, &name));
            // Not where nothing is planted.
            let planted = if file < 2 { copy.as_str() } else { "" };
            format!("fn f{file}() {{ {before}{planted}{after} }}")
        }).collect();
        let found = families(&texts);
        for (file, text) in texts.iter().enumerate().take(2) {
            let share = share(&found, Kind::Exact, file, text, &copy);
            prop_assert!(share > 0.95, "{share} of {tokens} tokens: {text}");
        }
        prop_assert!(found.iter().all(|family| family.places.iter().all(|place| place.file < 2)));
    }

    #[test]
    fn what_is_planted_under_other_names_is_found(
        seed in 1_u64..1_000_000,
        length in 14_usize..40,
        around in prop::collection::vec(0_usize..60, 2),
    ) {
        let copies = [statements(seed, length, "x"), statements(seed, length, "other")];
        let tokens = rust::tokens("src/a.rs", &copies[0]).len();
        prop_assume!(tokens >= 110);
        let texts: Vec<String> = around.iter().zip(&copies).enumerate().map(|(file, (count, copy))| {
            let own = seed + 7 + file as u64;
            let name = format!("own{file}_");
            let (before, after) = (statements(own, *count, &name), statements(own + 9, *count, &name));
            format!("fn f{file}() {{ {before}{copy}{after} }}")
        }).collect();
        let found = families(&texts);
        for (file, text) in texts.iter().enumerate() {
            let share = share(&found, Kind::Renamed, file, text, &copies[file]);
            prop_assert!(share > 0.9, "{share} of {tokens} tokens: {text}");
        }
    }

    #[test]
    fn short_minimums_work(seed in 1_u64..1_000_000, minimum in 10_u32..50) {
        let copy = statements(seed, 12, "x");
        let texts = [
            format!("fn f() {{ {copy} }}"),
            format!("struct A; trait B {{}} {copy}"),
        ];
        let minimum = Minimum { exact: minimum, renamed: None };
        let found = Files::of(&texts).search(minimum).families;
        for (file, text) in texts.iter().enumerate() {
            prop_assert!(share(&found, Kind::Exact, file, text, &copy) > 0.95);
        }
        for family in &found {
            prop_assert!(family.tokens >= minimum.exact && family.places.len() > 1);
        }
    }

    #[test]
    fn copies_are_equal_but_for_white_space(seed in 1_u64..1_000_000) {
        let copy = statements(seed, 30, "x");
        let texts = [
            format!("fn f() {{ {copy} }}"),
            format!("fn g() {{ {} }}", copy.replace('\n', " // a comment\n\n\t")),
        ];
        let words = |file: usize, part: std::ops::Range<usize>| -> Vec<String> {
            let text = &texts[file][part];
            let tokens = rust::tokens("src/a.rs", text);
            tokens.iter().map(|token| text[token.start as usize..token.end as usize].to_owned()).collect()
        };
        let found = families(&texts);
        prop_assert!(!found.is_empty());
        for family in found.iter().filter(|family| family.kind == Kind::Exact) {
            let all: BTreeSet<_> = family.places.iter()
                .map(|place| words(place.file, place.bytes.clone())).collect();
            prop_assert_eq!(all.len(), 1);
            prop_assert_eq!(all.first().map(Vec::len), Some(family.tokens as usize));
        }
    }
}

#[test]
fn an_inconsistent_renaming_is_none() {
    let code = statements(3, 30, "x");
    let replaced = |name: fn(usize) -> String| {
        let names = 0..9;
        let text = names.fold(code.clone(), |text, at| {
            text.replace(&format!("x{at}"), &name(at))
        });
        format!("fn g() {{ {text} }}")
    };
    let texts = |other: String| [format!("fn f() {{ {code} }}"), other];
    let mixed = kinds(&texts(replaced(|_| "y".to_owned())));
    assert!(
        mixed.iter().all(|(kind, _)| *kind == Kind::Exact),
        "{mixed:?}"
    );
    // The control.
    let renamed = kinds(&texts(replaced(|at| format!("y{at}"))));
    assert_eq!(renamed, [(Kind::Renamed, 2)]);
}

/// Statements that no list is made of.
fn block() -> String {
    statements(3, 10, "x")
}

#[test]
fn ten_thousand_copies_cost_no_more_than_their_tokens() {
    let text = [format!("fn f() {{ {} }}", block().repeat(10_000))];
    let files = Files::of(&text);
    let found = files.search(MINIMUM);
    let tokens = files.tokens_in_all();
    assert!(
        found.steps < tokens / 2,
        "{} steps for {tokens} tokens",
        found.steps
    );
    let most = found
        .families
        .iter()
        .map(|family| family.places.len())
        .max();
    assert!(most >= Some(9_990), "{most:?}");
}

#[test]
fn copies_in_many_files_cost_no_more_than_their_tokens() {
    let texts: Vec<String> = (0..2_000)
        .map(|file| format!("fn f{file}() {{ {} }} struct S{file};", block()))
        .collect();
    let files = Files::of(&texts);
    let found = files.search(MINIMUM);
    let tokens = files.tokens_in_all();
    assert!(
        found.steps < tokens,
        "{} steps for {tokens} tokens",
        found.steps
    );
    assert_eq!(found.families.len(), 1);
    assert_eq!(found.families[0].places.len(), 2_000);
}

#[test]
fn repetitive_files_cost_no_more_than_a_few_steps_a_token() {
    let table = "    (0x0041, 0x005a, Kind::Letter),\n".repeat(5_000);
    let nearly: String = (0..5_000)
        .map(|at| format!("a.push(x);\n{}", if at % 97 == 0 { "b();" } else { "" }))
        .collect();
    let growing: String = (1..150)
        .map(|count| format!("{}b();", "a.push(x);".repeat(count)))
        .collect();
    for body in [
        "a.push(x);\n".repeat(5_000),
        table,
        nearly,
        growing,
        ";".repeat(20_000),
    ] {
        let texts = [
            format!("fn f() {{ {body} }}"),
            format!("fn g() {{ {body} }}"),
        ];
        let files = Files::of(&texts);
        let found = files.search(MINIMUM);
        let tokens = files.tokens_in_all();
        assert!(
            found.steps < tokens * 30,
            "{} steps for {tokens} tokens: {body:.60}",
            found.steps
        );
    }
}

#[test]
fn what_repeats_by_nature_is_no_clone() {
    let lines = |line: fn(usize) -> String| (0..40).map(line).collect::<String>();
    let imports = lines(|at| format!("use a::module{at}::{{Name, Other}};\n"));
    let modules = lines(|at| format!("pub mod module{at};\n"));
    let attribute = format!("#[derive({})] struct A;", lines(|at| format!("Name{at}, ")));
    let table = format!(
        "const A: [(u8, Kind); 40] = [{}];",
        lines(|at| format!("({at}, Kind::Of{at}),"))
    );
    let arms = lines(|at| format!("Kind::Of{at} => \"of {at}\",\n"));
    let arms = format!("fn name(kind: Kind) -> Name {{ match kind {{ {arms} }} }}");
    let setters = lines(|at| format!(".flag(\"name{at}\")"));
    let setters = format!("fn flags() -> Flags {{ Flags::new(){setters} }}");
    let statements_in_a_row = format!("fn f() {{ {} }}", "a.push(x);\n".repeat(40));
    let generated = format!("// @generated by a program\nfn f() {{ {} }}", block());
    for text in [
        imports,
        modules,
        attribute,
        table,
        arms,
        setters,
        statements_in_a_row,
        generated,
    ] {
        assert_eq!(kinds(&[text.clone(), text.clone()]), [], "{text}");
    }
    // The control.
    let code = format!("fn f() {{ {} }}", block());
    assert_eq!(kinds(&[code.clone(), code]), [(Kind::Exact, 2)]);
}

#[test]
fn code_beside_imports_is_found_without_them() {
    let imports = "use std::fmt;\nuse std::io;\n";
    let text = format!("{imports}fn f() {{ {} }}", block());
    let found = families(&[text.clone(), text.clone()]);
    assert_eq!(found.len(), 1);
    let place = &found[0].places[0];
    assert!(
        text[place.bytes.clone()].starts_with("fn f"),
        "{}",
        &text[place.bytes.clone()]
    );
}

#[test]
fn short_functions_that_only_name_a_value_are_copies_but_not_likenesses() {
    let getters = |names: &str| {
        let getter = |at: usize| {
            format!("fn {names}{at}(&self) -> &{names}Of{at} {{ &self.{names}{at} }}\n")
        };
        let all: String = (0..12).map(getter).collect();
        format!("impl A {{ {all} }}")
    };
    let (one, other) = (getters("a"), getters("b"));
    assert_eq!(kinds(&[one.clone(), other]), []);
    assert_eq!(kinds(&[one.clone(), one]), [(Kind::Exact, 2)]);
}

#[test]
fn test_code_is_told_apart() {
    let body = block();
    let test =
        |attribute: &str| format!("fn a() {{}}\n{attribute}\nmod m {{ fn f() {{ {body} }} }}");
    let tests = |text: String| families(&[text.clone(), text])[0].places[0].test;
    assert!(tests(test("#[cfg(test)]")));
    assert!(tests(test("#[tokio::test]")));
    assert!(!tests(test("#[cfg(not(test))]")));
    assert!(!tests(test("")));
    for (path, expected) in [
        ("tests/a.rs", true),
        ("src/tests.rs", true),
        ("src/latest.rs", false),
    ] {
        let tokens = rust::tokens(path, &body);
        assert_eq!(tokens.iter().all(|token| token.test), expected, "{path}");
    }
}

#[test]
fn what_never_ends_costs_no_more_than_its_tokens() {
    // Each of these was quadratic where its end was looked for from every beginning.
    for piece in [
        "#[",
        "pub(",
        "fn f(",
        "#[test]",
        "use a",
        "mod a",
        "pub",
        "#![a] fn f(",
    ] {
        let text = piece.repeat(100_000);
        assert!(!rust::tokens("src/a.rs", &text).is_empty());
    }
}

/// Files of words, of which every token claims the same hash.
struct Colliding(Vec<String>);

impl Sources for Colliding {
    fn text(&self, file: usize) -> Option<String> {
        Some(self.0[file].clone())
    }

    fn tokens(&self, _: usize, text: &str) -> Vec<CloneToken> {
        let mut tokens: Vec<CloneToken> = rust::tokens("src/a.rs", text);
        for token in &mut tokens {
            token.value = 7;
            token.class = Class::Fixed;
        }
        tokens
    }
}

#[test]
fn texts_and_not_hashes_decide() {
    let found = |texts: [String; 2]| {
        let files = Colliding(texts.to_vec());
        let prints = texts
            .iter()
            .map(|text| MINIMUM.prints(&files.tokens(0, text)));
        let prints: Vec<FilePrints> = prints.collect();
        let found = find(&prints, &files, MINIMUM).families;
        found
            .iter()
            .filter(|family| family.places.iter().any(|place| place.file == 1))
            .count()
    };
    let (one, other) = (statements(1, 30, "a"), statements(2, 30, "b"));
    assert_eq!(found([one.clone(), other]), 0);
    // The control.
    assert!(found([one.clone(), one]) > 0);
}

#[test]
fn a_copy_of_part_of_a_family_is_told_beside_it() {
    let long = statements(5, 40, "x");
    let part: String = long
        .lines()
        .skip(10)
        .take(12)
        .map(|line| format!("{line}\n"))
        .collect();
    let texts = [
        format!("fn a() {{ {long} }}"),
        format!("fn b() -> B {{ {long} }}"),
        format!(
            "fn c(x: C) {{ {} {part} {} }}",
            statements(8, 20, "y"),
            statements(9, 20, "z")
        ),
    ];
    let found = families(&texts);
    assert!(share(&found, Kind::Exact, 0, &texts[0], &long) > 0.95);
    assert!(share(&found, Kind::Exact, 2, &texts[2], &part) > 0.95);
}

#[test]
fn a_file_that_is_gone_or_changed_meanwhile_is_no_trouble() {
    struct Changing(Files, String);
    impl Sources for Changing {
        fn text(&self, file: usize) -> Option<String> {
            match file {
                0 => None,
                1 => Some(self.1.clone()),
                _ => self.0.text(file),
            }
        }
        fn tokens(&self, file: usize, text: &str) -> Vec<CloneToken> {
            self.0.tokens(file, text)
        }
    }
    let text = format!("fn f() {{ {} }}", block());
    let files = Files::of(&vec![text.clone(); 4]);
    let prints: Vec<FilePrints> = (0..4)
        .map(|file| MINIMUM.prints(&files.tokens(file, &text)))
        .collect();
    for now in ["", "fn g() {}", "\"", &text[..text.len() / 2]] {
        let changing = Changing(Files(files.0.clone()), now.to_owned());
        let found = find(&prints, &changing, MINIMUM).families;
        let all: Vec<usize> = found
            .iter()
            .flat_map(|family| &family.places)
            .map(|place| place.file)
            .collect();
        assert!(
            all.contains(&2) && all.contains(&3) && !all.contains(&0),
            "{now}: {all:?}"
        );
    }
}
