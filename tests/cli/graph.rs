//! `tidings graph`: from articles to a graph, in every format, read back by what reads such files.

use std::collections::{BTreeMap, BTreeSet};

use oxigraph::io::{RdfFormat, RdfParser};
use oxigraph::model::Term;
use oxigraph::sparql::{QueryResults, SparqlEvaluator};
use oxigraph::store::Store;
use serde_json::{Value, json};
use tidings::graph::neo4j;

use crate::run::Folder;

/// Two papers with a copied sentence, another spelling, a denial, a date that only one of them has.
const ARTICLES: &str = concat!(
    r#"{"id": "fjord/1", "published": "2024-03-14", "source": "https://www.fjord.example/1", "title": "Talks & \"ties\"", "text": "Kenya cut ties with Norway in May 2023. Foreign Minister Mohammed Warsame of Somalia met Lena Vogt in Oslo on Tuesday."}"#,
    "\n",
    r#"{"id": "bay 2", "published": "2024-03-15", "source": "https://bay.example/2", "text": "Kenya cut ties with Norway last year. Muhammad Warsame did not meet Lena Vogt, she said. Ana Duarte visited Kenya."}"#,
    "\n",
    r#"{"id": "cape-3", "published": "2024-03-16", "source": "https://cape.example/3", "text": "Kenya cut ties with Norway last year. Somalia thanked Kenya <for> its help; \"Ana Duarte\" visited Kenya."}"#,
    "\n"
);

fn documents() -> Folder {
    let folder = Folder::new(&[("articles.jsonl", ARTICLES.as_bytes())]);
    folder.run(&["extract", "articles.jsonl", "-o", "documents.jsonl", "-q"]).exits(0);
    folder
}

fn store(bytes: &[u8], format: RdfFormat) -> Store {
    let store = Store::new().unwrap();
    store.load_from_slice(RdfParser::from_format(format), bytes).unwrap();
    store
}

/// Rows of a query, its cells without types, sorted.
fn rows(store: &Store, sparql: &str) -> Vec<String> {
    let mut evaluator = SparqlEvaluator::new();
    for (name, iri) in tidings::graph::rdf::PREFIXES {
        evaluator = evaluator.with_prefix(name, iri).unwrap();
    }
    let results = evaluator.parse_query(sparql).unwrap().on_store(store).execute().unwrap();
    let QueryResults::Solutions(solutions) = results else { unreachable!("{sparql}") };
    let variables = solutions.variables().to_vec();
    let cell = |term: Option<&Term>| match term {
        Some(Term::NamedNode(node)) => node.as_str().to_owned(),
        Some(Term::Literal(literal)) => literal.value().to_owned(),
        Some(other) => other.to_string(),
        None => "-".to_owned(),
    };
    let mut rows: Vec<String> = solutions
        .map(|solution| {
            let solution = solution.unwrap();
            variables.iter().map(|v| cell(solution.get(v))).collect::<Vec<_>>().join(" | ")
        })
        .collect();
    rows.sort();
    rows
}

const CUT_TIES: &str = "SELECT ?who ?whom ?time ?documents ?sources WHERE {
    ?fact rdf:subject/rdfs:label ?who ; rdf:predicate p:cut_ties_with ; rdf:object/rdfs:label ?whom ;
          t:time ?time ; t:documents ?documents ; t:sources ?sources }";

