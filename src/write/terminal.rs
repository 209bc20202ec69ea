//! Lines for people: `subject — phrase — object`, aligned, with the qualifiers and the sentence.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Color};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::shown;
use crate::mention::Kind;
use crate::relation::{Modality, Polarity, Related, Relation, Speaker};
use crate::span::one_line;

/// How to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to write the escape codes of colours.
    pub coloured: bool,
    /// Columns of the terminal; sentences are cut there.
    pub columns: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { coloured: false, columns: 100 }
    }
}

/// Widest name or phrase that the columns are aligned for; one very long phrase must not push all others away.
const WIDEST: usize = 36;

/// Put an article's relations at the end of `out`, with a head line. An article without relations has the head line
/// only, so that people see that it was read.
pub fn render(related: &Related, style: Style, out: &mut Vec<u8>) {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = draw(related, style, &mut text);
    out.extend_from_slice(text.as_bytes());
}

fn draw(related: &Related, style: Style, out: &mut impl fmt::Write) -> fmt::Result {
    let document = &related.linked.document;
    let paint = |of: anstyle::Style| Paint { style: of, on: style.coloured };
    let faint = paint(anstyle::Style::new().dimmed());
    let head = [document.published.map(|d| d.to_string()), document.title.clone(), document.source.clone()];
    let head: Vec<String> = head.into_iter().flatten().map(|part| printable(&part)).collect();
    write!(out, "{}", paint(anstyle::Style::new().bold()).of(&printable(&document.id)))?;
    if !head.is_empty() {
        write!(out, "  {}", faint.of(&head.join("  ")))?;
    }
    writeln!(out)?;

    let rows: Vec<Row> = related.relations.iter().map(|relation| Row::of(related, relation)).collect();
    let column = |cell: fn(&Row) -> &str| rows.iter().map(|r| cell(r).width()).max().unwrap_or(0).min(WIDEST);
    let (subjects, phrases) = (column(|r| &r.subject), column(|r| &r.phrase));
    for row in &rows {
        write!(out, "  {}{}", paint(colour_of(row.kinds.0)).of(&row.subject), pad(&row.subject, subjects))?;
        let phrase = paint(if row.holds { anstyle::Style::new().bold() } else { red() });
        write!(out, " — {}{}", phrase.of(&row.phrase), pad(&row.phrase, phrases))?;
        write!(out, " — {}", paint(colour_of(row.kinds.1)).of(&row.object))?;
        if !row.qualifiers.is_empty() {
            write!(out, "  {}", faint.of(&format!("[{}]", row.qualifiers.join(", "))))?;
        }
        writeln!(out)?;
        writeln!(out, "      {}", faint.of(&cut(&row.sentence, style.columns.saturating_sub(6))))?;
    }
    writeln!(out)
}

fn pad(cell: &str, column: usize) -> String {
    " ".repeat(column.saturating_sub(cell.width()))
}

struct Row {
    subject: String,
    phrase: String,
    object: String,
    kinds: (Kind, Kind),
    /// Affirmed and actual.
    holds: bool,
    qualifiers: Vec<String>,
    sentence: String,
}

impl Row {
    fn of(related: &Related, relation: &Relation) -> Self {
        let (subject, object) = related.ends(relation);
        let mut qualifiers = Vec::new();
        if relation.polarity != Polarity::Affirmed {
            qualifiers.push(relation.polarity.as_str().to_owned());
        }
        if relation.modality != Modality::Actual {
            qualifiers.push(relation.modality.as_str().to_owned());
        }
        let linked = &related.linked;
        let named = |label: &str, value: Option<&str>| value.map(|v| format!("{label} {}", printable(v)));
        let speaker = |s: &'_ Option<Speaker>| s.as_ref().map(|s| s.name(linked).to_owned());
        qualifiers.extend(named("according to", speaker(&relation.attribution).as_deref()));
        qualifiers.extend(named("denied by", speaker(&relation.denied_by).as_deref()));
        qualifiers.extend(named("at", relation.time.as_deref()));
        qualifiers.extend(named("in", relation.place.as_deref()));
        let sentence = linked.sentences[relation.evidence.sentence].span;
        Self {
            subject: printable(&subject.name),
            phrase: printable(&relation.phrase),
            object: printable(&object.name),
            kinds: (subject.kind, object.kind),
            holds: qualifiers
                .first()
                .is_none_or(|q| !["negated", "future", "hypothetical", "denied"].contains(&q.as_str())),
            qualifiers,
            sentence: printable(&shown(&linked.document.text, sentence, relation.evidence.span)),
        }
    }
}

fn colour_of(kind: Kind) -> anstyle::Style {
    let colour = match kind {
        Kind::Person => AnsiColor::Yellow,
        Kind::Country => AnsiColor::Green,
        Kind::Organization => AnsiColor::Cyan,
        Kind::Place => AnsiColor::Blue,
        Kind::Group => AnsiColor::Magenta,
    };
    anstyle::Style::new().fg_color(Some(Color::Ansi(colour)))
}

fn red() -> anstyle::Style {
    anstyle::Style::new().fg_color(Some(Color::Ansi(AnsiColor::Red)))
}

struct Paint {
    style: anstyle::Style,
    on: bool,
}

impl Paint {
    fn of<'a>(&self, text: &'a str) -> impl Display + use<'a> {
        let (before, after) = if self.on {
            (self.style.render().to_string(), self.style.render_reset().to_string())
        } else {
            Default::default()
        };
        Painted { before, text, after }
    }
}

struct Painted<'a> {
    before: String,
    text: &'a str,
    after: String,
}

impl Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.before, self.text, self.after)
    }
}

/// One line without anything that could move the cursor, change colours or turn the direction of what follows: text
/// comes from strangers.
fn printable(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let safe = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    one_line(text).chars().filter(|&c| !turns(c)).map(safe).collect()
}

/// As much of a line as fits.
fn cut(line: &str, columns: usize) -> String {
    if line.width() <= columns {
        return line.to_owned();
    }
    let mut short = String::new();
    let mut used = 1;
    for c in line.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::samples;

    #[test]
    fn relations_are_aligned_lines() {
        let mut related = samples::related();
        let mut second = related.relations[0].clone();
        second.subject = 0;
        second.phrase = "severed relations with".to_owned();
        second.polarity = Polarity::Negated;
        second.attribution = None;
        related.relations.push(second);
        let mut out = Vec::new();
        render(&related, Style::default(), &mut out);
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn colours_are_written_only_when_asked_for() {
        let mut coloured = Vec::new();
        render(&samples::related(), Style { coloured: true, columns: 80 }, &mut coloured);
        assert!(String::from_utf8(coloured).unwrap().matches('\u{1b}').count() > 6);
        let mut plain = Vec::new();
        render(&samples::related(), Style::default(), &mut plain);
        assert!(!plain.contains(&0x1B));
    }

    #[test]
    fn strange_text_cannot_drive_the_terminal() {
        assert_eq!(printable("a\u{1b}[31m\u{202E}b\r\nc\u{7f}"), "a\u{FFFD}[31mb c\u{FFFD}");
        assert_eq!(cut("日本語のニュース", 7), "日本語…");
        assert_eq!(cut("short", 5), "short");
    }
}
