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

/// Every token with a piece of its own is answered once, from one of its pieces, in an input that fits.
fn check_parts(encoder: &Encoder, text: &str) {
    let tokens = tokenize(text, Span::new(0, text.len()));
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return };
    let printed = first.join(*last).of(text);
    let shifted: Vec<Span> =
        tokens.iter().map(|t| Span::new(t.start() - first.start(), t.end() - first.start())).collect();
    let sentence = encoder.encode(printed, &shifted).unwrap();
    let mut own = Vec::new();
    for part in encoder.parts(&sentence) {
        assert!(part.ids.len() <= 96, "{}", part.ids.len());
        for (token, row) in part.answers {
            assert!(row > 0 && row < part.ids.len() - 1);
            own.push(token);
        }
    }
    let expected: Vec<usize> =
        sentence.answers().enumerate().filter(|(_, answer)| *answer == Answer::Own).map(|(token, _)| token).collect();
    assert_eq!(own, expected, "{text:?}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
    #[test]
    fn any_text_is_answered(text in "(\\PC|[a-z \n\t'.-]){0,300}", again in 1_usize..4) {
        thread_local! {
            static ENCODERS: Vec<Encoder> = ["bert", "roberta", "xlm-roberta"].map(|name| {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checkpoints").join(name);
                NerModel::load(&path, &NerModelConfig::default()).unwrap().encoder
            }).into();
        }
        ENCODERS.with(|encoders| encoders.iter().for_each(|encoder| check_parts(encoder, &text.repeat(again))));
    }
}

#[test]
fn pieces_that_cover_two_tokens_and_tokens_without_pieces() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checkpoints/bert");
    let encoder = NerModel::load(&path, &NerModelConfig::default()).unwrap().encoder;
    let answers = |text: &str, tokens: &[(usize, usize)]| -> Vec<Answer> {
        let tokens: Vec<Span> = tokens.iter().map(|&(start, end)| Span::new(start, end)).collect();
        encoder.encode(text, &tokens).unwrap().answers().collect()
    };
    // "ed" is a piece of this vocabulary, or two; one that begins in "e" reaches into "d".
    let ed = answers("ed said", &[(0, 1), (1, 2), (3, 7)]);
    assert_eq!((ed[0], ed[2]), (Answer::Own, Answer::Own));
    assert_ne!(ed[1], Answer::None);
    // The tokenizer drops control characters.
    assert_eq!(answers("a \u{1} b", &[(0, 1), (2, 3), (4, 5)]), [Answer::Own, Answer::None, Answer::Own]);
    // The rest of a blob is not looked at.
    let blob = format!("see {} now", "ab/".repeat(2000));
    assert_eq!(answers(&blob, &[(0, 3), (4, 6004), (6005, 6008)]), [Answer::Own; 3]);
}
