//! The nouns of the graph: entities, facts with their evidence, and the sentences that state them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::resolve::Reason;
use crate::mention::Kind;
use crate::relation::{Class, Modality, Polarity};

/// Somebody or something that articles speak of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// What identifies it: its Wikidata item, or kind and normalized name (`person/nasser-bourita`); the key of the
    /// documents format.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// The name that most articles give it.
    pub name: String,
    /// Its other names, in the order of the number of articles that have them.
    pub other_names: Vec<String>,
    /// Wikidata entity, where known.
    #[schemars(extend("format" = "uri"))]
    pub uri: Option<String>,
    /// ISO 3166-1 alpha-2 code of a country.
    pub iso: Option<String>,
    /// Articles that mention it.
    pub n_documents: u64,
    /// Mentions in them.
    pub n_mentions: u64,
    /// Keys of the documents format that were found to be the same, sorted by key.
    pub merged: Vec<Merged>,
}

/// A key that was found to stand for an entity with another key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Merged {
    /// The key.
    pub key: String,
    /// The name that most articles with this key give.
    pub name: String,
    /// The key that it was found to be the same as.
    pub same_as: String,
    /// Why.
    pub reason: Reason,
    /// Articles that have this key.
    pub n_documents: u64,
}

/// What articles say about two entities: the same ends, predicate and polarity, at times that agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Subject, predicate, object and polarity, and of events the time (`Q1028:cut_ties_with:Q794:affirmed:2018-05`).
    pub id: String,
    /// `id` of the entity that acts, or of the first end.
    pub subject: String,
    /// Predicate of the inventory, or the lemmas of the verb in an open relation.
    pub predicate: String,
    /// `id` of the entity that is acted on, or of the second end.
    pub object: String,
    /// The words that most evidence expresses it with.
    pub phrase: String,
    /// What sort of fact.
    pub class: Class,
    /// Whether it holds in both directions; the ends are then in the order of their ids.
    pub symmetric: bool,
    /// Whether it is said to hold or not to hold.
    pub polarity: Polarity,
    /// The strongest that is said: `actual` before `future` before `hypothetical`. What is said to be denied is a fact of
    /// its own, `denied`, that contradicts the one that is stated.
    pub modality: Modality,
    /// When, as exactly as the evidence agrees on: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    pub time: Option<String>,
    /// The earliest time that evidence gives.
    pub time_first: Option<String>,
    /// The latest time that evidence gives.
    pub time_last: Option<String>,
    /// Day of publication of the first article that states it.
    #[schemars(extend("format" = "date"))]
    pub published_first: Option<String>,
    /// Day of publication of the last article that states it.
    #[schemars(extend("format" = "date"))]
    pub published_last: Option<String>,
    /// Belief, 0 to 1: that not every independent source was misread.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub confidence: f64,
    /// Articles that state it.
    pub n_documents: u64,
    /// Independent sources: articles of one publisher, and articles that share a sentence, count once.
    pub n_sources: u64,
    /// `id`s of facts that say the contrary, sorted.
    pub contradicts: Vec<String>,
    /// Where it is stated, in the order of document and place.
    pub evidence: Vec<Evidence>,
}

/// A place in an article that states a fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// `id` of the article.
    pub document: String,
    /// Number of the relation in the article's line, from 0.
    pub relation: usize,
    /// Number of this place among those of the relation, from 0.
    pub place: usize,
    /// Number of the sentence, from 0.
    pub sentence: usize,
    /// First character of trigger, subject and object together, counted in Unicode characters of the article's text.
    pub start: usize,
    /// One past their last character.
    pub end: usize,
    /// The words that express it.
    pub phrase: String,
    /// Whether it is said to be real.
    pub modality: Modality,
    /// When, as this article says.
    pub time: Option<String>,
    /// Name of the place where it happened.
    pub location: Option<String>,
    /// Who says so, where it is not the article itself.
    pub attribution: Option<Speaker>,
    /// Who denies it, where it is said to be denied.
    pub denied_by: Option<Speaker>,
    /// Belief, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub confidence: f64,
    /// The rule that found it.
    pub rule: String,
}

/// Who is said to say or to deny something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Speaker {
    /// `id` of the entity, where the article names one.
    pub entity: Option<String>,
    /// Its name there, or the article's words ("two diplomats").
    pub name: String,
}

/// An article that states facts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its identifier.
    pub id: String,
    /// Where it comes from, as the input gives it.
    pub source: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// Day of publication, `YYYY-MM-DD`.
    #[schemars(extend("format" = "date"))]
    pub published: Option<String>,
    /// The sentences that state facts, in text order.
    pub sentences: Vec<Sentence>,
}

pub use crate::write::documents::Sentence;

/// The facts about two entities with one predicate, in both directions: what is written and replaced together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactGroup {
    /// In the order of subject, polarity, modality and time; never empty.
    pub facts: Vec<Fact>,
}

/// One part of the graph, written and replaced as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Record {
    Entity(Entity),
    FactGroup(FactGroup),
    Document(Document),
    /// A predicate that facts have, with its class.
    Predicate(String, Class),
}
