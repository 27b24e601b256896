//! Git worktrees for single attempts.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::snapshot::{self, Snapshot};
use super::temporary::Temporary;
use crate::error::RuntimeError;
use crate::git::Git;

/// What a sweep has to know, beside the checkout.
const RECORD: &str = "worktree.json";

/// The file in the repository whose lock is held while its list of worktrees changes.
const LIST_LOCK: &str = "guildhall-worktrees.lock";

/// A git worktree for one attempt: a checkout of the commit that is checked out in a
/// repository, in a folder of its own.
///
/// The user's checkout, index and branches stay untouched. Dropping a worktree leaves it
/// where it is, so that nothing in it is lost; [`Worktree::snapshot`] saves what it
/// holds, [`Worktree::remove`] removes it, and [`super::sweep`] does both for those that
/// were left.
#[derive(Debug)]
pub struct Worktree {
    place: Temporary,
    record: Record,
}

/// What has to be known of a worktree to save and remove it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    /// Where git keeps what belongs to this worktree alone.
    #[serde(with = "as_text")]
    pub(super) git_folder: PathBuf,
    /// Where git keeps what belongs to the repository.
    #[serde(with = "as_text")]
    pub(super) common_folder: PathBuf,
    /// The checkout.
    #[serde(with = "as_text")]
    pub(super) tree: PathBuf,
    /// The folder in it that answers to the one that was given.
    #[serde(with = "as_text")]
    pub(super) folder: PathBuf,
    /// The folder that was given, from which commits are named.
    #[serde(default, with = "as_text")]
    pub(super) source: PathBuf,
    /// The commit that was checked out.
    pub(super) base: String,
    pub(super) run: String,
    pub(super) key: String,
    pub(super) attempt: u32,
}

impl Worktree {
    /// Makes a worktree of the repository in which `folder` lies, in a private folder
    /// below `workspaces`, for this attempt at the task `key` of `run`.
    ///
    /// # Errors
    /// [`RuntimeError::NoGit`], [`RuntimeError::NotARepository`],
    /// [`RuntimeError::BareRepository`], [`RuntimeError::NoCommit`], and
    /// [`RuntimeError::Git`] where git fails otherwise.
    ///
    /// # Cancel safety
    /// Dropping the future may leave a worktree, which a sweep removes.
    pub async fn create(
        folder: &Path,
        workspaces: &Path,
        run: &str,
        key: &str,
        attempt: u32,
    ) -> Result<Self, RuntimeError> {
        let of = (run, key, attempt);
        Self::make(folder, None, workspaces, of).await
    }

    /// The same at another commit than the one that is checked out, for the first attempt:
    /// `commit` is anything that names one.
    ///
    /// # Errors
    /// As [`Worktree::create`], and [`RuntimeError::NoSuchCommit`].
    ///
    /// # Cancel safety
    /// As [`Worktree::create`].
    pub async fn create_at(
        folder: &Path,
        commit: &str,
        workspaces: &Path,
        run: &str,
        key: &str,
    ) -> Result<Self, RuntimeError> {
        Self::make(folder, Some(commit), workspaces, (run, key, 1)).await
    }

    async fn make(
        folder: &Path,
        commit: Option<&str>,
        workspaces: &Path,
        (run, key, attempt): (&str, &str, u32),
    ) -> Result<Self, RuntimeError> {
        let git = Git::open(folder).await?;
        let mut source = Source::find(&git, folder).await?;
        if let Some(commit) = commit {
            source.base = resolve(&git, commit).await?;
        }
        let place = Temporary::create(workspaces)?.keep();
        // The last part of the path is the worktree's name in the repository.
        let name = place_name(&place);
        let tree = place.path().join(name);
        let record = Record {
            git_folder: source.common_folder.join("worktrees").join(name),
            common_folder: source.common_folder,
            folder: tree.join(&source.prefix),
            tree,
            source: folder.to_owned(),
            base: source.base,
            run: run.to_owned(),
            key: key.to_owned(),
            attempt,
        };
        let mut worktree = Self { place, record };
        match worktree.check_out(&git).await {
            Ok(()) => Ok(worktree),
            Err(error) => {
                // The first error says more than one about what it left.
                let _ = worktree.remove().await;
                Err(error)
            }
        }
    }

    async fn check_out(&mut self, git: &Git) -> Result<(), RuntimeError> {
        // Written before, so that one that is left half made is found.
        self.write_record()?;
        add(git, &self.record).await?;
        self.record.git_folder = git_folder(&self.record.tree).await?;
        self.write_record()?;
        self.make_folder()
    }

