//! One line an article: its entities with all mentions, and its relations with their evidence.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{rounded, shown};
use crate::entity::Linked;
use crate::mention::{Form, Kind};
use crate::relation::{Class, Modality, Polarity, Related};
use crate::span::{CharOffsets, Span};

/// Version of this format: it counts up with every change of fields. Lines before version 2 do not name one.
pub const SCHEMA: u32 = 2;

/// One article with everything that was found in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Version of the format, [`SCHEMA`].
    pub schema: u32,
    /// Identifier of the article, as the input gives it, or made from the file's name.
    pub id: String,
    /// Where the article comes from, as the input gives it.
    pub source: Option<String>,
    /// Headline, as the input gives it.
    pub title: Option<String>,
    /// Day of publication, `YYYY-MM-DD`.
    #[schemars(extend("format" = "date"))]
    pub published: Option<String>,
    /// Number of sentences.
    pub n_sentences: usize,
    /// Number of words: tokens with at least one letter or digit.
    pub n_words: usize,
    /// Whom and what the article speaks of, in order of the first mention.
    pub entities: Vec<Entity>,
    /// What the article says about them, in text order.
    pub relations: Vec<Relation>,
    /// The sentences that say so, in text order.
    pub sentences: Vec<Sentence>,
}

/// A sentence that states a relation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    /// Its number, from 0; evidence points to it.
    pub number: usize,
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// Its words for reading: runs of white space are one space, and of a sentence that goes on for thousands of
    /// characters only what stands around the evidence is shown, with `…` where something is left out.
    pub text: String,
}

/// Somebody or something that the article speaks of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// Its number in this article, from 0; relations point to it.
    pub id: usize,
    /// What it is.
    pub kind: Kind,
    /// Canonical name: the fullest one that the article gives, or a country's usual English name.
    pub name: String,
    /// What identifies it across articles: its Wikidata item, or kind and normalized name (`person/nasser-bourita`).
    pub key: String,
    /// Wikidata entity, where known.
    #[schemars(extend("format" = "uri"))]
    pub uri: Option<String>,
    /// ISO 3166-1 alpha-2 code of a country.
    pub iso: Option<String>,
    /// Where the article mentions it, in text order.
    pub mentions: Vec<Mention>,
}

/// A place in the text that stands for an entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mention {
    /// First character, counted in Unicode characters of the article's text.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// The text between them, to the letter.
    pub text: String,
    /// Number of the sentence, from 0.
    pub sentence: usize,
    /// How it refers to the entity.
    pub form: Form,
    /// Belief, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub score: f64,
}

/// A directed, qualified fact between two entities of the article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// `id` of the entity that acts, or of the first end.
    pub subject: usize,
    /// Predicate of the inventory, or the lemmas of the verb in an open relation.
    pub predicate: String,
    /// The words of the text that express it.
    pub phrase: String,
    /// `id` of the entity that is acted on, or of the second end.
    pub object: usize,
    /// What sort of fact: a PLOVER event class, or one of ours for standing facts.
    pub class: Class,
    /// Whether it holds in both directions.
    pub symmetric: bool,
    /// Whether the text says that it holds or that it does not.
    pub polarity: Polarity,
    /// Whether it is said to be real, planned, only possible, or denied.
    pub modality: Modality,
    /// Who says so, where it is not the article itself.
    pub attribution: Option<Speaker>,
    /// Who denies it, where it is said to be denied.
    pub denied_by: Option<Speaker>,
    /// When: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    pub time: Option<String>,
    /// Name of the place where it happened.
    pub place: Option<String>,
    /// Belief, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub confidence: f64,
    /// The rule that found it, `family/name`, or `open/verb`.
    pub rule: String,
    /// Where the text says so best.
    pub evidence: Evidence,
    /// The other places where it says the same, in text order.
    pub further_evidence: Vec<Evidence>,
}

/// Who is said to say or to deny something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Speaker {
    /// `id` of the entity, where it is one of the article's.
    pub entity: Option<usize>,
    /// Canonical name of the entity, or the article's words ("two diplomats").
    pub name: String,
}

