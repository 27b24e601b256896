//! The C header: that the file is the one generated from `src/raw.rs`, and that a C
//! compiler and a C++ compiler lay its structs out as Rust does.
#![expect(
    clippy::unwrap_used,
    reason = "what fails in a test is to fail the test"
)]

mod generated;
mod layout;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn header_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include/guildhall.h")
}

#[test]
fn the_header_is_the_one_that_raw_rs_gives() {
    let expected = generated::header();
    if std::env::var_os("GUILDHALL_BLESS").is_some() {
        std::fs::write(header_path(), &expected).unwrap();
    }
    let found = std::fs::read_to_string(header_path()).unwrap_or_default();
    assert!(
        found == expected,
        "include/guildhall.h differs from what src/raw.rs gives; renew it: GUILDHALL_BLESS=1 cargo test -p guildhall-abi --test header",
    );
}

#[test]
fn a_c_compiler_lays_the_structs_out_as_rust_does() {
    let compiled = compile(&["cc", "-std=c11"], "layout.c", &layout::assertions());
    assert!(compiled.is_some(), "there is no C compiler named `cc`");
}

#[test]
fn a_cpp_compiler_lays_the_structs_out_as_rust_does() {
    if compile(&["c++", "-std=c++11"], "layout.cc", &layout::assertions()).is_none() {
        println!("left out: there is no C++ compiler named `c++`");
    }
}

/// Shows that the assertions are seen by the compiler at all.
#[test]
fn a_layout_that_differs_does_not_compile() {
    let right = format!(
        "sizeof(GhSlice) == {}",
        size_of::<guildhall_abi::raw::GhSlice>()
    );
    let assertions = layout::assertions();
    assert!(assertions.contains(&right));
    let wrong = assertions.replacen(&right, "sizeof(GhSlice) == 7", 1);
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["cc", "-std=c11"], folder.path(), "layout.c", &wrong).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("GhSlice"),
        "{said}"
    );
}

#[test]
fn the_example_in_the_header_compiles() {
    let header = generated::header();
    let (_, rest) = header.split_once("The smallest one:").unwrap();
    let (example, _) = rest.split_once("Built with").unwrap();
    let lines = example
        .lines()
        .map(|line| line.strip_prefix(" *     ").unwrap_or_default());
    let source: Vec<&str> = lines.collect();
    assert!(
        source
            .iter()
            .any(|line| line.contains(guildhall_abi::ENTRY_SYMBOL))
    );
    assert!(
        compile(
            &["cc", "-std=c11", "-fPIC"],
            "example.c",
            &source.join("\n")
        )
        .is_some()
    );
}

/// Compiles `source`; nothing where the compiler is not there.
fn compile(compiler: &[&str], name: &str, source: &str) -> Option<()> {
    let folder = tempfile::tempdir().unwrap();
    let output = run(compiler, folder.path(), name, source)?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(())
}

fn run(compiler: &[&str], folder: &Path, name: &str, source: &str) -> Option<Output> {
    std::fs::write(folder.join(name), source).unwrap();
    let (program, options) = compiler.split_first().unwrap();
    let include = header_path();
    match Command::new(program)
        .args(options)
        .args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-I"])
        .arg(include.parent().unwrap())
        .args(["-c", name, "-o", "layout.o"])
        .current_dir(folder)
        .output()
    {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("{program} cannot be run: {error}"),
    }
}
