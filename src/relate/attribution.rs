//! Who is said to say so, and who to deny it.

use super::matcher::Match;
use super::parse::{Filler, Parse, among};
use crate::relation::Speaker;
use crate::span::one_line;
use crate::syntax::{Deprel, Upos, Xpos};

/// Deepest chain of governors that is looked at.
const MAX_DEPTH: usize = 10;

/// A claim that somebody denies.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Denial {
    /// Who denies it, where the text says.
    pub(super) by: Option<Speaker>,
    /// Whose claim it is, where the denied noun says ("Moroccan claims that ...").
    pub(super) of: Option<Speaker>,
}

/// Who is said to say so: "according to X", "X said that ...", "..., X reported", or the speaker of the quotation that
/// goes on from the sentence before.
pub(super) fn attribution(parse: &Parse<'_>, m: &Match) -> Option<Speaker> {
    reported(parse, m).or_else(|| according(parse, m)).or_else(|| hearsay(parse, m)).or_else(|| quoted_on(parse, m))
}

/// Whether a clause or apposition is said of a name in passing, or begins behind a comma with "who" or "which".
fn is_aside(parse: &Parse<'_>, t: usize) -> bool {
    if !matches!(parse.deprel(t), Deprel::Acl | Deprel::AclRelcl | Deprel::AdvclRelcl | Deprel::Appos) {
        return false;
    }
    parse.head(t).is_some_and(|h| parse.mention_at(h).is_some())
        || parse
            .children(t)
            .iter()
            .any(|&c| c > 0 && matches!(parse.lemma(c), "who" | "which" | "whose" | "whom") && parse.text(c - 1) == ",")
}

/// "..., according to X" at the end of a sentence, or "According to X, ..." at its start, wherever the parser hangs it.
fn according(parse: &Parse<'_>, m: &Match) -> Option<Speaker> {
    let source = parse.surroundings().source?;
    let edge = source < m.anchor.min(6) || source > m.anchor;
    if !edge || is_aside(parse, m.verb) {
        return None;
    }
    speaker(parse, source)
}

/// "reportedly", "allegedly": somebody says so, not the article.
fn hearsay(parse: &Parse<'_>, m: &Match) -> Option<Speaker> {
    let said = parse
        .with_deprel(m.verb, &[Deprel::Advmod])
        .find(|&c| matches!(parse.lemma(c), "reportedly" | "allegedly" | "purportedly" | "supposedly"))?;
    Some(Speaker::Phrase(parse.text(said).to_lowercase()))
}

fn reported(parse: &Parse<'_>, m: &Match) -> Option<Speaker> {
    let mut t = m.verb;
    for _ in 0..MAX_DEPTH {
        // What the article says of a name in passing is its own ("X, who chairs Y, has not been asked, Z said").
        if is_aside(parse, t) {
            return None;
        }
        for c in parse.with_deprel(t, &[Deprel::Obl, Deprel::Advcl, Deprel::Parataxis, Deprel::Nmod]) {
            if parse.preposition(c).as_deref() == Some("according_to")
                || (parse.lemma(c) == "accord" && parse.deprel(c) != Deprel::Parataxis)
            {
                let who =
                    if parse.lemma(c) == "accord" { parse.with_deprel(c, &[Deprel::Obl]).next() } else { Some(c) };
                return who.and_then(|w| speaker(parse, w));
            }
            if parse.deprel(c) == Deprel::Parataxis
                && among(&parse.words.speech, parse.lemma(c))
                && let Some(subject) = parse.with_deprel(c, &[Deprel::Nsubj]).next()
            {
                return speaker(parse, subject);
            }
        }
        let head = parse.head(t)?;
        let said = matches!(parse.deprel(t), Deprel::Ccomp | Deprel::Parataxis | Deprel::Obj | Deprel::Dep)
            && among(&parse.words.speech, parse.lemma(head));
        // "accused X of doing Y": whoever accuses says so.
        let accused = matches!(parse.deprel(t), Deprel::Advcl | Deprel::Xcomp | Deprel::Ccomp)
            && matches!(
                parse.lemma(head),
                "accuse" | "suspect" | "blame" | "charge" | "criticize" | "condemn" | "denounce"
            )
            && parse.has_mark(t, &["of", "for", "with"]);
        if said || accused {
            return parse.subjects(head).first().and_then(|f| speaker(parse, f.token));
        }
        t = head;
    }
    None
}

