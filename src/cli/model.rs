//! The options that say which model and which rules to use, shared by the subcommands that need them.

use std::path::PathBuf;

use anyhow::bail;
use tidings::document::Document;
use tidings::pipeline::Stages;
use tidings::relation::Related;

/// Which model and which rules to use.
#[derive(Debug, clap::Args)]
pub(super) struct ModelArgs {
    /// Folder of a model to use instead of the one in this program
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,

    /// File or folder of rules to use instead of the ones in this program; may be given several times
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
}

/// Stages of a program without a model; there is no value of it.
pub(super) enum NoModel {}

impl Stages for NoModel {
    type Worker = ();

    fn worker(&self) {}

    fn process(&self, (): &mut (), _: Vec<Document>) -> Vec<Related> {
        match *self {}
    }
}

impl ModelArgs {
    /// Load model and rules; `jobs` threads will use them.
    pub(super) fn load(&self, _jobs: usize) -> anyhow::Result<NoModel> {
        let _ = (&self.model, &self.rules);
        bail!("this program was built without a model")
    }
}
