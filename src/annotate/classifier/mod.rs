//! Named mentions by somebody else's token classifier instead of the shipped tagger.
//!
//! A checkpoint comes as Hugging Face's `save_pretrained` writes it (`files`): a network of one of rust-bert's families, a
//! tokenizer, and labels in whatever scheme (`labels`). A sentence goes to the tokenizer as it stands in the text, and
//! pieces come back to our tokens by their offsets (`encoding`); a token's answer is that of the first piece that begins
//! in it, and the best valid sequence of labels is decoded as for the shipped tagger.

mod encoding;
mod files;
mod labels;
#[cfg(test)]
pub(super) mod tests;

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

pub use labels::LabelMap;

use super::backend::libtorch::families::{Checkpoint, Classifier, Family};
use super::backend::libtorch::weights::Weights;
use super::backend::libtorch::{guarded, open};
use super::backend::{BackendError, Device};
use super::ner::{self, Found, NerTagger, NerTaggers, Sentence};
use crate::mention::Kind;
use crate::span::Span;
use encoding::{Answer, Encoder};
use files::{CONFIG, Source, WEIGHTS};
use labels::{Labels, Meaning};
use serde_json::{Map, Value};

/// Pieces that a vocabulary may be smaller than the network's table, which is often rounded up.
const ROUNDED: i64 = 1024;

/// A NER model that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file} of the NER model: {reason}")]
pub struct NerModelError {
    file: String,
    reason: String,
}

impl NerModelError {
    fn new(file: impl Display, reason: impl Display) -> Self {
        Self { file: file.to_string(), reason: reason.to_string() }
    }
}

/// Which NER model to use, and how.
#[derive(Debug, Clone, Default)]
pub struct NerModelConfig {
    /// Where it computes.
    pub device: Device,
    /// What its labels stand for, where the table of usual names does not know or is wrong.
    pub label_map: LabelMap,
}

/// A NER model: everything that workers share.
pub struct NerModel {
    checkpoint: Checkpoint,
    encoder: Encoder,
    labels: Labels,
}

impl NerModel {
    /// The token classifier in a folder as `save_pretrained` writes it (`config.json` with `id2label`, `tokenizer.json` or
    /// the files of a vocabulary, `model.safetensors`), or the hub's `OWNER/NAME`, which is fetched and kept in rust-bert's
    /// cache.
    ///
    /// # Errors
    /// Files that are missing, cannot be fetched, are damaged or do not fit each other; labels that are not known; a device
    /// that is not there.
    pub fn load(name: &Path, config: &NerModelConfig) -> Result<Self, NerModelError> {
        let device = open(config.device).map_err(|e| NerModelError::new(name.display(), e))?;
        let source = Source::new(name)?;
        let settings = source.config()?;
        let in_config = |reason: String| NerModelError::new(source.name(CONFIG), reason);
        let family = Family::read(&settings).map_err(in_config)?;
        let labels = Labels::new(&label_names(&settings).map_err(in_config)?, &config.label_map).map_err(in_config)?;
        let epsilon = settings.get("layer_norm_eps").and_then(Value::as_f64);

        let model_type = settings.get("model_type").and_then(Value::as_str).unwrap_or_default();
        let (tokenizer, file) = source.tokenizer(model_type)?;
        let in_tokenizer = |reason: String| NerModelError::new(source.name(file), reason);
        let n_pieces = tokenizer.get_vocab(true).values().max().map_or(0, |&last| i64::from(last) + 1);
        if n_pieces > family.n_pieces() || n_pieces + ROUNDED < family.n_pieces() {
            return Err(in_tokenizer(format!(
                "it has {n_pieces} pieces and config.json says vocab_size {}; use the tokenizer that the model was trained with",
                family.n_pieces()
            )));
        }
        let encoder =
            Encoder::new(tokenizer, usize::try_from(family.max_pieces()).unwrap_or(0)).map_err(in_tokenizer)?;

        let bytes = source.weights()?;
        let in_weights = |reason: String| NerModelError::new(source.name(WEIGHTS), reason);
        let checkpoint = guarded(|| {
            let weights = Weights::read(&bytes, device).map_err(BackendError::Run)?;
            Checkpoint::new(family, weights, epsilon).map_err(BackendError::Run)
        })
        .map_err(|error| match error {
            BackendError::Run(reason) => in_weights(reason),
            other => in_weights(other.to_string()),
        })?;
        Ok(Self { checkpoint, encoder, labels })
    }
}

