//! DeBERTa, first and second version (He et al., 2021), on libtorch.
//!
//! rust-bert's own does not compute what the checkpoints were trained for: its first version takes the number of heads for
//! the length of the input, so that distances beyond it look alike, and its second version divides by a square that should
//! be a root and looks distances up in the wrong half of their table.
//!
//! A score between two pieces is the sum of content against content, content against distance and distance against
//! content, over one root. The second version has distances in buckets that widen with the logarithm, and may mix
//! neighbours with a convolution behind its first layer.

use std::collections::BTreeMap;

use rust_bert::{Activation, RustBertError};
use serde::{Deserialize, Serialize};
use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

/// What of a `config.json` the networks depend on; the defaults are those of transformers.
#[derive(Debug, Deserialize, Serialize)]
#[serde(default)]
#[allow(clippy::struct_excessive_bools, reason = "that is the file's format")]
pub(crate) struct Config {
    pub(super) vocab_size: i64,
    pub(super) max_position_embeddings: i64,
    hidden_size: i64,
    embedding_size: Option<i64>,
    intermediate_size: i64,
    num_attention_heads: i64,
    num_hidden_layers: i64,
    type_vocab_size: i64,
    hidden_act: Activation,
    layer_norm_eps: f64,
    position_biased_input: bool,
    relative_attention: bool,
    max_relative_positions: i64,
    position_buckets: i64,
    pos_att_type: Names,
    norm_rel_ebd: Names,
    share_att_key: bool,
    conv_kernel_size: i64,
    conv_groups: i64,
    conv_act: Activation,
    talking_head: bool,
    id2label: BTreeMap<String, String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            vocab_size: 50265,
            max_position_embeddings: 512,
            hidden_size: 768,
            embedding_size: None,
            intermediate_size: 3072,
            num_attention_heads: 12,
            num_hidden_layers: 12,
            type_vocab_size: 0,
            hidden_act: Activation::gelu,
            layer_norm_eps: 1e-7,
            position_biased_input: true,
            relative_attention: false,
            max_relative_positions: -1,
            position_buckets: -1,
            pos_att_type: Names::default(),
            norm_rel_ebd: Names::default(),
            share_att_key: false,
            conv_kernel_size: 0,
            conv_groups: 1,
            conv_act: Activation::tanh,
            talking_head: false,
            id2label: BTreeMap::new(),
        }
    }
}

/// Names in a list, or in a string with bars between them.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Names {
    List(Vec<String>),
    Text(String),
}

impl Default for Names {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Names {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::List(names) => names.iter().any(|n| n.trim().eq_ignore_ascii_case(name)),
            Self::Text(text) => text.split('|').any(|n| n.trim().eq_ignore_ascii_case(name)),
        }
    }
}

pub(super) struct Deberta {
    words: nn::Embedding,
    positions: Option<nn::Embedding>,
    types: Option<nn::Embedding>,
    project: Option<nn::Linear>,
    norm: nn::LayerNorm,
    distances: Option<Distances>,
    layers: Vec<Layer>,
    mix: Option<Mix>,
    classifier: nn::Linear,
}

/// What is known of a distance between two pieces.
struct Distances {
    /// A row for every distance from `-span` to `span - 1`.
    table: nn::Embedding,
    norm: Option<nn::LayerNorm>,
    span: i64,
    /// Number of buckets, and the distance that the last one ends with.
    buckets: Option<(i64, i64)>,
}

struct Layer {
    projections: Projections,
    /// Of distances as keys and as queries.
    distance_key: Option<nn::Linear>,
    distance_query: Option<nn::Linear>,
    n_heads: i64,
    context: nn::Linear,
    context_norm: nn::LayerNorm,
    up: nn::Linear,
    activation: fn(&Tensor) -> Tensor,
    down: nn::Linear,
    norm: nn::LayerNorm,
}

