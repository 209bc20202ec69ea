//! Sentences as a checkpoint's own tokenizer sees them: pieces, which token each belongs to, windows.

use std::borrow::Cow;

use tokenizers::Tokenizer;

use super::super::{Limits, Window, windows};
use crate::span::Span;

/// Pieces of a token beyond which the rest is cut: the first piece carries the token's answer.
const MAX_PIECES_OF_TOKEN: usize = 64;
/// Longest token that the tokenizer gets, in bytes; a base64 blob must not stall it.
const MAX_BYTES_OF_TOKEN: usize = 1 << 10;

/// A tokenizer with what it puts around a sentence.
pub(super) struct Encoder {
    tokenizer: Tokenizer,
    begin: Vec<i32>,
    end: Vec<i32>,
    /// Longest input, what stands around it not counted.
    max_pieces: usize,
}

/// A sentence in pieces.
pub(super) struct Encoded {
    pieces: Vec<i32>,
    /// For every token where its own pieces begin in `pieces`, then the end of the last one's.
    starts: Vec<usize>,
    /// Tokens without a piece of their own that lie in the piece of the token before.
    covered: Vec<bool>,
}

/// A part of a sentence that the network sees at once.
pub(super) struct Part {
    /// What the network is given.
    pub(super) ids: Vec<i32>,
    /// Tokens that are answered from here, each with the row of its answer.
    pub(super) answers: Vec<(usize, usize)>,
}

/// Where a token's answer is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// From its own first piece.
    Own,
    /// From the token before it, in whose piece it lies.
    Continued,
    /// The tokenizer sees nothing of it.
    None,
}

impl Encoder {
    /// `max_pieces` is the longest input of the network.
    pub(super) fn new(mut tokenizer: Tokenizer, max_pieces: usize) -> Result<Self, String> {
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|e| e.to_string())?;
        // An article that writes "[SEP]" means the letters.
        tokenizer.set_encode_special_tokens(true);
        let around = tokenizer.encode("a", true).map_err(|e| e.to_string())?;
        let special: Vec<bool> = around.get_special_tokens_mask().iter().map(|&mask| mask == 1).collect();
        let ids: Vec<i32> = around.get_ids().iter().map(|&id| id as i32).collect();
        let n_begin = special.iter().take_while(|&&s| s).count();
        let n_end = special[n_begin..].iter().rev().take_while(|&&s| s).count();
        let (begin, end) = (ids[..n_begin].to_vec(), ids[ids.len() - n_end..].to_vec());
        let max_pieces = max_pieces.saturating_sub(n_begin + n_end);
        if max_pieces < 8 {
            return Err(format!("{max_pieces} pieces in an input, at least 8 are needed"));
        }
        Ok(Self { tokenizer, begin, end, max_pieces })
    }

    /// The pieces of `text` with the tokens at these places in it, in ascending order.
    pub(super) fn encode(&self, text: &str, tokens: &[Span]) -> Result<Encoded, String> {
        let seen = as_seen(text, tokens);
        let encoding = self.tokenizer.encode(&*seen, false).map_err(|e| e.to_string())?;
        let mut pieces = Vec::with_capacity(encoding.len());
        let mut starts = Vec::with_capacity(tokens.len() + 1);
        // Where the last piece ends, and the token it belongs to; tokens are met in order.
        let (mut reached, mut token) = (0, 0);
        let mut covered = vec![false; tokens.len()];
        for (&id, &(start, end)) in encoding.get_ids().iter().zip(encoding.get_offsets()) {
            // A piece may begin with the space before its word; one of nothing else goes with what follows.
            let space: usize = seen.get(start..end).map_or(0, |piece| piece.len() - piece.trim_start().len());
            while token + 1 < tokens.len() && tokens[token].end() <= start + space {
                token += 1;
            }
            while starts.len() <= token {
                if let Some(next) = tokens.get(starts.len()) {
                    covered[starts.len()] = next.start() < reached;
                }
                starts.push(pieces.len());
            }
            pieces.push(id as i32);
            reached = reached.max(end);
        }
        for (rest, token) in tokens.iter().enumerate().skip(starts.len()) {
            covered[rest] = token.start() < reached;
            starts.push(pieces.len());
        }
        starts.push(pieces.len());
        Ok(Encoded { pieces, starts, covered })
    }

    /// The windows of a sentence, in which every token with pieces is answered once.
    pub(super) fn parts(&self, encoded: &Encoded) -> Vec<Part> {
        let cut = |token: usize| {
            let own = encoded.own(token);
            &own[..own.len().min(MAX_PIECES_OF_TOKEN).min(self.max_pieces)]
        };
        let sizes: Vec<usize> = (0..encoded.covered.len()).map(|token| cut(token).len()).collect();
        let limits = Limits { pieces: self.max_pieces, words: usize::MAX };
        let part = |Window { seen, owned }: Window| {
            let mut part = Part { ids: self.begin.clone(), answers: Vec::with_capacity(owned.len()) };
            for token in seen {
                let pieces = cut(token);
                if owned.contains(&token) && !pieces.is_empty() {
                    part.answers.push((token, part.ids.len()));
                }
                part.ids.extend_from_slice(pieces);
            }
            part.ids.extend_from_slice(&self.end);
            part
        };
        windows(&sizes, limits).into_iter().map(part).filter(|part| !part.answers.is_empty()).collect()
    }
}

impl Encoded {
    fn own(&self, token: usize) -> &[i32] {
        &self.pieces[self.starts[token]..self.starts[token + 1]]
    }

    /// Where every token's answer is taken from.
    pub(super) fn answers(&self) -> impl Iterator<Item = Answer> + '_ {
        self.covered.iter().enumerate().map(|(token, &covered)| match (self.own(token).is_empty(), covered) {
            (false, _) => Answer::Own,
            (true, true) => Answer::Continued,
            (true, false) => Answer::None,
        })
    }
}

/// The text as the tokenizer gets it, every byte in its place: line breaks are spaces, and so is the rest of a token that
/// is too long.
fn as_seen<'a>(text: &'a str, tokens: &[Span]) -> Cow<'a, str> {
    let long = tokens.iter().any(|token| token.len() > MAX_BYTES_OF_TOKEN);
    if !long && !text.contains(['\n', '\r', '\t']) {
        return Cow::Borrowed(text);
    }
    let mut seen = text.replace(['\n', '\r', '\t'], " ");
    for token in tokens.iter().filter(|token| token.len() > MAX_BYTES_OF_TOKEN) {
        let mut cut = token.start() + MAX_BYTES_OF_TOKEN;
        while !seen.is_char_boundary(cut) {
            cut -= 1;
        }
        seen.replace_range(cut..token.end(), &" ".repeat(token.end() - cut));
    }
    Cow::Owned(seen)
}
