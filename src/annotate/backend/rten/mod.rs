//! The default engine, pure Rust, on the CPU: our own pass through the encoder on the matrix products of `rten`, which
//! pick their kernels (AVX-512 with or without VNNI, AVX2, NEON) at run time.
//!
//! A general engine runs a graph operation by operation over padded batches; with one architecture to run, sequences can
//! be packed without padding, what lies between two products stays in the cache, and heads are computed only where they
//! are read. [`encoder`] is the pass, [`vector`] what happens between the products, [`weights`] where they come from.

mod encoder;
mod vector;
mod weights;

use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::{Backend, BackendError, Input, Matrix, Output};
use encoder::{Engine, Room, failed};
use weights::{ARC_DEPENDENT, ARC_GOVERNOR, NER, RELATION_DEPENDENT, RELATION_GOVERNOR, UPOS, Weights, XPOS};

const FILES: [&str; 2] = ["model.onnx", "relations.onnx"];
/// Arcs whose relations are scored together.
const ARCS: usize = 64;

/// A worker's engine on weights that all workers share, with one thread of its own.
pub struct RtenBackend {
    weights: Arc<Weights>,
    worker: Option<Worker>,
}

struct Worker {
    /// Keeps the products from spreading over other workers' cores.
    pool: ThreadPool,
    room: Room,
}

impl Clone for RtenBackend {
    /// Another worker on the same weights.
    fn clone(&self) -> Self {
        Self { weights: Arc::clone(&self.weights), worker: None }
    }
}

impl RtenBackend {
    /// Load the two graphs of a model folder from their bytes.
    ///
    /// # Errors
    /// [`BackendError::Load`] for a damaged graph, [`BackendError::Node`] for one of another format.
    pub fn new(model: &[u8], relations: &[u8], n_heads: usize) -> Result<Self, BackendError> {
        Ok(Self { weights: Arc::new(Weights::new(FILES, model, relations, n_heads)?), worker: None })
    }

    /// Run `work` on this worker's thread.
    fn on_worker<T: Send>(
        &mut self,
        work: impl FnOnce(&Weights, &mut Engine) -> Result<T, BackendError> + Send,
    ) -> Result<T, BackendError> {
        let worker = match &mut self.worker {
            Some(worker) => worker,
            empty => {
                let pool = ThreadPoolBuilder::new()
                    .num_threads(1)
                    .thread_name(|_| "engine".to_owned())
                    .build()
                    .map_err(failed)?;
                empty.insert(Worker { pool, room: Room::default() })
            }
        };
        let (weights, room) = (&*self.weights, &mut worker.room);
        worker.pool.install(|| {
            let mut engine = Engine::new(std::mem::take(room));
            let result = work(weights, &mut engine);
            *room = engine.room;
            result
        })
    }
}

/// What the network says about inputs that were encoded together.
fn score(weights: &Weights, engine: &mut Engine, inputs: &[Input]) -> Result<Vec<Output>, BackendError> {
    let hidden = engine.encode(weights, inputs)?;
    let scores = engine.quantized(&hidden, &weights.heads)?;
    let n_columns = weights.heads.bias.len();
    let rows: Vec<&[f32]> = scores.chunks_exact(n_columns).collect();
    // Columns of one head in some rows.
    let part = |head: usize, rows: &[&[f32]], rectified: bool| {
        let start: usize = weights.parts[..head].iter().sum();
        let columns = start..start + weights.parts[head];
        let mut values = Vec::with_capacity(rows.len() * columns.len());
        for row in rows {
            let row = &row[columns.clone()];
            values.extend(row.iter().map(|&v| if rectified { v.max(0.0) } else { v }));
        }
        values
    };
    let n_words = rows.len() - inputs.len();
    let mut dependents = Vec::with_capacity(n_words * weights.parts[ARC_DEPENDENT]);
    let mut start = 0;
    for input in inputs {
        dependents.extend(part(ARC_DEPENDENT, &rows[start + 1..start + 1 + input.words.len()], true));
        start += 1 + input.words.len();
    }
    let arc_width = weights.parts[ARC_DEPENDENT];
    let dependents = engine.quantized(&dependents, &weights.arc)?;
    let mut outputs = Vec::with_capacity(inputs.len());
    let (mut start, mut words) = (0, 0);
    for input in inputs {
        let n = input.words.len();
        let with_root = &rows[start..start + 1 + n];
        let only_words = &with_root[1..];
        let matrix =
            |head: usize, rows: &[&[f32]], rectified| Matrix::new(weights.parts[head], part(head, rows, rectified));
        let governors = part(ARC_GOVERNOR, with_root, true);
        let mut arc =
            engine.transposed(&dependents[words * arc_width..(words + n) * arc_width], &governors, arc_width)?;
        let worth: Vec<f32> = governors
            .chunks_exact(arc_width)
            .map(|governor| governor.iter().zip(&weights.arc_bias).map(|(a, b)| a * b).sum())
            .collect();
        for row in arc.chunks_exact_mut(1 + n) {
            for (score, worth) in row.iter_mut().zip(&worth) {
                *score += worth;
            }
        }
        let hidden = hidden[(start + 1) * weights.width..(start + 1 + n) * weights.width].to_vec();
        outputs.push(Output {
            ner: matrix(NER, only_words, false),
            upos: matrix(UPOS, only_words, false),
            xpos: matrix(XPOS, only_words, false),
            hidden: Matrix::new(weights.width, hidden),
            arc: Matrix::new(1 + n, arc),
            dependents: matrix(RELATION_DEPENDENT, only_words, true),
            governors: matrix(RELATION_GOVERNOR, with_root, true),
        });
        start += 1 + n;
        words += n;
    }
    Ok(outputs)
}

/// Scores of dependency relations, a row an arc.
fn relations(
    weights: &Weights,
    engine: &mut Engine,
    dependents: &Matrix,
    governors: &Matrix,
) -> Result<Matrix, BackendError> {
    let width = weights.parts[RELATION_DEPENDENT];
    let pairs: Vec<f32> = (0..dependents.n_rows())
        .flat_map(|row| dependents.row(row).iter().chain(governors.row(row)).copied())
        .collect();
    let mut scores = engine.linear(&pairs, &weights.relation)?;
    let n = weights.n_relations;
    // A block of arcs at a time: their products with every label are wide.
    let blocks = dependents.data().chunks(ARCS * width).zip(governors.data().chunks(ARCS * width));
    for ((dependents, governors), out) in blocks.zip(scores.chunks_mut(ARCS * n)) {
        let products = engine.multiply(dependents, &weights.bilinear)?;
        vector::bilinear(products, &weights.bilinear, governors, width, out);
    }
    Ok(Matrix::new(n, scores))
}

impl Backend for RtenBackend {
    fn run(&mut self, inputs: &[Input]) -> Result<Vec<Output>, BackendError> {
        self.on_worker(|weights, engine| score(weights, engine, inputs))
    }

    fn lemmas(&mut self, hidden: &Matrix) -> Result<Matrix, BackendError> {
        self.on_worker(|weights, engine| {
            Ok(Matrix::new(weights.n_lemmas, engine.linear(hidden.data(), &weights.lemma)?))
        })
    }

    fn relations(&mut self, dependents: &Matrix, governors: &Matrix) -> Result<Matrix, BackendError> {
        self.on_worker(|weights, engine| relations(weights, engine, dependents, governors))
    }
}