/// Queries, keys and values of pieces.
enum Projections {
    /// The first version's: one product for all, in whose columns they alternate head by head.
    Together {
        all: nn::Linear,
        query_bias: Tensor,
        value_bias: Tensor,
    },
    Apart {
        query: nn::Linear,
        key: nn::Linear,
        value: nn::Linear,
    },
}

/// A convolution over neighbours, added to what the first layer gives.
struct Mix {
    convolution: nn::Conv1D,
    activation: fn(&Tensor) -> Tensor,
    norm: nn::LayerNorm,
}

fn activation(of: Activation) -> fn(&Tensor) -> Tensor {
    *of.get_function().get_fn()
}

impl Deberta {
    /// The network of a configuration; `version` says whose layers it has.
    pub(super) fn new(root: &Path<'_>, config: &Config, version: Version) -> Result<Self, RustBertError> {
        if config.talking_head {
            let reason = "talking_head is not one of the things that can be run".to_owned();
            return Err(RustBertError::InvalidConfigurationError(reason));
        }
        let width = config.hidden_size;
        let embedded = config.embedding_size.unwrap_or(width);
        let epsilon = nn::LayerNormConfig { eps: config.layer_norm_eps, ..Default::default() };
        let norm = |path: Path<'_>| nn::layer_norm(path / "LayerNorm", vec![width], epsilon);
        let table =
            |path: Path<'_>, rows: i64, width: i64| nn::embedding(path, rows, width, nn::EmbeddingConfig::default());
        let no_bias = nn::LinearConfig { bias: false, ..Default::default() };
        let model = root / "deberta";
        let (embeddings, encoder) = (&model / "embeddings", &model / "encoder");
        let n_positions = config.max_position_embeddings;

        let second = version == Version::Second;
        let farthest = Some(config.max_relative_positions).filter(|&n| n > 0).unwrap_or(n_positions);
        let buckets = Some(config.position_buckets).filter(|&n| n > 1 && second);
        let span = buckets.unwrap_or(farthest);
        let distances = config.relative_attention.then(|| Distances {
            table: table(&encoder / "rel_embeddings", 2 * span, width),
            norm: (second && config.norm_rel_ebd.has("layer_norm")).then(|| norm(encoder.clone())),
            span,
            buckets: buckets.map(|n| (n, farthest)),
        });
        let mix = Some(config.conv_kernel_size).filter(|&n| n > 0 && second).map(|size| {
            let path = &encoder / "conv";
            let conv = nn::ConvConfig { padding: (size - 1) / 2, groups: config.conv_groups, ..Default::default() };
            Mix {
                convolution: nn::conv1d(&path / "conv", width, width, size, conv),
                activation: activation(config.conv_act),
                norm: norm(path),
            }
        });
        let layers = &encoder / "layer";
        Ok(Self {
            words: table(&embeddings / "word_embeddings", config.vocab_size, embedded),
            positions: config
                .position_biased_input
                .then(|| table(&embeddings / "position_embeddings", n_positions, embedded)),
            types: (config.type_vocab_size > 0)
                .then(|| table(&embeddings / "token_type_embeddings", config.type_vocab_size, embedded)),
            project: (embedded != width).then(|| nn::linear(&embeddings / "embed_proj", embedded, width, no_bias)),
            norm: norm(embeddings.clone()),
            layers: (0..config.num_hidden_layers)
                .map(|i| Layer::new(&(&layers / i), config, version, distances.is_some(), &norm))
                .collect(),
            distances,
            mix,
            classifier: nn::linear(
                root / "classifier",
                width,
                config.id2label.len() as i64,
                nn::LinearConfig::default(),
            ),
        })
    }

