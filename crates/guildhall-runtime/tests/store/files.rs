//! Blobs as files: damage is noticed and mended, nothing half written is found.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use guildhall_runtime::RuntimeError;
use guildhall_runtime::store::{Blobs, Digest, Durability, FileBlobs};

fn path_of(root: &Path, digest: Digest) -> PathBuf {
    let name = digest.to_string();
    root.join(&name[..2]).join(&name[2..])
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[tokio::test]
async fn the_same_content_is_one_file_that_only_the_user_may_read() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FileBlobs::open(folder.path()).unwrap();
    let mut digest = None;
    for durability in [Durability::Process, Durability::Power, Durability::Relaxed] {
        digest = Some(
            blobs
                .put(Bytes::from_static(b"secret"), durability)
                .await
                .unwrap(),
        );
    }
    let path = path_of(folder.path(), digest.unwrap());
    assert_eq!(files_below(folder.path()), [path.as_path()]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
    }
}

#[tokio::test]
async fn a_damaged_file_is_reported_and_replaced_by_the_next_put() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FileBlobs::open(folder.path()).unwrap();
    let data = Bytes::from_static(b"as it should be");
    let digest = blobs.put(data.clone(), Durability::Process).await.unwrap();
    let path = path_of(folder.path(), digest);
    for damage in [
        &b"as it should bf"[..],
        b"as it",
        b"",
        b"as it should be and more",
    ] {
        fs::write(&path, damage).unwrap();
        let found = blobs.get(&digest).await;
        let Err(RuntimeError::BlobDamaged {
            digest: of,
            path: at,
        }) = &found
        else {
            panic!("{found:?}");
        };
        assert_eq!((of, at), (&digest, &path));
        blobs.put(data.clone(), Durability::Process).await.unwrap();
        assert_eq!(blobs.get(&digest).await.unwrap(), data);
    }
}

#[tokio::test]
async fn what_a_killed_process_left_is_never_found_and_goes_a_day_later() {
    let folder = tempfile::tempdir().unwrap();
    FileBlobs::open(folder.path()).unwrap();
    let (old, new) = (
        folder.path().join("incoming/old"),
        folder.path().join("incoming/new"),
    );
    for path in [&old, &new] {
        fs::write(path, "hal").unwrap();
    }
    let two_days_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(48);
    let file = fs::File::options().write(true).open(&old).unwrap();
    file.set_modified(two_days_ago).unwrap();
    let blobs = FileBlobs::open(folder.path()).unwrap();
    assert_eq!(
        files_below(folder.path()),
        [new],
        "which may still be written"
    );
    assert!(!blobs.has(&Digest::of(b"hal")).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_put_the_same_content_at_once_do_not_disturb_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FileBlobs::open(folder.path()).unwrap();
    let data = Bytes::from(vec![3; 200_000]);
    let puts: Vec<_> = (0..16)
        .map(|_| {
            let (blobs, data) = (blobs.clone(), data.clone());
            tokio::spawn(async move {
                let digest = blobs.put(data.clone(), Durability::Process).await.unwrap();
                assert_eq!(blobs.get(&digest).await.unwrap(), data);
            })
        })
        .collect();
    for put in puts {
        put.await.unwrap();
    }
    assert_eq!(files_below(folder.path()).len(), 1);
}
