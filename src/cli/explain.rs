//! `tidings explain`

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, bail};
use tidings::document::{Document, date_header};
use tidings::entity::Linked;
use tidings::link::Reason;
use tidings::pipeline::{News, Stages};
use tidings::relate::OpenRelations;
use tidings::relation::Speaker;
use tidings::segment::segment;
use tidings::span::one_line;

use super::Exit;
use super::model::ModelArgs;

/// Show how relations come about: tokens, tree, mentions, entities, rules
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Text file to explain
    #[arg(value_name = "FILE", required_unless_present = "text")]
    file: Option<PathBuf>,

    /// Words to explain instead of a file
    #[arg(last = true, value_name = "TEXT", conflicts_with = "file")]
    text: Vec<String>,

    /// Only this sentence, counted from 0 as in the output's evidence
    #[arg(long, value_name = "N")]
    sentence: Option<usize>,

    #[command(flatten)]
    model: ModelArgs,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let (id, text) = match &args.file {
        Some(path) => (
            path.display().to_string(),
            std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}; explain takes one UTF-8 text", path.display()))?,
        ),
        None => ("text".to_owned(), args.text.join(" ")),
    };
    let published = date_header(&text).map(|(date, _)| date);
    let document = Document { id, source: None, title: None, published, text };
    let news = args.model.load(OpenRelations::Keep)?;
    let (linked, reasons) = news.linked_with_reasons(&mut news.worker(), segment(document))?;
    let sentences = match args.sentence {
        Some(n) if n >= linked.sentences.len() => {
            bail!("there is no sentence {n}; the text has {}, counted from 0", linked.sentences.len())
        }
        Some(n) => n..n + 1,
        None => 0..linked.sentences.len(),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    for sentence in sentences {
        explain(&news, &linked, &reasons, sentence, &mut out)?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn explain(news: &News, linked: &Linked, reasons: &[Reason], index: usize, out: &mut impl Write) -> io::Result<()> {
    let text = &linked.document.text;
    let sentence = &linked.sentences[index];
    writeln!(out, "sentence {index}: {}", one_line(sentence.span.of(text)))?;
    if let Some(root) = sentence.tokens.iter().position(|t| t.head.is_none()) {
        tree(linked, index, root, "", "", out)?;
    }
    let here: Vec<usize> = (0..linked.mentions.len()).filter(|&m| linked.mentions[m].sentence == index).collect();
    writeln!(out, "mentions:")?;
    for &m in &here {
        let mention = &linked.mentions[m];
        let entity = &linked.entities[linked.entity_of[m]];
        writeln!(
            out,
            "  {} ({}, {}, {:.2}) -> {} {}, {} [{}]",
            mention.span.of(text),
            mention.kind,
            mention.form.as_str(),
            mention.score,
            entity.kind,
            entity.name,
            entity.key,
            reasons[m].as_str()
        )?;
    }
    let found = news.relater().explain(linked, index);
    writeln!(out, "relations:")?;
    for (relation, trigger) in found.relations.iter().zip(&found.triggers) {
        let name = |e: usize| linked.entities[e].name.as_str();
        let words: Vec<&str> = trigger.iter().map(|&t| sentence.tokens[t].span.of(text)).collect();
        write!(
            out,
            "  {} — {} — {}  [{} {}",
            name(relation.subject),
            relation.phrase,
            name(relation.object),
            relation.polarity.as_str(),
            relation.modality.as_str()
        )?;
        let speaker = |s: &'_ Option<Speaker>| s.as_ref().map(|s| s.name(linked).to_owned());
        let qualifiers = [
            ("said by", speaker(&relation.attribution)),
            ("denied by", speaker(&relation.denied_by)),
            ("time", relation.time.clone()),
            ("place", relation.place.clone()),
        ];
        for (label, value) in qualifiers {
            if let Some(value) = value {
                write!(out, ", {label} {value}")?;
            }
        }
        writeln!(
            out,
            "]\n    {} {} {}({:.2}), trigger: {}",
            relation.class,
            relation.rule,
            origin(news, &relation.rule),
            relation.confidence,
            words.join(" ")
        )?;
    }
    if !found.untaken.is_empty() {
        writeln!(out, "pairs that no rule took:")?;
        for (a, b) in found.untaken {
            writeln!(out, "  {} / {}", linked.mentions[a].span.of(text), linked.mentions[b].span.of(text))?;
        }
    }
    writeln!(out)
}

/// Where a rule is written; nothing for open relations.
fn origin(news: &News, id: &str) -> String {
    let rule = news.relater().rules().rules.iter().find(|rule| &*rule.id == id);
    rule.map(|rule| format!("[{}] ", rule.origin)).unwrap_or_default()
}

/// A token, then its dependents in text order, one a line.
fn tree(linked: &Linked, index: usize, token: usize, own: &str, below: &str, out: &mut impl Write) -> io::Result<()> {
    let sentence = &linked.sentences[index];
    let t = &sentence.tokens[token];
    let word = t.span.of(&linked.document.text);
    writeln!(out, "  {own}{word}  {} {} {} [{}]", t.lemma, t.upos, t.xpos, t.deprel)?;
    let children: Vec<usize> = sentence.children(token).collect();
    for (i, &child) in children.iter().enumerate() {
        let last = i + 1 == children.len();
        let (branch, next) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        tree(linked, index, child, &format!("{below}{branch}"), &format!("{below}{next}"), out)?;
    }
    Ok(())
}
