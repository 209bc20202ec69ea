//! Rules against one sentence: triggers by lemma, arguments by path.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::parse::{Filled, Filler, Parse, among};
use super::rules::{ArgumentPath, Pattern, RuleSet, Step, TriggerPos, name_key};
use crate::mention::{Form, Kind};
use crate::relation::Class;
use crate::syntax::{Deprel, Upos, Xpos};

/// A rule's or an open verb's hold on two mentions.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Match {
    /// Index of the rule; `None` for an open relation.
    pub(super) rule: Option<usize>,
    /// The word that decides.
    pub(super) anchor: usize,
    /// The verb that carries tense and negation: the anchor, or the light verb above a noun.
    pub(super) verb: usize,
    /// Words that express the relation, in text order.
    pub(super) trigger: Vec<usize>,
    pub(super) subject: Filled,
    pub(super) object: Filled,
    /// Said of a name in passing: whatever the clause says, it holds.
    pub(super) standing: bool,
    specificity: usize,
}

impl Match {
    pub(super) fn open(anchor: usize, trigger: Vec<usize>, subject: Filled, object: Filled) -> Self {
        Self { rule: None, anchor, verb: anchor, trigger, subject, object, standing: false, specificity: 0 }
    }
}

/// A trigger that a pattern accepted.
struct Triggered {
    anchor: usize,
    /// The light object ("ties" of "cut ties"), if the pattern wants one.
    light: Option<usize>,
    /// Particle and oblique words that belong to the trigger.
    extra: Vec<usize>,
}

pub(super) fn matches(parse: &Parse<'_>, rules: &RuleSet) -> Vec<Match> {
    let mut out: Vec<Match> = Vec::new();
    for anchor in 0..parse.len() {
        let by_name = parse.mention_at(anchor).filter(|&m| {
            matches!(parse.linked.mentions[m].form, Form::Name | Form::Alias) && parse.mention_head(m) == anchor
        });
        let names = by_name.and_then(|m| rules.index.get(&name_key(parse.mention_kind(m))));
        let lemmas = rules.index.get(parse.lemma(anchor));
        let mut here: Vec<Match> = Vec::new();
        for &(pos, rule, pattern) in lemmas.into_iter().chain(names).flatten() {
            if !fits(parse, anchor, pos) {
                continue;
            }
            let pattern = &rules.rules[rule].patterns[pattern];
            if let Some(triggered) = trigger(parse, anchor, pattern) {
                arguments(parse, rule, pattern, &triggered, &mut here);
            }
        }
        out.extend(most_specific(here, rules));
    }
    out
}

/// Of several rules of one trigger word that take the same two mentions, the most demanding; then the surest; then the
/// first.
fn most_specific(found: Vec<Match>, rules: &RuleSet) -> Vec<Match> {
    let wins = |m: &Match, other: &Match| {
        let rule = |m: &Match| m.rule.map(|r| &rules.rules[r]);
        let confidence = |m: &Match| rule(m).map_or(0.0, |r| r.confidence);
        let order = m.specificity.cmp(&other.specificity).then(confidence(m).total_cmp(&confidence(other)));
        order.then(other.rule.cmp(&m.rule)).is_gt()
    };
    let mut best: BTreeMap<(usize, usize), Match> = BTreeMap::new();
    for m in found {
        let (a, b) = (m.subject.mention, m.object.mention);
        match best.entry((a.min(b), a.max(b))) {
            Entry::Vacant(slot) => {
                slot.insert(m);
            }
            Entry::Occupied(mut slot) => {
                if wins(&m, slot.get()) {
                    slot.insert(m);
                }
            }
        }
    }
    best.into_values().collect()
}

fn fits(parse: &Parse<'_>, t: usize, pos: TriggerPos) -> bool {
    match pos {
        TriggerPos::Name => true,
        TriggerPos::Verb => parse.upos(t) == Upos::Verb,
        TriggerPos::Noun => matches!(parse.upos(t), Upos::Noun | Upos::Propn) && !names_something(parse, t),
        TriggerPos::Adjective => parse.upos(t) == Upos::Adj || (parse.upos(t) == Upos::Verb && parse.is_passive(t)),
    }
}

/// A capitalized word inside a name ("President" of "President Hotel") is no trigger; a title that the
/// tagger left inside a person's name is.
fn names_something(parse: &Parse<'_>, t: usize) -> bool {
    parse.mention_at(t).is_some_and(|m| {
        let nominal = parse.linked.mentions[m].form == Form::Nominal;
        !nominal && (parse.mention_kind(m) != Kind::Person || parse.mention_head(m) == t)
    })
}

