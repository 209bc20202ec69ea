//! Relations: rules over the tree, then qualifiers, then one relation a fact.
//!
//! A rule file (`rules`) names triggers and argument paths. For each sentence the tree is read as
//! predicates with subjects and objects (`parse`); triggers are found by lemma, arguments are filled with
//! mentions, and every match gets its polarity, modality, attribution, time and place (`qualify`,
//! `time`). Verbs that no rule knows give open relations (`open`).

mod attribution;
mod calibration;
mod matcher;
mod open;
mod parse;
mod qualify;
mod rules;
mod time;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

pub use rules::{Example, Rule, RuleError, RuleSet};

use crate::entity::{EntityId, Linked, MentionId};
use crate::relation::{Class, Evidence, Modality, Polarity, Related, Relation};
use crate::span::Span;
use crate::syntax::Sentence;
use matcher::Match;
use parse::Parse;

/// Finds relations with a set of rules; shared by all workers.
#[derive(Debug, Clone)]
pub struct Relater {
    rules: Arc<RuleSet>,
    open: OpenRelations,
}

/// Whether verbs that no rule knows give relations too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OpenRelations {
    /// They do, as class `OTHER`, rule `open/verb`.
    #[default]
    Keep,
    /// Only rules give relations.
    LeaveOut,
}

/// What happened in a sentence, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The relations found, before near-copies are merged.
    pub relations: Vec<Relation>,
    /// For each relation the tokens of its trigger.
    pub triggers: Vec<Vec<usize>>,
    /// Pairs of mentions of different entities that no rule took.
    pub untaken: Vec<(MentionId, MentionId)>,
}

impl Relater {
    /// A relater with these rules.
    pub fn new(rules: RuleSet, open: OpenRelations) -> Self {
        Self { rules: Arc::new(rules), open }
    }

    /// The rules in use.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// All relations of an article, one a fact.
    pub fn relate(&self, linked: Linked) -> Related {
        let published = day_of(&linked);
        let mut found = Vec::new();
        for index in 0..linked.sentences.len() {
            found.extend(self.sentence(&linked, index, published).into_iter().map(|(relation, _)| relation));
        }
        let relations = one_a_fact(found);
        Related { linked, relations }
    }

    /// What the rules make of one sentence.
    pub fn explain(&self, linked: &Linked, sentence: usize) -> Explanation {
        let range = parse::mentions_in(linked, sentence);
        let (relations, triggers): (Vec<_>, Vec<_>) =
            self.sentence(linked, sentence, day_of(linked)).into_iter().unzip();
        let mut untaken = Vec::new();
        for a in range.clone() {
            for b in a + 1..range.end {
                let taken = relations.iter().any(|r: &Relation| {
                    let pair = (r.evidence.subject, r.evidence.object);
                    pair == (a, b) || pair == (b, a)
                });
                if !taken && linked.entity_of[a] != linked.entity_of[b] {
                    untaken.push((a, b));
                }
            }
        }
        Explanation { relations, triggers, untaken }
    }

    fn sentence(&self, linked: &Linked, index: usize, published: Option<Date>) -> Vec<(Relation, Vec<usize>)> {
        // A relation needs two mentions.
        if parse::mentions_in(linked, index).len() < 2 {
            return Vec::new();
        }
        let parse = Parse::new(linked, index, &self.rules.lexicon, published);
        let mut matches = matcher::matches(&parse, &self.rules);
        if self.open == OpenRelations::Keep {
            let open = open::matches(&parse, &matches);
            matches.extend(open);
        }
        let mut out: Vec<(Relation, Vec<usize>)> = matches
            .into_iter()
            .map(|m| {
                let trigger = m.trigger.clone();
                (self.relation(&parse, &m), trigger)
            })
            .collect();
        out.sort_by(|(a, _), (b, _)| in_text_order(a).cmp(&in_text_order(b)));
        out
    }

