//! Any bytes as JSON lines: articles or errors, never more than there are lines, never a panic.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use tidings::read::Place;
use tidings::read::jsonl::{Fields, Lines};

fuzz_target!(|bytes: &[u8]| {
    let lines = Lines::new(bytes, Place::file("a.jsonl"), "a".to_owned(), Arc::new(Fields::default()), false);
    let at_most = bytes.split(|&b| b == b'\n').count();
    let mut n = 0;
    for item in lines {
        n += 1;
        match item {
            Ok(document) => assert!(!document.text.trim().is_empty()),
            Err(error) => assert!(error.to_string().starts_with("a.jsonl")),
        }
    }
    assert!(n <= at_most);
});
