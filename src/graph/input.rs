//! Lines of the documents format to what the graph keeps of them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::mention::{Form, Kind};
use crate::read::jsonl::{LineEnd, read_line, reason_of, skip_line};
use crate::read::{Compression, MAX_RECORD_BYTES, Place};
use crate::relation::{Class, Modality, Polarity};
use crate::write::documents::{self, SCHEMA};

/// What the graph keeps of an article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Article {
    pub(super) id: String,
    pub(super) source: Option<String>,
    pub(super) title: Option<String>,
    pub(super) published: Option<String>,
    pub(super) entities: Vec<ArticleEntity>,
    pub(super) claims: Vec<Claim>,
    pub(super) sentences: Vec<documents::Sentence>,
}

/// An entity of an article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ArticleEntity {
    pub(super) key: String,
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) uri: Option<String>,
    pub(super) iso: Option<String>,
    /// The canonical name and those that mentions give, sorted.
    pub(super) names: Vec<String>,
    pub(super) n_mentions: u64,
}

/// A relation of an article; the ends are indices into its entities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Claim {
    pub(super) subject: usize,
    pub(super) predicate: String,
    pub(super) phrase: String,
    pub(super) object: usize,
    pub(super) class: Class,
    pub(super) symmetric: bool,
    pub(super) polarity: Polarity,
    pub(super) modality: Modality,
    pub(super) attribution: Option<documents::Speaker>,
    pub(super) denied_by: Option<documents::Speaker>,
    pub(super) time: Option<String>,
    pub(super) place: Option<String>,
    pub(super) confidence: f64,
    pub(super) rule: String,
    pub(super) places: Vec<ClaimPlace>,
}

/// Where an article states a relation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ClaimPlace {
    pub(super) sentence: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Why a line or a file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The file cannot be opened or read.
    #[error("{place}: cannot be read; check that it is there and that you may open it")]
    Unreadable {
        /// The file, with the last good line where there are lines.
        place: Place,
        /// What the system says.
        source: io::Error,
    },
    /// A compressed file ends too early or is not what its name says.
    #[error("{place}: damaged compressed file; lines before the damage were read; make or fetch the file anew")]
    Damaged {
        /// The file, with the last good line.
        place: Place,
        /// What the decoder says.
        source: io::Error,
    },
    /// A file without a line.
    #[error("{place}: empty; write it with `tidings extract ... -o FILE`")]
    Empty {
        /// The file.
        place: Place,
    },
    /// A line of more than [`MAX_RECORD_BYTES`].
    #[error("{place}: longer than {} MiB; this is no line of `tidings extract`", MAX_RECORD_BYTES >> 20)]
    TooLong {
        /// The line.
        place: Place,
    },
    /// A line that is no JSON, as the last line of a truncated file.
    #[error(
        "{place}: broken JSON at column {column}: {reason}; the file may be cut off: make it anew with `tidings extract`"
    )]
    Json {
        /// The line.
        place: Place,
        /// Where in the line, counted from 1 in bytes.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// A line of another version of the documents format.
    #[error(
        "{place}: documents format of {}, where version {SCHEMA} is wanted; make the file anew with this version's \
         `tidings extract`",
        version(found.as_deref())
    )]
    Version {
        /// The line.
        place: Place,
        /// What it names as its version.
        found: Option<String>,
    },
    /// A line of the triples format.
    #[error(
        "{place}: a line of `--emit triples`, which has not all that a graph needs; use `tidings extract` without it"
    )]
    Triples {
        /// The line.
        place: Place,
    },
    /// A line with a missing, unknown or wrong field.
    #[error("{place}: not the documents format: {reason}; `tidings schema documents` prints it")]
    Fields {
        /// The line.
        place: Place,
        /// What the parser says.
        reason: String,
    },
    /// A line whose parts do not fit together.
    #[error("{place}: {reason}; such a line does not come from `tidings extract`")]
    Inconsistent {
        /// The line.
        place: Place,
        /// What is wrong.
        reason: String,
    },
}

fn version(found: Option<&str>) -> String {
    found.map_or_else(|| "an older version".to_owned(), |found| format!("version {found}"))
}

/// A line, not yet looked at.
#[derive(Debug, Clone)]
pub struct Line {
    place: Place,
    bytes: Vec<u8>,
}

impl Line {
    /// Bytes without their line end, which messages call `place`.
    pub fn new(place: Place, bytes: Vec<u8>) -> Self {
        Self { place, bytes }
    }

