//! Engines that run the tagger's network behind one small trait.

#[cfg(feature = "libtorch")]
pub(crate) mod libtorch;
mod rten;

use std::str::FromStr;

#[cfg(feature = "libtorch")]
pub use libtorch::{LibtorchBackend, LibtorchModel};
pub use rten::RtenBackend;

/// Word pieces that go through a network on a CPU together: enough to fill its products, few enough to stay in the cache.
const PACK: usize = 384;

/// Which engine runs the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// Ours, in pure Rust, on int8 weights.
    #[default]
    Rten,
    /// libtorch by way of rust-bert, on the float weights; needs the feature `libtorch`.
    Libtorch(Device),
}

/// Where libtorch computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// The NVIDIA GPU of that number, counted from 0.
    Cuda(usize),
}

impl FromStr for Device {
    type Err = String;

    /// Reads `cpu`, `cuda` (the first one) or `cuda:N`.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = match text {
            "cpu" => return Ok(Self::Cpu),
            "cuda" => Some(0),
            _ => text.strip_prefix("cuda:").and_then(|number| number.parse().ok()),
        };
        number.map(Self::Cuda).ok_or_else(|| "devices are cpu, cuda and cuda:N".to_owned())
    }
}

/// A GPU that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no device cuda:{number}, this libtorch sees {seen} of them; use --device cpu, or build with a libtorch for CUDA \
     (scripts/install-libtorch --help)"
)]
pub struct DeviceError {
    /// The number asked for.
    pub number: usize,
    /// How many devices there are.
    pub seen: usize,
}

/// One sentence, or one window of a long one, ready for the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Word piece ids with `[CLS]` first and `[SEP]` last.
    pub ids: Vec<i32>,
    /// Word shape of every piece (0 lower, 1 Title, 2 UPPER, 3 miXed), as long as `ids`.
    pub shapes: Vec<i32>,
    /// For every word the index of its first piece in `ids`, in ascending order.
    pub words: Vec<i32>,
}

/// A row-major matrix of scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    n_columns: usize,
    data: Vec<f32>,
}

impl Matrix {
    /// A matrix from its rows laid end to end; an incomplete last row is dropped.
    pub fn new(n_columns: usize, mut data: Vec<f32>) -> Self {
        let n_columns = n_columns.max(1);
        data.truncate(data.len() / n_columns * n_columns);
        Self { n_columns, data }
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.data.len() / self.n_columns
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Row `i`.
    pub fn row(&self, i: usize) -> &[f32] {
        &self.data[i * self.n_columns..(i + 1) * self.n_columns]
    }

    /// All values, row after row.
    pub fn data(&self) -> &[f32] {
        &self.data
    }
}

/// What the network says about one [`Input`] of `n` words.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// `n` x NER labels, logits.
    pub ner: Matrix,
    /// `n` x universal parts of speech, logits.
    pub upos: Matrix,
    /// `n` x Penn parts of speech, logits.
    pub xpos: Matrix,
    /// `n` x width: the words' hidden rows, for the lemma scorer.
    pub hidden: Matrix,
    /// `n` x `1 + n` governors, logits; column 0 is the root.
    pub arc: Matrix,
    /// `n` x width: words as dependents, for the relation scorer.
    pub dependents: Matrix,
    /// `1 + n` x width: root and words as governors, for the relation scorer.
    pub governors: Matrix,
}

/// Failure of an engine.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BackendError {
    /// The model's graph cannot be loaded.
    #[error("cannot load {file} of the model: {reason}; export the model again with scripts/export")]
    Load {
        /// File in the model's folder.
        file: &'static str,
        /// The engine's own message.
        reason: String,
    },
    /// The graph lacks an input or output.
    #[error("{file} of the model has no node named `{node}`; export the model again with scripts/export")]
    Node {
        /// File in the model's folder.
        file: &'static str,
        /// The missing name.
        node: String,
    },
    /// The device is not there.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Running the graph failed.
    #[error("the model cannot be run: {0}")]
    Run(String),
}

/// Rows of the tables that inputs point into.
struct Tables {
    pieces: usize,
    positions: usize,
    shapes: usize,
}

impl Tables {
    /// Whether every number of the inputs is in the tables, before an engine looks there.
    fn check(&self, inputs: &[Input]) -> Result<(), BackendError> {
        let within = |number: i32, n: usize| usize::try_from(number).is_ok_and(|number| number < n);
        for input in inputs {
            let n = input.ids.len();
            let too_long = n > self.positions;
            let pieces = input.ids.iter().zip(&input.shapes);
            let mut outside =
                pieces.filter(|&(&id, &shape)| too_long || !within(id, self.pieces) || !within(shape, self.shapes));
            if let Some((id, _)) = outside.next() {
                return Err(BackendError::Run(format!(
                    "piece {id} of an input of {n} lies outside the model's tables"
                )));
            }
            if n == 0 || input.shapes.len() != n || input.words.iter().any(|&word| !within(word, n)) {
                return Err(BackendError::Run(format!("an input of {n} pieces is not whole")));
            }
        }
        Ok(())
    }
}

/// An engine: runs the network, and the scorers that are asked only about some words or arcs.
///
/// The scores of an input must not depend on the other inputs of a call: output is the same for any batch. (A GPU, which
/// takes many inputs at once, may let their last bits depend on it.)
pub trait Backend: Send {
    /// Scores of every input, in order.
    ///
    /// # Errors
    /// [`BackendError::Run`] when the engine fails.
    fn run(&mut self, inputs: &[Input]) -> Result<Vec<Output>, BackendError>;

    /// Logits over lemma scripts (words x scripts) for words by their hidden rows.
    ///
    /// # Errors
    /// [`BackendError::Run`] when the engine fails.
    fn lemmas(&mut self, hidden: &Matrix) -> Result<Matrix, BackendError>;

    /// Logits over dependency relations (arcs x relations) for arcs from `dependents` to `governors`
    /// (both arcs x width).
    ///
    /// # Errors
    /// [`BackendError::Run`] when the engine fails.
    fn relations(&mut self, dependents: &Matrix, governors: &Matrix) -> Result<Matrix, BackendError>;

    /// Word pieces that are best given to [`run`](Self::run) at a time.
    fn pack(&self) -> usize {
        PACK
    }
}
