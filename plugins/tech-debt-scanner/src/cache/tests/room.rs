//! A cache keeps to its limit, and what is of no use goes first.

use super::*;

#[test]
fn the_folder_keeps_to_its_limit_and_the_longest_unused_goes_first() {
    let one = Place::new();
    one.write("a.rs", "fn f() {}");
    one.warm();
    let agent = one.cache.path().join("agent");
    let size = fs::metadata(one.stored()).unwrap().len();
    let mut roots = Vec::new();
    for number in 0..3 {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.rs"), "fn f() {}").unwrap();
        let name = Folder::new(agent.clone(), root.path());
        name.replace([b"", b"", &vec![0; size as usize]]).unwrap();
        let file = name.open().unwrap().unwrap();
        let used = std::time::UNIX_EPOCH + std::time::Duration::from_secs(number);
        file.set_modified(used).unwrap();
        roots.push((root, name));
    }
    let most = 3 * size;
    Folder::new(agent, one.tree.path()).shrink(most).unwrap();
    let exists = |number: usize| roots[number].1.open().unwrap().is_some();
    assert!(!exists(0) && !exists(1) && exists(2));
    assert_eq!(one.warm().run["report_kept"], json!(true));
}

#[test]
fn more_than_the_limit_is_not_written() {
    let mut place = Place::new();
    place.write("a.rs", "fn f() {}");
    place.settings = settings(json!({"max-cache-bytes": 10}));
    let report = place.warm();
    let problem = report.run["cache_problem"].as_str().unwrap();
    assert!(problem.contains("max-cache-bytes"), "{problem}");
    assert!(fs::read_dir(place.cache.path()).unwrap().next().is_none());
}

#[test]
fn facts_of_no_use_are_kept_for_a_while_only() {
    let place = Place::new();
    place.write("a.rs", "fn a() {}");
    place.write("b.rs", "fn b() {}");
    // So much is of use that there is room for what is not.
    place.write("c.rs", &"fn c() { if a {} }\n".repeat(200));
    place.warm();
    fs::remove_file(place.path("b.rs")).unwrap();
    place.warm();
    assert_eq!(place.open().index.facts.len(), 3);
    for number in 0..=LONGEST_UNUSED {
        place.write("a.rs", &format!("fn a{number:03}() {{}}"));
        place.warm();
    }
    let facts = place.open().index.facts;
    assert_eq!(facts.len(), 2 + LONGEST_UNUSED as usize);
    assert!(facts.values().all(|kept| kept.unused <= LONGEST_UNUSED));
}

#[test]
fn facts_of_no_use_take_no_more_bytes_than_those_of_use() {
    let place = Place::new();
    place.write("a.rs", "fn a() {}");
    place.write("b.rs", &"fn b() { if a {} }\n".repeat(200));
    place.warm();
    fs::remove_file(place.path("b.rs")).unwrap();
    place.warm();
    assert_eq!(place.open().index.facts.len(), 1);
}
