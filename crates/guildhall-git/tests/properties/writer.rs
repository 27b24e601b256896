//! Records of any kind, and how git writes them.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::collections::HashMap;
use std::sync::Arc;

use guildhall_git::blame::{BlamedCommit, BlamedLines};
use guildhall_git::diff::{DiffFile, DiffRecord, Hunk, LineRange};
use guildhall_git::log::{Commit, LogRecord, PatchCommit, PatchLine, PatchRecord, Side};
use guildhall_git::refs::Ref;
use guildhall_git::tree::Entry;
use guildhall_git::{Change, Counts, FileMode, ObjectId, ObjectKind, Status};
use proptest::collection::vec;
use proptest::prelude::*;

fn id() -> impl Strategy<Value = ObjectId> {
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    prop_oneof![vec(any::<u8>(), 20), vec(any::<u8>(), 32)]
        .prop_map(hex)
        .prop_map(|text: String| text.parse().unwrap())
}

/// Any bytes but zero; favours those that mean something to a format.
fn path() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        1..=255_u8,
        proptest::sample::select(&b"\n\t \":\x01\\ab"[..])
    ];
    vec(byte, 1..12)
}

/// A text of one line.
fn text() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![1..=9_u8, 11..=255_u8], 0..12)
}

fn kind() -> impl Strategy<Value = ObjectKind> {
    use ObjectKind::{Blob, Commit, Tag, Tree};
    proptest::sample::select(vec![Blob, Tree, Commit, Tag])
}

fn time() -> impl Strategy<Value = Option<i64>> {
    proptest::option::of(-9_000_000_000..9_000_000_000_i64)
}

pub(super) fn change() -> impl Strategy<Value = Change> {
    use Status::{Added, Copied, Deleted, Modified, Renamed, TypeChanged};
    let status =
        proptest::sample::select(vec![Added, Copied, Deleted, Modified, Renamed, TypeChanged]);
    let modes = (0..0o1_000_000_u32, 0..0o1_000_000_u32);
    (status, 0..=100_u8, modes, (id(), id()), path(), path()).prop_map(
        |(status, similarity, modes, ids, path, old_path)| {
            let two = matches!(status, Copied | Renamed);
            Change {
                status,
                similarity: two.then_some(similarity),
                old_mode: FileMode(modes.0),
                new_mode: FileMode(modes.1),
                old_id: ids.0,
                new_id: ids.1,
                path,
                old_path: two.then_some(old_path),
            }
        },
    )
}

pub(super) fn counts() -> impl Strategy<Value = Counts> {
    let lines = proptest::option::of((any::<u64>(), any::<u64>()));
    (lines, path(), proptest::option::of(path())).prop_map(|(lines, path, old_path)| Counts {
        lines,
        path,
        old_path,
    })
}

pub(super) fn history<C: std::fmt::Debug>(
    change: impl Strategy<Value = C>,
) -> impl Strategy<Value = Vec<LogRecord<C>>> {
    vec((commit(), vec(change, 0..4)), 0..5).prop_map(|commits| {
        commits
            .into_iter()
            .flat_map(|(commit, changes)| {
                let changes = changes.into_iter().map(LogRecord::Change);
                std::iter::once(LogRecord::Commit(commit)).chain(changes)
            })
            .collect()
    })
}

fn commit() -> impl Strategy<Value = Commit> {
    let people = (text(), text());
    (id(), vec(id(), 0..3), time(), people, text()).prop_map(
        |(id, parents, time, (author_name, author_mail), subject)| Commit {
            id,
            parents,
            time,
            author_name,
            author_mail,
            subject,
        },
    )
}

pub(super) fn entry() -> impl Strategy<Value = Entry> {
    let size = proptest::option::of(any::<u64>());
    (0..0o1_000_000_u32, kind(), id(), size, path()).prop_map(|(mode, kind, id, size, path)| {
        Entry {
            mode: FileMode(mode),
            kind,
            id,
            size,
            path,
        }
    })
}

pub(super) fn one_ref() -> impl Strategy<Value = Ref> {
    let name = || vec(prop_oneof![1..=9_u8, 11..=255_u8], 1..12);
    let target = proptest::option::of((id(), kind()));
    let stands_for = proptest::option::of(name());
    (name(), id(), kind(), target, time(), stands_for).prop_map(
        |(name, id, kind, target, time, stands_for)| Ref {
            name,
            id,
            kind,
            target,
            time,
            stands_for,
        },
    )
}