#[test]
fn nquads_and_turtle_answer_sparql() {
    let folder = documents();
    for (name, format) in [("g.nq", RdfFormat::NQuads), ("g.ttl", RdfFormat::Turtle)] {
        folder.run(&["graph", "documents.jsonl", "-o", name]).exits(0).says("3 documents");
        let store = store(&std::fs::read(folder.path(name)).unwrap(), format);
        // Two of the three copied the sentence; the month is that of the one that has it.
        assert_eq!(rows(&store, CUT_TIES), ["Kenya | Norway | 2023-05 | 3 | 2"]);
        assert_eq!(
            rows(
                &store,
                "SELECT ?p ?label WHERE { ?a owl:sameAs <http://www.wikidata.org/entity/Q114> ; ?p ?b . ?b rdfs:label 'Norway' . ?p rdfs:label ?label }"
            ),
            ["urn:tidings:predicate:cut_ties_with | cut ties with"]
        );
        assert_eq!(
            rows(
                &store,
                "SELECT ?text ?source WHERE { ?f rdf:predicate p:cut_ties_with ; t:evidence/t:sentence ?s ; prov:wasDerivedFrom ?s . ?s a prov:Entity ; t:text ?text ; prov:wasQuotedFrom ?d . ?d dcterms:source ?source }"
            ),
            [
                "Kenya cut ties with Norway in May 2023. | https://www.fjord.example/1",
                "Kenya cut ties with Norway last year. | https://bay.example/2",
                "Kenya cut ties with Norway last year. | https://cape.example/3",
            ]
        );
        assert_eq!(
            rows(&store, "SELECT ?kind ?reason WHERE { ?key t:mergedInto ?e ; t:mergeReason ?reason . ?e a ?kind }"),
            ["urn:tidings:vocabulary:Person | spelling"]
        );
        assert_eq!(
            rows(
                &store,
                "SELECT ?a ?b WHERE { ?f rdf:predicate p:meet ; t:contradicts ?g ; t:polarity ?a . ?g t:polarity ?b }"
            ),
            ["affirmed | negated", "negated | affirmed"]
        );
        // What is denied is no plain triple, what holds in both directions is two.
        assert_eq!(rows(&store, "SELECT ?p WHERE { ?a p:meet ?b . ?a rdfs:label ?p }").len(), 2);
        // Every resource that something points to is described.
        assert_eq!(
            rows(
                &store,
                "SELECT ?o WHERE { ?s ?p ?o . FILTER(STRSTARTS(STR(?o), 'urn:tidings:') && !STRSTARTS(STR(?o), STR(t:))) FILTER NOT EXISTS { ?o ?q ?r } }"
            ),
            [""; 0]
        );
    }
}

#[test]
fn triple_terms_a_base_and_a_named_graph() {
    let folder = documents();
    let options = ["--reification", "triple-terms", "--base", "https://kg.example/x/", "--graph", "urn:my:graph"];
    folder.run(&[&["graph", "documents.jsonl", "-o", "g.nq"], &options[..]].concat()).exits(0);
    let store = store(&std::fs::read(folder.path("g.nq")).unwrap(), RdfFormat::NQuads);
    assert_eq!(
        rows(&store, "SELECT ?s ?o ?g WHERE { GRAPH ?g { ?f rdf:reifies <<( ?s p:cut_ties_with ?o )>> } }"),
        ["https://kg.example/x/entity/Q114 | https://kg.example/x/entity/Q20 | urn:my:graph"]
    );
    for (args, said) in [
        (&["--base", "no base"][..], "is no IRI"),
        (&["--graph", "g"], "is no IRI"),
        (&["--graph", "urn:g", "--format", "turtle"], "--graph is for --format nquads"),
    ] {
        folder.run(&[&["graph", "documents.jsonl", "-o", "h.nq"], args].concat()).exits(2).says(said);
    }
    assert_eq!(folder.names(), ["articles.jsonl", "documents.jsonl", "g.nq"]);
}