/// Where the text states a relation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Number of the sentence, from 0.
    pub sentence: usize,
    /// First character of trigger, subject and object together, as far as they stand in this sentence.
    pub start: usize,
    /// One past their last character.
    pub end: usize,
    /// The words that express the relation, from the first to the last of them.
    pub trigger: Trigger,
    /// The mention that is the subject. It may stand in another sentence, as one of "both countries" does.
    pub subject: Argument,
    /// The mention that is the object. It may stand in another sentence, as the state of "President X" does.
    pub object: Argument,
}

/// The words that express a relation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// The text between them, to the letter.
    pub text: String,
}

/// A mention that takes part in a relation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// The text between them, to the letter.
    pub text: String,
    /// How it refers to the entity.
    pub form: Form,
}

impl Document {
    /// The wire form of an article.
    pub fn of(related: &Related) -> Self {
        let linked = &related.linked;
        let article = &linked.document;
        let chars = Chars::new(&article.text);
        let entities = linked.entities.iter().enumerate().map(|(id, entity)| Entity {
            id,
            kind: entity.kind,
            name: entity.name.clone(),
            key: entity.key.clone(),
            uri: entity.uri.clone(),
            iso: entity.iso.clone(),
            mentions: entity.mentions.iter().map(|&m| mention(linked, m, &chars)).collect(),
        });
        let relations: Vec<Relation> =
            related.relations.iter().map(|relation| wire_relation(linked, relation, &chars)).collect();
        Self {
            schema: SCHEMA,
            id: article.id.clone(),
            source: article.source.clone(),
            title: article.title.clone(),
            published: article.published.map(|date| date.to_string()),
            n_sentences: linked.sentences.len(),
            n_words: n_words(linked),
            entities: entities.collect(),
            sentences: sentences(related, &chars),
            relations,
        }
    }
}

/// The sentences that are evidence.
fn sentences(related: &Related, chars: &Chars<'_>) -> Vec<Sentence> {
    let mut evidence: BTreeMap<usize, Span> = BTreeMap::new();
    for relation in &related.relations {
        for e in std::iter::once(&relation.evidence).chain(&relation.further_evidence) {
            evidence.entry(e.sentence).and_modify(|span| *span = span.join(e.span)).or_insert(e.span);
        }
    }
    let wire = |(number, evidence): (usize, Span)| {
        let span = related.linked.sentences[number].span;
        let (start, end) = chars.of(span);
        Sentence { number, start, end, text: shown(chars.text, span, evidence) }
    };
    evidence.into_iter().map(wire).collect()
}

/// Tokens with at least one letter or digit.
pub(crate) fn n_words(linked: &Linked) -> usize {
    let text = &linked.document.text;
    let tokens = linked.sentences.iter().flat_map(|sentence| &sentence.tokens);
    tokens.filter(|token| token.span.of(text).contains(char::is_alphanumeric)).count()
}

fn mention(linked: &Linked, id: usize, chars: &Chars<'_>) -> Mention {
    let mention = &linked.mentions[id];
    let (start, end) = chars.of(mention.span);
    Mention {
        start,
        end,
        text: mention.span.of(chars.text).to_owned(),
        sentence: mention.sentence,
        form: mention.form,
        score: rounded(mention.score),
    }
}

fn argument(linked: &Linked, id: usize, chars: &Chars<'_>) -> Argument {
    let Mention { start, end, text, form, .. } = mention(linked, id, chars);
    Argument { start, end, text, form }
}

fn wire_relation(linked: &Linked, relation: &crate::relation::Relation, chars: &Chars<'_>) -> Relation {
    Relation {
        subject: relation.subject,
        predicate: relation.predicate.to_string(),
        phrase: relation.phrase.clone(),
        object: relation.object,
        class: relation.class,
        symmetric: relation.symmetric,
        polarity: relation.polarity,
        modality: relation.modality,
        attribution: relation.attribution.as_ref().map(|s| wire_speaker(linked, s)),
        denied_by: relation.denied_by.as_ref().map(|s| wire_speaker(linked, s)),
        time: relation.time.clone(),
        place: relation.place.clone(),
        confidence: rounded(relation.confidence),
        rule: relation.rule.to_string(),
        evidence: wire_evidence(linked, &relation.evidence, chars),
        further_evidence: relation.further_evidence.iter().map(|e| wire_evidence(linked, e, chars)).collect(),
    }
}

