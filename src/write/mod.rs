//! Results out: one line an article, one line a relation, or lines for people; to a file or to standard output.
//!
//! - [`documents`], [`triples`]: the wire structs of the two JSON formats. Their fields, names and order are the
//!   contract with whoever loads them; they are apart from the nouns of the pipeline so that neither binds the other.
//! - [`terminal`]: what people see.
//! - [`schema`]: the JSON Schema of both formats.
//! - [`output`]: where the bytes go, complete or not at all.

pub mod documents;
pub mod output;
pub mod schema;
pub mod terminal;
pub mod triples;

use std::io;

use serde::Serialize;

use crate::relation::Related;
use crate::span::{Span, one_line};

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emit {
    /// [`documents::Document`], one line an article.
    Documents,
    /// [`triples::Triple`], one line a relation.
    Triples,
    /// Lines for people.
    Terminal(terminal::Style),
}

impl Emit {
    /// Put an article's results at the end of `out`.
    ///
    /// # Errors
    /// None that this version knows of: JSON of these structs is always written. The type leaves room for a caller
    /// that must not lose a record silently.
    pub fn render(self, related: &Related, out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Documents => line(&documents::Document::of(related), out),
            Self::Triples => triples::of(related).try_for_each(|triple| line(&triple, out)),
            Self::Terminal(style) => {
                terminal::render(related, style, out);
                Ok(())
            }
        }
    }
}

fn line(value: &impl Serialize, out: &mut Vec<u8>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.push(b'\n');
    Ok(())
}

/// Bytes of a sentence shown before and after the evidence. Text without full stops can make a sentence of a whole
/// article, which every relation in it would repeat.
const CONTEXT: usize = 2000;

/// A sentence on one line, or of a very long one what stands around the evidence.
pub(crate) fn shown(text: &str, sentence: Span, evidence: Span) -> String {
    let from = sentence.start().max(text.floor_char_boundary(evidence.start().saturating_sub(CONTEXT)));
    let to = sentence.end().min(text.ceil_char_boundary(evidence.end().saturating_add(CONTEXT)));
    let line = one_line(Span::new(from, to).of(text));
    let before = if from > sentence.start() { "… " } else { "" };
    let after = if to < sentence.end() { " …" } else { "" };
    format!("{before}{line}{after}")
}

/// A belief as the formats show it: 0 to 1 with three decimals.
pub fn rounded(belief: f32) -> f64 {
    // NaN, which no stage should give, is shown as no belief at all.
    let belief = if belief.is_nan() { 0.0 } else { f64::from(belief).clamp(0.0, 1.0) };
    // Adding zero turns -0 into 0.
    (belief * 1000.0).round() / 1000.0 + 0.0
}

#[cfg(test)]
pub(crate) mod samples {
    //! A small article with everything that a format can show.

    use std::sync::Arc;

    use jiff::civil::date;

    use crate::document::Document;
    use crate::entity::{Entity, Linked};
    use crate::mention::{Form, Kind, Mention};
    use crate::relation::{Class, Evidence, Modality, Polarity, Related, Relation, Speaker};
    use crate::span::Span;
    use crate::syntax::{Deprel, Sentence, Token, Upos, Xpos};

    pub(crate) const TEXT: &str = "😀 Peru's envoy\n  Zoë Núñez flew in. She met İlham Aliyev, ألف said.";

    pub(crate) fn span(text: &str, part: &str) -> Span {
        let start = text.find(part).unwrap();
        Span::new(start, start + part.len())
    }

    /// A sentence cut at white space and before final punctuation.
    pub(crate) fn sentence(text: &str, part: Span) -> Sentence {
        let mut tokens = Vec::new();
        let mut start = None;
        let token = |a: usize, b: usize| Token {
            span: Span::new(a, b),
            lemma: text[a..b].to_lowercase(),
            upos: Upos::X,
            xpos: Xpos::Other,
            head: None,
            deprel: Deprel::Dep,
        };
        for (i, c) in text[part.range()].char_indices() {
            let i = i + part.start();
            if c.is_alphanumeric() {
                start.get_or_insert(i);
            } else {
                if let Some(s) = start.take() {
                    tokens.push(token(s, i));
                }
                if !c.is_whitespace() {
                    tokens.push(token(i, i + c.len_utf8()));
                }
            }
        }
        if let Some(s) = start {
            tokens.push(token(s, part.end()));
        }
        Sentence { span: part, tokens }
    }

