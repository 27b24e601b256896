//! `docs/rows.toml`: each requirement that is done names how a user does it and which
//! test proves it, and both are there.

use toml::{Table, Value};

use super::{File, Problem};
use crate::TASKS;

const PATH: &str = "docs/rows.toml";

/// One requirement.
#[derive(Debug, Default)]
struct Row {
    id: String,
    issue: i64,
    commands: Vec<String>,
    tests: Vec<String>,
}

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let Some(file) = files.iter().find(|file| file.path == PATH) else {
        return vec![Problem::new(PATH, "the table of requirements is missing")];
    };
    match read(&file.text) {
        Err(what) => vec![Problem::new(PATH, what)],
        Ok((done, rows)) => {
            let mut problems = Vec::new();
            for (at, row) in rows.iter().enumerate() {
                let twice = rows[..at].iter().any(|other| other.id == row.id);
                let mut wrong = problems_of(row, done.contains(&row.issue), files);
                wrong.extend(twice.then(|| "stands in the table twice; remove one".to_owned()));
                problems.extend(
                    wrong
                        .into_iter()
                        .map(|what| Problem::new(PATH, format!("row {}: {what}", row.id))),
                );
            }
            problems
        }
    }
}

fn problems_of(row: &Row, done: bool, files: &[File]) -> Vec<String> {
    let mut problems = Vec::new();
    if done && row.commands.is_empty() {
        problems.push(format!(
            "issue {} is done, but no command is named",
            row.issue
        ));
    }
    if done && row.tests.is_empty() {
        problems.push(format!("issue {} is done, but no test is named", row.issue));
    }
    problems.extend(
        row.commands
            .iter()
            .filter_map(|command| wrong_command(command, files)),
    );
    problems.extend(row.tests.iter().filter_map(|test| wrong_test(test, files)));
    problems
}

/// A command is `cargo xtask TASK`, `guildhall COMMAND` or the path of an item of the
/// library, such as `guildhall_core::Registry::find`.
fn wrong_command(command: &str, files: &[File]) -> Option<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let known = match words.as_slice() {
        ["cargo", "xtask", task, ..] => TASKS.iter().any(|known| known.name == *task),
        ["guildhall", words @ ..] if !words.is_empty() => is_guildhall_command(words, files),
        [path] if path.contains("::") => is_item(path, files),
        _ => false,
    };
    (!known).then(|| {
        format!(
            "there is no command {command:?}; name `cargo xtask TASK`, `guildhall COMMAND` or an item such as `guildhall_core::Registry`"
        )
    })
}

/// Whether these are a built-in command (it has a file of its name) or the command of
/// a plugin (its manifest has the words).
fn is_guildhall_command(words: &[&str], files: &[File]) -> bool {
    let own = format!("crates/guildhall-cli/src/commands/{}.rs", words[0]);
    if files.iter().any(|file| file.path == own) {
        return true;
    }
    let plugins = || {
        files
            .iter()
            .filter(|file| file.path.starts_with("plugins/"))
    };
    (1..=words.len()).any(|count| {
        let literal = format!("\"{}\"", words[..count].join(" "));
        plugins().any(|file| file.path.ends_with(".rs") && file.text.contains(&literal))
    })
}

fn is_item(path: &str, files: &[File]) -> bool {
    let (Some((package, _)), Some((_, item))) = (path.split_once("::"), path.rsplit_once("::"))
    else {
        return false;
    };
    let folder = format!("crates/{}/src/", package.replace('_', "-"));
    files
        .iter()
        .filter(|file| file.path.starts_with(&folder))
        .any(|file| defines(&file.text, item))
}

/// Whether something public is defined under this name.
fn defines(text: &str, item: &str) -> bool {
    text.lines().any(|line| {
        let words: Vec<&str> = line
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| !word.is_empty())
            .take_while(|word| *word != "where")
            .collect();
        let at = words.iter().position(|word| {
            [
                "fn",
                "struct",
                "enum",
                "trait",
                "type",
                "const",
                "mod",
                "macro_rules",
            ]
            .contains(word)
        });
        at.is_some_and(|at| words.get(at + 1) == Some(&item))
    })
}

/// A test is `FILE::NAME`.
fn wrong_test(test: &str, files: &[File]) -> Option<String> {
    let Some((path, name)) = test.split_once("::") else {
        return Some(format!("test {test:?} is not of the form FILE::NAME"));
    };
    let Some(file) = files.iter().find(|file| file.path == path) else {
        return Some(format!("test {test:?} names a file that is not there"));
    };
    let name = name.rsplit("::").next().unwrap_or(name);
    let is_there = file.text.lines().any(|line| {
        line.split_once("fn ")
            .and_then(|(_, rest)| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with(['(', '<']))
    });
    (!is_there).then(|| format!("{path} has no test {name}; correct the name or write it"))
}

