//! Tags, lemmas, trees and named mentions from one transformer.
//!
//! A sentence becomes word pieces (`pieces`), long ones become windows, the network scores them
//! ([`backend`]), and the scores are decoded: valid BIO sequences for mentions (`ner`), a maximum spanning
//! tree for the syntax (`tree`, `repair`), edit scripts for lemmas (`lemma`). Somebody else's token classifier can take
//! the place of the mentions' tagger (`classifier`).

pub mod backend;
#[cfg(feature = "libtorch")]
mod classifier;
#[cfg(test)]
#[cfg(feature = "embedded")]
mod contract;
mod lemma;
mod memory;
mod model;
mod ner;
mod pieces;
mod repair;
mod tree;

use std::ops::Range;
use std::sync::Arc;

#[cfg(feature = "libtorch")]
pub use classifier::{LabelMap, NerModel, NerModelConfig, NerModelError};
pub use memory::SentenceMemory;
pub use model::{Model, ModelError, NO_LIBTORCH};

use crate::document::Segmented;
use crate::mention::{Form, Mention};
use crate::span::Span;
use crate::syntax::{Annotated, Deprel, Sentence, Token, Upos, Xpos};
use backend::{Backend, BackendError, Input, Matrix, Output};
use ner::{NerTagger, NerTaggers};
use pieces::Vocabulary;

/// One worker's tagger. Workers share the model's weights and the memory of sentences; each runs on one thread.
pub struct Annotator {
    model: Arc<Model>,
    backend: Box<dyn Backend>,
    vocabulary: Vocabulary,
    memory: Arc<SentenceMemory>,
    /// Takes the place of the model's own tagger of mentions.
    ner: Option<Box<dyn NerTagger>>,
}

/// What is known of a sentence: its tokens, and the named mentions in it.
#[derive(Debug, Clone)]
struct Parsed {
    tokens: Vec<Token>,
    found: Vec<ner::Found>,
}

/// A sentence whose windows are not all decoded.
struct Draft<'a> {
    sentence: usize,
    printed: ner::Sentence<'a>,
    words: Vec<&'a str>,
    key: Box<[u8]>,
    tokens: Vec<Token>,
    ner: Vec<f32>,
    root: Option<usize>,
}

/// A window of a draft on its way through the network.
struct Part {
    draft: usize,
    window: Window,
}

/// What was found in consecutive sentences of an article ([`Annotator::annotate_part`]).
#[derive(Debug)]
pub struct AnnotatedPart(Vec<Parsed>);

/// A part of a sentence that the network sees at once.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Window {
    /// Words that go into the network.
    seen: Range<usize>,
    /// Words whose answers are taken from here; windows' `owned` ranges tile the sentence.
    owned: Range<usize>,
}

impl Window {
    /// Rows of its answers before those that are taken.
    fn context(&self) -> usize {
        self.owned.start - self.seen.start
    }
}

/// Words of context that a window shares with its neighbours.
const OVERLAP: usize = 24;
/// Longest window in words; arcs cost their square.
const MAX_WORDS: usize = 160;

/// What a window may hold at most; a single word with more pieces is a window all the same.
#[derive(Debug, Clone, Copy)]
struct Limits {
    pieces: usize,
    words: usize,
}

impl Annotator {
    /// A worker on `model`.
    pub fn new(model: Arc<Model>) -> Self {
        Self::with_memory(model, Arc::default())
    }

    /// A worker that shares its memory of sentences with others on the same model.
    pub fn with_memory(model: Arc<Model>, memory: Arc<SentenceMemory>) -> Self {
        let backend = model.engine();
        Self::with_backend(model, backend, memory)
    }

    /// A worker whose network is run by another engine than the model's. Memory is shared only among workers whose engines
    /// give the same scores.
    pub fn with_backend(model: Arc<Model>, backend: Box<dyn Backend>, memory: Arc<SentenceMemory>) -> Self {
        Self {
            ner: model.ner.clone().map(NerTaggers::tagger),
            model,
            backend,
            vocabulary: Vocabulary::default(),
            memory,
        }
    }