fn wire_speaker(linked: &Linked, speaker: &crate::relation::Speaker) -> Speaker {
    let entity = match speaker {
        crate::relation::Speaker::Entity(id) => Some(*id),
        crate::relation::Speaker::Phrase(_) => None,
    };
    Speaker { entity, name: speaker.name(linked).to_owned() }
}

fn wire_evidence(linked: &Linked, evidence: &crate::relation::Evidence, chars: &Chars<'_>) -> Evidence {
    let (start, end) = chars.of(evidence.span);
    let (trigger_start, trigger_end) = chars.of(evidence.trigger);
    Evidence {
        sentence: evidence.sentence,
        start,
        end,
        trigger: Trigger { start: trigger_start, end: trigger_end, text: evidence.trigger.of(chars.text).to_owned() },
        subject: argument(linked, evidence.subject, chars),
        object: argument(linked, evidence.object, chars),
    }
}

/// A text with the index of its characters.
pub(crate) struct Chars<'a> {
    text: &'a str,
    offsets: CharOffsets,
}

impl<'a> Chars<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, offsets: CharOffsets::new(text) }
    }

    /// First character and one past the last.
    pub(crate) fn of(&self, span: Span) -> (usize, usize) {
        (self.offsets.char_of(self.text, span.start()), self.offsets.char_of(self.text, span.end()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::write::samples;

    fn slice(text: &str, start: usize, end: usize) -> String {
        text.chars().skip(start).take(end - start).collect()
    }

    #[test]
    fn the_contract() {
        let json = serde_json::to_string_pretty(&Document::of(&samples::related())).unwrap();
        insta::assert_snapshot!(json);
    }

    #[test]
    fn offsets_slice_to_the_letter() {
        let document = Document::of(&samples::related());
        for mention in document.entities.iter().flat_map(|e| &e.mentions) {
            assert_eq!(slice(samples::TEXT, mention.start, mention.end), mention.text);
        }
        let evidence = &document.relations[0].evidence;
        assert_eq!(slice(samples::TEXT, evidence.start, evidence.end), "She met İlham Aliyev");
        assert_eq!(slice(samples::TEXT, evidence.trigger.start, evidence.trigger.end), "met");
    }

    #[test]
    fn unknown_fields_are_refused() {
        let mut value = serde_json::to_value(Document::of(&samples::related())).unwrap();
        serde_json::from_value::<Document>(value.clone()).unwrap();
        value["relations"][0]["evidence"]["trigger"]["colour"] = "red".into();
        assert!(serde_json::from_value::<Document>(value).is_err());
    }

    proptest! {
        #[test]
        fn mentions_in_any_text_come_back_to_the_letter(text: String, cuts: Vec<prop::sample::Index>) {
            let mut at: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
            at.dedup();
            let mut related = samples::related();
            related.relations.clear();
            related.linked.entities.truncate(1);
            related.linked.mentions = cuts.chunks(2).filter(|c| c.len() == 2).map(|c| crate::mention::Mention {
                sentence: 0,
                tokens: 0..1,
                span: Span::new(*c[0].get(&at), *c[1].get(&at)),
                kind: Kind::Group,
                form: Form::Alias,
                score: 0.25,
            }).collect();
            related.linked.entities[0].mentions = (0..related.linked.mentions.len()).collect();
            related.linked.sentences.clear();
            related.linked.document.text.clone_from(&text);
            let document = Document::of(&related);
            for mention in &document.entities[0].mentions {
                prop_assert_eq!(slice(&text, mention.start, mention.end), mention.text.as_str());
            }
            let json = serde_json::to_string(&document).unwrap();
            prop_assert!(!json.contains('\n'));
            prop_assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), document);
        }
    }
}
