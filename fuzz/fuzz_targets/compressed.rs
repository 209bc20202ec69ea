//! Any bytes as a packed stream: unpacked or refused.

#![no_main]

use std::io::{Cursor, Read};

use libfuzzer_sys::fuzz_target;
use tidings::read::Compression;

fuzz_target!(|bytes: &[u8]| {
    for compression in [Compression::Gzip, Compression::Zstd] {
        let mut unpacked = Vec::new();
        // A few bytes can stand for gigabytes of zeros.
        let _ = compression.unpack(Cursor::new(bytes.to_vec())).take(1 << 24).read_to_end(&mut unpacked);
    }
});
