//! Tags, lemmas, trees and named mentions from one transformer.
//!
//! A sentence becomes word pieces (`pieces`), long ones become windows, the network scores them
//! ([`backend`]), and the scores are decoded: valid BIO sequences for mentions (`ner`), a maximum spanning
//! tree for the syntax (`tree`, `repair`), edit scripts for lemmas (`lemma`).

pub mod backend;
mod lemma;
mod model;
mod ner;
mod pieces;
mod repair;
mod tree;

use std::ops::Range;
use std::sync::Arc;

pub use model::{Model, ModelError};

use crate::document::{Segmented, TokenizedSentence};
use crate::mention::{Form, Mention};
use crate::syntax::{Annotated, Deprel, Sentence, Token, Upos, Xpos};
use backend::{Backend, BackendError, Input, Matrix, Output};
use pieces::Vocabulary;

/// One worker's tagger. Workers share the model's weights; each runs on one thread.
pub struct Annotator {
    model: Arc<Model>,
    backend: Box<dyn Backend>,
    vocabulary: Vocabulary,
}

/// A part of a sentence that the network sees at once.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Window {
    /// Words that go into the network.
    seen: Range<usize>,
    /// Words whose answers are taken from here; windows' `owned` ranges tile the sentence.
    owned: Range<usize>,
}

/// Words of context that a window shares with its neighbours.
const OVERLAP: usize = 24;
/// Longest window in words; arcs cost their square.
const MAX_WORDS: usize = 160;

impl Annotator {
    /// A worker on `model` with the default engine.
    pub fn new(model: Arc<Model>) -> Self {
        let backend = Box::new(model.backend.clone());
        Self { model, backend, vocabulary: Vocabulary::default() }
    }

    /// Tag, parse and lemmatize every sentence and find the named mentions.
    ///
    /// # Errors
    /// [`BackendError::Run`] when the engine fails; bad text never is a reason.
    pub fn annotate(&mut self, segmented: Segmented) -> Result<Annotated, BackendError> {
        let Segmented { document, sentences } = segmented;
        let mut parsed = Vec::with_capacity(sentences.len());
        let mut mentions = Vec::new();
        for (index, sentence) in sentences.iter().enumerate() {
            let (tokens, found) = self.sentence(&document.text, sentence)?;
            mentions.extend(found.into_iter().map(|m| Mention {
                sentence: index,
                span: tokens[m.tokens.start].span.join(tokens[m.tokens.end - 1].span),
                tokens: m.tokens,
                kind: m.kind,
                form: Form::Name,
                score: m.score,
            }));
            parsed.push(Sentence { span: sentence.span, tokens });
        }
        Ok(Annotated { document, sentences: parsed, mentions })
    }

    fn sentence(
        &mut self,
        text: &str,
        sentence: &TokenizedSentence,
    ) -> Result<(Vec<Token>, Vec<ner::Found>), BackendError> {
        let words: Vec<&str> = sentence.tokens.iter().map(|t| t.of(text)).collect();
        let pieces: Vec<Arc<[i32]>> = words.iter().map(|w| self.vocabulary.pieces(&self.model, w)).collect();
        let windows = windows(&pieces.iter().map(|p| p.len()).collect::<Vec<_>>(), self.model.max_pieces);
        let mut tokens: Vec<Token> = Vec::with_capacity(words.len());
        let mut ner = Vec::with_capacity(words.len());
        let mut root = None;
        for window in &windows {
            let input = self.input(&words[window.seen.clone()], &pieces[window.seen.clone()]);
            let mut outputs = self.backend.run(std::slice::from_ref(&input))?;
            let output = outputs.pop().ok_or_else(|| BackendError::Run("no output".to_owned()))?;
            self.check(&output, window.seen.len())?;
            let from = window.owned.start - window.seen.start;
            let n = window.owned.len();
            // Every window's part gets a tree of its own; the parts hang side by side below the first one.
            let heads = tree::best_tree(n, arc_scores(&output.arc, from, n));
            let deprels = self.deprels(&output, from, &heads)?;
            for (i, (head, deprel)) in heads.into_iter().zip(deprels).enumerate() {
                let word = words[window.owned.start + i];
                let (head, deprel) = match (head, root) {
                    (Some(h), _) => (Some(window.owned.start + h), deprel),
                    (None, None) => {
                        root = Some(window.owned.start + i);
                        (None, Deprel::Root)
                    }
                    (None, Some(first)) => (Some(first), Deprel::Parataxis),
                };
                let labels = &self.model.labels;
                let upos = labels.upos.get(argmax(output.upos.row(from + i))).copied().unwrap_or(Upos::X);
                let xpos = labels.xpos.get(argmax(output.xpos.row(from + i))).copied().unwrap_or(Xpos::Other);
                tokens.push(Token {
                    span: sentence.tokens[window.owned.start + i],
                    lemma: self.lemma(output.lemma.row(from + i), word, upos, xpos),
                    upos,
                    xpos,
                    head,
                    deprel,
                });
                ner.push(output.ner.row(from + i).to_vec());
            }
        }
        repair::repair(&mut tokens, &words);
        let found = ner::decode(&self.model.labels.ner, &ner)
            .into_iter()
            .filter(|m| words[m.tokens.clone()].iter().any(|w| w.chars().any(char::is_alphanumeric)))
            .collect();
        Ok((tokens, found))
    }

