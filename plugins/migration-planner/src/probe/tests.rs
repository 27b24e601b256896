//! Probes by cargo itself, of a small project that carries two versions of its dependency.

use std::time::Duration;

use super::*;
use crate::plan::FeatureFate;

struct Place {
    root: tempfile::TempDir,
    /// What is known to have become of features.
    features: BTreeMap<String, Vec<FeatureChange>>,
}

const MANIFEST: &str =
    "[workspace]\nmembers = ['app', 'user', 'apart']\n[workspace.package]\nedition = '2021'\n";

const APP: &str = "pub fn f() -> u8 { dice::roll() }\npub fn g() -> u8 { let mut dice = dice::Dice; dice.throw() }\n";

/// What the new version breaks in it.
const BROKEN: [(&str, u32, &str); 2] = [
    ("app/src/lib.rs", 1, "E0425"),
    ("app/src/lib.rs", 2, "unused_mut"),
];

impl Place {
    /// A workspace of which `app` uses `dice`, `user` uses `app` and `apart` neither.
    fn new() -> Self {
        let place = Self {
            root: tempfile::tempdir().unwrap(),
            features: BTreeMap::new(),
        };
        place.write("Cargo.toml", MANIFEST);
        place.write(
            ".cargo/config.toml",
            "[source.crates-io]\nreplace-with = 'own'\n[source.own]\ndirectory = 'vendor'\n",
        );
        place.vendor(
            "1.0.0",
            "pub struct Dice; impl Dice { pub fn throw(&mut self) -> u8 { 4 } } pub fn roll() -> u8 { 4 }",
        );
        place.vendor(
            "2.0.0",
            "pub struct Dice; impl Dice { pub fn throw(&self) -> u8 { 4 } }",
        );
        place.member("app", "dice = '1'", APP);
        place.member("user", "app = { path = '../app' }", "pub use app::f;\n");
        place.member("apart", "", "pub fn h() {}\n");
        place
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.project().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn vendor(&self, version: &str, text: &str) {
        let folder = format!("vendor/dice-{version}");
        let manifest =
            format!("[package]\nname = 'dice'\nversion = '{version}'\nedition = '2021'\n");
        self.write(&format!("{folder}/Cargo.toml"), &manifest);
        self.write(&format!("{folder}/src/lib.rs"), text);
        self.write(&format!("{folder}/.cargo-checksum.json"), "{\"files\": {}}");
    }

    fn member(&self, name: &str, needs: &str, text: &str) {
        let manifest = format!(
            "[package]\nname = '{name}'\nversion = '0.1.0'\nedition.workspace = true\n[dependencies]\n{needs}\n"
        );
        self.write(&format!("{name}/Cargo.toml"), &manifest);
        self.write(&format!("{name}/src/lib.rs"), text);
    }

    fn project(&self) -> PathBuf {
        self.root.path().join("project")
    }

    fn setting(&self, program: &str) -> Setting {
        let passed = ["PATH", "HOME", "RUSTUP_HOME"];
        let passed = passed
            .iter()
            .filter_map(|name| Some(((*name).into(), std::env::var_os(name)?)));
        let mut environment: Vec<(OsString, OsString)> = passed.collect();
        environment.push(("CARGO_HOME".into(), self.root.path().join("home").into()));
        Setting {
            program: program.into(),
            leading: Vec::new(),
            folder: self.root.path().to_owned(),
            environment,
        }
    }

    fn probe_to(
        &self,
        version: &str,
        program: &str,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Probed, ProbeFailure> {
        let (scratch, target) = (
            self.root.path().join("scratch"),
            self.root.path().join("built"),
        );
        let manifests = [
            "Cargo.toml",
            "apart/Cargo.toml",
            "app/Cargo.toml",
            "user/Cargo.toml",
        ];
        let request = ProbeRequest {
            root: &self.project(),
            manifests: manifests.map(str::to_owned).into(),
            versions: BTreeMap::from([("dice".to_owned(), Version::parse(version).unwrap())]),
            features: self.features.clone(),
            scratch: &scratch,
            target: &target,
            is_offline: true,
        };
        let watch = Watch::new(is_cancelled).within(Duration::from_secs(300));
        let probed = probe(&request, &self.setting(program), &watch, is_cancelled);
        assert!(!scratch.exists(), "the copy is removed");
        probed
    }

    fn probe(&self, version: &str) -> Result<Probed, ProbeFailure> {
        self.probe_to(version, "cargo", &|| false)
    }

    /// All files of the project with their content.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.project()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => {
                        let content = fs::read(&path).unwrap();
                        files.insert(path, content);
                    }
                }
            }
        }
        files
    }
}

fn places(probed: &Probed) -> Vec<(&str, u32, &str)> {
    let sites = probed.probe.sites.iter();
    sites
        .map(|it| (it.path.as_str(), it.line, it.code.as_str()))
        .collect()
}

