//! Every mistake in a plan and exactly what is told of it: `mistakes.txt`.
//! `GUILDHALL_BLESS=1` writes what is told into the file.

use std::env;
use std::fs;
use std::path::Path;

use guildhall_coordination::{CoordinationError, Plan, PlanFormat};

const HEADER: &str = "=== ";
const BETWEEN: &str = "\n--- told\n";

struct Case<'t> {
    name: &'t str,
    plan: &'t str,
    told: &'t str,
}

#[test]
fn every_mistake_is_told_with_its_place_and_what_to_do() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plan/mistakes.txt");
    let text = fs::read_to_string(&path).unwrap();
    let cases: Vec<Case<'_>> = text.split(HEADER).skip(1).map(case).collect();
    assert!(cases.len() > 60, "only {} cases", cases.len());
    if env::var_os("GUILDHALL_BLESS").is_some() {
        let blessed: Vec<String> = cases.iter().map(blessed).collect();
        fs::write(&path, blessed.join("")).unwrap();
        return;
    }
    for case in cases {
        assert_eq!(told(&case), case.told, "{}", case.name);
    }
}

#[test]
fn at_most_twenty_mistakes_are_told_and_the_rest_is_counted() {
    let tasks: String = (0..50)
        .map(|n| format!("[[task]]\nid = \"{n}\"\nx = 1\n"))
        .collect();
    let text = format!("name = \"p\"\ndefaults = {{ agent = \"a\" }}\n{tasks}");
    let error = Plan::parse(&text, PlanFormat::Toml, "p.toml").unwrap_err();
    let CoordinationError::BadPlan { problems, more } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((problems.len(), *more), (20, 30));
    let lines: Vec<usize> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, (0..20).map(|n| 5 + 3 * n).collect::<Vec<_>>());
    assert!(error.to_string().ends_with("and 30 more"));
}

fn case(section: &str) -> Case<'_> {
    let (name, rest) = section.split_once('\n').unwrap();
    let (plan, told) = rest.split_once(BETWEEN).unwrap_or((rest.trim_end(), ""));
    Case {
        name,
        plan,
        told: told.trim_end(),
    }
}

fn told(case: &Case<'_>) -> String {
    let (format, file) = match case.plan.starts_with('{') {
        true => (PlanFormat::Json, "plan.json"),
        false => (PlanFormat::Toml, "plan.toml"),
    };
    match Plan::parse(case.plan, format, file) {
        Ok(_) => "nothing".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn blessed(case: &Case<'_>) -> String {
    format!(
        "{HEADER}{}\n{}{BETWEEN}{}\n\n",
        case.name,
        case.plan,
        told(case)
    )
}
