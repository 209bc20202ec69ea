//! From label scores to mentions: the best sequence that is valid BIO (Viterbi, 1967).

use std::ops::Range;

use super::model::NerLabel;
use crate::mention::Kind;

/// A mention within a sentence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) tokens: Range<usize>,
    pub(super) kind: Kind,
    /// Lowest probability of a token's label.
    pub(super) score: f32,
}

fn may_follow(former: NerLabel, label: NerLabel) -> bool {
    match label {
        NerLabel::Outside | NerLabel::Begin(_) => true,
        NerLabel::Inside(kind) => matches!(former, NerLabel::Begin(k) | NerLabel::Inside(k) if k == kind),
    }
}

/// Mentions of the best valid label sequence; `scores` holds a row of logits for each token.
pub(super) fn decode(labels: &[NerLabel], scores: &[f32]) -> Vec<Found> {
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
        for (l, &label) in labels.iter().enumerate() {
            if i == 0 {
                if may_follow(NerLabel::Outside, label) {
                    now[l] = row[l];
                }
                continue;
            }
            for (f, &former) in labels.iter().enumerate() {
                if may_follow(former, label) && best[f] + row[l] > now[l] {
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
    let mut out: Vec<Found> = Vec::new();
    for (i, &l) in path.iter().enumerate() {
        let p = log[i][l].exp();
        match labels[l] {
            NerLabel::Begin(kind) => out.push(Found { tokens: i..i + 1, kind, score: p }),
            NerLabel::Inside(_) => {
                if let Some(open) = out.last_mut() {
                    open.tokens.end = i + 1;
                    open.score = open.score.min(p);
                }
            }
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

    fn check(rows: &[[f32; 5]], expect: &[(Range<usize>, Kind)]) {
        let found: Vec<_> = decode(&LABELS, &rows.concat()).into_iter().map(|f| (f.tokens, f.kind)).collect();
        assert_eq!(found, expect);
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
