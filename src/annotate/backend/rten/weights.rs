//! The network's weights, read from the ONNX graphs of a model folder and packed for the machine's kernels.
//!
//! `scripts/export` writes one architecture (BERT's encoder with a fused query-key-value product, and the heads), so
//! the weights are taken by name; sizes are read from their shapes. A graph that runs in any ONNX engine stays the
//! format: it is what the reference test compares with.

use std::collections::HashMap;

use rten_gemm::{GemmExecutor, PackedBMatrix};
use rten_onnx::onnx::{DataType, ModelProto, NodeProto, TensorProto};
use rten_tensor::NdTensorView;

use super::super::BackendError;

/// Values that are worked on together: a cache line of `f32`. Widths of a model are multiples of it.
pub(super) const LANES: usize = 16;

// Places in [`Weights::parts`].
pub(super) const NER: usize = 0;
pub(super) const UPOS: usize = 1;
pub(super) const XPOS: usize = 2;
pub(super) const ARC_DEPENDENT: usize = 3;
pub(super) const ARC_GOVERNOR: usize = 4;
pub(super) const RELATION_DEPENDENT: usize = 5;
pub(super) const RELATION_GOVERNOR: usize = 6;

/// Scale, shift and epsilon of a layer norm.
pub(super) struct Norm {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) epsilon: f32,
}

/// A linear layer with 7-bit weights, `in x out`.
pub(super) struct Quantized {
    pub(super) weights: PackedBMatrix<i8>,
    /// Of every column.
    pub(super) scales: Vec<f32>,
    /// Of every column what a zero point of 1 takes away: the sum of its weights, scaled, negative.
    pub(super) shifts: Vec<f32>,
    pub(super) bias: Vec<f32>,
    /// What the input's columns are multiplied by first.
    pub(super) factors: Option<Vec<f32>>,
    pub(super) n_in: usize,
}

/// A linear layer, `in x out`.
pub(super) struct Linear {
    pub(super) weights: PackedBMatrix<f32>,
    pub(super) bias: Vec<f32>,
}

pub(super) struct Layer {
    /// Queries are scaled by the root of the head's width.
    pub(super) qkv: Quantized,
    pub(super) out: Quantized,
    pub(super) norm1: Norm,
    pub(super) up: Quantized,
    pub(super) down: Quantized,
    pub(super) norm2: Norm,
}

/// Vectors of word pieces as bytes: the table is half of the model.
pub(super) struct Pieces {
    pub(super) bytes: Vec<u8>,
    pub(super) scale: f32,
    pub(super) zero: f32,
}

pub(super) struct Weights {
    /// Of a hidden row.
    pub(super) width: usize,
    pub(super) n_heads: usize,
    pub(super) pieces: Pieces,
    pub(super) positions: Vec<f32>,
    pub(super) shapes: Vec<f32>,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
    /// Every head that is computed for every word, side by side.
    pub(super) heads: Quantized,
    /// Columns of each of `heads`, in the order of [`NER`] to [`RELATION_GOVERNOR`].
    pub(super) parts: [usize; 7],
    pub(super) lemma: Linear,
    pub(super) n_lemmas: usize,
    /// Arcs: dependents x governors, and what a governor is worth by itself.
    pub(super) arc: Quantized,
    pub(super) arc_bias: Vec<f32>,
    /// Relations: dependents to (labels x governors), 7 bits.
    pub(super) bilinear: Quantized,
    pub(super) relation: Linear,
    pub(super) n_relations: usize,
}

/// A graph's constants and nodes by name.
struct Graph {
    file: &'static str,
    tensors: HashMap<String, TensorProto>,
    nodes: HashMap<String, NodeProto>,
}

