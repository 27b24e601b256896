//! A new edition: which packages move to it, what has to be written otherwise, and which files
//! only change their layout.
//!
//! Two things are told apart, since they are two commits: [`style`] is the format step, which
//! a formatter makes, and [`language`] what a person or an agent edits.

pub mod language;
pub mod style;

use guildhall_source::cargo::Packages;

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
/// their files' layout included.
pub fn moving(packages: &Packages<'_>, to: Edition) -> Vec<MovingPackage> {
    let all = (0..packages.manifests.len()).filter_map(|package| {
        packages.manifests[package].package.as_ref()?;
        let from = Edition::of_year(packages.edition(package)?)?;
        (from < to).then_some(MovingPackage { package, from })
    });
    all.collect()
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
    use guildhall_source::cargo::Manifest;

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
    fn a_year_is_read_as_it_is_written() {
        for edition in Edition::ALL {
            assert_eq!(Edition::of_year(edition.year()), Some(edition));
        }
        assert_eq!(Edition::of_year("24"), None);
    }
}
