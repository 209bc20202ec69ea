//! Text to stretches: paragraphs, and lines that stand for themselves.
//!
//! A blank line always ends a stretch. A single line break ends one, too, unless the text is wrapped at a fixed width
//! and the line is a full one, or the next line goes on with a small letter.

use super::chars::is_stop;
use crate::span::Span;

/// Longest line, in characters, that a hand or a program still wraps at.
const WIDEST: usize = 120;
/// Narrowest width that counts as wrapping; shorter lines are lists and verse.
const NARROWEST: usize = 40;

/// Whether and where the text is wrapped.
struct Wrapping {
    /// Characters a line can hold; 0 if lines are not wrapped.
    width: usize,
}

/// The stretches of `text`: none empty, each trimmed of white space at both ends.
pub(super) fn stretches(text: &str) -> Vec<Span> {
    let lines = lines(text);
    let wrapping = Wrapping::of(text, &lines);
    let mut stretches: Vec<Span> = Vec::new();
    let mut joins = false;
    for (i, line) in lines.iter().enumerate() {
        if line.is_empty() {
            joins = false;
            continue;
        }
        match stretches.last_mut() {
            Some(last) if joins => *last = last.join(*line),
            _ => stretches.push(*line),
        }
        joins = lines.get(i + 1).is_some_and(|next| wrapping.joins(text, *line, *next));
    }
    stretches
}

/// Every line, trimmed; blank ones are empty spans.
fn lines(text: &str) -> Vec<Span> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut push = |from: usize, to: usize| {
        let line = text.get(from..to).unwrap_or("");
        let left = from + (line.len() - line.trim_start().len());
        lines.push(Span::new(left, left + line.trim().len()));
    };
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        if !matches!(c, '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}') {
            continue;
        }
        push(start, i);
        start = i + c.len_utf8();
        if c == '\r' && chars.next_if(|&(_, c)| c == '\n').is_some() {
            start += 1;
        }
        if matches!(c, '\u{C}' | '\u{2029}') {
            push(start, start);
        }
    }
    push(start, text.len());
    lines
}

impl Wrapping {
    /// Wrapped text shows in its lines: most could not have held the first word of the next.
    fn of(text: &str, lines: &[Span]) -> Self {
        // An address or a table's rule can be longer than any wrapped line; it says nothing.
        let length = |line: &Span| {
            let line = line.of(text);
            if line.contains(char::is_whitespace) { line.chars().count() } else { 0 }
        };
        let width = lines.iter().map(length).max().unwrap_or(0);
        if !(NARROWEST..=WIDEST).contains(&width) {
            return Self { width: 0 };
        }
        let wrapping = Self { width };
        let mut full = 0;
        let mut breaks = 0;
        for pair in lines.windows(2) {
            if let [line, next] = pair
                && !line.is_empty()
                && !next.is_empty()
            {
                breaks += 1;
                full += usize::from(wrapping.is_full(text, *line, *next));
            }
        }
        if full * 2 >= breaks { wrapping } else { Self { width: 0 } }
    }

    fn is_full(&self, text: &str, line: Span, next: Span) -> bool {
        let word = next.of(text).split_whitespace().next().unwrap_or("");
        // Editors differ by a few columns, and wrapping programs even their lines out.
        line.of(text).chars().count() + 1 + word.chars().count() > self.width.saturating_sub(self.width / 16)
    }

    /// Whether the sentence may go on from `line` to `next`.
    fn joins(&self, text: &str, line: Span, next: Span) -> bool {
        let (this, that) = (line.of(text), next.of(text));
        if that.is_empty() || is_item(that) {
            return false;
        }
        if self.width > 0 && self.is_full(text, line, next) {
            return true;
        }
        let closed = this.trim_end_matches(super::chars::is_closer).ends_with(|c| is_stop(c) || c == ':');
        if closed {
            return false;
        }
        this.ends_with(',') || that.starts_with(char::is_lowercase)
    }
}

/// Whether a line is an item of a list: a bullet, or a number with a stop or a bracket.
fn is_item(line: &str) -> bool {
    let mut chars = line.chars();
    match chars.next() {
        Some('•' | '*' | '·' | '▪' | '◦' | '●' | '-' | '–' | '—' | '►' | '>') => {
            chars.next().is_some_and(char::is_whitespace)
        }
        Some(c) if c.is_ascii_digit() => {
            let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
            let mut rest = rest.chars();
            matches!(rest.next(), Some('.' | ')')) && rest.next().is_some_and(char::is_whitespace)
        }
        _ => false,
    }
}
