//! A graph in a folder: articles are added, replaced and merged anew.
//!
//! | file in `tidings` | holds |
//! |---|---|
//! | `store.json` | version, and how the RDF is written |
//! | `lock` | locked by the process that has the store open |
//! | `generation` | the number `N` of the files that count |
//! | `articles-N` | what was kept of every article, in the order of ids |
//! | `records-N` | the merged graph: entities, facts, documents, predicates |
//!
//! A load merges all articles on disk, as [`Builder`] does, so that what the store holds depends on the set of articles and
//! not on the order of loads. Its files count when `generation` names them: a load that is killed changes nothing.
//!
//! Queries are answered by [Oxigraph](https://docs.rs/oxigraph). Without the feature `rocksdb` it holds the records in
//! memory; with it the folder itself is one of Oxigraph's stores (`disk`), which its own tools open as well, and only what
//! differs is changed there.

#[cfg(feature = "rocksdb")]
mod disk;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use oxigraph::model::{GraphName, Quad, Triple};
use oxigraph::store::{StorageError, Store};
use serde::{Deserialize, Serialize};

use super::rdf::{NotAnIri, Options, Reification};
use super::record::Record;
use super::sort::Spool;
use super::{Article, Builder, Config, Graph, GraphError, Rank};
use crate::write::output::{Output, Target, WriteError};

/// Version of the files.
const VERSION: u32 = 1;

/// Megabytes of triples that are loaded at once.
const BULK_MEGABYTES: usize = 512;

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
    /// A small file of the store cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file beside the store is not what it was.
    #[error("{}: damaged; load the documents into a new store", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What the parser says.
        source: Box<oxigraph::io::RdfParseError>,
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

fn triples_of(record: &Record, options: &Options) -> io::Result<Vec<Triple>> {
    let mut triples = Vec::new();
    options.record(record, &mut |triple| {
        triples.push(triple);
        Ok(())
    })?;
    Ok(triples)
}

/// The files of a store.
#[derive(Debug, Clone)]
struct Files {
    folder: PathBuf,
}

impl Files {
    fn own(&self) -> PathBuf {
        self.folder.join("tidings")
    }

    fn of(&self, name: &str, generation: u64) -> PathBuf {
        self.own().join(format!("{name}-{generation}"))
    }

