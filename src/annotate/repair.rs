//! Small repairs of a tree where the words on the surface leave no doubt.
//!
//! A possessive "'s" marks a modifier of the noun after it, a "by" phrase is no subject, a preposition before a title
//! belongs to the whole phrase, what stands before the mark of a clause is not inside the clause, and a verb has one
//! subject. Nothing else is touched, and the result is a tree again.

use crate::calendar::{MONTHS, WEEKDAYS};
use crate::syntax::{Deprel, Token, Upos, Xpos};

/// Words that may stand between a possessor and its noun.
const MAX_GAP: usize = 7;

pub(super) fn repair(tokens: &mut [Token], words: &[&str]) {
    possessors(tokens, words);
    agents(tokens);
    prepositions(tokens);
    objects_before_marks(tokens);
    second_subjects(tokens);
    behind_dates(tokens);
    receivers(tokens);
    willing(tokens);
    days_before_verbs(tokens);
}

/// "The army on Saturday accused X", where the day hangs on the noun before it: a day between a subject and its verb is
/// the verb's.
fn days_before_verbs(tokens: &mut [Token]) {
    for i in 1..tokens.len().saturating_sub(1) {
        let day = WEEKDAYS.contains(&tokens[i].lemma.to_lowercase().as_str());
        let finite = matches!(tokens[i + 1].xpos, Xpos::Vbd | Xpos::Vbz | Xpos::Vbp | Xpos::Md)
            || (tokens[i + 1].upos == Upos::Aux && tokens[i + 1].xpos != Xpos::Vbg);
        if !day || !finite || !matches!(tokens[i].deprel, Deprel::Nmod | Deprel::NmodUnmarked | Deprel::Compound) {
            continue;
        }
        // An auxiliary stands for its verb.
        let verb = match (tokens[i + 1].deprel, tokens[i + 1].head) {
            (Deprel::Aux | Deprel::AuxPass | Deprel::Cop, Some(head)) => head,
            _ => i + 1,
        };
        if tokens[i].head.is_some_and(|h| h < i) {
            hang(tokens, i, verb, Deprel::Obl);
        }
    }
}

/// "Syria says it is willing to": who is willing is somebody, no empty "it".
fn willing(tokens: &mut [Token]) {
    for i in 0..tokens.len() {
        let will = tokens[i].head.is_some_and(|h| {
            matches!(
                tokens[h].lemma.as_str(),
                "willing"
                    | "unwilling"
                    | "ready"
                    | "prepared"
                    | "able"
                    | "unable"
                    | "eager"
                    | "reluctant"
                    | "determined"
                    | "committed"
            )
        });
        if tokens[i].deprel == Deprel::Expl && will {
            tokens[i].deprel = Deprel::Nsubj;
        }
    }
}

/// "offered Tunisia 40 million euros" where the name hangs on "euros": a name right behind a verb of giving and before an
/// article or a number is whom it is given to.
fn receivers(tokens: &mut [Token]) {
    for verb in 0..tokens.len().saturating_sub(2) {
        let gives = matches!(
            tokens[verb].lemma.as_str(),
            "offer"
                | "give"
                | "lend"
                | "grant"
                | "pay"
                | "sell"
                | "send"
                | "promise"
                | "pledge"
                | "owe"
                | "award"
                | "deny"
                | "fine"
                | "loan"
        );
        if !gives || tokens[verb].upos != Upos::Verb || tokens[verb + 1].upos != Upos::Propn {
            continue;
        }
        let mut end = verb + 1;
        while end + 1 < tokens.len() && tokens[end + 1].upos == Upos::Propn {
            end += 1;
        }
        let gift = end + 1;
        let begins = gift < tokens.len()
            && (matches!(tokens[gift].upos, Upos::Det | Upos::Num) || tokens[gift].xpos == Xpos::Dollar);
        // The name's own head is the one of its words that hangs outside of it.
        let name = (verb + 1..=end).find(|&t| tokens[t].head.is_some_and(|h| h > end || h <= verb));
        if let Some(name) = name.filter(|_| begins)
            && matches!(tokens[name].deprel, Deprel::Compound | Deprel::NmodUnmarked | Deprel::NmodDesc | Deprel::Nmod)
        {
            hang(tokens, name, verb, Deprel::Iobj);
        }
    }
}

