//! Mentions of one article to entities.
//!
//! The stages inside, in the order a document walks through them:
//!
//! 1. `clean` sets the boundaries of the tagger's mentions right and adds countries that the tagger missed.
//! 2. `states` finds countries behind names, adjectives of nationality and seats of government.
//! 3. `names` clusters the other names: people, organizations, places.
//! 4. `anaphora` adds pronouns and common nouns ("she", "the kingdom") where it is clear whom they mean.
//!
//! Linking does no I/O and cannot fail. Its cost grows linearly with the length of the article: every lookup goes
//! through an index, and the search for an antecedent is limited to a fixed number of mentions.

mod anaphora;
mod article;
mod clean;
mod gazetteer;
mod names;
mod states;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::entity::{Entity, Linked, State};
use crate::mention::{Kind, Mention};
use crate::syntax::Annotated;

use article::{Article, Clusters, Draft};
use gazetteer::Gazetteer;

static PRIVATE_PEOPLE: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    include_str!("../../data/gazetteer/private_people.tsv").lines().filter(|l| !l.starts_with('#')).collect()
});

/// Whether a noun, by its lemma, names people who act for themselves ("refugee", "tourist"), not for their state.
pub(crate) fn is_private_person(lemma: &str) -> bool {
    PRIVATE_PEOPLE.binary_search(&lemma).is_ok()
}

/// Why a mention was put to its entity, for explanations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The tagger's name, the first or only one of its entity.
    Tagged,
    /// The same name, up to case, diacritics, hyphens and titles.
    SameName,
    /// A shorter or longer form of a name in the article.
    PartOfName,
    /// Another spelling of a name in the article.
    Spelling,
    /// An acronym explained in the article or known to a table.
    Acronym,
    /// The tables know the name.
    Table,
    /// The tables know the name as a country.
    Country,
    /// A country's name that the tagger missed.
    MissedCountry,
    /// An adjective or noun of nationality.
    Nationality,
    /// A seat of government that acts or has relations.
    Government,
    /// A pronoun whose own or governing clause has this subject.
    ClauseSubject,
    /// A pronoun for the most salient candidate before it.
    Salience,
    /// "his wife X": of the same family name as X.
    FamilyName,
    /// "the latter" or "the former" of two names.
    OneOfTwo,
    /// A common noun for a country of that form ("the kingdom").
    StateForm,
    /// A common noun for the only country at hand.
    OnlyCountry,
    /// A common noun for somebody introduced with that office.
    Office,
    /// A common noun for an organization that carries it in its name or was introduced with it.
    NamedSo,
    /// A common noun for the only organization at hand.
    OnlyOrganization,
}

impl Reason {
    /// A few words for the reader of an explanation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tagged => "tagged name",
            Self::SameName => "same name",
            Self::PartOfName => "part of a name in the article",
            Self::Spelling => "other spelling of a name in the article",
            Self::Acronym => "acronym",
            Self::Table => "name in a table",
            Self::Country => "name of a country",
            Self::MissedCountry => "name of a country that the tagger missed",
            Self::Nationality => "nationality",
            Self::Government => "seat of government",
            Self::ClauseSubject => "subject of the clause",
            Self::Salience => "most salient before it",
            Self::FamilyName => "same family name as the relative",
            Self::OneOfTwo => "of the two before it",
            Self::StateForm => "country of that form",
            Self::OnlyCountry => "only country at hand",
            Self::Office => "introduced with that office",
            Self::NamedSo => "named or introduced so",
            Self::OnlyOrganization => "only organization at hand",
        }
    }
}

/// Turns mentions into entities. Built once, shared by all workers.
///
/// ```
/// use tidings::document::Document;
/// use tidings::link::Linker;
/// use tidings::syntax::Annotated;
///
/// let document =
///     Document { id: "1".into(), source: None, title: None, published: None, text: String::new() };
/// let linked = Linker::new().link(Annotated { document, sentences: Vec::new(), mentions: Vec::new() });
/// assert!(linked.entities.is_empty());
/// ```
#[derive(Debug)]
pub struct Linker {
    gazetteer: Gazetteer,
}

impl Default for Linker {
    fn default() -> Self {
        Self::new()
    }
}

