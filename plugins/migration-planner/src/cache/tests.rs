//! What is kept is as good as what is read, whatever happens to the files.

use std::cell::Cell;
use std::os::unix::fs::PermissionsExt as _;

use guildhall_source::cargo::Manifest;
use proptest::prelude::*;
use semver::Version;

use super::*;
use crate::api::{self, Package};
use crate::sources::Folder;

/// A package, a cache beside it, and how often the package was read.
struct Place {
    root: tempfile::TempDir,
    reads: Cell<u32>,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let package = root.path().join("a-1.0.0");
        fs::create_dir_all(package.join("src")).unwrap();
        fs::write(
            package.join("Cargo.toml"),
            "[package]\nname = 'a'\nversion = '1.0.0'\n",
        )
        .unwrap();
        fs::write(package.join("src/lib.rs"), "pub fn first() {}").unwrap();
        Self {
            root,
            reads: Cell::new(0),
        }
    }

    fn cache(&self) -> ApiCache {
        ApiCache::at(self.root.path().join("cache"), u64::MAX)
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("a-1.0.0")
    }

    fn found(&self, source: TargetSource) -> CrateFolder {
        CrateFolder {
            folder: self.folder(),
            version: Version::new(1, 0, 0),
            source,
            note: None,
        }
    }

    fn api(&self, cache: &ApiCache) -> Api {
        self.api_from(cache, TargetSource::Registry)
    }

    fn api_from(&self, cache: &ApiCache, source: TargetSource) -> Api {
        cache.api(&self.found(source), || {
            self.reads.set(self.reads.get() + 1);
            self.read()
        })
    }

    fn read(&self) -> Api {
        let folder = Folder::new(&self.folder()).unwrap();
        let manifest: Manifest = folder.manifest().unwrap().unwrap();
        api::read(&folder, Package::of_manifest(&manifest).unwrap())
    }

    fn kept(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.root.path().join("cache"));
        let entries = entries.into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    }
}

#[test]
fn what_was_read_once_is_not_read_again() {
    let place = Place::new();
    let first = place.api(&place.cache());
    let cache = place.cache();
    assert_eq!(place.api(&cache), first);
    assert_eq!(place.reads.get(), 1);
    assert_eq!(cache.faults(), [""; 0]);
    assert_eq!(place.api(&ApiCache::none()), first);
    assert_eq!(place.reads.get(), 2, "the control");
}

#[test]
fn other_sources_under_the_same_name_are_read() {
    let place = Place::new();
    place.api(&place.cache());
    fs::write(place.folder().join("src/lib.rs"), "pub fn another() {}").unwrap();
    let api = place.api(&place.cache());
    assert_eq!(
        (api.items[0].name.as_str(), place.reads.get()),
        ("another", 2)
    );
}

#[test]
fn what_may_be_edited_is_not_kept() {
    let place = Place::new();
    for source in [
        TargetSource::Path,
        TargetSource::Vendored,
        TargetSource::Git,
    ] {
        place.api_from(&place.cache(), source);
        place.api_from(&place.cache(), source);
    }
    assert_eq!((place.reads.get(), place.kept().len()), (6, 0));
}

#[test]
fn a_torn_entry_is_read_anew_and_mended() {
    let place = Place::new();
    let first = place.api(&place.cache());
    let file = &place.kept()[0];
    let content = fs::read(file).unwrap();
    for length in [0, 10, DIGITS, content.len() - 1] {
        fs::write(file, &content[..length]).unwrap();
        let cache = place.cache();
        assert_eq!(place.api(&cache), first);
        assert_eq!(cache.faults().len(), 1, "{:?}", cache.faults());
        assert_eq!(fs::read(file).unwrap(), content, "it is mended");
    }
    assert_eq!(place.reads.get(), 5);
}

#[test]
fn a_folder_that_cannot_be_written_is_a_fault_and_no_failure() {
    let place = Place::new();
    let cache = place.root.path().join("cache");
    fs::write(&cache, "a file").unwrap();
    let cache = place.cache();
    assert_eq!(place.api(&cache).items[0].name, "first");
    assert!(
        cache.faults()[0].starts_with("the kept API `a-1.0.0-"),
        "{:?}",
        cache.faults()
    );
}

#[test]
fn a_folder_in_the_place_of_an_entry_is_a_fault_and_no_failure() {
    let place = Place::new();
    place.api(&place.cache());
    let file = place.kept().remove(0);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let cache = place.cache();
    assert_eq!(place.api(&cache).items[0].name, "first");
    assert!(!cache.faults().is_empty());
    assert_eq!(place.kept(), [file], "nothing unfinished is left");
}

#[test]
fn what_was_used_longest_ago_goes_first() {
    let place = Place::new();
    place.api(&place.cache());
    let kept = place.kept().remove(0);
    let length = kept.metadata().unwrap().len();
    let older = kept.with_file_name("old.api");
    fs::copy(&kept, &older).unwrap();
    File::open(&older)
        .unwrap()
        .set_modified(SystemTime::UNIX_EPOCH)
        .unwrap();
    let foreign = kept.with_file_name("notes.txt");
    fs::write(&foreign, "not ours").unwrap();
    ApiCache::at(place.root.path().join("cache"), length).shrink();
    let mut left = place.kept();
    left.sort();
    assert_eq!(left, [kept, foreign]);
}

#[test]
fn only_the_user_can_read_what_is_kept() {
    let place = Place::new();
    place.api(&place.cache());
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.root.path().join("cache")), 0o700);
    assert_eq!(mode(&place.kept()[0]), 0o600);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn no_damage_changes_what_is_read(at in 0_usize..400, byte in any::<u8>()) {
        let place = Place::new();
        let first = place.api(&place.cache());
        let file = &place.kept()[0];
        let mut content = fs::read(file).unwrap();
        let at = at % content.len();
        content[at] = byte;
        fs::write(file, content).unwrap();
        prop_assert_eq!(place.api(&place.cache()), first);
    }
}