fn trigger(parse: &Parse<'_>, anchor: usize, pattern: &Pattern) -> Option<Triggered> {
    let particle = parse.child(anchor, Deprel::CompoundPrt);
    let mut extra = Vec::new();
    if pattern.pos == TriggerPos::Verb {
        if pattern.particle.is_empty() {
            if particle.is_some() {
                return None;
            }
        } else {
            let mut particles = particle.into_iter().chain(parse.with_deprel(anchor, &[Deprel::Advmod]));
            extra.push(particles.find(|&c| among(&pattern.particle, parse.lemma(c)))?);
        }
        if pattern.passive.is_some_and(|p| p != parse.is_passive(anchor)) {
            return None;
        }
    }
    if !pattern.with_oblique.is_empty() {
        let c = parse.with_deprel(anchor, &[Deprel::Obl, Deprel::Xcomp, Deprel::Nmod, Deprel::Advmod]).find(|&c| {
            parse.preposition(c).is_some_and(|preposition| {
                pattern.with_oblique.iter().any(|(p, n)| *p == preposition && n == parse.lemma(c))
            })
        })?;
        extra.extend(parse.with_deprel(c, &[Deprel::Case]));
        extra.push(c);
    }
    if !pattern.with_complement.is_empty() {
        let complements = parse.complements(anchor);
        // Behind the verb: what stands before it is a quotation.
        let mut behind = complements.iter().filter(|f| f.token > anchor);
        extra.push(behind.find(|f| among(&pattern.with_complement, parse.lemma(f.token)))?.token);
    }
    if !pattern.with_complement_aux.is_empty() {
        let held = |f: &Filler| {
            parse.with_deprel(f.token, &[Deprel::Aux]).find(|&c| among(&pattern.with_complement_aux, parse.lemma(c)))
        };
        extra.push(parse.complements(anchor).iter().find_map(held)?);
    }
    if !pattern.without_modifier.is_empty()
        && parse
            .with_deprel(anchor, &[Deprel::Compound, Deprel::Amod])
            .any(|c| among(&pattern.without_modifier, parse.lemma(c)))
    {
        return None;
    }
    if !pattern.predicate_of.is_empty() {
        let behind = parse.preposition(anchor).is_some_and(|p| among(&pattern.predicate_of, &p));
        if !behind || parse.child(anchor, Deprel::Cop).is_none() {
            return None;
        }
    }
    if !pattern.without_complement.is_empty()
        && parse.complements(anchor).iter().any(|f| among(&pattern.without_complement, parse.lemma(f.token)))
    {
        return None;
    }
    if !pattern.without_object.is_empty()
        && parse.objects(anchor).iter().any(|f| among(&pattern.without_object, parse.lemma(f.token)))
    {
        return None;
    }
    if pattern.with_object.is_empty() {
        return Some(Triggered { anchor, light: None, extra });
    }
    let light = parse.objects(anchor).into_iter().find_map(|object| {
        std::iter::once(object.token)
            .chain(parse.with_deprel(object.token, &[Deprel::Conj]))
            .find(|&noun| among(&pattern.with_object, parse.lemma(noun)) && parse.mention_at(noun).is_none())
    })?;
    Some(Triggered { anchor, light: Some(light), extra })
}

