//! Any bytes as lines of the documents format: articles or errors, and every format of the graph can hold what they say.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings::graph::rdf::Options;
use tidings::graph::{Builder, Config, Line, graphml, jsonl, nquads, turtle};
use tidings::read::Place;

fuzz_target!(|bytes: &[u8]| {
    let mut builder = Builder::new(&Config { memory: 1 << 20, ..Config::default() }).unwrap();
    for (i, line) in bytes.split(|&b| b == b'\n').enumerate() {
        match Line::new(Place::file("a.jsonl").at_line(i as u64 + 1), line.to_vec()).parse() {
            Ok(article) => builder.add(&article).unwrap(),
            Err(error) => assert!(error.to_string().starts_with("a.jsonl:")),
        }
    }
    let mut graph = builder.merge().unwrap();
    let options = Options::default();
    let mut out = Vec::new();
    nquads::write(&mut graph, &options, &mut out).unwrap();
    turtle::write(&mut graph, &options, &mut out).unwrap();
    graphml::write(&mut graph, &mut out).unwrap();
    jsonl::write(&mut graph, &mut out).unwrap();
});
