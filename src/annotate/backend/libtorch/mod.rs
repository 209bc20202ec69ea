//! The engine on libtorch: rust-bert's BERT encoder with our heads, in f32, on a CPU or a GPU.
//!
//! Workers share the weights; each has a network of its own, because one may not be used from two threads, and keeps
//! libtorch to one thread. On the CPU inputs are run one at a time, so that an input's scores do not depend on the others
//! of a call to the last bit; a GPU takes many at once, and scores may differ in their last bits there.

mod deberta;
pub(crate) mod families;
mod network;
pub(crate) mod weights;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use rust_bert::bert::BertConfig;
use serde_json::{Map, Value};
use tch::Tensor;

use super::{Backend, BackendError, Device, DeviceError, Input, Matrix, Output, Tables};
use crate::panic::message_of;
use network::Network;
use weights::Weights;

const FILE: &str = "model.safetensors";
/// Rows that a scorer takes at a time. A product's last bits may depend on its number of rows, so it is always this one.
const ROWS: usize = 32;
/// The same on a GPU, where every transfer is a wait.
const GPU_ROWS: usize = 4096;
/// Word pieces, with padding, that a GPU gets at a time.
const GPU_PIECES: usize = 1 << 14;

/// Weights and configuration, for the engines of all workers.
pub struct LibtorchModel {
    weights: Weights,
    config: BertConfig,
    first: First<Network>,
}

/// A worker's engine.
pub struct LibtorchBackend {
    model: Arc<LibtorchModel>,
    network: Option<Network>,
}

impl LibtorchModel {
    /// Load a model folder's `model.safetensors` from its bytes; `encoder` is BERT's part of `config.json`.
    ///
    /// # Errors
    /// [`BackendError::Device`] for a device that is not there, [`BackendError::Load`] for weights that are damaged or do
    /// not fit the configuration.
    pub fn new(weights: &[u8], encoder: Value, device: Device) -> Result<Self, BackendError> {
        let load = |reason: String| BackendError::Load { file: FILE, reason };
        let wrong = |reason: String| BackendError::Load { file: "config.json", reason: format!("encoder: {reason}") };
        let device = open(device)?;
        check_sizes(encoder.as_object().unwrap_or(&Map::new())).map_err(wrong)?;
        let epsilon = encoder.get("layer_norm_eps").and_then(Value::as_f64);
        let config: BertConfig = serde_json::from_value(encoder).map_err(|e| wrong(e.to_string()))?;
        if let Some(epsilon) = epsilon.filter(|&epsilon| !weights::is_built_in(epsilon)) {
            return Err(load(format!("rust-bert's BERT has no layer_norm_eps of {epsilon}")));
        }
        guarded(|| {
            let weights = Weights::read(weights, device).map_err(load)?;
            // Whether they fit is found out before anything is read.
            let first = First::new(Network::new(&weights, &config).map_err(load)?);
            Ok(Self { weights, config, first })
        })
    }
}

impl LibtorchBackend {
    /// Another worker's engine on the same weights.
    pub fn new(model: Arc<LibtorchModel>) -> Self {
        Self { model, network: None }
    }

    fn with_network<T>(
        &mut self,
        work: impl FnOnce(&Network, &LibtorchModel) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let Self { model, network } = self;
        guarded(|| {
            let network = model.first.or_another(network, || Network::new(&model.weights, &model.config))?;
            work(network, model)
        })
    }
}

/// The network that was built to see whether the weights fit, for the first worker: building one takes a while.
pub(crate) struct First<N>(Mutex<Option<N>>);

impl<N> First<N> {
    pub(crate) fn new(network: N) -> Self {
        Self(Mutex::new(Some(network)))
    }

    /// A worker's `own` network; one without gets the first, or another that `build` makes.
    pub(crate) fn or_another<'a>(
        &self,
        own: &'a mut Option<N>,
        build: impl FnOnce() -> Result<N, String>,
    ) -> Result<&'a N, BackendError> {
        match own {
            Some(network) => Ok(network),
            empty => {
                let first = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
                Ok(empty.insert(first.map_or_else(build, Ok).map_err(BackendError::Run)?))
            }
        }
    }
}

/// Run `work` on libtorch with one thread and without gradients; what it panics with becomes an error.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, BackendError>) -> Result<T, BackendError> {
    // Workers are our threads. The number is kept by each thread, and this costs next to nothing.
    tch::set_num_threads(1);
    catch_unwind(AssertUnwindSafe(|| tch::no_grad(work)))
        .unwrap_or_else(|panic| Err(BackendError::Run(message_of(&*panic))))
}