    /// Logits (inputs x pieces x labels).
    pub(super) fn forward(&self, ids: &Tensor, mask: Option<&Tensor>) -> Tensor {
        let n = ids.size()[1];
        let mut x = self.words.forward(ids);
        if let Some(positions) = &self.positions {
            x += positions.forward(&Tensor::arange(n, (Kind::Int64, ids.device())));
        }
        if let Some(types) = &self.types {
            x += types.forward(&ids.zeros_like());
        }
        if let Some(project) = &self.project {
            x = project.forward(&x);
        }
        x = self.norm.forward(&x);
        // The convolution looks beyond the end of an input.
        let filled = mask.map(|mask| mask.unsqueeze(2).to_kind(Kind::Float));
        if let Some(filled) = &filled {
            x *= filled;
        }
        let padding = mask.map(|mask| mask.eq(0).unsqueeze(1).unsqueeze(1));
        let distances = self.distances.as_ref().map(|distances| distances.of(n));
        let embedded = x.shallow_clone();
        for (i, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&x, padding.as_ref(), distances.as_ref());
            if let (0, Some(mix)) = (i, &self.mix) {
                x = mix.forward(&embedded, &x, filled.as_ref());
            }
        }
        self.classifier.forward(&x)
    }
}

/// Whose layers a network has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    First,
    Second,
}

/// The rows of distances between the pieces of an input, and for every two pieces which of them is theirs.
struct Between {
    rows: Tensor,
    index: Tensor,
}

impl Distances {
    fn of(&self, n: i64) -> Between {
        let table = &self.table.ws;
        let on = (Kind::Int64, table.device());
        let distance = Tensor::arange(n, on).unsqueeze(1) - Tensor::arange(n, on).unsqueeze(0);
        let (rows, span, distance) = match self.buckets {
            // Only the middle of the table is looked at.
            None => {
                let near = self.span.min(n);
                (table.narrow(0, self.span - near, 2 * near), near, distance)
            }
            Some((n_buckets, farthest)) => (table.shallow_clone(), self.span, bucket(&distance, n_buckets, farthest)),
        };
        let rows = self.norm.as_ref().map_or_else(|| rows.shallow_clone(), |norm| norm.forward(&rows));
        Between { rows, index: (distance + span).clamp(0, 2 * span - 1) }
    }
}

/// Distances up to half of the buckets as they are, farther ones by the logarithm, up to `farthest` in the last bucket.
fn bucket(distance: &Tensor, n_buckets: i64, farthest: i64) -> Tensor {
    let middle = n_buckets / 2;
    let far = distance.abs().clamp_min(middle);
    let whole = ((farthest - 1) as f64 / middle as f64) as f32;
    // In f32, as the checkpoints were trained: a bucket's edge must not move.
    let log = (&far / middle).log() / f64::from(whole.ln()) * (middle - 1);
    let bucket = (log.ceil().to_kind(Kind::Int64) + middle) * distance.sign();
    distance.where_self(&distance.abs().le(middle), &bucket)
}