pub(super) fn blamed() -> impl Strategy<Value = BlamedLines> {
    // Few commits, so that they come again.
    let commit = (
        0..3_u8,
        text(),
        text(),
        (time(), time()),
        text(),
        any::<bool>(),
    );
    let commit = commit.prop_map(
        |(id, author_name, author_mail, times, summary, is_boundary)| BlamedCommit {
            id: format!("{id:02x}").repeat(20).parse().unwrap(),
            author_name,
            author_mail,
            author_time: times.0,
            committer_time: times.1,
            summary,
            is_boundary,
        },
    );
    let numbers = (any::<u32>(), any::<u32>(), any::<u32>());
    (commit, numbers, path()).prop_map(|(commit, (line, count, original_line), path)| BlamedLines {
        commit: Arc::new(commit),
        line,
        count,
        original_line,
        original_path: path.into(),
    })
}

/// The same with one description for each commit.
pub(super) fn consistent(mut lines: Vec<BlamedLines>) -> Vec<BlamedLines> {
    let mut known: HashMap<ObjectId, Arc<BlamedCommit>> = HashMap::new();
    for lines in &mut lines {
        let first = known
            .entry(lines.commit.id)
            .or_insert_with(|| Arc::clone(&lines.commit));
        lines.commit = Arc::clone(first);
    }
    lines
}

/// Files, each with places of changed lines, as far as git can write them.
pub(super) fn diff() -> impl Strategy<Value = Vec<DiffRecord>> {
    let range = || (0..1_000_u32, 0..4_u32).prop_map(|(start, count)| LineRange { start, count });
    let hunk = (range(), range()).prop_map(|(old, new)| DiffRecord::Hunk(Hunk { old, new }));
    let paths = prop_oneof![
        path().prop_map(|path| (None, Some(path))),
        path().prop_map(|path| (Some(path), None)),
        path().prop_map(|path| (Some(path.clone()), Some(path))),
        (path(), path()).prop_map(|(old, new)| (Some(old), Some(new))),
    ];
    let file = (paths, any::<bool>()).prop_map(|((old_path, new_path), is_binary)| {
        DiffRecord::File(DiffFile {
            old_path,
            new_path,
            is_binary,
        })
    });
    vec((file, vec(hunk, 0..3)), 0..4).prop_map(|files| {
        files
            .into_iter()
            .flat_map(|(file, hunks)| std::iter::once(file).chain(hunks))
            .collect()
    })
}

/// A history with lines: of each commit some files, of each file some places.
pub(super) fn patches() -> impl Strategy<Value = Vec<PatchRecord>> {
    let message = vec(1..=255_u8, 0..20);
    let commit = (id(), vec(id(), 0..3), time(), text(), message).prop_map(
        |(id, parents, time, author_name, message)| {
            PatchRecord::Commit(PatchCommit {
                id,
                parents,
                time,
                author_name,
                message,
            })
        },
    );
    let line = (any::<bool>(), text()).prop_map(|(is_new, text)| PatchLine {
        side: if is_new { Side::New } else { Side::Old },
        text,
    });
    let context = proptest::sample::select(vec![&b""[..], b"fn f() {", b"@@ x @@"]);
    let place = (context, vec(line, 1..4)).prop_map(|(context, mut lines)| {
        lines.sort_by_key(|line| line.side);
        let lines = lines.into_iter().map(PatchRecord::Line);
        let records: Vec<_> = std::iter::once(PatchRecord::Hunk(context.to_vec()))
            .chain(lines)
            .collect();
        records
    });
    let file = (path(), 0..3_u8, any::<bool>(), vec(place, 0..3)).prop_map(
        |(path, sides, is_binary, places)| {
            let file = PatchRecord::File(DiffFile {
                old_path: (sides != 1).then(|| path.clone()),
                new_path: (sides != 2).then_some(path),
                is_binary,
            });
            let records: Vec<_> = std::iter::once(file)
                .chain(places.into_iter().flatten())
                .collect();
            records
        },
    );
    vec((commit, vec(file, 0..3)), 0..4).prop_map(|commits| {
        commits
            .into_iter()
            .flat_map(|(commit, files)| std::iter::once(commit).chain(files.into_iter().flatten()))
            .collect()
    })
}

