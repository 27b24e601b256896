//! The manifest's record in a section of the plugin's library, readable without
//! running any of the plugin's code.
//!
//! Layout: the eight bytes of [`MAGIC`], the length of the JSON text as eight
//! bytes, least first, then the JSON text. Linkers may pad a section, so the
//! length counts, not the section's size.

use crate::error::AbiError;

/// Name of the section in ELF files.
pub const SECTION_ELF: &str = ".guildhall.manifest";
/// Name of the section in Mach-O files (segment `__DATA`).
pub const SECTION_MACHO: &str = "__guildhall";
/// Name of the section in PE files.
pub const SECTION_PE: &str = ".ghmanif";

/// First bytes of the record; the last one is its version.
pub const MAGIC: [u8; 8] = *b"GHMANIF\x01";

/// Bytes in front of the JSON text.
pub const HEADER_LENGTH: usize = 16;

/// The record around `json`.
///
/// # Panics
/// Where `N` is not the length of `json` and the header; at compile time that is a
/// compile error.
pub const fn record<const N: usize>(json: &[u8]) -> [u8; N] {
    assert!(
        N == HEADER_LENGTH + json.len(),
        "the record must have the length of its parts"
    );
    let mut record = [0; N];
    let length = (json.len() as u64).to_le_bytes();
    let mut at = 0;
    while at < 8 {
        record[at] = MAGIC[at];
        record[8 + at] = length[at];
        at += 1;
    }
    let mut at = 0;
    while at < json.len() {
        record[HEADER_LENGTH + at] = json[at];
        at += 1;
    }
    record
}

/// The JSON text in a section's bytes.
///
/// # Errors
/// [`AbiError::BadSection`] where the bytes are no such record.
pub fn json_of(section: &[u8]) -> Result<&[u8], AbiError> {
    let bad = |reason| AbiError::BadSection { reason };
    let (header, rest) = section
        .split_first_chunk::<HEADER_LENGTH>()
        .ok_or_else(|| bad("it is shorter than its header"))?;
    let (magic, length) = header.split_at(MAGIC.len());
    if magic[..7] != MAGIC[..7] {
        return Err(bad("it does not begin with the magic bytes"));
    }
    if magic[7] != MAGIC[7] {
        return Err(bad("its version is not 1"));
    }
    let mut bytes = [0; 8];
    bytes.copy_from_slice(length);
    usize::try_from(u64::from_le_bytes(bytes))
        .ok()
        .and_then(|length| rest.get(..length))
        .ok_or_else(|| bad("its length goes beyond the section's end"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_record_is_read_back_whatever_pads_it(padding in 0..40_usize) {
            const RECORD: [u8; 18] = record(b"{}");
            let mut section = RECORD.to_vec();
            section.resize(RECORD.len() + padding, 0);
            prop_assert_eq!(json_of(&section).unwrap(), b"{}");
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, length: u64) {
            let _ = json_of(&bytes);
            let mut section = MAGIC.to_vec();
            section.extend(length.to_le_bytes());
            section.extend(&bytes);
            let fits = usize::try_from(length).is_ok_and(|length| length <= bytes.len());
            prop_assert_eq!(json_of(&section).is_ok(), fits);
        }
    }

    #[test]
    fn another_version_is_named() {
        let mut other = record::<18>(b"{}");
        other[7] = 2;
        assert!(
            json_of(&other)
                .unwrap_err()
                .to_string()
                .contains("version is not 1")
        );
    }
}