    /// Tag, parse and lemmatize every sentence and find the named mentions.
    ///
    /// # Errors
    /// [`BackendError::Run`] when the engine fails; bad text never is a reason.
    pub fn annotate(&mut self, segmented: Segmented) -> Result<Annotated, BackendError> {
        self.annotate_all(vec![segmented])?.pop().ok_or_else(|| BackendError::Run("no result".to_owned()))
    }

    /// As [`annotate`](Self::annotate) for several articles, whose sentences share runs of the network. What is said of
    /// an article does not depend on the others.
    ///
    /// # Errors
    /// [`BackendError::Run`] when the engine fails; bad text never is a reason.
    pub fn annotate_all(&mut self, articles: Vec<Segmented>) -> Result<Vec<Annotated>, BackendError> {
        let sentences =
            articles.iter().flat_map(|a| a.sentences.iter().map(|s| (a.document.text.as_str(), &s.tokens[..])));
        let mut parsed = self.parse(sentences)?.into_iter();
        Ok(articles
            .into_iter()
            .map(|article| {
                let n = article.sentences.len();
                assemble(article, [AnnotatedPart(parsed.by_ref().take(n).collect())])
            })
            .collect())
    }

    /// As [`annotate`](Self::annotate) for some sentences of an article, so that several workers can share a long one;
    /// [`assemble`] puts them together.
    ///
    /// # Errors
    /// [`BackendError::Run`] when the engine fails; bad text never is a reason.
    pub fn annotate_part(
        &mut self,
        article: &Segmented,
        sentences: Range<usize>,
    ) -> Result<AnnotatedPart, BackendError> {
        let text = article.document.text.as_str();
        Ok(AnnotatedPart(self.parse(article.sentences[sentences].iter().map(|s| (text, &s.tokens[..])))?))
    }

    /// What the network is given for all sentences of some articles, in order: for whoever measures or compares engines.
    pub fn inputs(&mut self, articles: &[Segmented]) -> Vec<Input> {
        let mut inputs = Vec::new();
        for article in articles {
            for sentence in &article.sentences {
                let words: Vec<&str> = sentence.tokens.iter().map(|t| t.of(&article.document.text)).collect();
                self.windows(&words, |_, input| inputs.push(input));
            }
        }
        inputs
    }

    /// The windows of a sentence, each with its input.
    fn windows(&mut self, words: &[&str], mut each: impl FnMut(Window, Input)) {
        let pieces: Vec<Arc<[i32]>> = words.iter().map(|w| self.vocabulary.pieces(&self.model, w)).collect();
        let sizes: Vec<usize> = pieces.iter().map(|p| p.len()).collect();
        for window in windows(&sizes, Limits { pieces: self.model.max_pieces, words: MAX_WORDS }) {
            let input = self.input(&words[window.seen.clone()], &pieces[window.seen.clone()]);
            each(window, input);
        }
    }

