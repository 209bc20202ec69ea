//! Sentences that were seen before: news agencies' copies repeat word for word.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Parsed;
use crate::syntax::Token;

/// Bytes that the sentences in memory may take, all together.
const MAX_BYTES: usize = 32 << 20;
/// What an entry takes beyond its tokens and texts.
const ENTRY: usize = 128;

/// A bounded memory of annotated sentences, shared by workers on the same model.
///
/// A sentence is known by its words alone, and what the network says of it depends on nothing else, so that a run's
/// output is the same with and without it. What was not asked for while half of the room was filled anew is dropped.
#[derive(Debug, Default)]
pub struct SentenceMemory {
    state: Mutex<Generations>,
    asked: AtomicU64,
    known: AtomicU64,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Box<[u8]>, Arc<Parsed>>,
    old: HashMap<Box<[u8]>, Arc<Parsed>>,
    young_bytes: usize,
}

/// The words of a sentence as one key; no two sentences share one.
pub(super) fn key(words: &[&str]) -> Box<[u8]> {
    let mut key = Vec::with_capacity(words.iter().map(|w| w.len() + 1).sum());
    for word in words {
        key.extend_from_slice(word.as_bytes());
        // No byte of UTF-8 text.
        key.push(0xff);
    }
    key.into()
}

impl SentenceMemory {
    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<Arc<Parsed>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut state = self.lock();
        let found = match state.young.get(key) {
            Some(parsed) => Some(Arc::clone(parsed)),
            None => state.old.remove_entry(key).map(|(key, parsed)| {
                state.insert(key, Arc::clone(&parsed));
                parsed
            }),
        };
        drop(state);
        if found.is_some() {
            self.known.fetch_add(1, Ordering::Relaxed);
        }
        found
    }

    pub(super) fn put(&self, key: Box<[u8]>, parsed: &Parsed) {
        let parsed = Arc::new(parsed.clone());
        self.lock().insert(key, parsed);
    }

    /// Sentences that were asked for, and those of them that were known.
    pub fn asked_and_known(&self) -> (u64, u64) {
        (self.asked.load(Ordering::Relaxed), self.known.load(Ordering::Relaxed))
    }
}

impl Generations {
    fn insert(&mut self, key: Box<[u8]>, parsed: Arc<Parsed>) {
        let lemmas: usize = parsed.tokens.iter().map(|token| token.lemma.capacity()).sum();
        let bytes = ENTRY + key.len() + parsed.tokens.capacity() * size_of::<Token>() + lemmas;
        if self.young_bytes + bytes > MAX_BYTES / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        // A sentence longer than the room is not worth all others.
        if bytes <= MAX_BYTES / 2 && self.young.insert(key, parsed).is_none() {
            self.young_bytes += bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;
    use crate::syntax::{Deprel, Upos, Xpos};

    fn parsed(n_tokens: usize) -> Parsed {
        let token = Token {
            span: Span::new(0, 1),
            lemma: "x".to_owned(),
            upos: Upos::X,
            xpos: Xpos::Other,
            head: None,
            deprel: Deprel::Root,
        };
        Parsed { tokens: vec![token; n_tokens], found: Vec::new() }
    }

    #[test]
    fn keys_tell_word_boundaries_apart() {
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_ne!(key(&["a b"]), key(&["a", "b"]));
        assert_ne!(key(&[]), key(&[""]));
    }

    #[test]
    fn what_is_asked_for_stays_and_the_room_is_bounded() {
        let memory = SentenceMemory::default();
        let kept = key(&["kept"]);
        memory.put(kept.clone(), &parsed(3));
        let word = "w".repeat(1000);
        for i in 0..5000 {
            memory.put(key(&[&word, &i.to_string()]), &parsed(100));
            assert_eq!(memory.get(&kept).map(|p| p.tokens.len()), Some(3), "{i}");
        }
        assert!(memory.get(&key(&[&word, "0"])).is_none());
        assert_eq!(memory.asked_and_known(), (5001, 5000));
        let state = memory.lock();
        assert!(state.young_bytes <= MAX_BYTES / 2);
        assert!((state.young.len() + state.old.len()) * (100 * size_of::<Token>() + 1000) <= MAX_BYTES);
        drop(state);
        memory.put(key(&["long"]), &parsed(1_000_000));
        assert!(memory.get(&key(&["long"])).is_none());
    }
}