impl Linker {
    /// Index the embedded tables.
    pub fn new() -> Self {
        Self { gazetteer: Gazetteer::new() }
    }

    /// Cluster the mentions of one article.
    ///
    /// Mentions that point outside of the sentences or overlap an earlier one are dropped; mentions may be shortened,
    /// split and added. The result is the same on every run.
    pub fn link(&self, annotated: Annotated) -> Linked {
        self.link_with_reasons(annotated).0
    }

    /// As [`link`](Self::link), with the reason for every mention, parallel to [`Linked::mentions`].
    pub fn link_with_reasons(&self, annotated: Annotated) -> (Linked, Vec<Reason>) {
        let article = Article::new(&self.gazetteer, &annotated);
        let mut drafts = clean::clean(&article, &annotated.mentions);
        let mut clusters = Clusters::default();
        states::resolve(&article, &mut drafts, &mut clusters);
        names::resolve(&article, &mut drafts, &mut clusters);
        anaphora::resolve(&article, &mut drafts, &mut clusters);
        let (mentions, entity_of, entities, reasons) = finish(&article, drafts, &mut clusters);
        let Annotated { document, sentences, .. } = annotated;
        (Linked { document, sentences, mentions, entity_of, entities }, reasons)
    }
}

/// The Wikidata item of an entity, or its kind and its name without case, diacritics and punctuation.
fn stable_key(kind: Kind, name: &str, uri: Option<&str>) -> String {
    if let Some((_, item)) = uri.and_then(|uri| uri.rsplit_once('/')) {
        return item.to_owned();
    }
    let words = crate::name::key(name);
    let words = words.strip_prefix("the ").unwrap_or(&words);
    if words.is_empty() {
        // A name of signs alone.
        let signs: Vec<String> = name.chars().map(|c| format!("{:x}", u32::from(c))).collect();
        return format!("{kind}/u{}", signs.join("-"));
    }
    format!("{kind}/{}", words.replace(' ', "-"))
}

/// Number the entities by their first mention.
fn finish(
    article: &Article<'_>,
    mut drafts: Vec<Draft>,
    clusters: &mut Clusters,
) -> (Vec<Mention>, Vec<usize>, Vec<Entity>, Vec<Reason>) {
    drafts.retain(|draft| draft.cluster.is_some());
    drafts.sort_by_key(|d| (d.sentence, d.tokens.start));
    let mut id_of_cluster = vec![None; clusters.len()];
    let (mut mentions, mut entity_of, mut entities, mut reasons) =
        (Vec::new(), Vec::new(), Vec::<Entity>::new(), Vec::new());
    for draft in drafts {
        let Some(cluster) = draft.cluster.map(|c| clusters.root(c)) else { continue };
        let id = *id_of_cluster[cluster].get_or_insert_with(|| {
            let c = &clusters[cluster];
            let name = if c.name.is_empty() { article.surface(draft.sentence, &draft.tokens) } else { c.name.clone() };
            entities.push(Entity {
                kind: c.kind,
                key: stable_key(c.kind, &name, c.uri.as_deref()),
                name,
                uri: c.uri.clone(),
                iso: c.iso.clone(),
                state: None,
                mentions: Vec::new(),
            });
            entities.len() - 1
        });
        entities[id].mentions.push(mentions.len());
        entity_of.push(id);
        reasons.push(draft.reason);
        mentions.push(Mention {
            sentence: draft.sentence,
            span: article.span(draft.sentence, &draft.tokens),
            tokens: draft.tokens,
            kind: entities[id].kind,
            form: draft.form,
            score: draft.score,
        });
    }
    let mut country_of: BTreeMap<usize, usize> = BTreeMap::new();
    for (cluster, id) in id_of_cluster.iter().enumerate() {
        if let (Some(id), Some(country)) = (*id, clusters[cluster].country) {
            country_of.entry(country).or_insert(id);
        }
    }
    for (cluster, id) in id_of_cluster.iter().enumerate() {
        if let (Some(id), Some((country, score))) = (*id, clusters[cluster].state)
            && let Some(&country) = country_of.get(&country)
        {
            entities[id].state = Some(State { country, score });
        }
    }
    (mentions, entity_of, entities, reasons)
}
