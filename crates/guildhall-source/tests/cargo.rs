//! Cargo's home as it is read, and cargo as a process beside a hostile tree.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use guildhall_source::SourceError;
use guildhall_source::cargo::{Cargo, CargoHome, NeedKind, Vendored};
use guildhall_source::process::{self, Setting, Watch};

fn watch() -> Watch<'static> {
    Watch::new(&|| false).within(Duration::from_secs(120))
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A program that notes that it was run, and then does as the one it stands for.
fn program(path: &Path, marker: &Path, then: &str) {
    let marker = marker.display();
    write(
        path,
        &format!("#!/bin/sh\necho \"$0 $*\" >> '{marker}'\n{then}\n"),
    );
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn home_of_the_user() -> CargoHome {
    CargoHome::locate(|name| std::env::var_os(name)).unwrap()
}

/// A home with nothing in it.
fn home_in(folder: &Path) -> CargoHome {
    let home = folder.join("home");
    fs::create_dir_all(&home).unwrap();
    CargoHome::locate(|name| (name == "CARGO_HOME").then(|| home.clone().into())).unwrap()
}

fn empty_folder(inside: &Path) -> PathBuf {
    let folder = inside.join("empty");
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn planning_runs_none_of_a_repositorys_code() {
    let folder = tempfile::tempdir().unwrap();
    let (tree, marker) = (folder.path().join("tree"), folder.path().join("was-run"));
    let wrapper = tree.join("wrapper.sh");
    program(&wrapper, &marker, "exec \"$@\"");
    for name in ["cargo", "rustc"] {
        program(&tree.join("tools/bin").join(name), &marker, "exit 7");
    }
    let manifest = tree.join("Cargo.toml");
    write(
        &manifest,
        "[package]\nname = 'x'\nversion = '0.1.0'\nedition = '2021'\n[workspace]\n",
    );
    write(
        &tree.join("Cargo.lock"),
        "version = 4\n[[package]]\nname = 'x'\nversion = '0.1.0'\n",
    );
    write(&tree.join("src/lib.rs"), "");
    write(&tree.join("build.rs"), "fn main() { panic!() }");
    let configuration = format!(
        "[build]\nrustc-wrapper = '{0}'\n[alias]\ninfo = 'metadata'\n",
        wrapper.display()
    );
    write(&tree.join(".cargo/config.toml"), &configuration);

    let empty = empty_folder(folder.path());
    let cargo = Cargo::new(
        OsStr::new("cargo"),
        home_of_the_user(),
        &empty,
        std::env::vars_os(),
        true,
    )
    .unwrap();
    // It has to ask the compiler for its version, and would ask it through the wrapper.
    let arguments = ["tree", "--offline", "--manifest-path"].map(OsString::from);
    let arguments: Vec<OsString> = arguments.into_iter().chain([manifest.into()]).collect();
    let toolchain = format!("[toolchain]\npath = '{}'\n", tree.join("tools").display());
    write(&tree.join("rust-toolchain.toml"), &toolchain);
    let ended = cargo.run(&arguments, &watch()).unwrap();
    assert_eq!(
        ended.code,
        Some(0),
        "{}",
        String::from_utf8_lossy(&ended.errors)
    );
    assert!(String::from_utf8_lossy(&ended.output).starts_with("x v0.1.0"));
    assert!(!marker.exists(), "{}", fs::read_to_string(&marker).unwrap());
    assert_eq!(fs::read_dir(&empty).unwrap().count(), 0);

    // The control: in the tree the same command runs its tool chain, or else its wrapper.
    let in_tree = |is_chain_named: bool| {
        let mut environment = cargo.setting().environment.clone();
        environment.retain(|(name, _)| {
            let is_chain = name == "RUSTUP_TOOLCHAIN" && is_chain_named;
            is_chain || !(name == "RUSTUP_TOOLCHAIN" || name.to_string_lossy().contains("WRAPPER"))
        });
        let setting = Setting {
            folder: tree.clone(),
            environment,
            ..cargo.setting().clone()
        };
        process::run(&setting, &arguments, &[], &watch()).unwrap();
        let said = fs::read_to_string(&marker).unwrap_or_default();
        let _ = fs::remove_file(&marker);
        said
    };
    assert!(in_tree(true).contains("wrapper.sh"), "{}", in_tree(true));
    let has_rustup = cargo
        .setting()
        .environment
        .iter()
        .any(|(name, _)| name == "RUSTUP_TOOLCHAIN");
    if has_rustup {
        assert!(
            in_tree(false).contains("tools/bin/cargo"),
            "{}",
            in_tree(false)
        );
    }
}

#[test]
fn a_folder_in_which_cargo_would_obey_others_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let new = |empty: &Path| {
        let program = OsStr::new("cargo");
        Cargo::new(
            program,
            home_in(folder.path()),
            empty,
            std::env::vars_os(),
            true,
        )
    };
    let empty = empty_folder(folder.path());
    assert!(new(&empty).is_ok());
    let refused = |path: &Path, reason: &str| {
        let error = new(path).unwrap_err();
        let is_it = matches!(&error, SourceError::NotApart { .. });
        assert!(is_it && error.to_string().contains(reason), "{error}");
    };
    refused(&folder.path().join("missing"), "No such file");
    refused(folder.path(), "not empty");
    write(&folder.path().join(".cargo/config"), "");
    refused(&empty, ".cargo/config");
}

#[test]
fn a_tool_chain_that_a_folder_around_names_is_not_taken() {
    for name in ["rust-toolchain.toml", "rust-toolchain"] {
        let folder = tempfile::tempdir().unwrap();
        let empty = empty_folder(folder.path());
        let new = |more: &[(&str, &str)]| {
            let home = folder.path().join("home");
            let variables = more.iter().map(|(name, value)| (name.into(), value.into()));
            let variables = variables.chain([("HOME".into(), home.into())]);
            let program = OsStr::new("cargo");
            Cargo::new(program, home_in(folder.path()), &empty, variables, true)
        };
        // Without rustup nobody looks for one.
        assert!(new(&[]).is_ok());
        write(
            &folder.path().join(name),
            "[toolchain]\npath = 'elsewhere'\n",
        );
        let error = new(&[]).unwrap_err();
        let is_it = matches!(&error, SourceError::NotApart { .. });
        assert!(is_it && error.to_string().contains(name), "{error}");
        // With a name from elsewhere rustup asks no file.
        assert!(new(&[("RUSTUP_TOOLCHAIN", "stable")]).is_ok());
        write(
            &folder.path().join("home/.rustup/settings.toml"),
            "default_toolchain = 'stable'\n",
        );
        assert!(new(&[]).is_ok());
    }
}

#[test]
fn cargo_is_given_the_variables_that_it_needs_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder.path().join(".rustup/settings.toml"),
        "default_toolchain = 'stable-x'\n",
    );
    let of = |pairs: &[(&str, &str)], home: &str| {
        let home = folder.path().join(home);
        let given = pairs
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        let given = given.chain([(OsString::from("HOME"), home.into_os_string())]);
        let empty = empty_folder(folder.path());
        let program = OsStr::new("cargo");
        let cargo = Cargo::new(program, home_in(folder.path()), &empty, given, false).unwrap();
        move |name: &str| {
            let all = &cargo.setting().environment;
            let found = all.iter().find(|(variable, _)| variable == name);
            found.map(|(_, value)| value.to_string_lossy().into_owned())
        }
    };
    let get = of(
        &[
            ("PATH", "/bin"),
            ("RUSTC_WRAPPER", "/evil"),
            ("CARGO_BUILD_RUSTC", "/evil"),
            ("LD_PRELOAD", "/evil"),
            ("CARGO_HTTP_TIMEOUT", "9"),
            ("RUSTUP_TOOLCHAIN", "nightly"),
        ],
        "",
    );
    assert_eq!(get("PATH").as_deref(), Some("/bin"));
    assert_eq!(get("RUSTC_WRAPPER").as_deref(), Some(""));
    assert_eq!((get("CARGO_BUILD_RUSTC"), get("LD_PRELOAD")), (None, None));
    assert_eq!(get("CARGO_HTTP_TIMEOUT").as_deref(), Some("9"));
    assert_eq!(get("RUSTUP_TOOLCHAIN").as_deref(), Some("stable-x"));
    let without_default = of(&[("RUSTUP_TOOLCHAIN", "nightly")], "other");
    assert_eq!(
        without_default("RUSTUP_TOOLCHAIN").as_deref(),
        Some("nightly")
    );
    assert_eq!(
        of(&[("RUSTUP_TOOLCHAIN", "/evil")], "other")("RUSTUP_TOOLCHAIN"),
        None
    );
}