pub(super) fn write_patches(records: &[PatchRecord]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (at, record) in records.iter().enumerate() {
        match record {
            PatchRecord::Commit(commit) => {
                let parents: Vec<String> = commit.parents.iter().map(ObjectId::to_string).collect();
                let time = commit.time.map_or(String::new(), |time| time.to_string());
                let head = format!("\x01{}\0{}\0{time}\0", commit.id, parents.join(" "));
                bytes.extend(head.into_bytes());
                bytes.extend_from_slice(&commit.author_name);
                bytes.push(0);
                bytes.extend_from_slice(&commit.message);
                bytes.extend_from_slice(b"\0\n\n");
            }
            PatchRecord::File(file) => bytes.extend(diff_head(file)),
            PatchRecord::Hunk(context) => {
                let count = |side| {
                    records[at + 1..]
                        .iter()
                        .map_while(|record| match record {
                            PatchRecord::Line(line) => Some(line.side),
                            _ => None,
                        })
                        .filter(|found| *found == side)
                        .count()
                };
                let (old, new) = (count(Side::Old), count(Side::New));
                bytes.extend(format!("@@ -1,{old} +1,{new} @@").into_bytes());
                if !context.is_empty() {
                    bytes.push(b' ');
                    bytes.extend_from_slice(context);
                }
                bytes.push(b'\n');
            }
            PatchRecord::Line(line) => {
                bytes.push(if line.side == Side::Old { b'-' } else { b'+' });
                bytes.extend_from_slice(&line.text);
                bytes.push(b'\n');
            }
        }
    }
    bytes
}

pub(super) fn write_log<C>(records: &[LogRecord<C>], write: fn(&C) -> Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut is_first = false;
    for record in records {
        match record {
            LogRecord::Commit(commit) => {
                let parents: Vec<String> = commit.parents.iter().map(ObjectId::to_string).collect();
                let head = format!(
                    "\x01{}\0{}\0{}\0",
                    commit.id,
                    parents.join(" "),
                    seconds(commit.time)
                );
                bytes.extend(head.into_bytes());
                for text in [&commit.author_name, &commit.author_mail, &commit.subject] {
                    bytes.extend_from_slice(text);
                    bytes.push(0);
                }
                is_first = true;
            }
            LogRecord::Change(change) => {
                if std::mem::take(&mut is_first) {
                    bytes.push(b'\n');
                }
                bytes.extend(write(change));
            }
        }
    }
    bytes
}

pub(super) fn write_change(change: &Change) -> Vec<u8> {
    let score = change
        .similarity
        .map_or(String::new(), |score| format!("{score:03}"));
    let mut bytes = format!(
        ":{:06o} {:06o} {} {} {}{score}\0",
        change.old_mode.0,
        change.new_mode.0,
        change.old_id,
        change.new_id,
        change.status.letter(),
    )
    .into_bytes();
    for path in change.old_path.iter().chain([&change.path]) {
        bytes.extend_from_slice(path);
        bytes.push(0);
    }
    bytes
}

pub(super) fn write_counts(counts: &Counts) -> Vec<u8> {
    let mut bytes = match counts.lines {
        Some((added, deleted)) => format!("{added}\t{deleted}\t").into_bytes(),
        None => b"-\t-\t".to_vec(),
    };
    if let Some(old_path) = &counts.old_path {
        bytes.push(0);
        bytes.extend_from_slice(old_path);
        bytes.push(0);
    }
    bytes.extend_from_slice(&counts.path);
    bytes.push(0);
    bytes
}

pub(super) fn write_entry(entry: &Entry) -> Vec<u8> {
    let size = entry.size.map_or("-".to_owned(), |size| size.to_string());
    let head = format!(
        "{:06o} {} {} {size:>7}\t",
        entry.mode.0,
        entry.kind.word(),
        entry.id
    );
    [head.as_bytes(), &entry.path, b"\0"].concat()
}

pub(super) fn write_ref(found: &Ref) -> Vec<u8> {
    let (target, kind) = found.target.map_or(Default::default(), |(id, kind)| {
        (id.to_string(), kind.word())
    });
    let middle = format!(
        "\0{}\0{}\0{target}\0{kind}\0{}\0",
        found.id,
        found.kind.word(),
        seconds(found.time)
    );
    let stands_for = found.stands_for.as_deref().unwrap_or_default();
    [&found.name[..], middle.as_bytes(), stands_for, b"\n"].concat()
}

