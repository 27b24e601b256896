//! What may stand in the place of a file.

use std::fs::File;

use tempfile::TempDir;

use super::*;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap();
    (folder, path)
}

fn refusal(path: &Path) -> String {
    read(path, "shown.toml").unwrap_err().to_string()
}

#[test]
fn the_nearest_file_above_is_found() {
    let (_kept, top) = folder();
    let deep = top.join("a/b/c");
    fs::create_dir_all(&deep).unwrap();
    let found = |start: &Path| nearest(start).unwrap();
    fs::write(top.join(PROJECT_FILE), "").unwrap();
    assert_eq!(found(&deep), Some(top.join(PROJECT_FILE)));
    let near = top.join("a/b").join(PROJECT_FILE);
    fs::write(&near, "").unwrap();
    assert_eq!(found(&deep), Some(near.clone()));
    // `..` leads out of a folder, not into its parent's name.
    assert_eq!(found(&deep.join("../../../a/b/c")), Some(near.clone()));
    let file = deep.join("x.rs");
    fs::write(&file, "").unwrap();
    assert_eq!(found(&file), Some(near));
    assert_eq!(found(&top.join("a")), Some(top.join(PROJECT_FILE)));
}

#[test]
fn a_path_that_does_not_exist_is_named() {
    let (_kept, top) = folder();
    let error = nearest(&top.join("gone")).unwrap_err().to_string();
    assert!(error.contains("/gone` upwards: "), "{error}");
}

#[test]
fn the_hash_is_that_of_the_bytes() {
    let (_kept, top) = folder();
    let path = top.join("abc");
    fs::write(&path, "abc").unwrap();
    let file = read(&path, "shown").unwrap().unwrap();
    // The example of FIPS 180-4 for SHA-256.
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(file.sha256, expected);
    assert_eq!((file.text.as_str(), file.path), ("abc", path));
    assert!(read(&top.join("gone"), "shown").unwrap().is_none());
}

#[test]
fn a_folder_in_the_place_of_a_file_is_named() {
    let (_kept, top) = folder();
    let path = top.join(PROJECT_FILE);
    fs::create_dir(&path).unwrap();
    assert_eq!(nearest(&top).unwrap(), Some(path.clone()));
    let error = refusal(&path);
    assert!(
        error.contains("guildhall.toml` is a folder, not a file"),
        "{error}"
    );
}

#[test]
fn a_large_file_is_refused_before_it_is_parsed() {
    let (_kept, top) = folder();
    let path = top.join("large");
    for (size, fits) in [(LARGEST, true), (LARGEST + 1, false), (10 * LARGEST, false)] {
        File::create(&path).unwrap().set_len(size).unwrap();
        assert_eq!(read(&path, "shown").is_ok(), fits, "{size}");
    }
    let error = refusal(&path);
    assert!(error.contains("is larger than 1048576 bytes"), "{error}");
}

#[test]
fn bytes_that_are_not_utf8_are_pointed_at() {
    let (_kept, top) = folder();
    let path = top.join("latin1");
    fs::write(&path, b"a = 1\nb = \"ol\xE9\"\nc = \"\xE9\"\n").unwrap();
    let error = refusal(&path);
    let expected =
        "shown.toml:2:8: the byte 0xE9 is not UTF-8\n  |\n2 | b = \"ol\u{fffd}\"\n  |        ^\n";
    assert!(error.starts_with(expected), "{error}");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn broken_links_and_circles_are_named() {
        let (_kept, top) = folder();
        let (circle, lost) = (top.join("circle"), top.join("lost"));
        symlink(&circle, &circle).unwrap();
        symlink(top.join("gone"), &lost).unwrap();
        for path in [circle, lost] {
            let error = refusal(&path);
            assert!(
                error.contains("is a symbolic link that leads to no file: "),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_no_regular_file_is_not_opened() {
        let (_kept, top) = folder();
        let socket = top.join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        for path in [socket, PathBuf::from("/dev/zero")] {
            let error = refusal(&path);
            assert!(
                error.contains("is a pipe or a device, not a file"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_found_link_must_stay_in_its_folder() {
        let (_kept, top) = folder();
        let clone = top.join("clone");
        fs::create_dir_all(clone.join("config")).unwrap();
        let (secret, inner) = (top.join("secret"), clone.join("config/g.toml"));
        fs::write(&secret, "password").unwrap();
        fs::write(&inner, "[scan]").unwrap();
        let path = clone.join(PROJECT_FILE);
        symlink(&secret, &path).unwrap();
        let error = read_within_its_folder(&path, "shown")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("is a symbolic link out of its folder, to "),
            "{error}"
        );
        // Given by name it is what the user wants.
        assert_eq!(read(&path, "shown").unwrap().unwrap().text, "password");
        fs::remove_file(&path).unwrap();
        symlink(&inner, &path).unwrap();
        let file = read_within_its_folder(&path, "shown").unwrap().unwrap();
        assert_eq!((file.text.as_str(), file.path), ("[scan]", inner));
    }

    #[test]
    fn a_file_that_may_not_be_read_is_named() {
        // `/proc/self/mem` refuses to be read at its start whoever asks, where a file
        // without permissions would still be readable for the superuser.
        let path = Path::new("/proc/self/mem");
        if path.exists() {
            let error = refusal(path);
            assert!(error.starts_with("cannot read `/proc/"), "{error}");
        }
    }
}