    fn input(&self, words: &[&str], pieces: &[Arc<[i32]>]) -> Input {
        let special = self.model.special;
        let mut input =
            Input { ids: vec![special.begin as i32], shapes: vec![0], words: Vec::with_capacity(words.len()) };
        for (word, ids) in words.iter().zip(pieces) {
            input.words.push(input.ids.len() as i32);
            input.ids.extend_from_slice(ids);
            input.shapes.resize(input.ids.len(), pieces::shape(word));
        }
        input.ids.push(special.end as i32);
        input.shapes.push(0);
        input
    }

    /// A graph whose outputs do not fit the labels is caught here, not by an index out of range.
    fn check(&self, output: &Output, n: usize) -> Result<(), BackendError> {
        let labels = &self.model.labels;
        let fits = |m: &Matrix, rows: usize, columns: usize| m.n_rows() == rows && m.n_columns() == columns;
        if fits(&output.ner, n, labels.ner.len())
            && fits(&output.upos, n, labels.upos.len())
            && fits(&output.xpos, n, labels.xpos.len())
            && fits(&output.lemma, n, labels.lemma.len())
            && fits(&output.arc, n, n + 1)
            && output.dependents.n_rows() == n
            && output.governors.n_rows() == n + 1
        {
            return Ok(());
        }
        Err(BackendError::Run(
            "its outputs do not fit config.json; export the model again with scripts/export".to_owned(),
        ))
    }

    fn lemma(&self, scores: &[f32], word: &str, upos: Upos, xpos: Xpos) -> String {
        match upos {
            // The treebanks' conventions: a number loses its separators, an adjective in a name stays as printed.
            Upos::Num if word.starts_with(|c: char| c.is_ascii_digit()) => return word.replace(',', ""),
            Upos::Adj if matches!(xpos, Xpos::Nnp | Xpos::Nnps) => return word.to_owned(),
            // Names are too many and too new for the table; their capital stays.
            Upos::Propn => return lemma::keep_capital(word, self.edited(scores, word)),
            _ => {}
        }
        match self.model.lemmas.get(&(word.to_lowercase().into(), upos)) {
            Some(lemma) => lemma.to_string(),
            None => self.edited(scores, word),
        }
    }

