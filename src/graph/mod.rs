//! Many articles to one set of facts.
//!
//! ```text
//! lines of the documents format -> articles in the order of their ids -> entities across articles -> facts -> a format
//! ```
//!
//! A [`Builder`] takes articles in any order and gives a [`Graph`]: entities, facts with their evidence, and the sentences
//! that state them, each in the order of their ids. The result depends on the set of articles alone. Everything that grows
//! with the number of articles is sorted and merged on disk (`sort`); in memory are the budget of the sorters, the keys
//! that were merged ([`resolve`]), and what is said about one pair of entities with one predicate (`facts`).
//!
//! | format | file |
//! |---|---|
//! | N-Quads, Turtle | [`nquads`], [`turtle`], over the quads of [`rdf`] |
//! | `neo4j-admin` import | [`neo4j`] |
//! | GraphML | [`graphml`] |
//! | JSON lines | [`jsonl`] |

pub mod endpoint;
mod facts;
pub mod graphml;
mod input;
pub mod jsonl;
pub mod neo4j;
pub mod nquads;
mod predicate;
pub mod query;
pub mod rdf;
pub mod record;
pub mod resolve;
mod sort;
mod spelling;
pub mod store;
#[cfg(test)]
mod tests;
pub mod turtle;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::mention::Kind;
use facts::{Statement, facts, fingerprint, most, publisher};
use input::ArticleEntity;
pub use input::{Article, InputError, Line, Lines, open};
use record::{Document, Entity, Evidence, FactGroup, Merged, Record, Speaker};
use resolve::{Apart, Candidate, KeptApart, Reason, Resolution, Resolver};
use sort::{Key, Sorter, Spool, Workspace, pack, unpack};

/// Where and with what a graph is made.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder for temporary files, which have no name and take about as much room as the input.
    pub temporary: PathBuf,
    /// Bytes that sorting may take.
    pub memory: usize,
    /// Which entities to keep.
    pub entities: Entities,
}

impl Default for Config {
    fn default() -> Self {
        Self { temporary: std::env::temp_dir(), memory: 512 << 20, entities: Entities::InFacts }
    }
}

/// Which entities a graph holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entities {
    /// Those that a fact is about and those who say or deny one.
    InFacts,
    /// All that articles mention.
    All,
}

/// Why a graph cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// No temporary files can be made, read or written.
    #[error("temporary files in {folder}: {}; choose another folder with --temporary", room(source))]
    Temporary {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The output cannot be written.
    #[error("the graph cannot be written")]
    Write(#[from] io::Error),
}

fn room(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full",
        _ => "they cannot be made, written or read",
    }
}

/// Takes articles and makes a graph of them.
#[derive(Debug)]
pub struct Builder {
    workspace: Workspace,
    entities: Entities,
    articles: Sorter,
}

impl Builder {
    /// Start with no articles.
    ///
    /// # Errors
    /// [`GraphError::Temporary`].
    pub fn new(config: &Config) -> Result<Self, GraphError> {
        let workspace = Workspace { folder: config.temporary.clone(), memory: config.memory };
        workspace.check().map_err(|source| temporary(&workspace, source))?;
        // Its records are still held when the next two sorters fill.
        let articles = workspace.sorter(2);
        Ok(Self { workspace, entities: config.entities, articles })
    }

    /// Take an article.
    ///
    /// # Errors
    /// [`GraphError::Temporary`].
    pub fn add(&mut self, article: &Article) -> Result<(), GraphError> {
        self.add_as(Rank::New, article)
    }

    fn add_as(&mut self, rank: Rank, article: &Article) -> Result<(), GraphError> {
        let published = article.published.as_deref().unwrap_or_default();
        let key = Key::default().text(&article.id).number(rank as u64).text(published);
        let ranked = (rank, article);
        self.articles.push_value(&key, &ranked).map_err(|source| temporary(&self.workspace, source))
    }

    /// Merge all that was taken. Of several articles with one id the last published is used, of those of one day always
    /// the same one; [`Graph::counts`] names the ids.
    ///
    /// # Errors
    /// [`GraphError::Temporary`].
    pub fn merge(self) -> Result<Graph, GraphError> {
        let workspace = self.workspace.clone();
        self.merged().map_err(|source| temporary(&workspace, source))
    }

