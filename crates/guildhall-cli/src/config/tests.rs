//! The layers together, and the documentation against the code.

use std::fs;

use guildhall_core::LogLevel;
use guildhall_report::Severity;
use tempfile::TempDir;

use super::*;

const DOCUMENTATION: &str = include_str!("../../../../docs/configuration.md");

struct Fixture {
    _kept: TempDir,
    folder: PathBuf,
    places: Places,
}

fn fixture() -> Fixture {
    let kept = tempfile::tempdir().unwrap();
    let folder = kept.path().canonicalize().unwrap();
    fs::create_dir_all(folder.join("project/src")).unwrap();
    fs::create_dir_all(folder.join("user")).unwrap();
    let places = Places {
        user_config: Some(folder.join("user/config.toml")),
        trust_store: Some(folder.join("state/trust.toml")),
        runs: Some(folder.join("state/runs")),
        scan_caches: None,
    };
    Fixture {
        _kept: kept,
        folder,
        places,
    }
}

impl Fixture {
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn load(&self) -> Result<Loaded, ConfigError> {
        self.load_with(None, false)
    }

    fn load_with(&self, explicit: Option<&Path>, no_project: bool) -> Result<Loaded, ConfigError> {
        let start = &self.folder.join("project/src");
        let options = LoadOptions {
            start,
            explicit,
            no_project,
        };
        Config::load_from(&self.places, &options)
    }

    fn trust(&self, path: &Path) {
        let store = self.places.trust_store.as_ref().unwrap();
        TrustStore::at(store).trust(path).unwrap();
    }
}

fn standings(loaded: &Loaded) -> Vec<(SourceKind, Standing)> {
    let sources = loaded.sources.iter();
    sources
        .map(|source| (source.kind, source.standing))
        .collect()
}

const USER: &str = "
    scan = { fail-on = 'critical', threads = 2, rules.a = { threshold = 1, enabled = false } }
    plugins.folders = ['plugins']
    plugins.config.hello.greeting = 'Hello'
";
const HOSTILE: &str = "
    scan = { fail-on = 'minor', rules.a.threshold = 5, rules.b.command = 'run' }
    plugins.files = ['evil.so']
    plugins.folders = ['evil']
    plugins.config.hello.greeting = 'Evil'
    limits.call-timeout-seconds = 1
    log.level = 'trace'
";

#[test]
fn the_projects_thresholds_count_over_the_users() {
    let it = fixture();
    it.write("user/config.toml", USER);
    let path = it.write(
        "project/guildhall.toml",
        "scan.fail-on = 'minor'\nscan.rules.a.threshold = 5\n",
    );
    let loaded = it.load().unwrap();
    let settings = &loaded.settings;
    assert_eq!(settings.fail_on, Some(FailOn::At(Severity::Minor)));
    assert_eq!(settings.threads, Some(2));
    let rule = &settings.rules["a"];
    assert_eq!((rule.threshold, rule.enabled), (Some(5.0), Some(false)));
    assert_eq!(settings.plugin_folders, [it.folder.join("user/plugins")]);
    assert_eq!(settings.origins["scan.fail-on"].path, path);
    let user = it.places.user_config.as_deref();
    let origin = &settings.origins["scan.rules.a.enabled"];
    assert_eq!(Some(origin.path.as_path()), user);
    let expected = [
        (SourceKind::User, Standing::Own),
        (SourceKind::Project, Standing::Harmless),
    ];
    assert_eq!(standings(&loaded), expected);
    assert!(loaded.warnings.is_empty());
}

