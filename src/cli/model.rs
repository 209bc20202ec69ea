//! The options that say which model and which rules to use, shared by the subcommands that need them.

use std::path::PathBuf;

use anyhow::bail;
use clap::ValueEnum;
use tidings::annotate::Model;
use tidings::annotate::backend::{Device, Engine};
use tidings::pipeline::News;
use tidings::relate::{OpenRelations, Relater, RuleSet};

/// Which model and which rules to use.
#[derive(Debug, clap::Args)]
pub(super) struct ModelArgs {
    /// Folder of a model to use instead of the one in this program
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,

    /// What runs the model
    #[arg(long, value_enum, default_value_t = EngineName::Rten)]
    engine: EngineName,

    /// Where libtorch computes: cpu, cuda or cuda:N [default: cpu]
    #[arg(long, value_name = "DEVICE")]
    device: Option<Device>,

    /// Token classifier for the mentions, instead of the model's own: a folder as `save_pretrained` writes it, or OWNER/NAME
    /// of the Hugging Face hub
    ///
    /// It runs on libtorch, whatever the engine of the rest. Of the hub's, config.json, the tokenizer and model.safetensors
    /// are fetched once and kept.
    #[arg(long, value_name = "DIR")]
    ner_model: Option<PathBuf>,

    /// What a label of that classifier stands for, such as MISC=none; may be given several times
    ///
    /// Kinds are person, organization, place, country (the same as place), group, misc (a group where the shipped tagger
    /// sees one) and none. A label without a scheme may get one: LABEL_1=B-person.
    #[arg(long, value_name = "LABEL=KIND", value_delimiter = ',', requires = "ner_model")]
    label_map: Vec<String>,

    /// File or folder of rules to use instead of the ones in this program; may be given several times
    #[arg(long, value_name = "PATH", num_args = 1..)]
    rules: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineName {
    /// The default: pure Rust, int8, on the processor
    Rten,
    /// libtorch, in floats, on the processor or a GPU; in programs built with the feature libtorch
    Libtorch,
}

impl ModelArgs {
    /// Load model and rules; both are checked before anything is read.
    pub(super) fn load(&self, open: OpenRelations) -> anyhow::Result<News> {
        let rules = rules(&self.rules)?;
        Ok(News::new(self.model()?, Relater::new(rules, open)))
    }

    /// Load the model alone.
    pub(super) fn model(&self) -> anyhow::Result<Model> {
        let device = self.device.unwrap_or_default();
        let engine = match self.engine {
            EngineName::Rten if self.device.is_some() && self.ner_model.is_none() => {
                bail!("--device says where libtorch computes; it goes with --engine libtorch or --ner-model")
            }
            EngineName::Rten => Engine::Rten,
            EngineName::Libtorch => Engine::Libtorch(device),
        };
        self.with_ner_model(Model::load(self.model.as_deref(), engine)?, device)
    }

    #[cfg(feature = "libtorch")]
    fn with_ner_model(&self, model: Model, device: Device) -> anyhow::Result<Model> {
        use anyhow::Context;
        use tidings::annotate::{LabelMap, NerModel, NerModelConfig};

        let Some(name) = &self.ner_model else { return Ok(model) };
        let mut label_map = LabelMap::default();
        for entry in &self.label_map {
            label_map.add(entry).map_err(anyhow::Error::msg).context("--label-map")?;
        }
        Ok(model.with_ner(NerModel::load(name, &NerModelConfig { device, label_map })?))
    }

    #[cfg(not(feature = "libtorch"))]
    fn with_ner_model(&self, model: Model, _: Device) -> anyhow::Result<Model> {
        if self.ner_model.is_some() {
            bail!(tidings::annotate::NO_LIBTORCH);
        }
        Ok(model)
    }
}

/// The rules of these files and folders, or the program's own.
pub(super) fn rules(paths: &[PathBuf]) -> anyhow::Result<RuleSet> {
    Ok(if paths.is_empty() { RuleSet::shipped()? } else { RuleSet::from_paths(paths)? })
}
