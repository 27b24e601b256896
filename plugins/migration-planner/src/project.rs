//! The project: its manifests, its lock file, and what each of its files uses.

use std::path::{Path, PathBuf};

use guildhall_core::path_text;
use guildhall_report::Skipped;
use guildhall_source::cargo::{CargoFailure, Lock, Manifest, Vendored};
use guildhall_source::language::Language;
use guildhall_source::rust::{outline, parse};
use guildhall_source::walk::{Found, Walked, Wanted, walk};
use guildhall_source::{SourceError, parallel, read};
use sha2::{Digest as _, Sha256};

/// Files of more bytes are not read. What people write by hand stays far below.
const MOST_BYTES: u64 = 10 * 1024 * 1024;

const MANIFEST: &str = "Cargo.toml";
const LOCK: &str = "Cargo.lock";

/// What stands in a folder.
#[derive(Debug)]
pub struct Project<T> {
    /// The folder.
    pub root: PathBuf,
    /// Every manifest below it, by name.
    pub manifests: Vec<Manifest>,
    /// The lock file at the root, where there is one.
    pub lock: Option<Lock>,
    /// What was made of each file of Rust, by its name.
    pub files: Vec<(String, T)>,
    /// The files of Rust that could not be parsed, with their texts.
    pub unparsed: Vec<Unparsed>,
    /// What else could not be read.
    pub skipped: Vec<Skipped>,
    /// SHA-256 over the names and contents of all that was read, in hexadecimal digits.
    pub inputs: String,
}

/// A file that could not be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unparsed {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
    /// What stands in it; empty where it could not be read.
    pub text: String,
}

/// What became of a file.
enum Looked<T> {
    Parsed(T, [u8; 32]),
    Failed(Unparsed),
}

impl<T: Send> Project<T> {
    /// Reads the folder `root`, and makes of each file of Rust what `look` says, which is
    /// given its name and its syntax tree.
    ///
    /// # Errors
    /// [`SourceError`] where there is nothing at `root`, or `is_cancelled` says so.
    pub fn read(
        root: &Path,
        threads: usize,
        is_cancelled: &(dyn Fn() -> bool + Sync),
        look: impl Fn(&str, &syn::File) -> T + Sync,
    ) -> Result<Self, SourceError> {
        let is_cargos = |path: &Path| path.ends_with(MANIFEST) || path.ends_with(LOCK);
        let wanted = Wanted::languages(&[Language::Rust])
            .named("source file", "not-source")
            .also(&is_cargos);
        let Walked { files, skipped, .. } = walk(root, &wanted, threads, is_cancelled)?;
        if is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        let vendored = Vendored::of(root);
        let own = files.into_iter().filter(|file| !vendored.holds(&file.path));
        let (cargos, sources): (Vec<Found>, Vec<Found>) =
            own.partition(|file| is_cargos(&file.path));
        let looked = parallel::each(&sources, threads, is_cancelled, |file| looked(file, &look))?;
        let mut project = Self {
            root: root.to_owned(),
            manifests: Vec::new(),
            lock: None,
            files: Vec::with_capacity(sources.len()),
            unparsed: Vec::new(),
            skipped,
            inputs: String::new(),
        };
        let mut inputs = Sha256::new();
        for file in &cargos {
            project.take_cargos(file, &mut inputs);
        }
        for (file, looked) in sources.into_iter().zip(looked) {
            add(
                &mut inputs,
                &file.name,
                match &looked {
                    Looked::Parsed(_, digest) => digest,
                    Looked::Failed(unparsed) => unparsed.text.as_bytes(),
                },
            );
            match looked {
                Looked::Parsed(made, _) => project.files.push((file.name, made)),
                Looked::Failed(unparsed) => project.unparsed.push(unparsed),
            }
        }
        project.inputs = hexadecimal(&inputs.finalize());
        Ok(project)
    }

    /// Takes a manifest or the lock file of the root.
    fn take_cargos(&mut self, file: &Found, inputs: &mut Sha256) {
        let is_lock = file.path.ends_with(LOCK);
        if is_lock && file.name != LOCK {
            return;
        }
        let text = match read::read(&file.path, MOST_BYTES) {
            Ok(text) => text,
            Err(failure) => return self.skipped.push(failure.skipped(&file.name)),
        };
        add(inputs, &file.name, text.as_bytes());
        let taken: Result<(), CargoFailure> = if is_lock {
            Lock::read(&file.name, &text).map(|lock| self.lock = Some(lock))
        } else {
            Manifest::read(&file.name, &text).map(|manifest| self.manifests.push(manifest))
        };
        let failed = taken.err().map(|failure| failure.skipped());
        self.skipped.extend(failed);
    }
}

