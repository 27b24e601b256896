//! The steps that take a newer version of the same family: they touch the lock file and no code,
//! and nothing has to wait for them.

use semver::Version;

use super::instructions;
use crate::plan::{Rollback, Size, Step, StepKind, Target};

/// One step for each crate.
pub fn steps(updates: &[Target]) -> Vec<Step> {
    let made = updates.iter().enumerate();
    made.map(|(at, target)| step(at + 1, target)).collect()
}

fn step(number: usize, target: &Target) -> Step {
    let Target { name, from, to, .. } = target;
    let title = format!("Update {name} from {from} to {to}, in the lock file alone");
    let verify = format!("{} && {}", super::checks(&[], 0), taken(target));
    let mut text = instructions::Text::new(&format!("{title}."));
    text.line(&format!("Run: {}", precise(name, from, to)));
    text.line(
        "The versions are compatible, so no file of code has to change. Where a manifest takes \
         the old version only, change its requirement too.",
    );
    Step {
        id: format!("update-{number}"),
        kind: StepKind::Update,
        title,
        crates: vec![name.clone()],
        packages: Vec::new(),
        files: Vec::new(),
        takes: Vec::new(),
        after: Vec::new(),
        size: Size::default(),
        instructions: text.end(&verify),
        verify,
        rollback: Rollback {
            how: format!(
                "git revert the commit of this step, or {}",
                precise(name, to, from)
            ),
            cannot: Vec::new(),
        },
        alternative: None,
    }
}

/// The command that succeeds where the new version is in use.
pub(crate) fn taken(target: &Target) -> String {
    let (name, to) = (&target.name, plain(&target.to));
    format!("cargo tree --workspace --target all --invert {name}@{to}")
}

/// The command that takes a version.
fn precise(name: &str, from: &str, to: &str) -> String {
    format!(
        "cargo update -p {name}@{} --precise {}",
        plain(from),
        plain(to)
    )
}

/// A version without what it was built from, which cargo takes for `--precise` as well.
fn plain(version: &str) -> String {
    match Version::parse(version) {
        Ok(read) => Version {
            build: semver::BuildMetadata::EMPTY,
            ..read
        }
        .to_string(),
        Err(_) => version.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{RustVersions, TargetKind};

    fn target(name: &str, from: &str, to: &str) -> Target {
        Target {
            name: name.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            kind: TargetKind::Crate,
            source: None,
            features: Vec::new(),
            rust_version: RustVersions::default(),
            yanked: false,
            likely: false,
        }
    }

    #[test]
    fn an_update_is_a_command_with_the_command_back() {
        let steps = steps(&[
            target("b", "1.2.0", "1.5.0"),
            target("c", "0.1.0+x", "0.1.2+y"),
        ]);
        let ids: Vec<&str> = steps.iter().map(|step| step.id.as_str()).collect();
        assert_eq!(ids, ["update-1", "update-2"]);
        let [one, other] = steps.as_slice() else {
            panic!("{steps:?}");
        };
        let forth = "cargo update -p b@1.2.0 --precise 1.5.0";
        assert!(one.instructions.contains(forth), "{}", one.instructions);
        let back = "cargo update -p b@1.5.0 --precise 1.2.0";
        assert!(one.rollback.how.ends_with(back), "{}", one.rollback.how);
        let plain = "cargo update -p c@0.1.0 --precise 0.1.2";
        assert!(other.instructions.contains(plain), "{}", other.instructions);
    }
}