    fn relation(&self, parse: &Parse<'_>, found: &Match) -> Relation {
        let linked = parse.linked;
        let qualifiers = qualify::qualify(parse, found);
        // Trigger words are in text order.
        let word = |t: Option<&usize>| parse.sentence.tokens[t.copied().unwrap_or(found.anchor)].span;
        let trigger = word(found.trigger.first()).join(word(found.trigger.last()));
        let (subject, object) = (&linked.mentions[found.subject.mention], &linked.mentions[found.object.mention]);
        let rule = found.rule.map(|r| &self.rules.rules[r]);
        let predicate = rule.map_or_else(|| open::predicate(parse, found).into(), |r| Arc::clone(&r.predicate));
        let class = rule.map_or(Class::Other, |r| r.class);
        let phrase = matcher::phrase(parse, found, class)
            .unwrap_or_else(|| rule.map_or_else(|| predicate.replace('_', " "), |r| r.phrase.clone()));
        let base = rule.map_or(open::CONFIDENCE, |r| r.confidence);
        // A question says less than a statement.
        let base = if qualify::question(parse) { 0.7 * base } else { base };
        let confidence =
            base * found.subject.trust * found.object.trust * subject.score.min(object.score).clamp(0.0, 1.0).sqrt();
        Relation {
            subject: linked.entity_of[found.subject.mention],
            predicate,
            phrase,
            object: linked.entity_of[found.object.mention],
            class,
            symmetric: rule.is_some_and(|r| r.symmetric),
            polarity: qualifiers.polarity,
            modality: qualifiers.modality,
            attribution: qualifiers.attribution,
            denied_by: qualifiers.denied_by,
            time: qualifiers.time,
            place: qualifiers.place,
            confidence: calibration::calibrated(confidence),
            rule: rule.map_or_else(|| open::RULE.into(), |r| Arc::clone(&r.id)),
            evidence: Evidence {
                sentence: parse.index,
                // An end may stand in another sentence: the state whose office somebody holds.
                span: [subject, object]
                    .into_iter()
                    .filter(|mention| mention.sentence == parse.index)
                    .fold(trigger, |span, mention| span.join(mention.span)),
                trigger,
                subject: found.subject.mention,
                object: found.object.mention,
            },
            further_evidence: Vec::new(),
        }
    }
}

/// The day of publication, or that of the dateline.
fn day_of(linked: &Linked) -> Option<Date> {
    let text = &linked.document.text;
    let words = |s: &Sentence| s.tokens.iter().map(|t| t.span.of(text)).collect();
    linked.document.published.or_else(|| time::dateline(linked.sentences.iter().map(words)))
}

/// One relation a fact: the best-evidenced of those that state it, with the places of the others.
fn one_a_fact(found: Vec<Relation>) -> Vec<Relation> {
    type Fact = (EntityId, Arc<str>, EntityId, Polarity, Modality);
    // A dated statement says more than an undated one of about the same worth.
    let worth = |r: &Relation| r.confidence + if r.time.is_some() { 0.1 } else { 0.0 };
    let mut of_fact: BTreeMap<Fact, usize> = BTreeMap::new();
    let mut facts: Vec<Vec<Relation>> = Vec::new();
    for r in found {
        let (a, b) =
            if r.symmetric { (r.subject.min(r.object), r.subject.max(r.object)) } else { (r.subject, r.object) };
        let fact = *of_fact.entry((a, Arc::clone(&r.predicate), b, r.polarity, r.modality)).or_insert(facts.len());
        match facts.get_mut(fact) {
            Some(statements) => statements.push(r),
            None => facts.push(vec![r]),
        }
    }
    let mut merged: Vec<Relation> = facts
        .into_iter()
        .filter_map(|mut statements| {
            // The first of the best.
            let best =
                (0..statements.len()).rev().max_by(|&i, &j| worth(&statements[i]).total_cmp(&worth(&statements[j])))?;
            let mut best = statements.remove(best);
            for other in statements {
                // What one statement leaves open another may tell.
                best.time = best.time.or(other.time);
                best.place = best.place.or(other.place);
                if other.evidence != best.evidence && !best.further_evidence.contains(&other.evidence) {
                    best.further_evidence.push(other.evidence);
                }
            }
            Some(best)
        })
        .collect();
    merged.sort_by(|a, b| in_text_order(a).cmp(&in_text_order(b)));
    merged
}

fn in_text_order(r: &Relation) -> (Span, MentionId, MentionId, &str) {
    (r.evidence.trigger, r.evidence.subject, r.evidence.object, &r.rule)
}