    /// The best script's lemma among those that fit the form: a script may want to cut more than there is.
    fn edited(&self, scores: &[f32], word: &str) -> String {
        let scripts = &self.model.labels.lemma;
        if let Some(lemma) = scripts.get(argmax(scores)).and_then(|s| s.apply(word)) {
            return lemma;
        }
        let mut order: Vec<usize> = (0..scripts.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        order.into_iter().find_map(|i| scripts[i].apply(word)).unwrap_or_else(|| word.to_lowercase())
    }

    fn deprels(&mut self, output: &Output, from: usize, heads: &[Option<usize>]) -> Result<Vec<Deprel>, BackendError> {
        let arcs: Vec<(usize, usize)> =
            heads.iter().enumerate().filter_map(|(d, h)| h.map(|h| (from + d, from + h + 1))).collect();
        let mut deprels = vec![Deprel::Root; heads.len()];
        if arcs.is_empty() {
            return Ok(deprels);
        }
        let gather = |m: &Matrix, rows: &mut dyn Iterator<Item = usize>| {
            Matrix::new(m.n_columns(), rows.flat_map(|r| m.row(r).iter().copied()).collect())
        };
        let dependents = gather(&output.dependents, &mut arcs.iter().map(|a| a.0));
        let governors = gather(&output.governors, &mut arcs.iter().map(|a| a.1));
        let scores = self.backend.relations(&dependents, &governors)?;
        let labels = &self.model.labels.deprel;
        if scores.n_rows() != arcs.len() || scores.n_columns() != labels.len() {
            return Err(BackendError::Run("relations.onnx does not fit config.json".to_owned()));
        }
        for (row, &(dependent, _)) in arcs.iter().enumerate() {
            let scores = scores.row(row);
            let mut best = None;
            for (i, &label) in labels.iter().enumerate() {
                if label != Deprel::Root && best.is_none_or(|b: usize| scores[i] > scores[b]) {
                    best = Some(i);
                }
            }
            deprels[dependent - from] = best.map_or(Deprel::Dep, |b| labels[b]);
        }
        Ok(deprels)
    }
}

/// Log probabilities of the arcs among the words `from..from + n` of a window, and of the root.
fn arc_scores(arc: &Matrix, from: usize, n: usize) -> impl Fn(usize, Option<usize>) -> f32 + '_ {
    let column = move |head: Option<usize>| head.map_or(0, |h| from + h + 1);
    let norms: Vec<f32> = (0..n)
        .map(|d| {
            let row = arc.row(from + d);
            let open = (0..n).filter(|&h| h != d).map(Some).chain([None]);
            log_sum_exp(open.map(|h| row[column(h)]))
        })
        .collect();
    move |dep, head| arc.row(from + dep)[column(head)] - norms[dep]
}

fn log_sum_exp(values: impl Iterator<Item = f32> + Clone) -> f32 {
    let top = values.clone().fold(f32::NEG_INFINITY, f32::max);
    top + values.map(|v| (v - top).exp()).sum::<f32>().ln()
}

/// First index of the greatest value.
fn argmax(values: &[f32]) -> usize {
    let mut best = 0;
    for (i, &v) in values.iter().enumerate() {
        if v > values[best] {
            best = i;
        }
    }
    best
}

/// Cut a sentence whose words have `sizes` pieces into windows of at most `max_pieces`, each word owned once.
fn windows(sizes: &[usize], max_pieces: usize) -> Vec<Window> {
    let mut out: Vec<Window> = Vec::new();
    let mut start = 0;
    while start < sizes.len() {
        let (mut end, mut total) = (start, 0);
        while end < sizes.len() && end - start < MAX_WORDS && (end == start || total + sizes[end] <= max_pieces) {
            total += sizes[end];
            end += 1;
        }
        // A window that sees no further than the former one has nothing to say.
        if out.last().is_some_and(|former| former.seen.end == end) {
            start += 1;
            continue;
        }
        // The overlap's first half belongs to the former window, its second half to this one.
        let owned_start = out.last().map_or(start, |w| start + (w.seen.end - start) / 2);
        if let Some(former) = out.last_mut() {
            former.owned.end = owned_start;
        }
        out.push(Window { seen: start..end, owned: owned_start..end });
        if end == sizes.len() {
            break;
        }
        // A step of one word at least, also where a window holds only few long words.
        start = end.saturating_sub(OVERLAP.min((end - start) / 2)).max(start + 1);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn windows_own_every_word_once(sizes in proptest::collection::vec(1_usize..13, 0..900), max in 16_usize..250) {
            let windows = windows(&sizes, max);
            let mut next = 0;
            for w in &windows {
                prop_assert_eq!(w.owned.start, next);
                prop_assert!(w.seen.start <= w.owned.start && w.owned.end <= w.seen.end);
                prop_assert!(!w.owned.is_empty());
                prop_assert!(w.seen.len() <= MAX_WORDS);
                prop_assert!(w.seen.len() == 1 || sizes[w.seen.clone()].iter().sum::<usize>() <= max);
                next = w.owned.end;
            }
            prop_assert_eq!(next, sizes.len());
        }
    }

    #[test]
    fn a_window_that_sees_no_further_is_left_out() {
        let found: Vec<Range<usize>> = windows(&[9, 6, 3, 1, 12, 8, 11], 24).into_iter().map(|w| w.owned).collect();
        assert_eq!(found, [0..3, 3..5, 5..7]);
    }
}
