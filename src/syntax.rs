//! Tokens, tags and dependency trees (Universal Dependencies, English).

use crate::document::Document;
use crate::mention::Mention;
use crate::span::Span;

macro_rules! labels {
    ($(#[$doc:meta])* $name:ident, $fallback:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        pub enum $name { $($variant),+ }

        impl $name {
            /// Every label with its text.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$variant)),+];

            /// The label as the treebanks write it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The label of that text; a text outside the inventory gives the inventory's fallback.
            pub fn parse(text: &str) -> Self {
                match text { $($text => Self::$variant,)+ _ => Self::$fallback }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
    };
}

labels! {
    /// Universal part of speech.
    Upos, X {
        Adj = "ADJ", Adp = "ADP", Adv = "ADV", Aux = "AUX", Cconj = "CCONJ", Det = "DET", Intj = "INTJ", Noun = "NOUN",
        Num = "NUM", Part = "PART", Pron = "PRON", Propn = "PROPN", Punct = "PUNCT", Sconj = "SCONJ", Sym = "SYM",
        Verb = "VERB", X = "X",
    }
}

labels! {
    /// Penn Treebank part of speech, as the English treebanks of Universal Dependencies use it.
    Xpos, Other {
        Add = "ADD", Afx = "AFX", Cc = "CC", Cd = "CD", Dt = "DT", Ex = "EX", Fw = "FW", Gw = "GW", Hyph = "HYPH",
        In = "IN", Jj = "JJ", Jjr = "JJR", Jjs = "JJS", Ls = "LS", Md = "MD", Nfp = "NFP", Nn = "NN", Nnp = "NNP",
        Nnps = "NNPS", Nns = "NNS", Pdt = "PDT", Pos = "POS", Prp = "PRP", PrpPoss = "PRP$", Rb = "RB", Rbr = "RBR",
        Rbs = "RBS", Rp = "RP", Sym = "SYM", To = "TO", Uh = "UH", Vb = "VB", Vbd = "VBD", Vbg = "VBG", Vbn = "VBN",
        Vbp = "VBP", Vbz = "VBZ", Wdt = "WDT", Wp = "WP", WpPoss = "WP$", Wrb = "WRB", Lrb = "-LRB-", Rrb = "-RRB-",
        Comma = ",", Period = ".", Colon = ":", OpenQuote = "``", CloseQuote = "''", Dollar = "$", Other = "XX",
    }
}

labels! {
    /// Dependency relation, with the subtypes of the English treebanks.
    Deprel, Dep {
        Acl = "acl", AclRelcl = "acl:relcl", Advcl = "advcl", AdvclRelcl = "advcl:relcl", Advmod = "advmod", Amod = "amod",
        Appos = "appos", Aux = "aux", AuxPass = "aux:pass", Case = "case", Cc = "cc", CcPreconj = "cc:preconj",
        Ccomp = "ccomp", Clf = "clf", Compound = "compound", CompoundPrt = "compound:prt", Conj = "conj", Cop = "cop",
        Csubj = "csubj", CsubjOuter = "csubj:outer", CsubjPass = "csubj:pass", Dep = "dep", Det = "det",
        DetPredet = "det:predet", Discourse = "discourse", Dislocated = "dislocated", Expl = "expl", Fixed = "fixed",
        Flat = "flat", Goeswith = "goeswith", Iobj = "iobj", List = "list", Mark = "mark", Nmod = "nmod",
        NmodDesc = "nmod:desc", NmodPoss = "nmod:poss", NmodUnmarked = "nmod:unmarked", Nsubj = "nsubj",
        NsubjOuter = "nsubj:outer", NsubjPass = "nsubj:pass", Nummod = "nummod", Obj = "obj", Obl = "obl",
        OblAgent = "obl:agent", OblUnmarked = "obl:unmarked", Orphan = "orphan", Parataxis = "parataxis", Punct = "punct",
        Reparandum = "reparandum", Root = "root", Vocative = "vocative", Xcomp = "xcomp",
    }
}

impl Deprel {
    /// The universal relation without its subtype.
    pub fn base(self) -> &'static str {
        let text = self.as_str();
        text.split_once(':').map_or(text, |(base, _)| base)
    }
}

/// A token with everything the parser says about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// The token's text.
    pub span: Span,
    /// Dictionary form.
    pub lemma: String,
    /// Universal part of speech.
    pub upos: Upos,
    /// Penn part of speech.
    pub xpos: Xpos,
    /// Index of the governing token in the sentence; `None` for the root.
    pub head: Option<usize>,
    /// Relation to the governor.
    pub deprel: Deprel,
}

/// A parsed sentence. Heads form a tree with exactly one root.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    /// From the first to the last token.
    pub span: Span,
    /// Tokens in text order, never empty.
    pub tokens: Vec<Token>,
}

impl Sentence {
    /// Indexes of the dependents of `head`, in text order.
    pub fn children(&self, head: usize) -> impl Iterator<Item = usize> + '_ {
        self.tokens.iter().enumerate().filter(move |(_, t)| t.head == Some(head)).map(|(i, _)| i)
    }

    /// First dependent of `head` with relation `deprel`.
    pub fn child(&self, head: usize, deprel: Deprel) -> Option<usize> {
        self.children(head).find(|&i| self.tokens[i].deprel == deprel)
    }

    /// The token among `tokens` whose governor lies outside of them: the head of a phrase.
    pub fn head_of(&self, tokens: std::ops::Range<usize>) -> usize {
        let first = tokens.start;
        tokens.clone().find(|&i| self.tokens[i].head.is_none_or(|h| !tokens.contains(&h))).unwrap_or(first)
    }
}

/// An article with tags, trees and mentions.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotated {
    /// The article.
    pub document: Document,
    /// Sentences with their syntax.
    pub sentences: Vec<Sentence>,
    /// Named mentions sorted by span, never overlapping.
    pub mentions: Vec<Mention>,
}