fn arguments(parse: &Parse<'_>, rule: usize, pattern: &Pattern, triggered: &Triggered, out: &mut Vec<Match>) {
    let mut subjects = first_filled(parse, triggered, &pattern.subject, &pattern.subject_kinds);
    // "A and B accuse C and D of ...": D behind an active verb is no subject of it beside one before it.
    if pattern.pos == TriggerPos::Verb
        && !parse.is_passive(triggered.anchor)
        && subjects.iter().any(|f| f.token < triggered.anchor)
    {
        subjects.retain(|f| f.token < triggered.anchor);
    }
    if subjects.is_empty() {
        return;
    }
    let same_path = pattern.subject == pattern.object;
    let mut objects =
        if same_path { Vec::new() } else { first_filled(parse, triggered, &pattern.object, &pattern.object_kinds) };
    // "Czech Senate President": the body next to the title has the office, not the state before it.
    if takes_holder(pattern)
        && objects.iter().all(|o| o.token < triggered.anchor)
        && let Some(nearest) = objects.iter().copied().max_by_key(|o| o.token)
        && parse.mention_kind(nearest.mention) == Kind::Organization
    {
        objects = vec![nearest];
    }
    let mut pairs: Vec<(Filled, Filled)> = Vec::new();
    // "After the meeting, A and B left": who acts in the clause did not need to meet one another.
    let on_occasion = parse.upos(triggered.anchor) == Upos::Noun && parse.deprel(triggered.anchor) == Deprel::Obl;
    let among_subjects = if on_occasion && says_subject(pattern) {
        false
    } else if same_path {
        !(says_subject(pattern) && ends_elsewhere(parse, triggered, &subjects))
    } else {
        objects.is_empty()
            && pattern.reciprocal
            && !has_object(parse, triggered)
            && !ends_elsewhere(parse, triggered, &subjects)
    };
    if among_subjects {
        for (i, &a) in subjects.iter().enumerate() {
            for &b in &subjects[i + 1..] {
                if pattern.object_kinds.contains(&parse.mention_kind(b.mention)) {
                    pairs.push((a, b));
                }
            }
        }
    }
    // "Foreign ministers A of Norway and B of Kenya": each title has the state beside its own name.
    let own: Vec<(Filled, Filled)> = if subjects.len() > 1 && takes_holder(pattern) {
        let beside = |s: &Filled| parse.behind(s.token, "of").into_iter().flat_map(|f| parse.fill_single(f)).next();
        subjects
            .iter()
            .filter_map(|s| Some((*s, beside(s)?)))
            .filter(|(_, o)| pattern.object_kinds.contains(&parse.mention_kind(o.mention)))
            .collect()
    } else {
        Vec::new()
    };
    if !own.is_empty() {
        pairs = own;
        subjects.clear();
    }
    for &s in &subjects {
        for &o in &objects {
            pairs.push((s, o));
        }
        // "Presidents X and Y": each of them has a state.
        if objects.is_empty()
            && pattern.object.0.iter().any(|steps| steps[..] == [Step::State])
            && let Some((mention, trust)) = parse.state_of(s.token)
            && pattern.object_kinds.contains(&parse.mention_kind(mention))
        {
            pairs.push((s, Filled { mention, token: triggered.anchor, trust }));
        }
    }
    for (subject, object) in pairs {
        let linked = parse.linked;
        if linked.entity_of[subject.mention] == linked.entity_of[object.mention] {
            continue;
        }
        out.push(Match {
            rule: Some(rule),
            anchor: triggered.anchor,
            verb: carrier(parse, triggered.anchor),
            trigger: if pattern.pos == TriggerPos::Name {
                name_words(parse, triggered.anchor, object.token)
            } else {
                trigger_words(parse, triggered, object.token)
            },
            subject,
            object,
            standing: pattern.pos == TriggerPos::Name && pattern.predicate_of.is_empty(),
            specificity: pattern.specificity(),
        });
    }
}

fn takes_holder(pattern: &Pattern) -> bool {
    pattern.subject.0.iter().any(|steps| steps.contains(&Step::Holder))
}

fn says_subject(pattern: &Pattern) -> bool {
    pattern.subject.0.iter().any(|steps| steps[..] == [Step::Subject])
}

/// "discussed ties between A and B", "have treaties with C": the ends are named elsewhere, so the subjects are not the
/// ends among themselves.
fn ends_elsewhere(parse: &Parse<'_>, triggered: &Triggered, subjects: &[Filled]) -> bool {
    let preposition = |t: usize| parse.preposition(t);
    let elsewhere = [Some(triggered.anchor), triggered.light].into_iter().flatten().any(|host| {
        let own = parse.with_deprel(host, &[Deprel::Obl, Deprel::Nmod]);
        // "a normalizing of ties between A and B"
        let below = own.flat_map(|c| std::iter::once(c).chain(parse.with_deprel(c, &[Deprel::Nmod])));
        below.into_iter().any(|c| match preposition(c).as_deref() {
            Some("with" | "between" | "against") => true,
            // "agreed to a ceasefire" names no end.
            Some("to") => !parse.fill(Filler { token: c, trust: 1.0 }).is_empty(),
            _ => false,
        })
    });
    elsewhere && !subjects.iter().any(|s| preposition(s.token).as_deref() == Some("between"))
}

