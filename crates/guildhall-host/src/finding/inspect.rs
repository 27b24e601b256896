//! Reading a plugin's manifest from its file, without running any of its code.

use std::fs::File;
use std::path::Path;

use guildhall_abi::raw::ABI_MAJOR;
use guildhall_abi::section::{self, SECTION_ELF, SECTION_MACHO, SECTION_PE};
use guildhall_abi::{ENTRY_SYMBOL, ENTRY_SYMBOL_PREFIX};
use guildhall_core::{Manifest, PROTOCOL_VERSION, PanicStrategy};
use guildhall_schema::Schema;
use object::{
    Architecture, BinaryFormat, Object as _, ObjectKind, ObjectSection as _, ObjectSymbol as _,
    ReadCache, ReadRef,
};

use super::refusal::Refusal;

/// What a file says of itself.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// The manifest.
    pub manifest: Manifest,
    /// Its JSON as it stands in the section.
    pub(crate) manifest_json: Vec<u8>,
}

/// Reads and checks the manifest of the plugin at `path`.
///
/// # Errors
/// The reason why the file is not taken as a plugin.
pub fn inspect(path: &Path) -> Result<Inspected, Refusal> {
    // Before it is opened: to open a pipe would wait for whoever writes into it.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(Refusal::NotALibrary {
            reason: "it is not a regular file".into(),
        });
    }
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let cache = ReadCache::new(file);
    let data: &ReadCache<File> = &cache;
    let kind = object::FileKind::parse(data).map_err(|_| Refusal::NotALibrary {
        reason: "its first bytes are of no known form".into(),
    })?;
    check_whole(data, kind, length)?;
    let object = object::File::parse(data).map_err(|error| Refusal::Truncated {
        reason: error.to_string(),
    })?;
    check_target(&object)?;
    let json = manifest_json(&object)?;
    check_entry(&object)?;
    let manifest = Manifest::from_json(&json).map_err(|error| Refusal::BadManifest {
        reason: error.to_string(),
    })?;
    check_manifest(&manifest)?;
    Ok(Inspected {
        manifest,
        manifest_json: json,
    })
}

fn unreadable(error: std::io::Error) -> Refusal {
    Refusal::Unreadable {
        reason: error.to_string(),
    }
}

/// A library whose loaded parts go beyond the end of the file would be mapped and
/// then kill the host with a bus error at the first touch, so its end is checked
/// before anything else.
fn check_whole<'data, R: ReadRef<'data>>(
    data: R,
    kind: object::FileKind,
    length: u64,
) -> Result<(), Refusal> {
    use object::Endianness;
    use object::elf::{FileHeader32, FileHeader64};

    let end = match kind {
        object::FileKind::Elf64 => elf_end::<FileHeader64<Endianness>, R>(data),
        object::FileKind::Elf32 => elf_end::<FileHeader32<Endianness>, R>(data),
        _ => Some(0),
    };
    match end {
        Some(end) if end <= length => Ok(()),
        Some(end) => Err(Refusal::Truncated {
            reason: format!("it has {length} bytes, but its headers speak of {end}"),
        }),
        None => Err(Refusal::Truncated {
            reason: "its headers are not readable".into(),
        }),
    }
}

/// Where the last segment or section header of an ELF file ends.
fn elf_end<'data, H, R>(data: R) -> Option<u64>
where
    H: object::read::elf::FileHeader<Endian = object::Endianness>,
    R: ReadRef<'data>,
{
    use object::read::elf::ProgramHeader as _;

    let header = H::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let mut end = 0_u64;
    for segment in header.program_headers(endian, data).ok()? {
        let (offset, size) = segment.file_range(endian);
        end = end.max(offset.checked_add(size)?);
    }
    let sections: u64 = header.e_shoff(endian).into();
    let size = u64::from(header.e_shentsize(endian)) * u64::from(header.e_shnum(endian));
    Some(end.max(sections.checked_add(size)?))
}

