//! Byte ranges into an article's text.

use std::ops::Range;

/// A half-open byte range into [`Document::text`](crate::document::Document::text).
///
/// Spans are made by the segmenter and by joining other spans, so both ends always lie on character
/// boundaries of the text they were made for, and `start <= end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    start: usize,
    end: usize,
}

impl Span {
    /// The span from `start` to `end` in bytes; ends in the wrong order are swapped.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: start.min(end), end: start.max(end) }
    }

    /// First byte.
    pub fn start(self) -> usize {
        self.start
    }

    /// One past the last byte.
    pub fn end(self) -> usize {
        self.end
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether the span covers nothing.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The covered text; empty if the span was made for another text.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or("")
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies inside.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// As a byte range.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// The text with runs of white space as one space, for reading on one line.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Turns byte offsets into character offsets, for output formats that count Unicode characters.
///
/// Built once for a text in one pass; ASCII texts cost nothing.
#[derive(Debug)]
pub struct CharOffsets {
    /// Characters before every 64th byte; empty when bytes and characters are the same.
    marks: Vec<usize>,
}

impl CharOffsets {
    const STEP: usize = 64;

    /// Index `text`.
    pub fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self { marks: Vec::new() };
        }
        let mut marks = Vec::with_capacity(text.len() / Self::STEP + 1);
        let mut chars = 0;
        for (i, byte) in text.bytes().enumerate() {
            if i % Self::STEP == 0 {
                marks.push(chars);
            }
            // Continuation bytes are 0b10xxxxxx; every other byte starts a character.
            chars += usize::from(byte & 0xC0 != 0x80);
        }
        Self { marks }
    }

    /// Characters of `text` before byte `offset`; `text` must be the one that was indexed.
    pub fn char_of(&self, text: &str, offset: usize) -> usize {
        let offset = offset.min(text.len());
        let Some(&before) = self.marks.get((offset / Self::STEP).min(self.marks.len().saturating_sub(1))) else {
            return offset;
        };
        let from = (offset / Self::STEP).min(self.marks.len() - 1) * Self::STEP;
        before + text.as_bytes()[from..offset].iter().filter(|&&b| b & 0xC0 != 0x80).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_not_bytes() {
        let text = "Açaí 😀 in São Tomé e Príncipe ".repeat(9);
        let offsets = CharOffsets::new(&text);
        for (chars, (byte, _)) in text.char_indices().enumerate() {
            assert_eq!(offsets.char_of(&text, byte), chars);
        }
        assert_eq!(offsets.char_of(&text, text.len()), text.chars().count());
        let ascii = CharOffsets::new("plain");
        assert_eq!(ascii.char_of("plain", 3), 3);
        assert_eq!(CharOffsets::new("").char_of("", 0), 0);
    }
}