/// An object that is no entity ("met the deadline") keeps coordinated subjects from being both ends.
fn has_object(parse: &Parse<'_>, triggered: &Triggered) -> bool {
    triggered.light.is_none()
        && !parse.is_passive(triggered.anchor)
        && parse.child(triggered.anchor, Deprel::Obj).is_some()
}

fn carrier(parse: &Parse<'_>, anchor: usize) -> usize {
    if parse.is_verb(anchor) { anchor } else { parse.light_verb(anchor).unwrap_or(anchor) }
}

/// The preposition or "'s" between two names, else the name itself.
fn name_words(parse: &Parse<'_>, anchor: usize, object: usize) -> Vec<usize> {
    let case: Vec<usize> = parse.with_deprel(object, &[Deprel::Case]).collect();
    if case.is_empty() { vec![anchor] } else { case }
}

fn trigger_words(parse: &Parse<'_>, triggered: &Triggered, object: usize) -> Vec<usize> {
    let mut words = vec![triggered.anchor];
    words.extend(&triggered.extra);
    words.extend(triggered.light);
    // The preposition of the object, when it hangs on the trigger.
    if let Some(head) = parse.head(object)
        && words.contains(&head)
        && object > triggered.anchor
    {
        words.extend(
            parse.with_deprel(object, &[Deprel::Case]).filter(|&c| parse.lemma(c) != "'s" && c > triggered.anchor),
        );
    }
    words.sort_unstable();
    words.dedup();
    words
}

/// What the first alternative with an allowed mention gives.
fn first_filled(parse: &Parse<'_>, triggered: &Triggered, path: &ArgumentPath, kinds: &[Kind]) -> Vec<Filled> {
    let plural = matches!(parse.xpos(triggered.anchor), Xpos::Nns | Xpos::Nnps)
        || parse.child(triggered.anchor, Deprel::Cop).is_some();
    for alternative in &path.0 {
        let mut fillers = vec![Filler { token: triggered.anchor, trust: 1.0 }];
        for (depth, step) in alternative.iter().enumerate() {
            let reached = |f: Filler| {
                walk(parse, triggered, f.token, step, depth == 0).into_iter().map(move |g| g.lowered(f.trust))
            };
            fillers = fillers.into_iter().flat_map(reached).collect();
        }
        let mut filled: Vec<Filled> = Vec::new();
        let holder = matches!(alternative[..], [Step::Holder | Step::Itself]);
        for f in fillers {
            let found = if holder && !plural { parse.fill_single(f) } else { parse.fill(f) };
            for g in found {
                let known = filled.iter().any(|o| o.mention == g.mention);
                if !known && kinds.contains(&parse.mention_kind(g.mention)) {
                    filled.push(g);
                }
            }
        }
        if !filled.is_empty() {
            return filled;
        }
    }
    Vec::new()
}

fn walk(parse: &Parse<'_>, triggered: &Triggered, t: usize, step: &Step, from_trigger: bool) -> Vec<Filler> {
    // From the trigger, modifiers reach from the verb, from its light object, and from the light verb above.
    let mut bases = vec![t];
    if from_trigger {
        bases.extend(triggered.light);
        if !parse.is_verb(t) {
            bases.extend(parse.light_verb(t));
        }
    }
    // A light object, not its verb, has the possessors and modifiers.
    let noun = triggered.light.filter(|_| from_trigger).unwrap_or(t);
    match step {
        Step::Subject => parse.subjects(t),
        Step::Object => parse.objects(t),
        Step::Indirect => parse.with_deprel(t, &[Deprel::Iobj]).map(|token| Filler { token, trust: 1.0 }).collect(),
        Step::Possessor => parse.possessors(noun),
        // Beside a person's name further on stand that one's titles.
        Step::Modifier
            if !from_trigger && parse.mention_at(noun).is_some_and(|m| parse.mention_kind(m) == Kind::Person) =>
        {
            Vec::new()
        }
        Step::Modifier => parse.modifiers(noun),
        Step::Holder => parse.holders(t),
        Step::Itself => vec![Filler { token: t, trust: 1.0 }],
        Step::Apposition => parse
            .with_deprel(t, &[Deprel::Appos, Deprel::NmodUnmarked, Deprel::List])
            .filter(|&c| c > t && parse.mention_at(c).is_some())
            .map(|token| Filler { token, trust: 1.0 })
            .collect(),
        Step::Complement => parse.complements(t),
        Step::Infinitive => parse.infinitives(t),
        Step::Within => parse.within(t),
        Step::Owner => parse.owners(t),
        Step::Clause => parse.clause_subjects(t),
        // Not in the sentence: `arguments` looks for it, for each subject.
        Step::State => Vec::new(),
        Step::Light => triggered.light.map(|token| Filler { token, trust: 1.0 }).into_iter().collect(),
        Step::Behind(word) => {
            let mut found: Vec<Filler> = bases.iter().flat_map(|&b| parse.behind(b, word)).collect();
            // "discussed the budget with X", "an attack by X on Y": the parser may hang the phrase on another one.
            if found.is_empty() && from_trigger {
                found = behind_dependents(parse, triggered, word);
            }
            // "US Secretary of State Mike Pompeo of Kansas", "X, an analyst at Y": the phrase may hang on the name.
            if found.is_empty()
                && from_trigger
                && matches!(parse.deprel(t), Deprel::NmodDesc)
                && let Some(head) = parse.head(t)
            {
                found = parse.behind(head, word);
            }
            found
        }
    }
}

