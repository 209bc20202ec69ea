//! The engines against each other: `cargo bench --features libtorch --bench engines -- --float FOLDER [--conll FILE]`.
//!
//! FOLDER holds the float graphs that `scripts/export-float` writes. They are run by a general ONNX engine, and the engine
//! on libtorch has to agree with them: every logit to 1e-3, every mention and every tree; else the exit code is 1. How far
//! the default engine's int8 weights move mentions and trees is printed beside it.
//!
//! Sentences are those of a CoNLL-U file, or of the sample articles and the annotated ones.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench stops at the first thing that goes wrong"
)]

#[path = "shared/input.rs"]
mod input;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use rten_tensor::{AsView, NdTensor, Tensor};
use tidings::annotate::backend::{Backend, BackendError, Device, Engine, Input, Matrix, Output};
use tidings::annotate::{Annotator, Model, SentenceMemory};
use tidings::document::Segmented;
use tidings::segment::{from_tokens, segment};
use tidings::syntax::Annotated;

/// Furthest that a logit may be from the float graph's.
const TOLERANCE: f32 = 1e-3;

/// The float graphs in rten's general engine, one input at a time.
struct Graphs {
    model: rten::Model,
    relations: rten::Model,
}

impl Graphs {
    fn load(folder: &Path) -> Self {
        let load = |name: &str| rten::Model::load_file(folder.join(name)).unwrap();
        Self { model: load("model.onnx"), relations: load("relations.onnx") }
    }
}

