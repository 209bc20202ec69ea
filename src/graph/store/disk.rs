//! The folder of a store as one of Oxigraph's own, on `RocksDB`.
//!
//! The store names the generation that it holds in a graph of its own. A load applies the difference between the records
//! before and after: in one transaction up to [`TRANSACTION`] triples; a longer one in several, and where they break off,
//! the next one who opens the store takes them back.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use oxigraph::io::{RdfFormat, RdfParser};
use oxigraph::model::{GraphNameRef, Literal, NamedNodeRef, Quad, QuadRef, Term, Triple};
use oxigraph::store::{StorageError, Store, Transaction};

use super::{Files, StoreError, triples_of};
use crate::graph::rdf::Options;
use crate::graph::record::Record;

/// Triples that one transaction changes at most; they are held in memory, a few hundred bytes each.
const TRANSACTION: usize = 200_000;

/// The named graph and the subject of what the store says of itself.
const SELF: NamedNodeRef<'_> = NamedNodeRef::new_unchecked("urn:tidings:store");
/// The generation that the store holds.
const GENERATION: NamedNodeRef<'_> = NamedNodeRef::new_unchecked("urn:tidings:vocabulary:generation");
/// The generation that is being applied.
const PENDING: NamedNodeRef<'_> = NamedNodeRef::new_unchecked("urn:tidings:vocabulary:pendingGeneration");

/// An open store.
pub(super) struct Disk {
    store: Store,
    /// [`TRANSACTION`], or less in tests.
    transaction: usize,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk").field("transaction", &self.transaction).finish_non_exhaustive()
    }
}

impl Disk {
    pub(super) fn open(files: &Files) -> Result<Self, StoreError> {
        let folder = &files.folder;
        let store = Store::open(folder).map_err(|source| {
            // Oxigraph's own tools do not know our lock; RocksDB has no other sign of its own than its words.
            if source.to_string().to_lowercase().contains("lock") {
                StoreError::InUse { folder: folder.clone() }
            } else {
                StoreError::Storage { folder: folder.clone(), source }
            }
        })?;
        Ok(Self { store, transaction: TRANSACTION })
    }

    pub(super) fn store(&self) -> Store {
        self.store.clone()
    }

    /// Take back what was begun and not ended, and make store and files hold the same generation, which is returned. Files
    /// that a program without this feature wrote are loaded.
    pub(super) fn agree(&self, files: &Files, named: u64, options: &Options) -> Result<u64, StoreError> {
        if let Some(pending) = self.marked(files, PENDING)? {
            self.apply_in_parts(files, Change::Remove, &files.of("added", pending))?;
            self.apply_in_parts(files, Change::Add, &files.of("removed", pending))?;
            self.store.remove(&mark(PENDING, pending)).map_err(storage(files))?;
        }
        let held = self.marked(files, GENERATION)?.unwrap_or(0);
        match held.cmp(&named) {
            Ordering::Equal => Ok(named),
            // The load was ended here; only its name is missing.
            Ordering::Greater => files.set_generation(held).map(|()| held),
            Ordering::Less => {
                self.store.clear().map_err(storage(files))?;
                self.load_all(files, named, options).map(|()| named)
            }
        }
    }

    /// Make the store hold the generation `next`, whose records are written.
    pub(super) fn replace(&self, files: &Files, now: u64, next: u64, options: &Options) -> Result<(), StoreError> {
        if now == 0 {
            return self.load_all(files, next, options);
        }
        let changes = differ(files, now, next, options)?;
        self.apply(files, now, next, changes)
    }

    /// Everything, in one step.
    fn load_all(&self, files: &Files, generation: u64, options: &Options) -> Result<(), StoreError> {
        files.load_into(&self.store, generation, options, [mark(GENERATION, generation)])?;
        self.store.flush().map_err(storage(files))
    }

    fn marked(&self, files: &Files, name: NamedNodeRef<'_>) -> Result<Option<u64>, StoreError> {
        let mut quads =
            self.store.quads_for_pattern(Some(SELF.into()), Some(name), None, Some(GraphNameRef::NamedNode(SELF)));
        let Some(quad) = quads.next().transpose().map_err(storage(files))? else { return Ok(None) };
        let Term::Literal(literal) = quad.object else { return Ok(None) };
        Ok(literal.value().parse().ok())
    }

