//! Bytes as a plugin's manifest.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guildhall_fuzz::manifest(data));
