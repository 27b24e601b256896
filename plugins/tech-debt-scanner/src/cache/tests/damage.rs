//! A cache that is damaged, or cannot be written, changes nothing but the time.

use super::*;

#[test]
fn no_damage_of_the_file_changes_what_is_reported() {
    let place = Place::new();
    place.write("a.rs", &format!("fn f() {{ if a {{}} }} // {}: b", "FIXME"));
    place.write("b.rs", "fn broken( {");
    place.warm();
    let stored = place.stored();
    let whole = fs::read(&stored).unwrap();
    let expected = lasting(&place.cold());
    // Some places of each part; what reads the file is tried with any bytes by itself.
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x20;
        for bytes in [&damaged[..], &whole[..at]] {
            fs::write(&stored, bytes).unwrap();
            let report = place.warm();
            assert_eq!(lasting(&report), expected, "byte {at}");
        }
    }
    // The control: it is the file that makes scans quick.
    fs::write(&stored, &whole).unwrap();
    let report = place.warm();
    assert_eq!(report.run["report_kept"], json!(true));
    assert!(!report.run.contains_key("cache_problem"));
}

#[test]
fn damage_is_said_and_mended() {
    let place = Place::new();
    place.write("a.rs", "fn f() {}");
    place.warm();
    let stored = place.stored();
    let cases = [
        (3, "damaged"),
        (21, "another version"),
        (40, "damaged"),
        (300, "damaged"),
    ];
    for (at, expected) in cases {
        let mut bytes = fs::read(&stored).unwrap();
        bytes[at] ^= 1;
        fs::write(&stored, bytes).unwrap();
        let problem = place.warm().run["cache_problem"].clone();
        assert!(problem.as_str().unwrap().contains(expected), "{problem}");
        assert_eq!(place.warm().run["report_kept"], json!(true), "byte {at}");
    }
    // The last part: facts, which only a change asks for.
    let mut bytes = fs::read(&stored).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&stored, bytes).unwrap();
    place.write("b.rs", "fn g() {}");
    let report = place.warm();
    assert_eq!(count(&report, "files_analysed"), 2);
    assert_same(&place, &report);
    let next = place.warm();
    assert_eq!(
        (count(&next, "files_read"), &next.run["report_kept"]),
        (0, &json!(true))
    );
}

#[test]
fn a_cache_that_cannot_be_written_only_costs_time() {
    let place = Place::new();
    place.write("a.rs", "fn f() {}");
    // A file is in the folder's place, which holds back root as well.
    fs::write(place.cache.path().join("agent"), "").unwrap();
    for _ in 0..2 {
        let report = place.warm();
        let problem = report.run["cache_problem"].as_str().unwrap();
        assert!(problem.contains("cannot be written"), "{problem}");
        assert_same(&place, &report);
    }
}

#[test]
fn what_cannot_replace_the_file_leaves_nothing_behind() {
    let place = Place::new();
    place.write("a.rs", "fn f() {}");
    place.warm();
    let stored = place.stored();
    fs::remove_file(&stored).unwrap();
    fs::create_dir(&stored).unwrap();
    fs::write(stored.join("x"), "").unwrap();
    let report = place.warm();
    assert!(report.run.contains_key("cache_problem"));
    assert_eq!(place.stored(), stored);
    assert_same(&place, &report);
}

#[test]
fn what_a_killed_scan_left_behind_is_removed_when_it_is_old() {
    let place = Place::new();
    place.write("a.rs", "fn f() {}");
    let agent = place.cache.path().join("agent");
    fs::create_dir(&agent).unwrap();
    let old = File::create(agent.join("x.1-0.new")).unwrap();
    old.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let young = agent.join("x.2-0.new");
    fs::write(&young, "").unwrap();
    place.warm();
    assert!(!agent.join("x.1-0.new").exists());
    assert!(young.exists());
}
