//! Where a checkpoint's files come from: a folder, or the hub.

use std::fs::File;
use std::io::BufReader;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use rust_bert::resources::{RemoteResource, ResourceProvider};
use serde_json::{Map, Value};
use tokenizers::models::bpe::BPE;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::{Model, Tokenizer};

use super::NerModelError;

pub(super) const CONFIG: &str = "config.json";
pub(super) const WEIGHTS: &str = "model.safetensors";
const TOKENIZER: &str = "tokenizer.json";
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
/// Where models are fetched from, unless `HF_ENDPOINT` says otherwise, as for Hugging Face's own tools.
const HUB: &str = "https://huggingface.co";

/// A checkpoint: `save_pretrained`'s folder, or a repository of the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Folder(PathBuf),
    Hub { repository: String, endpoint: String },
}

impl Source {
    /// A folder if there is one of that name, else the hub's `OWNER/NAME`.
    pub(super) fn new(name: &Path) -> Result<Self, NerModelError> {
        if name.is_dir() {
            return Ok(Self::Folder(name.to_owned()));
        }
        let part = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        match name.to_str().map(|text| (text, text.split_once('/'))) {
            Some((text, Some((owner, rest)))) if part(owner) && part(rest) => {
                let endpoint = std::env::var("HF_ENDPOINT").unwrap_or_else(|_| HUB.to_owned());
                let endpoint = endpoint.trim_end_matches('/').to_owned();
                Ok(Self::Hub { repository: text.to_owned(), endpoint })
            }
            _ => Err(NerModelError::new(
                name.display(),
                "there is no such folder, and it is no OWNER/NAME of the hub; name a folder as save_pretrained writes it",
            )),
        }
    }

    /// What messages call a file.
    pub(super) fn name(&self, file: &str) -> String {
        match self {
            Self::Folder(folder) => folder.join(file).display().to_string(),
            Self::Hub { repository, endpoint } => format!("{endpoint}/{repository}/resolve/main/{file}"),
        }
    }

    /// The file on this machine, if the checkpoint has it.
    fn path(&self, file: &str) -> Result<Option<PathBuf>, NerModelError> {
        match self {
            Self::Folder(folder) => Ok(Some(folder.join(file)).filter(|path| path.exists())),
            Self::Hub { repository, .. } => {
                let resource = RemoteResource::new(&self.name(file), &repository.replace('/', "--"));
                // It panics where it finds no folder for its cache.
                match catch_unwind(|| resource.get_local_path()) {
                    Ok(Ok(path)) => Ok(Some(path)),
                    Ok(Err(error)) if error.to_string().contains("404") => Ok(None),
                    Ok(Err(error)) => Err(NerModelError::new(
                        self.name(file),
                        format!(
                            "there is no folder {repository} here, and this cannot be fetched: {error}; where the hub is out \
                             of reach, copy the model's folder here and name it with --ner-model DIR"
                        ),
                    )),
                    Err(_) => Err(NerModelError::new(
                        self.name(file),
                        "there is no folder to keep it in; set RUSTBERT_CACHE to one",
                    )),
                }
            }
        }
    }

    pub(super) fn json(&self, file: &str) -> Result<Option<Map<String, Value>>, NerModelError> {
        let Some(path) = self.path(file)? else { return Ok(None) };
        let wrong = |e: &dyn std::fmt::Display| NerModelError::new(self.name(file), e);
        let reader = BufReader::new(File::open(path).map_err(|e| wrong(&e))?);
        serde_json::from_reader(reader).map(Some).map_err(|e| wrong(&e))
    }

    pub(super) fn config(&self) -> Result<Map<String, Value>, NerModelError> {
        self.json(CONFIG)?.ok_or_else(|| {
            NerModelError::new(self.name(CONFIG), "it is missing; a model is a folder as save_pretrained writes it")
        })
    }

