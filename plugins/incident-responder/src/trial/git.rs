//! Running git where something is made: in a worktree, and at the user's branches.

use std::path::Path;

use guildhall_sdk::core::programs::{Program, Ran};
use guildhall_sdk::core::{AgentError, Context};

/// What holds over every configuration. No hook, watcher, editor or pager that a repository or
/// a user names is run, and what a user has set of merges changes nothing of what is made.
/// Filters and merge drivers are left as they are: a worktree without them holds other files.
const SETTINGS: [&str; 8] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.editor=false",
    "core.pager=cat",
    "commit.gpgSign=false",
    "merge.ff=true",
    "merge.verifySignatures=false",
    "rerere.enabled=false",
];

/// Runs git in a folder.
///
/// # Errors
/// Where it cannot be started.
pub(crate) async fn git(
    arguments: &[&str],
    folder: &Path,
    ctx: &Context,
) -> Result<Ran, AgentError> {
    let settings = SETTINGS.iter().flat_map(|setting| ["-c", setting]);
    let argv = ["git", "--no-optional-locks"]
        .into_iter()
        .chain(settings)
        .chain(arguments.iter().copied());
    let program = Program::new(argv, folder).set("GIT_MERGE_AUTOEDIT", "no");
    ctx.programs().run(program).await
}