    /// Parse sentences, each the spans of its tokens in a text.
    fn parse<'a>(
        &mut self,
        sentences: impl Iterator<Item = (&'a str, &'a [Span])>,
    ) -> Result<Vec<Parsed>, BackendError> {
        let mut results = Vec::new();
        let mut drafts = Vec::new();
        let (mut parts, mut inputs, mut n_pieces) = (Vec::new(), Vec::new(), 0);
        let pack = self.backend.pack();
        for (text, spans) in sentences {
            let words: Vec<&str> = spans.iter().map(|t| t.of(text)).collect();
            let printed = ner::Sentence { text, tokens: spans };
            // All that the result depends on.
            let key = match self.ner {
                Some(_) => memory::key(&[&words[..], &[printed.printed().0]].concat()),
                None => memory::key(&words),
            };
            if let Some(known) = self.memory.get(&key) {
                let mut parsed = Parsed::clone(&known);
                for (token, span) in parsed.tokens.iter_mut().zip(spans) {
                    token.span = *span;
                }
                results.push(parsed);
                continue;
            }
            let mut new = Vec::new();
            self.windows(&words, |window, input| new.push((window, input)));
            drafts.push(Draft {
                sentence: results.len(),
                printed,
                key,
                tokens: Vec::with_capacity(words.len()),
                ner: Vec::with_capacity(words.len() * self.model.labels.ner.len()),
                words,
                root: None,
            });
            results.push(Parsed { tokens: Vec::new(), found: Vec::new() });
            for (window, input) in new {
                n_pieces += input.ids.len();
                inputs.push(input);
                parts.push(Part { draft: drafts.len() - 1, window });
                if n_pieces >= pack {
                    self.decode(&mut drafts, &std::mem::take(&mut parts), &std::mem::take(&mut inputs))?;
                    self.finish(&mut drafts, &mut results)?;
                    n_pieces = 0;
                }
            }
        }
        self.decode(&mut drafts, &parts, &inputs)?;
        self.finish(&mut drafts, &mut results)?;
        Ok(results)
    }

    /// Hand on the drafts that are done; at most one, whose next windows wait, stays.
    fn finish(&mut self, drafts: &mut Vec<Draft>, results: &mut [Parsed]) -> Result<(), BackendError> {
        let done = drafts.iter().take_while(|draft| draft.tokens.len() == draft.words.len()).count();
        let labels = &self.model.labels.ner;
        let finished: Vec<Draft> = drafts.drain(..done).collect();
        let mut named: Vec<_> = finished.iter().map(|draft| ner::decode(labels, false, &draft.ner)).collect();
        if let Some(tagger) = &mut self.ner {
            let printed: Vec<ner::Sentence> = finished.iter().map(|draft| draft.printed).collect();
            named = tagger.mentions(&printed, &named)?;
        }
        for (mut draft, mut found) in finished.into_iter().zip(named) {
            repair::repair(&mut draft.tokens, &draft.words);
            found.retain(|m| draft.words[m.tokens.clone()].iter().any(|w| w.chars().any(char::is_alphanumeric)));
            let parsed = Parsed { tokens: draft.tokens, found };
            self.memory.put(draft.key, &parsed);
            results[draft.sentence] = parsed;
        }
        Ok(())
    }

    /// Run the network on windows and add what it says to their drafts.
    fn decode(&mut self, drafts: &mut [Draft], parts: &[Part], inputs: &[Input]) -> Result<(), BackendError> {
        if parts.is_empty() {
            return Ok(());
        }
        let outputs = self.backend.run(inputs)?;
        if outputs.len() != parts.len() {
            return Err(BackendError::Run(format!("{} outputs for {} inputs", outputs.len(), parts.len())));
        }
        let mut trees = Vec::with_capacity(parts.len());
        for (part, output) in parts.iter().zip(&outputs) {
            self.check(output, part.window.seen.len())?;
            let (from, n) = (part.window.context(), part.window.owned.len());
            // Every window's part gets a tree of its own; the parts hang side by side below the first one.
            trees.push(tree::best_tree(n, arc_scores(&output.arc, from, n)));
        }
        let mut deprels = self.deprels(parts, &outputs, &trees)?.into_iter();
        let mut tags = self.tags(drafts, parts, &outputs)?.into_iter();
        for ((part, output), tree) in parts.iter().zip(&outputs).zip(trees) {
            let owned = &part.window.owned;
            let draft = &mut drafts[part.draft];
            for (i, head) in tree.into_iter().enumerate() {
                let (head, deprel) = match (head, draft.root) {
                    (Some(h), _) => (Some(owned.start + h), deprels.next().unwrap_or(Deprel::Dep)),
                    (None, None) => {
                        draft.root = Some(owned.start + i);
                        (None, Deprel::Root)
                    }
                    (None, Some(first)) => (Some(first), Deprel::Parataxis),
                };
                let (upos, xpos, lemma) = tags.next().unwrap_or((Upos::X, Xpos::Other, String::new()));
                draft.tokens.push(Token {
                    span: draft.printed.tokens[owned.start + i],
                    lemma,
                    upos,
                    xpos,
                    head,
                    deprel,
                });
                draft.ner.extend_from_slice(output.ner.row(part.window.context() + i));
            }
        }
        Ok(())
    }

    /// Parts of speech and lemma of every owned word. Most lemmas are in the table; the network is asked for the others.
    fn tags(
        &mut self,
        drafts: &[Draft],
        parts: &[Part],
        outputs: &[Output],
    ) -> Result<Vec<(Upos, Xpos, String)>, BackendError> {
        let labels = &self.model.labels;
        let mut tags = Vec::new();
        let mut unknown = Vec::new();
        let mut hidden = Vec::new();
        for (part, output) in parts.iter().zip(outputs) {
            for word in part.window.owned.clone() {
                let row = word - part.window.seen.start;
                let upos = labels.upos.get(argmax(output.upos.row(row))).copied().unwrap_or(Upos::X);
                let xpos = labels.xpos.get(argmax(output.xpos.row(row))).copied().unwrap_or(Xpos::Other);
                let word = drafts[part.draft].words[word];
                let lemma = self.model.known_lemma(word, upos, xpos).unwrap_or_else(|| {
                    unknown.push((tags.len(), word));
                    hidden.extend_from_slice(output.hidden.row(row));
                    String::new()
                });
                tags.push((upos, xpos, lemma));
            }
        }
        if !unknown.is_empty() {
            let scores = self.backend.lemmas(&Matrix::new(hidden.len() / unknown.len(), hidden))?;
            if scores.n_rows() != unknown.len() || scores.n_columns() != labels.lemma.len() {
                return Err(unfit());
            }
            for (row, (at, word)) in unknown.into_iter().enumerate() {
                let lemma = self.edited(scores.row(row), word);
                // The capital of a name stays.
                tags[at].2 = if tags[at].0 == Upos::Propn { lemma::keep_capital(word, lemma) } else { lemma };
            }
        }
        Ok(tags)
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
            && output.hidden.n_rows() == n
            && fits(&output.arc, n, n + 1)
            && output.dependents.n_rows() == n
            && output.governors.n_rows() == n + 1
        {
            return Ok(());
        }
        Err(unfit())
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

    /// Relations of all owned words that have a head in their window, in order.
    fn deprels(
        &mut self,
        parts: &[Part],
        outputs: &[Output],
        trees: &[Vec<Option<usize>>],
    ) -> Result<Vec<Deprel>, BackendError> {
        let (mut dependents, mut governors, mut n_arcs) = (Vec::new(), Vec::new(), 0);
        for ((part, output), tree) in parts.iter().zip(outputs).zip(trees) {
            let from = part.window.context();
            for (dependent, head) in tree.iter().enumerate() {
                if let Some(head) = head {
                    dependents.extend_from_slice(output.dependents.row(from + dependent));
                    governors.extend_from_slice(output.governors.row(from + head + 1));
                    n_arcs += 1;
                }
            }
        }
        if n_arcs == 0 {
            return Ok(Vec::new());
        }
        let matrix = |rows: Vec<f32>| Matrix::new(rows.len() / n_arcs, rows);
        let scores = self.backend.relations(&matrix(dependents), &matrix(governors))?;
        let labels = &self.model.labels.deprel;
        if scores.n_rows() != n_arcs || scores.n_columns() != labels.len() {
            return Err(BackendError::Run("relations.onnx does not fit config.json".to_owned()));
        }
        let best = |scores: &[f32]| {
            let mut best = None;
            for (i, &label) in labels.iter().enumerate() {
                if label != Deprel::Root && best.is_none_or(|b: usize| scores[i] > scores[b]) {
                    best = Some(i);
                }
            }
            best.map_or(Deprel::Dep, |b| labels[b])
        };
        Ok((0..n_arcs).map(|arc| best(scores.row(arc))).collect())
    }
}