/// `id2label` in the order of its numbers.
fn label_names(config: &Map<String, Value>) -> Result<Vec<String>, String> {
    let architectures = config.get("architectures").and_then(Value::as_array);
    let architecture = architectures.and_then(|all| all.first()).and_then(Value::as_str);
    if let Some(other) = architecture.filter(|name| !name.ends_with("ForTokenClassification")) {
        return Err(format!("it is a {other}, not a token classifier"));
    }
    let Some(Value::Object(names)) = config.get("id2label") else {
        return Err("it has no id2label, which names the labels; is it a token classifier?".to_owned());
    };
    (0..names.len())
        .map(|id| {
            let name = names.get(&id.to_string()).and_then(Value::as_str);
            name.map(str::to_owned).ok_or_else(|| format!("id2label has {} entries but no name for {id}", names.len()))
        })
        .collect()
}

impl NerTaggers for NerModel {
    fn tagger(self: Arc<Self>) -> Box<dyn NerTagger> {
        Box::new(ClassifierTagger { model: self, classifier: Classifier::new() })
    }
}

/// One worker's NER model.
struct ClassifierTagger {
    model: Arc<NerModel>,
    classifier: Classifier,
}

impl NerTagger for ClassifierTagger {
    fn mentions(&mut self, sentences: &[Sentence<'_>], own: &[Vec<Found>]) -> Result<Vec<Vec<Found>>, BackendError> {
        let kind = |mention: &Found<Meaning>, own: &[Found]| match mention.kind {
            Meaning::Kind(kind) => Some(kind),
            Meaning::Miscellaneous => own
                .iter()
                .any(|m| {
                    m.kind == Kind::Group && m.tokens.start < mention.tokens.end && mention.tokens.start < m.tokens.end
                })
                .then_some(Kind::Group),
            Meaning::Nothing => None,
        };
        let labelled = self.labelled(sentences)?;
        Ok(labelled
            .into_iter()
            .zip(own)
            .map(|(found, own)| {
                let found = found.into_iter().filter_map(|m| {
                    let kind = kind(&m, own)?;
                    Some(Found { tokens: m.tokens, kind, score: m.score })
                });
                found.collect()
            })
            .collect())
    }
}

impl ClassifierTagger {
    /// What the checkpoint finds in every sentence, in the meanings of its labels.
    fn labelled(&mut self, sentences: &[Sentence<'_>]) -> Result<Vec<Vec<Found<Meaning>>>, BackendError> {
        let NerModel { checkpoint, encoder, labels } = &*self.model;
        let mut inputs = Vec::new();
        let mut encoded = Vec::with_capacity(sentences.len());
        for sentence in sentences {
            let (printed, start) = sentence.printed();
            let tokens: Vec<Span> =
                sentence.tokens.iter().map(|t| Span::new(t.start() - start, t.end() - start)).collect();
            let pieces = encoder.encode(printed, &tokens).map_err(BackendError::Run)?;
            let parts = encoder.parts(&pieces);
            let answers: Vec<_> = parts
                .into_iter()
                .map(|part| {
                    inputs.push(part.ids);
                    part.answers
                })
                .collect();
            encoded.push((pieces, answers));
        }
        let mut logits = self.classifier.logits(checkpoint, &inputs)?.into_iter();
        let mut mentions = Vec::with_capacity(sentences.len());
        for (pieces, parts) in encoded {
            let mut rows: Vec<Option<Vec<f32>>> = pieces.answers().map(|_| None).collect();
            for (answers, logits) in parts.into_iter().zip(logits.by_ref()) {
                if logits.n_columns() != labels.n_labels() {
                    return Err(BackendError::Run(format!(
                        "the NER model gives {} scores for {} labels",
                        logits.n_columns(),
                        labels.n_labels()
                    )));
                }
                for (token, row) in answers {
                    rows[token] = Some(labels.tag_scores(logits.row(row)));
                }
            }
            let mut scores: Vec<f32> = Vec::with_capacity(rows.len() * labels.tags.len());
            for (row, answer) in rows.into_iter().zip(pieces.answers()) {
                let row = match (row, answer) {
                    (Some(row), _) => row,
                    (None, Answer::Continued) if !scores.is_empty() => {
                        labels.continued(&scores[scores.len() - labels.tags.len()..])
                    }
                    _ => labels.nothing(),
                };
                scores.extend(row);
            }
            mentions.push(ner::decode(&labels.tags, labels.inside_begins, &scores));
        }
        Ok(mentions)
    }
}
