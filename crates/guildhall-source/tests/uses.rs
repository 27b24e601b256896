//! What is read from the syntax of one file about what it uses.

use std::fmt::Write as _;

use guildhall_source::rust::uses::{
    Binding, DefinitionKind, FileUses, Origin, PartKind, PathKind, uses,
};
use guildhall_source::rust::{self, outline, parse};
use proptest::prelude::*;

/// What a file of this text uses, found on a thread with the stack that a worker has; `None`
/// where it is not Rust.
fn found(text: &str) -> Option<FileUses> {
    let text = text.to_owned();
    let read = move || parse(&text, &outline(&text, drop), uses).ok();
    let worker = std::thread::Builder::new().stack_size(rust::WORKER_STACK);
    let worker = worker.spawn(read).expect("there is room for a thread");
    worker.join().expect("a failure of the parser is no panic")
}

/// The same of a text that is Rust.
fn of(text: &str) -> FileUses {
    found(text).expect("the text is Rust")
}

/// The paths of a text, as `kind path`, without those in the head of its first function.
fn paths(text: &str) -> Vec<String> {
    let found = of(text);
    let all = found.paths.iter();
    all.map(|path| format!("{:?} {}", path.kind, path.path))
        .collect()
}

/// What a value comes from, in words.
fn told(found: &FileUses, id: u32) -> String {
    let path = |path: u32| &found.paths[path as usize].path;
    match *found.origin(id) {
        Origin::Unknown => "?".to_owned(),
        Origin::SelfValue(of) => format!("self({})", of.is_some()),
        Origin::Binding(at) => {
            let binding = &found.bindings[at as usize];
            match binding.annotation {
                Some(types) => format!("{}:{}", binding.name, names(found, types)),
                None => format!("{}={}", binding.name, told(found, binding.origin)),
            }
        }
        Origin::Path(at) => path(at).clone(),
        Origin::Call { path: at, first } => format!("{}({})", path(at), told(found, first)),
        Origin::Method(at) => {
            let call = &found.calls[at as usize];
            format!("{}.{}()", told(found, call.receiver), call.name)
        }
        Origin::Field(at) => {
            let field = &found.fields[at as usize];
            format!("{}.{}", told(found, field.base), field.name)
        }
        Origin::Await(of) => format!("{}.await", told(found, of)),
        Origin::Try(of) => format!("{}?", told(found, of)),
        Origin::Index(of) => format!("{}[]", told(found, of)),
        Origin::Literal(at) => format!("{}{{}}", path(found.literals[at as usize].path)),
        Origin::Macro(at) => format!("{}!", path(at)),
        Origin::Cast(types) => format!("as {}", names(found, types)),
        Origin::Handed { call, parameter } => {
            let call = &found.calls[call as usize];
            format!(
                "{}.{}(|#{parameter}|)",
                told(found, call.receiver),
                call.name
            )
        }
        Origin::Element(of) => format!("each of {}", told(found, of)),
        Origin::Tuple(of, place) => format!("{place} of {}", told(found, of)),
        Origin::Inner {
            of,
            path: at,
            place,
        } => {
            format!("{}#{place} of {}", path(at), told(found, of))
        }
        Origin::Named { of, literal, place } => {
            let literal = &found.literals[literal as usize];
            let field = &literal.fields[place as usize];
            format!("{}.{field} of {}", path(literal.path), told(found, of))
        }
    }
}

fn names(found: &FileUses, types: rust::uses::Types) -> String {
    let all = found.types(types).iter().map(|path| path.path.as_str());
    all.collect::<Vec<_>>().join(" ")
}

/// What the method `name` is called on in a text, in words, for each call.
fn receivers(text: &str, name: &str) -> Vec<String> {
    let found = of(text);
    let calls = found.calls.iter().filter(|call| call.name == name);
    calls.map(|call| told(&found, call.receiver)).collect()
}

fn binding<'a>(found: &'a FileUses, name: &str) -> &'a Binding {
    found
        .bindings
        .iter()
        .find(|binding| binding.name == name)
        .expect("there is a binding of this name")
}

