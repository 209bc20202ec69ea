//! Tokens of one stretch of text to sentences.

use super::chars::{is_closer, is_opener, is_stop};
use super::tables::{self, Abbreviation};
use crate::span::Span;

/// Tokens after a closing quote among which a reporting verb is looked for.
const REPORT_WINDOW: usize = 8;

/// Tokens among which the dash of a dateline is looked for.
const MAX_DATELINE: usize = 18;

/// Call `found` with the token ranges of the sentences of one stretch, in order.
pub(super) fn split(text: &str, tokens: &[Span], mut found: impl FnMut(&[Span])) {
    let stretch = Stretch { text, tokens };
    let mut start = 0;
    let mut open_quote = false;
    let mut i = 0;
    if let Some(end) = stretch.dateline() {
        found(&tokens[..end]);
        start = end;
        i = end;
    }
    while i < tokens.len() {
        let token = stretch.token(i);
        if token == "\"" {
            open_quote = !open_quote;
        }
        let Some(stop) = stretch.stop(i) else {
            // A line drawn with dashes, stars and the like stands alone.
            if i > start && (stretch.is_rule(i) || stretch.is_rule(i - 1)) {
                found(&tokens[start..i]);
                start = i;
            }
            i += 1;
            continue;
        };
        let mut next = i + 1;
        let mut quoted = false;
        while next < tokens.len() && (stretch.closes(next, open_quote) || stretch.is_stop(next)) {
            let closer = stretch.token(next);
            if closer == "\"" {
                open_quote = !open_quote;
            }
            quoted |= matches!(closer, "\"" | "”" | "’" | "'" | "''" | "»" | "’’");
            next += 1;
        }
        while let Some(after) = stretch.after_reference(next).filter(|_| stop != Stop::Abbreviation) {
            next = after;
        }
        let numbered = i == start + 1 && next == i + 1 && stretch.is_item_number(start);
        if next < tokens.len() && !numbered && stretch.ends(i, stop, next, quoted) {
            found(&tokens[start..next]);
            start = next;
        }
        i = next;
    }
    if start < tokens.len() {
        found(&tokens[start..]);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Period,
    /// Question and exclamation marks, alone or with others.
    Loud,
    Ellipsis,
    /// The stop belongs to an abbreviation.
    Abbreviation,
}

struct Stretch<'t> {
    text: &'t str,
    tokens: &'t [Span],
}

