//! What packs find in texts, and which texts are packs.

use proptest::prelude::*;

use super::*;

fn hits(pack: &Pack, text: &str, language: Language) -> Vec<(String, u32)> {
    let text = Text::read(text, language).unwrap();
    let mut declared = Declared::default();
    declared.add(&text);
    let looked = Looked {
        language,
        text: &text,
        declared: &declared,
    };
    look(pack, &looked)
        .into_iter()
        .map(|hit| (pack.changes[hit.change].id.clone(), hit.line))
        .collect()
}

/// The lines at which a pack of ours finds a change whose id begins so.
#[track_caller]
fn check(version: &str, id: &str, text: &str, lines: &[u32]) {
    let own = Pack::own();
    let pack = own.iter().find(|pack| pack.to == version).unwrap();
    let found = hits(pack, text, Language::Tsx);
    let found = found.iter().filter(|(found, _)| found.starts_with(id));
    let found: Vec<u32> = found.map(|(_, line)| *line).collect();
    assert_eq!(found, lines, "{text}");
}

#[test]
fn our_packs_are_packs() {
    for (file, text) in OWN {
        Pack::read(file, text).unwrap();
    }
    assert_eq!(Pack::own().len(), OWN.len());
}

#[test]
fn a_call_is_found_by_whatever_name_it_is_imported() {
    let id = "react-dom.render";
    for text in [
        "import ReactDOM from \"react-dom\";\nReactDOM.render(a, b);",
        "import * as D from 'react-dom';\nD.render(a, b);",
        "import { render as show } from \"react-dom\";\nshow(a, b);",
        "import D, { type X, render } from \"react-dom\";\nrender(a, b);",
        "const { render: show } = require(\"react-dom\");\nshow(a, b);",
        "const D = require('react-dom');\nD.render(a, b);",
    ] {
        check("18", id, text, &[2]);
    }
    for text in [
        "import { render } from \"@testing-library/react\";\nrender(a);",
        "import ReactDOM from \"react-dom/client\";\nroot.render(a);",
        "import { render } from \"react-dom\";\nexport const f = render;",
        "import { render } from \"react-dom\";\nroot.render(a);",
        "import D from \"react-dom\";\n// D.render(a)\nconst s = \"D.render(a)\";",
        "import ReactDOM from \"own\";\nReactDOM.render(a, b);",
    ] {
        check("18", id, text, &[]);
    }
}

#[test]
fn a_component_that_takes_children_which_its_props_do_not_have_is_found() {
    let id = "react.FC children";
    for text in [
        "import React from \"react\";\nconst A: React.FC = ({ children }) => <p>{children}</p>;",
        "import { FC } from \"react\";\nconst A: FC<{ a: keyof Other }> = ({ a, children }) => <p />;",
        "import { FC as C } from \"react\";\nconst A: C<P> = (props) => <p>{props.children}</p>;\ntype P = { a: string };",
        "type P = {};\nexport const A: React.FC<P> = ({ children }) => children;",
        "import React from \"react\";\nexport const A: React.FunctionComponent<P> = function A({ children }) { return children };\ninterface P extends Q { a: string }\ninterface Q { b: string }",
    ] {
        check("18", id, text, &[2]);
    }
    for text in [
        "import React from \"react\";\nconst A: React.FC = ({ a }) => <p>{a}</p>;",
        "import React from \"react\";\nconst A: React.FC<{ children: React.ReactNode }> = ({ children }) => <p>{children}</p>;",
        "import React from \"react\";\nconst A: React.FC<React.PropsWithChildren<{}>> = ({ children }) => children;",
        "import React from \"react\";\nconst A: React.FC<P> = ({ children }) => children;\ninterface P extends Q {}\ntype Q = { children?: X };",
        "import React from \"react\";\nimport { P } from \"elsewhere\";\nconst A: React.FC<P> = ({ children }) => children;",
        "import React from \"react\";\nimport { type P, Q } from \"elsewhere\";\nconst A: React.FC<P> = ({ children }) => children;",
        "import React from \"react\";\nimport type P from \"elsewhere\";\nconst A: React.FC<P> = ({ children }) => children;",
        "import React from \"preact\";\nconst A: React.FC = ({ children }) => children;",
        "import React from \"react\";\nconst A = ({ children }: P) => children;",
    ] {
        check("18", id, text, &[]);
    }
}

#[test]
fn types_in_many_layers_are_each_looked_at_once() {
    use std::fmt::Write as _;

    let mut text = String::from(
        "import React from \"react\";\nconst A: React.FC<A0> = ({ children }) => children;\n",
    );
    // Twenty types of a layer name all of the next: twenty to the eighth ways lead down.
    for layer in 0..9 {
        let all: Vec<String> = (0..20).map(|at| format!("L{}x{at}", layer + 1)).collect();
        for at in 0..20 {
            let _ = writeln!(text, "type L{layer}x{at} = {};", all.join(" | "));
        }
    }
    text += "type A0 = L0x0;\n";
    check("18", "react.FC children", &text, &[2]);
}

#[test]
fn a_call_without_arguments_is_one_whatever_else_is_said_of_calls() {
    let pack = "name = \"react\"\nfrom = \"18\"\nto = \"19\"\npackages = [\"react\"]\nlanguages = [\"typescript\"]\n\
                source = \"s\"\nverify = \"npm test\"\n[[change]]\nid = \"useRef\"\nclass = \"removed\"\nconfidence = 0.9\n\
                import = { module = \"react\", names = [\"useRef\"], without-arguments = true }\n";
    let pack = Pack::read("own.toml", pack).unwrap();
    let text = "import { useRef } from \"react\";\nconst a = useRef();\nconst b = useRef(1);\nconst c = useRef;";
    let found = hits(&pack, text, Language::TypeScript);
    assert_eq!(found, [("useRef".to_owned(), 2)]);
}