#[test]
fn what_could_run_code_is_ignored_until_the_file_is_trusted() {
    let it = fixture();
    it.write("user/config.toml", USER);
    let path = it.write("project/guildhall.toml", HOSTILE);
    let before = it.load().unwrap();
    let settings = &before.settings;
    assert_eq!(settings.fail_on, Some(FailOn::At(Severity::Minor)));
    assert_eq!(settings.rules["a"].threshold, Some(5.0));
    assert!(!settings.rules.contains_key("b"));
    assert!(settings.plugin_files.is_empty());
    assert_eq!(settings.plugin_folders, [it.folder.join("user/plugins")]);
    let greeting =
        |settings: &Settings| settings.plugin_configs.values().next().unwrap()["greeting"].clone();
    assert_eq!(greeting(settings), "Hello");
    assert_eq!((settings.call_timeout, settings.log_level), (None, None));
    assert_eq!(
        standings(&before)[1],
        (SourceKind::Project, Standing::Untrusted)
    );
    let shown = shown::path(&path);
    let expected = format!(
        "{shown}: ignored `limits.call-timeout-seconds`, `log.level`, `plugins.config.hello`, \
         `plugins.files`, `plugins.folders`, `scan.rules.b.command`: only your own configuration \
         or a file that you trust may set this; read the file, then run `guildhall trust {shown}`"
    );
    assert_eq!(before.warnings, [expected]);

    it.trust(&path);
    let after = it.load().unwrap();
    assert!(after.warnings.is_empty(), "{:?}", after.warnings);
    assert_eq!(
        standings(&after)[1],
        (SourceKind::Project, Standing::Trusted)
    );
    assert_eq!(
        after.settings.plugin_files,
        [it.folder.join("project/evil.so")]
    );
    let folders = ["user/plugins", "project/evil"].map(|name| it.folder.join(name));
    assert_eq!(after.settings.plugin_folders, folders);
    assert_eq!(greeting(&after.settings), "Evil");
    assert_eq!(after.settings.log_level, Some(LogLevel::Trace));

    it.write("project/guildhall.toml", &format!("{HOSTILE}#"));
    let edited = it.load().unwrap();
    assert!(edited.settings.plugin_files.is_empty());
    assert!(edited.warnings[0].contains("has changed since it was trusted"));
}

#[test]
fn a_project_can_lift_the_users_gate() {
    let it = fixture();
    it.write("user/config.toml", USER);
    assert_eq!(
        it.load().unwrap().settings.fail_on,
        Some(FailOn::At(Severity::Critical))
    );
    let path = it.write("project/guildhall.toml", "scan.fail-on = 'never'");
    let settings = it.load().unwrap().settings;
    assert_eq!(settings.fail_on, Some(FailOn::Never));
    assert_eq!(settings.origins["scan.fail-on"].path, path);
}

#[test]
fn a_warning_stays_short() {
    let it = fixture();
    let tables = (0..10_000).map(|number| format!("a{number} = {{}}\n"));
    let text = format!("[plugins.config]\n{}", tables.collect::<String>());
    it.write("project/guildhall.toml", &text);
    let warnings = it.load().unwrap().warnings;
    assert!(warnings[0].len() < 1000, "{} bytes", warnings[0].len());
    assert!(warnings[0].contains(", 9990 more: "), "{}", warnings[0]);
}

#[test]
fn a_file_given_by_name_is_a_projects_file() {
    let it = fixture();
    it.write("project/guildhall.toml", "scan.threads = 7");
    let path = it.write("given.toml", "scan.threads = 3\nplugins.files = ['x']");
    let loaded = it.load_with(Some(&path), false).unwrap();
    assert_eq!(loaded.settings.threads, Some(3));
    assert_eq!(
        standings(&loaded),
        [(SourceKind::Explicit, Standing::Untrusted)]
    );
    assert!(loaded.settings.plugin_files.is_empty());
    it.trust(&path);
    let loaded = it.load_with(Some(&path), true).unwrap();
    assert_eq!(loaded.settings.plugin_files, [it.folder.join("x")]);
    let gone = it
        .load_with(Some(Path::new("gone.toml")), false)
        .unwrap_err();
    assert_eq!(gone.to_string(), "there is no file `gone.toml`");
}

#[test]
fn the_projects_file_can_be_left_out() {
    let it = fixture();
    it.write("project/guildhall.toml", "wrong");
    assert!(it.load().is_err());
    let loaded = it.load_with(None, true).unwrap();
    assert_eq!(loaded.settings, Settings::default());
    assert!(loaded.sources.is_empty());
}

#[test]
fn a_wrong_file_is_wrong_whether_trusted_or_not() {
    let it = fixture();
    it.write("project/guildhall.toml", "plugins.files = 3");
    let error = it.load().unwrap_err().to_string();
    assert!(
        error.contains("guildhall.toml:1:17: `plugins.files` must be a list of paths"),
        "{error}"
    );
    it.write("project/guildhall.toml", "");
    it.write("user/config.toml", "[scan]\nthread = 3");
    let error = it.load().unwrap_err().to_string();
    assert!(
        error.contains("config.toml:2:1: unknown key `thread`"),
        "{error}"
    );
}