#[test]
fn each_path_says_what_it_stands_for() {
    let text = "use a::{b::C, d::*, self as e}; extern crate g as h;\n\
                fn f(x: i::J<'static, K>) -> impl l::M { let N::O { p, .. } = q::r(1, 2); s::T; u!(v::w()); \
                <X as y::Z>::aa(); <bb::Cc>::dd(); ee::Ff { gg: 1 } }";
    assert_eq!(
        paths(text),
        [
            "Import a::b::C",
            "Glob a::d",
            "Import a",
            "Import ::g",
            "Type i::J",
            "Type K",
            "Bound l::M",
            "Call(2) q::r",
            "Literal N::O",
            "Expression s::T",
            "Macro u",
            "Call(0) v::w",
            "Type X",
            "Call(0) y::Z::aa",
            "Type bb::Cc",
            "Call(0) bb::Cc::dd",
            "Literal ee::Ff",
        ]
    );
    let found = of(text);
    let written = found.paths.iter().find(|path| path.path == "i::J").unwrap();
    assert_eq!((written.lifetimes, written.types), (1, 1));
    assert_eq!((written.place.line, written.place.column), (2, 12));
    let import = found.modules.imports.last().unwrap();
    assert_eq!(import.path, "::g", "{:?}", found.modules.imports);
}

#[test]
fn receivers_lead_to_where_their_values_come_from() {
    let text = "struct S { x: a::B } impl S { fn f(&self, y: c::D, z: &mut Vec<e::F>) {\n\
                self.x.go(); y.go(); z[0].go(); a::B::new().go();\n\
                let w = g::h(y).await?; w.go(); Some(i::J {}).go();\n\
                let (k, l) = m::n(); l.go();\n\
                if let Some(o) = p::q() { o.go(); }\n\
                let R { s, t: u } = v; s.go(); u.go();\n\
                for (x, y) in &z { y.go(); }\n\
                z.map(|a, b| b.go());\n\
                let e = if true { f::g() } else { h() }; e.go();\n\
                let n = match 1 { _ => { let m = 2; o::p() } }; n.go(); } }";
    assert_eq!(
        receivers(text, "go"),
        [
            "self(true).x",
            "y:c::D",
            "z:Vec e::F[]",
            "a::B::new(?)",
            "w=g::h(y:c::D).await?",
            "Some(i::J{})",
            "l=1 of m::n(?)",
            "o=Some#0 of p::q(?)",
            "s=R.s of v",
            "u=R.t of v",
            "y=1 of each of z:Vec e::F",
            "b=z:Vec e::F.map(|#1|)",
            "e=f::g(?)",
            "n=o::p(?)",
        ]
    );
}

#[test]
fn names_are_seen_where_they_are_bound_and_nowhere_else() {
    let text = "fn f() { let a = x::one(); { let a = x::two(); a.go(); } a.go();\n\
                let a = x::three(); a.go(); |a: x::Four| a.go(); a.go();\n\
                match 1 { a => a.go() } a.go(); fn g() { a.go(); } }";
    assert_eq!(
        receivers(text, "go"),
        [
            "a=x::two(?)",
            "a=x::one(?)",
            "a=x::three(?)",
            "a:x::Four",
            "a=x::three(?)",
            "a=?",
            "a=x::three(?)",
            "a",
        ]
    );
}

#[test]
fn what_must_be_mutable_for_another_reason_is_told_apart() {
    let text = "fn f() { let mut a = 1; let mut b = 2; let mut c = 3; let mut d = 4; let e = 5;\n\
                a.go(); b += 1; g(&mut c); d.x.y = 1; println!(\"{}\", e = e); }";
    let found = of(text);
    let changed = ["a", "b", "c", "d", "e"].map(|name| binding(&found, name).is_changed);
    assert_eq!(changed, [false, true, true, true, false]);
    assert!(binding(&found, "a").is_mutable && !binding(&found, "e").is_mutable);
}

