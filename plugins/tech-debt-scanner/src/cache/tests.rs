//! A scan with a cache gives what a scan without one gives, whatever was done to the files
//! and to the cache.

use std::fs::{self, File};
use std::path::Path;

use guildhall_core::path_text;
use guildhall_report::{Report, ScanRequest};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::*;
use crate::clippy::Messages;
use crate::listing::{self, Origin};
use crate::scan::{Told, answer_with};
use crate::settings::Settings;
use crate::{Hooks, rules};

mod beside;
mod damage;
mod edits;
mod history;
mod meanwhile;
mod reused;
mod room;
mod walks;

struct Quiet;

impl Hooks for Quiet {
    fn progress(&self, _: u64, _: u64, _: &Path) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// A tree and a cache.
struct Place {
    tree: TempDir,
    cache: TempDir,
    settings: Map<String, Value>,
    threads: u32,
}

impl Place {
    fn new() -> Self {
        Self {
            tree: tempfile::tempdir().unwrap(),
            cache: tempfile::tempdir().unwrap(),
            settings: settings(json!({})),
            threads: 2,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.tree.path().join(name)
    }

    /// Writes until the system tells that from what was there before, which takes as long as
    /// its clock stands.
    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        let stamp = || {
            fs::metadata(&path)
                .ok()
                .map(|metadata| Stamp::of(&metadata))
        };
        let before = stamp();
        loop {
            fs::write(&path, content).unwrap();
            if stamp() != before {
                return;
            }
        }
    }

    fn cold(&self) -> Report {
        self.scan(Cache::off())
    }

    /// As if a long time had passed between all changes and this scan, so that files are
    /// known again without being read.
    fn warm(&self) -> Report {
        let report = self.scan(self.open_ahead());
        self.tick();
        report
    }

    fn open_ahead(&self) -> Cache {
        let mut cache = self.open();
        cache.ahead = 3600;
        cache
    }

    /// Comes back when the file system's clock has gone on, so that what is done now has
    /// another time than what was done before.
    fn tick(&self) {
        let probe = tempfile::NamedTempFile::new_in(self.cache.path()).unwrap();
        let time = || probe.as_file().metadata().unwrap().modified().unwrap();
        let before = time();
        while time() == before {
            fs::write(probe.path(), "").unwrap();
        }
    }

    /// Whether the next scan need not walk.
    fn knows_the_walk(&self) -> bool {
        let listing = listing::list(self.tree.path(), &self.open_ahead(), 2, &Quiet);
        matches!(listing.unwrap().origin, Origin::Known)
    }

    fn open(&self) -> Cache {
        let folder = self.cache.path().join("agent");
        Cache::open(
            folder,
            self.tree.path(),
            self.read_settings().max_cache_bytes,
        )
    }

    fn scan(&self, cache: Cache) -> Report {
        self.scan_at(self.tree.path(), None, cache)
    }

    fn scan_at(&self, root: &Path, clippy: Option<&Messages>, cache: Cache) -> Report {
        let request = self.request(root);
        let answer = answer_with(&request, &self.read_settings(), clippy, cache, &Quiet);
        answer.unwrap().told.into_report().unwrap()
    }

    fn request(&self, root: &Path) -> ScanRequest {
        ScanRequest {
            root: path_text::encode(root),
            threads: Some(self.threads),
            settings: self.settings.clone(),
            ..ScanRequest::default()
        }
    }

    fn read_settings(&self) -> Settings {
        Settings::read(&self.settings, &rules::all()).unwrap()
    }

    /// The only file of the cache.
    fn stored(&self) -> PathBuf {
        let files = fs::read_dir(self.cache.path().join("agent")).unwrap();
        let files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }
}

/// Settings of the agent's own. Git is not asked: there is no repository here.
fn settings(own: Value) -> Map<String, Value> {
    let mut own = own.as_object().unwrap().clone();
    own.insert("history".to_owned(), json!(false));
    Map::from_iter([("tech-debt-scanner".to_owned(), Value::Object(own))])
}

/// The bytes that may not differ.
fn lasting(report: &Report) -> String {
    let lasting = Report {
        run: Map::new(),
        ..report.clone()
    };
    serde_json::to_string(&lasting).unwrap()
}

fn count(report: &Report, fact: &str) -> u64 {
    report.run[fact].as_u64().unwrap()
}

fn assert_same(place: &Place, warm: &Report) {
    assert_eq!(lasting(warm), lasting(&place.cold()));
}

/// A tree with what git keeps of a repository, by hand.
fn place_with_git() -> Place {
    let place = Place::new();
    place.write("a.rs", "fn f() {}");
    let git = place.path(".git");
    for folder in [
        "objects/info",
        "objects/pack",
        "refs/heads",
        "info",
        "reftable",
    ] {
        fs::create_dir_all(git.join(folder)).unwrap();
    }
    fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(git.join("refs/heads/main"), "1").unwrap();
    place
}
