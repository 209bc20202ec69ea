//! The article as the linker walks it: words, lemmas, dependents, quotations; and the clusters it builds.

use std::ops::{Index, IndexMut, Range};

use crate::mention::{Form, Kind};
use crate::span::Span;
use crate::syntax::{Annotated, Deprel, Sentence, Token, Upos, Xpos};

use super::Reason;
use super::gazetteer::{Gazetteer, Gender};
use crate::name::{key, tidy};

/// How far up a tree anything is followed; guards against trees that are none.
const MAX_STEPS: usize = 24;
/// At most so many dependents of a token are looked at; only a list that was taken for a sentence has more.
const MAX_DEPENDENTS: usize = 128;

/// A mention on its way to an entity.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) sentence: usize,
    pub(super) tokens: Range<usize>,
    pub(super) kind: Kind,
    pub(super) form: Form,
    pub(super) score: f32,
    pub(super) reason: Reason,
    /// Gender that a title inside or before the name tells.
    pub(super) gender: Option<Gender>,
    pub(super) cluster: Option<usize>,
}

/// Mentions of one entity.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) kind: Kind,
    /// Empty where the first mention's text is the name.
    pub(super) name: String,
    pub(super) uri: Option<String>,
    pub(super) iso: Option<String>,
    /// Index into the gazetteer's countries; also set for places with a code.
    pub(super) country: Option<usize>,
    pub(super) gender: Option<Gender>,
    /// Of a person: the state whose office he or she holds, as an index into the gazetteer's countries, and the belief in it.
    pub(super) state: Option<(usize, f32)>,
    /// The cluster this one was merged into.
    parent: Option<usize>,
}

impl Cluster {
    pub(super) fn new(kind: Kind, name: String) -> Self {
        Self { kind, name, uri: None, iso: None, country: None, gender: None, state: None, parent: None }
    }
}

/// Clusters that can be merged.
#[derive(Debug, Default)]
pub(super) struct Clusters(Vec<Cluster>);

impl Clusters {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn add(&mut self, cluster: Cluster) -> usize {
        self.0.push(cluster);
        self.0.len() - 1
    }

    pub(super) fn root(&mut self, mut cluster: usize) -> usize {
        while let Some(parent) = self.0[cluster].parent {
            if let Some(grandparent) = self.0[parent].parent {
                self.0[cluster].parent = Some(grandparent);
            }
            cluster = parent;
        }
        cluster
    }

    /// Merge `b` into `a`; what `a` lacks it takes from `b`.
    pub(super) fn merge(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            self.0[b].parent = Some(a);
            if self.0[a].uri.is_none() {
                self.0[a].uri = self.0[b].uri.take();
            }
            if self.0[a].gender.is_none() {
                self.0[a].gender = self.0[b].gender;
            }
        }
    }
}

impl Index<usize> for Clusters {
    type Output = Cluster;

    fn index(&self, index: usize) -> &Cluster {
        &self.0[index]
    }
}

impl IndexMut<usize> for Clusters {
    fn index_mut(&mut self, index: usize) -> &mut Cluster {
        &mut self.0[index]
    }
}

/// Dependents of every token of a sentence, in text order.
#[derive(Debug)]
struct Tree {
    starts: Vec<usize>,
    dependents: Vec<usize>,
}

impl Tree {
    fn new(sentence: &Sentence) -> Self {
        let n = sentence.tokens.len();
        let mut starts = vec![0; n + 1];
        for token in &sentence.tokens {
            if let Some(head) = token.head.filter(|&h| h < n) {
                starts[head + 1] += 1;
            }
        }
        for i in 0..n {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut dependents = vec![0; starts[n]];
        for (i, token) in sentence.tokens.iter().enumerate() {
            if let Some(head) = token.head.filter(|&h| h < n) {
                dependents[next[head]] = i;
                next[head] += 1;
            }
        }
        Self { starts, dependents }
    }
}

/// An article with what the linker looks up in it again and again.
#[derive(Debug)]
pub(super) struct Article<'a> {
    pub(super) gazetteer: &'a Gazetteer,
    text: &'a str,
    sentences: &'a [Sentence],
    trees: Vec<Tree>,
    /// For every token, the number of the quotation it stands in; 0 outside.
    quotes: Vec<Vec<u32>>,
}

impl<'a> Article<'a> {
    pub(super) fn new(gazetteer: &'a Gazetteer, annotated: &'a Annotated) -> Self {
        let text = annotated.document.text.as_str();
        let sentences = annotated.sentences.as_slice();
        Self {
            gazetteer,
            text,
            sentences,
            trees: sentences.iter().map(Tree::new).collect(),
            quotes: quotations(text, sentences),
        }
    }

