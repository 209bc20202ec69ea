//! Runs the examples that rules carry through all stages.

use std::collections::BTreeSet;
use std::fmt;

use crate::annotate::Annotator;
use crate::document::Document;
use crate::pipeline::{Helpers, News, StageError, Stages};
use crate::relate::Rule;
use crate::relation::{Modality, Polarity, Related, Relation};

/// An example that did not go as its rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The rule.
    pub rule: String,
    /// Its file and line.
    pub origin: String,
    /// The sentence.
    pub text: String,
    /// What the rule should give, empty for nothing.
    pub expected: Vec<String>,
    /// What it gives.
    pub found: Vec<String>,
    /// What other rules give for the sentence.
    pub others: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |items: &[String]| if items.is_empty() { "nothing".to_owned() } else { items.join("; ") };
        write!(
            f,
            "rule {} ({}): {}\n  expected {}\n  found    {}",
            self.rule,
            self.origin,
            self.text,
            list(&self.expected),
            list(&self.found)
        )?;
        if !self.others.is_empty() {
            write!(f, "\n  others   {}", self.others.join("; "))?;
        }
        Ok(())
    }
}

/// What a run of examples came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Rules that were looked at.
    pub n_rules: usize,
    /// Examples that were run.
    pub n_examples: usize,
    /// Those that failed.
    pub failures: Vec<Failure>,
    /// Rules without a sentence to match or without one to reject.
    pub incomplete: Vec<String>,
}

/// Run all examples of the rules that `news` uses.
///
/// # Errors
/// When the engine fails.
pub fn check(news: &News) -> Result<Report, StageError> {
    let mut annotator = news.worker();
    let rules = &news.relater().rules().rules;
    let mut report = Report { n_rules: rules.len(), ..Report::default() };
    for rule in rules {
        if rule.matches.is_empty() || rule.rejects.is_empty() {
            report.incomplete.push(format!("rule {} ({}) needs matches and rejects", rule.id, rule.origin));
        }
        let cases = rule
            .matches
            .iter()
            .map(|e| (e.text.as_str(), expected(&e.gives)))
            .chain(rule.rejects.iter().map(|text| (text.as_str(), BTreeSet::new())));
        for (text, expected) in cases {
            report.n_examples += 1;
            report.failures.extend(run(news, &mut annotator, rule, text, &expected)?);
        }
    }
    Ok(report)
}

fn expected(gives: &str) -> BTreeSet<String> {
    gives.split(';').map(|triple| triple.split('|').map(str::trim).collect::<Vec<_>>().join(" | ")).collect()
}

fn run(
    news: &News,
    annotator: &mut Annotator,
    rule: &Rule,
    text: &str,
    expected: &BTreeSet<String>,
) -> Result<Option<Failure>, StageError> {
    let document =
        Document { id: "example".to_owned(), source: None, title: None, published: None, text: text.to_owned() };
    let Some(related) = news.process(annotator, vec![document], &Helpers::none()).into_iter().next().transpose()?
    else {
        return Ok(None);
    };
    let (own, others): (Vec<&Relation>, Vec<&Relation>) = related.relations.iter().partition(|r| r.rule == rule.id);
    let found: BTreeSet<String> = own
        .iter()
        .map(|r| {
            let line = describe(&related, r, false);
            // A symmetric relation may be written either way round.
            let turned = describe(&related, r, true);
            if r.symmetric && expected.contains(&turned) { turned } else { line }
        })
        .collect();
    if found == *expected {
        return Ok(None);
    }
    Ok(Some(Failure {
        rule: rule.id.to_string(),
        origin: rule.origin.clone(),
        text: text.to_owned(),
        expected: expected.iter().cloned().collect(),
        found: found.into_iter().collect(),
        others: others.iter().map(|r| format!("{} ({})", describe(&related, r, false), r.rule)).collect(),
    }))
}

fn describe(related: &Related, relation: &Relation, turned: bool) -> String {
    let (subject, object) = related.ends(relation);
    let (a, b) = if turned { (object, subject) } else { (subject, object) };
    let mut line = format!("{} | {}", a.name, b.name);
    let mut marks = Vec::new();
    if relation.polarity == Polarity::Negated {
        marks.push(relation.polarity.as_str());
    }
    if relation.modality != Modality::Actual {
        marks.push(relation.modality.as_str());
    }
    if !marks.is_empty() {
        line.push_str(" | ");
        line.push_str(&marks.join(" "));
    }
    line
}
