//! `tidings graph`

mod load;
mod query;
mod why;

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anstyle::AnsiColor;
use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use rayon::prelude::*;
use tidings::graph::rdf::{self, Options, Reification};
use tidings::graph::{Builder, Config, Entities, Graph, GraphError, InputError, Line};
use tidings::graph::{graphml, jsonl, neo4j, nquads, turtle};
use tidings::read::Compression;
use tidings::write::output::{Output, Target, WriteError};

use super::progress::{Progress, Show, count};
use super::{Exit, say};

/// Merge the relations of many articles into a knowledge graph
///
/// Reads what `tidings extract` writes. Entities are the same across articles by their Wikidata items, else by kind and
/// name; facts are the same where their ends, predicate and polarity are and their times agree. The result does not
/// depend on the order of the input.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    merge: MergeArgs,

    /// File to write, complete or not at all; .gz and .zst compress; `-` is standard output. For neo4j a folder that is
    /// not there yet
    #[arg(short, long, value_name = "OUT", required = true)]
    output: Option<PathBuf>,

    /// Format [default: by the ending of OUT (.nq, .ttl, .graphml, .jsonl), else nquads]
    #[arg(long, value_enum)]
    format: Option<Format>,

    #[command(flatten)]
    rdf: RdfArgs,

    /// Named graph of the N-Quads [default: the default graph]
    #[arg(long, value_name = "IRI", help_heading = "RDF")]
    graph: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Load(load::Args),
    Query(query::Args),
    Why(why::Args),
}

/// What to merge and with which means.
#[derive(Debug, clap::Args)]
struct MergeArgs {
    /// Files that `tidings extract` wrote, each also as .gz or .zst, or `-` for standard input
    #[arg(value_name = "DOCUMENTS")]
    documents: Vec<PathBuf>,

    /// Folder for temporary files, about as large as the input [default: the system's]
    #[arg(long, value_name = "DIR")]
    temporary: Option<PathBuf>,

    /// Mebibytes that sorting may take
    #[arg(long, value_name = "N", default_value = "512")]
    memory: NonZeroUsize,

    /// Stop at the first bad line; exit code 2, no output
    #[arg(long)]
    fail_fast: bool,

    /// No summary; skipped lines are named all the same
    #[arg(short, long)]
    quiet: bool,
}

/// How RDF is written.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "RDF")]
struct RdfArgs {
    /// What the IRIs of entities, facts and documents begin with
    #[arg(long, value_name = "IRI", default_value = rdf::BASE)]
    base: String,

    /// How a fact names its triple
    #[arg(long, value_enum, default_value_t = Form::Standard)]
    reification: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// rdf:subject, rdf:predicate, rdf:object
    Standard,
    /// rdf:reifies a triple term, of RDF 1.2
    TripleTerms,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// RDF, one quad a line
    Nquads,
    /// RDF for reading
    Turtle,
    /// CSV files for neo4j-admin database import
    Neo4j,
    /// XML for NetworkX, Gephi and yEd
    Graphml,
    /// One entity, fact or document a line
    Jsonl,
}

impl Format {
    fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy();
        let (_, ending) = Compression::split(&name).0.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "nq" | "nquads" => Some(Self::Nquads),
            "ttl" => Some(Self::Turtle),
            "graphml" => Some(Self::Graphml),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            _ => None,
        }
    }
}

impl RdfArgs {
    fn options(&self) -> anyhow::Result<Options> {
        let reification = match self.reification {
            Form::Standard => Reification::Standard,
            Form::TripleTerms => Reification::TripleTerms,
        };
        let mut options = Options::default();
        options.reification = reification;
        options.with_base(&self.base).context("--base")
    }
}

/// Bytes of lines that are parsed together.
const BATCH_BYTES: usize = 16 << 20;

/// Ids of several documents that are named; more are counted.
const IDS_NAMED: usize = 10;

impl MergeArgs {
    fn config(&self, entities: Entities) -> Config {
        let mut config = Config { entities, memory: self.memory.get().saturating_mul(1 << 20), ..Config::default() };
        if let Some(folder) = &self.temporary {
            config.temporary.clone_from(folder);
        }
        config
    }

