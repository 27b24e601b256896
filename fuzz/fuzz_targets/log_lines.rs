//! Bytes as the lines of a log.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guildhall_fuzz::log_lines(data));