#[test]
fn without_a_home_nothing_is_trusted() {
    let it = fixture();
    it.write("project/guildhall.toml", HOSTILE);
    let places = Places {
        user_config: None,
        trust_store: None,
        runs: None,
        scan_caches: None,
    };
    let options = LoadOptions {
        start: &it.folder.join("project"),
        explicit: None,
        no_project: false,
    };
    let loaded = Config::load_from(&places, &options).unwrap();
    assert!(loaded.settings.plugin_files.is_empty());
    assert_eq!(loaded.warnings.len(), 1);
}

#[test]
fn a_damaged_store_stops_only_who_needs_it() {
    let it = fixture();
    it.write("project/guildhall.toml", "scan.threads = 1");
    fs::create_dir(it.folder.join("state")).unwrap();
    it.write("state/trust.toml", "damaged");
    assert!(it.load().is_ok());
    it.write("project/guildhall.toml", HOSTILE);
    let error = it.load().unwrap_err();
    assert!(matches!(error, ConfigError::DamagedStore { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn the_command_in_the_warning_is_safe_to_copy() {
    let it = fixture();
    let clone = it.folder.join("$(touch x);'`id`");
    fs::create_dir(&clone).unwrap();
    fs::write(clone.join(PROJECT_FILE), HOSTILE).unwrap();
    let options = LoadOptions {
        start: &clone,
        explicit: None,
        no_project: false,
    };
    let loaded = Config::load_from(&it.places, &options).unwrap();
    let quoted = r"/$(touch x);'\''`id`/guildhall.toml'`";
    assert!(
        loaded.warnings[0].ends_with(quoted),
        "{}",
        loaded.warnings[0]
    );
}

#[test]
fn the_documented_examples_are_right() {
    let blocks: Vec<&str> = DOCUMENTATION
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(blocks.len() >= 3, "{}", blocks.len());
    for block in blocks {
        let it = fixture();
        it.write("user/config.toml", block);
        let loaded = it
            .load()
            .unwrap_or_else(|error| panic!("{error}\n\n{block}"));
        assert!(!loaded.settings.origins.is_empty(), "{block}");
    }
}

/// The rows of the tables of keys: key and layer.
fn documented_keys() -> Vec<(String, String)> {
    let rows = DOCUMENTATION.lines().filter_map(|line| {
        let row = line.strip_prefix("| `")?.strip_suffix(" |")?;
        let (key, _) = row.split_once('`')?;
        let (_, layer) = row.rsplit_once(" | ")?;
        Some((key.to_owned(), layer.to_owned()))
    });
    rows.filter(|(_, layer)| layer == "any" || layer == "user")
        .collect()
}

#[test]
fn every_key_is_documented_with_its_layer() {
    let documented = documented_keys();
    let example = DOCUMENTATION.split("```toml\n").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    let it = fixture();
    let path = it.write("full.toml", example);
    let file = file::read(&path, "full.toml").unwrap().unwrap();
    let mut seen = Vec::new();
    for entry in reader::read(&file).unwrap() {
        let layer = if entry.setting.needs_trust() {
            "user"
        } else {
            "any"
        };
        let key = generic(&entry.key);
        let row = documented.iter().find(|(documented, _)| *documented == key);
        assert_eq!(row.map(|(_, layer)| layer.as_str()), Some(layer), "{key}");
        seen.push(key);
    }
    for (table, keys) in reader::TABLES {
        for key in keys {
            let path = [table, &[key]].concat().join(".").replace('*', "RULE");
            let path = path.replace("agents.RULE", "agents.AGENT");
            let covered = seen.iter().any(|seen| seen.starts_with(&path));
            assert!(covered, "the first example lacks {path}");
        }
    }
}

/// The key as the documentation has it.
fn generic(key: &str) -> String {
    let parts: Vec<&str> = key.split('.').collect();
    match parts[..] {
        ["scan", "rules", _, name] => format!("scan.rules.RULE.{name}"),
        ["plugins", "config", _] => "plugins.config.PLUGIN".to_owned(),
        ["agents", _] => "agents.AGENT".to_owned(),
        _ => key.to_owned(),
    }
}