    /// Length in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The article that it holds.
    ///
    /// # Errors
    /// Where it holds none.
    pub fn parse(&self) -> Result<Article, InputError> {
        article(&self.bytes, &self.place)
    }
}

/// The lines of a file, plain or packed; blank ones are passed over.
pub struct Lines {
    input: Box<dyn BufRead + Send>,
    place: Place,
    packed: bool,
    line: u64,
    any: bool,
    done: bool,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("place", &self.place).field("line", &self.line).finish_non_exhaustive()
    }
}

/// Open a file, plain or packed, or standard input where the path is `-`.
///
/// # Errors
/// [`InputError::Unreadable`].
pub fn open(path: &Path) -> Result<Lines, InputError> {
    let raw: Box<dyn BufRead + Send>;
    let (place, compression);
    if path.as_os_str() == "-" {
        place = Place::file("standard input");
        let mut stdin = BufReader::with_capacity(BUFFER, io::stdin());
        let head = stdin.fill_buf().map_err(|source| InputError::Unreadable { place: place.clone(), source })?;
        compression = Compression::of_magic(head);
        raw = Box::new(stdin);
    } else {
        place = Place::file(path.display().to_string());
        compression = Compression::split(&path.to_string_lossy()).1;
        let file = File::open(path).map_err(|source| InputError::Unreadable { place: place.clone(), source })?;
        raw = Box::new(BufReader::with_capacity(BUFFER, file));
    }
    let packed = compression != Compression::None;
    Ok(Lines { input: compression.unpack(raw), place, packed, line: 0, any: false, done: false })
}

const BUFFER: usize = 1 << 16;

impl Lines {
    fn broken(&mut self, source: io::Error) -> InputError {
        self.done = true;
        let place = if self.line == 0 { self.place.clone() } else { self.place.at_line(self.line) };
        if self.packed { InputError::Damaged { place, source } } else { InputError::Unreadable { place, source } }
    }
}

impl Iterator for Lines {
    type Item = Result<Line, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            let mut line = Vec::new();
            let end = match read_line(&mut self.input, &mut line) {
                Ok(None) => {
                    self.done = true;
                    if !self.any {
                        return Some(Err(InputError::Empty { place: self.place.clone() }));
                    }
                    break;
                }
                Ok(Some(end)) => end,
                Err(source) => return Some(Err(self.broken(source))),
            };
            self.line += 1;
            let place = self.place.at_line(self.line);
            if end == LineEnd::TooFar {
                if let Err(source) = skip_line(&mut self.input) {
                    return Some(Err(self.broken(source)));
                }
                self.any = true;
                return Some(Err(InputError::TooLong { place }));
            }
            if self.line == 1 && line.starts_with("\u{FEFF}".as_bytes()) {
                line.drain(.."\u{FEFF}".len());
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            self.any = true;
            return Some(Ok(Line { place, bytes: line }));
        }
        None
    }
}

/// Parse one line.
fn article(line: &[u8], place: &Place) -> Result<Article, InputError> {
    let document: documents::Document = serde_json::from_slice(line).map_err(|error| refusal(line, place, &error))?;
    if document.schema != SCHEMA {
        return Err(InputError::Version { place: place.clone(), found: Some(document.schema.to_string()) });
    }
    check(&document).map_err(|reason| InputError::Inconsistent { place: place.clone(), reason })?;
    Ok(of(document))
}

/// What is wrong with a line that is no document. Its version is looked at first: another version has other fields.
fn refusal(line: &[u8], place: &Place, error: &serde_json::Error) -> InputError {
    let place = place.clone();
    let value: serde_json::Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        Err(error) => {
            return InputError::Json { place, column: error.column(), reason: reason_of(&error) };
        }
    };
    let Some(object) = value.as_object() else {
        return InputError::Fields { place, reason: "a line is one JSON object".to_owned() };
    };
    match object.get("schema") {
        Some(version) if *version != SCHEMA => InputError::Version { place, found: Some(version.to_string()) },
        None if ["id", "entities", "relations"].iter().all(|name| object.contains_key(*name)) => {
            InputError::Version { place, found: None }
        }
        None if ["doc", "subject_key", "object_key"].iter().all(|name| object.contains_key(*name)) => {
            InputError::Triples { place }
        }
        _ => InputError::Fields { place, reason: reason_of(error) },
    }
}

