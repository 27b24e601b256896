//! Bytes as what git writes of a history with its lines.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guildhall_fuzz::patch_log(data));