/// A cargo of these commands, with a home of its own.
fn scripted(folder: &Path, script: &str, is_offline: bool) -> Cargo {
    let path = folder.join("bin/cargo");
    program(&path, &folder.join("was-run"), script);
    let variables = [("PATH".into(), "/usr/bin:/bin".into())];
    let home = home_in(folder);
    Cargo::new(
        path.as_os_str(),
        home,
        &empty_folder(folder),
        variables,
        is_offline,
    )
    .unwrap()
}

#[test]
fn sources_are_fetched_once_and_never_offline() {
    let folder = tempfile::tempdir().unwrap();
    let unpack = "d=\"$CARGO_HOME/registry/src/some-1\"; mkdir -p \"$d/rand-0.9.0\"; \
                  touch \"$d/rand-0.9.0/Cargo.toml\"";
    let error = scripted(folder.path(), unpack, true).fetch("rand", "0.9.0", &watch());
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("`rand` 0.9.0") && error.contains("network"),
        "{error}"
    );
    assert!(!folder.path().join("was-run").exists());
    let cargo = scripted(folder.path(), unpack, false);
    let found = cargo.fetch("rand", "0.9.0", &watch()).unwrap();
    assert!(found.ends_with("some-1/rand-0.9.0"));
    assert_eq!(cargo.fetch("rand", "0.9.0", &watch()).unwrap(), found);
    let said = fs::read_to_string(folder.path().join("was-run")).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].ends_with("info --quiet rand@0.9.0"), "{said}");
}