#[test]
fn the_probe_adds_what_the_compiler_says_and_only_reads_the_checkout() {
    let place = Place::new();
    let before = place.files();
    let probed = place.probe("2.0.0").unwrap();
    assert_eq!(places(&probed), BROKEN);
    assert!(probed.probe.built_before);
    assert!(probed.probe.toolchain.starts_with("cargo 1."), "{probed:?}");
    assert_eq!(
        probed.passed,
        BTreeSet::from(["apart/Cargo.toml".to_owned()])
    );
    assert_eq!(
        probed.not_reached,
        BTreeSet::from(["user/Cargo.toml".to_owned()])
    );
    assert_eq!(place.files(), before);
}

#[test]
fn a_binding_that_need_not_be_mutable_any_more_is_a_place() {
    let place = Place::new();
    place.write("app/src/lib.rs", APP.lines().next_back().unwrap());
    place.write("user/src/lib.rs", "pub use app::g;\n");
    let probed = place.probe("2.0.0").unwrap();
    assert_eq!(places(&probed), [("app/src/lib.rs", 1, "unused_mut")]);
    assert_eq!(probed.passed.len(), 3);
}

#[test]
fn what_was_wrong_before_is_not_the_migrations() {
    let place = Place::new();
    place.write("apart/src/lib.rs", "pub fn h() { nothing(); }\n");
    let probed = place.probe("2.0.0").unwrap();
    assert!(!probed.probe.built_before);
    assert_eq!(places(&probed), BROKEN);
}

#[test]
fn versions_that_cannot_be_had_are_told_in_cargos_words() {
    let place = Place::new();
    let failure = place.probe("3.0.0").unwrap_err();
    assert!(matches!(failure, ProbeFailure::Cargo(_)), "{failure}");
    assert!(failure.to_string().contains("dice"), "{failure}");
}

#[test]
fn no_cargo_and_a_cancel_are_told_and_leave_nothing_behind() {
    let place = Place::new();
    let failure = place
        .probe_to("2.0.0", "/no/such/cargo", &|| false)
        .unwrap_err();
    assert!(matches!(failure, ProbeFailure::Run(_)), "{failure}");
    let cancelled = place.probe_to("2.0.0", "cargo", &|| true).unwrap_err();
    assert!(matches!(
        cancelled,
        ProbeFailure::Run(SourceError::Cancelled)
    ));
}

#[test]
fn a_link_that_leads_out_of_the_copy_is_not_in_it() {
    let place = Place::new();
    let link = |to: &str, from: &str| {
        std::os::unix::fs::symlink(to, place.project().join(from)).unwrap();
    };
    link("../../project/app/Cargo.toml", "app/around");
    link("/etc/hostname", "app/far");
    link("src/lib.rs", "app/near");
    let to = place.root.path().join("copied");
    copy::copy(&place.project(), &to, &|| false).unwrap();
    let is_there = |name: &str| to.join("app").join(name).symlink_metadata().is_ok();
    assert!(is_there("near") && is_there("src/lib.rs"));
    assert!(!is_there("around") && !is_there("far"));
}

#[test]
fn a_feature_that_has_another_name_is_asked_for_by_that() {
    let mut place = Place::new();
    for (version, feature) in [("1.0.0", "fair"), ("2.0.0", "even")] {
        let file = format!("vendor/dice-{version}/Cargo.toml");
        let text = fs::read_to_string(place.project().join(&file)).unwrap();
        place.write(&file, &format!("{text}[features]\n{feature} = []\n"));
    }
    let needs = "dice = { version = '1', features = ['fair'] }";
    place.member("app", needs, APP);
    let failure = place.probe("2.0.0").unwrap_err();
    assert!(
        failure.to_string().contains("fair"),
        "the control: {failure}"
    );
    let renamed = FeatureChange {
        name: "fair".to_owned(),
        change: FeatureFate::Renamed,
        to: Some("even".to_owned()),
    };
    place.features.insert("dice".to_owned(), vec![renamed]);
    assert_eq!(places(&place.probe("2.0.0").unwrap()), BROKEN);
}

#[test]
fn a_package_of_which_only_the_build_script_was_built_has_not_passed() {
    let place = Place::new();
    place.write("user/build.rs", "fn main() {}\n");
    let probed = place.probe("2.0.0").unwrap();
    assert_eq!(
        probed.passed,
        BTreeSet::from(["apart/Cargo.toml".to_owned()])
    );
    assert!(probed.not_reached.contains("user/Cargo.toml"), "{probed:?}");
    // What was read with the old version only says nothing of the new one.
    assert!(!probed.compiled.contains("user/src/lib.rs"), "{probed:?}");
}