impl Graph {
    fn new(file: &'static str, bytes: &[u8]) -> Result<Self, BackendError> {
        let damaged = |reason: String| BackendError::Load { file, reason };
        let model = ModelProto::parse_buf(bytes).map_err(|e| damaged(e.to_string()))?;
        let graph = model.graph.ok_or_else(|| damaged("no graph in it".to_owned()))?;
        let tensors = graph.initializer.into_iter().map(|t| (t.name.clone().unwrap_or_default(), t)).collect();
        let nodes = graph.node.into_iter().map(|n| (n.name.clone().unwrap_or_default(), n)).collect();
        Ok(Self { file, tensors, nodes })
    }

    fn tensor(&self, name: &str) -> Result<&TensorProto, BackendError> {
        self.tensors.get(name).ok_or_else(|| BackendError::Node { file: self.file, node: name.to_owned() })
    }

    fn bytes(&self, name: &str, kinds: &[DataType], width: usize) -> Result<Vec<u8>, BackendError> {
        let tensor = self.tensor(name)?;
        let wrong = |reason: &str| BackendError::Load { file: self.file, reason: format!("{name}: {reason}") };
        if !tensor.data_type.is_some_and(|t| kinds.contains(&t)) {
            return Err(wrong("values of another type than this version reads"));
        }
        let bytes = match &tensor.raw_data {
            Some(data) => data.take(),
            None if !tensor.float_data.is_empty() => tensor.float_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            // Where ONNX keeps small types, a byte in each.
            None if !tensor.int32_data.is_empty() => tensor.int32_data.iter().map(|v| *v as u8).collect(),
            None => return Err(wrong("its values are not in the file")),
        };
        let n: i64 = tensor.dims.iter().product();
        if usize::try_from(n).ok().and_then(|n| n.checked_mul(width)) != Some(bytes.len()) {
            return Err(wrong("its values do not fill its shape"));
        }
        Ok(bytes)
    }

    fn floats(&self, name: &str) -> Result<Vec<f32>, BackendError> {
        let bytes = self.bytes(name, &[DataType::FLOAT], 4)?;
        let values: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        if values.iter().all(|v| v.is_finite()) {
            return Ok(values);
        }
        Err(BackendError::Load { file: self.file, reason: format!("{name}: values that are not finite") })
    }

    fn float(&self, name: &str) -> Result<f32, BackendError> {
        Ok(self.floats(name)?.first().copied().unwrap_or_default())
    }

    /// Rows and columns of a matrix.
    fn shape(&self, name: &str) -> Result<(usize, usize), BackendError> {
        match self.tensor(name)?.dims[..] {
            [rows, columns] if rows > 0 && columns > 0 => Ok((rows as usize, columns as usize)),
            _ => Err(BackendError::Load { file: self.file, reason: format!("{name} is not a matrix") }),
        }
    }

    /// Name of the constant that a product multiplies with.
    fn factor(&self, product: &str) -> Result<&str, BackendError> {
        self.nodes
            .get(product)
            .and_then(|n| n.input.get(1))
            .map(String::as_str)
            .ok_or_else(|| BackendError::Node { file: self.file, node: product.to_owned() })
    }

    fn check(&self, fits: bool, what: &str) -> Result<(), BackendError> {
        if fits {
            return Ok(());
        }
        Err(BackendError::Load { file: self.file, reason: format!("{what} has a shape that does not fit the others") })
    }

    /// A table of bytes with its scale and zero point.
    fn table(&self, name: &str) -> Result<Pieces, BackendError> {
        Ok(Pieces {
            bytes: self.bytes(&format!("{name}_quantized"), &[DataType::UINT8], 1)?,
            scale: self.float(&format!("{name}_scale"))?,
            zero: self
                .bytes(&format!("{name}_zero_point"), &[DataType::UINT8], 1)?
                .first()
                .copied()
                .map_or(0.0, f32::from),
        })
    }

    fn norm(&self, name: &str, width: usize, epsilon: f32) -> Result<Norm, BackendError> {
        let norm = Norm {
            weight: self.floats(&format!("{name}.weight"))?,
            bias: self.floats(&format!("{name}.bias"))?,
            epsilon,
        };
        self.check(norm.weight.len() == width && norm.bias.len() == width, name)?;
        Ok(norm)
    }

