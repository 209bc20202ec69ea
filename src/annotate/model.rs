//! Model folders: weights, tokenizer and labels.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tokenizers::Tokenizer;

use super::backend::{Backend, BackendError, RtenBackend};
use super::lemma::LemmaScript;
use crate::mention::Kind;
use crate::syntax::{Deprel, Upos, Xpos};

/// Failure to load a model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file of the folder cannot be read.
    #[error(
        "cannot read {path} of the model; a model folder holds model.onnx, relations.onnx, tokenizer.json, lemmas.tsv and config.json"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// `config.json` is not what this version reads.
    #[error("{file} of the model: {reason}; export the model again with scripts/export")]
    Config {
        /// The file.
        file: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The engine refuses the weights.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// No model in the binary and none named.
    #[error("this tidings was built without a model; name a folder with --model DIR")]
    Missing,
}

#[derive(Deserialize)]
struct Config {
    format: u32,
    encoder: EncoderConfig,
    labels: LabelNames,
    /// Characters that are read as others.
    replacements: BTreeMap<String, String>,
    /// Words that are read as others.
    #[serde(default)]
    words: HashMap<String, String>,
    max_pieces: usize,
}

/// The sizes that the graph's shapes do not tell.
#[derive(Deserialize)]
struct EncoderConfig {
    num_attention_heads: usize,
}

#[derive(Deserialize)]
struct LabelNames {
    ner: Vec<String>,
    upos: Vec<String>,
    xpos: Vec<String>,
    deprel: Vec<String>,
    lemma: Vec<String>,
}

/// A NER label: outside, or beginning or inside of a mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NerLabel {
    Outside,
    Begin(Kind),
    Inside(Kind),
}

/// What the network's columns mean.
pub(super) struct Labels {
    pub(super) ner: Vec<NerLabel>,
    pub(super) upos: Vec<Upos>,
    pub(super) xpos: Vec<Xpos>,
    pub(super) deprel: Vec<Deprel>,
    pub(super) lemma: Vec<LemmaScript>,
}

/// Lemma by lower-case form and part of speech.
type Lemmas = HashMap<(Box<str>, Upos), Box<str>>;

/// A loaded model: everything that workers share.
pub struct Model {
    pub(super) labels: Labels,
    pub(super) tokenizer: Tokenizer,
    pub(super) replacements: HashMap<char, String>,
    pub(super) words: HashMap<String, String>,
    /// Lemmas of known forms.
    pub(super) lemmas: Lemmas,
    /// Longest input in word pieces, `[CLS]` and `[SEP]` not counted.
    pub(super) max_pieces: usize,
    pub(super) special: SpecialPieces,
    pub(super) backend: RtenBackend,
}

#[derive(Clone, Copy)]
pub(super) struct SpecialPieces {
    pub(super) unknown: u32,
    pub(super) begin: u32,
    pub(super) end: u32,
}

struct Files {
    lemmas: Cow<'static, [u8]>,
    model: Cow<'static, [u8]>,
    relations: Cow<'static, [u8]>,
    tokenizer: Cow<'static, [u8]>,
    config: Cow<'static, [u8]>,
}

#[cfg(feature = "embedded")]
#[allow(clippy::unnecessary_wraps, reason = "a build without the model has none to give")]
fn embedded() -> Result<Files, ModelError> {
    Ok(Files {
        lemmas: Cow::Borrowed(include_bytes!("../../models/news-en/lemmas.tsv")),
        model: Cow::Borrowed(include_bytes!("../../models/news-en/model.onnx")),
        relations: Cow::Borrowed(include_bytes!("../../models/news-en/relations.onnx")),
        tokenizer: Cow::Borrowed(include_bytes!("../../models/news-en/tokenizer.json")),
        config: Cow::Borrowed(include_bytes!("../../models/news-en/config.json")),
    })
}

#[cfg(not(feature = "embedded"))]
fn embedded() -> Result<Files, ModelError> {
    Err(ModelError::Missing)
}

impl Model {
    /// The model that was built into the program.
    ///
    /// # Errors
    /// [`ModelError::Missing`] when it was built without the `embedded` feature.
    pub fn embedded() -> Result<Self, ModelError> {
        Self::from_files(&embedded()?)
    }

    /// The model in a folder, as `scripts/export` writes it.
    ///
    /// # Errors
    /// Files that are missing, damaged or of another format.
    pub fn from_dir(dir: &Path) -> Result<Self, ModelError> {
        let read = |name: &str| {
            let path = dir.join(name);
            std::fs::read(&path).map(Cow::Owned).map_err(|source| ModelError::Read { path, source })
        };
        Self::from_files(&Files {
            config: read("config.json")?,
            lemmas: read("lemmas.tsv")?,
            tokenizer: read("tokenizer.json")?,
            model: read("model.onnx")?,
            relations: read("relations.onnx")?,
        })
    }

