//! The options that say which model and which rules to use, shared by the subcommands that need them.

use std::path::{Path, PathBuf};

use tidings::annotate::Model;
use tidings::pipeline::News;
use tidings::relate::{OpenRelations, Relater, RuleSet};

/// Which model and which rules to use.
#[derive(Debug, clap::Args)]
pub(super) struct ModelArgs {
    /// Folder of a model to use instead of the one in this program
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,

    /// File or folder of rules to use instead of the ones in this program; may be given several times
    #[arg(long, value_name = "PATH", num_args = 1..)]
    rules: Vec<PathBuf>,
}

impl ModelArgs {
    /// Load model and rules; both are checked before anything is read.
    pub(super) fn load(&self, open: OpenRelations) -> anyhow::Result<News> {
        Ok(News::new(self.model()?, Relater::new(rules(&self.rules)?, open)))
    }

    /// Load the model alone.
    pub(super) fn model(&self) -> anyhow::Result<Model> {
        model(self.model.as_deref())
    }
}

/// The model in this folder, or the program's own.
pub(super) fn model(dir: Option<&Path>) -> anyhow::Result<Model> {
    Ok(match dir {
        Some(dir) => Model::from_dir(dir)?,
        None => Model::embedded()?,
    })
}

/// The rules of these files and folders, or the program's own.
pub(super) fn rules(paths: &[PathBuf]) -> anyhow::Result<RuleSet> {
    Ok(if paths.is_empty() { RuleSet::shipped()? } else { RuleSet::from_paths(paths)? })
}