    /// The epsilon of a layer norm's node.
    fn epsilon(&self, node: &str) -> Result<f32, BackendError> {
        let node = self.nodes.get(node).ok_or_else(|| BackendError::Node { file: self.file, node: node.to_owned() })?;
        Ok(node.attribute.iter().find(|a| a.name.as_deref() == Some("epsilon")).and_then(|a| a.f).unwrap_or(1e-5))
    }

    /// The quantized layer `part` of the encoder's layer `layer`.
    fn quantized(&self, layer: usize, part: &str, n_in: usize) -> Result<Quantized, BackendError> {
        // A layer whose input is smoothed is wrapped.
        let smoothed = format!("net.encoder.layers.{layer}.{part}.inverse");
        let (factors, inner) =
            if self.tensors.contains_key(&smoothed) { (Some(self.floats(&smoothed)?), "linear") } else { (None, "") };
        let dotted = [part, inner].join(".");
        let path = dotted.trim_end_matches('.').replace('.', "/");
        let name = self.factor(&format!("/net/encoder/layers.{layer}/{path}/MatMul_quant"))?;
        let stem = name
            .strip_suffix("_quantized")
            .ok_or_else(|| BackendError::Node { file: self.file, node: format!("{name}_quantized") })?;
        let shape = self.shape(name)?;
        let weights: Vec<i8> = self.bytes(name, &[DataType::INT8], 1)?.into_iter().map(u8::cast_signed).collect();
        let scales = self.floats(&format!("{stem}_scale"))?;
        let bias = self.floats(&format!("net.encoder.layers.{layer}.{}.bias", dotted.trim_end_matches('.')))?;
        let zeros = self.bytes(&format!("{stem}_zero_point"), &[DataType::INT8], 1)?;
        self.check(zeros.iter().all(|&z| z == 0), "zero points of weights other than 0")?;
        let fits = shape.0 == n_in
            && shape.1.is_multiple_of(LANES)
            && scales.len() == shape.1
            && bias.len() == shape.1
            && factors.as_ref().is_none_or(|f| f.len() == n_in);
        self.check(fits, name)?;
        // Where products have no instruction of their own, pairs of them are added in 16 bits.
        self.check(weights.iter().all(|w| (-64..=64).contains(w)), "weights of more than 7 bits")?;
        Ok(Quantized::new(&weights, shape, scales, bias, factors))
    }

    /// Weights (in x out) and bias of a head.
    fn head(&self, name: &str, bias: &str, n_in: usize) -> Result<(Vec<f32>, Vec<f32>), BackendError> {
        let weights = self.factor(&format!("/net/{name}/MatMul"))?;
        let shape = self.shape(weights)?;
        let weights = self.floats(weights)?;
        let bias = self.floats(bias)?;
        self.check(shape == (n_in, bias.len()), name)?;
        Ok((weights, bias))
    }
}

impl Quantized {
    fn new(weights: &[i8], shape: (usize, usize), scales: Vec<f32>, bias: Vec<f32>, factors: Option<Vec<f32>>) -> Self {
        let mut totals = vec![0_i32; shape.1];
        for row in weights.chunks_exact(shape.1) {
            for (total, w) in totals.iter_mut().zip(row) {
                *total += i32::from(*w);
            }
        }
        let shifts = totals.iter().zip(&scales).map(|(total, scale)| -(*total as f32) * scale).collect();
        let view = NdTensorView::from_data([shape.0, shape.1], weights);
        let weights = GemmExecutor::<u8, i8, i32>::new().prepack_b(view);
        Self { weights, scales, shifts, bias, factors, n_in: shape.0 }
    }

