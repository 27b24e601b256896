//! Bytes as alerts, events, panics, tests and logs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guildhall_fuzz::intake(data));
