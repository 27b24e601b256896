//! Files that are not taken as plugins: each with its reason, none by a crash, and
//! none of their code runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use guildhall_host::{AgentState, Host, HostBuilder, inspect};
use serde_json::json;

use crate::support::{
    CPlugin, assert_usable, build, c_compiler, c_plugin, call, output, plugins, state,
};

/// A host for `path` and the example: `path` is refused with this code, the example
/// still serves.
async fn assert_refused(path: &Path, code: &str) {
    let host = build(with_hello(path));
    let codes: Vec<&str> = host
        .refused()
        .iter()
        .map(|refused| refused.refusal.code())
        .collect();
    assert_eq!(codes, [code], "{}: {:?}", path.display(), host.refused());
    assert!(!host.refused()[0].refusal.help().is_empty());
    assert_usable(&host).await;
}

fn with_hello(path: &Path) -> HostBuilder {
    Host::builder().plugin(path).plugin(&plugins().hello)
}

fn in_folder(plugin: &CPlugin, name: &str, bytes: &[u8]) -> PathBuf {
    let path = plugin.folder().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[tokio::test]
async fn a_file_that_is_no_library() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    assert_refused(&write("text.so", "this is a text file\n"), "not-a-library").await;
    assert_refused(&write("empty.so", ""), "not-a-library").await;
    assert_refused(&folder.path().join("missing.so"), "unreadable").await;
}

#[tokio::test]
async fn a_folder_named_like_a_library() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("folder.so");
    std::fs::create_dir(&path).unwrap();
    assert_refused(&path, "not-a-library").await;
    let host = build(Host::builder().folder(folder.path()));
    assert!(host.refused().is_empty() && host.agents().is_empty());
}

#[tokio::test]
async fn a_pipe_named_like_a_library_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe.so");
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    assert_refused(&path, "not-a-library").await;
}

#[tokio::test]
async fn an_object_file() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("answer.c");
    std::fs::write(
        &source,
        "int answer(void);\nint answer(void) { return 42; }\n",
    )
    .unwrap();
    let compile = |options: &[&str], name: &str| {
        let path = folder.path().join(name);
        let mut compiler = c_compiler();
        let compiled = compiler.args(options).arg(&source).arg("-o").arg(&path);
        assert!(compiled.status().unwrap().success());
        path
    };
    assert_refused(&compile(&["-c"], "answer.o"), "not-a-library").await;
    assert_refused(&compile(&["-shared", "-fPIC"], "answer.so"), "not-a-plugin").await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_library_of_the_system() {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let libc = maps
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .find(|path| path.contains("/libc.so"))
        .expect("this process has a C library");
    assert_refused(Path::new(libc), "not-a-plugin").await;
    let host = build(Host::builder().plugin(libc));
    assert!(host.refused()[0].refusal.is_harmless());
}

#[tokio::test]
async fn a_program() {
    assert_refused(Path::new(env!("CARGO_BIN_EXE_embedder")), "not-a-plugin").await;
}

#[tokio::test]
async fn a_library_that_is_cut_off_anywhere() {
    let c = c_plugin("bad.c", &[]);
    for whole in [&plugins().hello, &c.path] {
        let bytes = std::fs::read(whole).unwrap();
        for sixteenth in 1..16 {
            let cut = in_folder(&c, "cut.so", &bytes[..bytes.len() * sixteenth / 16]);
            assert_refused(&cut, "truncated").await;
        }
        let cut = in_folder(&c, "cut.so", &bytes[..bytes.len() - 1]);
        assert_refused(&cut, "truncated").await;
    }
}

#[test]
fn no_damage_to_a_library_panics_the_inspection() {
    // Every byte of the headers at the start; elsewhere every so often.
    const HEADERS: usize = 1024;
    const STEP: usize = 17;
    let plugin = c_plugin("bad.c", &[]);
    let bytes = std::fs::read(&plugin.path).unwrap();
    let mut refused = 0;
    for at in (0..HEADERS).chain((HEADERS..bytes.len()).step_by(STEP)) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0xff;
        let path = in_folder(&plugin, "damaged.so", &damaged);
        refused += u32::from(inspect(&path).is_err());
    }
    // Damage to code and padding is no matter of the manifest's; to the rest it is.
    assert!(refused > 50, "only {refused} kinds of damage were seen");
}

#[tokio::test]
async fn a_library_for_another_processor() {
    let plugin = c_plugin("bad.c", &[]);
    let mut bytes = std::fs::read(&plugin.path).unwrap();
    let (aarch64, x86_64) = (183_u16, 62_u16);
    let other = if cfg!(target_arch = "x86_64") {
        aarch64
    } else {
        x86_64
    };
    // `e_machine` of the ELF header.
    bytes[18..20].copy_from_slice(&other.to_le_bytes());
    assert_refused(&in_folder(&plugin, "other.so", &bytes), "wrong-target").await;
}

#[tokio::test]
async fn a_manifest_or_entry_that_breaks_the_rules() {
    let cases = [
        ("OTHER_MAJOR_SYMBOL", "wrong-abi"),
        ("NO_ENTRY", "no-entry"),
        ("NO_SECTION", "not-a-plugin"),
        ("GARBAGE_SECTION", "bad-manifest"),
        ("SHORT_SECTION", "bad-manifest"),
        ("LONG_RECORD", "bad-manifest"),
        ("NOT_JSON", "bad-manifest"),
        ("BAD_SCHEMA", "bad-manifest"),
        ("ID=\"NOT WELL FORMED\"", "bad-manifest"),
        ("BAD_PROTOCOL", "wrong-protocol"),
        ("SAYS_ABORT", "aborts"),
    ];
    for (switch, code) in cases {
        assert_refused(&c_plugin("bad.c", &[switch]).path, code).await;
    }
}

