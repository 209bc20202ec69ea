//! Checkpoints that `scripts/make-checkpoints` wrote with transformers, and what that says of some sentences.

use std::path::PathBuf;

use serde::Deserialize;

use super::*;
use crate::segment::tokenize;

/// Name and folder of every checkpoint, in the order of their names.
pub(in super::super) fn checkpoints() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checkpoints");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .collect();
    found.sort();
    found
}

#[derive(Deserialize)]
struct Reference {
    sentences: Vec<Sentence>,
}

#[derive(Deserialize)]
struct Sentence {
    text: String,
    ids: Vec<i32>,
    logits: Vec<Vec<f32>>,
}

#[test]
fn ids_and_logits_are_those_of_transformers() {
    let mut names = Vec::new();
    for (name, path) in checkpoints() {
        let model = NerModel::load(&path, &NerModelConfig::default()).unwrap();
        let reference = std::fs::read_to_string(path.join("reference.json")).unwrap();
        let reference: Reference = serde_json::from_str(&reference).unwrap();
        let mut classifier = Classifier::new();
        let mut inputs = Vec::new();
        for sentence in &reference.sentences {
            let tokens = tokenize(&sentence.text, Span::new(0, sentence.text.len()));
            let encoded = model.encoder.encode(&sentence.text, &tokens).unwrap();
            let mut parts = model.encoder.parts(&encoded);
            assert_eq!(parts.len(), 1, "{name}: {}", sentence.text);
            assert_eq!(parts[0].ids, sentence.ids, "{name}: {}", sentence.text);
            inputs.push(parts.remove(0).ids);
        }
        let logits = classifier.logits(&model.checkpoint, &inputs).unwrap();
        let together = model.checkpoint.logits_together(&inputs).unwrap();
        assert_eq!((logits.len(), together.len()), (inputs.len(), inputs.len()));
        let twice = reference.sentences.iter().chain(&reference.sentences);
        for (sentence, logits) in twice.zip(logits.iter().chain(&together)) {
            let theirs = sentence.logits.concat();
            assert_eq!((logits.n_rows(), logits.data().len()), (sentence.ids.len(), theirs.len()), "{name}");
            let furthest = logits.data().iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(furthest < 1e-4, "{name}: {furthest} in {}", sentence.text);
        }
        names.push(name);
    }
    assert_eq!(names, ["bert", "deberta", "deberta-v2", "distilbert", "electra", "roberta", "xlm-roberta"]);
}