impl Stretch<'_> {
    fn token(&self, i: usize) -> &str {
        self.tokens.get(i).map_or("", |span| span.of(self.text))
    }

    fn first(&self, i: usize) -> Option<char> {
        self.token(i).chars().next()
    }

    /// Whether there is no space between tokens `i - 1` and `i`.
    fn glued(&self, i: usize) -> bool {
        i > 0 && i < self.tokens.len() && self.tokens[i - 1].end() == self.tokens[i].start()
    }

    /// One past the dash of "RABAT, March 4 (Wire) -" at the beginning: place, day and agency stand before the
    /// sentence and are no part of its clauses.
    fn dateline(&self) -> Option<usize> {
        let place = self.token(0);
        let capitals = place.chars().filter(|c| c.is_uppercase()).count();
        if capitals < 3 || place.chars().any(char::is_lowercase) {
            return None;
        }
        let dash = (1..self.tokens.len().min(MAX_DATELINE))
            .find(|&i| matches!(self.token(i), "-" | "–" | "—" | "--") && !self.glued(i) && !self.glued(i + 1))?;
        // "NATO - Russia relations" is none: without a day or an agency the place is a longer word.
        let plain = dash == 1 && capitals < 5;
        let lower = |i: usize| {
            self.first(i).is_some_and(char::is_lowercase)
                && !matches!(self.token(i), "of" | "de" | "the" | "la" | "and")
        };
        let begins = self.first(dash + 1).is_some_and(|c| c.is_uppercase() || is_opener(c) || c.is_ascii_digit());
        let rest = self.tokens.len() > dash + 4;
        (!plain && begins && rest && !(1..dash).any(lower) && !(1..dash).any(|i| self.is_stop(i))).then_some(dash + 1)
    }

    fn stop(&self, i: usize) -> Option<Stop> {
        let token = self.token(i);
        if !token.ends_with(is_stop) {
            return None;
        }
        if !token.chars().all(is_stop) {
            return token.ends_with('.').then_some(Stop::Abbreviation);
        }
        Some(if token.contains(['!', '?', '！', '？', '؟', '‼', '⁇', '⁈', '⁉']) {
            Stop::Loud
        } else if token.len() > 1 && !matches!(token, "。" | "۔" | "।") {
            Stop::Ellipsis
        } else {
            Stop::Period
        })
    }

    fn is_rule(&self, i: usize) -> bool {
        let token = self.token(i);
        token.len() >= 10 && token.chars().all(|c| matches!(c, '-' | '=' | '*' | '_' | '~' | '#' | '+'))
    }

    /// Whether the token can number an item ("2. Second point"); years cannot.
    fn is_item_number(&self, i: usize) -> bool {
        let token = self.token(i);
        let first = token.bytes().next().is_some_and(|b| b.is_ascii_digit());
        (first && token.len() <= 3 && token.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
            || (token.len() == 1 && token.bytes().all(|b| b.is_ascii_alphabetic()) && token != "I")
    }

    /// One past a reference to a note, such as `[12]`, at token `i`.
    fn after_reference(&self, i: usize) -> Option<usize> {
        let number = self.token(i + 1);
        let is_reference = self.token(i) == "["
            && self.token(i + 2) == "]"
            && (number == "…" || (number.len() <= 3 && number.bytes().all(|b| b.is_ascii_digit())));
        is_reference.then_some(i + 3)
    }

    /// Whether token `i` is another stop of the same sentence end, such as the second of `. . .`.
    fn is_stop(&self, i: usize) -> bool {
        self.stop(i).is_some_and(|stop| stop != Stop::Abbreviation)
    }

    /// Whether token `i`, after a stop, closes a quotation or a bracket.
    fn closes(&self, i: usize, open_quote: bool) -> bool {
        let token = self.token(i);
        let Some(c) = self.first(i).filter(|&c| is_closer(c)) else { return false };
        if !token.chars().all(is_closer) {
            return false;
        }
        match c {
            // Straight quotes: the side with the space is outside; with space or text on both, count.
            '"' => match (self.glued(i), self.glued(i + 1) && self.first(i + 1).is_some_and(char::is_alphanumeric)) {
                (true, false) => true,
                (false, true) => false,
                _ => open_quote,
            },
            '\'' => self.glued(i) || token == "''",
            _ => true,
        }
    }

    /// Whether a sentence ends before token `next`, after the stop at `i` and what closes it.
    fn ends(&self, i: usize, stop: Stop, next: usize, quoted: bool) -> bool {
        let Some(c) = self.first(next) else { return true };
        let glued = self.glued(next);
        // The word that the next sentence would begin with, behind its quotes and brackets.
        let mut word = next;
        while word < next + 3 && self.first(word).is_some_and(is_opener) {
            word += 1;
        }
        let first = self.first(word).unwrap_or(c);
        let lower = first.is_lowercase();
        let opened = word > next;
        if !opened && !c.is_alphanumeric() && matches!(c, ',' | ';' | ':' | ')' | ']' | '%' | '/' | '&' | '=') {
            return false;
        }
        match stop {
            Stop::Abbreviation => self.abbreviation_ends(i, next, word, opened),
            _ if glued && !opened => first.is_uppercase() && self.token(next).len() > 1 && i > 0,
            Stop::Period => {
                if lower && !opened {
                    // A short small word with a stop is an abbreviation that no table has.
                    return !quoted && self.token(i.wrapping_sub(1)).len() > 3;
                }
                // ... the river." Smith added.
                !quoted || self.report(next).is_none_or(|verb| self.stop(verb + 1).is_none())
            }
            Stop::Ellipsis => first.is_uppercase() || (opened && !lower),
            Stop::Loud => {
                if quoted || next > i + 1 {
                    !lower && (!quoted || self.report(next).is_none())
                } else {
                    // A single "!" may belong to a name: Jeopardy! host.
                    !lower || opened || self.token(i) != "!"
                }
            }
        }
    }

    fn abbreviation_ends(&self, i: usize, next: usize, word: usize, opened: bool) -> bool {
        let token = self.token(i);
        let stem = tables::small(token.strip_suffix('.').unwrap_or(token));
        let kind = tables::abbreviation(&stem);
        if matches!(kind, Some(Abbreviation::Title | Abbreviation::Number)) {
            return false;
        }
        // Initials are made only where a name follows.
        if stem.chars().nth(1).is_none() {
            return false;
        }
        if next > i + 1 && self.first(word).is_some_and(char::is_uppercase) {
            return true;
        }
        let starter = tables::is_starter(self.token(word));
        if starter {
            return true;
        }
        opened && matches!(self.first(next), Some('"' | '“' | '‘')) && self.first(word).is_some_and(char::is_uppercase)
    }

    /// The reporting verb if, after a quotation, tokens from `next` on are "Smith said" and the like: names up to it.
    fn report(&self, next: usize) -> Option<usize> {
        for i in next..(next + REPORT_WINDOW).min(self.tokens.len()) {
            let token = self.token(i);
            if tables::is_reporting(&tables::small(token)) {
                // "Now read ..." after a quotation is a new sentence.
                let opened = i == next + 1 && tables::is_starter(self.token(next)) && !is_pronoun(self.token(next));
                return (i > next && !opened).then_some(i);
            }
            let name = token.chars().next().is_some_and(char::is_uppercase)
                || matches!(token, "of" | "the" | "and" | "al" | "-" | "'s" | "’s" | "bin" | "de" | "for" | "van");
            if !name {
                return None;
            }
        }
        None
    }
}

fn is_pronoun(token: &str) -> bool {
    matches!(token, "He" | "She" | "They" | "It" | "We" | "I")
}
