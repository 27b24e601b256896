//! What has not changed is not looked at again.

use super::*;

#[test]
fn nothing_is_read_again_and_of_one_change_only_its_file_is_analysed() {
    let place = Place::new();
    for name in ["a.rs", "b.rs", "c.rs"] {
        place.write(name, &format!("fn f() {{}} // {}: {name}\n", "TODO"));
    }
    let first = place.warm();
    assert_eq!(
        (count(&first, "files_read"), count(&first, "files_analysed")),
        (3, 3)
    );
    assert_eq!(first.run["report_kept"], json!(false));
    let second = place.warm();
    assert_eq!(
        (
            count(&second, "files_read"),
            count(&second, "files_analysed")
        ),
        (0, 0)
    );
    assert_eq!(second.run["report_kept"], json!(true));
    assert_same(&place, &second);
    place.write("b.rs", "fn f() { if a {} }\n");
    let third = place.warm();
    assert_eq!(
        (count(&third, "files_read"), count(&third, "files_analysed")),
        (1, 1)
    );
    assert_same(&place, &third);
    // Touched: read, and known by its content.
    place.write("b.rs", "fn f() { if a {} }\n");
    let fourth = place.warm();
    assert_eq!(
        (
            count(&fourth, "files_read"),
            count(&fourth, "files_analysed")
        ),
        (1, 0)
    );
    assert_eq!(fourth.run["report_kept"], json!(true));
    // Changed and changed back: its facts are still there.
    place.write("b.rs", "fn f() {}\n");
    place.warm();
    place.write("b.rs", "fn f() { if a {} }\n");
    let sixth = place.warm();
    assert_eq!(
        (count(&sixth, "files_analysed"), &sixth.run["report_kept"]),
        (0, &json!(false))
    );
    assert_same(&place, &sixth);
}

#[test]
fn what_was_written_just_before_is_read_again() {
    let place = Place::new();
    fs::write(place.path("a.rs"), "fn a() {}").unwrap();
    place.scan(place.open());
    let second = place.scan(place.open());
    assert_eq!(count(&second, "files_read"), 1);
    // The same length, and perhaps the same time: nothing of its stamp need have changed.
    fs::write(place.path("a.rs"), "fn b() {}").unwrap();
    let third = place.scan(place.open());
    assert_eq!(count(&third, "files_analysed"), 1);
    assert_same(&place, &third);
}

#[test]
fn who_has_the_report_is_told_that_it_is_the_same_only_where_it_is() {
    let place = Place::new();
    place.write("a.rs", "fn f() { if a {} }");
    let ask = |known: Option<&str>| {
        let request = ScanRequest {
            known: known.map(str::to_owned),
            ..place.request(place.tree.path())
        };
        let settings = place.read_settings();
        let answer = answer_with(&request, &settings, None, place.open_ahead(), &Quiet);
        place.tick();
        answer.unwrap()
    };
    let first = ask(Some("another"));
    assert!(matches!(first.told, Told::Made(_)) && !first.standing.unchanged);
    let state = first.standing.state.unwrap();
    let again = ask(Some(&state));
    assert!(matches!(again.told, Told::Unchanged(_)) && again.standing.unchanged);
    assert_eq!(again.standing.state.as_ref(), Some(&state));
    // Who asks for it gets it.
    assert!(matches!(ask(None).told, Told::Kept(_)));
    place.write("a.rs", "fn f() { if a { b } }");
    let changed = ask(Some(&state));
    assert!(matches!(changed.told, Told::Made(_)));
    assert_ne!(changed.standing.state, Some(state));
}