    /// The bytes of the weights.
    pub(super) fn weights(&self) -> Result<Vec<u8>, NerModelError> {
        let wrong = |file: &str, reason: &str| Err(NerModelError::new(self.name(file), reason));
        if let Some(path) = self.path(WEIGHTS)? {
            return std::fs::read(path).map_err(|e| NerModelError::new(self.name(WEIGHTS), e));
        }
        // The hub's listing is not asked for: these two names are the ones in use.
        if self.path("model.safetensors.index.json")?.is_some() {
            return wrong(
                "model.safetensors.index.json",
                "weights in several files are not read; save them as one with \
                 save_pretrained(DIR, max_shard_size=\"100GB\")",
            );
        }
        let pickle = "pytorch_model.bin";
        let old = match self {
            Self::Folder(folder) => folder.join(pickle).exists(),
            // That would fetch it.
            Self::Hub { .. } => false,
        };
        if old {
            return wrong(
                pickle,
                "weights in the old pickle format are not read, because they can run code; save them as model.safetensors \
                 with save_pretrained(DIR, safe_serialization=True)",
            );
        }
        wrong(WEIGHTS, "it is missing; save the model with save_pretrained(DIR, safe_serialization=True)")
    }

    /// The tokenizer, and the file that its vocabulary is from.
    pub(super) fn tokenizer(&self, model_type: &str) -> Result<(Tokenizer, &'static str), NerModelError> {
        if let Some(path) = self.path(TOKENIZER)? {
            let tokenizer = Tokenizer::from_file(path).map_err(|e| NerModelError::new(self.name(TOKENIZER), e))?;
            return Ok((tokenizer, TOKENIZER));
        }
        if let Some(vocabulary) = self.path("vocab.txt")? {
            let settings = self.json(TOKENIZER_CONFIG)?.unwrap_or_default();
            return word_pieces(&vocabulary, &settings)
                .map(|tokenizer| (tokenizer, "vocab.txt"))
                .map_err(|e| NerModelError::new(self.name("vocab.txt"), e));
        }
        if model_type == "roberta"
            && let (Some(vocabulary), Some(merges)) = (self.path("vocab.json")?, self.path("merges.txt")?)
        {
            let settings = self.json(TOKENIZER_CONFIG)?.unwrap_or_default();
            return byte_pairs(&vocabulary, &merges, &settings)
                .map(|tokenizer| (tokenizer, "vocab.json"))
                .map_err(|e| NerModelError::new(self.name("vocab.json"), e));
        }
        Err(NerModelError::new(
            self.name(TOKENIZER),
            "it is missing; write it with transformers: AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)",
        ))
    }
}

type Built = Result<Tokenizer, Box<dyn std::error::Error + Send + Sync>>;

/// BERT's tokenizer from its list of pieces, as transformers' `BertTokenizerFast` makes it.
fn word_pieces(vocabulary: &Path, settings: &Map<String, Value>) -> Built {
    let flag = |name: &str| settings.get(name).and_then(Value::as_bool);
    let text = |name: &str, usual: &str| settings.get(name).and_then(Value::as_str).unwrap_or(usual).to_owned();
    let (unknown, begin, end) = (text("unk_token", "[UNK]"), text("cls_token", "[CLS]"), text("sep_token", "[SEP]"));
    let model = WordPiece::from_file(&vocabulary.to_string_lossy()).unk_token(unknown.clone()).build()?;
    let id = |piece: &str| model.token_to_id(piece).ok_or_else(|| format!("it has no piece {piece}"));
    id(&unknown)?;
    let post = BertProcessing::new((end.clone(), id(&end)?), (begin.clone(), id(&begin)?));
    let mut tokenizer = Tokenizer::new(model);
    let normalizer = BertNormalizer::new(
        true,
        flag("tokenize_chinese_chars").unwrap_or(true),
        flag("strip_accents"),
        flag("do_lower_case").unwrap_or(true),
    );
    tokenizer.with_normalizer(Some(normalizer))?;
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    tokenizer.with_post_processor(Some(post));
    Ok(tokenizer)
}

/// RoBERTa's tokenizer from its vocabulary and merges, as transformers' `RobertaTokenizerFast` makes it.
fn byte_pairs(vocabulary: &Path, merges: &Path, settings: &Map<String, Value>) -> Built {
    let prefix_space = settings.get("add_prefix_space").and_then(Value::as_bool).unwrap_or(false);
    let model = BPE::from_file(&vocabulary.to_string_lossy(), &merges.to_string_lossy()).build()?;
    let id = |piece: &str| model.token_to_id(piece).ok_or_else(|| format!("it has no piece {piece}"));
    let post = RobertaProcessing::new(("</s>".to_owned(), id("</s>")?), ("<s>".to_owned(), id("<s>")?))
        .trim_offsets(true)
        .add_prefix_space(prefix_space);
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(ByteLevel::new(prefix_space, true, true))).with_post_processor(Some(post));
    Ok(tokenizer)
}