    /// Symmetric 7 bits, a scale for every column.
    fn of_floats(weights: &[f32], n_in: usize, bias: Vec<f32>) -> Self {
        let n = bias.len();
        let mut scales = vec![f32::MIN_POSITIVE; n];
        for row in weights.chunks_exact(n) {
            for (scale, w) in scales.iter_mut().zip(row) {
                *scale = scale.max(w.abs() / 63.0);
            }
        }
        let bytes: Vec<i8> =
            weights.iter().enumerate().map(|(i, w)| (w / scales[i % n]).round_ties_even() as i8).collect();
        Self::new(&bytes, (n_in, n), scales, bias, None)
    }
}

impl Linear {
    fn new(weights: &[f32], n_in: usize, bias: Vec<f32>) -> Self {
        let view = NdTensorView::from_data([n_in, bias.len()], weights);
        Self { weights: GemmExecutor::<f32>::new().prepack_b(view), bias }
    }
}

/// Matrices of the same number of rows, side by side.
fn side_by_side(parts: &[(Vec<f32>, Vec<f32>)], n_rows: usize) -> Quantized {
    let mut weights = Vec::new();
    for row in 0..n_rows {
        for (matrix, bias) in parts {
            weights.extend_from_slice(&matrix[row * bias.len()..(row + 1) * bias.len()]);
        }
    }
    Quantized::of_floats(&weights, n_rows, parts.iter().flat_map(|p| p.1.iter().copied()).collect())
}

impl Weights {
    /// Read the two graphs of a model folder.
    pub(super) fn new(
        files: [&'static str; 2],
        model: &[u8],
        relations: &[u8],
        n_heads: usize,
    ) -> Result<Self, BackendError> {
        let graph = Graph::new(files[0], model)?;
        let word = "net.encoder.word.weight";
        let (_, width) = graph.shape(&format!("{word}_quantized"))?;
        graph.check(n_heads > 0 && width.is_multiple_of(n_heads * LANES), "encoder.num_attention_heads")?;
        let epsilon = graph.epsilon("/net/encoder/norm/LayerNormalization")?;
        let floats = |name: &str| -> Result<Vec<f32>, BackendError> {
            let table = graph.table(name)?;
            graph.check(table.bytes.len().is_multiple_of(width), name)?;
            Ok(table.bytes.iter().map(|&b| (f32::from(b) - table.zero) * table.scale).collect())
        };
        let mut layers = Vec::new();
        while graph.tensors.contains_key(&format!("net.encoder.layers.{}.norm1.weight", layers.len())) {
            let i = layers.len();
            let mut qkv = graph.quantized(i, "qkv", width)?;
            graph.check(qkv.scales.len() == 3 * width, "qkv")?;
            let root = ((width / n_heads) as f32).sqrt();
            for column in 0..width {
                qkv.scales[column] /= root;
                qkv.shifts[column] /= root;
                qkv.bias[column] /= root;
            }
            let up = graph.quantized(i, "up", width)?;
            let down = graph.quantized(i, "down", up.scales.len())?;
            let out = graph.quantized(i, "out", width)?;
            graph.check(down.scales.len() == width && out.scales.len() == width, "down or out")?;
            let norm = |name: &str| graph.norm(&format!("net.encoder.layers.{i}.{name}"), width, epsilon);
            layers.push(Layer { qkv, out, norm1: norm("norm1")?, up, down, norm2: norm("norm2")? });
        }
        graph.check(!layers.is_empty(), "an encoder without layers")?;

        let tag = |name: &str| graph.head(name, &format!("net.tags.{name}.bias"), width);
        let head = |name: &str| graph.head(name, &format!("net.{name}.bias"), width);
        let heads = [
            tag("ner")?,
            tag("upos")?,
            tag("xpos")?,
            head("arc_dep")?,
            head("arc_head")?,
            head("rel_dep")?,
            head("rel_head")?,
        ];
        let parts: [usize; 7] = std::array::from_fn(|i| heads[i].1.len());
        let (arc_width, relation_width) = (parts[ARC_DEPENDENT], parts[RELATION_DEPENDENT]);
        let lemma = tag("lemma")?;
        let arc = graph.head("arc", "net.arc.bias", arc_width)?;
        let arc_bias = graph.floats(graph.factor("/net/arc_bias/MatMul")?)?;
        let fits = parts[ARC_GOVERNOR] == arc_width && arc.1.len() == arc_width && arc_bias.len() == arc_width;
        graph.check(fits, "arc")?;

        let scorer = Graph::new(files[1], relations)?;
        let name = scorer.factor("/bilinear/MatMul")?;
        let shape = scorer.shape(name)?;
        let bilinear = Quantized::of_floats(&scorer.floats(name)?, shape.0, vec![0.0; shape.1]);
        let linear = scorer.floats("linear.weight")?;
        let bias = scorer.floats("linear.bias")?;
        let n_relations = bias.len();
        let fits = shape == (relation_width, n_relations * relation_width)
            && parts[RELATION_GOVERNOR] == relation_width
            && relation_width.is_multiple_of(LANES)
            && linear.len() == n_relations * 2 * relation_width;
        scorer.check(fits, "bilinear")?;
        // Written as labels x inputs.
        let n_in = 2 * relation_width;
        let mut turned = Vec::with_capacity(linear.len());
        for input in 0..n_in {
            turned.extend((0..n_relations).map(|label| linear[label * n_in + input]));
        }

        let weights = Self {
            width,
            n_heads,
            pieces: graph.table(word)?,
            positions: floats("net.encoder.position.weight")?,
            shapes: floats("net.encoder.shape.weight")?,
            norm: graph.norm("net.encoder.norm", width, epsilon)?,
            layers,
            heads: side_by_side(&heads, width),
            parts,
            n_lemmas: lemma.1.len(),
            lemma: Linear::new(&lemma.0, width, lemma.1),
            arc: Quantized::of_floats(&arc.0, arc_width, arc.1),
            arc_bias,
            bilinear,
            relation: Linear::new(&turned, n_in, bias),
            n_relations,
        };
        Ok(weights)
    }
}

#[cfg(test)]
#[cfg(feature = "embedded")]
mod tests {
    use super::*;