/// `“...,” said X. “They attacked Y.”`: a sentence that opens with a quotation mark and names no speaker of its own goes
/// on from the one before.
fn quoted_on(parse: &Parse<'_>, m: &Match) -> Option<Speaker> {
    let around = parse.surroundings();
    // What stands behind the end of the quotation is the article's.
    around.speaker.clone().filter(|_| around.quotation_end.is_none_or(|end| m.anchor < end))
}

/// What a sentence and its neighbours say about who speaks: the same for all relations of the sentence.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Surroundings {
    /// The token behind the only "according to" of the sentence.
    source: Option<usize>,
    /// Who spoke the quotation before, if the sentence opens with a quotation mark.
    speaker: Option<Speaker>,
    /// Where a quotation that opens the sentence ends.
    quotation_end: Option<usize>,
    /// What the next sentence denies.
    denied_after: Option<Denial>,
}

impl Surroundings {
    pub(super) fn of(parse: &Parse<'_>) -> Self {
        let mut sources = (0..parse.len()).filter(|&t| parse.preposition(t).as_deref() == Some("according_to"));
        let source = sources.next().filter(|_| sources.next().is_none());
        let opens = parse.len() > 0 && (parse.xpos(0) == Xpos::OpenQuote || parse.text(0).starts_with(['"', '“', '«']));
        let ends = |&t: &usize| parse.xpos(t) == Xpos::CloseQuote || matches!(parse.text(t), "\"" | "”" | "»");
        let next = parse.neighbour(parse.index + 1);
        Self {
            source,
            speaker: if opens { speaker_before(parse) } else { None },
            quotation_end: (1..parse.len()).find(ends),
            denied_after: next.and_then(|next| denied_before(&next)),
        }
    }
}

/// Who said the quotation of the sentence before.
fn speaker_before(parse: &Parse<'_>) -> Option<Speaker> {
    let before = parse.index.checked_sub(1)?;
    let quotes =
        parse.linked.sentences[before].tokens.iter().any(|t| matches!(t.xpos, Xpos::OpenQuote | Xpos::CloseQuote));
    if !quotes {
        return None;
    }
    let previous = parse.neighbour(before)?;
    (0..previous.len())
        .rev()
        .filter(|&t| previous.is_verb(t) && among(&parse.words.speech, previous.lemma(t)))
        .find_map(|t| previous.child(t, Deprel::Nsubj).and_then(|s| speaker(&previous, s)))
}

/// The entity that speaks, or its words where the article does not name it. A pronoun that points nowhere is nobody.
fn speaker(parse: &Parse<'_>, token: usize) -> Option<Speaker> {
    // The name itself, or one beside the noun ("the spokesman, X"); a body that the noun stands for does not speak.
    let named = parse.fill(Filler { token, trust: 1.0 });
    // But a government does: it is its state.
    if let Some(f) = named.first()
        && (parse.linked.mentions[f.mention].tokens.contains(&f.token)
            || among(&parse.words.governments, parse.lemma(token)))
    {
        return Some(Speaker::Entity(parse.linked.entity_of[f.mention]));
    }
    if parse.upos(token) == Upos::Pron {
        return None;
    }
    // The noun with what stands before it ("unnamed senior officials") and where it is ("reports in Israel").
    let first = parse
        .with_deprel(token, &[Deprel::Amod, Deprel::Compound, Deprel::NmodPoss, Deprel::Nummod, Deprel::Nmod])
        .filter(|&c| c < token)
        .min()
        .unwrap_or(token);
    let last = parse
        .with_deprel(token, &[Deprel::Nmod])
        .filter(|&c| c > token && c <= token + 3 && matches!(parse.preposition(c).as_deref(), Some("in" | "of")))
        .max()
        .unwrap_or(token);
    let span = parse.sentence.tokens[first].span.join(parse.sentence.tokens[last].span);
    Some(Speaker::Phrase(one_line(span.of(&parse.linked.document.text))))
}