    /// The folder may hold nothing that is kept in git.
    fn make_folder(&self) -> Result<(), RuntimeError> {
        let folder = &self.record.folder;
        fs::create_dir_all(folder).map_err(|source| RuntimeError::File {
            path: folder.clone(),
            verb: "made",
            source,
        })
    }

    fn write_record(&self) -> Result<(), RuntimeError> {
        let path = self.place.path().join(RECORD);
        let json = serde_json::to_vec(&self.record).map_err(std::io::Error::from);
        json.and_then(|json| fs::write(&path, json))
            .map_err(|source| RuntimeError::File {
                path,
                verb: "written",
                source,
            })
    }

    /// The folder to work in. Where the folder that was given lies deeper in its
    /// repository, this one lies as deep in the worktree.
    pub fn folder(&self) -> &Path {
        &self.record.folder
    }

    /// The top of the checkout.
    pub fn top(&self) -> &Path {
        &self.record.tree
    }

    /// The commit that was checked out.
    pub fn base(&self) -> &str {
        &self.record.base
    }

    /// Where git keeps what belongs to the repository, in its own words the common folder.
    pub fn common_folder(&self) -> &Path {
        &self.record.common_folder
    }

    /// A file on which whoever else uses the worktree holds a shared lock.
    pub fn lock_file(&self) -> PathBuf {
        self.place.lock_file()
    }

    /// Saves everything that was changed, git's ignored files excepted: as a commit with a
    /// reference `refs/guildhall/RUN/TASK/ATTEMPT`. Where nothing was changed there is no
    /// reference.
    ///
    /// # Errors
    /// [`RuntimeError::Git`] where git fails; the worktree is as it was.
    ///
    /// # Cancel safety
    /// Dropping the future may leave objects that git removes in time.
    pub async fn snapshot(&self) -> Result<Snapshot, RuntimeError> {
        snapshot::take(&self.record, self.place.path(), None).await
    }

    /// Saves as [`Worktree::snapshot`] does, with a message of one's own and under the
    /// number of another attempt.
    ///
    /// # Errors
    /// As [`Worktree::snapshot`].
    ///
    /// # Cancel safety
    /// As [`Worktree::snapshot`].
    pub async fn commit(&self, message: &str, number: u32) -> Result<Snapshot, RuntimeError> {
        let record = Record {
            attempt: number,
            ..self.record.clone()
        };
        snapshot::take(&record, self.place.path(), Some(message)).await
    }

    /// Puts another commit into the checkout, which is the base from then on. It is named as
    /// it would be in the folder that was given, so `HEAD` is what is checked out there. What was
    /// changed is thrown away, git's ignored files excepted.
    ///
    /// # Errors
    /// [`RuntimeError::NoSuchCommit`], and [`RuntimeError::Git`] where git fails.
    ///
    /// # Cancel safety
    /// Dropping the future may leave the checkout between the two.
    pub async fn switch_to(&mut self, commit: &str) -> Result<(), RuntimeError> {
        // Not from the worktree, whose HEAD is another.
        let named_from = Git::open(&self.record.source).await?;
        let base = resolve(&named_from, commit).await?;
        let git = Git::of_repository(&self.record.git_folder, &self.record.tree)
            .await?
            .with_env("GIT_WORK_TREE", &self.record.tree);
        git.run(["checkout", "--detach", "--force", "--quiet", &base])
            .await?;
        git.run(["clean", "-ffdq"]).await?;
        self.record.base = base;
        self.write_record()?;
        self.make_folder()
    }

    /// Removes the worktree, saved or not.
    ///
    /// # Errors
    /// [`RuntimeError::File`] or [`RuntimeError::Git`] where something cannot be removed.
    ///
    /// # Cancel safety
    /// Dropping the future may leave the worktree in part, which a sweep removes.
    pub async fn remove(self) -> Result<(), RuntimeError> {
        let Self { place, record } = self;
        if record.git_folder.exists() {
            forget(&record).await?;
        }
        let removed = tokio::task::spawn_blocking(move || place.remove()).await;
        removed.unwrap_or_else(|error| {
            Err(RuntimeError::File {
                path: record.tree,
                verb: "removed",
                source: error.into(),
            })
        })
    }

    /// The worktree in a private folder that was left, where there is one.
    pub(super) fn left_in(place: Temporary) -> Result<Self, Temporary> {
        let record = fs::read(place.path().join(RECORD)).ok();
        match record.and_then(|json| serde_json::from_slice(&json).ok()) {
            Some(record) => Ok(Self { place, record }),
            None => Err(place),
        }
    }

    /// Whether a checkout was made at all.
    pub(super) fn is_made(&self) -> bool {
        self.record.tree.is_dir() && self.record.git_folder.is_dir()
    }