/// The issues that are done, and the rows.
fn read(text: &str) -> Result<(Vec<i64>, Vec<Row>), String> {
    let table: Table = text
        .parse()
        .map_err(|error| format!("is no TOML: {error}"))?;
    let done = table
        .get("done_issues")
        .and_then(Value::as_array)
        .ok_or("`done_issues` is missing: the list of issues whose rows must be complete")?
        .iter()
        .filter_map(Value::as_integer)
        .collect();
    let rows = table
        .get("row")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    Ok((done, rows.iter().map(row).collect::<Result<_, _>>()?))
}

fn row(value: &Value) -> Result<Row, String> {
    let id = value
        .get("id")
        .and_then(Value::as_str)
        .filter(|id| !id.is_empty())
        .ok_or("a row has no `id`")?;
    let known = ["id", "what", "issue", "command", "test", "note"];
    if let Some(other) = value
        .as_table()
        .and_then(|table| table.keys().find(|key| !known.contains(&key.as_str())))
    {
        return Err(format!(
            "row {id} has a field {other:?}, but only {} are known",
            known.join(", ")
        ));
    }
    Ok(Row {
        id: id.to_owned(),
        issue: value
            .get("issue")
            .and_then(Value::as_integer)
            .ok_or_else(|| format!("row {id} has no `issue`"))?,
        commands: texts(value.get("command")),
        tests: texts(value.get("test")),
    })
}

/// One text or several; an empty one is none.
fn texts(value: Option<&Value>) -> Vec<String> {
    let one = value.and_then(Value::as_str);
    let several = value.and_then(Value::as_array);
    one.into_iter()
        .chain(several.into_iter().flatten().filter_map(Value::as_str))
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    #[track_caller]
    fn problems(table: &str) -> Vec<String> {
        let files = [
            file(PATH, table),
            file(
                "tests/a.rs",
                "//! a\n#[test]\nfn it_works() {}\nasync fn other_one<T>() {}\n",
            ),
            file("crates/guildhall-cli/src/commands/scan.rs", ""),
            file("plugins/hello/src/lib.rs", "command = \"hello greet\""),
            file(
                "crates/guildhall-core/src/a.rs",
                "pub struct Registry<T> {\n    pub async fn find(&self) {}",
            ),
        ];
        check(&files)
            .into_iter()
            .map(|problem| problem.what)
            .collect()
    }

    fn one(command: &str, test: &str) -> Vec<String> {
        problems(&format!(
            "done_issues = [2]\n[[row]]\nid = \"S1-01\"\nissue = 2\ncommand = {command}\ntest = {test}\n"
        ))
    }

    const TEST: &str = "\"tests/a.rs::it_works\"";
    const COMMAND: &str = "\"cargo xtask scan\"";

    #[test]
    fn complete_rows_pass() {
        for command in [
            COMMAND,
            "\"guildhall scan . --format json\"",
            "\"guildhall hello greet --name Ada\"",
            "\"guildhall_core::Registry\"",
            "[\"guildhall_core::Registry::find\", \"cargo xtask test\"]",
        ] {
            assert_eq!(one(command, TEST), [""; 0], "{command}");
        }
        assert_eq!(
            one(
                COMMAND,
                "[\"tests/a.rs::other_one\", \"tests/a.rs::tests::it_works\"]"
            ),
            [""; 0]
        );
    }

    #[test]
    fn commands_that_are_not_there_are_named() {
        for command in [
            "\"cargo xtask sca\"",
            "\"guildhall scann\"",
            "\"guildhall hello leave\"",
            "\"guildhall\"",
            "\"guildhall_core::Registr\"",
            "\"rm\"",
        ] {
            assert!(
                one(command, TEST)[0].contains("there is no command"),
                "{command}"
            );
        }
    }

    #[test]
    fn tests_that_are_not_there_are_named() {
        for (test, words) in [
            ("\"tests/a.rs\"", "not of the form"),
            ("\"tests/b.rs::it_works\"", "not there"),
            ("\"tests/a.rs::it_work\"", "has no test it_work;"),
            ("\"\"", "no test is named"),
        ] {
            assert!(one(COMMAND, test)[0].contains(words), "{test}");
        }
    }

    #[test]
    fn blank_rows_are_for_issues_to_come() {
        let row = "[[row]]\nid = \"S1-01\"\nissue = 3\n";
        assert_eq!(problems(&format!("done_issues = [2]\n{row}")), [""; 0]);
        assert_eq!(problems(&format!("done_issues = [3]\n{row}")).len(), 2);
    }

    #[test]
    fn a_broken_table_is_named() {
        for (table, words) in [
            ("done_issues = [", "no TOML"),
            ("", "`done_issues` is missing"),
            ("done_issues = []\n[[row]]\nissue = 2\n", "no `id`"),
            ("done_issues = []\n[[row]]\nid = \"a\"\n", "no `issue`"),
            (
                "done_issues = []\n[[row]]\nid = \"a\"\nissue = 1\ntests = \"\"\n",
                "\"tests\"",
            ),
            (
                "done_issues = []\n[[row]]\nid = \"a\"\nissue = 1\n[[row]]\nid = \"a\"\nissue = 1\n",
                "twice",
            ),
        ] {
            assert!(problems(table)[0].contains(words), "{table}");
        }
        assert!(check(&[])[0].what.contains("missing"));
    }
}
