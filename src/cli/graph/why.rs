//! `tidings graph why`

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::bail;
use tidings::graph::record::Entity;
use tidings::graph::resolve::KeptApart;
use tidings::graph::store::GraphStore;
use tidings::graph::{Builder, Entities, Graph};

use super::{Exit, MergeArgs, ended};

/// Show which names and keys came to one entity, and why; and which did not, although they look alike
#[derive(Debug, clap::Args)]
#[command(after_help = super::super::EXIT_CODES)]
pub(super) struct Args {
    /// Name, id or merged key of the entity (`person/nasser-bourita`)
    #[arg(value_name = "ENTITY")]
    entity: String,

    /// Store that `tidings graph load` made, instead of documents or with them
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,

    #[command(flatten)]
    merge: MergeArgs,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let (mut graph, skipped) = args.graph()?;
    let kept_apart = graph.kept_apart().clone();
    let wanted = args.entity.to_lowercase();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut found = false;
    for entity in graph.entities()? {
        let entity = entity?;
        if is_meant(&entity, &wanted) {
            explain(&entity, kept_apart.iter(), &mut out)?;
            found = true;
        }
    }
    out.flush()?;
    if !found {
        bail!("no document speaks of {:?}; give its name, or an id such as person/nasser-bourita", args.entity);
    }
    Ok(ended(skipped))
}

impl Args {
    fn graph(&self) -> anyhow::Result<(Graph, u64)> {
        let config = self.merge.config(Entities::All);
        let Some(folder) = &self.store else { return self.merge.merge(Builder::new(&config)?) };
        let builder = GraphStore::open(folder)?.builder(&config)?;
        if self.merge.documents.is_empty() { Ok((builder.merge()?, 0)) } else { self.merge.merge(builder) }
    }
}

fn is_meant(entity: &Entity, wanted: &str) -> bool {
    let keys = entity.merged.iter().map(|merged| &merged.key);
    let names = std::iter::once(&entity.name).chain(&entity.other_names);
    std::iter::once(&entity.id).chain(keys).chain(names).any(|text| text.to_lowercase() == wanted)
}

fn explain<'a>(
    entity: &Entity,
    kept_apart: impl Iterator<Item = &'a KeptApart>,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{} ({})  {}", entity.name, entity.kind, entity.id)?;
    writeln!(out, "  {} mentions in {} documents", entity.n_mentions, entity.n_documents)?;
    if let Some(uri) = &entity.uri {
        writeln!(out, "  {uri}")?;
    }
    if !entity.other_names.is_empty() {
        writeln!(out, "  also named: {}", entity.other_names.join(", "))?;
    }
    for merged in &entity.merged {
        let (name, key, same_as, n) = (&merged.name, &merged.key, &merged.same_as, merged.n_documents);
        writeln!(
            out,
            "  {name}  {key}  is {same_as}: {} [{}; {n} documents]",
            merged.reason.explanation(),
            merged.reason.as_str()
        )?;
    }
    let own = |key: &str| key == entity.id || entity.merged.iter().any(|merged| merged.key == key);
    for apart in kept_apart {
        let other = match (own(&apart.key), own(&apart.other)) {
            (true, false) => &apart.other,
            (false, true) => &apart.key,
            _ => continue,
        };
        writeln!(out, "  not {other}: {} [{}]", apart.because.explanation(), apart.reason.as_str())?;
    }
    Ok(())
}