/// libtorch's device, if it is there.
pub(crate) fn open(device: Device) -> Result<tch::Device, DeviceError> {
    match device {
        Device::Cpu => Ok(tch::Device::Cpu),
        Device::Cuda(number) => {
            let seen = usize::try_from(tch::Cuda::device_count()).unwrap_or(0);
            if number < seen { Ok(tch::Device::Cuda(number)) } else { Err(DeviceError { number, seen }) }
        }
    }
}

/// Sizes that make no network are found before libtorch meets them; `config` is a `config.json`, or BERT's part of one.
pub(crate) fn check_sizes(config: &Map<String, Value>) -> Result<(), String> {
    let given = |name: &str| config.get(name).filter(|value| !value.is_null());
    let names = ["vocab_size", "max_position_embeddings", "embedding_size", "conv_groups"];
    let (bert, distilbert) = (["hidden_size", "num_attention_heads"], ["dim", "n_heads"]);
    let layers = ["num_hidden_layers", "n_layers", "intermediate_size", "hidden_dim"];
    for name in names.iter().chain(&bert).chain(&distilbert).chain(&layers) {
        if let Some(value) = given(name)
            && !value.as_i64().is_some_and(|n| (1..1 << 24).contains(&n))
        {
            return Err(format!("{name} is {value}, not a number from 1"));
        }
    }
    for [width, heads] in [bert, distilbert] {
        if let (Some(w), Some(h)) = (given(width).and_then(Value::as_i64), given(heads).and_then(Value::as_i64))
            && w % h != 0
        {
            return Err(format!("{width} is {w}, which {h} heads ({heads}) do not divide"));
        }
    }
    if let Some(epsilon) = given("layer_norm_eps")
        && !epsilon.as_f64().is_some_and(|e| e > 0.0 && e < 1.0)
    {
        return Err(format!("layer_norm_eps is {epsilon}, not a small number above 0"));
    }
    Ok(())
}

/// Consecutive inputs of these lengths that go to the device together.
pub(crate) fn batches(lengths: &[usize], device: tch::Device) -> Vec<std::ops::Range<usize>> {
    if device == tch::Device::Cpu {
        return (0..lengths.len()).map(|i| i..i + 1).collect();
    }
    let mut batches = Vec::new();
    let (mut start, mut longest) = (0, 0);
    for (i, &length) in lengths.iter().enumerate() {
        if i > start && longest.max(length) * (i + 1 - start) > GPU_PIECES {
            batches.push(start..i);
            (start, longest) = (i, 0);
        }
        longest = longest.max(length);
    }
    if start < lengths.len() {
        batches.push(start..lengths.len());
    }
    batches
}

/// Rows of ids, filled up with `padding` to the longest.
pub(crate) fn padded<'a>(rows: impl Iterator<Item = &'a [i32]> + Clone, padding: i32, device: tch::Device) -> Tensor {
    let (n, longest) = (rows.clone().count(), rows.clone().map(<[i32]>::len).max().unwrap_or(0));
    let mut values = Vec::with_capacity(n * longest);
    for row in rows {
        values.extend(row.iter().map(|&id| i64::from(id)));
        values.resize(values.len() + longest - row.len(), i64::from(padding));
    }
    Tensor::from_slice(&values).view([n as i64, longest as i64]).to_device(device)
}

/// Which of the places of [`padded`] rows are filled; none is needed for one row.
pub(crate) fn mask(lengths: &[usize], device: tch::Device) -> Option<Tensor> {
    let longest = lengths.iter().copied().max().unwrap_or(0);
    if lengths.iter().all(|&n| n == longest) {
        return None;
    }
    let values: Vec<i64> = lengths.iter().flat_map(|&n| (0..longest).map(move |i| i64::from(i < n))).collect();
    Some(Tensor::from_slice(&values).view([lengths.len() as i64, longest as i64]).to_device(device))
}

/// A tensor's last dimension as columns, all others as rows.
pub(crate) fn matrix(tensor: &Tensor) -> Result<Matrix, BackendError> {
    let n_columns = tensor.size().last().copied().unwrap_or(1);
    let flat = tensor.to_device(tch::Device::Cpu).contiguous().view(-1);
    let values = Vec::<f32>::try_from(flat).map_err(|e| BackendError::Run(weights::brief(&e)))?;
    Ok(Matrix::new(n_columns as usize, values))
}

