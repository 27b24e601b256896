//! Trust is given, taken back, kept and never lost.

use std::thread;

use tempfile::TempDir;

use super::*;

struct Fixture {
    _kept: TempDir,
    folder: PathBuf,
    store: TrustStore,
}

fn fixture() -> Fixture {
    let kept = tempfile::tempdir().unwrap();
    let folder = kept.path().canonicalize().unwrap();
    let store = TrustStore::at(folder.join("state/guildhall/trust.toml"));
    Fixture {
        _kept: kept,
        folder,
        store,
    }
}

impl Fixture {
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn state(&self, path: &Path) -> TrustState {
        let file = file::read(path, "shown").unwrap().unwrap();
        self.store.state(&file).unwrap()
    }

    fn stored(&self) -> String {
        fs::read_to_string(&self.store.path).unwrap()
    }
}

const RISKY: &str = "scan.threads = 1\nplugins.folders = ['p']\nplugins.files = ['x']\n";

#[test]
fn trust_is_given_and_taken_back() {
    let it = fixture();
    let path = it.file("a.toml", RISKY);
    assert_eq!(it.state(&path), TrustState::Unknown);
    let granted = it.store.trust(&path).unwrap();
    assert_eq!(granted.file.path, path);
    assert_eq!(granted.keys, ["plugins.files", "plugins.folders"]);
    assert_eq!(it.state(&path), TrustState::Trusted);
    assert_eq!(
        it.store.list().unwrap(),
        std::slice::from_ref(&granted.file)
    );
    assert_eq!(it.store.revoke(&path).unwrap(), [granted.file]);
    assert_eq!(it.state(&path), TrustState::Unknown);
    let error = it.store.revoke(&path).unwrap_err();
    assert!(matches!(error, ConfigError::NotTrusted { .. }), "{error}");
    assert_eq!(it.store.list().unwrap(), []);
}

#[test]
fn an_edit_ends_the_trust_and_the_old_text_has_it_again() {
    let it = fixture();
    let path = it.file("a.toml", RISKY);
    it.store.trust(&path).unwrap();
    it.file("a.toml", &format!("{RISKY} "));
    assert_eq!(it.state(&path), TrustState::Changed);
    it.file("a.toml", RISKY);
    assert_eq!(it.state(&path), TrustState::Trusted);
    it.file("a.toml", "");
    it.store.trust(&path).unwrap();
    assert_eq!(it.store.list().unwrap().len(), 1);
    it.file("a.toml", RISKY);
    assert_eq!(it.state(&path), TrustState::Changed);
}

#[test]
fn a_copy_elsewhere_is_not_trusted() {
    let it = fixture();
    it.store.trust(&it.file("a.toml", RISKY)).unwrap();
    let copy = it.file("b.toml", RISKY);
    assert_eq!(it.state(&copy), TrustState::Unknown);
}

#[test]
fn a_wrong_or_missing_file_is_not_trusted() {
    let it = fixture();
    let wrong = it.file("a.toml", "plugin = 1");
    let error = it.store.trust(&wrong).unwrap_err().to_string();
    assert!(error.contains("did you mean `plugins`?"), "{error}");
    let error = it.store.trust(&it.folder.join("gone")).unwrap_err();
    assert!(matches!(error, ConfigError::Missing { .. }), "{error}");
    assert!(!it.store.path.exists());
}

