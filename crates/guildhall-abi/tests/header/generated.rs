//! The header as it follows from `src/raw.rs`.

use std::path::Path;

use cbindgen::{Builder, Config, EnumConfig, ExportConfig, Language, Style};
use guildhall_abi::section::{SECTION_ELF, SECTION_MACHO, SECTION_PE};
use guildhall_abi::{ENTRY_SYMBOL, EXTENSION_SERVICE, section};

/// What the names of constants begin with in C, where nothing else keeps them apart.
pub(crate) const PREFIX: &str = "GH_";

/// Source of the structs and constants.
pub(crate) const RAW: &str = include_str!("../../src/raw.rs");

/// The header's text.
pub(crate) fn header() -> String {
    let raw = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/raw.rs");
    let mut text = Vec::new();
    Builder::new()
        .with_config(config())
        .with_src(raw)
        .generate()
        .expect("src/raw.rs can be read by cbindgen")
        .write(&mut text);
    let text = String::from_utf8(text).expect("cbindgen writes text");
    prefixed(&text)
}

/// Names of the structs in `src/raw.rs`, in its order.
pub(crate) fn structs() -> Vec<&'static str> {
    names_after("pub struct ")
}

/// Names of the constants in `src/raw.rs`, in its order.
pub(crate) fn constants() -> Vec<&'static str> {
    names_after("pub const ")
}

fn names_after(beginning: &str) -> Vec<&'static str> {
    RAW.lines()
        .filter_map(|line| line.strip_prefix(beginning))
        .filter_map(|rest| rest.split([' ', ':', '{']).next())
        .collect()
}

fn config() -> Config {
    let rename = constants()
        .into_iter()
        .map(|name| (name.to_owned(), format!("{PREFIX}{name}")))
        .collect();
    Config {
        language: Language::C,
        style: Style::Both,
        cpp_compat: true,
        usize_is_size_t: true,
        no_includes: true,
        sys_includes: vec!["stddef.h".into(), "stdint.h".into()],
        header: Some(introduction()),
        after_includes: Some(helpers()),
        trailer: Some(trailer()),
        documentation: true,
        export: ExportConfig {
            include: structs().into_iter().map(str::to_owned).collect(),
            rename,
            ..ExportConfig::default()
        },
        enumeration: EnumConfig::default(),
        ..Config::default()
    }
}

/// The comments of `raw.rs` name constants as Rust knows them.
fn prefixed(text: &str) -> String {
    let families = [
        "ABI_",
        "STATUS_",
        "OPERATION_",
        "PANIC_",
        "LOG_",
        "EXTENSION_",
    ];
    families.iter().fold(text.to_owned(), |text, family| {
        text.replace(&format!("`{family}"), &format!("`{PREFIX}{family}"))
    })
}

/// How a plugin is made in C.
fn introduction() -> String {
    let magic = section::MAGIC.map(|byte| match byte {
        b' '..=b'~' => char::from(byte).to_string(),
        other => format!("\\x{other:02x}"),
    });
    format!(
        r#"/*
 * guildhall.h: the boundary between the Guildhall host and a plugin.
 *
 * Generated from crates/guildhall-abi/src/raw.rs; do not edit it by hand.
 * Renew it: GUILDHALL_BLESS=1 cargo test -p guildhall-abi --test header
 *
 * How a plugin is made
 * --------------------
 * A plugin is a shared library that exports one data symbol, `{ENTRY_SYMBOL}`, of
 * the type GhEntry. The symbol's name carries the major version of the boundary.
 * The smallest one:
 *
 *     #include "guildhall.h"
 *
 *     GH_MANIFEST(
 *       "{{\"id\":\"my-plugin\",\"version\":\"1.0.0\",\"protocol\":\"^1\",\"panic\":\"none\","
 *       "\"capabilities\":[{{\"name\":\"my.answer\",\"version\":\"1.0.0\"}}]}}");
 *
 *     static uint32_t call(void *state, uint32_t operation, const GhCall *call,
 *                          const GhMessage *request, GhMessage *out) {{
 *       static const char answer[] = "{{\"output\":42}}";
 *       (void)state, (void)call, (void)request;
 *       if (operation == GH_OPERATION_EXECUTE) {{
 *         out->head.ptr = (const uint8_t *)answer;
 *         out->head.len = sizeof answer - 1;
 *       }}
 *       return GH_STATUS_OK;
 *     }}
 *
 *     static const GhInstanceVtable instance = {{
 *       .size = sizeof(GhInstanceVtable), .call = call}};
 *
 *     static uint32_t create(const GhHost *host, GhSlice config, GhInstance *out,
 *                            GhMessage *error) {{
 *       (void)host, (void)config, (void)error;
 *       out->vtable = &instance;
 *       return GH_STATUS_OK;
 *     }}
 *
 *     GH_EXPORT const GhEntry {ENTRY_SYMBOL} = {{
 *       .size = sizeof(GhEntry),
 *       .abi_major = GH_ABI_MAJOR,
 *       .abi_minor = GH_ABI_MINOR,
 *       .panic = GH_PANIC_NONE,
 *       .manifest = GH_MANIFEST_SLICE,
 *       .create = create}};
 *
 * Built with `cc -std=c11 -fPIC -shared -I DIRECTORY my-plugin.c -o libmy-plugin.so`.
 *
 * The manifest's section
 * ----------------------
 * The host reads the manifest from the file before it runs any code of the plugin.
 * It stands in a section of its own, named `{SECTION_ELF}` in ELF files,
 * `{SECTION_MACHO}` (segment `__DATA`) in Mach-O files and `{SECTION_PE}` in PE files:
 *
 *     offset  length  what
 *     0       8       the bytes `{magic}`, of which the last is the record's version
 *     8       8       length of the JSON text in bytes, least significant byte first
 *     16      length  the JSON text, UTF-8, without a byte after it
 *
 * GH_MANIFEST writes this record, GH_MANIFEST_SLICE leads to its text. The manifest in
 * the entry must be the same text, byte for byte, else the plugin is refused.
 *
 * The rules
 * ---------
 * - A struct that is read through a pointer begins with `size`, its size in bytes as its
 *   writer knows it. Later versions append fields; a field is read only where `size`
 *   covers it. Whatever is optional is an extension that is found by name.
 * - What is given as an argument is borrowed for that call. To keep a blob, call its
 *   `retain`; where its `vtable` is null, copy the bytes. To keep a GhHost or a GhCall,
 *   copy the struct and call its `retain`.
 * - A blob that is written to an `out` pointer is handed over with one reference. With a
 *   null `vtable` the receiver copies the bytes before it gives control back, so they
 *   may be constants. `out` and `error` are set to zero before the call.
 * - Of an instance's functions one suffices: `begin` for futures, or `call`, which comes
 *   back when the work is done. Any thread may call them, and several at once.
 * - A `call` that runs for long asks `is_cancelled` now and then. Where it ignores a
 *   withdrawn task for longer than the host's grace, the plugin is quarantined.
 * - No exception and no longjmp may cross the boundary.
 * - A failure is GH_STATUS_ERROR with JSON: {{"code": "...", "message": "..."}}. The code is
 *   made of lower-case words joined by `-`; `help` and `retryable` are optional.
 */

#ifndef GUILDHALL_H
#define GUILDHALL_H"#,
        magic = magic.concat(),
    )
}

