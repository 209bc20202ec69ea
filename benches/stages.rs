//! Every stage on the same articles: `cargo bench --bench stages`.
//!
//! The input is what `data/examples` and `tests/facts/articles` hold, a fixed text. Throughput is in white-space words.
//! `encode` is the network without the scorers of relations and lemmas, so that `1 - encode / all` is an upper bound of the
//! share of the time spent outside of the network. For counts of instructions, which noise does not change, see `once`.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::similar_names,
    reason = "a bench stops at the first thing that goes wrong"
)]

#[path = "shared/input.rs"]
mod input;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tidings::annotate::{Annotator, Model, SentenceMemory};
use tidings::document::Document;
use tidings::graph::{Builder, Config, Line};
use tidings::link::Linker;
use tidings::read::Place;
use tidings::relate::{OpenRelations, Relater, RuleSet};
use tidings::segment::segment;
use tidings::write::Emit;

fn stages(c: &mut Criterion) {
    let texts = input::texts();
    let documents: Vec<Document> = input::documents(&texts);
    let words: usize = texts.iter().map(|text| text.split_whitespace().count()).sum();
    let model = Arc::new(Model::embedded().unwrap());
    let linker = Linker::new();
    let relater = Relater::new(RuleSet::shipped().unwrap(), OpenRelations::Keep);

    let mut group = c.benchmark_group("stages");
    group.sample_size(10).throughput(Throughput::Elements(words as u64));
    group.bench_function("segment", |b| {
        b.iter_batched(
            || documents.clone(),
            |documents| documents.into_iter().map(segment).collect::<Vec<_>>(),
            BatchSize::LargeInput,
        );
    });
    let segmented: Vec<_> = documents.iter().cloned().map(segment).collect();
    // A memory that has seen nothing, or everything.
    let fresh = || Annotator::with_memory(Arc::clone(&model), Arc::new(SentenceMemory::default()));
    group.bench_function("annotate", |b| {
        b.iter_batched(
            || (fresh(), segmented.clone()),
            |(mut annotator, segmented)| annotator.annotate_all(segmented).unwrap(),
            BatchSize::LargeInput,
        );
    });
    let mut annotator = fresh();
    let annotated = annotator.annotate_all(segmented.clone()).unwrap();
    group.bench_function("annotate, all sentences known", |b| {
        b.iter_batched(
            || segmented.clone(),
            |segmented| annotator.annotate_all(segmented).unwrap(),
            BatchSize::LargeInput,
        );
    });
    let mut engine = model.engine();
    let inputs = fresh().inputs(&segmented);
    group.bench_function("encode", |b| {
        b.iter(|| inputs.chunks(12).map(|pack| engine.run(black_box(pack)).unwrap().len()).sum::<usize>());
    });
    group.bench_function("link", |b| {
        b.iter_batched(
            || annotated.clone(),
            |annotated| annotated.into_iter().map(|a| linker.link(a)).collect::<Vec<_>>(),
            BatchSize::LargeInput,
        );
    });
    let linked: Vec<_> = annotated.iter().cloned().map(|a| linker.link(a)).collect();
    group.bench_function("relate", |b| {
        b.iter_batched(
            || linked.clone(),
            |linked| linked.into_iter().map(|l| relater.relate(l)).collect::<Vec<_>>(),
            BatchSize::LargeInput,
        );
    });
    let related: Vec<_> = linked.into_iter().map(|l| relater.relate(l)).collect();
    group.bench_function("write", |b| {
        b.iter(|| {
            let mut out = Vec::new();
            for related in &related {
                Emit::Documents.render(black_box(related), &mut out).unwrap();
            }
            out
        });
    });
    let lines: Vec<Line> = related
        .iter()
        .map(|related| {
            let mut line = Vec::new();
            Emit::Documents.render(related, &mut line).unwrap();
            Line::new(Place::file("bench"), line)
        })
        .collect();
    group.bench_function("graph", |b| {
        b.iter(|| {
            let mut builder = Builder::new(&Config::default()).unwrap();
            for line in &lines {
                builder.add(&line.parse().unwrap()).unwrap();
            }
            builder.merge().unwrap()
        });
    });
    group.bench_function("all", |b| {
        b.iter_batched(
            || (fresh(), documents.clone()),
            |(mut annotator, documents)| {
                let segmented = documents.into_iter().map(segment).collect();
                let mut out = Vec::new();
                for annotated in annotator.annotate_all(segmented).unwrap() {
                    Emit::Documents.render(&relater.relate(linker.link(annotated)), &mut out).unwrap();
                }
                out
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
    c.bench_function("load the model, rules and tables", |b| {
        b.iter(|| (Model::embedded().unwrap(), Linker::new(), RuleSet::shipped().unwrap()));
    });
}

criterion_group!(benches, stages);
criterion_main!(benches);
