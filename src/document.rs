//! Articles, before and after they are split into sentences and tokens.

use jiff::civil::Date;

use crate::span::Span;

/// One article as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Identifier, unique within a run where the input's are.
    pub id: String,
    /// Where the article comes from: an address or a name, as the input gives it.
    pub source: Option<String>,
    /// Headline, where the input keeps it apart from the text.
    pub title: Option<String>,
    /// Day of publication; relative dates are resolved against it.
    pub published: Option<Date>,
    /// The text, exactly as the input gives it; every [`Span`] points into it.
    pub text: String,
}

/// The header of a text that begins with `date YYYY-MM-DD`: the day, and the header's extent.
///
/// The header stays part of the text; the segmenter keeps it apart from the first sentence.
pub fn date_header(text: &str) -> Option<(Date, Span)> {
    let line = text.lines().next()?;
    let start = line.len() - line.trim_start().len();
    let rest = line[start..].strip_prefix("date")?;
    let day = rest.trim_start();
    if day.len() == rest.len() {
        return None;
    }
    let date = iso_day(day.get(..10)?)?;
    if day[10..].starts_with(char::is_alphanumeric) {
        return None;
    }
    let from = line.len() - day.len();
    Some((date, Span::new(start, from + 10)))
}

/// Exactly `YYYY-MM-DD`.
pub(crate) fn iso_day(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if shaped { text.parse().ok() } else { None }
}

/// An article whose sentences and tokens are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segmented {
    /// The article.
    pub document: Document,
    /// Its sentences in text order; they do not overlap, and all text between them is white space.
    pub sentences: Vec<TokenizedSentence>,
}

/// A sentence's extent and its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenizedSentence {
    /// From the first to the last token.
    pub span: Span,
    /// Tokens in text order, never empty, never overlapping, all inside `span`.
    pub tokens: Vec<Span>,
}
