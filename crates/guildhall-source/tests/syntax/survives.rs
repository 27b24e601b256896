//! No text makes the walk panic, hang or leave its order.

use guildhall_source::language::Language;
use guildhall_source::syntax::{self, DEPTH_LIMIT, Function, SyntaxFailure, Token};
use proptest::prelude::*;

use super::{WRITTEN, written};

/// Examines a text and holds the tokens to what is said of them.
fn check(text: &str, language: Language) -> Result<(), SyntaxFailure> {
    let mut last = 0;
    let token = |token: Token| {
        assert!(last <= token.start && token.start < token.end, "{token:?}");
        assert_eq!(
            text[token.start..token.end].trim_end().len(),
            token.end - token.start
        );
        last = token.end;
    };
    let examined = syntax::examine(text, language, token)?;
    for function in &examined.functions {
        assert!(function.start <= function.end, "{function:?}");
        assert!(
            function.cyclomatic > 0 && function.lines > 0,
            "{function:?}"
        );
    }
    stand_in_each_other_or_apart(&examined.functions, language);
    Ok(())
}

/// No two functions overlap unless one is inside the other and the language allows it.
fn stand_in_each_other_or_apart(functions: &[Function], language: Language) {
    let mut around: Vec<&Function> = Vec::new();
    for function in functions {
        while around.pop_if(|outer| outer.end <= function.start).is_some() {}
        if let Some(outer) = around.last() {
            assert!(function.end <= outer.end, "{function:?} leaves {outer:?}");
            let nests = !matches!(language, Language::C | Language::Go);
            assert!(nests, "{function:?} in {outer:?}");
        }
        around.push(function);
    }
}

/// Any place in a text.
fn boundary(text: &str, at: prop::sample::Index) -> usize {
    text.floor_char_boundary(at.index(text.len() + 1))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        for (language, _) in WRITTEN {
            let _ = check(&text, language);
        }
    }

    #[test]
    fn what_was_written_is_survived_when_it_is_cut_and_spliced(
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        into in any::<prop::sample::Index>(),
        noise in "[(){}\\[\\]<>\"'`/*#\n:;a$\\\\-]{0,6}",
    ) {
        for (language, file) in WRITTEN {
            let text = written(file);
            let (a, b) = (boundary(&text, from), boundary(&text, to));
            let (start, end) = (a.min(b), a.max(b));
            let cut = format!("{}{noise}{}", &text[..start], &text[end..]);
            let _ = check(&cut, language);
            let at = boundary(&text, into);
            let spliced = format!("{}{noise}{}{}", &text[..at], &text[start..end], &text[at..]);
            let _ = check(&spliced, language);
        }
    }

    #[test]
    fn texts_of_another_language_are_survived(one in 0..11_usize, other in 0..11_usize) {
        let _ = check(&written(WRITTEN[one].1), WRITTEN[other].0);
    }
}

#[test]
fn nesting_without_end_is_refused_or_measured_and_never_fatal() {
    for (language, _) in WRITTEN {
        for opener in [
            "(", "[", "{", "if (a) ", "!", "a(b => ", "\"#{", "<a>", "${", "-", "a ? ",
        ] {
            let _ = check(&opener.repeat(2_000), language);
        }
    }
    let text = format!(
        "a = {}1{};",
        "(".repeat(DEPTH_LIMIT),
        ")".repeat(DEPTH_LIMIT)
    );
    let refused = check(&text, Language::JavaScript);
    assert_eq!(refused, Err(SyntaxFailure::TooDeep));
    let text = format!("a = {}1{};", "(".repeat(500), ")".repeat(500));
    assert_eq!(check(&text, Language::JavaScript), Ok(()));
}

#[test]
fn a_long_chain_is_walked_without_a_stack() {
    let text = format!("f = () => {}1;", "if (a) {} else ".repeat(1_000));
    let _ = check(&text, Language::JavaScript);
    let text = "a;\n".repeat(100_000);
    assert_eq!(check(&text, Language::JavaScript), Ok(()));
}