    /// The generation that counts; 0 before the first load.
    fn generation(&self) -> Result<u64, StoreError> {
        let path = self.own().join("generation");
        let failed = |source| StoreError::File { file: path.clone(), source };
        match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(failed(error)),
        }
    }

    fn set_generation(&self, generation: u64) -> Result<(), StoreError> {
        self.write("generation", format!("{generation}\n").as_bytes())
    }

    /// Write a small file, complete or not at all.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let target = Target::File(self.own().join(name));
        let mut file = Output::create(target.clone())?;
        io::Write::write_all(&mut file, bytes).map_err(|source| WriteError::new(&target, source))?;
        Ok(file.finish()?)
    }

    /// Keep other processes out as long as the file is open.
    fn lock(&self) -> Result<File, StoreError> {
        let path = self.own().join("lock");
        let failed = |source| StoreError::File { file: path.clone(), source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { folder: self.folder.clone() }),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// `store.json`, or none where the folder is not there or empty.
    fn made(&self) -> Result<Option<Made>, StoreError> {
        let path = self.own().join("store.json");
        let failed = |source| StoreError::File { file: path.clone(), source };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                let free = match fs::read_dir(&self.folder) {
                    // A first load that was killed may have made its folder, and nothing in it.
                    Ok(entries) => entries.filter_map(Result::ok).all(|entry| entry.file_name() == "tidings"),
                    Err(error) => error.kind() == io::ErrorKind::NotFound,
                };
                return if free { Ok(None) } else { Err(StoreError::Foreign { folder: self.folder.clone() }) };
            }
            Err(error) => return Err(failed(error)),
        };
        let made: Made = serde_json::from_slice(&bytes).map_err(|error| failed(error.into()))?;
        if made.version != VERSION {
            return Err(StoreError::Version { folder: self.folder.clone(), found: made.version });
        }
        Ok(Some(made))
    }

    fn records(&self, generation: u64) -> Result<Spool<Record>, StoreError> {
        let path = self.of("records", generation);
        Spool::open(&path).map_err(|source| StoreError::File { file: path, source })
    }

    /// Put the triples of a generation into a store.
    fn load_into(
        &self,
        store: &Store,
        generation: u64,
        options: &Options,
        more: impl IntoIterator<Item = Quad>,
    ) -> Result<(), StoreError> {
        let path = self.of("records", generation);
        let mut records = self.records(generation)?;
        let records = records.read().map_err(|source| StoreError::File { file: path.clone(), source })?;
        let quads = records.flat_map(|record| match record.and_then(|record| triples_of(&record, options)) {
            Ok(triples) => triples.into_iter().map(|triple| Ok(triple.in_graph(GraphName::DefaultGraph))).collect(),
            Err(source) => vec![Err(StoreError::File { file: path.clone(), source })],
        });
        let storage = |source| StoreError::Storage { folder: self.folder.clone(), source };
        let mut loader = store.bulk_loader().with_max_memory_size_in_megabytes(BULK_MEGABYTES);
        loader.load_ok_quads::<StoreError, Loading>(quads).map_err(|error| match error {
            Loading::File(error) => error,
            Loading::Storage(error) => storage(error),
        })?;
        loader.load_quads(more).map_err(storage)?;
        loader.commit().map_err(storage)
    }

    /// Remove the files of other generations. That one stays is no harm.
    fn clear_away(&self, generation: u64) {
        let Ok(entries) = fs::read_dir(self.own()) else { return };
        let keep = ["articles", "records"].map(|name| self.of(name, generation));
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            let lasting = ["store.json", "lock", "generation"].iter().any(|name| path.ends_with(name));
            if !lasting && !keep.contains(&path) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// What stops a load.
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

/// A store that is open; no other process can open it at the same time.
#[derive(Debug)]
pub struct GraphStore {
    files: Files,
    options: Options,
    generation: u64,
    /// None before the first load.
    open: Option<Open>,
}

/// What is held as long as a store is open.
#[derive(Debug)]
struct Open {
    #[cfg(feature = "rocksdb")]
    disk: disk::Disk,
    _lock: File,
}

impl GraphStore {
    /// Open the store in a folder.
    ///
    /// # Errors
    /// Where there is none, or it cannot be used.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let files = Files { folder: folder.to_owned() };
        let made = files.made()?.ok_or_else(|| StoreError::Missing { folder: folder.to_owned() })?;
        Self::open_made(files, &made)
    }

    /// Open the store in a folder, or make one there with the first load.
    ///
    /// # Errors
    /// Where it cannot be used, or was made with other options.
    pub fn open_or_make(folder: &Path, options: &Options) -> Result<Self, StoreError> {
        let files = Files { folder: folder.to_owned() };
        let Some(made) = files.made()? else {
            return Ok(Self { files, options: options.clone(), generation: 0, open: None });
        };
        let this = Self::open_made(files, &made)?;
        if (this.options.base(), this.options.reification) != (options.base(), options.reification) {
            let form = if this.options.reification == Reification::TripleTerms { "triple-terms" } else { "standard" };
            let made = format!("--base {} --reification {form}", this.options.base());
            return Err(StoreError::Options { folder: folder.to_owned(), made });
        }
        Ok(this)
    }

    fn open_made(files: Files, made: &Made) -> Result<Self, StoreError> {
        let mut options = Options::default().with_base(&made.base)?;
        options.reification = if made.triple_terms { Reification::TripleTerms } else { Reification::Standard };
        let mut this = Self { files, options, generation: 0, open: None };
        this.enter()?;
        Ok(this)
    }

    /// Lock the folder, and find what counts in it.
    fn enter(&mut self) -> Result<(), StoreError> {
        let lock = self.files.lock()?;
        self.generation = self.files.generation()?;
        #[cfg(feature = "rocksdb")]
        let disk = {
            let disk = disk::Disk::open(&self.files)?;
            self.generation = disk.agree(&self.files, self.generation, &self.options)?;
            disk
        };
        self.files.clear_away(self.generation);
        self.open = Some(Open {
            #[cfg(feature = "rocksdb")]
            disk,
            _lock: lock,
        });
        Ok(())
    }

    /// Oxigraph's store, for queries.
    ///
    /// # Errors
    /// Where the records cannot be read.
    pub fn store(&self) -> Result<Store, StoreError> {
        #[cfg(feature = "rocksdb")]
        if let Some(open) = &self.open {
            return Ok(open.disk.store());
        }
        let store = Store::new().map_err(|source| StoreError::Storage { folder: self.files.folder.clone(), source })?;
        if self.generation > 0 {
            self.files.load_into(&store, self.generation, &self.options, [])?;
        }
        Ok(store)
    }

    /// A builder that has the articles of the store; new ones replace them.
    ///
    /// # Errors
    /// Where the articles cannot be read or sorted.
    pub fn builder(&self, config: &Config) -> Result<Builder, StoreError> {
        let mut builder = Builder::new(config)?;
        if self.generation > 0 {
            let path = self.files.of("articles", self.generation);
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
    pub fn replace(&mut self, graph: &mut Graph) -> Result<(), StoreError> {
        if self.open.is_none() {
            self.make()?;
        }
        let next = self.generation + 1;
        self.write_articles(graph, next)?;
        self.write_records(graph, next)?;
        #[cfg(feature = "rocksdb")]
        if let Some(open) = &self.open {
            open.disk.replace(&self.files, self.generation, next, &self.options)?;
        }
        self.files.set_generation(next)?;
        self.generation = next;
        self.files.clear_away(next);
        Ok(())
    }

    fn make(&mut self) -> Result<(), StoreError> {
        let own = self.files.own();
        fs::create_dir_all(&own).map_err(|source| StoreError::File { file: own.clone(), source })?;
        let made = Made {
            version: VERSION,
            base: self.options.base().to_owned(),
            triple_terms: self.options.reification == Reification::TripleTerms,
        };
        let bytes = serde_json::to_vec(&made);
        let bytes = bytes.map_err(|error| StoreError::File { file: own.join("store.json"), source: error.into() })?;
        self.files.write("store.json", &bytes)?;
        self.enter()
    }

    fn write_articles(&self, graph: &mut Graph, next: u64) -> Result<(), StoreError> {
        let path = self.files.of("articles", next);
        let failed = |source| StoreError::File { file: path.clone(), source };
        let mut kept = Spool::<Article>::create(&path).map_err(failed)?;
        for article in graph.articles()? {
            kept.push(&article?).map_err(failed)?;
        }
        kept.sync().map_err(failed)
    }

    fn write_records(&self, graph: &mut Graph, next: u64) -> Result<(), StoreError> {
        let path = self.files.of("records", next);
        let failed = |source| StoreError::File { file: path.clone(), source };
        let mut records = Spool::<Record>::create(&path).map_err(failed)?;
        graph.each_record(|record| records.push(&record).map_err(failed))?;
        records.sync().map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::graph::tests::article;

    pub(super) const OLD: [&str; 2] = [
        "a\n person Benjamin Netanyahu | meet | person Ana Duarte\n person Lena Vogt | visit | country Kenya",
        "b\n person Ana Duarte | phone | person Lena Vogt",
    ];
    pub(super) const NEW: [&str; 2] = [
        "a\n person Binyamin Netanyahu | meet | person Ana Duarte | not\n person Lena Vogt | visit | country Peru",
        "c\n person Benjamin Netanyahu | phone | person Lena Vogt | time=2020",
    ];

    pub(super) fn open(folder: &Path) -> GraphStore {
        GraphStore::open_or_make(folder, &Options::default()).unwrap()
    }

    pub(super) fn merged(store: &GraphStore, texts: &[&str]) -> Graph {
        let mut builder = store.builder(&Config::default()).unwrap();
        for text in texts {
            builder.add(&article(text)).unwrap();
        }
        builder.merge().unwrap()
    }

    pub(super) fn load(store: &mut GraphStore, texts: &[&str]) {
        let mut graph = merged(store, texts);
        store.replace(&mut graph).unwrap();
    }

    /// The triples of the default graph.
    pub(super) fn triples(store: &GraphStore) -> BTreeSet<String> {
        let graph = oxigraph::model::GraphNameRef::DefaultGraph;
        let quads = store.store().unwrap().quads_for_pattern(None, None, None, Some(graph));
        quads.map(|quad| quad.unwrap().to_string()).collect()
    }

    #[test]
    fn a_generation_that_was_not_named_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path());
        load(&mut store, &OLD);
        let before = triples(&store);
        let mut graph = merged(&store, &NEW);
        store.write_articles(&mut graph, 2).unwrap();
        store.write_records(&mut graph, 2).unwrap();
        drop(store);
        let mut store = open(folder.path());
        assert_eq!(triples(&store), before);
        assert!(!store.files.of("articles", 2).exists() && store.files.of("articles", 1).exists());
        load(&mut store, &NEW);
        assert!(triples(&store) != before && !store.files.of("records", 1).exists());
    }

    #[test]
    fn files_that_are_cut_off_or_foreign_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path());
        load(&mut store, &OLD);
        let files = store.files.clone();
        drop(store);
        fs::write(files.own().join("generation"), "x").unwrap();
        let error = GraphStore::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("generation: cannot be read"), "{error}");
        fs::write(files.own().join("generation"), "1").unwrap();
        let articles = fs::read(files.of("articles", 1)).unwrap();
        fs::write(files.of("articles", 1), &articles[..articles.len() - 3]).unwrap();
        let store = GraphStore::open(folder.path()).unwrap();
        let error = store.builder(&Config::default()).unwrap_err().to_string();
        assert!(error.contains("articles-1: cannot be read"), "{error}");
    }
}