/// What helps to write a plugin in C and cannot be generated.
fn helpers() -> String {
    let magic = section::MAGIC
        .map(|byte| format!("0x{byte:02x}"))
        .join(", ");
    format!(
        r#"
/* Makes a definition visible to the host. */
#if defined(_WIN32)
#define GH_EXPORT __declspec(dllexport)
#else
#define GH_EXPORT __attribute__((visibility("default")))
#endif

/* Puts a definition into the manifest's section. */
#if defined(_MSC_VER)
#pragma section("{SECTION_PE}", read)
#define GH_IN_SECTION __declspec(allocate("{SECTION_PE}"))
#elif defined(_WIN32)
#define GH_IN_SECTION __attribute__((section("{SECTION_PE}"), used))
#elif defined(__APPLE__)
#define GH_IN_SECTION __attribute__((section("__DATA,{SECTION_MACHO}"), used))
#else
#define GH_IN_SECTION __attribute__((section("{SECTION_ELF}"), used))
#endif

/* One byte of a length, counted from the least significant one. */
#define GH_LENGTH_BYTE(length, at) ((uint8_t)((((uint64_t)(length)) >> (8 * (at))) & 0xff))

/* Defines the manifest's record in its section; `json_text` is a string literal. */
#define GH_MANIFEST(json_text)                                    \
  GH_IN_SECTION static const struct {{                             \
    uint8_t magic[8];                                             \
    uint8_t length[8];                                            \
    char json[sizeof(json_text)];                                 \
  }} gh_manifest = {{                                                \
      {{{magic}}},           \
      {{GH_LENGTH_BYTE(sizeof(json_text) - 1, 0),                  \
       GH_LENGTH_BYTE(sizeof(json_text) - 1, 1),                  \
       GH_LENGTH_BYTE(sizeof(json_text) - 1, 2),                  \
       GH_LENGTH_BYTE(sizeof(json_text) - 1, 3),                  \
       GH_LENGTH_BYTE(sizeof(json_text) - 1, 4),                  \
       GH_LENGTH_BYTE(sizeof(json_text) - 1, 5),                  \
       GH_LENGTH_BYTE(sizeof(json_text) - 1, 6),                  \
       GH_LENGTH_BYTE(sizeof(json_text) - 1, 7)}},                 \
      json_text}}

/* The text of the record that GH_MANIFEST defined, for the entry. */
#define GH_MANIFEST_SLICE \
  {{(const uint8_t *)gh_manifest.json, sizeof(gh_manifest.json) - 1}}

/* Name of the extension of a call by which a plugin asks services of the host: where the
 * host has it, GhCallVtable.extension gives a GhServiceVtable. */
#define GH_EXTENSION_SERVICE "{EXTENSION_SERVICE}"

#ifdef __cplusplus
extern "C" {{
#endif"#
    )
}

/// What stands at the end.
fn trailer() -> String {
    format!(
        r#"/* What a plugin defines. */
extern GH_EXPORT const GhEntry {ENTRY_SYMBOL};

#ifdef __cplusplus
}} /* extern "C" */
#endif

#endif /* GUILDHALL_H */"#
    )
}