    fn apply(&self, files: &Files, now: u64, next: u64, changes: usize) -> Result<(), StoreError> {
        let both = [(Change::Remove, files.of("removed", next)), (Change::Add, files.of("added", next))];
        if changes > self.transaction {
            self.store.insert(&mark(PENDING, next)).map_err(storage(files))?;
            for (change, path) in &both {
                self.apply_in_parts(files, *change, path)?;
            }
        }
        let mut transaction = self.store.start_transaction().map_err(storage(files))?;
        if changes <= self.transaction {
            for (change, path) in &both {
                for triple in triples(path)? {
                    change.make(&mut transaction, &triple?);
                }
            }
        }
        transaction.remove(&mark(PENDING, next));
        transaction.remove(&mark(GENERATION, now));
        transaction.insert(&mark(GENERATION, next));
        transaction.commit().map_err(storage(files))
    }

    fn apply_in_parts(&self, files: &Files, change: Change, path: &Path) -> Result<(), StoreError> {
        let mut triples = triples(path)?.peekable();
        while triples.peek().is_some() {
            let mut transaction = self.store.start_transaction().map_err(storage(files))?;
            for triple in triples.by_ref().take(self.transaction) {
                change.make(&mut transaction, &triple?);
            }
            transaction.commit().map_err(storage(files))?;
        }
        Ok(())
    }
}