    fn from_files(files: &Files) -> Result<Self, ModelError> {
        let wrong = |reason: String| ModelError::Config { file: "config.json", reason };
        let config: Config = serde_json::from_slice(&files.config).map_err(|e| wrong(e.to_string()))?;
        if config.format != 1 {
            return Err(wrong(format!("format {} is not the known format 1", config.format)));
        }
        if config.max_pieces < 16 {
            return Err(wrong(format!("max_pieces is {}, at least 16 are needed", config.max_pieces)));
        }
        let names = config.labels;
        let mut ner = Vec::with_capacity(names.ner.len());
        for name in &names.ner {
            ner.push(ner_label(name).ok_or_else(|| wrong(format!("unknown NER label `{name}`")))?);
        }
        if ner.first() != Some(&NerLabel::Outside) {
            return Err(wrong("the first NER label must be `O`".to_owned()));
        }
        let mut lemma = Vec::with_capacity(names.lemma.len());
        for name in &names.lemma {
            lemma.push(LemmaScript::parse(name).ok_or_else(|| wrong(format!("unreadable lemma script `{name}`")))?);
        }
        let labels = Labels {
            ner,
            lemma,
            upos: names.upos.iter().map(|l| Upos::parse(l)).collect(),
            xpos: names.xpos.iter().map(|l| Xpos::parse(l)).collect(),
            deprel: names.deprel.iter().map(|l| Deprel::parse(l)).collect(),
        };
        if labels.upos.is_empty() || labels.xpos.is_empty() || labels.deprel.is_empty() || labels.lemma.is_empty() {
            return Err(wrong("an inventory of labels is empty".to_owned()));
        }
        let tokenizer = Tokenizer::from_bytes(&files.tokenizer)
            .map_err(|e| ModelError::Config { file: "tokenizer.json", reason: e.to_string() })?;
        let piece = |name: &str| {
            tokenizer
                .token_to_id(name)
                .ok_or_else(|| ModelError::Config { file: "tokenizer.json", reason: format!("no piece `{name}`") })
        };
        let special = SpecialPieces { unknown: piece("[UNK]")?, begin: piece("[CLS]")?, end: piece("[SEP]")? };
        let replacements =
            config.replacements.into_iter().filter_map(|(from, to)| from.chars().next().map(|c| (c, to))).collect();
        let backend = RtenBackend::new(&files.model, &files.relations, config.encoder.num_attention_heads)?;
        let lemmas = lemma_table(&files.lemmas)?;
        Ok(Self {
            labels,
            tokenizer,
            replacements,
            words: config.words,
            lemmas,
            max_pieces: config.max_pieces,
            special,
            backend,
        })
    }
}

impl Model {
    /// An engine of its own for another worker.
    pub fn engine(&self) -> Box<dyn Backend> {
        Box::new(self.backend.clone())
    }

    /// The lemma of a word, where it does not take the network to tell.
    pub(super) fn known_lemma(&self, word: &str, upos: Upos, xpos: Xpos) -> Option<String> {
        match upos {
            // The treebanks' conventions: a number loses its separators, an adjective in a name stays as printed.
            Upos::Num if word.starts_with(|c: char| c.is_ascii_digit()) => Some(word.replace(',', "")),
            Upos::Adj if matches!(xpos, Xpos::Nnp | Xpos::Nnps) => Some(word.to_owned()),
            // Names are too many and too new for the table.
            Upos::Propn => None,
            _ => self.lemmas.get(&(word.to_lowercase().into(), upos)).map(ToString::to_string),
        }
    }
}

/// Reads `form TAB part of speech TAB lemma` lines.
fn lemma_table(bytes: &[u8]) -> Result<Lemmas, ModelError> {
    let wrong = |reason: String| ModelError::Config { file: "lemmas.tsv", reason };
    let text = std::str::from_utf8(bytes).map_err(|e| wrong(e.to_string()))?;
    let mut table = HashMap::new();
    for (i, line) in text.lines().enumerate() {
        let mut columns = line.split('\t');
        let (Some(form), Some(upos), Some(lemma), None) =
            (columns.next(), columns.next(), columns.next(), columns.next())
        else {
            return Err(wrong(format!("line {} has not three columns", i + 1)));
        };
        table.insert((form.into(), Upos::parse(upos)), lemma.into());
    }
    Ok(table)
}

fn ner_label(name: &str) -> Option<NerLabel> {
    if name == "O" {
        return Some(NerLabel::Outside);
    }
    let (prefix, kind) = name.split_once('-')?;
    let kind = Kind::parse(kind)?;
    match prefix {
        "B" => Some(NerLabel::Begin(kind)),
        "I" => Some(NerLabel::Inside(kind)),
        _ => None,
    }
}
