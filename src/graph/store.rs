//! A graph on disk, in [Oxigraph](https://docs.rs/oxigraph)'s store: articles are added, replaced and merged anew.
//!
//! The folder is one of Oxigraph, which its own tools open as well, and has a folder `tidings` inside:
//!
//! | file | holds |
//! |---|---|
//! | `store.json` | version, and how the RDF is written |
//! | `articles-N` | what was kept of every article, in the order of ids |
//! | `records-N` | the merged graph: entities, facts, documents, predicates |
//! | `removed-N.nt`, `added-N.nt` | the difference to the graph before, while it is applied |
//!
//! `N` is the generation, which the store names in a graph of its own. A load merges all articles on disk, as
//! [`Builder`] does, so that what the store holds depends on the set of articles and not on the order of loads; then it
//! applies only the difference to the former graph. The first load is one atomic step. Others are one transaction up to
//! [`TRANSACTION`] triples; a longer difference is applied in several, and where they break off, the next one who opens
//! the store takes them back.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use oxigraph::io::{RdfFormat, RdfParseError, RdfParser};
use oxigraph::model::{GraphNameRef, Literal, NamedNodeRef, Quad, QuadRef, Term, Triple};
use oxigraph::store::{StorageError, Store, Transaction};
use serde::{Deserialize, Serialize};

use super::rdf::{self, NotAnIri, Options, Predicates, Reification};
use super::record::{Document, Entity, FactGroup};
use super::sort::Spool;
use super::{Article, Builder, Config, Graph, GraphError, Rank};
use crate::relation::Class;

/// Triples that one transaction changes at most; they are held in memory, a few hundred bytes each.
pub const TRANSACTION: usize = 200_000;

/// Megabytes that the first load may take.
const BULK_MEGABYTES: usize = 512;

/// Version of the files beside the store.
const VERSION: u32 = 1;

/// The named graph and the subject of what the store says of itself.
const SELF: NamedNodeRef<'_> = NamedNodeRef::new_unchecked("urn:tidings:store");
/// The generation that the store holds.
const GENERATION: NamedNodeRef<'_> = NamedNodeRef::new_unchecked("urn:tidings:vocabulary:generation");
/// The generation that is being applied.
const PENDING: NamedNodeRef<'_> = NamedNodeRef::new_unchecked("urn:tidings:vocabulary:pendingGeneration");

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is none.
    #[error("{}: no store is there; make it with `tidings graph load DOCUMENTS --store {}`", folder.display(), folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds something else.
    #[error("{}: the folder holds something else than a store of tidings; name another folder, or an empty one", folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
    },
    /// Another process has it open.
    #[error("{}: the store is in use by another process; wait until it has ended", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// It was made by another version.
    #[error("{}: the store is of version {found}, where {VERSION} is wanted; load the documents into a new one", folder.display())]
    Version {
        /// The folder.
        folder: PathBuf,
        /// What it names as its version.
        found: u32,
    },
    /// It was made with other options.
    #[error("{}: the store was made with {made}; use the same, or load the documents into a new one", folder.display())]
    Options {
        /// The folder.
        folder: PathBuf,
        /// The options.
        made: String,
    },
    /// A file beside the store cannot be read or written.
    #[error("{}: cannot be read or written; check that there is room and that you may, or load the documents into a new store", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file beside the store is not what it was.
    #[error("{}: damaged; load the documents into a new store", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What the parser says.
        source: RdfParseError,
    },
    /// Oxigraph refuses.
    #[error("{}: the store cannot be read or written", folder.display())]
    Storage {
        /// The folder.
        folder: PathBuf,
        /// What it says.
        source: StorageError,
    },
    /// The base of the IRIs is none.
    #[error(transparent)]
    Base(#[from] NotAnIri),
    /// The graph cannot be merged.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

/// `store.json`
#[derive(Debug, Serialize, Deserialize)]
struct Made {
    version: u32,
    base: String,
    triple_terms: bool,
}

/// One part of the merged graph, written and replaced as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Record {
    Entity(Entity),
    FactGroup(FactGroup),
    Document(Document),
    Predicate(String, Class),
}

