//! Fingerprints: the identity of a finding across runs and unrelated edits.
//!
//! A fingerprint is made of the rule, the path and what names the place there (the
//! qualified name of a function, the text of a comment) with an ordinal that tells
//! namesakes in one file apart. Lines, columns and measured values take no part, so
//! a finding keeps its identity while code above it changes or it grows.

/// Start and factor of the 128-bit FNV-1a hash (Fowler, Noll and Vo).
const FNV_OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const FNV_PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The fingerprint made of `parts`: 32 lower-case hexadecimal digits.
pub(crate) fn fingerprint(parts: &[&str], ordinal: u32) -> String {
    let mut hash = FNV_OFFSET;
    for part in parts {
        // The length keeps ("ab", "c") apart from ("a", "bc").
        hash = mix(hash, &(part.len() as u64).to_le_bytes());
        hash = mix(hash, part.as_bytes());
    }
    format!("{:032x}", mix(hash, &ordinal.to_le_bytes()))
}

fn mix(hash: u128, bytes: &[u8]) -> u128 {
    bytes.iter().fold(hash, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(FNV_PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        // Test vectors of the FNV reference for the empty text and for "a".
        assert_eq!(mix(FNV_OFFSET, b""), 0x6c62272e07bb014262b821756295c58d);
        assert_eq!(mix(FNV_OFFSET, b"a"), 0xd228cb696f1a8caf78912b704e4a8964);
    }

    #[test]
    fn parts_and_ordinals_are_told_apart() {
        let all = [
            fingerprint(&["ab", "c"], 0),
            fingerprint(&["a", "bc"], 0),
            fingerprint(&["ab", "c"], 1),
            fingerprint(&["abc"], 0),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