    /// Whether there are files in it, whatever became of the repository.
    pub(super) fn has_content(&self) -> bool {
        let entries = fs::read_dir(&self.record.tree);
        entries.is_ok_and(|mut entries| entries.next().is_some())
    }
}

/// What a worktree is made of.
struct Source {
    common_folder: PathBuf,
    prefix: PathBuf,
    base: String,
}

impl Source {
    async fn find(git: &Git, folder: &Path) -> Result<Self, RuntimeError> {
        let folder = folder.to_owned();
        let is_bare = match git.text(["rev-parse", "--is-bare-repository"]).await {
            Ok(answer) => answer == "true",
            Err(RuntimeError::Git { reason, .. }) if reason.contains("not a git repository") => {
                return Err(RuntimeError::NotARepository { folder });
            }
            Err(error) => return Err(error),
        };
        if is_bare {
            return Err(RuntimeError::BareRepository { folder });
        }
        let head = git
            .ask(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
            .await?;
        let Some(base) = head else {
            return Err(RuntimeError::NoCommit { folder });
        };
        let common = ["rev-parse", "--path-format=absolute", "--git-common-dir"];
        Ok(Self {
            common_folder: git.path(common).await?,
            prefix: git.path(["rev-parse", "--show-prefix"]).await?,
            base: String::from_utf8_lossy(&base).trim().to_owned(),
        })
    }
}

/// The full id of the commit that a text names.
async fn resolve(git: &Git, commit: &str) -> Result<String, RuntimeError> {
    let none = || RuntimeError::NoSuchCommit {
        commit: commit.to_owned(),
    };
    // Git would take it for an option, or not take it at all.
    if commit.is_empty() || commit.starts_with('-') || commit.contains(char::is_control) {
        return Err(none());
    }
    let named = format!("{commit}^{{commit}}");
    let found = git
        .ask(["rev-parse", "--verify", "--quiet", &named])
        .await?;
    let found = found.ok_or_else(none)?;
    Ok(String::from_utf8_lossy(&found).trim().to_owned())
}

/// Waits until nobody else of ours changes the repository's list of worktrees: git fails
/// where it reads an entry that another git is just writing. The lock ends with the file.
async fn lock_list(common_folder: &Path) -> Result<File, RuntimeError> {
    let path = common_folder.join(LIST_LOCK);
    let failed = |source| RuntimeError::File {
        path: path.clone(),
        verb: "locked",
        source,
    };
    let file = File::create(&path).map_err(failed)?;
    let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
    locked
        .unwrap_or_else(|error| Err(error.into()))
        .map_err(failed)
}

/// Locked, so that git's own tidying leaves it alone.
async fn add(git: &Git, record: &Record) -> Result<(), RuntimeError> {
    let _list = lock_list(&record.common_folder).await?;
    let options = ["worktree", "add", "--detach", "--lock", "--quiet"];
    let arguments = options
        .iter()
        .map(std::ffi::OsStr::new)
        .chain([record.tree.as_os_str(), record.base.as_ref()]);
    git.run(arguments).await.map(drop)
}

async fn git_folder(tree: &Path) -> Result<PathBuf, RuntimeError> {
    let git = Git::open(tree).await?;
    git.path(["rev-parse", "--absolute-git-dir"]).await
}

/// Has git forget this worktree and no other. The checkout goes first, because git
/// would refuse one in which the agent has changed git's own files.
async fn forget(record: &Record) -> Result<(), RuntimeError> {
    let tree = record.tree.clone();
    let removed = tokio::task::spawn_blocking(move || super::removal::remove(&tree)).await;
    let removed = removed.unwrap_or_else(|error| Err(error.into()));
    removed.map_err(|source| RuntimeError::File {
        path: record.tree.clone(),
        verb: "removed",
        source,
    })?;
    let git = Git::of_repository(&record.common_folder, &record.common_folder).await?;
    let _list = lock_list(&record.common_folder).await?;
    let options = ["worktree", "remove", "--force", "--force"];
    let arguments = options
        .iter()
        .map(std::ffi::OsStr::new)
        .chain([record.tree.as_os_str()]);
    git.run(arguments).await.map(drop)
}

fn place_name(place: &Temporary) -> &std::ffi::OsStr {
    place
        .path()
        .parent()
        .and_then(Path::file_name)
        .unwrap_or_default()
}

/// Paths as [`path_text`]: they need not be Unicode.
mod as_text {
    use std::path::{Path, PathBuf};

    use guildhall_core::path_text;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&path_text::encode(path))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        String::deserialize(from).map(|text| path_text::decode(&text))
    }
}