pub(super) fn write_blame(lines: &[BlamedLines]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut known = Vec::new();
    for lines in lines {
        let commit = &lines.commit;
        let head = format!(
            "{} {} {} {}\n",
            commit.id, lines.original_line, lines.line, lines.count
        );
        bytes.extend(head.into_bytes());
        if !known.contains(&commit.id) {
            known.push(commit.id);
            bytes.extend([b"author ", &commit.author_name[..], b"\nauthor-mail <"].concat());
            bytes.extend(
                [
                    &commit.author_mail[..],
                    b">\nsummary ",
                    &commit.summary,
                    b"\n",
                ]
                .concat(),
            );
            for (key, time) in [
                ("author", commit.author_time),
                ("committer", commit.committer_time),
            ] {
                bytes
                    .extend(format!("{key}-time {}\n{key}-tz +0100\n", seconds(time)).into_bytes());
            }
            if commit.is_boundary {
                bytes.extend_from_slice(b"boundary\n");
            }
        }
        bytes.extend([b"filename ", &quoted(b"", &lines.original_path)[..], b"\n"].concat());
    }
    bytes
}

pub(super) fn write_diff(records: &[DiffRecord]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        match record {
            DiffRecord::File(file) => bytes.extend(diff_head(file)),
            DiffRecord::Hunk(Hunk { old, new }) => {
                let places = format!("@@ -{} +{} @@ fn f() {{\n", range(*old), range(*new));
                bytes.extend(places.into_bytes());
                bytes.extend_from_slice(&b"--- a/a\n".repeat(old.count as usize));
                bytes.extend_from_slice(&b"+@@ -1 +1 @@\n".repeat(new.count as usize));
                bytes.extend_from_slice(b"\\ No newline at end of file\n");
            }
        }
    }
    bytes
}

fn diff_head(file: &DiffFile) -> Vec<u8> {
    let old = file.old_path.as_ref().or(file.new_path.as_ref()).unwrap();
    let new = file.new_path.as_ref().unwrap_or(old);
    let mut head = [
        b"diff --git ",
        &quoted(b"a/", old)[..],
        b" ",
        &quoted(b"b/", new),
        b"\n",
    ]
    .concat();
    if file.old_path.is_none() {
        head.extend_from_slice(b"new file mode 100644\n");
    }
    if file.new_path.is_none() {
        head.extend_from_slice(b"deleted file mode 100644\n");
    }
    if old != new {
        head.extend([b"rename from ", &quoted(b"", old)[..], b"\n"].concat());
        head.extend([b"rename to ", &quoted(b"", new)[..], b"\n"].concat());
    }
    head.extend_from_slice(b"index 0000000..1111111 100644\n");
    if file.is_binary {
        head.extend_from_slice(b"Binary files a/a and b/a differ\n");
    }
    head
}

fn range(range: LineRange) -> String {
    match range.count {
        1 => range.start.to_string(),
        count => format!("{},{count}", range.start),
    }
}

/// A path in quotes if it holds a byte that git would quote.
fn quoted(prefix: &[u8], path: &[u8]) -> Vec<u8> {
    let unusual = |byte: &u8| !(0x20..0x7f).contains(byte) || matches!(byte, b'"' | b'\\');
    if !path.iter().any(unusual) {
        return [prefix, path].concat();
    }
    let mut quoted = [b"\"", prefix].concat();
    for byte in path {
        match byte {
            b'\n' => quoted.extend_from_slice(b"\\n"),
            b'\t' => quoted.extend_from_slice(b"\\t"),
            b'"' | b'\\' => quoted.extend_from_slice(&[b'\\', *byte]),
            byte if unusual(byte) => quoted.extend(format!("\\{byte:03o}").into_bytes()),
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'"');
    quoted
}

/// Answers with these contents, the last of them missing, and what is read of them.
pub(super) fn write_answers(contents: &[Vec<u8>]) -> (Vec<u8>, Vec<String>) {
    let id = "0a".repeat(20);
    let mut bytes = Vec::new();
    let mut expected = Vec::new();
    for content in contents {
        bytes.extend(format!("{id} blob {}\n", content.len()).into_bytes());
        bytes.extend_from_slice(content);
        bytes.push(b'\n');
        expected.push(format!(
            "Begins {{ id: {id}, kind: Blob, size: {} }}",
            content.len()
        ));
        expected.push(content.escape_ascii().to_string());
    }
    bytes.extend(format!("{id} missing\n").into_bytes());
    expected.push("Missing".to_owned());
    (bytes, expected)
}

fn seconds(time: Option<i64>) -> String {
    time.map_or(String::new(), |time| time.to_string())
}
