//! The program and its plugins, built once and put where nothing lies beside them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// A plugin that tests install.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plugin {
    /// The first specialist, which scans.
    Scanner,
    /// The smallest example, with a command.
    Hello,
    /// A third party's, which scans as well.
    Auditor,
    /// One that misbehaves on request.
    Hostile,
    /// The coordinator of runs.
    Swarm,
    /// Another one, which goes by the order of the plan.
    Fifo,
    /// The one that answers incidents.
    Responder,
    /// The one that plans migrations.
    Planner,
    /// The one that decides where agents disagree.
    Resolver,
    /// The one that says how many agents a load needs.
    Optimizer,
    /// A third party's, which uses every service of the host.
    Workbench,
}

/// The program, and each plugin in a folder of its own.
pub(crate) struct Installed {
    pub(crate) guildhall: PathBuf,
    folder: PathBuf,
}

const PLUGINS: [Plugin; 11] = [
    Plugin::Scanner,
    Plugin::Hello,
    Plugin::Auditor,
    Plugin::Hostile,
    Plugin::Swarm,
    Plugin::Fifo,
    Plugin::Responder,
    Plugin::Planner,
    Plugin::Resolver,
    Plugin::Optimizer,
    Plugin::Workbench,
];

impl Plugin {
    /// Its package.
    fn package(self) -> &'static str {
        match self {
            Self::Scanner => "tech-debt-scanner",
            Self::Hello => "example-hello",
            Self::Auditor => "licence-auditor",
            Self::Hostile => "hostile-plugin",
            Self::Swarm => "swarm-coordinator",
            Self::Fifo => "example-fifo-coordinator",
            Self::Responder => "incident-responder",
            Self::Planner => "migration-planner",
            Self::Resolver => "conflict-resolver",
            Self::Optimizer => "resource-optimizer",
            Self::Workbench => "workbench",
        }
    }
}

impl Installed {
    /// The folder that holds this plugin alone.
    pub(crate) fn folder_of(&self, plugin: Plugin) -> PathBuf {
        self.folder.join(plugin.package())
    }

    /// Where everything is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Builds and installs at the first call.
pub(crate) fn installed() -> &'static Installed {
    static INSTALLED: OnceLock<Installed> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // In the target folder, so that links to what cargo built are possible. The
        // program gets a folder of its own, for it looks beside itself.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("installed");
        let built = build();
        let guildhall = put(&built[0], &folder.join("bin"));
        for (plugin, library) in PLUGINS.iter().zip(&built[1..]) {
            put(library, &folder.join(plugin.package()));
        }
        Installed { guildhall, folder }
    })
}

/// Builds the program and the plugins; the files in this order.
fn build() -> Vec<PathBuf> {
    let mut packages = vec!["guildhall-cli"];
    packages.extend(PLUGINS.map(Plugin::package));
    let mut cargo = Command::new(env!("CARGO"));
    cargo.arg("build").current_dir(env!("CARGO_MANIFEST_DIR"));
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    cargo.args(packages.iter().flat_map(|package| ["--package", package]));
    let built = cargo
        .arg("--message-format=json-render-diagnostics")
        .output()
        .expect("cargo can be run");
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(
        built.status.success(),
        "the program does not build:\n{said}"
    );
    let messages: Vec<Value> = built
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    packages
        .iter()
        .map(|package| file_of(&messages, package))
        .collect()
}

/// The program or the library of a package.
fn file_of(messages: &[Value], package: &str) -> PathBuf {
    let name = match package {
        "guildhall-cli" => "guildhall".to_owned(),
        package => package.replace('-', "_"),
    };
    let loadable = |path: &&str| path.ends_with(std::env::consts::DLL_SUFFIX);
    messages
        .iter()
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter(|message| message["target"]["name"] == name.as_str())
        .find_map(|message| {
            let files = message["filenames"]
                .as_array()?
                .iter()
                .filter_map(Value::as_str);
            message["executable"]
                .as_str()
                .or_else(|| files.into_iter().find(loadable))
        })
        .map(PathBuf::from)
        .unwrap_or_else(|| panic!("cargo built nothing to run for {package}"))
}

/// Links a file into a folder, under its own name.
fn put(file: &Path, folder: &Path) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let target = folder.join(file.file_name().unwrap());
    // Several test processes may be here at once: the rename replaces in one step.
    let link = folder.join(format!("{}.link", std::process::id()));
    fs::hard_link(file, &link)
        .or_else(|_| fs::copy(file, &link).map(drop))
        .unwrap();
    fs::rename(&link, &target).unwrap();
    // Renaming between two links to one file does nothing.
    let _ = fs::remove_file(&link);
    target
}
