//! The steps of a new edition: what the language asks for, and, in a commit of its own, the
//! layout that the formatter gives the text under the new style.

use super::{checks, instructions, revert};
use crate::plan::{After, Rollback, Size, Step, StepKind};

/// What a new edition asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EditionWork {
    /// The new edition.
    pub to: String,
    /// The packages whose own edition moves.
    pub packages: Vec<String>,
    /// How many packages the project has.
    pub all_packages: usize,
    /// The files with code that the new edition reads otherwise, and the places in them, as
    /// `FILE:LINE WHAT`.
    pub code: Vec<String>,
    /// Those places.
    pub places: Vec<String>,
    /// The files that the formatter lays out otherwise.
    pub format: Vec<String>,
    /// The formatter that was asked.
    pub formatter: String,
}

/// The step for the language, and the one for the layout where there is one.
pub(super) fn steps(work: &EditionWork) -> Vec<Step> {
    let mut steps = vec![language(work)];
    if !work.format.is_empty() {
        steps.push(format(work));
    }
    steps
}

fn language(work: &EditionWork) -> Step {
    let title = format!("Set the edition to {}", work.to);
    let verify = checks(&work.packages, work.all_packages);
    let mut text = instructions::Text::new(&format!(
        "{title} in the manifests of {}, and mend what it reads otherwise.",
        work.packages.join(", ")
    ));
    for place in &work.places {
        text.line(&format!("- {place}"));
    }
    Step {
        id: "edition".to_owned(),
        kind: StepKind::Bump,
        title,
        crates: Vec::new(),
        packages: work.packages.clone(),
        files: work.code.clone(),
        takes: Vec::new(),
        after: Vec::new(),
        size: size(work.code.len(), work.places.len()),
        instructions: text.end(&verify),
        verify,
        rollback: revert(),
        alternative: None,
    }
}

fn format(work: &EditionWork) -> Step {
    let title = "Lay the code out in the style of the new edition".to_owned();
    let verify = "cargo fmt --all --check".to_owned();
    let mut text = instructions::Text::new(&format!(
        "{title}: run `cargo fmt --all` and commit that alone. Then add the id of the commit to \
         .git-blame-ignore-revs, so that blame passes it over."
    ));
    text.line(&format!("Asked was {}.", work.formatter));
    Step {
        id: "format".to_owned(),
        kind: StepKind::Format,
        title,
        crates: Vec::new(),
        packages: work.packages.clone(),
        files: work.format.clone(),
        takes: Vec::new(),
        after: vec![After {
            step: "edition".to_owned(),
            because: String::new(),
        }],
        size: size(work.format.len(), 0),
        instructions: text.end(&verify),
        verify,
        rollback: Rollback {
            how: "git revert the commit of this step, and take its id out of \
                  .git-blame-ignore-revs"
                .to_owned(),
            cannot: Vec::new(),
        },
        alternative: None,
    }
}

fn size(files: usize, places: usize) -> Size {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Size {
        files: number(files),
        places: number(places),
    }
}