impl Record {
    /// What records are ordered by.
    fn key(&self) -> (u8, &str, &str, &str) {
        match self {
            Self::Entity(entity) => (0, &entity.id, "", ""),
            Self::FactGroup(group) => {
                let ends = group.facts.first().map(|f| (f.subject.as_str(), f.predicate.as_str(), f.object.as_str()));
                let (subject, predicate, object) = ends.unwrap_or_default();
                (1, subject.min(object), predicate, subject.max(object))
            }
            Self::Document(document) => (2, &document.id, "", ""),
            Self::Predicate(name, _) => (3, name, "", ""),
        }
    }

    fn triples(&self, options: &Options) -> io::Result<Vec<Triple>> {
        let mut triples = Vec::new();
        let mut sink = |triple| {
            triples.push(triple);
            Ok(())
        };
        match self {
            Self::Entity(entity) => options.entity(entity, &mut sink)?,
            Self::FactGroup(group) => options.fact_group(group, &mut sink)?,
            Self::Document(document) => options.document(document, &mut sink)?,
            Self::Predicate(name, class) => rdf::predicate(name, *class, &mut sink)?,
        }
        Ok(triples)
    }
}

/// What a load changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// Triples that were not there before.
    pub added: u64,
    /// Triples that are there no more.
    pub removed: u64,
}

/// A store that is open; no other process can open it at the same time.
pub struct GraphStore {
    folder: PathBuf,
    options: Options,
    /// None before the first load.
    store: Option<Store>,
    generation: u64,
    /// [`TRANSACTION`], or less in tests.
    transaction: usize,
}

impl std::fmt::Debug for GraphStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { folder, options, store: _, generation, transaction: _ } = self;
        f.debug_struct("GraphStore")
            .field("folder", folder)
            .field("options", options)
            .field("generation", generation)
            .finish_non_exhaustive()
    }
}