#[test]
fn what_cannot_be_fetched_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let fetch = |script: &str, name: &str, version: &str| {
        let cargo = scripted(folder.path(), script, false);
        cargo.fetch(name, version, &watch()).unwrap_err()
    };
    let error = fetch(
        "echo 'error: could not find `x`' >&2; exit 101",
        "x",
        "1.0.0",
    );
    assert!(
        matches!(&error, SourceError::NoSources { reason, .. } if reason.contains("could not find"))
    );
    assert!(matches!(
        fetch("exit 0", "x", "1.0.0"),
        SourceError::NoSources { .. }
    ));
    let _ = fs::remove_file(folder.path().join("was-run"));
    for (name, version) in [
        ("--config=x", "1.0.0"),
        ("../x", "1.0.0"),
        ("x", "-1"),
        ("x", "1/../2"),
    ] {
        let error = fetch("exit 0", name, version);
        assert!(matches!(&error, SourceError::NoSources { .. }), "{error}");
    }
    assert!(!folder.path().join("was-run").exists());
}

#[test]
fn a_cargo_that_hangs_or_is_missing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let cargo = scripted(folder.path(), "exec sleep 1000", false);
    let asked = std::cell::Cell::new(0);
    let is_cancelled = || {
        asked.set(asked.get() + 1);
        asked.get() > 2
    };
    let error = cargo
        .fetch("x", "1.0.0", &Watch::new(&is_cancelled))
        .unwrap_err();
    assert!(matches!(error, SourceError::Cancelled), "{error}");
    let late = watch().within(Duration::from_millis(20));
    let error = cargo.fetch("x", "1.0.0", &late).unwrap_err();
    assert!(
        error.to_string().starts_with("`cargo info` took more than"),
        "{error}"
    );
    fs::remove_file(folder.path().join("bin/cargo")).unwrap();
    let error = cargo.look_up("x", &watch()).unwrap_err();
    assert!(
        matches!(&error, SourceError::NoProgram { program } if program == "cargo"),
        "{error}"
    );
}

#[test]
fn input_is_given_however_much_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let setting = Setting {
        program: "cat".into(),
        leading: Vec::new(),
        folder: folder.path().to_owned(),
        environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
    };
    let input = b"0123456789".repeat(100_000);
    let ended = process::run(&setting, ["-"], &input, &watch()).unwrap();
    assert_eq!((ended.code, ended.output == input), (Some(0), true));
    // One that reads nothing of it is no failure.
    let setting = Setting {
        program: "true".into(),
        ..setting
    };
    let ended = process::run(&setting, [""; 0], &input, &watch()).unwrap();
    assert_eq!((ended.code, ended.output.len()), (Some(0), 0));
}

