//! Token classifiers as `save_pretrained` writes them, by the families that rust-bert has; DeBERTa is our own.

use rust_bert::bert::{BertConfig, BertForTokenClassification};
use rust_bert::distilbert::{DistilBertConfig, DistilBertForTokenClassification};
use rust_bert::electra::{ElectraConfig, ElectraForTokenClassification};
use rust_bert::roberta::RobertaForTokenClassification;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tch::{Kind, Tensor};

use super::super::{BackendError, Matrix};
use super::deberta::{self, Deberta, Version};
use super::weights::{Weights, is_built_in};
use super::{First, batches, check_sizes, guarded, mask, matrix, padded};

/// The configuration of one family.
pub(crate) enum Family {
    Bert(BertConfig),
    /// Also XLM-RoBERTa, whose network is the same.
    Roberta(BertConfig),
    DistilBert(DistilBertConfig),
    Electra(ElectraConfig),
    Deberta(deberta::Config, Version),
}

#[allow(clippy::large_enum_variant, reason = "a worker has one")]
enum Network {
    Bert(BertForTokenClassification),
    Roberta(RobertaForTokenClassification),
    DistilBert(DistilBertForTokenClassification),
    Electra(ElectraForTokenClassification),
    Deberta(Deberta),
}

/// rust-bert's configuration: the entries of `config` that say something, and the family's usual values for the others.
fn filled<C: Default + Serialize + DeserializeOwned>(config: &Map<String, Value>) -> Result<C, String> {
    let mut all = match serde_json::to_value(C::default()) {
        Ok(Value::Object(all)) => all,
        _ => Map::new(),
    };
    all.extend(config.iter().map(|(name, value)| (name.clone(), value.clone())));
    all.retain(|_, value| !value.is_null());
    for activation in ["hidden_act", "activation", "conv_act", "pooler_hidden_act"] {
        // Names that transformers has for what rust-bert knows by another one.
        let known = match all.get(activation).and_then(Value::as_str) {
            Some("silu") => "swish",
            Some("gelu_python") => "gelu",
            Some("gelu_fast" | "gelu_pytorch_tanh") => "gelu_new",
            Some("linear") => "identity",
            _ => continue,
        };
        all.insert(activation.to_owned(), known.into());
    }
    serde_json::from_value(Value::Object(all)).map_err(|e| e.to_string())
}

impl Family {
    /// Names of `model_type`.
    pub(crate) const NAMES: [&str; 7] =
        ["bert", "roberta", "xlm-roberta", "distilbert", "electra", "deberta", "deberta-v2"];

    /// Reads a `config.json`.
    pub(crate) fn read(config: &Map<String, Value>) -> Result<Self, String> {
        check_sizes(config)?;
        let text = |name: &str| config.get(name).and_then(Value::as_str);
        let positions = text("position_embedding_type").unwrap_or("absolute");
        if positions != "absolute" {
            return Err(format!(
                "position_embedding_type `{positions}` is not one that rust-bert has, only `absolute`"
            ));
        }
        let model_type = text("model_type");
        let padding = config.get("pad_token_id").and_then(Value::as_i64);
        if matches!(model_type, Some("roberta" | "xlm-roberta")) && padding.is_some_and(|id| id != 1) {
            return Err(format!("pad_token_id {} is not one that rust-bert has, only 1", padding.unwrap_or_default()));
        }
        Ok(match model_type {
            Some("bert") => Self::Bert(filled(config)?),
            Some("roberta" | "xlm-roberta") => Self::Roberta(filled(config)?),
            Some("distilbert") => Self::DistilBert(filled(config)?),
            Some("electra") => Self::Electra(filled(config)?),
            Some("deberta") => Self::Deberta(filled(config)?, Version::First),
            Some("deberta-v2") => Self::Deberta(filled(config)?, Version::Second),
            Some(other) => {
                let known = Self::NAMES.join(", ");
                return Err(format!("model_type `{other}` is none of those that can be run: {known}"));
            }
            None => return Err("it has no model_type".to_owned()),
        })
    }

    /// Pieces in the vocabulary.
    pub(crate) fn n_pieces(&self) -> i64 {
        match self {
            Self::Bert(c) | Self::Roberta(c) => c.vocab_size,
            Self::DistilBert(c) => c.vocab_size,
            Self::Electra(c) => c.vocab_size,
            Self::Deberta(c, _) => c.vocab_size,
        }
    }

    /// Longest input in pieces, with the special ones.
    pub(crate) fn max_pieces(&self) -> i64 {
        match self {
            Self::Bert(c) => c.max_position_embeddings,
            // Positions are counted from behind the padding's, which is 1.
            Self::Roberta(c) => c.max_position_embeddings - 2,
            Self::DistilBert(c) => c.max_position_embeddings,
            Self::Electra(c) => c.max_position_embeddings,
            Self::Deberta(c, _) => c.max_position_embeddings,
        }
    }

