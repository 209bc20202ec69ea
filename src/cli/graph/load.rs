//! `tidings graph load`

use std::path::{Path, PathBuf};

use anyhow::Context;
use tidings::graph::rdf::{self, Options};
use tidings::graph::store::GraphStore;
use tidings::graph::{Builder, Counts, Entities, endpoint};

use super::super::progress::count;
use super::{Exit, MergeArgs, RdfArgs, ended, size};

/// Put a graph into a store on disk, or on a server
///
/// A store keeps the articles: loading one again changes nothing, a changed one replaces its facts, and entities and facts
/// are merged over all that was ever loaded. A server gets the graph of these documents in place of what it had under the
/// same name.
#[derive(Debug, clap::Args)]
#[command(after_help = super::super::EXIT_CODES)]
pub(super) struct Args {
    #[command(flatten)]
    merge: MergeArgs,

    /// Folder of the store; it is made if it is not there
    #[arg(long, value_name = "DIR", required_unless_present = "endpoint", conflicts_with = "endpoint")]
    store: Option<PathBuf>,

    /// Address of a server's SPARQL 1.1 Graph Store protocol, such as `http://localhost:7878/store`
    ///
    /// Name and password may stand in it, before the host and an @.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,

    /// Named graph on the server
    #[arg(long, value_name = "IRI", default_value = endpoint::GRAPH, conflicts_with = "store")]
    graph: String,

    /// Replace the server's default graph, with all that is in it
    #[arg(long, conflicts_with_all = ["graph", "store"])]
    default_graph: bool,

    #[command(flatten)]
    rdf: RdfArgs,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let options = args.rdf.options()?;
    match (&args.store, &args.endpoint) {
        (Some(folder), _) => load(args, folder, &options),
        (None, url) => put(args, url.as_deref().unwrap_or_default(), &options),
    }
}

fn put(args: &Args, url: &str, options: &Options) -> anyhow::Result<Exit> {
    let name = if args.default_graph { None } else { Some(rdf::iri(&args.graph).context("--graph")?) };
    // A wrong address is told before anything is read.
    let server = endpoint::Server::new(url, name.as_ref())?;
    let builder = Builder::new(&args.merge.config(Entities::InFacts))?;
    let (mut graph, skipped) = args.merge.merge(builder)?;
    server.put(&mut graph, options)?;
    args.merge.summary(&format!("{}; {server} has them", size(&graph)));
    Ok(ended(skipped))
}

fn load(args: &Args, folder: &Path, options: &Options) -> anyhow::Result<Exit> {
    let mut store = GraphStore::open_or_make(folder, options)?;
    let builder = store.builder(&args.merge.config(Entities::InFacts))?;
    let (mut graph, skipped) = args.merge.merge(builder)?;
    let Counts { added, changed, unchanged, .. } = *graph.counts();
    if added + changed > 0 {
        store.replace(&mut graph)?;
    }
    let new = count(added, "new document");
    let has = size(&graph);
    args.merge.summary(&format!("{new}, {changed} changed, {unchanged} as before; the store has {has}"));
    Ok(ended(skipped))
}
