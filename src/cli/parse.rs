//! `tidings parse`

use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

use anyhow::Context;
use tidings::annotate::Annotator;
use tidings::document::{Document, Segmented, TokenizedSentence};
use tidings::mention::Mention;
use tidings::segment::{from_tokens, segment, tokenize};
use tidings::span::{CharOffsets, Span, one_line};
use tidings::syntax::Annotated;

use super::Exit;
use super::model::ModelArgs;

/// Print tokens, tags, lemmas, trees and named mentions of a text as CoNLL-U
///
/// MISC holds the characters that a token covers and, in a mention, NER=B-kind or NER=I-kind.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// UTF-8 text to read, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Every line is a sentence
    #[arg(long, conflicts_with = "tokens")]
    lines: bool,

    /// Every line is a sentence whose tokens stand between spaces
    #[arg(long)]
    tokens: bool,

    #[command(flatten)]
    model: ModelArgs,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut text = String::new();
    if args.file.as_os_str() == "-" {
        io::stdin().read_to_string(&mut text).context("cannot read standard input; UTF-8 text is wanted")?;
    } else {
        text = std::fs::read_to_string(&args.file)
            .with_context(|| format!("cannot read {}; UTF-8 text is wanted", args.file.display()))?;
    }
    let segmented = if args.tokens {
        let sentences: Vec<Vec<String>> =
            text.lines().map(|line| line.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect()).collect();
        from_tokens("input".to_owned(), &sentences)
    } else {
        let document = Document { id: "input".to_owned(), source: None, title: None, published: None, text };
        if args.lines { sentences_of_lines(document) } else { segment(document) }
    };
    let mut annotator = Annotator::new(std::sync::Arc::new(args.model.model()?));
    let annotated = annotator.annotate(segmented)?;
    let mut out = BufWriter::new(io::stdout().lock());
    conllu(&annotated, &mut out)?;
    out.flush()?;
    Ok(Exit::Done)
}

fn sentences_of_lines(document: Document) -> Segmented {
    let mut sentences = Vec::new();
    let mut start = 0;
    for line in document.text.split_inclusive('\n') {
        let tokens = tokenize(&document.text, Span::new(start, start + line.len()));
        start += line.len();
        if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
            sentences.push(TokenizedSentence { span: first.join(*last), tokens });
        }
    }
    Segmented { document, sentences }
}

fn conllu(annotated: &Annotated, out: &mut impl Write) -> io::Result<()> {
    let text = &annotated.document.text;
    let offsets = CharOffsets::new(text);
    let mut mentions = annotated.mentions.iter().peekable();
    for (index, sentence) in annotated.sentences.iter().enumerate() {
        let mut here: Vec<&Mention> = Vec::new();
        while let Some(m) = mentions.next_if(|m| m.sentence == index) {
            here.push(m);
        }
        writeln!(out, "# sent_id = {}", index + 1)?;
        writeln!(out, "# text = {}", one_line(sentence.span.of(text)))?;
        for (i, token) in sentence.tokens.iter().enumerate() {
            let head = token.head.map_or(0, |h| h + 1);
            let chars = |byte| offsets.char_of(text, byte);
            write!(
                out,
                "{}\t{}\t{}\t{}\t{}\t_\t{}\t{}\t_\tstart_char={}|end_char={}",
                i + 1,
                token.span.of(text),
                token.lemma,
                token.upos,
                token.xpos,
                head,
                token.deprel,
                chars(token.span.start()),
                chars(token.span.end())
            )?;
            if let Some(m) = here.iter().find(|m| m.tokens.contains(&i)) {
                let prefix = if m.tokens.start == i { 'B' } else { 'I' };
                write!(out, "|NER={prefix}-{}", m.kind)?;
            }
            writeln!(out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}