    pub(super) fn sentence_count(&self) -> usize {
        self.sentences.len()
    }

    pub(super) fn len(&self, s: usize) -> usize {
        self.sentences.get(s).map_or(0, |sentence| sentence.tokens.len())
    }

    pub(super) fn token(&self, s: usize, i: usize) -> Option<&'a Token> {
        self.sentences.get(s)?.tokens.get(i)
    }

    pub(super) fn word(&self, s: usize, i: usize) -> &'a str {
        self.token(s, i).map_or("", |t| t.span.of(self.text))
    }

    pub(super) fn lemma(&self, s: usize, i: usize) -> String {
        let lemma = self.token(s, i).map_or("", |t| t.lemma.as_str());
        if lemma.is_empty() { self.word(s, i).to_lowercase() } else { lemma.to_lowercase() }
    }

    pub(super) fn upos(&self, s: usize, i: usize) -> Upos {
        self.token(s, i).map_or(Upos::X, |t| t.upos)
    }

    pub(super) fn xpos(&self, s: usize, i: usize) -> Xpos {
        self.token(s, i).map_or(Xpos::Other, |t| t.xpos)
    }

    pub(super) fn deprel(&self, s: usize, i: usize) -> Deprel {
        self.token(s, i).map_or(Deprel::Dep, |t| t.deprel)
    }

    pub(super) fn head(&self, s: usize, i: usize) -> Option<usize> {
        self.token(s, i)?.head.filter(|&h| h < self.len(s))
    }

    pub(super) fn children(&self, s: usize, i: usize) -> &[usize] {
        self.trees.get(s).map_or(&[], |tree| match (tree.starts.get(i), tree.starts.get(i + 1)) {
            (Some(&from), Some(&to)) => tree.dependents.get(from..to.min(from + MAX_DEPENDENTS)).unwrap_or(&[]),
            _ => &[],
        })
    }

    pub(super) fn child(&self, s: usize, i: usize, deprel: Deprel) -> Option<usize> {
        self.children(s, i).iter().copied().find(|&c| self.deprel(s, c) == deprel)
    }

    /// The governing token of a run.
    pub(super) fn head_of(&self, s: usize, tokens: &Range<usize>) -> usize {
        tokens.clone().find(|&i| self.head(s, i).is_none_or(|h| !tokens.contains(&h))).unwrap_or(tokens.start)
    }

    /// The first conjunct of the coordination that a token belongs to.
    pub(super) fn first_conjunct(&self, s: usize, mut i: usize) -> usize {
        for _ in 0..MAX_STEPS {
            match self.head(s, i) {
                Some(head) if self.deprel(s, i) == Deprel::Conj => i = head,
                _ => break,
            }
        }
        i
    }

    /// Whether `i` lies below `top`, or is it.
    pub(super) fn is_under(&self, s: usize, mut i: usize, top: usize) -> bool {
        for _ in 0..MAX_STEPS {
            if i == top {
                return true;
            }
            match self.head(s, i) {
                Some(head) => i = head,
                None => return false,
            }
        }
        false
    }

    /// Lower-case prepositions of a nominal.
    pub(super) fn cases(&self, s: usize, i: usize) -> impl Iterator<Item = String> + '_ {
        self.children(s, i)
            .iter()
            .filter(move |&&c| self.deprel(s, c) == Deprel::Case)
            .map(move |&c| self.word(s, c).to_lowercase())
    }

    /// Whether the name stands where only a place can: "in Georgia", "near Paris".
    pub(super) fn is_locative(&self, s: usize, tokens: &Range<usize>) -> bool {
        let head = self.first_conjunct(s, self.head_of(s, tokens));
        self.cases(s, head).any(|case| {
            matches!(
                case.as_str(),
                "in" | "at"
                    | "near"
                    | "outside"
                    | "around"
                    | "across"
                    | "throughout"
                    | "inside"
                    | "into"
                    | "via"
                    | "within"
            )
        })
    }

    /// The verb or predicate of the clause that a token belongs to, the token itself included.
    pub(super) fn clause(&self, s: usize, mut i: usize) -> Option<usize> {
        for _ in 0..MAX_STEPS {
            if self.is_clause(s, i) {
                return Some(i);
            }
            i = self.head(s, i)?;
        }
        None
    }

    fn is_clause(&self, s: usize, i: usize) -> bool {
        matches!(
            self.deprel(s, i),
            Deprel::Root
                | Deprel::Advcl
                | Deprel::AdvclRelcl
                | Deprel::Ccomp
                | Deprel::Xcomp
                | Deprel::Csubj
                | Deprel::Acl
                | Deprel::AclRelcl
                | Deprel::Parataxis
        ) || (self.deprel(s, i) == Deprel::Conj && matches!(self.upos(s, i), Upos::Verb | Upos::Aux))
            || self.subject(s, i).is_some()
    }

    /// The subject that stands with a predicate.
    pub(super) fn subject(&self, s: usize, predicate: usize) -> Option<usize> {
        self.children(s, predicate)
            .iter()
            .copied()
            .find(|&c| matches!(self.deprel(s, c), Deprel::Nsubj | Deprel::NsubjPass | Deprel::NsubjOuter))
    }

    /// What a verb acts on; a parser may take a lone object for an indirect one.
    fn acted_on(&self, s: usize, verb: usize) -> Option<usize> {
        self.child(s, verb, Deprel::Obj).or_else(|| self.child(s, verb, Deprel::Iobj))
    }

    /// The subject of a predicate, understood where it is not said: of conjoined verbs, infinitives, participles.
    pub(super) fn understood_subject(&self, s: usize, predicate: usize) -> Option<usize> {
        let mut at = predicate;
        for _ in 0..MAX_STEPS {
            if let Some(subject) = self.subject(s, at) {
                // "which", "who": the noun that the relative clause belongs to.
                if self.is_relative(s, subject) {
                    return self.head(s, at);
                }
                return Some(subject);
            }
            let head = self.head(s, at)?;
            match self.deprel(s, at) {
                Deprel::Acl => return Some(head),
                Deprel::Xcomp => {
                    if let Some(object) = self.acted_on(s, head) {
                        return Some(object);
                    }
                }
                Deprel::Advcl => {
                    let of = self.children(s, at).iter().any(|&c| {
                        matches!(self.deprel(s, c), Deprel::Mark | Deprel::Case)
                            && matches!(self.word(s, c), "of" | "from")
                    });
                    if let Some(object) = self.acted_on(s, head).filter(|_| of) {
                        return Some(object);
                    }
                }
                Deprel::Conj => {}
                _ => return None,
            }
            at = head;
        }
        None
    }

    pub(super) fn is_relative(&self, s: usize, i: usize) -> bool {
        matches!(self.xpos(s, i), Xpos::Wdt | Xpos::Wp | Xpos::WpPoss)
            || matches!(self.word(s, i), "who" | "which" | "whom")
    }

    /// The number of the quotation around a token, 0 for none.
    pub(super) fn quotation(&self, s: usize, i: usize) -> u32 {
        self.quotes.get(s).and_then(|q| q.get(i)).copied().unwrap_or(0)
    }

    pub(super) fn span(&self, s: usize, tokens: &Range<usize>) -> Span {
        let first = self.token(s, tokens.start).map_or(Span::new(0, 0), |t| t.span);
        let last = self.token(s, tokens.end.saturating_sub(1)).map_or(first, |t| t.span);
        first.join(last)
    }

    /// The covered text with white space as single spaces.
    pub(super) fn surface(&self, s: usize, tokens: &Range<usize>) -> String {
        tidy(self.span(s, tokens).of(self.text))
    }

    pub(super) fn key(&self, s: usize, tokens: &Range<usize>) -> String {
        key(self.span(s, tokens).of(self.text))
    }

    /// Keys of all words, sorted: for names whose reading depends on what else the article says.
    pub(super) fn vocabulary(&self) -> Vec<String> {
        let mut words: Vec<String> =
            self.sentences.iter().flat_map(|sentence| &sentence.tokens).map(|t| key(t.span.of(self.text))).collect();
        words.sort_unstable();
        words.dedup();
        words
    }
}

/// Number the quotations; an opening mark without its end is closed by the end of the paragraph.
fn quotations(text: &str, sentences: &[Sentence]) -> Vec<Vec<u32>> {
    let (mut open, mut count, mut end) = (false, 0, 0);
    let mut quotes = Vec::with_capacity(sentences.len());
    for sentence in sentences {
        if text.get(end..sentence.span.start()).is_some_and(|between| between.contains('\n')) {
            open = false;
        }
        end = sentence.span.end();
        let mut marks = Vec::with_capacity(sentence.tokens.len());
        for token in &sentence.tokens {
            let opens = match token.span.of(text) {
                "“" | "``" | "«" => Some(true),
                "”" | "''" | "»" => Some(false),
                "\"" => Some(!open),
                _ => None,
            };
            if let Some(opens) = opens {
                count += u32::from(opens && !open);
                open = opens;
                marks.push(0);
            } else {
                marks.push(if open { count } else { 0 });
            }
        }
        quotes.push(marks);
    }
    quotes
}
