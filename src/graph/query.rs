//! SPARQL over a graph: queries, and their results as a table, JSON or CSV.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use oxigraph::io::{RdfFormat, RdfParser};
use oxigraph::model::{GraphNameRef, Term};
use oxigraph::sparql::results::{QueryResultsFormat, QueryResultsSerializer};
use oxigraph::sparql::{QueryEvaluationError, QueryResults, QuerySolutionIter, SparqlEvaluator};
use oxigraph::store::{LoaderError, StorageError, Store};
use unicode_width::UnicodeWidthStr;

use super::rdf::{PREFIXES, serializer};
use crate::read::Compression;

/// How to show results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Columns for people, IRIs shortened with the prefixes of [`rdf`](super::rdf); triples as Turtle.
    Table,
    /// [SPARQL results in JSON](https://www.w3.org/TR/sparql11-results-json/); triples as N-Triples.
    Json,
    /// [SPARQL results in CSV](https://www.w3.org/TR/sparql11-results-csv-tsv/); triples as N-Triples.
    Csv,
}

/// Why a query has no results.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// No file of a graph by its ending.
    #[error("{}: unknown kind of file; known endings are .nq, .nt and .ttl, each also with .gz or .zst", file.display())]
    UnknownFormat {
        /// The file.
        file: PathBuf,
    },
    /// The file cannot be opened or read.
    #[error("{}: cannot be read; check that it is there and that you may open it", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What the file holds is no RDF.
    #[error("{}: not what its ending says, or cut off; write it anew with `tidings graph`", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// Where and what.
        source: Box<LoaderError>,
    },
    /// The query is no SPARQL.
    #[error("the query cannot be understood: {0}")]
    Syntax(#[from] oxigraph::sparql::SparqlSyntaxError),
    /// The query cannot be run to its end.
    #[error("the query cannot be answered")]
    Evaluation(#[from] QueryEvaluationError),
    /// The store refuses.
    #[error("the store cannot be read")]
    Storage(#[from] StorageError),
    /// The results cannot be written.
    #[error("the results cannot be written")]
    Write(#[from] io::Error),
}

/// The graph of files in memory.
///
/// # Errors
/// Where a file cannot be read or is no N-Quads, N-Triples or Turtle.
pub fn load(files: &[PathBuf]) -> Result<Store, QueryError> {
    let store = Store::new()?;
    for file in files {
        load_file(&store, file)?;
    }
    Ok(store)
}

fn load_file(store: &Store, file: &Path) -> Result<(), QueryError> {
    let name = file.to_string_lossy();
    let (name, compression) = Compression::split(&name);
    let format = Path::new(name)
        .extension()
        .and_then(|ending| RdfFormat::from_extension(&ending.to_string_lossy()))
        .ok_or_else(|| QueryError::UnknownFormat { file: file.to_owned() })?;
    let unreadable = |source| QueryError::Unreadable { file: file.to_owned(), source };
    let input = compression.unpack(BufReader::with_capacity(1 << 16, File::open(file).map_err(unreadable)?));
    let mut loader = store.bulk_loader();
    loader.load_from_reader(RdfParser::from_format(format), input).map_err(|error| match error {
        LoaderError::Storage(error) => error.into(),
        error => QueryError::Malformed { file: file.to_owned(), source: Box::new(error) },
    })?;
    Ok(loader.commit()?)
}

/// Answer a query, in which the prefixes of [`rdf`](super::rdf) are known. Where all is in named graphs, the default graph
/// is all of them together.
///
/// # Errors
/// Where the query is wrong or the results cannot be written.
pub fn run(store: &Store, sparql: &str, show: Show, out: &mut dyn Write) -> Result<(), QueryError> {
    let mut evaluator = SparqlEvaluator::new();
    for (name, namespace) in PREFIXES {
        evaluator = evaluator.with_prefix(name, namespace).map_err(io::Error::other)?;
    }
    let mut query = evaluator.parse_query(sparql)?;
    let unnamed = store.quads_for_pattern(None, None, None, Some(GraphNameRef::DefaultGraph)).next().transpose()?;
    if unnamed.is_none() && query.dataset().is_default_dataset() {
        query.dataset_mut().set_default_graph_as_union();
    }
    match (query.on_store(store).execute()?, show) {
        (QueryResults::Solutions(solutions), Show::Table) => table(solutions, out),
        (QueryResults::Solutions(solutions), Show::Json) => standard(solutions, QueryResultsFormat::Json, out),
        (QueryResults::Solutions(solutions), Show::Csv) => standard(solutions, QueryResultsFormat::Csv, out),
        (QueryResults::Boolean(yes), Show::Table | Show::Csv) => Ok(writeln!(out, "{yes}")?),
        (QueryResults::Boolean(yes), Show::Json) => {
            QueryResultsSerializer::from_format(QueryResultsFormat::Json)
                .serialize_boolean_to_writer(&mut *out, yes)?;
            Ok(writeln!(out)?)
        }
        (QueryResults::Graph(triples), show) => {
            let format = if show == Show::Table { RdfFormat::Turtle } else { RdfFormat::NTriples };
            let mut writer = serializer(format)?.for_writer(out);
            for triple in triples {
                writer.serialize_triple(&triple?)?;
            }
            writer.finish()?;
            Ok(())
        }
    }
}

fn standard(
    solutions: QuerySolutionIter<'_>,
    format: QueryResultsFormat,
    out: &mut dyn Write,
) -> Result<(), QueryError> {
    let variables = solutions.variables().to_vec();
    let mut writer = QueryResultsSerializer::from_format(format).serialize_solutions_to_writer(out, variables)?;
    for solution in solutions {
        writer.serialize(&solution?)?;
    }
    let out = writer.finish()?;
    if format == QueryResultsFormat::Json {
        writeln!(out)?;
    }
    Ok(())
}

/// Rows that are measured before the first is shown; later ones are shown as wide as they are.
const MEASURED: usize = 1000;

fn table(solutions: QuerySolutionIter<'_>, out: &mut dyn Write) -> Result<(), QueryError> {
    let variables = solutions.variables().to_vec();
    let mut rows = vec![variables.iter().map(|v| v.as_str().to_owned()).collect::<Vec<_>>()];
    let mut widths: Option<Vec<usize>> = None;
    for solution in solutions {
        let solution = solution?;
        let cells = variables.iter().map(|v| solution.get(v).map(shown).unwrap_or_default());
        rows.push(cells.collect());
        if rows.len() > MEASURED {
            let widths = widths.get_or_insert_with(|| measure(&rows));
            rows.drain(..).try_for_each(|row| write_row(&row, widths, out))?;
        }
    }
    let widths = widths.unwrap_or_else(|| measure(&rows));
    Ok(rows.iter().try_for_each(|row| write_row(row, &widths, out))?)
}

fn measure(rows: &[Vec<String>]) -> Vec<usize> {
    let columns = rows.first().map_or(0, Vec::len);
    (0..columns).map(|i| rows.iter().map(|row| row[i].width()).max().unwrap_or(0)).collect()
}

fn write_row(row: &[String], widths: &[usize], out: &mut dyn Write) -> io::Result<()> {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', (width + 2).saturating_sub(cell.width())));
    }
    writeln!(out, "{}", line.trim_end())
}

/// A term for people: names shortened, texts bare and on one line, with nothing that a terminal would obey.
fn shown(term: &Term) -> String {
    let text = match term {
        Term::NamedNode(node) => {
            let iri = node.as_str();
            let short =
                PREFIXES.iter().find_map(|(name, namespace)| Some(format!("{name}:{}", iri.strip_prefix(namespace)?)));
            short.unwrap_or_else(|| iri.to_owned())
        }
        Term::Literal(literal) => literal.value().to_owned(),
        other => other.to_string(),
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
