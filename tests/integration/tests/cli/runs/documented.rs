//! The template, the examples and the guide.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::support::{pairs, sandbox, statuses};
use crate::support::{Ran, Sandbox};

/// The template with its parameters.
const FEATURE: [&str; 9] = [
    "run",
    "--template",
    "feature",
    "--set",
    "agent=echo",
    "--set",
    "feature=single sign-on",
    "--format",
    "json",
];

/// Makes the work folder a repository with a first commit.
fn repository(sandbox: &Sandbox) {
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
        let status = Command::new("git")
            .args(identity)
            .args(arguments)
            .current_dir(sandbox.work())
            .status();
        assert!(status.unwrap().success());
    };
    sandbox.write("README.md", "a project\n");
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "first"]);
}

#[test]
fn the_template_is_listed_and_shown() {
    let sandbox = sandbox();
    let list = sandbox.run(["template", "list"]).ended(0);
    for line in ["feature\n", "  --set agent=...\n", "  --set feature=...\n"] {
        assert!(list.stdout.contains(line), "{list}");
    }
    assert!(list.stdout.lines().all(|line| line.len() <= 80), "{list}");
    // What is shown is a plan.
    let text = sandbox.run(["template", "show", "feature"]).ended(0).stdout;
    sandbox.write("mine.toml", text);
    let more = ["--set", "agent=echo", "--set", "feature=x", "--check"];
    sandbox
        .run([&["run", "mine.toml"], &more[..]].concat())
        .ended(0);
    let ran = sandbox.run(["run", "--template", "feature"]).ended(2);
    for word in ["`agent`", "`feature`", "guildhall template show feature"] {
        assert!(ran.stderr.contains(word), "{ran}");
    }
}

#[test]
fn the_template_is_carried_out_by_any_agent() {
    let sandbox = sandbox();
    repository(&sandbox);
    let results = sandbox.run(FEATURE).ended(0).json();
    let parts = ["api", "docs", "frontend", "migrations", "tests"];
    assert_eq!(
        statuses(&results),
        pairs(&parts.map(|part| (part, "completed")))
    );
    let prompt = results["tasks"][0]["result"].as_str().unwrap();
    assert!(prompt.contains("API of single sign-on"), "{prompt}");
    assert!(prompt.contains("The feature: single sign-on"), "{prompt}");
}

#[test]
fn a_worktree_without_a_repository_is_told() {
    let sandbox = sandbox();
    let ran = sandbox.run(FEATURE).ended(1);
    let error = ran.json()["tasks"][0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("is not in a git repository"), "{error}");
}

/// The pages whose commands and tables are tried.
const GUIDE: &str = include_str!("../../../../../docs/running-plans.md");
const AGENTS: &str = include_str!("../../../../../docs/agents.md");

/// The contents of the blocks of a page in this language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let parts = page.split(fence.as_str()).skip(1);
    parts
        .map(|part| part.split("```").next().unwrap())
        .collect()
}

/// A command of a page, and how it ends.
#[derive(Debug)]
struct Documented {
    text: String,
    code: i32,
}

/// The commands of a page in their order. One goes on over several lines where a quotation
/// is open.
fn commands(page: &str) -> Vec<Documented> {
    let mut commands: Vec<Documented> = Vec::new();
    for block in blocks(page, "console") {
        let mut open = false;
        for line in block.lines() {
            if open {
                let command = commands.last_mut().unwrap();
                command.text.push('\n');
                command.text.push_str(line);
                open = command.text.matches('\'').count() % 2 == 1;
            } else if let Some(text) = line.strip_prefix("$ ") {
                let (text, code) = match text.split_once("    # exit code ") {
                    Some((text, code)) => (text, code.parse().unwrap()),
                    None => (text, 0),
                };
                open = text.matches('\'').count() % 2 == 1;
                commands.push(Documented {
                    text: text.to_owned(),
                    code,
                });
            }
        }
    }
    commands
}

/// A repository with the examples, in which `guildhall` is a command.
fn with_examples(config: &str) -> Sandbox {
    let sandbox = sandbox();
    sandbox.user_config(config);
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples");
    for entry in fs::read_dir(examples).unwrap() {
        let entry = entry.unwrap();
        let name = format!("docs/examples/{}", entry.file_name().to_str().unwrap());
        sandbox.write(&name, fs::read(entry.path()).unwrap());
    }
    repository(&sandbox);
    sandbox
}

/// Runs a command line in a shell, as a user does.
fn shell(sandbox: &Sandbox, text: &str) -> Ran {
    let plain = sandbox.command(["runs"]);
    let mut folders = vec![Path::new(plain.get_program()).parent().unwrap().to_owned()];
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let mut command = Command::new("sh");
    command.args(["-c", text]).current_dir(sandbox.work());
    command.env_clear().stdin(Stdio::null());
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap());
    }
    command.env("PATH", std::env::join_paths(folders).unwrap());
    Ran::of(command.output().unwrap())
}

