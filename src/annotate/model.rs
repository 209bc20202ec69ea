//! Model folders: weights, tokenizer and labels.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use tokenizers::Tokenizer;

use super::backend::{Backend, BackendError, Engine, RtenBackend};
#[cfg(feature = "libtorch")]
use super::backend::{LibtorchBackend, LibtorchModel};
#[cfg(feature = "libtorch")]
use super::classifier::NerModel;
use super::lemma::LemmaScript;
use super::ner::{NerLabel, NerTaggers};
use crate::mention::Kind;
use crate::syntax::{Deprel, Upos, Xpos};

/// Failure to load a model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file of the folder cannot be read.
    #[error(
        "cannot read {path} of the model; a model folder holds model.onnx and relations.onnx, or model.safetensors for \
         the engine libtorch, and tokenizer.json, lemmas.tsv and config.json"
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
    /// The engine is not in this program.
    #[error("{NO_LIBTORCH}")]
    NoLibtorch,
}

/// What a program without the feature `libtorch` says when it is asked for.
pub const NO_LIBTORCH: &str = "this tidings was built without libtorch; build it with `cargo build --release --features \
                               libtorch` after scripts/install-libtorch, as the README says";

#[derive(Deserialize)]
struct Config {
    format: u32,
    /// As BERT has it.
    encoder: serde_json::Value,
    labels: LabelNames,
    /// Characters that are read as others.
    replacements: BTreeMap<String, String>,
    /// Words that are read as others.
    #[serde(default)]
    words: HashMap<String, String>,
    max_pieces: usize,
}

#[derive(Deserialize)]
struct LabelNames {
    ner: Vec<String>,
    upos: Vec<String>,
    xpos: Vec<String>,
    deprel: Vec<String>,
    lemma: Vec<String>,
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
    loaded: Loaded,
    /// Another tagger for the mentions.
    pub(super) ner: Option<Arc<dyn NerTaggers>>,
}

/// The weights, as their engine has them.
enum Loaded {
    Rten(Box<RtenBackend>),
    #[cfg(feature = "libtorch")]
    Libtorch(Arc<LibtorchModel>),
}

#[derive(Clone, Copy)]
pub(super) struct SpecialPieces {
    pub(super) unknown: u32,
    pub(super) begin: u32,
    pub(super) end: u32,
}

/// Where the files of a model are.
#[derive(Clone, Copy)]
enum Source<'a> {
    Program,
    Folder(&'a Path),
}

impl Source<'_> {
    fn read(self, name: &'static str) -> Result<Cow<'static, [u8]>, ModelError> {
        match self {
            Self::Program => embedded(name).map(Cow::Borrowed).ok_or(ModelError::Missing),
            Self::Folder(dir) => {
                let path = dir.join(name);
                std::fs::read(&path).map(Cow::Owned).map_err(|source| ModelError::Read { path, source })
            }
        }
    }
}

#[cfg(feature = "embedded")]
fn embedded(name: &str) -> Option<&'static [u8]> {
    Some(match name {
        "config.json" => include_bytes!("../../models/news-en/config.json"),
        "lemmas.tsv" => include_bytes!("../../models/news-en/lemmas.tsv"),
        "tokenizer.json" => include_bytes!("../../models/news-en/tokenizer.json"),
        "model.onnx" => include_bytes!("../../models/news-en/model.onnx"),
        "relations.onnx" => include_bytes!("../../models/news-en/relations.onnx"),
        #[cfg(feature = "libtorch")]
        "model.safetensors" => include_bytes!("../../models/news-en/model.safetensors"),
        _ => return None,
    })
}

#[cfg(not(feature = "embedded"))]
fn embedded(_: &str) -> Option<&'static [u8]> {
    None
}

impl Model {
    /// The model that was built into the program, on the default engine.
    ///
    /// # Errors
    /// [`ModelError::Missing`] when it was built without the `embedded` feature.
    pub fn embedded() -> Result<Self, ModelError> {
        Self::load(None, Engine::default())
    }

    /// The model in a folder, as `scripts/export` writes it, on the default engine.
    ///
    /// # Errors
    /// Files that are missing, damaged or of another format.
    pub fn from_dir(dir: &Path) -> Result<Self, ModelError> {
        Self::load(Some(dir), Engine::default())
    }

    /// The model in a folder, or the one that was built into the program, on an engine.
    ///
    /// # Errors
    /// As [`embedded`](Self::embedded) and [`from_dir`](Self::from_dir); [`ModelError::NoLibtorch`] for an engine that is
    /// not in this program, and a device that is not there.
    pub fn load(dir: Option<&Path>, engine: Engine) -> Result<Self, ModelError> {
        let source = dir.map_or(Source::Program, Source::Folder);
        let wrong = |reason: String| ModelError::Config { file: "config.json", reason };
        let config: Config = serde_json::from_slice(&source.read("config.json")?).map_err(|e| wrong(e.to_string()))?;
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
        let tokenizer = Tokenizer::from_bytes(source.read("tokenizer.json")?)
            .map_err(|e| ModelError::Config { file: "tokenizer.json", reason: e.to_string() })?;
        let piece = |name: &str| {
            tokenizer
                .token_to_id(name)
                .ok_or_else(|| ModelError::Config { file: "tokenizer.json", reason: format!("no piece `{name}`") })
        };
        let special = SpecialPieces { unknown: piece("[UNK]")?, begin: piece("[CLS]")?, end: piece("[SEP]")? };
        let replacements =
            config.replacements.into_iter().filter_map(|(from, to)| from.chars().next().map(|c| (c, to))).collect();
        let lemmas = lemma_table(&source.read("lemmas.tsv")?)?;
        let loaded = match engine {
            Engine::Rten => {
                // The size that the graph's shapes do not tell.
                let n_heads = config.encoder.get("num_attention_heads").and_then(serde_json::Value::as_u64);
                let n_heads = n_heads.ok_or_else(|| wrong("encoder has no num_attention_heads".to_owned()))?;
                let (model, relations) = (source.read("model.onnx")?, source.read("relations.onnx")?);
                Loaded::Rten(Box::new(RtenBackend::new(&model, &relations, n_heads as usize)?))
            }
            #[cfg(feature = "libtorch")]
            Engine::Libtorch(device) => {
                let weights = source.read("model.safetensors")?;
                Loaded::Libtorch(Arc::new(LibtorchModel::new(&weights, config.encoder, device)?))
            }
            #[cfg(not(feature = "libtorch"))]
            Engine::Libtorch(_) => return Err(ModelError::NoLibtorch),
        };
        Ok(Self {
            labels,
            tokenizer,
            replacements,
            words: config.words,
            lemmas,
            max_pieces: config.max_pieces,
            special,
            loaded,
            ner: None,
        })
    }
}

impl Model {
    /// An engine of its own for another worker.
    pub fn engine(&self) -> Box<dyn Backend> {
        match &self.loaded {
            Loaded::Rten(backend) => backend.clone(),
            #[cfg(feature = "libtorch")]
            Loaded::Libtorch(model) => Box::new(LibtorchBackend::new(Arc::clone(model))),
        }
    }

    /// The same model with mentions by another one; trees, tags and lemmas stay its own.
    #[cfg(feature = "libtorch")]
    #[must_use]
    pub fn with_ner(self, ner: NerModel) -> Self {
        Self { ner: Some(Arc::new(ner)), ..self }
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
