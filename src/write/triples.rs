//! One line a relation, flat, for loading into tables and graphs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::documents::Chars;
use super::{rounded, shown};
use crate::mention::Kind;
use crate::relation::{Class, Modality, Polarity, Related};

/// One relation of one article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Triple {
    /// Identifier of the article.
    pub doc: String,
    /// Canonical name of the entity that acts, or of the first end.
    pub subject: String,
    /// What the subject is.
    pub subject_kind: Kind,
    /// What identifies the subject across articles: its Wikidata item, or kind and normalized name
    /// (`person/nasser-bourita`).
    pub subject_key: String,
    /// Wikidata entity of the subject, where known.
    #[schemars(extend("format" = "uri"))]
    pub subject_uri: Option<String>,
    /// Predicate of the inventory, or the lemmas of the verb in an open relation.
    pub predicate: String,
    /// The words of the text that express it.
    pub phrase: String,
    /// Canonical name of the entity that is acted on, or of the second end.
    pub object: String,
    /// What the object is.
    pub object_kind: Kind,
    /// What identifies the object across articles.
    pub object_key: String,
    /// Wikidata entity of the object, where known.
    #[schemars(extend("format" = "uri"))]
    pub object_uri: Option<String>,
    /// What sort of fact: a PLOVER event class, or one of ours for standing facts.
    pub class: Class,
    /// Whether it holds in both directions.
    pub symmetric: bool,
    /// Whether the text says that it holds or that it does not.
    pub polarity: Polarity,
    /// Whether it is said to be real, planned, only possible, or denied.
    pub modality: Modality,
    /// Who says so, where it is not the article itself.
    pub attribution: Option<String>,
    /// What identifies that speaker across articles, where the article names one.
    pub attribution_key: Option<String>,
    /// Who denies it, where it is said to be denied.
    pub denied_by: Option<String>,
    /// What identifies who denies it across articles, where the article names it.
    pub denied_by_key: Option<String>,
    /// When: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    pub time: Option<String>,
    /// Name of the place where it happened.
    pub place: Option<String>,
    /// Belief, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub confidence: f64,
    /// The rule that found it, `family/name`, or `open/verb`.
    pub rule: String,
    /// First character of the evidence (trigger, subject and object together), counted in Unicode characters of the
    /// article's text.
    pub start: usize,
    /// One past the last character of the evidence.
    pub end: usize,
    /// The sentence that says so. Line breaks and other runs of white space in it are shown as one space, so it is for
    /// reading; `start` and `end` point into the article. Of a sentence that goes on for thousands of characters only
    /// what stands around the evidence is shown, with `…` where something is left out.
    pub sentence: String,
    /// The other places in the article that say the same, in text order.
    pub further_evidence: Vec<Place>,
}

/// A place in the article that states the relation too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// First character of the evidence.
    pub start: usize,
    /// One past its last character.
    pub end: usize,
}

/// The relations of an article, in text order.
pub fn of(related: &Related) -> impl Iterator<Item = Triple> {
    let linked = &related.linked;
    let text = &linked.document.text;
    let chars = Chars::new(text);
    let triple = move |relation: &crate::relation::Relation| {
        let (subject, object) = related.ends(relation);
        let (start, end) = chars.of(relation.evidence.span);
        Triple {
            doc: linked.document.id.clone(),
            subject: subject.name.clone(),
            subject_kind: subject.kind,
            subject_key: subject.key.clone(),
            subject_uri: subject.uri.clone(),
            predicate: relation.predicate.to_string(),
            phrase: relation.phrase.clone(),
            object: object.name.clone(),
            object_kind: object.kind,
            object_key: object.key.clone(),
            object_uri: object.uri.clone(),
            class: relation.class,
            symmetric: relation.symmetric,
            polarity: relation.polarity,
            modality: relation.modality,
            attribution: relation.attribution.as_ref().map(|s| s.name(linked).to_owned()),
            attribution_key: relation.attribution.as_ref().and_then(|s| s.key(linked)).map(str::to_owned),
            denied_by: relation.denied_by.as_ref().map(|s| s.name(linked).to_owned()),
            denied_by_key: relation.denied_by.as_ref().and_then(|s| s.key(linked)).map(str::to_owned),
            time: relation.time.clone(),
            place: relation.place.clone(),
            confidence: rounded(relation.confidence),
            rule: relation.rule.to_string(),
            start,
            end,
            sentence: shown(text, linked.sentences[relation.evidence.sentence].span, relation.evidence.span),
            further_evidence: (relation.further_evidence.iter())
                .map(|evidence| chars.of(evidence.span))
                .map(|(start, end)| Place { start, end })
                .collect(),
        }
    };
    related.relations.iter().map(triple)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::samples;

    #[test]
    fn the_contract() {
        let triples: Vec<Triple> = of(&samples::related()).collect();
        assert_eq!(triples.len(), 1);
        let json = serde_json::to_string_pretty(&triples[0]).unwrap();
        assert_eq!(serde_json::from_str::<Triple>(&json).unwrap(), triples[0]);
        insta::assert_snapshot!(json);
    }
}
