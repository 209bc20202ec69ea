//! Splits articles into sentences and tokens, for `scripts/evaluate_segmentation`.
//!
//! Reads `{"id", "text"}`, one article a line, from standard input; writes
//! `{"id", "sentences": [{"start", "end", "tokens": [[start, end], ...]}]}` in character offsets.
#![allow(clippy::print_stdout)]

use std::io::{self, BufRead, Write};

use serde_json::{Value, json};
use tidings::document::Document;
use tidings::segment::segment;
use tidings::span::CharOffsets;

fn main() -> anyhow::Result<()> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let record: Value = serde_json::from_str(&line?)?;
        let field = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        let segmented =
            segment(Document { id: field("id"), source: None, title: None, published: None, text: field("text") });
        let text = &segmented.document.text;
        let offsets = CharOffsets::new(text);
        let at = |byte| offsets.char_of(text, byte);
        let sentences: Vec<Value> = segmented
            .sentences
            .iter()
            .map(|sentence| {
                let tokens: Vec<[usize; 2]> = sentence.tokens.iter().map(|t| [at(t.start()), at(t.end())]).collect();
                json!({"start": at(sentence.span.start()), "end": at(sentence.span.end()), "tokens": tokens})
            })
            .collect();
        writeln!(output, "{}", json!({"id": segmented.document.id, "sentences": sentences}))?;
    }
    Ok(())
}
