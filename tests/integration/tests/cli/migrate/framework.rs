//! Frameworks by knowledge packs: what a maintainer of a web application sees.

use serde_json::{Value, json};

use super::said_of;
use crate::support::{Plugin, Sandbox};

const PACK: &str = r#"
name = "vue"
from = "2"
to = "3"
packages = ["vue"]
languages = ["javascript"]
verify = "npm test"
[[change]]
id = "Vue.set"
class = "removed"
confidence = 0.9
note = "assign the property"
import = { module = "vue", names = ["set"], called = true }
"#;

fn project() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Planner]);
    for (name, text) in [
        (
            "package.json",
            r#"{"dependencies": {"react": "^17.0.2", "react-dom": "^17.0.2", "vue": "2.7.1"}}"#,
        ),
        (
            "src/index.tsx",
            "import ReactDOM from \"react-dom\";\nimport { App } from \"./App\";\n\nReactDOM.render(<App />, root);\n",
        ),
        (
            "src/App.tsx",
            "import React from \"react\";\n\nexport const App: React.FC<{ name: string }> = ({ children }) => <p>{children}</p>;\n",
        ),
        (
            "src/title.tsx",
            "import React from \"react\";\n\nexport const Title = () => <h1>x</h1>;\n",
        ),
        (
            "src/sum.ts",
            "export const sum = (a: number, b: number) => a + b;\n",
        ),
        (
            "src/old.js",
            "import Vue from \"vue\";\n\nVue.set(a, \"b\", 1);\n",
        ),
        (
            "node_modules/react/index.js",
            "require(\"react-dom\").render();\n",
        ),
        ("vue.toml", PACK),
    ] {
        sandbox.write(name, text);
    }
    sandbox
}

fn plan(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let all = [&["migrate", "plan", "--format", "json"][..], arguments].concat();
    sandbox.run(all).ended(0).json()["migration"].clone()
}

#[test]
fn a_framework_is_planned_by_what_a_pack_names() {
    let sandbox = project();
    let plan = plan(&sandbox, &["--framework", "react@18"]);
    assert_eq!(plan["targets"][0]["from"], "17.0.2");
    assert_eq!(
        said_of(&plan, "src/index.tsx"),
        ("must", vec!["react-dom.render"])
    );
    assert_eq!(
        said_of(&plan, "src/App.tsx"),
        ("must", vec!["react.FC children"])
    );
    assert_eq!(said_of(&plan, "src/title.tsx").0, "may");
    assert_eq!(plan["files"].as_array().unwrap().len(), 3, "{plan:#}");
    // What works on the old version comes first, and each step can be verified and undone.
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(steps[0]["files"], json!(["src/App.tsx"]));
    assert_eq!(steps[1]["files"], json!(["src/index.tsx"]));
    assert_eq!(steps[1]["after"][0]["step"], "prepare-1");
    for step in steps {
        assert!(step["verify"] == "npx tsc --noEmit && npm test", "{step}");
        assert!(
            step["rollback"]["how"]
                .as_str()
                .unwrap()
                .contains("git revert"),
            "{step}"
        );
    }
    let text = sandbox.run(["migrate", "plan", "--framework", "react@18"]);
    let text = text.ended(0).stdout;
    assert!(text.contains("low confidence"), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
}

#[test]
fn versions_in_between_are_part_of_the_way() {
    let sandbox = project();
    let plan = plan(&sandbox, &["--framework", "react@19"]);
    assert_eq!(said_of(&plan, "src/App.tsx").0, "must");
    assert_eq!(said_of(&plan, "src/index.tsx").0, "must");
    sandbox.write("package.json", r#"{"dependencies": {"react": "~18.2"}}"#);
    let plan = self::plan(&sandbox, &["--framework", "react@19"]);
    assert_eq!(
        said_of(&plan, "src/App.tsx").0,
        "may",
        "what 18 changed is done"
    );
}

#[test]
fn a_third_partys_pack_is_used_and_without_one_every_import_counts() {
    let sandbox = project();
    let with = plan(&sandbox, &["--pack", "vue.toml"]);
    assert_eq!(said_of(&with, "src/old.js"), ("must", vec!["Vue.set"]));
    assert_eq!(
        with,
        plan(&sandbox, &["--pack", "vue.toml", "--framework", "vue@3"])
    );
    let without = plan(&sandbox, &["--framework", "vue@3"]);
    assert_eq!(
        said_of(&without, "src/old.js"),
        ("must", vec!["no knowledge pack"])
    );
    assert!(
        without["blind"]
            .to_string()
            .contains("give one by --pack FILE")
    );
    let scoped = r#"{"dependencies": {"@own/kit": "1.0.0"}}"#;
    sandbox.write("package.json", scoped);
    sandbox.write("src/kit.js", "import kit from \"@own/kit/button\";\n");
    let scoped = plan(&sandbox, &["--framework", "@own/kit@2"]);
    assert_eq!(said_of(&scoped, "src/kit.js").0, "must");
    let probed = plan(&sandbox, &["--pack", "vue.toml", "--probe"]);
    assert!(probed["blind"].to_string().contains("not-probed"));
}

#[test]
fn what_is_no_framework_of_the_project_and_no_pack_is_told() {
    let sandbox = project();
    sandbox.write(
        "bad.toml",
        PACK.replace("confidence = 0.9", "confidence = 9"),
    );
    for (arguments, told) in [
        (
            &["--framework", "svelte@5"][..],
            "nothing in the project uses `svelte`",
        ),
        (
            &["--framework", "react@17"],
            "`react` is at 17.0.2, and 17 is not newer",
        ),
        (&["--framework", "a b@1"], "is no framework with a version"),
        (
            &["--framework", "react"],
            "write the name, `@` and a version",
        ),
        (
            &["--framework", "react@18", "--edition", "2024"],
            "a migration of its own",
        ),
        (&["--pack", "bad.toml"], "the confidence of `Vue.set`"),
        (&["--pack", "none.toml"], "`none.toml` is no knowledge pack"),
        (
            &["--pack", "package.json"],
            "`package.json` is no knowledge pack: line 1",
        ),
        (
            &["--pack", "vue.toml", "--pack", "vue.toml"],
            "name one by --framework: vue@3",
        ),
        (
            &["--framework", "react@18", "nowhere"],
            "name an existing folder",
        ),
    ] {
        let ran = sandbox.run([&["migrate", "plan"][..], arguments].concat());
        assert!(ran.stderr.contains(told), "{arguments:?}: {ran}");
        assert_eq!(ran.code, Some(3), "{arguments:?}: {ran}");
    }
}
