//! BERT's encoder (Devlin et al., 2019) over sequences laid end to end.
//!
//! Sequences of any lengths share the matrix products without padding; only attention looks at each apart. Activations
//! are quantized row by row, so what a sequence gets does not depend on the others beside it, bit for bit. Rows go
//! through the products in blocks that stay in the cache between one product and the next.

use rten_gemm::{BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmOptions};
use rten_tensor::NdTensorView;

use super::super::{BackendError, Input, Tables};
use super::vector::{self, Products};
use super::weights::{Layer, Linear, Quantized, Weights};

/// Rows that go through a layer's products together.
const ROWS: usize = 64;

/// Buffers that one run leaves to the next.
#[derive(Default)]
pub(super) struct Room {
    quantized: Vec<u8>,
    scales: Vec<f32>,
    zeros: Vec<u8>,
    sums: Vec<i32>,
    inner: Vec<f32>,
    qkv: Vec<f32>,
    context: Vec<f32>,
    keys: Vec<f32>,
    scores: Vec<f32>,
}

/// The machine's kernels, and room to work in.
pub(super) struct Engine {
    bytes: GemmExecutor<u8, i8, i32>,
    floats: GemmExecutor<f32>,
    pub(super) room: Room,
}

pub(super) fn failed(error: impl std::fmt::Display) -> BackendError {
    BackendError::Run(error.to_string())
}

/// The first `n` values of a buffer that only grows.
fn room<T: Clone + Default>(buffer: &mut Vec<T>, n: usize) -> &mut [T] {
    if buffer.len() < n {
        buffer.resize(n, T::default());
    }
    &mut buffer[..n]
}

/// A row of a table, if there is one.
fn row_of<T>(table: &[T], row: i32, width: usize) -> &[T] {
    &table[row as usize * width..][..width]
}

impl Engine {
    /// Picks the kernels. They are bound to their thread, so every run makes them anew.
    pub(super) fn new(room: Room) -> Self {
        Self { bytes: GemmExecutor::new(), floats: GemmExecutor::new(), room }
    }