impl GraphStore {
    /// Open the store in a folder. An interrupted load is taken back.
    ///
    /// # Errors
    /// Where there is none, or it cannot be used.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let made = read_made(folder)?.ok_or_else(|| StoreError::Missing { folder: folder.to_owned() })?;
        Self::open_made(folder, made)
    }

    /// Open the store in a folder, or make one there with the first load.
    ///
    /// # Errors
    /// Where it cannot be used, or was made with other options.
    pub fn open_or_make(folder: &Path, options: &Options) -> Result<Self, StoreError> {
        let Some(made) = read_made(folder)? else {
            let (folder, options) = (folder.to_owned(), options.clone());
            return Ok(Self { folder, options, store: None, generation: 0, transaction: TRANSACTION });
        };
        let this = Self::open_made(folder, made)?;
        if (this.options.base(), this.options.reification) != (options.base(), options.reification) {
            let form = if this.options.reification == Reification::TripleTerms { "triple-terms" } else { "standard" };
            let made = format!("--base {} --reification {form}", this.options.base());
            return Err(StoreError::Options { folder: folder.to_owned(), made });
        }
        Ok(this)
    }

    fn open_made(folder: &Path, made: Made) -> Result<Self, StoreError> {
        let reification = if made.triple_terms { Reification::TripleTerms } else { Reification::Standard };
        let mut options = Options::default().with_base(&made.base)?;
        options.reification = reification;
        let store = open_store(folder)?;
        let (folder, store) = (folder.to_owned(), Some(store));
        let mut this = Self { folder, options, store, generation: 0, transaction: TRANSACTION };
        this.recover()?;
        Ok(this)
    }

    /// Oxigraph's store, for queries; none before the first load.
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// A builder that has the articles of the store; new ones replace them.
    ///
    /// # Errors
    /// Where the articles cannot be read or sorted.
    pub fn builder(&self, config: &Config) -> Result<Builder, StoreError> {
        let mut builder = Builder::new(config)?;
        if self.generation > 0 {
            let path = self.file("articles", self.generation, "");
            let failed = |source| StoreError::File { file: path.clone(), source };
            let mut articles = Spool::<Article>::open(&path).map_err(failed)?;
            for article in articles.read().map_err(failed)? {
                builder.add_as(Rank::Kept, &article.map_err(failed)?)?;
            }
        }
        Ok(builder)
    }

    /// Make the store hold this graph, which was merged by [`builder`](Self::builder). Killed before it returns, the
    /// store has what it had before, or this graph.
    ///
    /// # Errors
    /// Those of the disk; the store then has what it had before.
    pub fn replace(&mut self, graph: &mut Graph) -> Result<Changes, StoreError> {
        if self.store.is_none() {
            self.make()?;
        }
        let next = self.generation + 1;
        self.write_articles(graph, next)?;
        let changes = self.write_records(graph, next)?;
        if self.generation == 0 {
            self.load_all(next)?;
        } else {
            self.apply(next, changes)?;
        }
        self.generation = next;
        self.clear_away();
        Ok(changes)
    }

    fn make(&mut self) -> Result<(), StoreError> {
        let own = self.folder.join("tidings");
        let failed = |source| StoreError::File { file: own.clone(), source };
        fs::create_dir_all(&own).map_err(failed)?;
        let made = Made {
            version: VERSION,
            base: self.options.base().to_owned(),
            triple_terms: self.options.reification == Reification::TripleTerms,
        };
        let mut file = tempfile::NamedTempFile::new_in(&own).map_err(failed)?;
        serde_json::to_writer(&mut file, &made).map_err(|error| failed(error.into()))?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(own.join("store.json")).map_err(|error| failed(error.error))?;
        self.store = Some(open_store(&self.folder)?);
        Ok(())
    }

    fn file(&self, name: &str, generation: u64, ending: &str) -> PathBuf {
        self.folder.join("tidings").join(format!("{name}-{generation}{ending}"))
    }

    fn storage(&self) -> impl Fn(StorageError) -> StoreError + use<> {
        let folder = self.folder.clone();
        move |source| StoreError::Storage { folder: folder.clone(), source }
    }

    fn open_one(&self) -> Result<&Store, StoreError> {
        self.store.as_ref().ok_or_else(|| StoreError::Missing { folder: self.folder.clone() })
    }

    fn write_articles(&self, graph: &mut Graph, next: u64) -> Result<(), StoreError> {
        let path = self.file("articles", next, "");
        let failed = |source| StoreError::File { file: path.clone(), source };
        let mut kept = Spool::<Article>::create(&path).map_err(failed)?;
        for article in graph.articles()? {
            kept.push(&article?).map_err(failed)?;
        }
        kept.sync().map_err(failed)
    }

    /// Write the records of the graph, and what differs from those before.
    fn write_records(&self, graph: &mut Graph, next: u64) -> Result<Changes, StoreError> {
        let path = self.file("records", next, "");
        let failed = |source| StoreError::File { file: path.clone(), source };
        let mut records = Spool::<Record>::create(&path).map_err(failed)?;
        let mut predicates = Predicates::new();
        for entity in graph.entities()? {
            records.push(&Record::Entity(entity?)).map_err(failed)?;
        }
        for group in graph.fact_groups()? {
            let group = group?;
            rdf::note(&mut predicates, &group);
            records.push(&Record::FactGroup(group)).map_err(failed)?;
        }
        for document in graph.documents()? {
            records.push(&Record::Document(document?)).map_err(failed)?;
        }
        for (name, class) in predicates {
            records.push(&Record::Predicate(name, class)).map_err(failed)?;
        }
        records.sync().map_err(failed)?;

        let mut difference = Difference::create(self, next)?;
        let new = records.read().map_err(failed)?;
        if self.generation == 0 {
            difference.between(std::iter::empty(), new, &self.options).map_err(failed)?;
        } else {
            let before = self.file("records", self.generation, "");
            let unreadable = |source| StoreError::File { file: before.clone(), source };
            let mut old = Spool::<Record>::open(&before).map_err(unreadable)?;
            difference.between(old.read().map_err(unreadable)?, new, &self.options).map_err(failed)?;
        }
        difference.finish().map_err(failed)
    }

    /// The first load, in one step.
    fn load_all(&self, next: u64) -> Result<(), StoreError> {
        let store = self.open_one()?;
        let path = self.file("added", next, ".nt");
        let quads = triples(&path)?.map(|triple| Ok(triple?.in_graph(GraphNameRef::DefaultGraph)));
        let mut loader = store.bulk_loader().with_max_memory_size_in_megabytes(BULK_MEGABYTES);
        loader.load_ok_quads::<StoreError, Loading>(quads).map_err(|error| match error {
            Loading::File(error) => error,
            Loading::Storage(error) => self.storage()(error),
        })?;
        loader.load_quads([mark(GENERATION, next)]).map_err(self.storage())?;
        loader.commit().map_err(self.storage())?;
        store.flush().map_err(self.storage())
    }

    fn apply(&self, next: u64, changes: Changes) -> Result<(), StoreError> {
        let store = self.open_one()?;
        let both =
            [(Change::Remove, self.file("removed", next, ".nt")), (Change::Add, self.file("added", next, ".nt"))];
        if changes.added + changes.removed <= self.transaction as u64 {
            let mut transaction = store.start_transaction().map_err(self.storage())?;
            for (change, path) in &both {
                for triple in triples(path)? {
                    change.make(&mut transaction, &triple?);
                }
            }
            transaction.remove(&mark(GENERATION, self.generation));
            transaction.insert(&mark(GENERATION, next));
            return transaction.commit().map_err(self.storage());
        }
        store.insert(&mark(PENDING, next)).map_err(self.storage())?;
        for (change, path) in &both {
            self.apply_in_parts(*change, path)?;
        }
        let mut transaction = store.start_transaction().map_err(self.storage())?;
        transaction.remove(&mark(PENDING, next));
        transaction.remove(&mark(GENERATION, self.generation));
        transaction.insert(&mark(GENERATION, next));
        transaction.commit().map_err(self.storage())
    }

    fn apply_in_parts(&self, change: Change, path: &Path) -> Result<(), StoreError> {
        let store = self.open_one()?;
        let mut triples = triples(path)?.peekable();
        while triples.peek().is_some() {
            let mut transaction = store.start_transaction().map_err(self.storage())?;
            for triple in triples.by_ref().take(self.transaction) {
                change.make(&mut transaction, &triple?);
            }
            transaction.commit().map_err(self.storage())?;
        }
        Ok(())
    }

    /// Find the generation, and take back what was begun and not ended.
    fn recover(&mut self) -> Result<(), StoreError> {
        let store = self.open_one()?;
        let marked = |name| -> Result<Option<u64>, StoreError> {
            let mut quads =
                store.quads_for_pattern(Some(SELF.into()), Some(name), None, Some(GraphNameRef::NamedNode(SELF)));
            let Some(quad) = quads.next().transpose().map_err(self.storage())? else { return Ok(None) };
            let Term::Literal(literal) = quad.object else { return Ok(None) };
            Ok(literal.value().parse().ok())
        };
        let (generation, pending) = (marked(GENERATION)?.unwrap_or(0), marked(PENDING)?);
        if let Some(pending) = pending {
            self.apply_in_parts(Change::Remove, &self.file("added", pending, ".nt"))?;
            self.apply_in_parts(Change::Add, &self.file("removed", pending, ".nt"))?;
            self.open_one()?.remove(&mark(PENDING, pending)).map_err(self.storage())?;
        }
        self.generation = generation;
        self.clear_away();
        Ok(())
    }

    /// Remove the files of other generations and those of the difference. That one stays is no harm.
    fn clear_away(&self) {
        let Ok(entries) = fs::read_dir(self.folder.join("tidings")) else { return };
        let keep = ["articles", "records"].map(|name| self.file(name, self.generation, ""));
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if !keep.contains(&path) && !path.ends_with("store.json") {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// What stops the first load.
enum Loading {
    File(StoreError),
    Storage(StorageError),
}

impl From<StoreError> for Loading {
    fn from(error: StoreError) -> Self {
        Self::File(error)
    }
}

impl From<StorageError> for Loading {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Add,
    Remove,
}

impl Change {
    fn make(self, transaction: &mut Transaction<'_>, triple: &Triple) {
        let quad = triple.as_ref().in_graph(GraphNameRef::DefaultGraph);
        match self {
            Self::Add => transaction.insert(quad),
            Self::Remove => transaction.remove(quad),
        }
    }
}

fn mark(name: NamedNodeRef<'_>, generation: u64) -> Quad {
    let generation = Literal::new_simple_literal(generation.to_string());
    QuadRef::new(SELF, name, generation.as_ref(), SELF).into_owned()
}

/// `store.json`, or none where the folder is not there or empty.
fn read_made(folder: &Path) -> Result<Option<Made>, StoreError> {
    let path = folder.join("tidings").join("store.json");
    let failed = |source| StoreError::File { file: path.clone(), source };
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            let empty = match fs::read_dir(folder) {
                Ok(mut entries) => entries.next().is_none(),
                Err(error) => error.kind() == io::ErrorKind::NotFound,
            };
            return if empty { Ok(None) } else { Err(StoreError::Foreign { folder: folder.to_owned() }) };
        }
        Err(error) => return Err(failed(error)),
    };
    let made: Made = serde_json::from_slice(&bytes).map_err(|error| failed(error.into()))?;
    if made.version != VERSION {
        return Err(StoreError::Version { folder: folder.to_owned(), found: made.version });
    }
    Ok(Some(made))
}

