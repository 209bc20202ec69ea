//! Text to sentences to tokens, as the Universal Dependencies English treebanks EWT and GUM split them.
//!
//! Three steps, a file each: `stretch` cuts the text where a line break ends a paragraph, a headline or a list item;
//! `token` cuts a stretch into tokens, and decides whether a full stop belongs to an abbreviation; `sentence` decides
//! after which stops a sentence ends. Word lists are in `data/segment`.
//!
//! F1 by `scripts/evaluate` on raw text, paragraphs apart, lists tuned on the training and dev parts only:
//!
//! | treebank | words, dev | words, test | sentences, dev | sentences, test |
//! |---|---|---|---|---|
//! | UD English GUM, open genres | 99.90 | 99.46 | 96.25 | 95.58 |
//! | UD English EWT | 99.27 | 99.14 | 85.25 | 83.59 |
//!
//! EWT loses most where its mails and forum posts, joined into one line, end sentences without any sign.
//!
//! Every step takes time linear in the text and accepts any text at all. What is not in a token is white space.
//!
//! ```
//! use tidings::{segment, span::Span};
//!
//! let text = "The U.S.-led team can't go.";
//! let tokens = segment::tokenize(text, Span::new(0, text.len()));
//! let words: Vec<&str> = tokens.iter().map(|token| token.of(text)).collect();
//! assert_eq!(words, ["The", "U.S.", "-", "led", "team", "ca", "n't", "go", "."]);
//! ```

mod chars;
mod sentence;
mod stretch;
mod tables;
mod token;

use crate::document::{Document, Segmented, TokenizedSentence, date_header};
use crate::span::Span;

/// Split an article into sentences and tokens.
///
/// Sentences come in text order, do not overlap and have at least one token; text outside sentences, and inside them
/// outside tokens, is white space.
pub fn segment(document: Document) -> Segmented {
    let text = &document.text;
    let mut sentences = Vec::new();
    let mut tokens = Vec::new();
    let header = date_header(text).map_or(0, |(_, span)| span.end());
    if header > 0 {
        sentences.extend(sentence_of(tokenize(text, Span::new(0, header))));
    }
    for stretch in stretch::stretches(text) {
        let stretch = Span::new(stretch.start().max(header), stretch.end().max(header));
        tokens.clear();
        token::scan(text, stretch, &mut tokens);
        sentence::split(text, &tokens, |tokens| sentences.extend(sentence_of(tokens.to_vec())));
    }
    Segmented { document, sentences }
}

/// The tokens of `text[span]`, taken as one sentence; none if the span lies outside the text or holds white space only.
pub fn tokenize(text: &str, span: Span) -> Vec<Span> {
    let mut tokens = Vec::new();
    token::scan(text, span, &mut tokens);
    tokens
}

/// An article with the given tokens: sentences on a line each, tokens with one space between. Empty tokens and
/// sentences are left out.
pub fn from_tokens(document_id: String, sentences: &[Vec<String>]) -> Segmented {
    let mut text = String::new();
    let mut spans = Vec::with_capacity(sentences.len());
    for sentence in sentences {
        let mut tokens = Vec::with_capacity(sentence.len());
        for token in sentence.iter().filter(|token| !token.is_empty()) {
            if !text.is_empty() {
                text.push(if tokens.is_empty() { '\n' } else { ' ' });
            }
            let start = text.len();
            text.push_str(token);
            tokens.push(Span::new(start, text.len()));
        }
        spans.extend(sentence_of(tokens));
    }
    let document = Document { id: document_id, source: None, title: None, published: None, text };
    Segmented { document, sentences: spans }
}

fn sentence_of(tokens: Vec<Span>) -> Option<TokenizedSentence> {
    let span = tokens.first()?.join(*tokens.last()?);
    Some(TokenizedSentence { span, tokens })
}

#[cfg(test)]
mod tests;
