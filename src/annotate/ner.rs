//! From label scores to mentions: the best sequence that is valid BIO (Viterbi, 1967).

use std::ops::Range;
use std::sync::Arc;

use super::backend::BackendError;
use crate::mention::Kind;
use crate::span::Span;

/// A NER label: outside, or beginning or inside of a mention of something, most often of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NerLabel<T = Kind> {
    Outside,
    Begin(T),
    Inside(T),
}

/// A mention within a sentence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found<T = Kind> {
    pub(super) tokens: Range<usize>,
    pub(super) kind: T,
    /// Lowest probability of a token's label.
    pub(super) score: f32,
}

/// A sentence for another tagger.
#[derive(Clone, Copy)]
pub(super) struct Sentence<'a> {
    /// The text that it stands in.
    pub(super) text: &'a str,
    /// Its tokens; there is at least one.
    pub(super) tokens: &'a [Span],
}

impl<'a> Sentence<'a> {
    /// The sentence as it is printed, and its first byte.
    pub(super) fn printed(&self) -> (&'a str, usize) {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => (first.join(*last).of(self.text), first.start()),
            _ => ("", 0),
        }
    }
}

/// One worker's tagger in the place of the model's own.
pub(super) trait NerTagger: Send {
    /// The mentions in every sentence, where the model's own tagger has found `own`.
    ///
    /// What is found in a sentence must not depend on the others, nor on anything but how it is printed.
    fn mentions(&mut self, sentences: &[Sentence<'_>], own: &[Vec<Found>]) -> Result<Vec<Vec<Found>>, BackendError>;
}

/// What the taggers of all workers share.
pub(super) trait NerTaggers: Send + Sync {
    /// A tagger for another worker.
    fn tagger(self: Arc<Self>) -> Box<dyn NerTagger>;
}

fn may_follow<T: PartialEq>(former: &NerLabel<T>, label: &NerLabel<T>) -> bool {
    match label {
        NerLabel::Outside | NerLabel::Begin(_) => true,
        NerLabel::Inside(kind) => matches!(former, NerLabel::Begin(k) | NerLabel::Inside(k) if k == kind),
    }
}

/// Mentions of the best valid label sequence; `scores` holds a row of logits for each token.
///
/// Where `inside_begins`, a mention may begin with an inside label: after another kind and outside of one, as in IOB1.
pub(super) fn decode<T: Copy + PartialEq>(
    labels: &[NerLabel<T>],
    inside_begins: bool,
    scores: &[f32],
) -> Vec<Found<T>> {
    let log: Vec<Vec<f32>> = scores
        .chunks_exact(labels.len())
        .map(|row| {
            let norm = super::log_sum_exp(row.iter().copied());
            row.iter().map(|v| v - norm).collect()
        })
        .collect();
    let mut best: Vec<f32> = Vec::new();
    let mut back: Vec<Vec<usize>> = Vec::with_capacity(log.len());
    for (i, row) in log.iter().enumerate() {
        let mut now = vec![f32::NEG_INFINITY; labels.len()];
        let mut from = vec![0; labels.len()];
        for (l, label) in labels.iter().enumerate() {
            if i == 0 {
                if inside_begins || may_follow(&NerLabel::Outside, label) {
                    now[l] = row[l];
                }
                continue;
            }
            for (f, former) in labels.iter().enumerate() {
                if (inside_begins || may_follow(former, label)) && best[f] + row[l] > now[l] {
                    now[l] = best[f] + row[l];
                    from[l] = f;
                }
            }
        }
        best = now;
        back.push(from);
    }
    let mut path = vec![0; log.len()];
    if let Some(last) = log.len().checked_sub(1) {
        path[last] = super::argmax(&best);
        for i in (0..last).rev() {
            path[i] = back[i + 1][path[i + 1]];
        }
    }
    let mut out: Vec<Found<T>> = Vec::new();
    for (i, &l) in path.iter().enumerate() {
        let p = log[i][l].exp();
        match labels[l] {
            NerLabel::Begin(kind) => out.push(Found { tokens: i..i + 1, kind, score: p }),
            NerLabel::Inside(kind) => match out.last_mut() {
                Some(open) if open.tokens.end == i && open.kind == kind => {
                    open.tokens.end = i + 1;
                    open.score = open.score.min(p);
                }
                _ => out.push(Found { tokens: i..i + 1, kind, score: p }),
            },
            NerLabel::Outside => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [NerLabel; 5] = [
        NerLabel::Outside,
        NerLabel::Begin(Kind::Person),
        NerLabel::Inside(Kind::Person),
        NerLabel::Begin(Kind::Place),
        NerLabel::Inside(Kind::Place),
    ];

    #[track_caller]
    fn check_as(inside_begins: bool, rows: &[[f32; 5]], expect: &[(Range<usize>, Kind)]) {
        let found: Vec<_> =
            decode(&LABELS, inside_begins, &rows.concat()).into_iter().map(|f| (f.tokens, f.kind)).collect();
        assert_eq!(found, expect);
    }

    #[track_caller]
    fn check(rows: &[[f32; 5]], expect: &[(Range<usize>, Kind)]) {
        check_as(false, rows, expect);
    }

    #[test]
    fn a_mention_may_begin_inside_where_labels_say_so() {
        let (o, bp, ip, il) = ([4., 0., 0., 0., 0.], [0., 4., 0., 0., 0.], [0., 0., 4., 0., 0.], [0., 0., 0., 0., 4.]);
        let (person, place) = (Kind::Person, Kind::Place);
        check_as(true, &[ip, ip, o, il], &[(0..2, person), (3..4, place)]);
        check_as(true, &[ip, il, il], &[(0..1, person), (1..3, place)]);
        check_as(true, &[ip, bp, ip], &[(0..1, person), (1..3, person)]);
    }

    #[test]
    fn pieces_of_one_name_stay_together() {
        let (o, bp, ip, il) = ([4., 0., 0., 0., 0.], [0., 4., 0., 0., 0.], [0., 0., 4., 0., 0.], [0., 0., 3., 0., 4.]);
        check(&[], &[]);
        check(&[o, o], &[]);
        check(&[bp, ip, o], &[(0..2, Kind::Person)]);
        check(&[bp, bp], &[(0..1, Kind::Person), (1..2, Kind::Person)]);
        // An inside label of another kind is not valid after a person's begin.
        check(&[bp, il, ip], &[(0..3, Kind::Person)]);
        // A name cannot begin with an inside label.
        check(&[[1., 0., 9., 0., 0.], ip], &[(0..2, Kind::Person)]);
    }
}