#[tokio::test]
async fn without_a_switch_the_same_plugin_is_taken() {
    let plugin = c_plugin("bad.c", &[]);
    let host = build(with_hello(&plugin.path));
    assert!(host.refused().is_empty(), "{:?}", host.refused());
    assert_eq!(output(&host, "bad.call", json!(null)).await, json!("fine"));
}

#[tokio::test]
async fn another_major_version_is_named_with_ours() {
    let plugin = c_plugin("bad.c", &["OTHER_MAJOR_SYMBOL"]);
    let refusal = inspect(&plugin.path).unwrap_err().to_string();
    assert_eq!(refusal, "the plugin speaks ABI 2, this host speaks ABI 1");
}

/// What can only be seen once the library is loaded is told by the first call.
#[tokio::test]
async fn an_entry_that_breaks_the_rules_is_refused_when_it_is_loaded() {
    let cases = [
        ("OTHER_MAJOR_FIELD", "speaks ABI 2"),
        ("OTHER_MANIFEST", "manifest in the file's section differs"),
        ("NULL_MANIFEST", "manifest in the file's section differs"),
        ("ENDLESS_MANIFEST", "manifest in the file's section differs"),
        ("SHORT_ENTRY", "GhEntry is not usable: it is shorter"),
        ("NO_CREATE", "it has no create"),
        ("ENTRY_SAYS_ABORT", "panic = \"abort\""),
    ];
    for (switch, reason) in cases {
        let plugin = c_plugin("bad.c", &[switch]);
        let host = build(with_hello(&plugin.path));
        let error = call(&host, "bad.call", json!(null)).await.unwrap_err();
        assert!(
            error.is(guildhall_host::core::ErrorCode::Unavailable),
            "{switch}: {error:?}"
        );
        assert!(
            error.message.contains(reason),
            "{switch}: {}",
            error.message
        );
        assert!(error.help.is_some(), "{switch}");
        assert!(matches!(
            state(&host, "bad-c-plugin"),
            AgentState::Failed(_)
        ));
        assert_usable(&host).await;
    }
}

#[tokio::test]
async fn a_file_that_is_replaced_after_it_was_inspected() {
    let (before, after) = (c_plugin("bad.c", &[]), c_plugin("bad.c", &["ID=\"newer\""]));
    let host = build(with_hello(&before.path));
    std::fs::rename(&after.path, &before.path).unwrap();
    let error = call(&host, "bad.call", json!(null)).await.unwrap_err();
    assert!(
        error
            .message
            .contains("manifest in the file's section differs"),
        "{error:?}"
    );
    assert_usable(&host).await;
}

#[tokio::test]
async fn two_plugins_with_one_id() {
    let plugin = c_plugin("bad.c", &[]);
    let twin = plugin.folder().join("twin.so");
    std::fs::copy(&plugin.path, &twin).unwrap();
    let host = build(Host::builder().plugin(&plugin.path).plugin(&twin));
    let refused = host.refused();
    assert_eq!(refused.len(), 1);
    assert_eq!(
        (refused[0].path.as_path(), refused[0].refusal.code()),
        (twin.as_path(), "duplicate-id")
    );
    assert!(
        refused[0]
            .refusal
            .to_string()
            .contains(plugin.path.to_str().unwrap())
    );
    assert_eq!(output(&host, "bad.call", json!(null)).await, json!("fine"));
}

#[tokio::test]
async fn the_same_file_through_several_places_is_one_plugin() {
    let plugin = c_plugin("bad.c", &[]);
    let link = plugin.folder().join("link.so");
    std::os::unix::fs::symlink(&plugin.path, &link).unwrap();
    let host = build(
        Host::builder()
            .folder(plugin.folder())
            .plugin(&link)
            .plugin(&plugin.path)
            .folder(plugin.folder()),
    );
    assert!(host.refused().is_empty(), "{:?}", host.refused());
    assert_eq!(host.agents().len(), 1);
    assert_eq!(output(&host, "bad.call", json!(null)).await, json!("fine"));
}

#[tokio::test]
async fn a_hundred_plugins_are_inspected_without_running_any() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("marker");
    let switches = [
        "ID=\"plugin-000\"",
        &format!("MARKER=\"{}\"", marker.display()),
    ];
    let plugin = c_plugin("bad.c", &switches);
    let bytes = std::fs::read(&plugin.path).unwrap();
    for number in 0..100 {
        let id = format!("plugin-{number:03}");
        let copy = replace(&bytes, b"plugin-000", id.as_bytes());
        std::fs::write(folder.path().join(format!("{id}.so")), copy).unwrap();
    }
    let host = build(Host::builder().folder(folder.path()));
    assert!(host.refused().is_empty(), "{:?}", host.refused());
    assert_eq!(host.agents().len(), 100);
    assert!(
        host.agents()
            .iter()
            .all(|plugin| plugin.state == AgentState::Found)
    );
    assert!(
        !marker.exists(),
        "code of a plugin ran while it was inspected"
    );
    // The marker does show when one is loaded.
    assert_eq!(output(&host, "bad.call", json!(null)).await, json!("fine"));
    assert!(marker.exists());
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut copy = bytes.to_vec();
    for at in 0..=bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            copy[at..at + to.len()].copy_from_slice(to);
        }
    }
    copy
}