fn run(graph: &rten::Model, given: Vec<(&str, rten::ValueOrView<'_>)>, wanted: &[&str]) -> Vec<Matrix> {
    let given = given.into_iter().map(|(name, value)| (graph.node_id(name).unwrap(), value)).collect();
    let nodes: Vec<_> = wanted.iter().map(|name| graph.node_id(name).unwrap()).collect();
    let values = graph.run(given, &nodes, None).unwrap();
    values
        .into_iter()
        .map(|value| {
            let tensor: Tensor<f32> = value.try_into().unwrap();
            Matrix::new(*rten_tensor::Layout::shape(&tensor).last().unwrap(), tensor.to_vec())
        })
        .collect()
}

impl Backend for Graphs {
    fn run(&mut self, inputs: &[Input]) -> Result<Vec<Output>, BackendError> {
        let row = |data: Vec<i32>| NdTensor::from_data([1, data.len()], data);
        let outputs = inputs.iter().map(|input| {
            let given = vec![
                ("ids", row(input.ids.clone()).into()),
                ("shapes", row(input.shapes.clone()).into()),
                ("mask", row(vec![1; input.ids.len()]).into()),
                ("words", row([&[0], &input.words[..]].concat()).into()),
            ];
            let wanted = ["ner", "upos", "xpos", "lemma", "arc", "rel_dep", "rel_head"];
            let Ok([ner, upos, xpos, lemma, arc, dependents, governors]) =
                <[Matrix; 7]>::try_from(run(&self.model, given, &wanted))
            else {
                unreachable!("as many as wanted")
            };
            // The graph scores lemmas itself; they are carried where others carry what is to be scored.
            Output { ner, upos, xpos, hidden: lemma, arc, dependents, governors }
        });
        Ok(outputs.collect())
    }

    fn lemmas(&mut self, hidden: &Matrix) -> Result<Matrix, BackendError> {
        Ok(hidden.clone())
    }

    fn relations(&mut self, dependents: &Matrix, governors: &Matrix) -> Result<Matrix, BackendError> {
        let tensor = |m: &Matrix| NdTensor::from_data([m.n_rows(), m.n_columns()], m.data().to_vec());
        let given = vec![("dependents", tensor(dependents).into()), ("heads", tensor(governors).into())];
        Ok(run(&self.relations, given, &["relations"]).remove(0))
    }
}

/// Sentences of a CoNLL-U file, in its tokens.
fn conll(path: &Path, n_sentences: usize) -> Vec<Segmented> {
    let text = std::fs::read_to_string(path).unwrap();
    let sentences: Vec<Vec<String>> = text
        .split("\n\n")
        .map(|sentence| {
            let rows = sentence.lines().map(|line| line.split('\t').collect::<Vec<_>>());
            rows.filter(|row| row.len() > 2 && row[0].parse::<u32>().is_ok()).map(|row| row[1].to_owned()).collect()
        })
        .filter(|tokens: &Vec<String>| !tokens.is_empty())
        .take(n_sentences)
        .collect();
    vec![from_tokens("conll".to_owned(), &sentences)]
}

/// Sentences of our own articles.
fn own(n_sentences: usize) -> Vec<Segmented> {
    let mut left = n_sentences;
    let mut articles: Vec<Segmented> = input::documents(&input::texts()).into_iter().map(segment).collect();
    for article in &mut articles {
        article.sentences.truncate(left);
        left -= article.sentences.len();
    }
    articles
}

fn furthest(a: &Matrix, b: &Matrix) -> f32 {
    assert_eq!((a.n_rows(), a.n_columns()), (b.n_rows(), b.n_columns()));
    a.data().iter().zip(b.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// What engines are compared by: mentions, and heads with relations, tags and lemmas.
fn decided(annotated: &Annotated) -> (Vec<String>, Vec<String>) {
    let mentions = annotated.mentions.iter().map(|m| format!("{} {:?} {}", m.sentence, m.tokens, m.kind)).collect();
    let trees = annotated.sentences.iter().map(|sentence| {
        let word = |t: &tidings::syntax::Token| format!("{:?} {} {} {} {}", t.head, t.deprel, t.upos, t.xpos, t.lemma);
        sentence.tokens.iter().map(word).collect::<Vec<_>>().join("\n")
    });
    (mentions, trees.collect())
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut float, mut file, mut n_sentences, mut test) = (None, None, 500, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--float" => float = arguments.next().map(PathBuf::from),
            "--conll" => file = arguments.next().map(PathBuf::from),
            "--sentences" => n_sentences = arguments.next().unwrap().parse().unwrap(),
            "--test" => test = true,
            _ => {}
        }
    }
    let Some(float) = float else {
        println!("nothing to compare with: --float FOLDER, as scripts/export-float writes it");
        return if test { ExitCode::SUCCESS } else { ExitCode::from(2) };
    };
    let articles = file.map_or_else(|| own(n_sentences), |file| conll(&file, n_sentences));
    let load = |engine| Arc::new(Model::load(None, engine).unwrap());
    let (int8, libtorch) = (load(Engine::Rten), load(Engine::Libtorch(Device::Cpu)));

    let inputs = Annotator::new(Arc::clone(&int8)).inputs(&articles);
    let (mut graphs, mut ours) = (Graphs::load(&float), libtorch.engine());
    let names = ["ner", "upos", "xpos", "lemma", "arc", "relation"];
    let mut far = [0.0_f32; 6];
    for input in &inputs {
        let one = std::slice::from_ref(input);
        let (theirs, ours_all) = (graphs.run(one).unwrap().remove(0), ours.run(one).unwrap().remove(0));
        // Every word below every other one is too much; a word below the one before it, the first below the root, will do.
        let below = |m: &Matrix| {
            let n = m.n_rows() - 1;
            Matrix::new(m.n_columns(), m.data()[..n * m.n_columns()].to_vec())
        };
        let relations = furthest(
            &ours.relations(&ours_all.dependents, &below(&ours_all.governors)).unwrap(),
            &graphs.relations(&theirs.dependents, &below(&theirs.governors)).unwrap(),
        );
        let differences = [
            furthest(&ours_all.ner, &theirs.ner),
            furthest(&ours_all.upos, &theirs.upos),
            furthest(&ours_all.xpos, &theirs.xpos),
            furthest(&ours.lemmas(&ours_all.hidden).unwrap(), &theirs.hidden),
            furthest(&ours_all.arc, &theirs.arc),
            relations,
        ];
        for (far, difference) in far.iter_mut().zip(differences) {
            *far = far.max(difference);
        }
    }

    let annotate = |model: &Arc<Model>, backend: Box<dyn Backend>| -> (Vec<String>, Vec<String>) {
        let memory = Arc::new(SentenceMemory::default());
        let annotated =
            Annotator::with_backend(Arc::clone(model), backend, memory).annotate_all(articles.clone()).unwrap();
        let all: Vec<_> = annotated.iter().map(decided).collect();
        let mentions = all.iter().enumerate().flat_map(|(i, (m, _))| m.iter().map(move |m| format!("{i} {m}")));
        (mentions.collect(), all.iter().flat_map(|(_, trees)| trees.clone()).collect())
    };
    let expected = annotate(&int8, Box::new(Graphs::load(&float)));
    let on_libtorch = annotate(&libtorch, libtorch.engine());
    let on_int8 = annotate(&int8, int8.engine());
    let words: usize = inputs.iter().map(|input| input.words.len()).sum();
    println!("{} sentences, {words} words", expected.1.len());
    for (name, far) in names.iter().zip(far) {
        println!("furthest logit from the float graph, {name}: {far:.2e}");
    }
    let report = |name: &str, found: &(Vec<String>, Vec<String>)| {
        let both = found.0.iter().filter(|m| expected.0.contains(m)).count();
        let trees = found.1.iter().zip(&expected.1).filter(|(a, b)| a == b).count();
        let f1 = 200.0 * both as f64 / (found.0.len() + expected.0.len()) as f64;
        println!(
            "{name} against the float graph: mentions {f1:.2} (F1), {trees} of {} trees the same",
            expected.1.len()
        );
    };
    report("libtorch", &on_libtorch);
    report("int8", &on_int8);
    let agree = far.iter().all(|&far| far <= TOLERANCE) && on_libtorch == expected;
    println!(
        "{}",
        if agree { "the engine on libtorch agrees with the float graph" } else { "the engine on libtorch DISAGREES" }
    );
    ExitCode::from(u8::from(!agree))
}
