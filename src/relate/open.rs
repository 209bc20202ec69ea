//! Open relations: a verb that no rule knows between two names.

use super::matcher::Match;
use super::parse::{Filled, Filler, Parse, among};
use crate::mention::{Form, Kind};
use crate::syntax::{Deprel, Upos};

/// Identifier of the relations that no rule gives.
pub(super) const RULE: &str = "open/verb";
/// Belief in one that is found without any detour.
pub(super) const CONFIDENCE: f32 = 0.7;

/// Matches of verbs between a subject and an object that are both named, where no rule took the pair.
pub(super) fn matches(parse: &Parse<'_>, ruled: &[Match]) -> Vec<Match> {
    let mut out = Vec::new();
    for verb in 0..parse.len() {
        if parse.upos(verb) != Upos::Verb || among(&parse.words.closed_verbs, parse.lemma(verb)) {
            continue;
        }
        // A verb that a rule used has said what it has to say.
        if ruled.iter().any(|m| m.anchor == verb || m.verb == verb) {
            continue;
        }
        let named = |found: Vec<Filled>| -> Vec<Filled> {
            found
                .into_iter()
                .filter(|f| {
                    let mention = &parse.linked.mentions[f.mention];
                    // "dismissed the government" says nothing of its country.
                    let government =
                        mention.form == Form::Nominal && among(&parse.words.governments, parse.lemma(f.token));
                    matches!(mention.form, Form::Name | Form::Alias | Form::Pronoun | Form::Nominal)
                        && mention.tokens.contains(&f.token)
                        && !government
                })
                .collect()
        };
        let subjects: Vec<Filled> = named(parse.subjects(verb).into_iter().flat_map(|f| parse.fill(f)).collect())
            .into_iter()
            .filter(|f| parse.mention_kind(f.mention) != Kind::Place)
            .collect();
        if subjects.is_empty() {
            continue;
        }
        let mut trigger = vec![verb];
        trigger.extend(parse.child(verb, Deprel::CompoundPrt));
        let direct = parse.objects(verb);
        let objects: Vec<(Filled, Option<usize>)> = if direct.is_empty() && !parse.is_passive(verb) {
            // Only the first oblique: later ones are circumstances more often than participants.
            parse
                .with_deprel(verb, &[Deprel::Obl])
                .take(1)
                .filter(|&c| {
                    parse.preposition(c).is_some_and(|p| {
                        matches!(p.as_str(), "with" | "to" | "against" | "for" | "on" | "from" | "by" | "into")
                    })
                })
                .flat_map(|c| {
                    let case = parse.with_deprel(c, &[Deprel::Case]).last();
                    named(parse.fill(Filler { token: c, trust: 0.9 })).into_iter().map(move |f| (f, case))
                })
                .collect()
        } else {
            named(direct.into_iter().flat_map(|f| parse.fill(f)).collect()).into_iter().map(|f| (f, None)).collect()
        };
        for &subject in &subjects {
            for &(object, case) in &objects {
                if parse.linked.entity_of[subject.mention] == parse.linked.entity_of[object.mention] {
                    continue;
                }
                let mut words = trigger.clone();
                words.extend(case);
                words.sort_unstable();
                out.push(Match::open(verb, words, subject, object));
            }
        }
    }
    out
}

/// The lemma phrase of an open relation: `hand_over_to`.
pub(super) fn predicate(parse: &Parse<'_>, m: &Match) -> String {
    let words: Vec<String> = m
        .trigger
        .iter()
        .map(|&t| parse.lemma(t).chars().filter(|c| c.is_alphanumeric()).collect::<String>())
        .filter(|w| !w.is_empty())
        .collect();
    words.join("_")
}