    fn merged(self) -> io::Result<Graph> {
        let Self { workspace, entities, articles } = self;
        let mut spool = workspace.spool::<Article>()?;
        let mut sightings = workspace.sorter(4);
        let mut apart = Apart::default();
        let mut counts = Counts::default();
        for article in (Latest { sorted: articles.sorted()?.peekable(), counts: &mut counts }) {
            let article = article?;
            let at = spool.len();
            for entity in &article.entities {
                sightings.push_value(&Key::default().text(&entity.key).number(at), &(entity, false))?;
            }
            apart.look(&article.entities);
            spool.push(&article)?;
        }

        let mut resolver = Resolver::new(workspace.sorter(4), apart);
        each_candidate(sightings, |candidate| resolver.add(&candidate))?;
        let resolution = resolver.resolve()?;

        let mut sightings = workspace.sorter(4);
        let mut statements = workspace.sorter(4);
        let mut documents = workspace.spool::<Document>()?;
        for (at, article) in spool.read()?.enumerate() {
            take_article(article?, at as u64, &resolution, &mut sightings, &mut statements, &mut documents)?;
        }

        let entities = collect_entities(sightings, &resolution, entities, workspace.spool()?)?;
        let (fact_groups, n_facts) = collect_facts(statements, workspace.spool()?)?;
        Ok(Graph {
            workspace,
            entities,
            fact_groups,
            documents,
            articles: spool,
            n_facts,
            counts,
            kept_apart: resolution.into_kept_apart(),
        })
    }
}

fn temporary(workspace: &Workspace, source: io::Error) -> GraphError {
    GraphError::Temporary { folder: workspace.folder().to_owned(), source }
}

fn read_back<'a, T: Serialize + DeserializeOwned + 'a>(
    spool: &'a mut Spool<T>,
    workspace: &'a Workspace,
) -> Result<impl Iterator<Item = Result<T, GraphError>> + use<'a, T>, GraphError> {
    let values = spool.read().map_err(|source| temporary(workspace, source))?;
    Ok(values.map(|value| value.map_err(|source| temporary(workspace, source))))
}

/// Where an article comes from: a new one replaces the one that was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Rank {
    Kept,
    New,
}

/// What became of the articles that were taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Articles whose ids were not there before.
    pub added: u64,
    /// Articles that replace others with the same ids.
    pub changed: u64,
    /// Articles that were there, the same to the letter.
    pub unchanged: u64,
    /// Ids of several different new articles, of which one was used.
    pub ambiguous: BTreeSet<String>,
}

/// One article for each id, in the order of ids: of the new ones, or else of those kept, the last published.
struct Latest<'a> {
    sorted: std::iter::Peekable<sort::Sorted>,
    counts: &'a mut Counts,
}

impl Latest<'_> {
    fn of_id(&mut self, first: sort::Pair) -> io::Result<Option<Article>> {
        let (mut kept, mut new) = (None, None);
        let mut take = |(_, value): sort::Pair| -> io::Result<String> {
            let (rank, article): (Rank, Article) = unpack(&value)?;
            let id = article.id.clone();
            match rank {
                Rank::Kept => kept = Some(article),
                Rank::New => {
                    if new.as_ref().is_some_and(|before| *before != article) {
                        self.counts.ambiguous.insert(id.clone());
                    }
                    new = Some(article);
                }
            }
            Ok(id)
        };
        let prefix = Key::default().text(&take(first)?);
        let same =
            |next: &io::Result<sort::Pair>| next.as_ref().is_ok_and(|(key, _)| key.starts_with(prefix.as_bytes()));
        while let Some(next) = self.sorted.next_if(same) {
            take(next?)?;
        }
        match (&kept, &new) {
            (Some(kept), Some(new)) if kept == new => self.counts.unchanged += 1,
            (Some(_), Some(_)) => self.counts.changed += 1,
            (None, Some(_)) => self.counts.added += 1,
            (_, None) => {}
        }
        Ok(new.or(kept))
    }
}

impl Iterator for Latest<'_> {
    type Item = io::Result<Article>;

    fn next(&mut self) -> Option<Self::Item> {
        self.sorted.next()?.and_then(|first| self.of_id(first)).transpose()
    }
}

/// What articles say of an entity, and whether a fact is about it or it says one; of one key or id, which is the text at the start of the sort key, added up.
#[derive(Debug, Default)]
struct Tally {
    kinds: BTreeMap<Kind, u64>,
    /// Canonical names.
    canonical: BTreeMap<String, u64>,
    names: BTreeMap<String, u64>,
    uri: Option<String>,
    iso: Option<String>,
    n_documents: u64,
    n_mentions: u64,
    in_fact: bool,
    last: Option<Vec<u8>>,
    /// By key: its canonical names, and the number of articles that have it.
    keys: BTreeMap<String, (BTreeMap<String, u64>, u64)>,
}

