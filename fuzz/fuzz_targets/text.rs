//! Any bytes as a text: kept to the letter, or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings::read::{Place, text};

fuzz_target!(|bytes: &[u8]| {
    match text::read(bytes, "a".to_owned(), &Place::file("a.txt"), false) {
        Ok(document) => {
            let kept = document.text.as_bytes();
            assert!(kept == bytes || bytes.strip_prefix(b"\xEF\xBB\xBF") == Some(kept));
        }
        Err(error) => assert!(error.to_string().starts_with("a.txt: ")),
    }
});