/// What stands behind `word` below the trigger's own dependents: below the object noun of a verb, below the first
/// named phrase of a noun.
fn behind_dependents(parse: &Parse<'_>, triggered: &Triggered, word: &str) -> Vec<Filler> {
    let verb = parse.is_verb(triggered.anchor);
    let (deprels, possible) = if verb {
        let participant = matches!(word, "with" | "from" | "to" | "against" | "about" | "between" | "for");
        ([Deprel::Obj, Deprel::NsubjPass], participant && triggered.light.is_none())
    } else {
        ([Deprel::Nmod, Deprel::NmodPoss], !matches!(word, "of" | "in" | "at" | "from"))
    };
    if !possible {
        return Vec::new();
    }
    parse
        .with_deprel(triggered.anchor, &deprels)
        .filter(|&c| parse.fill_single(Filler { token: c, trust: 1.0 }).is_empty() == verb)
        .flat_map(|c| parse.behind(c, word))
        .map(|f| f.lowered(0.9))
        .collect()
}

/// The text's own words for the relation, where they read well between subject and object.
pub(super) fn phrase(parse: &Parse<'_>, m: &Match, class: Class) -> Option<String> {
    let verb = parse.is_verb(m.anchor);
    if m.standing {
        return None;
    }
    if !verb && matches!(class, Class::Role | Class::Kin) {
        return title(parse, m);
    }
    if !verb || parse.is_passive(m.anchor) {
        return None;
    }
    let ahead = m.object.token > m.anchor && m.subject.token < m.anchor;
    ahead.then(|| m.trigger.iter().map(|&t| parse.text(t)).collect::<Vec<_>>().join(" "))
}

/// "foreign minister of": a title with its own modifiers, without the names in it.
fn title(parse: &Parse<'_>, m: &Match) -> Option<String> {
    if parse.upos(m.anchor) == Upos::Adj
        || parse.mention_kind(m.subject.mention) != Kind::Person
        || parse.light_verb(m.anchor).is_some()
    {
        return None;
    }
    let inside = |c: usize| {
        let part = matches!(
            parse.deprel(c),
            Deprel::Compound | Deprel::Amod | Deprel::Flat | Deprel::Nmod | Deprel::Punct | Deprel::Case
        );
        parse.mention_at(c).is_none() && (part || parse.text(c + 1) == "-")
    };
    let mut first = m.anchor;
    while first > 0
        && m.anchor - first < 5
        && inside(first - 1)
        && !matches!(parse.lemma(first - 1), "," | "\"" | "(" | "'s" | "the")
    {
        first -= 1;
    }
    // "in Minister X": what links the title to the clause is none of it.
    while first < m.anchor && matches!(parse.deprel(first), Deprel::Case | Deprel::Punct) {
        first += 1;
    }
    // "secretary of state"
    let mut last = m.anchor;
    if let Some(of) = parse
        .with_deprel(m.anchor, &[Deprel::Nmod])
        .find(|&c| parse.preposition(c).as_deref() == Some("of") && parse.mention_at(c).is_none() && c == m.anchor + 2)
    {
        last = of;
    }
    let words: Vec<String> = (first..=last).map(|t| parse.text(t).to_lowercase()).collect();
    Some(format!("{} of", words.join(" ").replace(" - ", "-")))
}