fn unfit() -> BackendError {
    BackendError::Run("its outputs do not fit config.json; export the model again with scripts/export".to_owned())
}

/// An article with what was found in all of its sentences, part after part.
pub fn assemble(article: Segmented, parts: impl IntoIterator<Item = AnnotatedPart>) -> Annotated {
    let Segmented { document, sentences } = article;
    let mut mentions = Vec::new();
    let sentences = sentences
        .iter()
        .zip(parts.into_iter().flat_map(|part| part.0))
        .enumerate()
        .map(|(index, (sentence, Parsed { tokens, found }))| {
            mentions.extend(found.into_iter().map(|m| Mention {
                sentence: index,
                span: tokens[m.tokens.start].span.join(tokens[m.tokens.end - 1].span),
                tokens: m.tokens,
                kind: m.kind,
                form: Form::Name,
                score: m.score,
            }));
            Sentence { span: sentence.span, tokens }
        })
        .collect();
    Annotated { document, sentences, mentions }
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

/// Cut a sentence whose words have `sizes` pieces into windows, each word owned once.
fn windows(sizes: &[usize], limits: Limits) -> Vec<Window> {
    let mut out: Vec<Window> = Vec::new();
    let mut start = 0;
    while start < sizes.len() {
        let (mut end, mut total) = (start, 0);
        while end < sizes.len() && end - start < limits.words && (end == start || total + sizes[end] <= limits.pieces) {
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
    use crate::document::Document;
    use crate::segment::segment;
    use proptest::prelude::*;

    const TEXTS: [&str; 5] = [
        "Kenyan Foreign Minister Amina Wanjiru met her Norwegian counterpart Lars Heggen in Mombasa on Tuesday. She will \
         visit Oslo in May.",
        "Yes.",
        "The U.N. refugee agency, UNHCR, said 12,500 people had fled to Chad since June; Sudan's army denied that it \
         had shelled the camp at El-Obeid 😀.",
        "Canada has not threatened Mongolia with sanctions, Claire Dubois told reporters at the embassy in Ulaanbaatar, \
         where the two sides had signed a mining agreement a year before.",
        "Yes. “No,” said Dr. José Ñúñez.",
    ];

    pub(super) fn article(text: &str) -> Segmented {
        segment(Document { id: String::new(), source: None, title: None, published: None, text: text.to_owned() })
    }

    /// The graph as a general engine runs it. Its int8 steps are coarser (one scale for a whole sentence), so that only
    /// what is decided is compared, and how far apart scores are on average.
    #[test]
    #[cfg(feature = "embedded")]
    fn scores_are_those_of_the_graph_in_a_general_engine() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/news-en/model.onnx");
        let graph = rten::Model::load_file(path).unwrap();
        let mut annotator = Annotator::new(Arc::new(Model::embedded().unwrap()));
        let (mut n_words, mut agree, mut difference, mut size) = (0, 0, 0.0, 0.0);
        for text in TEXTS {
            for input in annotator.inputs(&[article(text)]) {
                let ours = annotator.backend.run(std::slice::from_ref(&input)).unwrap().remove(0);
                let row = |data: Vec<i32>| rten_tensor::NdTensor::from_data([1, data.len()], data);
                let given = [
                    ("ids", row(input.ids.clone())),
                    ("shapes", row(input.shapes.clone())),
                    ("mask", row(vec![1; input.ids.len()])),
                    ("words", row([&[0], &input.words[..]].concat())),
                ];
                let given: Vec<_> = given.into_iter().map(|(n, t)| (graph.node_id(n).unwrap(), t.into())).collect();
                let names = ["ner", "upos", "xpos", "arc"];
                let nodes: Vec<_> = names.iter().map(|name| graph.node_id(name).unwrap()).collect();
                let values = graph.run(given, &nodes, None).unwrap();
                for (value, ours) in values.into_iter().zip([&ours.ner, &ours.upos, &ours.xpos, &ours.arc]) {
                    let tensor: rten_tensor::Tensor<f32> = value.try_into().unwrap();
                    let theirs = Matrix::new(ours.n_columns(), rten_tensor::AsView::to_vec(&tensor));
                    assert_eq!(theirs.n_rows(), input.words.len());
                    for word in 0..input.words.len() {
                        n_words += 1;
                        agree += usize::from(argmax(ours.row(word)) == argmax(theirs.row(word)));
                        for (a, b) in ours.row(word).iter().zip(theirs.row(word)) {
                            difference += f64::from((a - b).abs());
                            size += f64::from(b.abs());
                        }
                    }
                }
            }
        }
        assert!(agree * 100 >= n_words * 97, "{agree} of {n_words}");
        assert!(difference < 0.06 * size, "{difference} of {size}");
    }

    proptest! {
        #[test]
        fn windows_own_every_word_once(sizes in proptest::collection::vec(1_usize..13, 0..900), max in 16_usize..250) {
            let windows = windows(&sizes, Limits { pieces: max, words: MAX_WORDS });
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
        const LIMITS: Limits = Limits { pieces: 24, words: MAX_WORDS };
        let found: Vec<Range<usize>> = windows(&[9, 6, 3, 1, 12, 8, 11], LIMITS).into_iter().map(|w| w.owned).collect();
        assert_eq!(found, [0..3, 3..5, 5..7]);
    }
}