#[test]
fn trust_in_a_removed_file_can_be_taken_back() {
    let it = fixture();
    let path = it.file("a.toml", RISKY);
    it.store.trust(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(it.store.revoke(&path).unwrap().len(), 1);
}

#[test]
fn trust_in_what_is_gone_can_be_taken_back_by_the_names_it_was_given_by() {
    let it = fixture();
    let folder = it.folder.join("real/deep");
    let link = it.folder.join("link");
    std::os::unix::fs::symlink("real", &link).unwrap();
    let file = folder.join(PROJECT_FILE);
    let given = [
        folder.clone(),
        file.clone(),
        link.join("deep"),
        link.join("deep/guildhall.toml"),
        link.join("deep/gone/.."),
    ];
    for path in given {
        fs::create_dir_all(&folder).unwrap();
        fs::write(&file, RISKY).unwrap();
        it.store.trust(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        let revoked = it.store.revoke(&path).unwrap();
        assert_eq!(revoked[0].path, file, "{}", path.display());
        assert_eq!(it.store.list().unwrap(), []);
    }
}

#[test]
fn a_file_is_not_taken_for_its_neighbour_when_trust_is_taken_back() {
    let it = fixture();
    it.store.trust(&it.file("a.toml", RISKY)).unwrap();
    let stored = it.stored();
    for name in ["b.toml", "a", "a.toml/x", "gone/a.toml", ""] {
        let error = it.store.revoke(&it.folder.join(name)).unwrap_err();
        assert!(matches!(error, ConfigError::NotTrusted { .. }), "{error}");
    }
    assert_eq!(it.stored(), stored);
}

#[test]
fn a_folder_stands_for_the_projects_file_in_it() {
    let it = fixture();
    let error = it.store.trust(&it.folder).unwrap_err().to_string();
    assert!(error.ends_with("/guildhall.toml`"), "{error}");
    let path = it.file(PROJECT_FILE, RISKY);
    assert_eq!(it.store.trust(&it.folder).unwrap().file.path, path);
    assert_eq!(it.store.revoke(&it.folder).unwrap().len(), 1);
    assert_eq!(it.state(&path), TrustState::Unknown);
}

#[test]
fn a_damaged_store_is_told_and_left_as_it_is() {
    let it = fixture();
    let path = it.file("a.toml", RISKY);
    it.store.trust(&path).unwrap();
    let good = it.stored();
    let newer = good.replace("version = 1", "version = 2");
    let unknown = format!("{good}key = 'x'\n");
    let cut = &good[..good.len() / 2];
    for damaged in [
        "\u{0}",
        "version = ",
        newer.as_str(),
        unknown.as_str(),
        cut,
        "",
    ] {
        fs::write(&it.store.path, damaged).unwrap();
        let file = file::read(&path, "shown").unwrap().unwrap();
        let errors = [
            it.store.trust(&path).map(drop),
            it.store.revoke(&path).map(drop),
            it.store.list().map(drop),
            it.store.state(&file).map(drop),
        ];
        for error in errors {
            let error = error.unwrap_err();
            assert!(matches!(error, ConfigError::DamagedStore { .. }), "{error}");
        }
        assert_eq!(it.stored(), damaged);
    }
    fs::write(&it.store.path, [0xFF]).unwrap();
    let error = it.store.trust(&path).unwrap_err().to_string();
    assert!(
        error.contains("is damaged: it is not UTF-8; mend it, or remove it"),
        "{error}"
    );
}

#[test]
fn the_store_is_the_same_whatever_the_order() {
    let texts = [["a", "b", "c"], ["c", "a", "b"]].map(|order| {
        let it = fixture();
        for name in order {
            it.store.trust(&it.file(name, RISKY)).unwrap();
        }
        let folder = path_text::encode(&it.folder);
        it.stored().replace(&folder, "/folder")
    });
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn nothing_is_left_beside_the_store_but_its_lock() {
    let it = fixture();
    it.store.trust(&it.file("a.toml", RISKY)).unwrap();
    let entries = fs::read_dir(it.store.path.parent().unwrap()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["trust.toml", "trust.toml.lock"]);
}

#[test]
fn nothing_is_lost_when_many_trust_at_once() {
    const THREADS: usize = 16;
    const EACH: usize = 4;
    let it = fixture();
    thread::scope(|scope| {
        for number in 0..THREADS {
            let it = &it;
            scope.spawn(move || {
                for turn in 0..EACH {
                    let path = it.file(&format!("{number}-{turn}.toml"), RISKY);
                    it.store.trust(&path).unwrap();
                }
            });
        }
    });
    assert_eq!(it.store.list().unwrap().len(), THREADS * EACH);
}

#[test]
fn a_store_that_cannot_be_written_is_named() {
    let it = fixture();
    let path = it.file("a.toml", RISKY);
    let store = TrustStore::at(path.join("trust.toml"));
    let error = store.trust(&path).unwrap_err();
    assert!(matches!(error, ConfigError::Unwritable { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn only_the_user_may_read_the_store_and_odd_names_survive() {
    use std::os::unix::ffi::OsStringExt as _;
    use std::os::unix::fs::PermissionsExt as _;

    let it = fixture();
    let name = OsString::from_vec(b"\xFF\\ \"odd\n.toml".to_vec());
    let path = it.folder.join(name);
    fs::write(&path, RISKY).unwrap();
    it.store.trust(&path).unwrap();
    assert_eq!(it.state(&path), TrustState::Trusted);
    assert_eq!(it.store.list().unwrap()[0].path, path);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&it.store.path), 0o600);
    assert_eq!(mode(it.store.path.parent().unwrap()), 0o700);
}