    /// Stages without a model: the text is one sentence, capitalised words are people, each meets the next.
    pub(crate) fn capitalised(document: Document) -> Related {
        let text = &document.text;
        let words = sentence(text, Span::new(0, text.len()));
        let sentences = if words.tokens.is_empty() { Vec::new() } else { vec![words] };
        let mut mentions = Vec::new();
        let mut entities = Vec::new();
        for (i, token) in sentences.iter().flat_map(|s| &s.tokens).enumerate() {
            let word = token.span.of(text);
            if word.starts_with(char::is_uppercase) {
                entities.push(Entity {
                    kind: Kind::Person,
                    key: format!("person/{}", word.to_lowercase()),
                    name: word.to_owned(),
                    uri: None,
                    iso: None,
                    state: None,
                    mentions: vec![mentions.len()],
                });
                mentions.push(Mention {
                    sentence: 0,
                    tokens: i..i + 1,
                    span: token.span,
                    kind: Kind::Person,
                    form: Form::Name,
                    score: 0.9,
                });
            }
        }
        let relations = (1..mentions.len())
            .map(|i| {
                let (subject, object) = (mentions[i - 1].span, mentions[i].span);
                Relation {
                    subject: i - 1,
                    predicate: Arc::from("meet"),
                    phrase: text[subject.end()..object.start()].trim().to_owned(),
                    object: i,
                    class: Class::Consult,
                    symmetric: true,
                    polarity: Polarity::Affirmed,
                    modality: Modality::Actual,
                    attribution: None,
                    denied_by: None,
                    time: None,
                    place: None,
                    confidence: 0.5,
                    rule: Arc::from("open/verb"),
                    evidence: Evidence {
                        sentence: 0,
                        span: subject.join(object),
                        trigger: Span::new(subject.end(), object.start()),
                        subject: i - 1,
                        object: i,
                    },
                    further_evidence: Vec::new(),
                }
            })
            .collect();
        let entity_of = (0..mentions.len()).collect();
        Related { linked: Linked { document, sentences, mentions, entity_of, entities }, relations }
    }

    pub(crate) fn related() -> Related {
        let mention = |part: &str, sentence, kind, form, score| Mention {
            sentence,
            tokens: 0..1,
            span: span(TEXT, part),
            kind,
            form,
            score,
        };
        let mentions = vec![
            mention("Peru", 0, Kind::Country, Form::Name, 0.998_46),
            mention("Zoë Núñez", 0, Kind::Person, Form::Name, 0.97),
            mention("She", 1, Kind::Person, Form::Pronoun, 0.5),
            mention("İlham Aliyev", 1, Kind::Person, Form::Name, 1.0),
        ];
        let entity = |kind, name: &str, uri: Option<&str>, iso: Option<&str>, mentions: &[usize]| Entity {
            kind,
            key: uri.and_then(|u| u.rsplit('/').next()).map_or_else(|| format!("{kind}/{name}"), str::to_owned),
            name: name.to_owned(),
            uri: uri.map(str::to_owned),
            iso: iso.map(str::to_owned),
            state: None,
            mentions: mentions.to_vec(),
        };
        let entities = vec![
            entity(Kind::Country, "Peru", Some("http://www.wikidata.org/entity/Q419"), Some("PE"), &[0]),
            entity(Kind::Person, "Zoë Núñez", None, None, &[1, 2]),
            entity(Kind::Person, "İlham Aliyev", None, None, &[3]),
        ];
        let second = span(TEXT, "She met İlham Aliyev, ألف said.");
        let relations = vec![Relation {
            subject: 1,
            predicate: Arc::from("meet"),
            phrase: "met".to_owned(),
            object: 2,
            class: Class::Consult,
            symmetric: true,
            polarity: Polarity::Affirmed,
            modality: Modality::Actual,
            attribution: Some(Speaker::Phrase("ألف".to_owned())),
            denied_by: Some(Speaker::Entity(1)),
            time: Some("2019-12".to_owned()),
            place: Some("Lima".to_owned()),
            confidence: 0.912_345,
            rule: Arc::from("diplomacy/meet"),
            evidence: Evidence {
                sentence: 1,
                span: span(TEXT, "She met İlham Aliyev"),
                trigger: span(TEXT, "met"),
                subject: 2,
                object: 3,
            },
            further_evidence: vec![Evidence {
                sentence: 0,
                span: span(TEXT, "Zoë Núñez flew in"),
                trigger: span(TEXT, "flew"),
                subject: 1,
                object: 1,
            }],
        }];
        Related {
            linked: Linked {
                document: Document {
                    id: "a".to_owned(),
                    source: Some("http://news.example/a".to_owned()),
                    title: None,
                    published: Some(date(2019, 12, 4)),
                    text: TEXT.to_owned(),
                },
                sentences: vec![
                    sentence(TEXT, span(TEXT, "😀 Peru's envoy\n  Zoë Núñez flew in.")),
                    sentence(TEXT, second),
                ],
                mentions,
                entity_of: vec![0, 1, 1, 2],
                entities,
            },
            relations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beliefs_are_rounded_and_kept_in_bounds() {
        for (belief, expect) in
            [(0.912_345, 0.912), (0.9996, 1.0), (1.5, 1.0), (-0.1, 0.0), (-0.0, 0.0), (f32::NAN, 0.0)]
        {
            assert_eq!(serde_json::json!(rounded(belief)).to_string(), serde_json::json!(expect).to_string());
        }
    }

    #[test]
    fn a_sentence_without_end_is_shown_around_the_evidence() {
        let text = format!("{}MET{}", "é ".repeat(9000), " é".repeat(9000));
        let at = text.find("MET").unwrap();
        let all = Span::new(0, text.len());
        let line = shown(&text, all, Span::new(at, at + 3));
        assert!(line.starts_with("… é") && line.contains("é MET é") && line.ends_with("é …"));
        assert!(line.len() < 2 * CONTEXT + 20);
        assert_eq!(shown("  a\n b. ", Span::new(2, 7), Span::new(2, 3)), "a b.");
    }

    #[test]
    fn sentences_are_one_line() {
        for (text, expect) in [("a  b\n\tc", "a b c"), ("", ""), (" a\u{a0}b ", "a b")] {
            assert_eq!(one_line(text), expect);
        }
    }
}
