//! Bytes as frames of the boundary and as messages between agents.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guildhall_fuzz::frame(data));
