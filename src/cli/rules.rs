//! `tidings rules check|list`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Subcommand;
use tidings::annotate::Model;
use tidings::annotate::backend::Engine;
use tidings::examples;
use tidings::pipeline::News;
use tidings::relate::{OpenRelations, Relater};

use super::Exit;
use super::model::rules;

/// Look at rules and run their examples
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check rule files and run all their examples; exit code 1 if one fails
    Check {
        /// Files and folders of rules [default: the program's own]
        paths: Vec<PathBuf>,
        /// Folder of a model to use instead of the one in this program
        #[arg(long, value_name = "DIR")]
        model: Option<PathBuf>,
    },
    /// List rules: identifier, predicate, class, kinds of both ends, where it is written
    List {
        /// Files and folders of rules [default: the program's own]
        paths: Vec<PathBuf>,
    },
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    match &args.command {
        Command::Check { paths, model } => {
            let set = rules(paths)?;
            let news =
                News::new(Model::load(model.as_deref(), Engine::default())?, Relater::new(set, OpenRelations::Keep));
            let report = examples::check(&news)?;
            for failure in &report.failures {
                writeln!(out, "{failure}\n")?;
            }
            for line in &report.incomplete {
                writeln!(out, "{line}")?;
            }
            writeln!(
                out,
                "{} rules, {} examples, {} failed",
                report.n_rules,
                report.n_examples,
                report.failures.len()
            )?;
            let good = report.failures.is_empty() && report.incomplete.is_empty();
            Ok(if good { Exit::Done } else { Exit::Skipped })
        }
        Command::List { paths } => {
            let set = rules(paths)?;
            for rule in &set.rules {
                let kinds =
                    |kinds: &[tidings::mention::Kind]| kinds.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(",");
                writeln!(
                    out,
                    "{}\t{}\t{}\t{}\t{}\t{}",
                    rule.id,
                    rule.predicate,
                    rule.class,
                    kinds(&rule.subject_kinds),
                    kinds(&rule.object_kinds),
                    rule.origin
                )?;
            }
            Ok(Exit::Done)
        }
    }
}