fn check_target<'data>(
    object: &object::File<'data, &'data ReadCache<File>>,
) -> Result<(), Refusal> {
    if !matches!(object.kind(), ObjectKind::Dynamic) {
        return Err(Refusal::NotALibrary {
            reason: format!(
                "it is of the kind {:?}, not a shared library",
                object.kind()
            ),
        });
    }
    let expected = (BinaryFormat::native_object(), native_architecture());
    let found = (object.format(), object.architecture());
    if found == expected || expected.1 == Architecture::Unknown && found.0 == expected.0 {
        return Ok(());
    }
    let text = |(format, architecture): (BinaryFormat, Architecture)| {
        format!("{format:?} on {architecture:?}")
    };
    Err(Refusal::WrongTarget {
        found: text(found),
        expected: text(expected),
    })
}

fn native_architecture() -> Architecture {
    match std::env::consts::ARCH {
        "x86_64" => Architecture::X86_64,
        "aarch64" => Architecture::Aarch64,
        "x86" => Architecture::I386,
        "arm" => Architecture::Arm,
        "riscv64" => Architecture::Riscv64,
        _ => Architecture::Unknown,
    }
}

fn manifest_json<'data>(
    object: &object::File<'data, &'data ReadCache<File>>,
) -> Result<Vec<u8>, Refusal> {
    let name = match object.format() {
        BinaryFormat::MachO => SECTION_MACHO,
        BinaryFormat::Coff | BinaryFormat::Pe => SECTION_PE,
        _ => SECTION_ELF,
    };
    let Some(section) = object.section_by_name(name) else {
        return Err(other_major(object).unwrap_or(Refusal::NotAPlugin));
    };
    let data = section.data().map_err(|error| Refusal::Truncated {
        reason: error.to_string(),
    })?;
    let json = section::json_of(data).map_err(|error| Refusal::BadManifest {
        reason: error.to_string(),
    })?;
    Ok(json.to_vec())
}

fn check_entry<'data>(object: &object::File<'data, &'data ReadCache<File>>) -> Result<(), Refusal> {
    if entry_symbols(object).any(|symbol| symbol == ENTRY_SYMBOL) {
        return Ok(());
    }
    Err(other_major(object).unwrap_or(Refusal::NoEntry {
        symbol: ENTRY_SYMBOL,
    }))
}

/// The refusal for a plugin that exports an entry of another major version.
fn other_major<'data>(object: &object::File<'data, &'data ReadCache<File>>) -> Option<Refusal> {
    let symbol = entry_symbols(object).find(|symbol| *symbol != ENTRY_SYMBOL)?;
    let found = symbol.strip_prefix(ENTRY_SYMBOL_PREFIX)?.to_owned();
    Some(Refusal::WrongAbi {
        found,
        expected: ABI_MAJOR,
    })
}

/// The exported names that look like entries.
fn entry_symbols<'data, 'file>(
    object: &'file object::File<'data, &'data ReadCache<File>>,
) -> impl Iterator<Item = &'data str> + 'file {
    object
        .dynamic_symbols()
        .filter(|symbol| symbol.is_definition())
        .filter_map(|symbol| symbol.name().ok())
        .map(|name| {
            name.strip_prefix('_')
                .filter(|_| cfg!(target_vendor = "apple"))
                .unwrap_or(name)
        })
        .filter(|name| name.starts_with(ENTRY_SYMBOL_PREFIX))
}

/// Whether this host can work with the agent that the manifest describes.
pub(crate) fn check_manifest(manifest: &Manifest) -> Result<(), Refusal> {
    if !manifest.protocol.matches(&PROTOCOL_VERSION) {
        return Err(Refusal::WrongProtocol {
            plugin: manifest.protocol.clone(),
            host: PROTOCOL_VERSION,
        });
    }
    if manifest.panic == PanicStrategy::Abort {
        return Err(Refusal::Aborts);
    }
    check_schemas(manifest).map_err(|reason| Refusal::BadManifest { reason })
}

/// Whether the schemas in a manifest are JSON Schemas of the subset.
fn check_schemas(manifest: &Manifest) -> Result<(), String> {
    for capability in &manifest.capabilities {
        for (schema, what) in [(&capability.input, "input"), (&capability.output, "output")] {
            Schema::compile(schema).map_err(|reason| {
                format!(
                    "the {what} schema of {} cannot be used: {reason}",
                    capability.name
                )
            })?;
        }
    }
    Ok(())
}