impl Layer {
    fn new(
        path: &Path<'_>,
        config: &Config,
        version: Version,
        relative: bool,
        norm: &impl Fn(Path<'_>) -> nn::LayerNorm,
    ) -> Self {
        let width = config.hidden_size;
        let (attention, output) = (path / "attention" / "self", path / "attention" / "output");
        let linear = |path: Path<'_>, from, to| nn::linear(path, from, to, nn::LinearConfig::default());
        let no_bias = nn::LinearConfig { bias: false, ..Default::default() };
        let shared = version == Version::Second && config.share_att_key;
        let has = |kind| relative && config.pos_att_type.has(kind);
        let (of_key, of_query) = (has("c2p"), has("p2c"));
        let (projections, distance_key, distance_query) = match version {
            Version::First => (
                Projections::Together {
                    all: nn::linear(&attention / "in_proj", width, 3 * width, no_bias),
                    query_bias: attention.var("q_bias", &[width], nn::Init::Const(0.0)),
                    value_bias: attention.var("v_bias", &[width], nn::Init::Const(0.0)),
                },
                of_key.then(|| nn::linear(&attention / "pos_proj", width, width, no_bias)),
                of_query.then(|| linear(&attention / "pos_q_proj", width, width)),
            ),
            Version::Second => {
                let query = linear(&attention / "query_proj", width, width);
                let key = linear(&attention / "key_proj", width, width);
                let again = |l: &nn::Linear| nn::Linear {
                    ws: l.ws.shallow_clone(),
                    bs: l.bs.as_ref().map(Tensor::shallow_clone),
                };
                let own = |name: &str, of: &nn::Linear| {
                    if shared { again(of) } else { linear(&attention / name, width, width) }
                };
                let distance_key = of_key.then(|| own("pos_key_proj", &key));
                let distance_query = of_query.then(|| own("pos_query_proj", &query));
                let value = linear(&attention / "value_proj", width, width);
                (Projections::Apart { query, key, value }, distance_key, distance_query)
            }
        };
        Self {
            projections,
            distance_key,
            distance_query,
            n_heads: config.num_attention_heads,
            context: linear(&output / "dense", width, width),
            context_norm: norm(output),
            up: linear(path / "intermediate" / "dense", width, config.intermediate_size),
            activation: activation(config.hidden_act),
            down: linear(path / "output" / "dense", config.intermediate_size, width),
            norm: norm(path / "output"),
        }
    }

    /// Rows of (inputs x pieces x width), head by head: inputs x heads x pieces x width of a head.
    fn heads(&self, x: &Tensor) -> Tensor {
        let size = x.size();
        x.view([size[0], size[1], self.n_heads, -1]).transpose(1, 2)
    }

    fn forward(&self, x: &Tensor, padding: Option<&Tensor>, between: Option<&Between>) -> Tensor {
        let (query, key, value) = match &self.projections {
            Projections::Together { all, query_bias, value_bias } => {
                let all = self.heads(&all.forward(x)).chunk(3, -1);
                let bias = |bias: &Tensor| self.heads(&bias.view([1, 1, -1]));
                (&all[0] + bias(query_bias), all[1].shallow_clone(), &all[2] + bias(value_bias))
            }
            Projections::Apart { query, key, value } => {
                (self.heads(&query.forward(x)), self.heads(&key.forward(x)), self.heads(&value.forward(x)))
            }
        };
        let size = query.size();
        let mut scores = query.matmul(&key.transpose(2, 3));
        let mut n_terms = 1.0;
        if let Some(Between { rows, index }) = between {
            let rows = rows.unsqueeze(0);
            let wanted = [size[0], size[1], size[2], size[2]];
            if let Some(project) = &self.distance_key {
                let keys = self.heads(&project.forward(&rows));
                scores += query.matmul(&keys.transpose(2, 3)).gather(3, &index.expand(wanted, false), false);
                n_terms += 1.0;
            }
            if let Some(project) = &self.distance_query {
                let queries = self.heads(&project.forward(&rows));
                let of_key = key.matmul(&queries.transpose(2, 3));
                scores += of_key.gather(3, &index.tr().expand(wanted, false), false).transpose(2, 3);
                n_terms += 1.0;
            }
        }
        scores /= (size[3] as f64 * n_terms).sqrt();
        if let Some(padding) = padding {
            scores = scores.masked_fill(padding, f64::from(f32::MIN));
        }
        let context = scores.softmax(-1, Kind::Float).matmul(&value).transpose(1, 2).contiguous();
        let context = self.context.forward(&context.view([size[0], size[2], -1]));
        let x = self.context_norm.forward(&(context + x));
        let inner = (self.activation)(&self.up.forward(&x));
        self.norm.forward(&(self.down.forward(&inner) + x))
    }
}

impl Mix {
    fn forward(&self, embedded: &Tensor, x: &Tensor, filled: Option<&Tensor>) -> Tensor {
        let mut mixed = self.convolution.forward(&embedded.transpose(1, 2)).transpose(1, 2);
        if let Some(filled) = filled {
            mixed *= filled;
        }
        let mut x = self.norm.forward(&(x + (self.activation)(&mixed)));
        if let Some(filled) = filled {
            x *= filled;
        }
        x
    }
}