fn storage(files: &Files) -> impl Fn(StorageError) -> StoreError + use<> {
    let folder = files.folder.clone();
    move |source| StoreError::Storage { folder: folder.clone(), source }
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

/// The triples of a file of N-Triples.
fn triples(path: &Path) -> Result<impl Iterator<Item = Result<Triple, StoreError>> + use<>, StoreError> {
    let file = File::open(path).map_err(|source| StoreError::File { file: path.to_owned(), source })?;
    let path = path.to_owned();
    let quads = RdfParser::from_format(RdfFormat::NTriples).for_reader(BufReader::with_capacity(1 << 16, file));
    Ok(quads.map(move |quad| {
        let damaged = |source| StoreError::Damaged { file: path.clone(), source: Box::new(source) };
        quad.map(Triple::from).map_err(damaged)
    }))
}

/// Write what two generations do not share, as N-Triples: `removed-N` and `added-N`. Gives the number of triples.
fn differ(files: &Files, now: u64, next: u64, options: &Options) -> Result<usize, StoreError> {
    let create = |name| {
        let file = files.of(name, next);
        match File::create(&file) {
            Ok(open) => Ok(BufWriter::with_capacity(1 << 16, open)),
            Err(source) => Err(StoreError::File { file, source }),
        }
    };
    let mut difference = Difference { removed: create("removed")?, added: create("added")?, n: 0 };
    let (mut old, mut new) = (files.records(now)?, files.records(next)?);
    let written = old.read().and_then(|old| difference.between(old, new.read()?, options));
    written.and_then(|()| difference.finish()).map_err(|source| StoreError::File { file: files.own(), source })
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
}

struct Difference {
    removed: BufWriter<File>,
    added: BufWriter<File>,
    n: usize,
}

impl Difference {
    /// Compare records, both in order.
    fn between(
        &mut self,
        mut old: impl Iterator<Item = io::Result<Record>>,
        mut new: impl Iterator<Item = io::Result<Record>>,
        options: &Options,
    ) -> io::Result<()> {
        let (mut before, mut after) = (old.next().transpose()?, new.next().transpose()?);
        loop {
            let order = match (&before, &after) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.key().cmp(&b.key()),
            };
            if order != Ordering::Equal || before != after {
                let triples =
                    |record: &Option<Record>| record.as_ref().map_or(Ok(Vec::new()), |r| triples_of(r, options));
                let gone = if order == Ordering::Greater { Vec::new() } else { triples(&before)? };
                let come = if order == Ordering::Less { Vec::new() } else { triples(&after)? };
                let stay: HashSet<&Triple> = gone.iter().collect();
                let stay: HashSet<&Triple> = come.iter().filter(|triple| stay.contains(triple)).collect();
                for (triples, file) in [(&gone, &mut self.removed), (&come, &mut self.added)] {
                    for triple in triples.iter().filter(|triple| !stay.contains(triple)) {
                        writeln!(file, "{triple} .")?;
                        self.n += 1;
                    }
                }
            }
            if order != Ordering::Greater {
                before = old.next().transpose()?;
            }
            if order != Ordering::Less {
                after = new.next().transpose()?;
            }
        }
    }

    fn finish(self) -> io::Result<usize> {
        for file in [self.removed, self.added] {
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        }
        Ok(self.n)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::{NEW, OLD, load, merged, open, triples as held};
    use super::*;

    fn with_transaction(folder: &Path, transaction: usize) -> super::super::GraphStore {
        let mut store = open(folder);
        if let Some(open) = &mut store.open {
            open.disk.transaction = transaction;
        }
        store
    }

    #[test]
    fn small_transactions_give_what_one_gives() {
        let mut found = Vec::new();
        for transaction in [1, 7, TRANSACTION] {
            let folder = tempfile::tempdir().unwrap();
            load(&mut open(folder.path()), &OLD);
            let mut store = with_transaction(folder.path(), transaction);
            load(&mut store, &NEW);
            found.push(held(&store));
        }
        assert!(found[0].len() > 50);
        assert!(found.iter().all(|triples| *triples == found[0]));
    }

    #[test]
    fn what_was_begun_is_taken_back() {
        // How many of the steps were done: none, the removals, some additions, all additions.
        for steps in 0..4 {
            let folder = tempfile::tempdir().unwrap();
            load(&mut open(folder.path()), &OLD);
            let store = with_transaction(folder.path(), 5);
            let before = held(&store);
            let next = store.generation + 1;
            let mut graph = merged(&store, &NEW);
            store.write_articles(&mut graph, next).unwrap();
            store.write_records(&mut graph, next).unwrap();
            let disk = &store.open.as_ref().unwrap().disk;
            let files = &store.files;
            assert!(differ(files, store.generation, next, &store.options).unwrap() > 20);
            disk.store.insert(&mark(PENDING, next)).unwrap();
            if steps > 0 {
                disk.apply_in_parts(files, Change::Remove, &files.of("removed", next)).unwrap();
                assert_ne!(held(&store), before);
            }
            let added = files.of("added", next);
            if steps == 2 {
                let text = fs::read_to_string(&added).unwrap();
                let some: Vec<String> = text.lines().take(8).map(|line| format!("{line}\n")).collect();
                let part = folder.path().join("part.nt");
                fs::write(&part, some.concat()).unwrap();
                disk.apply_in_parts(files, Change::Add, &part).unwrap();
            }
            if steps == 3 {
                disk.apply_in_parts(files, Change::Add, &added).unwrap();
            }
            drop(store);
            let mut store = open(folder.path());
            assert_eq!(held(&store), before, "{steps}");
            assert!(!added.exists() && store.files.of("articles", store.generation).exists());
            load(&mut store, &NEW);
            assert!(held(&store).iter().any(|triple| triple.contains("country/peru")));
        }
    }

    #[test]
    fn store_and_files_come_to_one_generation() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path());
        load(&mut store, &OLD);
        load(&mut store, &NEW);
        let (after, files) = (held(&store), store.files.clone());
        // Killed before the files got their name.
        files.set_generation(1).unwrap();
        drop(store);
        let store = open(folder.path());
        assert_eq!((held(&store), store.generation, files.generation().unwrap()), (after.clone(), 2, 2));
        // Written by a program that has no RocksDB.
        for name in ["articles", "records"] {
            fs::rename(files.of(name, 2), files.of(name, 3)).unwrap();
        }
        files.set_generation(3).unwrap();
        drop(store);
        let store = open(folder.path());
        assert_eq!((held(&store), store.generation), (after, 3));
    }
}