impl Tally {
    fn add(&mut self, sort_key: &[u8], entity: ArticleEntity, in_fact: bool) {
        let ArticleEntity { key, kind, name, uri, iso, names, n_mentions } = entity;
        *self.kinds.entry(kind).or_default() += 1;
        let of_key = self.keys.entry(key).or_default();
        *of_key.0.entry(name.clone()).or_default() += 1;
        of_key.1 += 1;
        *self.canonical.entry(name).or_default() += 1;
        for name in names {
            *self.names.entry(name).or_default() += 1;
        }
        self.uri = self.uri.take().or(uri);
        self.iso = self.iso.take().or(iso);
        // Two keys of one article may have come together.
        if self.last.as_deref() != Some(sort_key) {
            self.n_documents += 1;
            self.last = Some(sort_key.to_vec());
        }
        self.n_mentions += n_mentions;
        self.in_fact |= in_fact;
    }
}

impl Tally {
    /// The name to show: that of the item, or the full name that most articles give.
    fn name(&self, id: &str, resolution: &Resolution) -> Option<String> {
        if self.uri.is_some()
            && let Some((names, _)) = self.keys.get(id)
        {
            return most(names);
        }
        let is_short = |key: &String| {
            resolution.link(key).is_some_and(|link| matches!(link.reason, Reason::Initials | Reason::Acronym))
        };
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for (names, _) in self.keys.iter().filter(|(key, _)| !is_short(key)).map(|(_, names)| names) {
            for (name, n) in names {
                *counts.entry(name.clone()).or_default() += n;
            }
        }
        most(&counts).or_else(|| most(&self.canonical))
    }
}

/// Add up sightings whose sort keys begin with the same text, and hand on what comes of it with that text.
fn each_tally(sightings: Sorter, mut turn: impl FnMut(Tally) -> io::Result<()>) -> io::Result<()> {
    let mut current: Option<(Vec<u8>, Tally)> = None;
    for record in sightings.sorted()? {
        let (key, value) = record?;
        // What follows the text is the number of the article.
        let text = &key[..key.len() - size_of::<u64>()];
        if current.as_ref().is_none_or(|(before, _)| before != text)
            && let Some((_, tally)) = current.replace((text.to_vec(), Tally::default()))
        {
            turn(tally)?;
        }
        if let Some((_, tally)) = &mut current {
            let (entity, in_fact) = unpack(&value)?;
            tally.add(&key, entity, in_fact);
        }
    }
    current.map_or(Ok(()), |(_, tally)| turn(tally))
}

fn each_candidate(sightings: Sorter, mut turn: impl FnMut(Candidate) -> io::Result<()>) -> io::Result<()> {
    each_tally(sightings, |tally| {
        let (Some(kind), Some(name)) = (most(&tally.kinds), most(&tally.canonical)) else { return Ok(()) };
        let Tally { keys, uri, names, n_documents, .. } = tally;
        let Some((key, _)) = keys.into_iter().next() else { return Ok(()) };
        turn(Candidate { key, kind, uri, name, names, n_documents })
    })
}