/// "marched on Tuesday in Serbia": a day has no place; what follows it belongs to its verb.
fn behind_dates(tokens: &mut [Token]) {
    for i in 0..tokens.len() {
        if tokens[i].deprel != Deprel::Nmod {
            continue;
        }
        let Some(date) = tokens[i].head.filter(|&d| d < i) else { continue };
        let lemma = tokens[date].lemma.to_lowercase();
        let day = matches!(tokens[date].upos, Upos::Propn | Upos::Noun)
            && (WEEKDAYS.contains(&lemma.as_str()) || MONTHS.contains(&lemma.as_str()));
        let of = children(tokens, i).iter().any(|&c| tokens[c].deprel == Deprel::Case && tokens[c].lemma == "of");
        let oblique = matches!(tokens[date].deprel, Deprel::Obl | Deprel::OblUnmarked);
        if let (true, true, false, Some(verb)) = (day, oblique, of, tokens[date].head) {
            hang(tokens, i, verb, Deprel::Obl);
        }
    }
}

fn children(tokens: &[Token], head: usize) -> Vec<usize> {
    (0..tokens.len()).filter(|&i| tokens[i].head == Some(head)).collect()
}

fn is_below(tokens: &[Token], mut token: usize, top: usize) -> bool {
    for _ in 0..tokens.len() {
        if token == top {
            return true;
        }
        match tokens[token].head {
            Some(head) => token = head,
            None => return false,
        }
    }
    true
}

/// Hang `token` on `head` unless that would close a circle or take the root away.
fn hang(tokens: &mut [Token], token: usize, head: usize, deprel: Deprel) {
    if tokens[token].head.is_some() && !is_below(tokens, head, token) {
        tokens[token].head = Some(head);
        tokens[token].deprel = deprel;
    }
}

/// "X's wife and adviser Y": X possesses the noun, whatever verb the parser hung it on.
fn possessors(tokens: &mut [Token], words: &[&str]) {
    for mark in 1..tokens.len() {
        if tokens[mark].xpos != Xpos::Pos || tokens[mark].deprel != Deprel::Case {
            continue;
        }
        let Some(owner) = tokens[mark].head.filter(|&o| o < mark) else { continue };
        if !matches!(
            tokens[owner].deprel,
            Deprel::Nsubj | Deprel::NsubjPass | Deprel::Obj | Deprel::Obl | Deprel::Dep | Deprel::Appos
        ) {
            continue;
        }
        let mut noun = mark + 1;
        if words.get(noun) == Some(&"(") {
            while noun < tokens.len() && words[noun] != ")" {
                noun += 1;
            }
            noun += 1;
        }
        let limit = (noun + MAX_GAP).min(tokens.len());
        while noun < limit
            && (matches!(tokens[noun].upos, Upos::Adj | Upos::Num | Upos::Adv)
                || matches!(words[noun], "-" | "\"" | "“" | "”")
                || matches!(tokens[noun].xpos, Xpos::Vbn | Xpos::Vbg))
        {
            noun += 1;
        }
        if noun >= limit || !matches!(tokens[noun].upos, Upos::Noun | Upos::Propn) {
            continue;
        }
        while let (Deprel::Compound | Deprel::Amod | Deprel::NmodUnmarked, Some(head)) =
            (tokens[noun].deprel, tokens[noun].head)
        {
            if head <= noun || !matches!(tokens[head].upos, Upos::Noun | Upos::Propn) {
                break;
            }
            noun = head;
        }
        hang(tokens, owner, noun, Deprel::NmodPoss);
    }
}

/// "pushed by X": a noun behind "by" is no passive subject.
fn agents(tokens: &mut [Token]) {
    for i in 0..tokens.len() {
        if matches!(tokens[i].deprel, Deprel::NsubjPass)
            && tokens[i].head.is_some_and(|h| h < i)
            && children(tokens, i).iter().any(|&c| tokens[c].deprel == Deprel::Case && tokens[c].lemma == "by")
        {
            tokens[i].deprel = Deprel::OblAgent;
        }
    }
}

/// "with Secretary X" where "with" hangs on X below "Secretary": it belongs to the phrase's head.
fn prepositions(tokens: &mut [Token]) {
    for case in 0..tokens.len() {
        if tokens[case].deprel != Deprel::Case {
            continue;
        }
        let Some(inner) = tokens[case].head else { continue };
        let Some(outer) = tokens[inner].head else { continue };
        let inside = matches!(tokens[inner].deprel, Deprel::Flat | Deprel::Appos | Deprel::NmodDesc | Deprel::Compound);
        if inside && case < outer && outer < inner {
            tokens[case].head = Some(outer);
        }
    }
}

