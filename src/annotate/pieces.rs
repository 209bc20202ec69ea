//! Words to word pieces, one word at a time, so that pieces never cross a word.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::Model;

/// Pieces of a word beyond which the rest is cut: the first piece carries the word's answers.
const MAX_PIECES_OF_WORD: usize = 12;
/// Longest part of a word that is looked up, in characters; a base64 blob must not stall the tokenizer.
const MAX_CHARS: usize = 100;
/// Words remembered by a worker before it starts over.
const MAX_CACHED: usize = 200_000;

/// A worker's memory of word pieces; news repeats its words.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    known: HashMap<Box<str>, Arc<[i32]>>,
}

impl Vocabulary {
    /// Pieces of `word`, never empty: a word without any is the unknown piece.
    pub(super) fn pieces(&mut self, model: &Model, word: &str) -> Arc<[i32]> {
        if let Some(pieces) = self.known.get(word) {
            return Arc::clone(pieces);
        }
        let plain = plain(model, word);
        let mut ids: Vec<i32> = model
            .tokenizer
            .encode_fast(plain, false)
            .map(|e| e.get_ids().iter().take(MAX_PIECES_OF_WORD).map(|&id| id as i32).collect())
            .unwrap_or_default();
        if ids.is_empty() {
            ids.push(model.special.unknown as i32);
        }
        let pieces: Arc<[i32]> = ids.into();
        if self.known.len() >= MAX_CACHED {
            self.known.clear();
        }
        self.known.insert(word.into(), Arc::clone(&pieces));
        pieces
    }
}

/// The word as the tokenizer gets it: the uncased vocabulary reads "US" as a pronoun, and quotes and dashes come
/// in many characters.
fn plain(model: &Model, word: &str) -> String {
    if let Some(replacement) = model.words.get(word) {
        return replacement.clone();
    }
    let mut plain = String::with_capacity(word.len());
    for c in word.chars().take(MAX_CHARS) {
        match model.replacements.get(&c) {
            Some(replacement) => plain.push_str(replacement),
            None => plain.push(c),
        }
    }
    plain
}

/// Word shape, fed as token type: 0 no capital letter, 1 Title, 2 UPPER, 3 miXed.
pub(super) fn shape(word: &str) -> i32 {
    let mut letters = word.chars().filter(|c| c.is_alphabetic()).map(char::is_uppercase);
    let Some(first) = letters.next() else { return 0 };
    let (mut any, mut all) = (false, true);
    for upper in letters {
        any |= upper;
        all &= upper;
    }
    match (first, any) {
        (false, false) => 0,
        (true, false) => 1,
        (true, true) if all => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn shapes() {
        for (word, expect) in [
            ("talks", 0),
            ("42", 0),
            ("", 0),
            ("Rabat", 1),
            ("A", 1),
            ("UN", 2),
            ("U.S.", 2),
            ("McKay", 3),
            ("iPhone", 3),
            ("É", 1),
        ] {
            assert_eq!(super::shape(word), expect, "{word}");
        }
    }
}
