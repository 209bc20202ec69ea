//! The default engine: `rten`, pure Rust, on the CPU.

use std::borrow::Cow;
use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::{AsView, NdTensor, NdTensorView};

use super::{Backend, BackendError, Input, Matrix, Output};

const MODEL: &str = "model.onnx";
const RELATIONS: &str = "relations.onnx";
const INPUTS: [&str; 4] = ["ids", "shapes", "mask", "words"];
const OUTPUTS: [&str; 7] = ["ner", "upos", "xpos", "lemma", "arc", "rel_dep", "rel_head"];

/// The loaded graphs, shared by all workers.
struct Graphs {
    model: Model,
    inputs: [NodeId; 4],
    outputs: [NodeId; 7],
    relations: Model,
    relation_inputs: [NodeId; 2],
    relation_output: NodeId,
}

/// A worker's handle on the shared graphs, with one thread of its own.
///
/// Inputs run one by one: the int8 activations' scale is taken over a whole batch, so a sentence's scores
/// would change with its neighbours. One sentence a run also needs no padding.
pub struct RtenBackend {
    graphs: Arc<Graphs>,
    pool: Arc<ThreadPool>,
}

impl Clone for RtenBackend {
    /// Another worker on the same weights, with a thread of its own.
    fn clone(&self) -> Self {
        Self { graphs: Arc::clone(&self.graphs), pool: Arc::new(ThreadPool::with_num_threads(1)) }
    }
}

fn load(file: &'static str, bytes: Cow<'static, [u8]>) -> Result<Model, BackendError> {
    let mut options = ModelOptions::with_all_ops();
    options.prepack_weights(true);
    match bytes {
        Cow::Borrowed(slice) => options.load_static_slice(slice),
        Cow::Owned(buffer) => options.load(buffer),
    }
    .map_err(|e| BackendError::Load { file, reason: e.to_string() })
}

fn nodes<const N: usize>(
    model: &Model,
    file: &'static str,
    names: [&'static str; N],
) -> Result<[NodeId; N], BackendError> {
    let mut ids = Vec::with_capacity(N);
    for node in names {
        ids.push(model.find_node(node).ok_or(BackendError::Node { file, node })?);
    }
    ids.try_into().map_err(|_| BackendError::Run("node count".to_owned()))
}

impl RtenBackend {
    /// Load the two graphs of a model folder from their bytes.
    ///
    /// # Errors
    /// [`BackendError::Load`] for a damaged graph, [`BackendError::Node`] for one of another format.
    pub fn new(model: Cow<'static, [u8]>, relations: Cow<'static, [u8]>) -> Result<Self, BackendError> {
        let model = load(MODEL, model)?;
        let relations = load(RELATIONS, relations)?;
        let graphs = Graphs {
            inputs: nodes(&model, MODEL, INPUTS)?,
            outputs: nodes(&model, MODEL, OUTPUTS)?,
            model,
            relation_inputs: nodes(&relations, RELATIONS, ["dependents", "heads"])?,
            relation_output: nodes(&relations, RELATIONS, ["relations"])?[0],
            relations,
        };
        Ok(Self { graphs: Arc::new(graphs), pool: Arc::new(ThreadPool::with_num_threads(1)) })
    }

    fn options(&self) -> RunOptions {
        let mut options = RunOptions::default();
        options.thread_pool = Some(Arc::clone(&self.pool));
        options
    }

    fn run_one(&self, input: &Input) -> Result<Output, BackendError> {
        let n_pieces = input.ids.len();
        let mut words = Vec::with_capacity(1 + input.words.len());
        words.push(0);
        words.extend_from_slice(&input.words);
        let row = |data: Vec<i32>| NdTensor::from_data([1, data.len()], data);
        let g = &self.graphs;
        let tensors = [row(input.ids.clone()), row(input.shapes.clone()), row(vec![1; n_pieces]), row(words)];
        let inputs: Vec<(NodeId, ValueOrView)> =
            g.inputs.iter().copied().zip(tensors.into_iter().map(ValueOrView::from)).collect();
        let values =
            g.model.run(inputs, &g.outputs, Some(self.options())).map_err(|e| BackendError::Run(e.to_string()))?;
        let mut matrices = values.into_iter().map(matrix);
        let mut next = || matrices.next().unwrap_or_else(|| Err(BackendError::Run("missing output".to_owned())));
        Ok(Output {
            ner: next()?,
            upos: next()?,
            xpos: next()?,
            lemma: next()?,
            arc: next()?,
            dependents: next()?,
            governors: next()?,
        })
    }
}

/// The only sentence's matrix of a `[1, rows, columns]` value, or a plain matrix.
fn matrix(value: Value) -> Result<Matrix, BackendError> {
    let tensor: rten_tensor::Tensor<f32> =
        value.try_into().map_err(|_| BackendError::Run("an output is not f32".to_owned()))?;
    let n_columns = rten_tensor::Layout::shape(&tensor).last().copied().unwrap_or(1);
    Ok(Matrix::new(n_columns, tensor.to_vec()))
}

impl Backend for RtenBackend {
    fn run(&mut self, inputs: &[Input]) -> Result<Vec<Output>, BackendError> {
        inputs.iter().map(|input| self.run_one(input)).collect()
    }

    fn relations(&mut self, dependents: &Matrix, governors: &Matrix) -> Result<Matrix, BackendError> {
        let g = &self.graphs;
        let view = |m: &Matrix| NdTensorView::from_data([m.n_rows(), m.n_columns()], m.data()).to_tensor();
        let inputs = vec![
            (g.relation_inputs[0], ValueOrView::from(view(dependents))),
            (g.relation_inputs[1], ValueOrView::from(view(governors))),
        ];
        let [scores] = g
            .relations
            .run_n(inputs, [g.relation_output], Some(self.options()))
            .map_err(|e| BackendError::Run(e.to_string()))?;
        matrix(scores)
    }
}