/// Scores of rows by `score`, a block of [`ROWS`] or [`GPU_ROWS`] at a time, the last one filled up.
fn in_blocks(
    inputs: &[&Matrix],
    n_columns: usize,
    device: tch::Device,
    score: impl Fn(&[Tensor]) -> Tensor,
) -> Result<Matrix, BackendError> {
    let n_rows = inputs.first().map_or(0, |m| m.n_rows());
    let n_block = if device == tch::Device::Cpu { ROWS } else { GPU_ROWS };
    let mut scores = Vec::with_capacity(n_rows * n_columns);
    for start in (0..n_rows).step_by(n_block) {
        let block = |m: &&Matrix| {
            let width = m.n_columns();
            let mut rows = m.data()[start * width..m.data().len().min((start + n_block) * width)].to_vec();
            rows.resize(n_block * width, 0.0);
            Tensor::from_slice(&rows).view([n_block as i64, width as i64]).to_device(device)
        };
        let tensors: Vec<Tensor> = inputs.iter().map(block).collect();
        let block = matrix(&score(&tensors))?;
        scores.extend_from_slice(&block.data()[..(n_rows - start).min(n_block) * n_columns]);
    }
    Ok(Matrix::new(n_columns, scores))
}

impl Backend for LibtorchBackend {
    fn run(&mut self, inputs: &[Input]) -> Result<Vec<Output>, BackendError> {
        self.with_network(|network, model| {
            let config = &model.config;
            let tables = Tables {
                pieces: config.vocab_size as usize,
                positions: config.max_position_embeddings as usize,
                shapes: config.type_vocab_size as usize,
            };
            tables.check(inputs)?;
            let lengths: Vec<usize> = inputs.iter().map(|input| input.ids.len()).collect();
            let mut outputs = Vec::with_capacity(inputs.len());
            for batch in batches(&lengths, model.weights.device()) {
                outputs.extend(network.score(&inputs[batch])?);
            }
            Ok(outputs)
        })
    }

    fn lemmas(&mut self, hidden: &Matrix) -> Result<Matrix, BackendError> {
        self.with_network(|network, model| {
            in_blocks(&[hidden], network.n_lemmas, model.weights.device(), |t| network.lemmas(&t[0]))
        })
    }

    fn relations(&mut self, dependents: &Matrix, governors: &Matrix) -> Result<Matrix, BackendError> {
        self.with_network(|network, model| {
            let n = network.n_relations;
            in_blocks(&[dependents, governors], n, model.weights.device(), |t| network.relations(&t[0], &t[1]))
        })
    }

    fn pack(&self) -> usize {
        if self.model.weights.device() == tch::Device::Cpu { super::PACK } else { GPU_PIECES }
    }
}

#[cfg(test)]
#[cfg(feature = "embedded")]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::annotate::tests::article;
    use crate::annotate::{Annotator, Model};

    /// As a GPU gets them, with padding.
    #[test]
    fn scores_of_inputs_together_are_those_of_each() {
        let text = "Yes. Amina Wanjiru met Lars Heggen in Mombasa on Tuesday, officials said. She left. 😀";
        let model = Model::load(None, super::super::Engine::Libtorch(Device::Cpu)).unwrap();
        let inputs = Annotator::new(Arc::new(model)).inputs(&[article(text)]);
        assert!(inputs.len() > 3);
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/news-en");
        let config: Value = serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap();
        let weights = std::fs::read(folder.join(FILE)).unwrap();
        let model = LibtorchModel::new(&weights, config["encoder"].clone(), Device::Cpu).unwrap();
        let network = Network::new(&model.weights, &model.config).unwrap();
        let together = guarded(|| network.score(&inputs)).unwrap();
        for (input, together) in inputs.iter().zip(&together) {
            let alone = guarded(|| network.score(std::slice::from_ref(input))).unwrap().remove(0);
            for (a, b) in [(&alone.ner, &together.ner), (&alone.arc, &together.arc), (&alone.hidden, &together.hidden)]
            {
                assert_eq!((a.n_rows(), a.n_columns()), (b.n_rows(), b.n_columns()));
                let furthest = a.data().iter().zip(b.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(furthest < 1e-4, "{furthest}");
            }
        }
    }

    #[test]
    fn batches_hold_every_input_once_and_no_more_than_fits() {
        let gpu = tch::Device::Cuda(0);
        assert_eq!(batches(&[3, 5, 2], tch::Device::Cpu), [0..1, 1..2, 2..3]);
        assert_eq!(batches(&[3, 5, 2], gpu).len(), 1);
        let lengths: Vec<usize> = (0..500).map(|i| 1 + i * 7 % 250).collect();
        let found = batches(&lengths, gpu);
        let mut next = 0;
        for batch in &found {
            assert_eq!(batch.start, next);
            let longest = lengths[batch.clone()].iter().max().unwrap();
            assert!(longest * batch.len() <= GPU_PIECES);
            next = batch.end;
        }
        assert_eq!((next, found.len()), (500, 8));
        assert_eq!(batches(&[GPU_PIECES + 1, 1], gpu), [0..1, 1..2]);
        assert!(batches(&[], gpu).is_empty());
    }
}