fn open_store(folder: &Path) -> Result<Store, StoreError> {
    Store::open(folder).map_err(|source| {
        // RocksDB has no other sign of it than its words.
        if source.to_string().to_lowercase().contains("lock") {
            StoreError::InUse { folder: folder.to_owned() }
        } else {
            StoreError::Storage { folder: folder.to_owned(), source }
        }
    })
}

/// The triples of a file of N-Triples.
fn triples(path: &Path) -> Result<impl Iterator<Item = Result<Triple, StoreError>> + use<>, StoreError> {
    let file = File::open(path).map_err(|source| StoreError::File { file: path.to_owned(), source })?;
    let path = path.to_owned();
    let quads = RdfParser::from_format(RdfFormat::NTriples).for_reader(BufReader::with_capacity(1 << 16, file));
    Ok(quads
        .map(move |quad| quad.map(Triple::from).map_err(|source| StoreError::Damaged { file: path.clone(), source })))
}

/// What is in one graph and not in another, written as N-Triples.
struct Difference {
    removed: BufWriter<File>,
    added: BufWriter<File>,
    changes: Changes,
}

impl Difference {
    fn create(store: &GraphStore, next: u64) -> Result<Self, StoreError> {
        let create = |name| {
            let file = store.file(name, next, ".nt");
            match File::create(&file) {
                Ok(open) => Ok(BufWriter::with_capacity(1 << 16, open)),
                Err(source) => Err(StoreError::File { file, source }),
            }
        };
        Ok(Self { removed: create("removed")?, added: create("added")?, changes: Changes::default() })
    }