/// "accused X of arming Y" where X hangs on "arming", "said after talks that Y left" where the talks hang on "left": what
/// stands before the mark of a clause belongs to the verb above.
fn objects_before_marks(tokens: &mut [Token]) {
    for object in 0..tokens.len() {
        let circumstance = matches!(tokens[object].deprel, Deprel::Obl | Deprel::OblUnmarked);
        if tokens[object].deprel != Deprel::Obj && !circumstance {
            continue;
        }
        let Some(verb) = tokens[object].head else { continue };
        let Some(above) = tokens[verb].head else { continue };
        if above >= object || !matches!(tokens[verb].deprel, Deprel::Advcl | Deprel::Xcomp | Deprel::Ccomp) {
            continue;
        }
        let below = children(tokens, verb);
        let mark = below.iter().copied().find(|&c| tokens[c].deprel == Deprel::Mark && c < verb);
        let fits = mark.is_some_and(|m| above < object && object < m)
            && tokens[above].upos == Upos::Verb
            && (circumstance || !children(tokens, above).iter().any(|&c| tokens[c].deprel == Deprel::Obj));
        if fits {
            hang(tokens, object, above, tokens[object].deprel);
        }
    }
}

/// "X arrested Y, officials said" where X hangs on "said": the verb of the clause between the two subjects of the verb
/// of speech, if it has no subject of its own.
fn said_clause(tokens: &[Token], speech: usize, first: usize, second: usize) -> Option<usize> {
    children(tokens, speech).into_iter().find(|&clause| {
        matches!(tokens[clause].deprel, Deprel::Ccomp | Deprel::Parataxis)
            && first < clause
            && clause < second
            && tokens[clause].upos == Upos::Verb
            && !children(tokens, clause).iter().any(|&c| matches!(tokens[c].deprel, Deprel::Nsubj | Deprel::NsubjPass))
    })
}