fn looked<T: Send>(file: &Found, look: &(impl Fn(&str, &syn::File) -> T + Sync)) -> Looked<T> {
    let failed = |skipped: Skipped, text: String| {
        Looked::Failed(Unparsed {
            name: file.name.clone(),
            reason: skipped.reason,
            text,
        })
    };
    let text = match read::read(&file.path, MOST_BYTES) {
        Ok(text) => text,
        Err(failure) => return failed(failure.skipped(&file.name), String::new()),
    };
    let digest = Sha256::digest(text.as_bytes()).into();
    let outline = outline(&text, |_| {});
    match parse(&text, &outline, |syntax| look(&file.name, syntax)) {
        Ok(made) => Looked::Parsed(made, digest),
        Err(failure) => failed(failure.skipped(&file.name), text),
    }
}

/// Adds a name and what stands under it; their lengths keep them apart.
fn add(inputs: &mut Sha256, name: &str, content: &[u8]) {
    for part in [name.as_bytes(), content] {
        inputs.update((part.len() as u64).to_le_bytes());
        inputs.update(part);
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The folder that a request names; the current one where it names none.
pub fn root_of(path: Option<&str>) -> PathBuf {
    path_text::decode(path.unwrap_or("."))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn items(root: &Path) -> Project<usize> {
        Project::read(root, 2, &|| false, |_, syntax| syntax.items.len()).unwrap()
    }

    const MANIFEST_TEXT: &str = "[package]\nname = \"a\"\nversion = \"0.1.0\"\n";

    #[test]
    fn manifests_the_lock_file_and_sources_are_read() {
        let folder = folder(&[
            ("Cargo.toml", MANIFEST_TEXT),
            (
                "Cargo.lock",
                "version = 4\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n",
            ),
            ("fixtures/Cargo.lock", "no lock file"),
            ("src/lib.rs", "fn a() {} fn b() {}"),
            ("src/broken.rs", "fn a( {}"),
        ]);
        let project = items(folder.path());
        assert_eq!(project.manifests[0].package.as_deref(), Some("a"));
        assert_eq!(project.lock.as_ref().unwrap().packages.len(), 1);
        assert_eq!(project.files, [("src/lib.rs".to_owned(), 2)]);
        assert_eq!(project.unparsed[0].name, "src/broken.rs");
        assert_eq!(project.unparsed[0].text, "fn a( {}");
        assert!(project.skipped.is_empty(), "{:?}", project.skipped);
    }

    #[test]
    fn the_inputs_are_known_by_every_name_and_content() {
        let mut known = Vec::new();
        for files in [
            [("Cargo.toml", MANIFEST_TEXT), ("src/lib.rs", "fn a() {}")],
            [("Cargo.toml", MANIFEST_TEXT), ("src/lib.rs", "fn b() {}")],
            [("Cargo.toml", MANIFEST_TEXT), ("src/main.rs", "fn a() {}")],
            [("Cargo.toml", "[workspace]\n"), ("src/lib.rs", "fn a() {}")],
            [("Cargo.toml", MANIFEST_TEXT), ("src/lib.rs", "fn a( {}")],
        ] {
            let folder = folder(&files);
            known.push(items(folder.path()).inputs);
            assert_eq!(known.last(), Some(&items(folder.path()).inputs));
        }
        let count = known.len();
        known.sort();
        known.dedup();
        assert_eq!(known.len(), count);
    }

    #[test]
    fn what_the_project_only_carries_along_is_not_its_own() {
        let folder = folder(&[
            ("Cargo.toml", MANIFEST_TEXT),
            ("src/lib.rs", "fn a() {}"),
            (
                ".cargo/config.toml",
                "[source.kept]\ndirectory = \"vendor\"\n",
            ),
            ("vendor/b/Cargo.toml", MANIFEST_TEXT),
            ("vendor/b/src/lib.rs", "fn b() {}"),
        ]);
        let project = items(folder.path());
        assert_eq!(project.manifests.len(), 1);
        assert_eq!(project.files.len(), 1);
    }

    #[test]
    fn a_manifest_that_is_none_is_listed() {
        let folder = folder(&[("Cargo.toml", "[package")]);
        let project = items(folder.path());
        assert!(project.manifests.is_empty());
        assert_eq!(project.skipped[0].path, "Cargo.toml");
    }
}
