//! Pronouns and common nouns.
use super::article::{Article, Clusters, Draft};
pub(super) fn resolve(_: &Article<'_>, _: &mut Vec<Draft>, _: &mut Clusters) {}
