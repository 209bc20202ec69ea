//! One stage, so often, and nothing else: for counting instructions, which other work on the machine does not change.
//!
//! `cargo bench --bench once -- STAGE TIMES`, STAGE one of segment, annotate, link, relate. The instructions of one pass
//! are the difference of two runs:
//!
//! ```text
//! cargo bench --bench once --no-run
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null target/release/deps/once-HASH link 2
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null target/release/deps/once-HASH link 1
//! ```
//!
//! Under valgrind the engine picks AVX2, whatever the machine has.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::similar_names,
    clippy::print_stderr,
    reason = "a bench stops at the first fault"
)]

#[path = "shared/input.rs"]
mod input;

use std::hint::black_box;
use std::sync::Arc;

use tidings::annotate::{Annotator, Model};
use tidings::link::Linker;
use tidings::relate::{OpenRelations, Relater, RuleSet};
use tidings::segment::segment;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    // Without a stage there is nothing to count: `cargo bench` runs every bench.
    let [stage, times] = &arguments[..] else {
        eprintln!("once: name a stage and how often, such as `cargo bench --bench once -- link 2`");
        return;
    };
    let times: usize = times.parse().unwrap();
    let documents = input::documents(&input::texts());
    if stage == "segment" {
        for _ in 0..times {
            black_box(documents.iter().cloned().map(segment).collect::<Vec<_>>());
        }
        return;
    }
    let model = Arc::new(Model::embedded().unwrap());
    let segmented: Vec<_> = documents.into_iter().map(segment).collect();
    if stage == "annotate" {
        for _ in 0..times {
            black_box(Annotator::new(Arc::clone(&model)).annotate_all(segmented.clone()).unwrap());
        }
        return;
    }
    let annotated = Annotator::new(model).annotate_all(segmented).unwrap();
    let linker = Linker::new();
    if stage == "link" {
        for _ in 0..times {
            black_box(annotated.iter().cloned().map(|a| linker.link(a)).collect::<Vec<_>>());
        }
        return;
    }
    assert!(stage == "relate", "unknown stage `{stage}`; stages are segment, annotate, link, relate");
    let relater = Relater::new(RuleSet::shipped().unwrap(), OpenRelations::Keep);
    let linked: Vec<_> = annotated.into_iter().map(|a| linker.link(a)).collect();
    for _ in 0..times {
        black_box(linked.iter().cloned().map(|l| relater.relate(l)).collect::<Vec<_>>());
    }
}
