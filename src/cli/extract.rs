//! `tidings extract`

use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use clap::ValueEnum;
use tidings::pipeline::{self, Config, Finished, Keep, PipelineError, Stages};
use tidings::read::{self, Fields, Sources};
use tidings::relate::OpenRelations;
use tidings::relation::Related;
use tidings::write::output::{Output, Target, WriteError};
use tidings::write::{self, terminal};

use super::Exit;
use super::model::ModelArgs;
use super::progress::{Progress, Show};

/// Tag articles and write the entities and relations found in them
///
/// Records that cannot be used are named on standard error and skipped.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub(super) struct Args {
    /// Files and folders to read, or `-` for standard input
    ///
    /// .txt is one article; .jsonl and .ndjson have one article a line; each also as .gz and .zst. Folders are walked to
    /// their end, in sorted order; other files in them are left out.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// File to write, complete or not at all; .gz and .zst compress; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// What a line of JSON holds
    #[arg(long, value_enum, default_value_t = Emit::Documents)]
    emit: Emit,

    /// How to write
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,

    /// Worker threads [default: all cores]
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// Stop at the first bad record; exit code 2, no output file
    #[arg(long)]
    fail_fast: bool,

    /// Leave out relations of verbs that no rule knows
    #[arg(long)]
    no_open: bool,

    /// Leave out relations with less confidence, 0 to 1
    #[arg(long, value_name = "X", default_value = "0", value_parser = belief)]
    min_confidence: f64,

    /// No progress bar and no summary; skipped records are named all the same
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    model: ModelArgs,

    #[command(flatten)]
    input: InputArgs,
}

/// What the input looks like.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Input")]
struct InputArgs {
    /// Format of standard input and of named files with an unknown ending
    ///
    /// Without it, standard input that begins with a brace is JSON lines, else one text.
    #[arg(long, value_enum, value_name = "FORMAT")]
    input_format: Option<InputFormat>,

    /// Field with the text [default: text, content or body]
    #[arg(long, value_name = "NAME")]
    text_field: Option<String>,

    /// Field with the identifier [default: id]
    #[arg(long, value_name = "NAME")]
    id_field: Option<String>,

    /// Field with the headline [default: title]
    #[arg(long, value_name = "NAME")]
    title_field: Option<String>,

    /// Field with the day of publication [default: published or date]
    #[arg(long, value_name = "NAME")]
    date_field: Option<String>,

    /// Field with the source [default: source or url]
    #[arg(long, value_name = "NAME")]
    source_field: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// One line an article, with its entities and relations
    Documents,
    /// One line a relation, flat
    Triples,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people on a terminal, else JSON lines
    Auto,
    /// JSON lines
    Jsonl,
    /// Lines for people
    Terminal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum InputFormat {
    /// One article
    Txt,
    /// One article a line
    Jsonl,
}

fn belief(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(x) if (0.0..=1.0).contains(&x) => Ok(x),
        _ => Err("a number from 0 to 1 is wanted".to_owned()),
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let sources = args.sources()?;
    let config = args.config();
    let stages = args.model.load(args.open())?;
    extract(args, sources, &config, stages)
}

impl Args {
    fn open(&self) -> OpenRelations {
        if self.no_open { OpenRelations::LeaveOut } else { OpenRelations::Keep }
    }

    fn target(&self) -> Target {
        match &self.output {
            Some(path) if path.as_os_str() != "-" => Target::File(path.clone()),
            _ => Target::Stdout,
        }
    }

    fn sources(&self) -> anyhow::Result<Sources> {
        if self.paths.is_empty() {
            bail!("nothing to read; name files or folders, or `-` for standard input");
        }
        let format = self.input.input_format.map(|format| match format {
            InputFormat::Txt => read::Format::Text,
            InputFormat::Jsonl => read::Format::Jsonl,
        });
        let output = match self.target() {
            Target::File(path) => Some(path),
            Target::Stdout => None,
        };
        Ok(read::discover(&self.paths, &read::Options { format, output })?)
    }

    fn fields(&self) -> Fields {
        Fields {
            text: self.input.text_field.clone(),
            id: self.input.id_field.clone(),
            title: self.input.title_field.clone(),
            date: self.input.date_field.clone(),
            source: self.input.source_field.clone(),
        }
    }

    fn config(&self) -> Config {
        let defaults = Config::default();
        Config { jobs: self.jobs.unwrap_or(defaults.jobs), fail_fast: self.fail_fast, ..defaults }
    }

    /// The form of output, with the colours and columns of the place it goes to.
    fn emit(&self, target: &Target) -> write::Emit {
        let screen = *target == Target::Stdout && io::stdout().is_terminal();
        if self.format == Format::Terminal || (self.format == Format::Auto && screen) {
            let mut style = terminal::Style::default();
            if *target == Target::Stdout {
                style.coloured = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
                if let Some((columns, _)) = terminal_size::terminal_size_of(io::stdout()) {
                    style.columns = columns.0.into();
                }
            }
            return write::Emit::Terminal(style);
        }
        match self.emit {
            Emit::Documents => write::Emit::Documents,
            Emit::Triples => write::Emit::Triples,
        }
    }

    fn show(&self, emit: write::Emit) -> Show {
        match emit {
            _ if self.quiet => Show::Nothing,
            // Results that scroll by are progress enough, and a bar would run into them.
            write::Emit::Terminal(_) if io::stdout().is_terminal() => Show::Summary,
            _ => Show::Bar,
        }
    }
}

fn extract<S: Stages>(args: &Args, sources: Sources, config: &Config, stages: S) -> anyhow::Result<Exit> {
    let target = args.target();
    let emit = args.emit(&target);
    let mut output = Output::create(target.clone())?;
    let progress = Progress::new(args.show(emit), sources.bytes);
    if sources.found.is_empty() {
        progress.note(&nothing_found(sources.ignored));
    }
    let articles = sources.articles(args.fields());
    let reading = articles.progress();
    let position = {
        let reading = Arc::clone(&reading);
        move || reading.bytes()
    };
    let keep = Keep { min_confidence: args.min_confidence, open: !args.no_open };
    let turn = move |mut related: Related| {
        keep.apply(&mut related);
        let mut lines = Vec::new();
        emit.render(&related, &mut lines).map(|()| lines)
    };
    let sink = |finished: Finished<io::Result<Vec<u8>>>| {
        for record in finished.records {
            match record {
                Ok(lines) => output.write_all(&lines?)?,
                Err(skipped) => progress.skipped(&skipped),
            }
        }
        progress.update(&finished.so_far, finished.position);
        output.flush()
    };
    let stages = Arc::new(stages);
    let summary = pipeline::run(&stages, articles, position, config, turn, sink).map_err(|error| match error {
        PipelineError::Sink(error) => anyhow::Error::new(WriteError::new(&target, error)),
        other => other.into(),
    })?;
    output.finish()?;
    if reading.unknown_dates() > 0 {
        let n = reading.unknown_dates();
        progress.note(&format!("dates of publication not understood: {n}; those articles have none"));
    }
    progress.finish(&summary, stages.sentences_known());
    Ok(if summary.skipped > 0 { Exit::Skipped } else { Exit::Done })
}

fn nothing_found(ignored: usize) -> String {
    let others = match ignored {
        0 => String::new(),
        1 => " (1 other file was left out)".to_owned(),
        n => format!(" ({n} other files were left out)"),
    };
    format!("found no .txt, .jsonl or .ndjson files, packed or not{others}")
}
