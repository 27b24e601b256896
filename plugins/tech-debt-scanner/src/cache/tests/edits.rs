//! After any edits a scan with a cache says what one without says.

use super::*;

/// What may be done to a tree between two scans.
#[derive(Debug, Clone)]
enum Edit {
    Write(usize, usize),
    Touch(usize),
    Rename(usize, usize),
    Remove(usize),
    Ignore(usize),
    Threshold(u32),
    Threads(u32),
}

const NAMES: [&str; 5] = ["a.rs", "b.rs", "é c.rs", "sub/a.rs", "sub/d.rs"];

/// Several have one length.
const CONTENTS: [&str; 8] = [
    "fn a() {}",
    "fn b() {}",
    "fn a( {} ",
    "fn f() { for a in b { if a { while b { if c { if d {} } } } } }",
    "mod m { fn f(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) {} }",
    "",
    "\u{feff}// a\r\nfn f() {}\r\n",
    "no\u{0}t rust",
];

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let name = || 0..NAMES.len();
    let edit = prop_oneof![
        4 => (name(), 0..CONTENTS.len() + 2).prop_map(|(name, content)| Edit::Write(name, content)),
        1 => name().prop_map(Edit::Touch),
        2 => (name(), name()).prop_map(|(from, to)| Edit::Rename(from, to)),
        1 => name().prop_map(Edit::Remove),
        1 => name().prop_map(Edit::Ignore),
        1 => (1..4u32).prop_map(Edit::Threshold),
        1 => (1..4u32).prop_map(Edit::Threads),
    ];
    prop::collection::vec(edit, 1..12)
}

fn apply(edit: &Edit, place: &mut Place) {
    match edit {
        Edit::Write(name, content) => {
            let debt = format!("// {}: mend\n// {} b", "TODO", "XXX");
            let more = [debt, "fn f() { a(|| b && c || d) }\n".repeat(400)];
            let all = CONTENTS
                .iter()
                .copied()
                .chain(more.iter().map(String::as_str));
            place.write(NAMES[*name], all.collect::<Vec<_>>()[*content]);
        }
        Edit::Touch(name) => {
            if let Ok(content) = fs::read_to_string(place.path(NAMES[*name])) {
                place.write(NAMES[*name], &content);
            }
        }
        Edit::Rename(from, to) => {
            let _ = fs::rename(place.path(NAMES[*from]), place.path(NAMES[*to]));
        }
        Edit::Remove(name) => {
            let _ = fs::remove_file(place.path(NAMES[*name]));
        }
        Edit::Ignore(name) => place.write(".gitignore", NAMES[*name]),
        Edit::Threshold(threshold) => {
            place.settings = settings(json!({"max-file-bytes": threshold * 30}));
            let rule = json!({"threshold": threshold});
            place
                .settings
                .insert("cognitive-complexity".to_owned(), rule);
        }
        Edit::Threads(threads) => place.threads = *threads,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn after_any_edits_a_scan_with_a_cache_says_what_one_without_says(edits in edits()) {
        let mut place = Place::new();
        fs::create_dir(place.path("sub")).unwrap();
        for edit in &edits {
            apply(edit, &mut place);
            let (warm, cold) = (place.warm(), place.cold());
            prop_assert_eq!(lasting(&warm), lasting(&cold), "after {:?}", edit);
            let again = place.warm();
            prop_assert_eq!(&again.run["report_kept"], &json!(true), "after {:?}", edit);
            prop_assert_eq!(lasting(&again), lasting(&cold));
        }
    }
}
