//! Tensors of a safetensors file, held once for all workers.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rust_bert::RustBertError;
use safetensors::SafeTensors;
use tch::nn::VarStore;
use tch::{Kind, Tensor};

/// What rust-bert's layers add to a variance before they divide by its root, whatever the configuration says.
const BUILT_IN_EPSILON: f64 = 1e-12;

/// Whether rust-bert's BERT layers have this epsilon.
pub(crate) fn is_built_in(epsilon: f64) -> bool {
    (epsilon / BUILT_IN_EPSILON - 1.0).abs() < 1e-3
}

/// Named tensors on a device, shared by the networks of all workers: nobody writes to them.
pub(crate) struct Weights {
    /// A tensor may go to another thread but not be looked at from two; networks take handles while they are built.
    tensors: Mutex<BTreeMap<String, Tensor>>,
    device: tch::Device,
}

impl Weights {
    /// All floating-point tensors of a file, as f32.
    ///
    /// Layer norms that older files call `gamma` and `beta` get their present names.
    pub(crate) fn read(bytes: &[u8], device: tch::Device) -> Result<Self, String> {
        let file = SafeTensors::deserialize(bytes).map_err(|e| format!("no safetensors file: {e:?}"))?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.tensors() {
            let tensor = Tensor::try_from(view).map_err(|e| format!("{name}: {e}"))?;
            if !tensor.is_floating_point() {
                continue;
            }
            let name = match name.rsplit_once('.') {
                Some((layer, "gamma")) => format!("{layer}.weight"),
                Some((layer, "beta")) => format!("{layer}.bias"),
                _ => name,
            };
            let tensor = tensor.f_to_device(device).and_then(|t| t.f_to_kind(Kind::Float)).map_err(|e| brief(&e))?;
            tensors.insert(name, tensor);
        }
        Ok(Self { tensors: Mutex::new(tensors), device })
    }

    pub(crate) fn device(&self) -> tch::Device {
        self.device
    }

    /// Length of a tensor's first dimension.
    pub(crate) fn rows(&self, name: &str) -> Result<i64, String> {
        let tensors = self.tensors.lock().unwrap_or_else(PoisonError::into_inner);
        let tensor = tensors.get(name).ok_or_else(|| lost(name))?;
        tensor.size().first().copied().ok_or_else(|| format!("{name} is a single number"))
    }

    /// A network made by `build` in a store whose variables hold these tensors.
    pub(crate) fn network<N>(&self, build: impl FnOnce(&VarStore) -> Result<N, RustBertError>) -> Result<N, String> {
        let mut store = VarStore::new(self.device);
        let network = build(&store).map_err(|e| e.to_string())?;
        store.freeze();
        let tensors = self.tensors.lock().unwrap_or_else(PoisonError::into_inner);
        // In the order of their names, so that it is always the same one that is found missing.
        let variables: BTreeMap<String, Tensor> = store.variables().into_iter().collect();
        for (name, mut variable) in variables {
            let tensor = tensors.get(&name).ok_or_else(|| lost(&name))?;
            if tensor.size() != variable.size() {
                return Err(format!("{name} is {:?}, config.json asks for {:?}", tensor.size(), variable.size()));
            }
            variable.f_set_data(tensor).map_err(|e| brief(&e))?;
        }
        Ok(network)
    }

    /// Makes BERT layers, whose epsilon is fixed, compute what they would with `epsilon`.
    ///
    /// `(x - mean) / sqrt(variance + epsilon)` is the same with `s x` for `x` and `s² epsilon` for `epsilon`. So whatever
    /// flows into a layer norm is scaled by the `s` for which the built-in epsilon is `s² epsilon`, and whatever reads
    /// that flow elsewhere takes the scale back.
    pub(crate) fn set_epsilon(&self, encoder: &str, epsilon: f64) {
        let scale = (BUILT_IN_EPSILON / epsilon).sqrt();
        let mut tensors = self.tensors.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, tensor) in tensors.iter_mut() {
            let (layer, part) = name.rsplit_once('.').unwrap_or(("", name));
            let Some(place) = layer.strip_prefix(encoder) else {
                if name == "classifier.weight" {
                    *tensor = &*tensor / scale;
                }
                continue;
            };
            let reads = ["self.query", "self.key", "self.value", "intermediate.dense"];
            if reads.iter().any(|end| place.ends_with(end)) {
                if part == "weight" {
                    *tensor = &*tensor / scale;
                }
            } else {
                // Embeddings, the dense layers before a layer norm, and the layer norms themselves.
                *tensor = &*tensor * scale;
            }
        }
    }
}

fn lost(name: &str) -> String {
    format!("it has no tensor named {name}")
}

/// The first line of libtorch's message; below it stands a trace of its own code.
pub(crate) fn brief(error: &tch::TchError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
