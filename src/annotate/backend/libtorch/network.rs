//! The shipped model's network: rust-bert's encoder, and heads on the first piece of every word.
//!
//! The arc and relation heads are the deep biaffine parser of Dozat and Manning (2017).

use rust_bert::bert::{BertConfig, BertEmbeddings, BertModel};
use tch::Tensor;
use tch::nn::{self, Module};

use super::weights::Weights;
use super::{BackendError, Input, Matrix, Output, mask, matrix, padded};

pub(super) struct Network {
    encoder: BertModel<BertEmbeddings>,
    ner: nn::Linear,
    upos: nn::Linear,
    xpos: nn::Linear,
    lemma: nn::Linear,
    arc_dependent: nn::Linear,
    arc_governor: nn::Linear,
    arc: nn::Linear,
    arc_bias: nn::Linear,
    relation_dependent: nn::Linear,
    relation_governor: nn::Linear,
    bilinear: nn::Linear,
    linear: nn::Linear,
    device: tch::Device,
    pub(super) n_lemmas: usize,
    pub(super) n_relations: usize,
}

impl Network {
    pub(super) fn new(weights: &Weights, config: &BertConfig) -> Result<Self, String> {
        let width = config.hidden_size;
        let rows = |name: &str| weights.rows(&format!("heads.{name}.weight"));
        let n_ner = rows("tags.ner")?;
        let (n_universal, n_penn) = (rows("tags.upos")?, rows("tags.xpos")?);
        let n_lemmas = rows("tags.lemma")?;
        let (arc_width, relation_width) = (rows("arc_dep")?, rows("rel_dep")?);
        let n_relations = rows("relation.linear")?;
        weights.network(|store| {
            let root = store.root();
            let heads = &root / "heads";
            let bias = nn::LinearConfig::default();
            let no_bias = nn::LinearConfig { bias: false, ..bias };
            let linear = |path: nn::Path<'_>, from, to, config| nn::linear(path, from, to, config);
            let tags = &heads / "tags";
            Ok(Self {
                encoder: BertModel::new_with_optional_pooler(&root / "bert", config, false),
                ner: linear(&tags / "ner", width, n_ner, bias),
                upos: linear(&tags / "upos", width, n_universal, bias),
                xpos: linear(&tags / "xpos", width, n_penn, bias),
                lemma: linear(&tags / "lemma", width, n_lemmas, bias),
                arc_dependent: linear(&heads / "arc_dep", width, arc_width, bias),
                arc_governor: linear(&heads / "arc_head", width, arc_width, bias),
                arc: linear(&heads / "arc", arc_width, arc_width, bias),
                arc_bias: linear(&heads / "arc_bias", arc_width, 1, no_bias),
                relation_dependent: linear(&heads / "rel_dep", width, relation_width, bias),
                relation_governor: linear(&heads / "rel_head", width, relation_width, bias),
                bilinear: linear(
                    &heads / "relation" / "bilinear",
                    relation_width,
                    n_relations * relation_width,
                    no_bias,
                ),
                linear: linear(&heads / "relation" / "linear", 2 * relation_width, n_relations, bias),
                device: weights.device(),
                n_lemmas: n_lemmas as usize,
                n_relations: n_relations as usize,
            })
        })
    }

    /// Scores of inputs that go to the device together.
    pub(super) fn score(&self, inputs: &[Input]) -> Result<Vec<Output>, BackendError> {
        let lengths: Vec<usize> = inputs.iter().map(|input| input.ids.len()).collect();
        let ids = padded(inputs.iter().map(|i| &i.ids[..]), 0, self.device);
        let shapes = padded(inputs.iter().map(|i| &i.shapes[..]), 0, self.device);
        let mask = mask(&lengths, self.device);
        let encoded = self
            .encoder
            .forward_t(Some(&ids), mask.as_ref(), Some(&shapes), None, None, None, None, false)
            .map_err(|e| BackendError::Run(e.to_string()))?
            .hidden_state;
        let (width, longest) = (encoded.size()[2], encoded.size()[1]);
        // The root, which is `[CLS]`, and the words of all inputs, without padding from here on.
        let nodes: Vec<i64> = inputs
            .iter()
            .enumerate()
            .flat_map(|(i, input)| {
                [0].iter().chain(&input.words).map(move |&piece| i as i64 * longest + i64::from(piece))
            })
            .collect();
        let nodes = encoded.view([-1, width]).index_select(0, &Tensor::from_slice(&nodes).to_device(self.device));
        let matrices = |head: &nn::Linear| matrix(&nodes.apply(head));
        let rectified = |head: &nn::Linear| nodes.apply(head).relu();
        let (ner, upos, xpos) = (matrices(&self.ner)?, matrices(&self.upos)?, matrices(&self.xpos)?);
        let hidden = matrix(&nodes)?;
        let dependents = matrix(&rectified(&self.relation_dependent))?;
        let governors = matrix(&rectified(&self.relation_governor))?;
        let arc_dependents = rectified(&self.arc_dependent).apply(&self.arc);
        let arc_governors = rectified(&self.arc_governor);
        let arc_biases = arc_governors.apply(&self.arc_bias);
        let mut outputs = Vec::with_capacity(inputs.len());
        let mut start = 0;
        for input in inputs {
            let n = input.words.len();
            let with_root = start..start + 1 + n;
            let words = start + 1..start + 1 + n;
            let part = |m: &Matrix, rows: &std::ops::Range<usize>| {
                let width = m.n_columns();
                Matrix::new(width, m.data()[rows.start * width..rows.end * width].to_vec())
            };
            let rows = |t: &Tensor, rows: &std::ops::Range<usize>| t.narrow(0, rows.start as i64, rows.len() as i64);
            let arc = rows(&arc_dependents, &words).matmul(&rows(&arc_governors, &with_root).transpose(0, 1))
                + rows(&arc_biases, &with_root).transpose(0, 1);
            outputs.push(Output {
                ner: part(&ner, &words),
                upos: part(&upos, &words),
                xpos: part(&xpos, &words),
                hidden: part(&hidden, &words),
                arc: matrix(&arc)?,
                dependents: part(&dependents, &words),
                governors: part(&governors, &with_root),
            });
            start += 1 + n;
        }
        Ok(outputs)
    }

    pub(super) fn lemmas(&self, hidden: &Tensor) -> Tensor {
        self.lemma.forward(hidden)
    }

    /// Scores of dependency relations, a row an arc.
    pub(super) fn relations(&self, dependents: &Tensor, governors: &Tensor) -> Tensor {
        let width = governors.size()[1];
        let products = self.bilinear.forward(dependents).view([-1, self.n_relations as i64, width]);
        let pairs = products.matmul(&governors.unsqueeze(2)).squeeze_dim(2);
        pairs + self.linear.forward(&Tensor::cat(&[dependents, governors], 1))
    }
}