#[test]
fn a_class_that_takes_children_of_its_props_is_found() {
    let id = "react.Component children";
    for text in [
        "import React from \"react\";\nclass A extends React.Component<{ a: string }, S> { render() { return this.props.children } }",
        "import { PureComponent } from \"react\";\nclass A extends PureComponent<P> { render() { const { children } = this.props; return children } }\ntype P = {}",
    ] {
        check("18", id, text, &[2]);
    }
    for text in [
        "import React from \"react\";\nclass A extends React.Component<any, S> { render() { return this.props.children } }",
        "import React from \"react\";\nclass A extends React.Component<{ children: N }, S> { render() { return this.props.children } }",
        "import React from \"react\";\nclass A extends React.Component<{ a: string }, { children: N }> { render() { return this.props.a } }",
    ] {
        check("18", id, text, &[]);
    }
}

#[test]
fn a_callback_whose_parameter_has_no_type_is_found() {
    let id = "react.useCallback";
    for text in [
        "import { useCallback } from \"react\";\nconst f = useCallback((a) => a, []);",
        "import React from \"react\";\nconst f = React.useCallback(async (a: A, b) => b, []);",
        "import { useCallback } from \"react\";\nconst f = useCallback(a => a, []);",
        "import { useCallback } from \"react\";\nconst f = useCallback(({ a: b }) => b, []);",
    ] {
        check("18", id, text, &[2]);
    }
    for text in [
        "import { useCallback } from \"react\";\nconst f = useCallback(() => 1, []);",
        "import { useCallback } from \"react\";\nconst f = useCallback((a: A, b = 1) => b, []);",
        "import { useCallback } from \"react\";\nconst f = useCallback<F>((a) => a, []);",
        "import { useCallback } from \"react\";\nconst f: F = useCallback((a) => a, []);",
        "import { useCallback } from \"react\";\nconst b = <B click={useCallback((a) => a, [])} />;",
        "import { useCallback } from \"own\";\nconst f = useCallback((a) => a, []);",
    ] {
        check("18", id, text, &[]);
    }
}

#[test]
fn what_react_19_took_away_is_found() {
    let with = |line: &str| format!("import React, {{ useRef, JSX as J }} from \"react\";\n{line}");
    for (id, line, is_found) in [
        ("react.useRef", "const a = useRef<B>();", true),
        ("react.useRef", "const a = useRef<B>(null);", false),
        ("the global", "const a = (): JSX.Element => b;", true),
        ("the global", "const a = (): React.JSX.Element => b;", false),
        ("string refs", "const a = <p ref=\"b\" />;", true),
        ("string refs", "const a = <p ref={b} />;", false),
        (
            "legacy context",
            "class A { static contextTypes = {} }",
            true,
        ),
        ("defaultProps", "A.defaultProps = {};", true),
        ("defaultProps", "const b = A.defaultProps;", false),
        ("react types", "let a: React.ReactText;", true),
    ] {
        let lines: &[u32] = if is_found { &[2] } else { &[] };
        check("19", id, &with(line), lines);
    }
    check(
        "19",
        "react-dom/test-utils",
        "import { act } from \"react-dom/test-utils\";",
        &[1],
    );
    // Tokens count in files of the framework only.
    check("19", "the global", "const a = (): JSX.Element => b;", &[]);
}

/// A pack in another language, as a third party would write it.
const PYDANTIC: &str = r#"
name = "pydantic"
from = "1"
to = "2"
packages = ["pydantic"]
languages = ["python"]
verify = "pytest"
[[change]]
id = "BaseModel.dict"
class = "deprecated"
confidence = 0.6
to = "model_dump"
tokens = ". dict ( )"
"#;

#[test]
fn a_third_partys_pack_works_in_other_languages() {
    let pack = Pack::read("pydantic.toml", PYDANTIC).unwrap();
    let text = "from pydantic import BaseModel\n\ndef f(a):\n    return a.dict()\n";
    let expected = [("BaseModel.dict".to_owned(), 4)];
    assert_eq!(hits(&pack, text, Language::Python), expected);
    assert_eq!(
        hits(&pack, "def f(a):\n    return a.dict()\n", Language::Python),
        []
    );
    assert_eq!(hits(&pack, text, Language::Ruby), []);
}

#[test]
fn what_is_no_pack_is_told_with_the_line_or_the_change() {
    for (from, to, told) in [
        ("name = \"pydantic\"", "", "missing field `name`"),
        ("to = \"2\"", "to = \"two\"", "`to` is no major version"),
        (
            "\"python\"",
            "\"snake\"",
            "there is no language `snake`; there are python",
        ),
        (
            "confidence = 0.6",
            "confidence = 6.0",
            "is not between 0 and 1",
        ),
        ("tokens = \". dict ( )\"", "", "needs one of `import`"),
        ("tokens", "token", "line 13: unknown field `token`"),
        (
            "class = \"deprecated\"",
            "class = \"bad\"",
            "unknown variant `bad`",
        ),
        ("verify = \"pytest\"", "verify = \"\"", "`verify` is empty"),
    ] {
        let error = Pack::read("p.toml", &PYDANTIC.replace(from, to)).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(told), "{told}: {error}");
        assert!(
            error.starts_with("`p.toml` is no knowledge pack: "),
            "{error}"
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "[a-zA-Z<>(){}\\[\\]=.,;:\"'` \n]{0,200}") {
        let whole = format!("import React, {{ useCallback, FC }} from \"react\";\nconst a: FC{text}");
        for pack in Pack::own() {
            hits(&pack, &whole, Language::Tsx);
        }
    }
}