    /// `rows` (any number x `layer.n_in`) times the layer's weights.
    pub(super) fn multiply(&mut self, rows: &[f32], layer: &Quantized) -> Result<Products<'_>, BackendError> {
        let n = rows.len() / layer.n_in;
        let quantized = room(&mut self.room.quantized, rows.len());
        let scales = room(&mut self.room.scales, n);
        let zeros = room(&mut self.room.zeros, n);
        vector::quantize(rows, layer.factors.as_deref(), layer.n_in, quantized, scales, zeros);
        let sums = room(&mut self.room.sums, n * layer.scales.len());
        let a = GemmInputA::Unpacked(NdTensorView::from_data([n, layer.n_in], &*quantized));
        // Zero points are left to `Products`: rten-gemm 0.27 packs those of the first rows for all.
        self.bytes.gemm(sums, a, GemmInputB::Packed(&layer.weights), GemmOptions::default()).map_err(failed)?;
        Ok(Products { sums, scales, zeros })
    }

    /// `rows` times the layer's weights, plus its bias.
    pub(super) fn quantized(&mut self, rows: &[f32], layer: &Quantized) -> Result<Vec<f32>, BackendError> {
        let n_columns = layer.scales.len();
        let mut all = vec![0.0; rows.len() / layer.n_in * n_columns];
        for (rows, out) in rows.chunks(ROWS * layer.n_in).zip(all.chunks_mut(ROWS * n_columns)) {
            vector::dequantize(self.multiply(rows, layer)?, layer, out);
        }
        Ok(all)
    }

    /// As [`quantized`](Self::quantized), in floats.
    pub(super) fn linear(&self, rows: &[f32], layer: &Linear) -> Result<Vec<f32>, BackendError> {
        let n_in = layer.weights.rows();
        let a = GemmInputA::Unpacked(NdTensorView::from_data([rows.len() / n_in, n_in], rows));
        let mut out = vec![0.0; a.rows() * layer.bias.len()];
        let options = GemmOptions { bias: Some(BiasVector::Row(&layer.bias)), ..GemmOptions::default() };
        self.floats.gemm(&mut out, a, GemmInputB::Packed(&layer.weights), options).map_err(failed)?;
        Ok(out)
    }

    /// `left` (rows x width) times the transpose of `right` (rows x width).
    pub(super) fn transposed(&self, left: &[f32], right: &[f32], width: usize) -> Result<Vec<f32>, BackendError> {
        let view = |m| NdTensorView::from_data([<[f32]>::len(m) / width, width], m);
        let (a, b) = (view(left), view(right));
        let mut out = vec![0.0; left.len() / width * (right.len() / width)];
        self.floats
            .gemm(&mut out, GemmInputA::Unpacked(a), GemmInputB::Unpacked(b.transposed()), GemmOptions::default())
            .map_err(failed)?;
        Ok(out)
    }

    /// Hidden rows of every input's `[CLS]` and first pieces of words, input after input.
    pub(super) fn encode(&mut self, weights: &Weights, inputs: &[Input]) -> Result<Vec<f32>, BackendError> {
        let width = weights.width;
        let n_rows: usize = inputs.iter().map(|input| input.ids.len()).sum();
        let mut hidden = vec![0.0; n_rows * width];
        let mut rows = hidden.chunks_exact_mut(width);
        let tables = Tables {
            pieces: weights.pieces.bytes.len() / width,
            positions: weights.positions.len() / width,
            shapes: weights.shapes.len() / width,
        };
        tables.check(inputs)?;
        for input in inputs {
            for (position, (&id, &shape)) in (0..).zip(input.ids.iter().zip(&input.shapes)) {
                let Some(row) = rows.next() else { break };
                let piece = row_of(&weights.pieces.bytes, id, width);
                let position = row_of(&weights.positions, position, width);
                let shape = row_of(&weights.shapes, shape, width);
                vector::embed(piece, weights.pieces.scale, weights.pieces.zero, position, shape, &weights.norm, row);
            }
        }
        let all: Vec<Vec<usize>> = inputs.iter().map(|input| (0..input.ids.len()).collect()).collect();
        for layer in &weights.layers[..weights.layers.len() - 1] {
            self.layer(weights, layer, &all, inputs, &mut hidden)?;
        }
        // Of the last layer only some rows are read.
        if let Some(layer) = weights.layers.last() {
            let some: Vec<Vec<usize>> = inputs
                .iter()
                .map(|input| std::iter::once(0).chain(input.words.iter().map(|&w| w as usize)).collect())
                .collect();
            self.layer(weights, layer, &some, inputs, &mut hidden)?;
        }
        Ok(hidden)
    }

    /// One layer over `hidden`; only the rows `wanted` of every input remain.
    fn layer(
        &mut self,
        weights: &Weights,
        layer: &Layer,
        wanted: &[Vec<usize>],
        inputs: &[Input],
        hidden: &mut Vec<f32>,
    ) -> Result<(), BackendError> {
        let width = weights.width;
        let mut qkv_room = std::mem::take(&mut self.room.qkv);
        let qkv = room(&mut qkv_room, hidden.len() * 3);
        for (rows, out) in hidden.chunks(ROWS * width).zip(qkv.chunks_mut(ROWS * 3 * width)) {
            vector::dequantize(self.multiply(rows, &layer.qkv)?, &layer.qkv, out);
        }

        let n_wanted: usize = wanted.iter().map(Vec::len).sum();
        let mut context_room = std::mem::take(&mut self.room.context);
        let context = room(&mut context_room, n_wanted * width);
        let (mut from, mut to) = (0, 0);
        for (input, queries) in inputs.iter().zip(wanted) {
            let qkv = &qkv[from * 3 * width..(from + input.ids.len()) * 3 * width];
            let out = &mut context[to * width..(to + queries.len()) * width];
            let head_width = width / weights.n_heads;
            for head in (0..width).step_by(head_width) {
                vector::attend(qkv, width, head, head_width, queries, &mut self.room.keys, &mut self.room.scores, out);
            }
            // Rows that nobody wants any more make room, in place: words are in order, so no row moves onto a wanted one.
            for (i, query) in queries.iter().enumerate() {
                hidden.copy_within((from + query) * width..(from + query + 1) * width, (to + i) * width);
            }
            from += input.ids.len();
            to += queries.len();
        }
        hidden.truncate(n_wanted * width);

        let mut inner_room = std::mem::take(&mut self.room.inner);
        for (rows, context) in hidden.chunks_mut(ROWS * width).zip(context.chunks(ROWS * width)) {
            vector::dequantize_add_norm(self.multiply(context, &layer.out)?, &layer.out, &layer.norm1, rows);
            let inner = room(&mut inner_room, rows.len() / width * layer.up.scales.len());
            vector::dequantize_gelu(self.multiply(rows, &layer.up)?, &layer.up, inner);
            vector::dequantize_add_norm(self.multiply(inner, &layer.down)?, &layer.down, &layer.norm2, rows);
        }
        self.room.inner = inner_room;
        self.room.qkv = qkv_room;
        self.room.context = context_room;
        Ok(())
    }
}
