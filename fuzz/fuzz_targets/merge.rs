//! Bytes as three versions of a text, divided by zero bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guildhall_fuzz::merge(data));