#[test]
fn arguments_of_macros_are_read_as_what_they_are() {
    let text = "cfg_x! { mod inner { use a::B; pub struct C { d: e::F } } pub use g::h; }\n\
                fn f(x: i::J) { println!(\"{}\", x.go()); vec![k::L; 3]; matches!(x, m::N(_));\n\
                select! { v = x.go() => { o::p(v); q.r.go() } , else => S::T } }\n\
                macro_rules! m { ($x:expr) => { $crate::u::v($x.go(), w::X) } }";
    assert_eq!(receivers(text, "go"), ["x:i::J", "x:i::J", "?", "?"]);
    let all = paths(text);
    for path in [
        "Import a::B",
        "Type e::F",
        "Import g::h",
        "Expression k::L",
        "Call(1) m::N",
        "Token(true) o::p",
        "Token(false) S::T",
        "Token(true) crate::u::v",
        "Token(false) w::X",
    ] {
        assert!(all.contains(&path.to_owned()), "{path}: {all:?}");
    }
    let found = of(text);
    let modules: Vec<_> = found
        .modules
        .modules
        .iter()
        .map(|module| &module.name)
        .collect();
    assert_eq!(modules, ["inner"]);
    let import = found.paths.iter().find(|path| path.path == "a::B").unwrap();
    assert_eq!(import.place.scope, Some(0));
    let passed_on = found
        .modules
        .imports
        .iter()
        .find(|import| import.path == "g::h");
    assert_eq!(passed_on.map(|import| import.scope), Some(None));
    let structure = found
        .definitions
        .iter()
        .find(|one| one.name == "C")
        .unwrap();
    assert_eq!(structure.place.scope, Some(0));
}

#[test]
fn what_stands_in_a_type_among_tokens_is_no_path_of_its_own() {
    let text = "m! { x -> ::a::b(), Vec::<c::D>::e(), <[F]>::g(), ::h::i => ::j::k }";
    assert_eq!(
        paths(text),
        [
            "Macro m",
            "Token(true) ::a::b",
            "Token(false) Vec",
            "Token(false) c::D",
            "Token(false) F",
            "Token(false) ::h::i",
            "Token(false) ::j::k",
        ]
    );
}

#[test]
fn attributes_are_kept_with_their_words_and_those_of_the_language_are_not() {
    let text = "#[derive(a::B, C)] #[serde(rename_all = \"x\", with(d::e))] #[doc = \"y\"]\n\
                struct S { #[clap(short, long = f::g())] x: u8 }\n\
                #[cfg_attr(h, derive(I), tokio::main(flavor = 1))] #[inline] fn f() {}";
    let found = of(text);
    let attributes = found.attributes.iter().map(|attribute| {
        let path = &found.paths[attribute.path as usize];
        format!("{} {}", path.path, attribute.words.join(" "))
    });
    assert_eq!(
        attributes.collect::<Vec<_>>(),
        [
            "serde rename_all with d e",
            "clap short long f g",
            "tokio::main flavor",
        ]
    );
    let derived = found
        .paths
        .iter()
        .filter(|path| path.kind == PathKind::Derive);
    let derived: Vec<_> = derived.map(|path| path.path.as_str()).collect();
    assert_eq!(derived, ["a::B", "C", "I"]);
    assert!(paths(text).contains(&"Token(true) f::g".to_owned()));
}

#[test]
fn implementations_say_what_is_in_them_and_definitions_what_they_show() {
    let text = "impl<T: a::B> c::D<T> for E<T> { type F = g::H; fn i(&self, j: k::L) -> m::N { self.o() } }\n\
                pub enum P { Q(r::S), T { u: v::W } } type X = y::Z;";
    let found = of(text);
    let one = &found.implementations[0];
    let items: Vec<_> = one
        .items
        .iter()
        .map(|(name, place)| (name.as_str(), place.line))
        .collect();
    assert_eq!(items, [("F", 1), ("i", 1)]);
    assert_eq!(found.paths[one.of_trait.unwrap() as usize].path, "c::D");
    assert_eq!(names(&found, one.self_type), "E T");
    let shown = found.definitions.iter().map(|one| {
        let mut text = format!("{:?} {}", one.kind, one.name);
        for part in &one.parts {
            let name = part.name.as_deref().unwrap_or("-");
            let _ = write!(
                text,
                "; {:?} {name}: {}",
                part.kind,
                names(&found, part.types)
            );
        }
        text
    });
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            "Method i; Parameter j: k::L; Result -: m::N",
            "Enumeration P; Variant Q: r::S; Variant T: v::W",
            "Alias X; Value -: y::Z",
        ]
    );
    let method = &found.definitions[0];
    assert_eq!(
        (method.kind, method.implementation),
        (DefinitionKind::Method, Some(0))
    );
    assert_eq!(method.parts[1].kind, PartKind::Result);
}