    /// Read all documents into the builder, and merge them. Gives the number of lines that cannot be used, too.
    fn merge(&self, mut builder: Builder) -> anyhow::Result<(Graph, u64)> {
        if self.documents.is_empty() {
            bail!("nothing to read; name files that `tidings extract` wrote, or `-` for standard input");
        }
        let progress = Progress::new(if self.quiet { Show::Nothing } else { Show::Bar }, None);
        let mut skipped = 0;
        let mut used: u64 = 0;
        let mut take = |lines: &mut Vec<Line>, skipped: &mut u64| -> anyhow::Result<()> {
            let parsed: Vec<_> = lines.par_drain(..).map(|line| line.parse()).collect();
            for article in parsed {
                match article {
                    Ok(article) => {
                        builder.add(&article)?;
                        used += 1;
                    }
                    Err(error) => self.skip(error, &progress, skipped)?,
                }
            }
            progress.doing(format!("{} read", count(used, "document")));
            Ok(())
        };
        for path in &self.documents {
            let (mut lines, mut size) = (Vec::new(), 0);
            match tidings::graph::open(path) {
                Err(error) => self.skip(error, &progress, &mut skipped)?,
                Ok(file) => {
                    for line in file {
                        match line {
                            Ok(line) => {
                                size += line.size();
                                lines.push(line);
                            }
                            Err(error) => {
                                // Lines are named in their order.
                                take(&mut lines, &mut skipped)?;
                                self.skip(error, &progress, &mut skipped)?;
                            }
                        }
                        if size >= BATCH_BYTES {
                            take(&mut lines, &mut skipped)?;
                            size = 0;
                        }
                    }
                }
            }
            take(&mut lines, &mut skipped)?;
        }
        if used == 0 {
            bail!(
                "no document could be used, and nothing was written; make documents with `tidings extract ... -o FILE`"
            );
        }
        progress.doing(format!("merging {}", count(used, "document")));
        let graph = builder.merge()?;
        let ambiguous = &graph.counts().ambiguous;
        for id in ambiguous.iter().take(IDS_NAMED) {
            progress.note(&format!("several different documents have the id {id:?}; the one published last is used"));
        }
        if let more @ 1.. = ambiguous.len().saturating_sub(IDS_NAMED) {
            progress.note(&format!("so have {more} other ids"));
        }
        Ok((graph, skipped))
    }

    fn skip(&self, error: InputError, progress: &Progress, skipped: &mut u64) -> anyhow::Result<()> {
        if self.fail_fast {
            return Err(error.into());
        }
        *skipped += 1;
        progress.skipped(&error);
        Ok(())
    }

    fn summary(&self, words: &str) {
        if !self.quiet {
            say("done", AnsiColor::Green, &words);
        }
    }
}

/// What a graph holds, in words.
fn size(graph: &Graph) -> String {
    let (articles, entities) = (count(graph.n_articles(), "document"), count(graph.n_entities(), "entity"));
    format!("{articles}, {entities}, {}", count(graph.n_facts(), "fact"))
}

fn ended(skipped: u64) -> Exit {
    if skipped > 0 { Exit::Skipped } else { Exit::Done }
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Some(Command::Load(args)) => load::run(args),
        Some(Command::Query(args)) => query::run(args),
        Some(Command::Why(args)) => why::run(args),
        None => write(args),
    }
}

/// How a format of one file is written.
type Writer = fn(&mut Graph, &Options, &mut dyn Write) -> Result<(), GraphError>;

fn write(args: &Args) -> anyhow::Result<Exit> {
    let output = args.output.as_deref().unwrap_or(Path::new("-"));
    let format = args.format.or_else(|| Format::of(output)).unwrap_or(Format::Nquads);
    let mut options = args.rdf.options()?;
    if let Some(name) = &args.graph {
        if format != Format::Nquads {
            bail!("--graph is for --format nquads; the other formats have no named graphs");
        }
        options.graph = Some(rdf::iri(name).context("--graph")?);
    }
    let write: Writer = match format {
        Format::Nquads => nquads::write,
        Format::Turtle => turtle::write,
        Format::Graphml => |graph, _, out| graphml::write(graph, out),
        Format::Jsonl => |graph, _, out| jsonl::write(graph, out),
        Format::Neo4j => return write_folder(args, output),
    };
    let target = if output.as_os_str() == "-" { Target::Stdout } else { Target::File(output.to_owned()) };
    let builder = Builder::new(&args.merge.config(Entities::InFacts))?;
    let mut out = Output::create(target.clone())?;
    let (mut graph, skipped) = args.merge.merge(builder)?;
    write(&mut graph, &options, &mut out).map_err(|error| match error {
        GraphError::Write(error) => anyhow::Error::new(WriteError::new(&target, error)),
        error => error.into(),
    })?;
    out.flush().map_err(|error| WriteError::new(&target, error))?;
    out.finish()?;
    args.merge.summary(&size(&graph));
    Ok(ended(skipped))
}

/// Write the files for Neo4j into a folder that appears when they are complete.
fn write_folder(args: &Args, folder: &Path) -> anyhow::Result<Exit> {
    let shown = folder.display();
    if folder.as_os_str() == "-" {
        bail!("neo4j takes several files; name a folder with -o");
    }
    if std::fs::symlink_metadata(folder).is_ok() {
        bail!("{shown}: is there already; remove it, or choose another folder with -o");
    }
    let name = folder.file_name().with_context(|| format!("{shown}: names no folder"))?;
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unwritable =
        || format!("{shown}: cannot be written; check that the folder above is there and that you may write to it");
    let temporary = tempfile::Builder::new()
        .prefix(&format!(".{}.", name.to_string_lossy()))
        .suffix(".tmp")
        .tempdir_in(parent)
        .with_context(unwritable)?;
    let builder = Builder::new(&args.merge.config(Entities::InFacts))?;
    let (mut graph, skipped) = args.merge.merge(builder)?;
    neo4j::write(&mut graph, temporary.path()).with_context(unwritable)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary folders are for their owner alone.
        std::fs::set_permissions(temporary.path(), std::fs::Permissions::from_mode(0o755)).with_context(unwritable)?;
    }
    std::fs::rename(temporary.path(), folder).with_context(unwritable)?;
    // It has its name now, and nothing is left to remove.
    let _ = temporary.keep();
    args.merge.summary(&format!("{}; neo4j-admin database import full @import.args reads them", size(&graph)));
    Ok(ended(skipped))
}