/// A verb has one subject: of two, a title right before a name is part of the name, and one behind the verb is its
/// object.
fn second_subjects(tokens: &mut [Token]) {
    let mut first: Vec<Option<usize>> = vec![None; tokens.len()];
    for i in 0..tokens.len() {
        if tokens[i].deprel != Deprel::Nsubj {
            continue;
        }
        let Some(verb) = tokens[i].head else { continue };
        let Some(other) = first[verb] else {
            first[verb] = Some(i);
            continue;
        };
        if let Some(clause) = said_clause(tokens, verb, other, i) {
            let passive = children(tokens, clause).iter().any(|&c| tokens[c].deprel == Deprel::AuxPass);
            hang(tokens, other, clause, if passive { Deprel::NsubjPass } else { Deprel::Nsubj });
            first[verb] = Some(i);
        } else if i == other + 1 && i < verb && tokens[other].upos == Upos::Noun && tokens[i].upos == Upos::Propn {
            hang(tokens, other, i, Deprel::NmodDesc);
            first[verb] = Some(i);
        } else if other < verb
            && verb < i
            && tokens[verb].upos == Upos::Verb
            && !children(tokens, verb).iter().any(|&c| matches!(tokens[c].deprel, Deprel::Obj | Deprel::AuxPass))
        {
            tokens[i].deprel = Deprel::Obj;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    /// `word/UPOS/XPOS/head/deprel` with heads counted from 1, 0 for the root.
    fn check(sentence: &str, changed: &[(usize, usize, Deprel)]) {
        let mut words = Vec::new();
        let mut tokens: Vec<Token> = Vec::new();
        for cell in sentence.split(' ') {
            let part: Vec<&str> = cell.split('/').collect();
            words.push(part[0]);
            tokens.push(Token {
                span: Span::new(0, 0),
                lemma: part[0].to_lowercase(),
                upos: Upos::parse(part[1]),
                xpos: Xpos::parse(part[2]),
                head: part[3].parse::<usize>().unwrap().checked_sub(1),
                deprel: Deprel::parse(part[4]),
            });
        }
        let mut expect: Vec<(Option<usize>, Deprel)> = tokens.iter().map(|t| (t.head, t.deprel)).collect();
        for &(token, head, deprel) in changed {
            expect[token - 1] = (head.checked_sub(1), deprel);
        }
        repair(&mut tokens, &words);
        let found: Vec<_> = tokens.iter().map(|t| (t.head, t.deprel)).collect();
        assert_eq!(found, expect, "{sentence}");
    }

    #[test]
    fn surface_marks_win_over_the_tree() {
        check(
            "Ghana/PROPN/NNP/5/nsubj 's/PART/POS/1/case new/ADJ/JJ/4/amod envoy/NOUN/NN/5/nsubj left/VERB/VBD/0/root",
            &[(1, 4, Deprel::NmodPoss)],
        );
        check("pushed/VERB/VBN/0/root by/ADP/IN/3/case Ghana/PROPN/NNP/1/nsubj:pass", &[(3, 1, Deprel::OblAgent)]);
        check(
            "met/VERB/VBD/0/root with/ADP/IN/4/case Secretary/NOUN/NN/1/obl Vogt/PROPN/NNP/3/flat",
            &[(2, 3, Deprel::Case)],
        );
        check(
            "accused/VERB/VBD/0/root Togo/PROPN/NNP/4/obj of/SCONJ/IN/4/mark arming/VERB/VBG/1/advcl rebels/NOUN/NNS/4/obj",
            &[(2, 1, Deprel::Obj)],
        );
    }

    #[test]
    fn what_is_said_has_its_own_subject() {
        check(
            "Soldiers/NOUN/NNS/6/nsubj arrested/VERB/VBD/6/ccomp traders/NOUN/NNS/2/obj ,/PUNCT/,/2/punct \
             officials/NOUN/NNS/6/nsubj said/VERB/VBD/0/root",
            &[(1, 2, Deprel::Nsubj)],
        );
        check(
            "Traders/NOUN/NNS/6/nsubj were/AUX/VBD/3/aux:pass held/VERB/VBN/6/ccomp ,/PUNCT/,/3/punct \
             officials/NOUN/NNS/6/nsubj said/VERB/VBD/0/root",
            &[(1, 3, Deprel::NsubjPass)],
        );
    }

    #[test]
    fn a_gift_has_a_receiver() {
        check(
            "offer/VERB/VB/0/root Togo/PROPN/NNP/5/compound 40/NUM/CD/5/nummod million/NUM/CD/3/flat euros/NOUN/NNS/1/obj",
            &[(2, 1, Deprel::Iobj)],
        );
        // A name before a plain noun belongs to it.
        check("offer/VERB/VB/0/root Togo/PROPN/NNP/3/compound maize/NOUN/NN/1/obj", &[]);
    }

    #[test]
    fn what_stands_before_the_mark_is_outside() {
        check(
            "said/VERB/VBD/0/root after/ADP/IN/3/case talks/NOUN/NNS/6/obl that/SCONJ/IN/6/mark Togo/PROPN/NNP/6/nsubj \
             left/VERB/VBD/1/ccomp",
            &[(3, 1, Deprel::Obl)],
        );
    }

    #[test]
    fn who_is_willing_is_somebody() {
        check(
            "it/PRON/PRP/3/expl is/AUX/VBZ/3/cop willing/ADJ/JJ/0/root to/PART/TO/5/mark talk/VERB/VB/3/xcomp",
            &[(1, 3, Deprel::Nsubj)],
        );
    }

    #[test]
    fn a_day_before_the_verb_is_the_verbs() {
        check(
            "army/NOUN/NN/4/nsubj on/ADP/IN/3/case saturday/PROPN/NNP/1/nmod accused/VERB/VBD/0/root",
            &[(3, 4, Deprel::Obl)],
        );
    }

    #[test]
    fn a_day_has_no_place() {
        check(
            "They/PRON/PRP/2/nsubj marched/VERB/VBD/0/root on/ADP/IN/4/case tuesday/PROPN/NNP/2/obl in/ADP/IN/6/case \
             Oslo/PROPN/NNP/4/nmod",
            &[(6, 2, Deprel::Obl)],
        );
        check(
            "They/PRON/PRP/2/nsubj left/VERB/VBD/0/root in/ADP/IN/4/case may/PROPN/NNP/2/obl of/ADP/IN/6/case \
             1998/NUM/CD/4/nmod",
            &[],
        );
    }

    #[test]
    fn a_verb_has_one_subject() {
        check("Vogt/PROPN/NNP/2/nsubj thanked/VERB/VBD/0/root Togo/PROPN/NNP/2/nsubj", &[(3, 2, Deprel::Obj)]);
        check("spokesman/NOUN/NN/3/nsubj Vogt/PROPN/NNP/3/nsubj left/VERB/VBD/0/root", &[(1, 2, Deprel::NmodDesc)]);
    }

    #[test]
    fn what_is_right_stays() {
        check("left/VERB/VBD/2/ccomp said/VERB/VBD/0/root Vogt/PROPN/NNP/2/nsubj", &[]);
        check("Ghana/PROPN/NNP/3/nmod:poss 's/PART/POS/1/case envoy/NOUN/NN/4/nsubj left/VERB/VBD/0/root", &[]);
        check("It/PRON/PRP/3/nsubj 's/PART/POS/1/case late/ADJ/JJ/0/root", &[]);
        check("helped/VERB/VBD/0/root to/PART/TO/3/mark arm/VERB/VB/1/xcomp Togo/PROPN/NNP/3/obj", &[]);
    }
}
