//! Bytes as conditions and as templates of plans.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guildhall_fuzz::expression(data));