#[test]
fn a_match_with_an_arm_for_all_the_rest_is_not_kept() {
    let text =
        |last: &str| format!("fn f() {{ match x {{ A::B => 1, A::C(1) if y => 2, {last} }}; }}");
    let matched = |last| {
        let found = of(&text(last));
        let all = found.matched.iter();
        all.map(|at| found.paths[*at as usize].path.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(matched("A::D { .. } => 3"), ["A::B", "A::C", "A::D"]);
    assert_eq!(matched("_ if z => 3"), ["A::B", "A::C"]);
    assert_eq!(matched("_ => 3"), [] as [&str; 0]);
    assert_eq!(matched("other => 3"), [] as [&str; 0]);
    assert_eq!(matched("NONE => 3"), ["A::B", "A::C", "NONE"]);
}

#[test]
fn what_macros_nest_takes_no_stack_that_is_not_there() {
    // On the stack that a worker has, with as deep a file as is parsed on it.
    for (before, inner, after) in [
        (String::new(), "&".repeat(100_000), String::new()),
        ("(".repeat(390), "&".repeat(195), ")".repeat(390)),
        (String::new(), "m!(".repeat(1_500), ")".repeat(1_500)),
        ("(".repeat(390), "m!(!".repeat(100), ")".repeat(490)),
    ] {
        let text = format!("fn f() {{ {before}m!({inner}x::y(){after}) }}");
        let text = match inner.contains('(') {
            true => text,
            false => format!("fn f() {{ {before}m!({inner}x::y()){after} }}"),
        };
        assert!(
            of(&text).paths.iter().any(|path| path.path == "x::y"),
            "{}",
            &text[..60]
        );
    }
}

#[test]
fn scopes_are_those_of_the_collected_modules() {
    let text = "mod a { use x::A; fn f() { mod hidden { use x::B; } x::C; } mod b; mod c { use x::D; } }\n\
                mac! { mod d { use x::E; mac! { mod e { use x::F; } } } } mod g { use x::G; }";
    let found = of(text);
    for path in &found.paths {
        if let Some(name) = path.path.strip_prefix("x::") {
            let module = path
                .place
                .scope
                .map(|at| &found.modules.modules[at as usize].name);
            let expected = match name {
                "A" | "B" | "C" => "a",
                "D" => "c",
                "E" => "d",
                "F" => "e",
                _ => "g",
            };
            assert_eq!(module.map(String::as_str), Some(expected), "{name}");
        }
    }
}

/// A program of statements about local variables; `name` makes their names.
fn program(steps: &[(u8, u8, u8)], name: impl Fn(u8) -> String) -> String {
    let mut text = "fn f() {\n".to_owned();
    for &(how, a, b) in steps {
        let (a, b) = (name(a), name(b));
        let _ = match how % 7 {
            0 => writeln!(text, "let mut {a} = x::make();"),
            1 => writeln!(text, "let {a}: x::Type = {b}.get()?;"),
            2 => writeln!(text, "{a}.run({b}.field);"),
            3 => writeln!(text, "println!(\"{{}}\", {a}.show());"),
            4 => writeln!(text, "{a} = {b}.await;"),
            5 => writeln!(text, "if let Some({a}) = &mut {b} {{ {a}.go(); }}"),
            _ => writeln!(text, "{b}.each(|{a}| odd! {{ {a}.go() => {b}.stop() }});"),
        };
    }
    text + "}\n"
}

/// All that is found but names of variables and columns.
fn without_names(mut found: FileUses) -> FileUses {
    found
        .bindings
        .iter_mut()
        .for_each(|binding| binding.name.clear());
    let places = found.bindings.iter_mut().map(|binding| &mut binding.place);
    let places = places.chain(found.calls.iter_mut().map(|call| &mut call.place));
    let places = places.chain(found.fields.iter_mut().map(|field| &mut field.place));
    let places = places.chain(found.definitions.iter_mut().map(|one| &mut one.place));
    let places = places.chain(found.paths.iter_mut().map(|path| &mut path.place));
    places.for_each(|place| place.column = 0);
    for path in &mut found.paths {
        if path.path.starts_with("free_") {
            path.path.clear();
        }
    }
    found
}

proptest! {
    #[test]
    fn other_names_of_local_variables_change_nothing(
        steps in proptest::collection::vec((0..7u8, 0..4u8, 0..4u8), 0..20),
    ) {
        let first = program(&steps, |at| format!("free_{at}"));
        let second = program(&steps, |at| format!("free_other_{}", 9 - at));
        prop_assert_eq!(without_names(of(&first)), without_names(of(&second)));
    }

    #[test]
    fn origins_lead_to_earlier_ones_and_numbers_are_of_their_lists(
        text in proptest::collection::vec(
            prop_oneof![
                Just("x"), Just("y.z"), Just("."), Just("a::B"), Just("::"), Just("!"), Just("("),
                Just(")"), Just("{"), Just("}"), Just(","), Just(";"), Just("let"), Just("="),
                Just("|"), Just("if"), Just("match"), Just("=>"), Just("Some"), Just("?"),
                Just("&mut"), Just("for"), Just("in"), Just("impl"), Just("fn f()"), Just("#"),
                Just("["), Just("]"), Just("$"), Just("m!"), Just("..")
            ],
            0..40,
        ),
    ) {
        let body = text.join(" ");
        // As it stands it is hardly ever Rust; in a macro it always is, if brackets fit.
        for text in [format!("fn f(x: A) {{ {body} }}"), format!("fn f(x: A) {{ m! {{ {body} }} }}")] {
            if let Some(found) = found(&text) {
                check(&found)?;
            }
        }
    }
}

/// That every number in what was found has something behind it.
fn check(found: &FileUses) -> Result<(), TestCaseError> {
    let is_path = |at: u32| (at as usize) < found.paths.len();
    for (id, origin) in found.origins.iter().enumerate() {
        let earlier = |of: u32| (of as usize) < id;
        let is_right = match *origin {
            Origin::Unknown => id == 0,
            Origin::SelfValue(of) => {
                of.is_none_or(|of| (of as usize) < found.implementations.len())
            }
            Origin::Binding(at) => earlier(found.bindings[at as usize].origin),
            Origin::Path(at) | Origin::Macro(at) => is_path(at),
            Origin::Call { path, first } => is_path(path) && earlier(first),
            Origin::Method(at) | Origin::Handed { call: at, .. } => {
                earlier(found.calls[at as usize].receiver)
            }
            Origin::Field(at) => earlier(found.fields[at as usize].base),
            Origin::Await(of) | Origin::Try(of) | Origin::Index(of) => earlier(of),
            Origin::Element(of) | Origin::Tuple(of, _) => earlier(of),
            Origin::Literal(at) => is_path(found.literals[at as usize].path),
            Origin::Cast(types) => {
                types.start <= types.end && types.end as usize <= found.paths.len()
            }
            Origin::Inner { of, path, .. } => earlier(of) && is_path(path),
            Origin::Named { of, literal, place } => {
                earlier(of) && (place as usize) < found.literals[literal as usize].fields.len()
            }
        };
        prop_assert!(is_right, "{id}: {origin:?}");
    }
    for path in &found.paths {
        let scope = path.place.scope;
        prop_assert!(scope.is_none_or(|at| (at as usize) < found.modules.modules.len()));
    }
    Ok(())
}
