//! No file names a path of the machine on which it was written.

use super::{File, Problem};

/// Folders below which every machine looks different.
const FOLDERS: [&str; 4] = ["home", "root", "work", "tmp"];

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    files
        .iter()
        .flat_map(|file| {
            let lines = file.text.lines().enumerate();
            lines.filter_map(|(at, line)| {
                let path = path_in(line)?;
                Some(Problem::new(
                    format!("{}:{}", file.path, at + 1),
                    format!(
                        "names a path of one machine ({path}); use one that is relative or made up"
                    ),
                ))
            })
        })
        .collect()
}

/// Homes of people who don't exist, for examples.
const MADE_UP: [&str; 1] = ["ada"];

/// The first absolute path in `line` that leads below one of the folders.
fn path_in(line: &str) -> Option<&str> {
    FOLDERS.iter().find_map(|folder| {
        let start = format!("/{folder}/");
        line.match_indices(&start).find_map(|(at, _)| {
            // Part of a longer path, a URL or a variable: `docs/root/a`, `$X/tmp/a`.
            let is_part =
                line[..at].ends_with(|c: char| c.is_alphanumeric() || "_-.})~/".contains(c));
            let rest = &line[at + start.len()..];
            let length = rest
                .find(|c: char| !(c.is_alphanumeric() || "_-./".contains(c)))
                .unwrap_or(rest.len());
            let owner = rest[..length].split('/').next().unwrap_or_default();
            let is_made_up = *folder == "home" && MADE_UP.contains(&owner);
            (!is_part && !is_made_up && length > 0).then(|| &line[at..at + start.len() + length])
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    #[test]
    fn absolute_paths_are_found_and_parts_of_others_are_not() {
        for folder in FOLDERS {
            let path = format!("/{folder}/someone/x.rs");
            for line in [path.clone(), format!("see `{path}`"), format!("A={path}:b")] {
                let problems = check(&[file("a.md", &format!("\n{line}\n"))]);
                assert_eq!(problems.len(), 1, "{line}");
                assert_eq!(problems[0].place, "a.md:2");
                assert!(problems[0].what.contains(&path));
            }
            for line in [
                format!("docs{path}"),
                format!("https://example.org{path}"),
                format!("${{HERE}}{path}"),
                format!("/{folder}/"),
            ] {
                assert!(check(&[file("a.md", &line)]).is_empty(), "{line}");
            }
        }
        let home = format!("/{}/", FOLDERS[0]);
        assert!(check(&[file("a.md", &format!("{home}ada/x"))]).is_empty());
        assert_eq!(check(&[file("a.md", &format!("{home}adam/x"))]).len(), 1);
    }
}
