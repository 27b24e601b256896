//! A new edition: which packages move to it, what has to be written otherwise, and which files
//! only change their layout.
//!
//! Two things are told apart, since they are two commits: [`style`] is the format step, which
//! a formatter makes, and [`language`] what a person or an agent edits.

pub mod language;
pub mod style;

mod files;

pub use files::{LAYOUT, files};

use guildhall_source::cargo::{Manifest, Packages};

use crate::request::Edition;

/// A package that moves to a later edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovingPackage {
    /// Its manifest, by place in [`Packages::manifests`].
    pub package: usize,
    /// The edition that it is of.
    pub from: Edition,
}

/// The packages of the project that are of an earlier edition than this, in the order of their
/// manifests. Those that say an edition of their own and are there already stay as they are,
/// their files' layout included, and so do those that are not of the root's workspace.
pub fn moving(packages: &Packages<'_>, to: Edition) -> Vec<MovingPackage> {
    let manifests = packages.manifests;
    let root = manifests
        .iter()
        .position(|manifest| manifest.folder().is_empty());
    let of_root = root.map(|root| packages.workspace_of(root));
    let all = (0..manifests.len()).filter_map(|package| {
        manifests[package].package.as_ref()?;
        let workspace = packages.workspace_of(package);
        if of_root.is_some_and(|root| root != workspace)
            || workspace.is_some_and(|workspace| is_excluded(&manifests[package], workspace))
        {
            return None;
        }
        let from = Edition::of_year(packages.edition(package)?)?;
        (from < to).then_some(MovingPackage { package, from })
    });
    all.collect()
}

/// Whether a workspace says that a package around which it lies is not one of its own.
fn is_excluded(package: &Manifest, workspace: &Manifest) -> bool {
    let folder = package.folder().strip_prefix(workspace.folder());
    let folder = folder.unwrap_or_default().trim_start_matches('/');
    let excluded = workspace.workspace.exclude.iter();
    let mut excluded = excluded.map(|path| path.trim_start_matches("./").trim_end_matches('/'));
    excluded.any(|path| {
        let below = folder.strip_prefix(path);
        !path.is_empty() && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

impl Edition {
    /// The edition of that year.
    pub fn of_year(year: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|edition| edition.year() == year)
    }

    /// All of them, the first one first.
    pub const ALL: [Self; 4] = [Self::E2015, Self::E2018, Self::E2021, Self::E2024];

    /// Its year, as it stands in manifests.
    pub const fn year(self) -> &'static str {
        match self {
            Self::E2015 => "2015",
            Self::E2018 => "2018",
            Self::E2021 => "2021",
            Self::E2024 => "2024",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_whose_edition_moves_count() {
        let texts = [
            (
                "Cargo.toml",
                "[workspace.package]\nedition = '2021'\n[package]\nname = 'a'\nedition = '2018'\n",
            ),
            (
                "b/Cargo.toml",
                "[package]\nname = 'b'\nedition.workspace = true\n",
            ),
            ("c/Cargo.toml", "[package]\nname = 'c'\nedition = '2024'\n"),
            ("d/Cargo.toml", "[package]\nname = 'd'\n"),
            ("e/Cargo.toml", "[package]\nname = 'e'\nedition = '2027'\n"),
            ("f/Cargo.toml", "[workspace]\n"),
        ];
        let read = |(name, text): &(&str, &str)| Manifest::read(name, text).unwrap();
        let manifests: Vec<Manifest> = texts.iter().map(read).collect();
        let moving = moving(&Packages::new(&manifests), Edition::E2024);
        let moving: Vec<(usize, Edition)> = moving.iter().map(|it| (it.package, it.from)).collect();
        assert_eq!(
            moving,
            [
                (0, Edition::E2018),
                (1, Edition::E2021),
                (3, Edition::E2015)
            ]
        );
    }

    #[test]
    fn packages_of_another_workspace_stay_as_they_are() {
        let texts = [
            (
                "Cargo.toml",
                "[workspace]\nexclude = ['out', './tests/data/']\n[package]\nname = 'a'\n",
            ),
            ("out/Cargo.toml", "[package]\nname = 'b'\n"),
            ("outer/Cargo.toml", "[package]\nname = 'c'\n"),
            ("tests/data/x/Cargo.toml", "[package]\nname = 'd'\n"),
            ("fuzz/Cargo.toml", "[workspace]\n[package]\nname = 'e'\n"),
        ];
        let read = |(name, text): &(&str, &str)| Manifest::read(name, text).unwrap();
        let manifests: Vec<Manifest> = texts.iter().map(read).collect();
        let moving = moving(&Packages::new(&manifests), Edition::E2018);
        let moving: Vec<usize> = moving.iter().map(|it| it.package).collect();
        assert_eq!(moving, [0, 2]);
    }

    #[test]
    fn a_year_is_read_as_it_is_written() {
        for edition in Edition::ALL {
            assert_eq!(Edition::of_year(edition.year()), Some(edition));
        }
        assert_eq!(Edition::of_year("24"), None);
    }
}
