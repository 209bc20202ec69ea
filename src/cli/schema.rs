//! `tidings schema`

use std::io::Write;

use serde_json::json;
use tidings::graph::jsonl;
use tidings::write::output::{Output, Target, WriteError};
use tidings::write::schema;

use super::Exit;

/// Print the JSON Schema of the output.
///
/// With the name of a format, the schema of one line of it; without, an object with all.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The format.
    #[arg(value_enum)]
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// One line an article.
    Documents,
    /// One line a relation.
    Triples,
    /// One line an entity, fact or document of a graph.
    Graph,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let schema = match args.format {
        Some(Format::Documents) => schema::documents().to_value(),
        Some(Format::Triples) => schema::triples().to_value(),
        Some(Format::Graph) => jsonl::schema().to_value(),
        None => json!({"documents": schema::documents(), "triples": schema::triples(), "graph": jsonl::schema()}),
    };
    let mut output = Output::create(Target::Stdout)?;
    writeln!(output, "{schema:#}").map_err(|error| WriteError::new(&Target::Stdout, error))?;
    output.finish()?;
    Ok(Exit::Done)
}