    /// Compare records, both in order.
    fn between(
        &mut self,
        old: impl Iterator<Item = io::Result<Record>>,
        new: impl Iterator<Item = io::Result<Record>>,
        options: &Options,
    ) -> io::Result<()> {
        let (mut old, mut new) = (old, new);
        let (mut before, mut after) = (old.next().transpose()?, new.next().transpose()?);
        loop {
            let order = match (&before, &after) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.key().cmp(&b.key()),
            };
            if order == Ordering::Equal && before == after {
                (before, after) = (old.next().transpose()?, new.next().transpose()?);
                continue;
            }
            let triples = |record: &Option<Record>| record.as_ref().map_or(Ok(Vec::new()), |r| r.triples(options));
            let gone = if order == Ordering::Greater { Vec::new() } else { triples(&before)? };
            let come = if order == Ordering::Less { Vec::new() } else { triples(&after)? };
            let (gone_set, come_set): (HashSet<&Triple>, HashSet<&Triple>) =
                (gone.iter().collect(), come.iter().collect());
            for triple in gone.iter().filter(|triple| !come_set.contains(triple)) {
                writeln!(self.removed, "{triple} .")?;
                self.changes.removed += 1;
            }
            for triple in come.iter().filter(|triple| !gone_set.contains(triple)) {
                writeln!(self.added, "{triple} .")?;
                self.changes.added += 1;
            }
            if order != Ordering::Greater {
                before = old.next().transpose()?;
            }
            if order != Ordering::Less {
                after = new.next().transpose()?;
            }
        }
    }

    fn finish(self) -> io::Result<Changes> {
        for file in [self.removed, self.added] {
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        }
        Ok(self.changes)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::graph::tests::article;

    const OLD: [&str; 2] = [
        "a\n person Benjamin Netanyahu | meet | person Ana Duarte\n person Lena Vogt | visit | country Kenya",
        "b\n person Ana Duarte | phone | person Lena Vogt",
    ];
    const NEW: [&str; 2] = [
        "a\n person Binyamin Netanyahu | meet | person Ana Duarte | not\n person Lena Vogt | visit | country Peru",
        "c\n person Benjamin Netanyahu | phone | person Lena Vogt | time=2020",
    ];

    fn merged(store: &GraphStore, texts: &[&str]) -> Graph {
        let mut builder = store.builder(&Config::default()).unwrap();
        for text in texts {
            builder.add(&article(text)).unwrap();
        }
        builder.merge().unwrap()
    }

    fn quads(store: &GraphStore) -> BTreeSet<String> {
        store.store().unwrap().iter().map(|quad| quad.unwrap().to_string()).collect()
    }

    fn load(folder: &Path, texts: &[&str], transaction: usize) -> GraphStore {
        let mut store = GraphStore::open_or_make(folder, &Options::default()).unwrap();
        store.transaction = transaction;
        let mut graph = merged(&store, texts);
        store.replace(&mut graph).unwrap();
        store
    }

    #[test]
    fn small_transactions_give_what_one_gives() {
        let mut found = Vec::new();
        for transaction in [1, 7, TRANSACTION] {
            let folder = tempfile::tempdir().unwrap();
            drop(load(folder.path(), &OLD, transaction));
            found.push(quads(&load(folder.path(), &NEW, transaction)));
        }
        assert!(found[0].len() > 50);
        assert!(found.iter().all(|quads| *quads == found[0]));
    }

    #[test]
    fn what_was_begun_is_taken_back() {
        // How many of the steps were done: none, the removals, some additions, all additions.
        for steps in 0..4 {
            let folder = tempfile::tempdir().unwrap();
            let store = load(folder.path(), &OLD, 5);
            let before = quads(&store);
            let next = store.generation + 1;
            let mut graph = merged(&store, &NEW);
            store.write_articles(&mut graph, next).unwrap();
            let changes = store.write_records(&mut graph, next).unwrap();
            assert!(changes.added > 10 && changes.removed > 10);
            store.store().unwrap().insert(&mark(PENDING, next)).unwrap();
            let added = store.file("added", next, ".nt");
            if steps > 0 {
                store.apply_in_parts(Change::Remove, &store.file("removed", next, ".nt")).unwrap();
            }
            if steps == 2 {
                let some: Vec<String> =
                    fs::read_to_string(&added).unwrap().lines().take(8).map(|line| format!("{line}\n")).collect();
                let part = folder.path().join("part.nt");
                fs::write(&part, some.concat()).unwrap();
                store.apply_in_parts(Change::Add, &part).unwrap();
            }
            if steps == 3 {
                store.apply_in_parts(Change::Add, &added).unwrap();
            }
            assert_ne!(quads(&store), before);
            drop(store);
            let store = GraphStore::open(folder.path()).unwrap();
            assert_eq!(quads(&store), before, "{steps}");
            assert!(!added.exists() && store.file("articles", store.generation, "").exists());
            drop(store);
            let after = quads(&load(folder.path(), &NEW, TRANSACTION));
            assert!(after.iter().any(|quad| quad.contains("country/peru")) && after.len() != before.len());
        }
    }
}