#[test]
fn the_index_is_read_as_far_as_it_is_understood() {
    let folder = tempfile::tempdir().unwrap();
    let home = home_in(folder.path());
    let cache = home.folder().join("registry/index/some-1/.cache");
    let entry = |version: &str, more: &str| format!("{{\"vers\":\"{version}\"{more}}}");
    let needs = ",\"deps\":[{\"name\":\"rc\",\"package\":\"rand_core\",\"req\":\"^0.6\",\"kind\":\"normal\",\
                 \"optional\":true},{\"name\":\"d\",\"req\":\"1\",\"kind\":\"dev\"}],\"yanked\":true,\
                 \"features\":{\"a\":[]},\"features2\":{\"b\":[\"dep:rc\"]},\"rust_version\":\"1.63\"";
    let text = format!(
        "\u{3}header\0{}\0{}\0{{torn\00.3.0\0{}\0",
        entry("0.1.0", ""),
        entry("0.2.0", needs),
        entry("0.3.0", "")
    );
    write(&cache.join("de/ri/derive_more-impl"), &text);
    for name in [
        "derive_more-impl",
        "derive_more_impl",
        "derive-more-impl",
        "derive-more_impl",
    ] {
        assert_eq!(home.index(name).unwrap().len(), 3, "{name}");
    }
    write(&cache.join("ra/nd/rand-x"), &text);
    let found = home.index("rand_x").unwrap();
    let versions: Vec<&str> = found.iter().map(|entry| entry.version.as_str()).collect();
    assert_eq!(versions, ["0.1.0", "0.2.0", "0.3.0"]);
    let second = &found[1];
    assert!(second.is_yanked && !found[0].is_yanked);
    assert_eq!(second.rust_version.as_deref(), Some("1.63"));
    assert_eq!(second.features.keys().collect::<Vec<_>>(), ["a", "b"]);
    let need = &second.needs[0];
    assert_eq!(
        (need.key.as_str(), need.package.as_str()),
        ("rc", "rand_core")
    );
    assert!(need.is_optional && need.kind == NeedKind::Normal && need.requirement == "^0.6");
    assert_eq!(second.needs[1].kind, NeedKind::Development);
    // A format that is not known, a package that is not there, a name that leads elsewhere.
    write(&cache.join("3/s/syn"), "\u{9}something else");
    assert_eq!(home.index("syn"), None);
    assert_eq!(home.index("serde"), None);
    assert_eq!(home.index("../../some-1/.cache/ra"), None);
    for (name, place) in [("a", "1/a"), ("ab", "2/ab"), ("ABCD", "ab/cd/abcd")] {
        write(&cache.join(place), &format!("\0{}\0", entry("1.0.0", "")));
        assert_eq!(home.index(name).unwrap().len(), 1, "{name}");
    }
}

#[test]
fn sources_are_found_in_the_home_and_in_what_a_tree_holds() {
    let folder = tempfile::tempdir().unwrap();
    let home = home_in(folder.path());
    let sources = home.folder().join("registry/src/some-1");
    write(&sources.join("a-b-1.0.0/Cargo.toml"), "");
    fs::create_dir_all(sources.join("torn-1.0.0")).unwrap();
    assert!(home.package("a_b", "1.0.0").unwrap().ends_with("a-b-1.0.0"));
    for name in [
        "m_n-o-1.0.0",
        "a-b_c-d_e-f_g-1.0.0",
        "a-b_c-d_e-f_g-h-1.0.0",
    ] {
        write(&sources.join(name).join("Cargo.toml"), "");
    }
    for name in ["m_n-o", "m-n-o", "m_n_o", "a_b_c_d_e_f_g", "a-b-c-d_e-f_g"] {
        assert!(home.package(name, "1.0.0").is_some(), "{name}");
    }
    // With more of them it is found as it is written, and not looked for in every way.
    assert!(home.package("a-b_c-d_e-f_g-h", "1.0.0").is_some());
    assert_eq!(home.package("a_b_c_d_e_f_g_h", "1.0.0"), None);
    assert_eq!(home.package("torn", "1.0.0"), None);
    assert_eq!(home.package("a-b", "1.0.1"), None);
    assert_eq!(home.package("a-b", "1.0.0/../a-b-1.0.0"), None);

    let tree = folder.path().join("tree");
    write(
        &tree.join(".cargo/config.toml"),
        "[source.crates-io]\nreplace-with = 'v'\n[source.v]\ndirectory = 'third/party'\n\
         [source.out]\ndirectory = '../home/registry/src/some-1'\n",
    );
    let manifest =
        |name: &str, version: &str| format!("[package]\nname = '{name}'\nversion = '{version}'\n");
    write(
        &tree.join("third/party/x/Cargo.toml"),
        &manifest("x", "1.0.0"),
    );
    write(
        &tree.join("third/party/x-2.0.0/Cargo.toml"),
        &manifest("x", "2.0.0"),
    );
    write(
        &tree.join("third/party/p_q-r/Cargo.toml"),
        &manifest("p_q-r", "1.0.0"),
    );
    write(
        &folder.path().join("away/Cargo.toml"),
        &manifest("y", "1.0.0"),
    );
    std::os::unix::fs::symlink(folder.path().join("away"), tree.join("third/party/y")).unwrap();
    let vendored = Vendored::of(&tree);
    assert!(vendored.package("x", "1.0.0").unwrap().ends_with("party/x"));
    assert!(
        vendored
            .package("x", "2.0.0")
            .unwrap()
            .ends_with("party/x-2.0.0")
    );
    assert!(vendored.package("p_q_r", "1.0.0").is_some());
    assert_eq!(vendored.package("x", "3.0.0"), None);
    assert_eq!(vendored.package("y", "1.0.0"), None);
    assert_eq!(vendored.package("a-b", "1.0.0"), None);
    assert_eq!(Vendored::of(folder.path()).package("x", "1.0.0"), None);
}