    /// The id that rust-bert's embeddings take for padding.
    fn padding(&self) -> i32 {
        i32::from(matches!(self, Self::Roberta(_)))
    }

    fn network(&self, weights: &Weights) -> Result<Network, String> {
        weights.network(|store| {
            let root = store.root();
            Ok(match self {
                Self::Bert(c) => Network::Bert(BertForTokenClassification::new(root, c)?),
                Self::Roberta(c) => Network::Roberta(RobertaForTokenClassification::new(root, c)?),
                Self::DistilBert(c) => Network::DistilBert(DistilBertForTokenClassification::new(root, c)?),
                Self::Electra(c) => Network::Electra(ElectraForTokenClassification::new(root, c)?),
                Self::Deberta(c, version) => Network::Deberta(Deberta::new(&root, c, *version)?),
            })
        })
    }
}

/// A checkpoint's network and weights, shared by workers.
pub(crate) struct Checkpoint {
    family: Family,
    weights: Weights,
    first: First<Network>,
}

impl Checkpoint {
    /// The network of this family with these weights, after a trial that they fit each other.
    ///
    /// `epsilon` is the configuration's `layer_norm_eps`.
    pub(crate) fn new(family: Family, weights: Weights, epsilon: Option<f64>) -> Result<Self, String> {
        if let Some(epsilon) = epsilon {
            match &family {
                Family::Bert(_) => weights.set_epsilon("bert.", epsilon),
                Family::Roberta(_) => weights.set_epsilon("roberta.", epsilon),
                // Its embeddings know the configuration's, its layers do not.
                Family::Electra(_) if !is_built_in(epsilon) => {
                    return Err(format!(
                        "layer_norm_eps {epsilon} is not one that rust-bert has for electra, only 1e-12"
                    ));
                }
                _ => {}
            }
        }
        let first = First::new(family.network(&weights)?);
        Ok(Self { family, weights, first })
    }
}

/// A worker's network.
pub(crate) struct Classifier {
    network: Option<Network>,
}

impl Classifier {
    pub(crate) fn new() -> Self {
        Self { network: None }
    }

    /// Logits of every piece (pieces x labels) of every input, in order.
    pub(crate) fn logits(&mut self, checkpoint: &Checkpoint, inputs: &[Vec<i32>]) -> Result<Vec<Matrix>, BackendError> {
        guarded(|| {
            let another = || checkpoint.family.network(&checkpoint.weights);
            let network = checkpoint.first.or_another(&mut self.network, another)?;
            let lengths: Vec<usize> = inputs.iter().map(Vec::len).collect();
            let mut logits = Vec::with_capacity(inputs.len());
            for batch in batches(&lengths, checkpoint.weights.device()) {
                logits.extend(network.logits(checkpoint, &inputs[batch])?);
            }
            Ok(logits)
        })
    }
}

impl Network {
    /// Logits of inputs that go to the device together.
    fn logits(&self, checkpoint: &Checkpoint, inputs: &[Vec<i32>]) -> Result<Vec<Matrix>, BackendError> {
        let device = checkpoint.weights.device();
        let lengths: Vec<usize> = inputs.iter().map(Vec::len).collect();
        let ids = padded(inputs.iter().map(|i| &i[..]), checkpoint.family.padding(), device);
        let scores = matrix(&self.forward(&ids, mask(&lengths, device).as_ref())?)?;
        let (width, longest) = (scores.n_columns(), scores.n_rows() / inputs.len());
        let rows = lengths.iter().enumerate().map(|(row, &length)| {
            let start = row * longest * width;
            Matrix::new(width, scores.data()[start..start + length * width].to_vec())
        });
        Ok(rows.collect())
    }

    fn forward(&self, ids: &Tensor, mask: Option<&Tensor>) -> Result<Tensor, BackendError> {
        let failed = |e: rust_bert::RustBertError| BackendError::Run(e.to_string());
        let (all, ids) = (ids, Some(ids));
        Ok(match self {
            Self::Bert(n) => n.forward_t(ids, mask, None, None, None, false).logits,
            Self::Roberta(n) => n.forward_t(ids, mask, None, None, None, false).logits,
            Self::DistilBert(n) => n.forward_t(ids, mask, None, false).map_err(failed)?.logits,
            Self::Electra(n) => {
                // rust-bert adds this one to the scores as it is.
                let mask = mask.map(|mask| (mask.to_kind(Kind::Float) - 1) * 1e4);
                n.forward_t(ids, mask.as_ref(), None, None, None, false).logits
            }
            Self::Deberta(n) => n.forward(all, mask),
        })
    }
}

#[cfg(test)]
impl Checkpoint {
    /// As [`Classifier::logits`], all inputs together, as a GPU gets them.
    pub(crate) fn logits_together(&self, inputs: &[Vec<i32>]) -> Result<Vec<Matrix>, BackendError> {
        guarded(|| self.family.network(&self.weights).map_err(BackendError::Run)?.logits(self, inputs))
    }
}