#[test]
fn every_command_of_the_guide_is_true() {
    let sandbox = with_examples(blocks(GUIDE, "toml")[0]);
    let commands = commands(GUIDE);
    assert!(commands.len() > 40, "{} commands", commands.len());
    // What one command sets the next one uses, so blocks are one script where they assign.
    let mut variables = String::new();
    for command in commands {
        if command.text.starts_with("serial=") {
            variables = format!("{}\n", command.text);
            continue;
        }
        let ran = shell(&sandbox, &format!("{variables}{}", command.text));
        assert_eq!(ran.code, Some(command.code), "{}\n{ran}", command.text);
    }
}

#[test]
fn the_plan_in_the_guide_is_the_example_that_it_names() {
    let example = include_str!("../../../../../docs/examples/first.toml");
    assert!(example.ends_with(blocks(GUIDE, "toml")[1]), "{example}");
}

/// Agents that answer what the examples for coding agents ask for.
fn stand_ins() -> String {
    let names = ["agent-one", "agent-two", "agent-three"].map(str::to_owned);
    let numbered = (1..=9).map(|number| format!("agent-{number}"));
    let script = r#"case "$(cat)" in *'"files"'*) echo '{{"files": ["a.rs", "b.rs"]}}';; *) echo '"by {task}"';; esac"#;
    names
        .into_iter()
        .chain(numbered)
        .map(|name| {
            format!(
                "[agents.{name}]\ncommand = 'sh'\nargs = ['-c', '''{script}''']\noutput = 'json'\n\
                 capabilities = ['agent.prompt']\n"
            )
        })
        .collect()
}

#[test]
fn every_example_is_carried_out_by_the_guide_or_by_stand_ins() {
    let sandbox = with_examples(&stand_ins());
    let told: String = commands(GUIDE)
        .iter()
        .map(|it| it.text.clone() + "\n")
        .collect();
    let mut tried = 0;
    for entry in fs::read_dir(sandbox.work().join("docs/examples")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("docs/examples/{name}");
        if !told.contains(&format!("guildhall run {path}")) {
            sandbox.run(["run", &path]).ended(0);
            tried += 1;
        }
        assert!(
            GUIDE.contains(&format!("examples/{name}")) || tried > 0,
            "{name} is named nowhere"
        );
    }
    assert_eq!(tried, 5, "plans for coding agents");
}

#[test]
fn every_table_of_the_page_on_agents_is_an_agent() {
    let tables = blocks(AGENTS, "toml");
    assert!(tables.len() > 12, "{} tables", tables.len());
    for table in tables {
        let sandbox = sandbox();
        sandbox.user_config(table);
        let list = sandbox.run(["plugin", "list", "--json"]).ended(0).json();
        let ids: Vec<&str> = list["plugins"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["manifest"]["id"].as_str())
            .collect();
        for id in table
            .lines()
            .filter_map(|line| line.strip_prefix("[agents."))
        {
            let id = id.trim_end_matches(']').split('.').next().unwrap();
            assert!(ids.contains(&id), "{id} is none of {ids:?}");
        }
    }
    let mentioned = |key: &str| AGENTS.contains(&format!("| `{key}` |"));
    for key in KEYS {
        assert!(mentioned(key), "{key} is not described");
    }
}

/// The keys of an agent's table, as the program itself lists them.
const KEYS: [&str; 24] = [
    "version",
    "summary",
    "command",
    "args",
    "tools-separator",
    "stdin",
    "env",
    "set-env",
    "secrets",
    "workspace",
    "model",
    "tools",
    "timeout-seconds",
    "grace-seconds",
    "max-concurrent-tasks",
    "capabilities",
    "output",
    "output-pointer",
    "output-file",
    "success-exit-codes",
    "retry-exit-codes",
    "usage",
    "usage-pattern",
    "limits",
];

#[test]
fn the_keys_that_are_held_to_be_described_are_those_there_are() {
    let sandbox = sandbox();
    sandbox.user_config("[agents.x]\ncommand = \"sh\"\nzzzzzzzzzzzz = 1\n");
    let ran = sandbox.run(["run", "p.toml"]).ended(2);
    let (_, listed) = ran.stderr.split_once("the keys here are ").unwrap();
    let mut listed: Vec<&str> = listed.trim().split(", ").collect();
    let mut known = [&KEYS[..], &["max-output-mib"]].concat();
    listed.sort_unstable();
    known.sort_unstable();
    assert_eq!(listed, known);
}

#[test]
fn the_commands_of_the_page_on_agents_are_true() {
    let sandbox = sandbox();
    sandbox.user_config(blocks(AGENTS, "toml")[0]);
    let block = blocks(AGENTS, "console")[0];
    let (command, said) = block.split_once('\n').unwrap();
    let ran = shell(&sandbox, command.strip_prefix("$ ").unwrap()).ended(0);
    assert_eq!(ran.stdout, said);
}
