//! The key of the installation: made once, kept in its state folder, never replaced.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::str::FromStr;
use std::sync::OnceLock;

use data_encoding::HEXLOWER_PERMISSIVE;
use ed25519_compact::{KeyPair, PublicKey as Ed25519, Seed, Signature};

use crate::RuntimeError;

/// The file of the key within the state folder.
const FILE: &str = "receipts.key";

/// What its first line says.
const HEAD: &str = "guildhall receipts ed25519 1";

/// With what an installation signs.
#[derive(Clone)]
pub(super) struct SigningKey(KeyPair);

/// By what a signature is checked: an Ed25519 key, as text 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(Ed25519);

impl SigningKey {
    /// The key of a state folder, which is made where there is none.
    ///
    /// # Errors
    /// [`RuntimeError::BadKey`] where the file holds none, and [`RuntimeError::File`].
    pub(super) fn of_folder(folder: &Path) -> Result<Self, RuntimeError> {
        let path = folder.join(FILE);
        if let Some(key) = read(&path)? {
            return Ok(key);
        }
        fs::create_dir_all(folder)
            .and_then(|()| publish(folder, &path, &Self::fresh()))
            .map_err(|source| RuntimeError::File {
                path: path.clone(),
                verb: "written",
                source,
            })?;
        // Another process may have been first: its key is the one.
        read(&path)?.ok_or(RuntimeError::BadKey {
            path,
            reason: "it was removed a moment ago".to_owned(),
        })
    }

    /// The key of a runtime that keeps nothing: one for as long as the process lives.
    pub(super) fn of_process() -> Self {
        static KEY: OnceLock<SigningKey> = OnceLock::new();
        KEY.get_or_init(Self::fresh).clone()
    }

    pub(super) fn fresh() -> Self {
        Self(KeyPair::generate())
    }

    pub(super) fn public(&self) -> PublicKey {
        PublicKey(self.0.pk)
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> [u8; Signature::BYTES] {
        *self.0.sk.sign(bytes, None)
    }
}

impl PublicKey {
    pub(super) fn has_signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|it| self.0.verify(bytes, &it).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER_PERMISSIVE.encode(&*self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = RuntimeError;

    fn from_str(text: &str) -> Result<Self, RuntimeError> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
        let key = bytes.and_then(|bytes| Ed25519::from_slice(&bytes).ok());
        key.map(Self).ok_or_else(|| RuntimeError::BadReceipt {
            reason: format!("{text:?} is no public key, which has 64 hexadecimal digits"),
        })
    }
}

fn read(path: &Path) -> Result<Option<SigningKey>, RuntimeError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(RuntimeError::File {
                path: path.to_owned(),
                verb: "read",
                source,
            });
        }
    };
    let mut lines = text.lines();
    let seed = lines
        .next()
        .filter(|head| *head == HEAD)
        .and_then(|_| HEXLOWER_PERMISSIVE.decode(lines.next()?.as_bytes()).ok())
        .and_then(|bytes| Seed::from_slice(&bytes).ok());
    match seed {
        Some(seed) => Ok(Some(SigningKey(KeyPair::from_seed(seed)))),
        None => Err(RuntimeError::BadKey {
            path: path.to_owned(),
            reason: format!("it does not begin with {HEAD:?} and a seed"),
        }),
    }
}

/// Puts the key there, whole, unless one is there already.
fn publish(folder: &Path, path: &Path, key: &SigningKey) -> io::Result<()> {
    let partial = folder.join(format!("{FILE}.{}.partial", uuid::Uuid::now_v7().simple()));
    let published = write_private(&partial, key).and_then(|()| {
        // A link replaces nothing, as a rename would.
        match fs::hard_link(&partial, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    });
    let _ = fs::remove_file(&partial);
    published
}

fn write_private(path: &Path, key: &SigningKey) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file: File = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let seed = HEXLOWER_PERMISSIVE.encode(&*key.0.sk.seed());
    file.write_all(format!("{HEAD}\n{seed}\n").as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_has_one_key_that_only_the_user_may_read() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let keys: Vec<PublicKey> = std::thread::scope(|scope| {
            let threads = [(); 8].map(|()| scope.spawn(|| SigningKey::of_folder(&state)));
            let keys = threads.map(|it| it.join().unwrap().unwrap().public());
            keys.to_vec()
        });
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
        let files: Vec<_> = fs::read_dir(&state).unwrap().flatten().collect();
        assert_eq!(files.len(), 1, "{files:?}");
        let mode = files[0].metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_no_key_is_told_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        for text in ["", "something", "guildhall receipts ed25519 1\n12\n"] {
            fs::write(&path, text).unwrap();
            let error = SigningKey::of_folder(folder.path()).err().unwrap();
            assert!(matches!(error, RuntimeError::BadKey { .. }), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_public_key_is_read_as_it_is_written() {
        let key = SigningKey::fresh().public();
        assert_eq!(key.to_string().parse::<PublicKey>().unwrap(), key);
        assert_eq!(key.to_string().len(), 64);
        assert!("abc".parse::<PublicKey>().is_err());
    }
}