#[test]
fn the_order_of_files_and_lines_does_not_matter() {
    let folder = documents();
    let text = std::fs::read_to_string(folder.path("documents.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    folder.write("a.jsonl", format!("{}\n", lines[2]).as_bytes());
    folder.write("b.jsonl", format!("{}\n\n{}\n{}\n", lines[1], lines[0], lines[1]).as_bytes());
    for format in ["nquads", "turtle", "graphml", "jsonl"] {
        let args = ["-o", "-", "--format", format, "-q"];
        let once = folder.run(&[&["graph", "documents.jsonl"], &args[..]].concat()).exits(0);
        let other = folder.run(&[&["graph", "b.jsonl", "a.jsonl", "--memory", "1"], &args[..]].concat()).exits(0);
        assert!(once.out == other.out, "{format}");
        assert!(once.out.len() > 1000);
    }
}

#[test]
fn json_lines_are_what_the_schema_says() {
    let folder = documents();
    let schema: Value = serde_json::from_slice(&folder.run(&["schema", "graph"]).exits(0).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let ran = folder.run(&["graph", "documents.jsonl", "-o", "-", "--format", "jsonl", "-q"]).exits(0);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for line in ran.text().lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        if let Err(error) = validator.validate(&value) {
            panic!("{error} in {line}");
        }
        let read: tidings::graph::jsonl::Line = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), value);
        let mut more = value.clone();
        more["colour"] = json!("red");
        assert!(!validator.is_valid(&more), "{line}");
        *counts.entry(value["type"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(counts["document"], 3);
    assert!(counts["entity"] >= 6 && counts["fact"] >= 5, "{counts:?}");
}

#[test]
fn neo4j_files_are_what_their_headers_say() {
    let folder = documents();
    folder.run(&["graph", "documents.jsonl", "-o", "import", "--format", "neo4j"]).exits(0).says("neo4j-admin");
    let arguments = std::fs::read_to_string(folder.path("import/import.args")).unwrap();
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut ends: Vec<(String, String)> = Vec::new();
    let mut relations = 0;
    for (option, file, _) in neo4j::FILES {
        assert!(arguments.contains(&format!("{option}={file}\n")));
        let mut reader = csv::ReaderBuilder::new().flexible(false).from_path(folder.path("import").join(file)).unwrap();
        let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        for row in reader.records() {
            let row = row.unwrap();
            relations += usize::from(option == "--relationships" && file == "facts.csv");
            for (header, cell) in headers.iter().zip(&row) {
                let (name, of) = header.split_once(':').unwrap();
                let space = || of.split_once('(').unwrap().1.trim_end_matches(')').to_owned();
                match of.split('(').next().unwrap() {
                    "ID" => assert!(ids.entry(space()).or_default().insert(cell.to_owned()), "{cell} twice"),
                    "START_ID" | "END_ID" => ends.push((space(), cell.to_owned())),
                    "LABEL" | "TYPE" => assert!(!cell.is_empty() && name.is_empty()),
                    "long" => drop(cell.parse::<u64>().unwrap()),
                    "double" => assert!((0.0..=1.0).contains(&cell.parse::<f64>().unwrap())),
                    "boolean" => drop(cell.parse::<bool>().unwrap()),
                    "date" => assert!(cell.is_empty() || cell.parse::<jiff::civil::Date>().is_ok()),
                    "string" | "string[]" => assert!(!cell.contains(['\n', '\r'])),
                    other => panic!("{other} is no type of Neo4j's import"),
                }
            }
        }
    }
    for (space, id) in &ends {
        assert!(ids[space].contains(id), "{space} {id}");
    }
    assert!(relations >= 5 && ids["Document"].contains("fjord/1") && ids["Evidence"].len() >= relations);
    // The folder is complete or not there, and nothing else is left.
    assert_eq!(folder.names(), ["articles.jsonl", "documents.jsonl", "import"]);
    folder.run(&["graph", "documents.jsonl", "-o", "import", "--format", "neo4j"]).exits(2).says("is there already");
    folder.run(&["graph", "documents.jsonl", "-o", "no/such", "--format", "neo4j"]).exits(2).says("cannot be written");
    folder.run(&["graph", "documents.jsonl", "-o", "-", "--format", "neo4j"]).exits(2).says("name a folder");
}

#[test]
fn bad_lines_are_named_and_the_rest_is_used() {
    let folder = documents();
    let text = std::fs::read_to_string(folder.path("documents.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let old = lines[1].replacen("\"schema\":2", "\"schema\":1", 1);
    let unknown = lines[1].replacen("\"schema\":2", "\"schema\":2,\"colour\":\"red\"", 1);
    let bad = format!("{}\n{old}\n{unknown}\nnot json\n{}", lines[0], &lines[2][..lines[2].len() / 2]);
    folder.write("bad.jsonl", bad.as_bytes());
    let ran = folder.run(&["graph", "bad.jsonl", "-o", "g.nq"]).exits(1);
    for said in [
        "bad.jsonl:2: documents format of version 1, where version 2 is wanted",
        "bad.jsonl:3: not the documents format: unknown field `colour`",
        "bad.jsonl:4: broken JSON",
        "bad.jsonl:5: broken JSON",
        "1 document,",
    ] {
        assert!(ran.err.contains(said), "no `{said}` in {}", ran.err);
    }
    let good = std::fs::read(folder.path("g.nq")).unwrap();
    assert!(!good.is_empty());

    folder.run(&["graph", "bad.jsonl", "-o", "h.nq", "--fail-fast"]).exits(2).says("bad.jsonl:2");
    folder.write("none.jsonl", b"not json\n");
    folder.run(&["graph", "none.jsonl", "-o", "h.nq"]).exits(2).says("no document could be used");
    folder.write("empty.jsonl", b"\n");
    folder.run(&["graph", "empty.jsonl", "-o", "h.nq"]).exits(2).says("empty.jsonl: empty");
    folder.run(&["graph", "no.jsonl", "-o", "h.nq"]).exits(2).says("no.jsonl: cannot be read");
    folder.run(&["graph", ".", "-o", "h.nq"]).exits(2).says(".: cannot be read");
    folder.run(&["extract", "articles.jsonl", "-o", "t.jsonl", "--emit", "triples", "-q"]).exits(0);
    folder.run(&["graph", "t.jsonl", "-o", "h.nq"]).exits(2).says("t.jsonl:1: a line of `--emit triples`");
    folder.run(&["graph", "documents.jsonl", "-o", "."]).exits(2).says("cannot be written");
    folder.run(&["graph", "documents.jsonl"]).exits(2).says("--output");
    folder.run(&["graph", "documents.jsonl", "-o", "h.nq", "--temporary", "no"]).exits(2).says("temporary files in no");
    assert!(!folder.path("h.nq").exists());

    // A file that ends too early gives what came before.
    folder.run(&["extract", "articles.jsonl", "-o", "whole.jsonl.gz", "-q"]).exits(0);
    let whole = std::fs::read(folder.path("whole.jsonl.gz")).unwrap();
    folder.write("cut.jsonl.gz", &whole[..whole.len() - 12]);
    folder
        .run(&["graph", "cut.jsonl.gz", "-o", "cut.nq"])
        .exits(1)
        .says("cut.jsonl.gz:")
        .says("damaged compressed file");
    folder.run(&["graph", "whole.jsonl.gz", "-o", "whole.ttl.gz"]).exits(0);
    folder.run(&["graph", "query", "--file", "whole.ttl.gz", "ASK { ?s ?p ?o }"]).exits(0);
}

#[test]
fn standard_input_is_read() {
    let folder = documents();
    let text = std::fs::read(folder.path("documents.jsonl")).unwrap();
    let file = folder.run(&["graph", "documents.jsonl", "-o", "-"]).exits(0);
    assert!(folder.run_with_stdin(&["graph", "-", "-o", "-"], &text).exits(0).out == file.out);
}

#[test]
fn queries_as_table_json_and_csv() {
    let folder = documents();
    folder.run(&["graph", "documents.jsonl", "-o", "g.nq", "-q"]).exits(0);
    let query = "SELECT ?p ?name WHERE { ?p a t:Country ; rdfs:label ?name } ORDER BY ?name";
    let ask = |args: &[&str]| folder.run(&[&["graph", "query", "--file", "g.nq"], args].concat());
    assert_eq!(
        ask(&[query]).exits(0).text(),
        "p                         name\n\
         urn:tidings:entity/Q114   Kenya\n\
         urn:tidings:entity/Q20    Norway\n\
         urn:tidings:entity/Q1045  Somalia\n"
    );
    let csv = ask(&[query, "--format", "csv"]).exits(0);
    let read: Vec<csv::StringRecord> = csv::Reader::from_reader(&csv.out[..]).records().map(Result::unwrap).collect();
    assert_eq!(&read[1], &["urn:tidings:entity/Q20", "Norway"][..]);
    let json: Value = serde_json::from_slice(&ask(&[query, "--format", "json"]).exits(0).out).unwrap();
    assert_eq!(json["results"]["bindings"][0]["name"]["value"], "Kenya");
    assert_eq!(ask(&["ASK { ?s p:cut_ties_with ?o }"]).exits(0).text(), "true\n");
    let json: Value = serde_json::from_slice(&ask(&["ASK { ?s p:no ?o }", "--format", "json"]).exits(0).out).unwrap();
    assert_eq!(json["boolean"], false);
    let turtle = ask(&["CONSTRUCT { ?s p:x ?o } WHERE { ?s p:cut_ties_with ?o }"]).exits(0);
    assert!(turtle.text().contains("p:x <urn:tidings:entity/Q20>"), "{}", turtle.text());
    assert_eq!(folder.run_with_stdin(&["graph", "query", "--file", "g.nq", "-"], b"ASK {}").exits(0).text(), "true\n");

    folder.write("cut.nq", &std::fs::read(folder.path("g.nq")).unwrap()[..2000]);
    folder.write("g.pdf", b"x");
    ask(&["SELEC ?s"]).exits(2).says("the query cannot be understood");
    ask(&["SELECT ?s WHERE { ?s no:such ?o }"]).exits(2).says("the query cannot be understood");
    folder.run(&["graph", "query", "ASK {}"]).exits(2).says("--store");
    for (file, said) in
        [("cut.nq", "cut off"), ("no.nq", "cannot be read"), ("g.pdf", "known endings are .nq, .nt and .ttl")]
    {
        folder.run(&["graph", "query", "--file", file, "ASK {}"]).exits(2).says(said);
    }
}

#[test]
fn merges_are_explained() {
    let folder = documents();
    for name in ["Muhammad Warsame", "mohammed warsame", "person/muhammad-warsame"] {
        let ran = folder.run(&["graph", "why", name, "documents.jsonl"]).exits(0);
        let text = ran.text();
        assert!(text.starts_with("Mohammed Warsame (person)  person/mohammed-warsame\n"), "{text}");
        assert!(
            text.contains("person/muhammad-warsame  is person/mohammed-warsame: another spelling of the name"),
            "{text}"
        );
    }
    folder.run(&["graph", "why", "Nobody"]).exits(2).says("nothing to read");
    folder.run(&["graph", "why", "Nobody", "documents.jsonl"]).exits(2).says("no document speaks of \"Nobody\"");
}

#[test]
fn a_server_that_is_none() {
    let folder = documents();
    for (url, said) in [
        ("localhost", "is no address of a server"),
        ("ftp://localhost/", "is no address of a server"),
        ("http://127.0.0.1:9/store", "no answer; check that the server runs"),
    ] {
        folder.run(&["graph", "load", "documents.jsonl", "--endpoint", url]).exits(2).says(said);
    }
    folder.run(&["graph", "load", "documents.jsonl"]).exits(2).says("--store");
}

mod on_disk {
    use std::process::Stdio;
    use std::time::Duration;

    use super::*;

    const ALL: &str = "SELECT ?s ?p ?o WHERE { ?s ?p ?o }";

    /// Every triple of a store, sorted.
    fn all(folder: &Folder, store: &str) -> Vec<String> {
        let csv = folder.run(&["graph", "query", "--store", store, ALL, "--format", "csv"]).exits(0);
        let mut lines: Vec<String> = csv.text().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }

    fn load(folder: &Folder, files: &[&str], store: &str) -> String {
        folder.run(&[&["graph", "load"], files, &["--store", store]].concat()).exits(0).err
    }

    fn split(folder: &Folder) {
        let text = std::fs::read_to_string(folder.path("documents.jsonl")).unwrap();
        for (i, line) in text.lines().enumerate() {
            folder.write(&format!("{i}.jsonl"), format!("{line}\n").as_bytes());
        }
    }

    #[test]
    fn loads_in_any_order_and_number_are_one_load() {
        let folder = documents();
        split(&folder);
        assert!(load(&folder, &["documents.jsonl"], "once").contains("3 new documents, 0 changed, 0 as before"));
        for file in ["2.jsonl", "0.jsonl", "1.jsonl"] {
            assert!(load(&folder, &[file], "three").contains("1 new document,"));
        }
        let once = all(&folder, "once");
        assert!(once.len() > 100);
        assert_eq!(once, all(&folder, "three"));
        let why = ["graph", "why", "Muhammad Warsame"];
        let from_documents = folder.run(&[&why[..], &["documents.jsonl"]].concat()).exits(0);
        assert_eq!(folder.run(&[&why[..], &["--store", "three"]].concat()).exits(0).text(), from_documents.text());
        let again = load(&folder, &["documents.jsonl"], "three");
        assert!(again.contains("0 new documents, 0 changed, 3 as before"), "{again}");
        assert_eq!(once, all(&folder, "three"));
        assert_eq!(folder.run(&["graph", "query", "--store", "once", CUT_TIES]).exits(0).text().lines().count(), 2);
    }

    #[test]
    fn a_changed_document_replaces_its_facts() {
        let folder = documents();
        split(&folder);
        load(&folder, &["documents.jsonl"], "s");
        let changed = ARTICLES.lines().next().unwrap().replace("cut ties with Norway", "restored ties with Norway");
        folder.write("changed.jsonl", changed.as_bytes());
        folder.run(&["extract", "changed.jsonl", "-o", "new.jsonl", "-q"]).exits(0);
        assert!(load(&folder, &["new.jsonl"], "s").contains("0 new documents, 1 changed, 0 as before"));
        load(&folder, &["new.jsonl", "1.jsonl", "2.jsonl"], "fresh");
        assert_eq!(all(&folder, "s"), all(&folder, "fresh"));
        // And back again.
        load(&folder, &["0.jsonl"], "s");
        load(&folder, &["documents.jsonl"], "before");
        assert_eq!(all(&folder, "s"), all(&folder, "before"));
    }

    #[test]
    fn folders_that_are_no_store() {
        let folder = documents();
        folder.write("other/notes.txt", b"x");
        folder.write("file", b"x");
        let load = |store: &str| folder.run(&["graph", "load", "documents.jsonl", "--store", store]);
        load("other").exits(2).says("something else than a store");
        load("file").exits(2).says("something else than a store");
        folder.run(&["graph", "query", "--store", "no", "ASK {}"]).exits(2).says("no store is there");
        load("s").exits(0);
        folder
            .run(&["graph", "load", "documents.jsonl", "--store", "s", "--base", "urn:x:"])
            .exits(2)
            .says("the store was made with --base urn:tidings: --reification standard");
        // Nothing is made where nothing can be loaded.
        folder.write("bad.jsonl", b"not json\n");
        folder.run(&["graph", "load", "bad.jsonl", "--store", "none"]).exits(2).says("no document could be used");
        assert!(!folder.path("none").exists());
        folder.write("s/tidings/store.json", br#"{"version": 7, "base": "urn:tidings:", "triple_terms": false}"#);
        load("s").exits(2).says("the store is of version 7");
    }

    #[test]
    fn a_store_in_use_says_so() {
        let folder = documents();
        load(&folder, &["documents.jsonl"], "s");
        let open = tidings::graph::store::GraphStore::open(&folder.path("s")).unwrap();
        for args in [&["load", "documents.jsonl"][..], &["query", "ASK {}"], &["why", "Kenya"]] {
            folder.run(&[&["graph"], args, &["--store", "s"]].concat()).exits(2).says("in use by another process");
        }
        drop(open);
        folder.run(&["graph", "query", "--store", "s", "ASK {}"]).exits(0);
        #[cfg(feature = "rocksdb")]
        {
            let open = Store::open(folder.path("s")).unwrap();
            folder.run(&["graph", "query", "--store", "s", "ASK {}"]).exits(2).says("in use by another process");
            drop(open);
        }
    }

    /// Documents enough that a load takes a while, with facts of one's own and common ones.
    fn many(folder: &Folder, name: &str, n: usize, word: &str) {
        let text = std::fs::read_to_string(folder.path("documents.jsonl")).unwrap();
        let line = text.lines().next().unwrap();
        let mut lines = String::new();
        for i in 0..n {
            lines.push_str(
                &line
                    .replace("fjord/1", &format!("doc-{i}"))
                    .replace("Lena Vogt", &format!("Lena {word}{i}"))
                    .replace("person/lena-vogt", &format!("person/lena-{}{i}", word.to_lowercase())),
            );
            lines.push('\n');
        }
        folder.write(name, lines.as_bytes());
    }

    #[test]
    fn a_killed_load_leaves_the_store_as_it_was() {
        let folder = documents();
        many(&folder, "old.jsonl", 300, "Vogt");
        many(&folder, "new.jsonl", 300, "Berg");
        load(&folder, &["old.jsonl"], "s");
        load(&folder, &["new.jsonl"], "expect");
        let (before, after) = (all(&folder, "s"), all(&folder, "expect"));
        assert_ne!(before, after);
        let mut cut_off = 0;
        for wait in (0..).map(|i| Duration::from_millis(6 * i * i)) {
            let mut child = folder
                .command(&["graph", "load", "new.jsonl", "--store", "s"])
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(wait);
            child.kill().unwrap();
            let killed = !child.wait().unwrap().success();
            let now = all(&folder, "s");
            if now == after {
                break;
            }
            assert!(killed && now == before, "after {wait:?}");
            cut_off += 1;
        }
        assert!(cut_off > 0);
        // The first load of a store is cut off, too.
        for wait in [1, 20, 40, 80].map(Duration::from_millis) {
            let store = format!("first-{}", wait.as_millis());
            let mut child = folder
                .command(&["graph", "load", "new.jsonl", "--store", &store])
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(wait);
            child.kill().unwrap();
            child.wait().unwrap();
            load(&folder, &["new.jsonl"], &store);
            assert_eq!(all(&folder, &store), after);
        }
    }
}