fn take_article(
    article: Article,
    at: u64,
    resolution: &Resolution,
    sightings: &mut Sorter,
    statements: &mut Sorter,
    documents: &mut Spool<Document>,
) -> io::Result<()> {
    let Article { id, source, title, published, entities, claims, sentences } = article;
    let ids: Vec<&str> = entities.iter().map(|e| resolution.id(&e.key)).collect();
    let mut in_fact = vec![false; entities.len()];
    let publisher = source.as_deref().and_then(publisher);
    let fingerprints: Vec<u64> = sentences.iter().map(|s| fingerprint(&s.text)).collect();
    let mut stated = BTreeSet::new();
    for (number, claim) in claims.into_iter().enumerate() {
        let (mut subject, mut object) = (ids[claim.subject], ids[claim.object]);
        // Two entities of an article that are one after all say nothing about each other.
        if subject == object {
            continue;
        }
        if claim.symmetric && object < subject {
            std::mem::swap(&mut subject, &mut object);
        }
        let speakers = [&claim.attribution, &claim.denied_by].into_iter().flatten().filter_map(|s| s.entity);
        for entity in [claim.subject, claim.object].into_iter().chain(speakers) {
            in_fact[entity] = true;
        }
        let speaker = |speaker: Option<crate::write::documents::Speaker>| {
            speaker.map(|s| Speaker { entity: s.entity.map(|e| ids[e].to_owned()), name: s.name })
        };
        let (attribution, denied_by) = (speaker(claim.attribution), speaker(claim.denied_by));
        let key = Key::default().text(subject.min(object)).text(&claim.predicate).text(subject.max(object));
        for (place, spot) in claim.places.iter().enumerate() {
            stated.insert(spot.sentence);
            let sentence = sentences.binary_search_by_key(&spot.sentence, |s| s.number);
            let statement = Statement {
                class: claim.class,
                symmetric: claim.symmetric,
                polarity: claim.polarity,
                published: published.clone(),
                publisher: publisher.clone(),
                fingerprint: sentence.map_or(0, |i| fingerprints[i]),
                evidence: Evidence {
                    document: id.clone(),
                    relation: number,
                    place,
                    sentence: spot.sentence,
                    start: spot.start,
                    end: spot.end,
                    phrase: claim.phrase.clone(),
                    modality: claim.modality,
                    time: claim.time.clone(),
                    location: claim.place.clone(),
                    attribution: attribution.clone(),
                    denied_by: denied_by.clone(),
                    confidence: claim.confidence,
                    rule: claim.rule.clone(),
                },
            };
            let order = key.clone().number(at).number(number as u64).number(place as u64);
            statements.push(&order, &pack(&(subject, &claim.predicate, object, &statement))?)?;
        }
    }
    for ((entity, id), in_fact) in entities.iter().zip(&ids).zip(in_fact) {
        sightings.push_value(&Key::default().text(id).number(at), &(entity, in_fact))?;
    }
    if !stated.is_empty() {
        let sentences = sentences.into_iter().filter(|s| stated.contains(&s.number)).collect();
        documents.push(&Document { id, source, title, published, sentences })?;
    }
    Ok(())
}

fn collect_entities(
    sightings: Sorter,
    resolution: &Resolution,
    which: Entities,
    mut entities: Spool<Entity>,
) -> io::Result<Spool<Entity>> {
    each_tally(sightings, |tally| {
        if which == Entities::InFacts && !tally.in_fact {
            return Ok(());
        }
        let Some(key) = tally.keys.keys().next() else { return Ok(()) };
        let id = resolution.id(key).to_owned();
        let (Some(kind), Some(name)) = (most(&tally.kinds), tally.name(&id, resolution)) else { return Ok(()) };
        let mut names: Vec<(String, u64)> = tally.names.into_iter().filter(|(other, _)| *other != name).collect();
        names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let merged = tally.keys.iter().filter_map(|(key, (names, n_documents))| {
            let link = resolution.link(key)?;
            Some(Merged {
                key: key.clone(),
                name: most(names)?,
                same_as: link.to.clone(),
                reason: link.reason,
                n_documents: *n_documents,
            })
        });
        entities.push(&Entity {
            kind,
            name,
            other_names: names.into_iter().map(|(name, _)| name).collect(),
            uri: tally.uri,
            iso: tally.iso,
            n_documents: tally.n_documents,
            n_mentions: tally.n_mentions,
            merged: merged.collect(),
            id,
        })
    })?;
    Ok(entities)
}

fn collect_facts(statements: Sorter, mut fact_groups: Spool<FactGroup>) -> io::Result<(Spool<FactGroup>, u64)> {
    /// Number of article, relation and place.
    const ORDER_BYTES: usize = 3 * size_of::<u64>();
    let mut n_facts = 0;
    let mut together: BTreeMap<(String, String, String), Vec<Statement>> = BTreeMap::new();
    let mut before = Vec::new();
    let mut finish = |together: BTreeMap<(String, String, String), Vec<Statement>>| {
        let mut group = FactGroup { facts: Vec::new() };
        for ((subject, predicate, object), statements) in together {
            group.facts.extend(facts(&subject, &predicate, &object, statements));
        }
        n_facts += group.facts.len() as u64;
        if group.facts.is_empty() { Ok(()) } else { fact_groups.push(&group) }
    };
    for record in statements.sorted()? {
        let (key, value) = record?;
        let (subject, predicate, object, statement): (String, String, String, Statement) = unpack(&value)?;
        let text = &key[..key.len() - ORDER_BYTES];
        if text != before {
            finish(std::mem::take(&mut together))?;
            before = text.to_vec();
        }
        together.entry((subject, predicate, object)).or_default().push(statement);
    }
    finish(together)?;
    Ok((fact_groups, n_facts))
}

