//! To which crate and module a file belongs, as far as names of files say it.
//!
//! A crate is the package whose `Cargo.toml` is nearest above the file. Modules follow the
//! layout that cargo and rustc expect; `#[path]` attributes are not followed.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use guildhall_core::path_text;
use guildhall_report::Skipped;

/// The crate of files that no package holds.
const NO_PACKAGE: &str = "crate";

/// More than any manifest has; what is larger is none.
const MOST_BYTES: u64 = 1024 * 1024;

/// The packages in and around a root.
pub(crate) struct Packages {
    root: PathBuf,
    /// What was found out of each folder, by its path relative to the root.
    folders: HashMap<PathBuf, Option<String>>,
    /// The package that the root itself stands in.
    around: Option<Around>,
    skipped: Vec<Skipped>,
}

/// A package whose folder is the root's or above it.
struct Around {
    name: String,
    /// From the package's folder to the root.
    to_root: PathBuf,
}

/// Where a file belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Home {
    /// Name of the package.
    pub(crate) package: String,
    /// The module that the file as a whole is, for example `shop::cart`.
    pub(crate) module: String,
}

impl Packages {
    /// The packages of `root`, a folder or a file.
    pub(crate) fn new(root: &Path) -> Self {
        let folder = if root.is_dir() {
            root.to_owned()
        } else {
            root.parent().map(Path::to_owned).unwrap_or_default()
        };
        let mut packages = Self {
            root: folder,
            folders: HashMap::new(),
            around: None,
            skipped: Vec::new(),
        };
        packages.around = packages.find_around();
        packages
    }

    /// Where the file of this name, relative to the root, belongs.
    pub(crate) fn home(&mut self, file: &str) -> Home {
        let file = path_text::decode(file);
        for folder in file.ancestors().skip(1) {
            if folder.as_os_str().is_empty() {
                break;
            }
            if let Some(package) = self.package_of(folder) {
                let inside = file.strip_prefix(folder).unwrap_or(&file);
                return home(&package, inside);
            }
        }
        match &self.around {
            Some(around) => home(&around.name, &around.to_root.join(&file)),
            None => home(NO_PACKAGE, &file),
        }
    }

    /// Manifests that could not be understood.
    pub(crate) fn into_skipped(self) -> Vec<Skipped> {
        self.skipped
    }

    fn find_around(&mut self) -> Option<Around> {
        let root = std::path::absolute(&self.root).ok()?;
        root.ancestors().find_map(|folder| {
            let name = self.read(folder, folder == root)?;
            let to_root = root.strip_prefix(folder).unwrap_or(Path::new(""));
            Some(Around {
                name,
                to_root: to_root.to_owned(),
            })
        })
    }

    fn package_of(&mut self, folder: &Path) -> Option<String> {
        if let Some(known) = self.folders.get(folder) {
            return known.clone();
        }
        let found = self.read(&self.root.join(folder), true);
        self.folders.insert(folder.to_owned(), found.clone());
        found
    }

    /// The name in the manifest of `folder`; none where it is of a workspace only. One
    /// that cannot be understood is told of where it is the scanned tree's own.
    fn read(&mut self, folder: &Path, is_ours: bool) -> Option<String> {
        let manifest = folder.join("Cargo.toml");
        match name_in(&manifest) {
            Ok(name) => name,
            Err(reason) if is_ours => {
                let shown = manifest.strip_prefix(&self.root).unwrap_or(&manifest);
                let shown = path_text::encode(shown);
                self.skipped.push(Skipped::new(shown, "manifest", reason));
                None
            }
            Err(_) => None,
        }
    }
}

fn name_in(manifest: &Path) -> Result<Option<String>, String> {
    match manifest.metadata() {
        Ok(metadata) if !metadata.is_file() => return Ok(None),
        Ok(metadata) if metadata.len() > MOST_BYTES => {
            return Err(format!("it has more than {MOST_BYTES} bytes"));
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    }
    let text = fs::read_to_string(manifest).map_err(|error| error.to_string())?;
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| one_line(error.message()))?;
    let package = table.get("package").or_else(|| table.get("project"));
    let name = package.and_then(|package| package.get("name"));
    Ok(name.and_then(toml::Value::as_str).map(str::to_owned))
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The module of a file at `inside` of its package.
fn home(package: &str, inside: &Path) -> Home {
    let mut words: Vec<String> = inside
        .with_extension("")
        .iter()
        .map(|word| path_text::encode(Path::new(word)))
        .collect();
    let mut crate_name = package.replace('-', "_");
    match words.first().map(String::as_str) {
        Some("src") => {
            words.remove(0);
            if words.first().is_some_and(|word| word == "bin") && words.len() > 1 {
                crate_name = format!("{crate_name}/bin/{}", words[1]);
                words.drain(..2);
            }
        }
        // Each of these is a crate of its own.
        Some(kind @ ("tests" | "benches" | "examples")) if words.len() > 1 => {
            crate_name = format!("{crate_name}/{kind}/{}", words[1]);
            words.drain(..2);
        }
        _ => {}
    }
    if words.last().is_some_and(|word| word == "mod") || is_crate_root(&words) {
        words.pop();
    }
    words.insert(0, crate_name);
    Home {
        package: package.to_owned(),
        module: words.join("::"),
    }
}

fn is_crate_root(words: &[String]) -> bool {
    matches!(words, [only] if only == "lib" || only == "main")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_follow_the_layout_of_a_package() {
        for (inside, module) in [
            ("src/lib.rs", "my_shop"),
            ("src/main.rs", "my_shop"),
            ("src/cart.rs", "my_shop::cart"),
            ("src/cart/mod.rs", "my_shop::cart"),
            ("src/cart/item.rs", "my_shop::cart::item"),
            ("src/bin/tool.rs", "my_shop/bin/tool"),
            ("src/bin/tool/main.rs", "my_shop/bin/tool"),
            ("src/bin/tool/help.rs", "my_shop/bin/tool::help"),
            ("tests/it.rs", "my_shop/tests/it"),
            ("tests/it/main.rs", "my_shop/tests/it"),
            ("tests/it/cases.rs", "my_shop/tests/it::cases"),
            ("build.rs", "my_shop::build"),
            ("odd/place.rs", "my_shop::odd::place"),
        ] {
            assert_eq!(home("my-shop", Path::new(inside)).module, module);
        }
    }
}