    const MODEL: &[u8] = include_bytes!("../../../../models/news-en/model.onnx");
    const RELATIONS: &[u8] = include_bytes!("../../../../models/news-en/relations.onnx");

    fn error(model: &[u8], relations: &[u8], n_heads: usize) -> String {
        Weights::new(["model.onnx", "relations.onnx"], model, relations, n_heads).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn damaged_and_foreign_graphs_are_errors_that_name_the_file() {
        assert!(Weights::new(["model.onnx", "relations.onnx"], MODEL, RELATIONS, 12).is_ok());
        for cut in [0, 1, 10, 1000, 100_000, MODEL.len() / 2, MODEL.len() - 1] {
            let message = error(&MODEL[..cut], RELATIONS, 12);
            assert!(message.contains("model.onnx") && message.contains("scripts/export"), "{cut}: {message}");
        }
        for cut in [0, 7, 300, RELATIONS.len() / 2, RELATIONS.len() - 1] {
            let message = error(MODEL, &RELATIONS[..cut], 12);
            assert!(message.contains("relations.onnx") && message.contains("scripts/export"), "{cut}: {message}");
        }
        assert!(error(b"PK\x03\x04 not a graph at all", RELATIONS, 12).contains("model.onnx"));
        // Each in the other's place.
        assert!(error(RELATIONS, MODEL, 12).contains("has no node named `net.encoder.word.weight_quantized`"));
    }

    #[test]
    fn heads_that_do_not_divide_the_width_are_an_error() {
        for n_heads in [0, 5, 7, 13, 48, 1000] {
            assert!(error(MODEL, RELATIONS, n_heads).contains("num_attention_heads"), "{n_heads}");
        }
    }
}