/// What many articles say, merged: every part in the order of its ids, read from disk as often as is wanted.
#[derive(Debug)]
pub struct Graph {
    workspace: Workspace,
    entities: Spool<Entity>,
    fact_groups: Spool<FactGroup>,
    documents: Spool<Document>,
    articles: Spool<Article>,
    n_facts: u64,
    counts: Counts,
    kept_apart: BTreeSet<KeptApart>,
}

impl Graph {
    /// Articles that were merged, each id once.
    pub fn n_articles(&self) -> u64 {
        self.articles.len()
    }

    /// Number of entities.
    pub fn n_entities(&self) -> u64 {
        self.entities.len()
    }

    /// Number of facts.
    pub fn n_facts(&self) -> u64 {
        self.n_facts
    }

    /// What became of the articles that were taken.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Keys that look alike and were not merged.
    pub fn kept_apart(&self) -> &BTreeSet<KeptApart> {
        &self.kept_apart
    }

    fn articles(&mut self) -> Result<impl Iterator<Item = Result<Article, GraphError>>, GraphError> {
        read_back(&mut self.articles, &self.workspace)
    }

    /// The entities in the order of their ids.
    ///
    /// # Errors
    /// [`GraphError::Temporary`].
    pub fn entities(&mut self) -> Result<impl Iterator<Item = Result<Entity, GraphError>>, GraphError> {
        read_back(&mut self.entities, &self.workspace)
    }

    /// The facts in the order of both ends and predicate, those of two entities and one predicate together.
    ///
    /// # Errors
    /// [`GraphError::Temporary`].
    pub fn fact_groups(&mut self) -> Result<impl Iterator<Item = Result<FactGroup, GraphError>>, GraphError> {
        read_back(&mut self.fact_groups, &self.workspace)
    }

    /// The articles that state facts, in the order of their ids.
    ///
    /// # Errors
    /// [`GraphError::Temporary`].
    pub fn documents(&mut self) -> Result<impl Iterator<Item = Result<Document, GraphError>>, GraphError> {
        read_back(&mut self.documents, &self.workspace)
    }

    /// Every part of the graph: entities, facts, documents, and the predicates of the facts, which are as many as rules and
    /// verbs, however many facts there are.
    fn each_record<E: From<GraphError>>(&mut self, mut turn: impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        for entity in self.entities()? {
            turn(Record::Entity(entity?))?;
        }
        let mut predicates = BTreeMap::new();
        for group in self.fact_groups()? {
            let group = group?;
            for fact in &group.facts {
                if !predicates.contains_key(&fact.predicate) {
                    predicates.insert(fact.predicate.clone(), fact.class);
                }
            }
            turn(Record::FactGroup(group))?;
        }
        for document in self.documents()? {
            turn(Record::Document(document?))?;
        }
        predicates.into_iter().try_for_each(|(name, class)| turn(Record::Predicate(name, class)))
    }

    /// Every place of evidence with the id of its fact and the text of its sentence, in the order of documents and
    /// sentences.
    fn evidence_with_text(
        &mut self,
    ) -> Result<impl Iterator<Item = Result<(String, Evidence, String), GraphError>>, GraphError> {
        let workspace = self.workspace.clone();
        let mut sorted = || -> io::Result<_> {
            let mut sorter = workspace.sorter(4);
            for group in self.fact_groups.read()? {
                for fact in group?.facts {
                    for place in &fact.evidence {
                        let key = Key::default().text(&place.document).number(place.sentence as u64);
                        sorter.push(&key, &pack(&(&fact.id, place))?)?;
                    }
                }
            }
            sorter.sorted()
        };
        let mut sorted = sorted().map_err(|source| temporary(&workspace, source))?;
        let mut documents = self.documents.read().map_err(|source| temporary(&workspace, source))?;
        let mut document: Option<Document> = None;
        Ok(std::iter::from_fn(move || {
            let mut next = || -> io::Result<Option<(String, Evidence, String)>> {
                let Some(record) = sorted.next() else { return Ok(None) };
                let (fact, place): (String, Evidence) = unpack(&record?.1)?;
                while document.as_ref().is_none_or(|d| d.id != place.document) {
                    let Some(next) = documents.next() else { break };
                    document = Some(next?);
                }
                let sentences = document.as_ref().map_or(&[][..], |d| d.sentences.as_slice());
                let text = sentences.iter().find(|s| s.number == place.sentence).map(|s| s.text.clone());
                Ok(Some((fact, place, text.unwrap_or_default())))
            };
            next().map_err(|source| temporary(&workspace, source)).transpose()
        }))
    }
}