fn check(document: &documents::Document) -> Result<(), String> {
    let n = document.entities.len();
    for (i, entity) in document.entities.iter().enumerate() {
        if entity.id != i {
            return Err(format!("entities[{i}] has id {}", entity.id));
        }
        if entity.key.is_empty() {
            return Err(format!("entities[{i}] has an empty key"));
        }
    }
    if let Some(published) = &document.published
        && published.parse::<jiff::civil::Date>().is_err()
    {
        return Err(format!("published is {published:?}, no day"));
    }
    if !document.sentences.is_sorted_by(|a, b| a.number < b.number) {
        return Err("sentences are not in text order".to_owned());
    }
    for (i, relation) in document.relations.iter().enumerate() {
        let speakers = [&relation.attribution, &relation.denied_by].into_iter().flatten().filter_map(|s| s.entity);
        if let Some(entity) = [relation.subject, relation.object].into_iter().chain(speakers).find(|&e| e >= n) {
            return Err(format!("relations[{i}] points to entity {entity}, of {n}"));
        }
        if relation.predicate.trim().is_empty() {
            return Err(format!("relations[{i}] has no predicate"));
        }
        if !(0.0..=1.0).contains(&relation.confidence) {
            return Err(format!("relations[{i}] has confidence {}", relation.confidence));
        }
        if let Some(time) = &relation.time
            && !is_time(time)
        {
            return Err(format!("relations[{i}] has time {time:?}, not YYYY, YYYY-MM or YYYY-MM-DD"));
        }
        for evidence in std::iter::once(&relation.evidence).chain(&relation.further_evidence) {
            let number = evidence.sentence;
            if document.sentences.binary_search_by_key(&number, |s| s.number).is_err() {
                return Err(format!("relations[{i}] points to sentence {number}, which is not among the sentences"));
            }
        }
    }
    Ok(())
}

/// Whether a text is a year, a month or a day.
fn is_time(text: &str) -> bool {
    let full = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        10 => text.to_owned(),
        _ => return false,
    };
    full.parse::<jiff::civil::Date>().is_ok()
}

fn of(document: documents::Document) -> Article {
    let entities = document.entities.into_iter().map(|entity| {
        let by_name = entity.mentions.iter().filter(|m| matches!(m.form, Form::Name | Form::Alias));
        let mut names: Vec<String> = by_name.map(|m| crate::name::tidy(&m.text)).chain([entity.name.clone()]).collect();
        names.retain(|name| crate::name::is_word(name));
        names.sort_unstable();
        names.dedup();
        ArticleEntity {
            key: entity.key,
            kind: entity.kind,
            name: entity.name,
            uri: entity.uri,
            iso: entity.iso,
            names,
            n_mentions: entity.mentions.len() as u64,
        }
    });
    let claims = document.relations.into_iter().map(|relation| {
        let places = std::iter::once(relation.evidence).chain(relation.further_evidence);
        Claim {
            subject: relation.subject,
            predicate: relation.predicate,
            phrase: relation.phrase,
            object: relation.object,
            class: relation.class,
            symmetric: relation.symmetric,
            polarity: relation.polarity,
            modality: relation.modality,
            attribution: relation.attribution,
            denied_by: relation.denied_by,
            time: relation.time,
            place: relation.place,
            confidence: relation.confidence,
            rule: relation.rule,
            places: places.map(|p| ClaimPlace { sentence: p.sentence, start: p.start, end: p.end }).collect(),
        }
    });
    let mut article = Article {
        id: document.id,
        source: document.source,
        title: document.title,
        published: document.published,
        entities: entities.collect(),
        claims: claims.collect(),
        sentences: document.sentences,
    };
    join_twins(&mut article);
    article
}

/// Entities of one article with one key are one: their mentions are counted together, and what points to the second
/// points to the first.
fn join_twins(article: &mut Article) {
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    let mut now = Vec::with_capacity(article.entities.len());
    let mut kept: Vec<ArticleEntity> = Vec::with_capacity(article.entities.len());
    for entity in article.entities.drain(..) {
        let index = *first.entry(entity.key.clone()).or_insert(kept.len());
        now.push(index);
        if let Some(twin) = kept.get_mut(index) {
            twin.n_mentions += entity.n_mentions;
            twin.names.extend(entity.names);
            twin.names.sort_unstable();
            twin.names.dedup();
        } else {
            kept.push(entity);
        }
    }
    article.entities = kept;
    for claim in &mut article.claims {
        claim.subject = now[claim.subject];
        claim.object = now[claim.object];
        for speaker in [&mut claim.attribution, &mut claim.denied_by].into_iter().flatten() {
            speaker.entity = speaker.entity.map(|e| now[e]);
        }
    }
}
