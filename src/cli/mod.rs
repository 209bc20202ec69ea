//! The command line: one file a subcommand.
//!
//! Standard output carries data only; everything said to people goes to standard error.

mod explain;
mod extract;
mod graph;
mod model;
mod parse;
mod progress;
mod rules;
mod schema;

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::{Parser, Subcommand};
use tidings::write::output::WriteError;

/// News articles in, people, countries, organizations and the relations between them out.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 done but some records were skipped, 2 could not run.";

#[derive(Debug, Subcommand)]
enum Command {
    Extract(Box<extract::Args>),
    Explain(explain::Args),
    Graph(Box<graph::Args>),
    Parse(parse::Args),
    Rules(rules::Args),
    Schema(schema::Args),
}

/// How a run ended; see [`EXIT_CODES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Done = 0,
    Skipped = 1,
    Failed = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Parse the arguments and run. Wrong arguments exit with 2, as clap does by itself.
pub(crate) fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Extract(args) => extract::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Graph(args) => graph::run(&args),
        Command::Parse(args) => parse::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Schema(args) => schema::run(&args),
    };
    let exit = result.unwrap_or_else(|error| {
        // Whoever reads our output has seen enough, as `head` does.
        let closed = matches!(error.downcast_ref(), Some(WriteError::Closed { .. }))
            || error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe);
        if closed {
            return Exit::Done;
        }
        say("error", AnsiColor::Red, &chain(&*error, "\n  because: "));
        Exit::Failed
    });
    exit.into()
}

/// An error and its causes.
fn chain(error: &(dyn std::error::Error + 'static), separator: &str) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(separator);
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// A line on standard error. That nobody can be told is no reason to stop.
fn say(label: &str, colour: AnsiColor, message: &dyn Display) {
    let style = Style::new().bold().fg_color(Some(colour.into()));
    let _ = writeln!(anstream::stderr().lock(), "{style}{label}:{style:#} {message}");
}
