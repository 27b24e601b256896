//! Scans at once, and files that are written to while a scan looks at them.

use super::*;

#[test]
fn two_scans_at_once_are_both_right() {
    let place = Place::new();
    for number in 0..20 {
        place.write(
            &format!("{number}.rs"),
            &format!("fn f{number}() {{ if a {{}} }}"),
        );
    }
    let expected = lasting(&place.cold());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    assert_eq!(lasting(&place.warm()), expected);
                }
            });
        }
    });
    assert_eq!(place.warm().run["report_kept"], json!(true));
}

/// Writes to a file when another one has been looked at.
struct Writing<'a> {
    place: &'a Place,
    seen: &'a str,
    written: &'a str,
}

impl Hooks for Writing<'_> {
    fn progress(&self, _: u64, _: u64, path: &Path) {
        if path == Path::new(self.seen) {
            self.place
                .write(self.written, "fn later() { if a { if b {} } }");
        }
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}

#[test]
fn a_report_on_files_that_are_written_to_meanwhile_is_not_kept() {
    let mut place = Place::new();
    place.threads = 1;
    for name in ["a.rs", "b.rs"] {
        place.write(name, "fn early() {}");
    }
    let scan = |hooks: &dyn Hooks| {
        let mut cache = place.open();
        cache.ahead = 3600;
        let request = place.request(place.tree.path());
        answer_with(&request, &place.read_settings(), None, cache, hooks).unwrap();
    };
    // The one that was looked at first is another when the report is made.
    let hooks = Writing {
        place: &place,
        seen: "b.rs",
        written: "a.rs",
    };
    scan(&hooks);
    let warm = place.warm();
    assert_eq!(warm.run["report_kept"], json!(false));
    assert_eq!(count(&warm, "files_analysed"), 1);
    assert_same(&place, &warm);
    // The control: nobody writes.
    fs::remove_dir_all(place.cache.path().join("agent")).unwrap();
    scan(&Quiet);
    assert_eq!(place.warm().run["report_kept"], json!(true));
}
