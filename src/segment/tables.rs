//! Word lists of `data/segment`, compiled in: small enough to read, and looked up by exact small-letter form.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// How an abbreviation behaves; see `data/segment/abbreviations.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Abbreviation {
    /// Comes before a name or a phrase and never ends a sentence.
    Title,
    /// May end a sentence.
    Both,
    /// May end a sentence; small letters are an ordinary word.
    Capital,
    /// Only before a figure.
    Number,
    /// Months and days.
    Date,
}

static ABBREVIATIONS: LazyLock<HashMap<&str, Abbreviation>> = LazyLock::new(|| {
    lines(include_str!("../../data/segment/abbreviations.txt"))
        .filter_map(|line| {
            let (word, kind) = line.split_once('\t')?;
            let kind = match kind {
                "title" => Abbreviation::Title,
                "both" => Abbreviation::Both,
                "capital" => Abbreviation::Capital,
                "number" => Abbreviation::Number,
                "date" => Abbreviation::Date,
                _ => return None,
            };
            Some((word, kind))
        })
        .collect()
});
static PREFIXES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| lines(include_str!("../../data/segment/prefixes.txt")).collect());
static STARTERS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| lines(include_str!("../../data/segment/sentence_starters.txt")).collect());
static REPORTING: LazyLock<HashSet<&str>> =
    LazyLock::new(|| lines(include_str!("../../data/segment/reporting_verbs.txt")).collect());

fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Words longer than this are in no table; looking them up would only copy them.
const LONGEST: usize = 24;

/// `word` in small letters, with straight apostrophes; empty if it is too long for any table.
pub(super) fn small(word: &str) -> String {
    if word.len() > LONGEST { String::new() } else { word.to_lowercase().replace('’', "'") }
}

/// The kind of the abbreviation `word`, given in small letters and without its last stop.
pub(super) fn abbreviation(word: &str) -> Option<Abbreviation> {
    ABBREVIATIONS.get(word).copied()
}

/// Whether the hyphen after `word` (small letters) stays inside the token.
pub(super) fn is_prefix(word: &str) -> bool {
    PREFIXES.contains(word)
}

/// Whether `word`, as it stands in the text, is capitalized and usually written small, or like "Mr." opens sentences.
pub(super) fn is_starter(word: &str) -> bool {
    let word = word.trim_end_matches('.');
    word.chars().next().is_some_and(char::is_uppercase) && STARTERS.contains(small(word).as_str())
}

/// Whether `word` (small letters) reports what someone said.
pub(super) fn is_reporting(word: &str) -> bool {
    REPORTING.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_tables_is_read() {
        let count = |table: &'static str| lines(table).count();
        assert_eq!(ABBREVIATIONS.len(), count(include_str!("../../data/segment/abbreviations.txt")));
        assert_eq!(PREFIXES.len(), count(include_str!("../../data/segment/prefixes.txt")));
        assert_eq!(STARTERS.len(), count(include_str!("../../data/segment/sentence_starters.txt")));
        assert_eq!(REPORTING.len(), count(include_str!("../../data/segment/reporting_verbs.txt")));
        assert_eq!(abbreviation("mr"), Some(Abbreviation::Title));
        assert!(is_starter("The") && !is_starter("the") && !is_starter("Smith"));
    }
}
