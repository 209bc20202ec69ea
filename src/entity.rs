//! Entities: what the mentions of one article stand for.

use crate::document::Document;
use crate::mention::{Kind, Mention};
use crate::syntax::Sentence;

/// Index into [`Linked::mentions`].
pub type MentionId = usize;
/// Index into [`Linked::entities`]; the `id` of the output.
pub type EntityId = usize;

/// Somebody or something that an article speaks of.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// What it is.
    pub kind: Kind,
    /// The fullest name that the article gives, or a country's usual English name.
    pub name: String,
    /// What identifies it across articles: its Wikidata item (`Q1028`) where a table knows it, else made from kind and
    /// name (`person/nasser-bourita`), the same in every run and article that names it so.
    pub key: String,
    /// `http://www.wikidata.org/entity/Q…` where a table knows it.
    pub uri: Option<String>,
    /// ISO 3166-1 alpha-2 code of a country.
    pub iso: Option<String>,
    /// Of a person: the state whose office he or she holds.
    pub state: Option<State>,
    /// Its mentions in text order; never empty.
    pub mentions: Vec<MentionId>,
}

/// The state that a person serves: what the article says anywhere, what a table of leaders knows, or, for an official of
/// whom neither tells, the country of the dateline or the one that the article is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// A country of the article.
    pub country: EntityId,
    /// Belief, 0 to 1.
    pub score: f32,
}

/// An article whose mentions are clustered into entities.
#[derive(Debug, Clone, PartialEq)]
pub struct Linked {
    /// The article.
    pub document: Document,
    /// Sentences with their syntax.
    pub sentences: Vec<Sentence>,
    /// All mentions, sorted by span; names never overlap one another.
    pub mentions: Vec<Mention>,
    /// The entity of every mention, parallel to `mentions`.
    pub entity_of: Vec<EntityId>,
    /// Entities in order of their first mention.
    pub entities: Vec<Entity>,
}