fn is_denial(lemma: &str) -> bool {
    matches!(lemma, "deny" | "dismiss" | "refute" | "rebut" | "dispute" | "disavow" | "reject")
}

/// Nouns for what is claimed; a denial of them denies what they claim.
fn is_claim(lemma: &str) -> bool {
    matches!(
        lemma,
        "claim"
            | "charge"
            | "allegation"
            | "accusation"
            | "report"
            | "rumor"
            | "rumour"
            | "suggestion"
            | "assertion"
            | "statement"
            | "story"
    )
}

/// Whether what `m` says is denied: in the clause above it ("denied that ..."), behind it ("charges denied by X",
/// "which X denied"), or in the sentence after it ("X denied the claim").
pub(super) fn denial(parse: &Parse<'_>, m: &Match, claimed: Option<&Speaker>) -> Option<Denial> {
    denied_above(parse, m).or_else(|| {
        // What only the article says, nobody behind it denies.
        claimed?;
        denied_behind(parse, m.anchor + 1).or_else(|| parse.surroundings().denied_after.clone())
    })
}

fn denied_above(parse: &Parse<'_>, m: &Match) -> Option<Denial> {
    let mut denial = Denial::default();
    let mut t = m.verb;
    for _ in 0..MAX_DEPTH {
        let head = parse.head(t)?;
        let claim = is_claim(parse.lemma(head)) && !parse.is_verb(head);
        match parse.deprel(t) {
            Deprel::Acl | Deprel::Ccomp | Deprel::Xcomp | Deprel::Nmod if claim => {
                let owner = parse.possessors(head).into_iter().chain(parse.modifiers(head));
                denial.of = owner
                    .flat_map(|f| parse.fill(f))
                    .map(|f| Speaker::Entity(parse.linked.entity_of[f.mention]))
                    .next();
            }
            Deprel::Ccomp | Deprel::Xcomp | Deprel::Advcl | Deprel::Obj | Deprel::NsubjPass
                if is_denial(parse.lemma(head)) && parse.is_verb(head) =>
            {
                // "rejected the idea of talks" turns something down; "rejected claims that ..." denies them.
                if parse.lemma(head) == "reject" && !is_claim(parse.lemma(t)) {
                    return None;
                }
                denial.by = who(parse, head);
                return Some(denial);
            }
            Deprel::Ccomp | Deprel::Xcomp | Deprel::Conj => {}
            _ => return None,
        }
        t = head;
    }
    None
}

/// What the sentence denies of the one before it: only what somebody named denies.
fn denied_before(parse: &Parse<'_>) -> Option<Denial> {
    denied_behind(parse, 0).filter(|denial| matches!(denial.by, Some(Speaker::Entity(_))))
}

/// A verb of denial from token `from` on whose object only points back to what was said.
fn denied_behind(parse: &Parse<'_>, from: usize) -> Option<Denial> {
    let points_back = |t: usize| {
        let bare = parse
            .with_deprel(t, &[Deprel::Acl, Deprel::Nmod, Deprel::NmodPoss, Deprel::Ccomp])
            .all(|c| is_denial(parse.lemma(c)));
        matches!(parse.lemma(t), "it" | "this" | "that" | "which") || (is_claim(parse.lemma(t)) && bare)
    };
    let verb = (from..parse.len()).find(|&t| {
        parse.is_verb(t) && is_denial(parse.lemma(t)) && {
            let relative = parse.with_deprel(t, &[Deprel::Obj]).any(|c| parse.lemma(c) == "which");
            relative || parse.objects(t).iter().any(|f| points_back(f.token))
        }
    })?;
    Some(Denial { by: who(parse, verb), of: None })
}

fn who(parse: &Parse<'_>, verb: usize) -> Option<Speaker> {
    parse.subjects(verb).first().and_then(|f| {
        // A body that denies through its officials denies.
        match parse.fill(*f).first() {
            Some(filled) => Some(Speaker::Entity(parse.linked.entity_of[filled.mention])),
            None => speaker(parse, f.token),
        }
    })
}
