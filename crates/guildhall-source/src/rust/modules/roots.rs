//! Which files are the roots of crates: by the manifests, and by cargo's conventions.

use std::collections::HashMap;

use super::TargetKind;
use crate::cargo::{Manifest, folder_of};

/// The root of a crate.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Root {
    /// The manifest, by its place among all.
    pub(super) package: Option<usize>,
    pub(super) name: String,
    pub(super) kind: TargetKind,
    /// The file, by its place among all.
    pub(super) file: usize,
}

/// The roots of the packages, libraries first: a file that a library has too is its.
pub(super) fn of_packages(manifests: &[Manifest], files: &[&str]) -> Vec<Root> {
    let by_name: HashMap<&str, usize> = files.iter().copied().zip(0..).collect();
    let mut folders: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, name) in files.iter().enumerate() {
        folders.entry(folder_of(name)).or_default().push(at);
    }
    let mut roots = Vec::new();
    for (package, manifest) in manifests.iter().enumerate() {
        let Some(name) = manifest.library_name() else {
            continue;
        };
        let own = manifest.targets.iter().filter_map(|target| {
            let kind = kind_of_table(&target.table)?;
            let file = *by_name.get(target.file.as_str())?;
            let name = match kind {
                TargetKind::Library => name.clone(),
                _ => target.name.clone().unwrap_or_else(|| name.clone()),
            };
            Some(Root {
                package: Some(package),
                name,
                kind,
                file,
            })
        });
        roots.extend(own);
        let usual = |folder: &str| below(manifest.folder(), folder);
        for (file, kind) in [
            ("src/lib.rs", TargetKind::Library),
            ("src/main.rs", TargetKind::Binary),
            ("build.rs", TargetKind::Build),
        ] {
            if let Some(file) = by_name.get(usual(file).as_str()) {
                let (package, file) = (Some(package), *file);
                roots.push(Root {
                    package,
                    name: name.clone(),
                    kind,
                    file,
                });
            }
        }
        for (folder, kind) in [
            ("src/bin", TargetKind::Binary),
            ("tests", TargetKind::Test),
            ("benches", TargetKind::Benchmark),
            ("examples", TargetKind::Example),
        ] {
            let folder = usual(folder);
            let files_here = folders.get(folder.as_str()).into_iter().flatten();
            for file in files_here {
                let name = stem(files[*file]).to_owned();
                roots.push(Root {
                    package: Some(package),
                    name,
                    kind,
                    file: *file,
                });
            }
        }
    }
    // A folder with a `main.rs` below one of those folders is a target as well.
    for (file, path) in files.iter().enumerate() {
        roots.extend(folder_target(manifests, path, file));
    }
    roots.sort_by_key(|root| (root.kind, root.package, root.file));
    let mut taken = vec![false; files.len()];
    roots.retain(|root| !std::mem::replace(&mut taken[root.file], true));
    roots
}

fn folder_target(manifests: &[Manifest], path: &str, file: usize) -> Option<Root> {
    let folder = path.strip_suffix("/main.rs")?;
    let (above, name) = folder.rsplit_once('/')?;
    let (package, kind) = [
        ("src/bin", TargetKind::Binary),
        ("tests", TargetKind::Test),
        ("benches", TargetKind::Benchmark),
        ("examples", TargetKind::Example),
    ]
    .into_iter()
    .find_map(|(usual, kind)| {
        let package = above.strip_suffix(usual)?;
        (package.is_empty() || package.ends_with('/'))
            .then(|| (package.trim_end_matches('/'), kind))
    })?;
    let package = manifests
        .iter()
        .position(|manifest| manifest.package.is_some() && manifest.folder() == package)?;
    Some(Root {
        package: Some(package),
        name: name.to_owned(),
        kind,
        file,
    })
}

fn kind_of_table(table: &str) -> Option<TargetKind> {
    Some(match table {
        "lib" => TargetKind::Library,
        "bin" => TargetKind::Binary,
        "test" => TargetKind::Test,
        "bench" => TargetKind::Benchmark,
        "example" => TargetKind::Example,
        "build" => TargetKind::Build,
        _ => return None,
    })
}

fn below(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

/// The name of a file without its folder and its ending.
pub(super) fn stem(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.strip_suffix(".rs").unwrap_or(file)
}
