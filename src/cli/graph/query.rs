//! `tidings graph query`

use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::ValueEnum;
use tidings::graph::query::{self, QueryError, Show};
use tidings::graph::store::GraphStore;

use super::Exit;

/// Ask a graph with SPARQL
///
/// The prefixes t: (tidings' terms), p: (predicates), rdf:, rdfs:, owl:, skos:, prov:, dcterms: and xsd: are known.
#[derive(Debug, clap::Args)]
#[command(after_help = super::super::EXIT_CODES)]
pub(super) struct Args {
    /// The query; `-` reads it from standard input
    #[arg(value_name = "SPARQL")]
    query: String,

    /// Store that `tidings graph load` made
    #[arg(long, value_name = "DIR", required_unless_present = "file", conflicts_with = "file")]
    store: Option<PathBuf>,

    /// Graph that `tidings graph` wrote as N-Quads or Turtle; it is held in memory
    #[arg(long, value_name = "FILE")]
    file: Vec<PathBuf>,

    /// How to show the results
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns for people
    Table,
    /// SPARQL results in JSON
    Json,
    /// SPARQL results in CSV
    Csv,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut sparql = args.query.clone();
    if sparql == "-" {
        sparql.clear();
        io::stdin().read_to_string(&mut sparql).context("the query cannot be read from standard input")?;
    }
    let show = match args.format {
        Format::Table => Show::Table,
        Format::Json => Show::Json,
        Format::Csv => Show::Csv,
    };
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let answered = match &args.store {
        Some(folder) => {
            let store = GraphStore::open(folder)?;
            query::run(&store.store()?, &sparql, show, &mut out)
        }
        None => query::run(&query::load(&args.file)?, &sparql, show, &mut out),
    };
    answered.and_then(|()| Ok(out.flush()?)).map_err(|error| match error {
        QueryError::Write(error) => anyhow::Error::new(error),
        error => error.into(),
    })?;
    Ok(Exit::Done)
}
