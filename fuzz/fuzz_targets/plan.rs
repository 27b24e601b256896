//! Bytes as plans, in TOML and in JSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guildhall_fuzz::plan(data));
