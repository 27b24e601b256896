//! Builds the plugins that the tests load: with cargo once, with the C compiler at
//! need.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// The plugins of this workspace that the tests load.
pub(crate) struct Plugins {
    pub(crate) hello: PathBuf,
    pub(crate) hostile: PathBuf,
}

/// Builds them at the first call.
pub(crate) fn plugins() -> &'static Plugins {
    static PLUGINS: OnceLock<Plugins> = OnceLock::new();
    PLUGINS.get_or_init(|| {
        let libraries = cargo_build(
            Command::new(env!("CARGO")),
            &["example-hello", "hostile-plugin"],
        );
        let [hello, hostile] = libraries.try_into().expect("one library for each package");
        Plugins { hello, hostile }
    })
}

/// Runs `cargo build` for these packages; the libraries in the order of the packages.
pub(crate) fn cargo_build(mut cargo: Command, packages: &[&str]) -> Vec<PathBuf> {
    let built = cargo
        .arg("build")
        .args((!cfg!(debug_assertions)).then_some("--release"))
        .args(packages.iter().flat_map(|package| ["--package", package]))
        .arg("--message-format=json-render-diagnostics")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be run");
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "the plugins do not build:\n{said}");
    let messages: Vec<Value> = built
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    packages
        .iter()
        .map(|package| library_of(&messages, package))
        .collect()
}

fn library_of(messages: &[Value], package: &str) -> PathBuf {
    let target = package.replace('-', "_");
    messages
        .iter()
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter(|message| message["target"]["name"] == target.as_str())
        .filter_map(|message| message["filenames"].as_array())
        .flatten()
        .filter_map(Value::as_str)
        .find(|path| path.ends_with(std::env::consts::DLL_SUFFIX))
        .map(PathBuf::from)
        .unwrap_or_else(|| panic!("cargo built no library of {package}"))
}

/// A library that was made by the C compiler; it is removed when this is dropped.
pub(crate) struct CPlugin {
    pub(crate) path: PathBuf,
    folder: TempDir,
}

impl CPlugin {
    /// A folder for more files beside the library.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Compiles one of the hostile plugins' C files with these switches.
pub(crate) fn c_plugin(file: &str, switches: &[&str]) -> CPlugin {
    let folder = tempfile::tempdir().unwrap();
    let name = format!("plugin{}", std::env::consts::DLL_SUFFIX);
    let path = folder.path().join(name);
    let mut compiler = c_compiler();
    let compiled = compiler
        .args(["-fPIC", "-shared", "-pthread"])
        .args(switches.iter().map(|switch| format!("-D{switch}")))
        .arg(
            workspace()
                .join("tests/hostile-plugins/c-plugin")
                .join(file),
        )
        .arg("-o")
        .arg(&path)
        .output()
        .expect("the C compiler `cc` can be run");
    let said = String::from_utf8_lossy(&compiled.stderr);
    assert!(
        compiled.status.success(),
        "{file} {switches:?} does not compile:\n{said}"
    );
    CPlugin { path, folder }
}

/// The C compiler, as strict as the header promises to bear.
pub(crate) fn c_compiler() -> Command {
    let mut compiler = Command::new("cc");
    compiler
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(workspace().join("crates/guildhall-abi/include"));
    compiler
}

fn workspace() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors()
        .nth(2)
        .expect("this package is two levels below the workspace")
}
