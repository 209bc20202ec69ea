//! Polarity, modality, time and place of a match, by scope over the tree; `attribution` tells who says so.

use super::attribution::{attribution, denial};
use super::matcher::Match;
use super::parse::{Parse, among};
use super::time::{self, Direction};
use crate::entity::MentionId;
use crate::mention::Kind;
use crate::relation::{Modality, Polarity, Speaker};
use crate::syntax::{Deprel, Upos, Xpos};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Qualifiers {
    pub(super) polarity: Polarity,
    pub(super) modality: Modality,
    pub(super) attribution: Option<Speaker>,
    pub(super) denied_by: Option<Speaker>,
    pub(super) time: Option<String>,
    pub(super) place: Option<String>,
}

/// Deepest chain of governors that is looked at.
const MAX_DEPTH: usize = 10;

#[derive(Debug, Clone, Copy, Default)]
struct Scope {
    negations: usize,
    future: bool,
    hypothetical: bool,
    denied: bool,
}

pub(super) fn qualify(parse: &Parse<'_>, m: &Match) -> Qualifiers {
    // "Moroccan-administered Western Sahara": said in passing too.
    let standing = m.standing || is_title(parse, m) || parse.deprel(m.anchor) == Deprel::Amod;
    // A title or a place beside a name holds whatever is said of the name.
    let scope = if standing { Scope::default() } else { scope(parse, m) };
    let polarity = if scope.negations % 2 == 1 { Polarity::Negated } else { Polarity::Affirmed };
    let said_by = if standing { None } else { attribution(parse, m) };
    let denial = if standing { None } else { denial(parse, m, said_by.as_ref()) };
    let modality = if scope.denied || denial.is_some() {
        Modality::Denied
    } else if scope.hypothetical {
        Modality::Hypothetical
    } else if scope.future {
        Modality::Future
    } else {
        Modality::Actual
    };
    if standing {
        return Qualifiers { polarity, modality, attribution: None, denied_by: None, time: None, place: None };
    }
    let direction = if modality == Modality::Actual { Direction::Past } else { Direction::Ahead };
    let hosts = circumstances(parse, m);
    let denial = denial.unwrap_or_default();
    // Who denies something says that it is not so; the claim is somebody else's.
    let said_by = said_by.filter(|s| denial.by.as_ref() != Some(s));
    Qualifiers {
        polarity,
        modality,
        attribution: denial.of.or(said_by),
        denied_by: denial.by,
        time: time_of(parse, &hosts, direction),
        place: place_of(parse, m, &hosts),
    }
}

/// A title beside a name ("Foreign Minister X") holds whatever is said of X.
fn is_title(parse: &Parse<'_>, m: &Match) -> bool {
    // Beside a name it is a title even as the object of "receive".
    let beside = matches!(parse.deprel(m.anchor), Deprel::NmodDesc | Deprel::Appos | Deprel::Compound | Deprel::Flat)
        || parse.names_beside(m.anchor).any(|c| parse.mention_at(c).is_some());
    !parse.is_verb(m.anchor)
        && parse.child(m.anchor, Deprel::Cop).is_none()
        // "is to become chairwoman"
        && parse.deprel(m.anchor) != Deprel::Xcomp
        && (beside || parse.light_verb(m.anchor).is_none())
        && parse.holders(m.anchor).iter().flat_map(|&f| parse.fill(f)).any(|f| f.mention == m.subject.mention)
}

fn own_negations(parse: &Parse<'_>, t: usize) -> usize {
    parse
        .children(t)
        .iter()
        .filter(|&&c| match parse.deprel(c) {
            Deprel::Advmod | Deprel::Det | Deprel::Cc | Deprel::CcPreconj => {
                // "no longer"
                let longer = matches!(parse.lemma(c), "long" | "longer")
                    && parse.children(c).iter().any(|&g| parse.lemma(g) == "no");
                longer
                    || (matches!(parse.lemma(c), "not" | "never" | "no" | "n't" | "n’t" | "neither" | "nor" | "hardly")
                        && !only_follows(parse, c))
            }
            Deprel::Mark | Deprel::Case => parse.lemma(c) == "without",
            _ => false,
        })
        .count()
}

/// "not only ... but also" negates nothing.
fn only_follows(parse: &Parse<'_>, t: usize) -> bool {
    t + 1 < parse.len() && matches!(parse.lemma(t + 1), "only" | "just" | "merely" | "later" | "least")
}

/// The words that carry the event: trigger, light verb, nouns of the trigger.
fn own_words(parse: &Parse<'_>, m: &Match) -> Vec<usize> {
    let mut own = vec![m.anchor];
    if m.verb != m.anchor {
        own.push(m.verb);
    }
    own.extend(m.trigger.iter().copied().filter(|&t| t != m.anchor && parse.upos(t) == Upos::Noun));
    own
}

fn scope(parse: &Parse<'_>, m: &Match) -> Scope {
    let mut scope = Scope::default();
    let own = own_words(parse, m);
    let mut negated = own.iter().map(|&t| own_negations(parse, t)).sum::<usize>();
    // "No state has ties with X", "neither country"
    for end in [m.subject.token, m.object.token] {
        negated += parse
            .with_deprel(end, &[Deprel::Det, Deprel::Advmod, Deprel::CcPreconj, Deprel::Cc])
            .filter(|&c| matches!(parse.lemma(c), "no" | "neither" | "nor" | "not"))
            .count();
    }
    scope.negations += negated.min(1);
    for &t in &own {
        adjectives(parse, t, &mut scope);
    }
    if m.verb != m.anchor {
        verb_over_event(parse, m.verb, &mut scope);
    } else if m.trigger.iter().any(|&t| t > m.anchor && parse.upos(t) == Upos::Noun) {
        // "offered aid", "pledged 40 tents": given when it comes.
        match parse.lemma(m.verb) {
            "offer" | "propose" => scope.hypothetical = true,
            "promise" | "pledge" | "vow" => scope.future = true,
            _ => {}
        }
    }
    auxiliaries(parse, m.verb, &mut scope);
    climb(parse, m.verb, &mut scope);
    if question(parse) {
        scope.hypothetical = true;
    }
    if scope.negations == 0 && called_off(parse, m) {
        scope.negations = 1;
        scope.future = false;
    }
    scope
}

/// "was due to meet X, but the meeting was dropped": a later clause of the sentence calls the event off.
fn called_off(parse: &Parse<'_>, m: &Match) -> bool {
    const EVENTS: [&str; 9] = ["meeting", "visit", "trip", "talk", "talks", "audience", "summit", "plan", "call"];
    parse.with_deprel(m.verb, &[Deprel::Conj]).filter(|&t| t > m.verb).any(|t| {
        parse.is_verb(t)
            && (matches!(parse.lemma(t), "cancel" | "drop" | "scrap" | "postpone" | "abandon" | "collapse")
                || (parse.lemma(t) == "call" && parse.child(t, Deprel::CompoundPrt).is_some()))
            && parse
                .with_deprel(t, &[Deprel::NsubjPass, Deprel::Nsubj])
                .any(|c| EVENTS.contains(&parse.lemma(c)) && parse.child(c, Deprel::Det).is_some())
    })
}

/// "the planned visit", "a possible meeting", "a cancelled trip", "any attack"
fn adjectives(parse: &Parse<'_>, t: usize, scope: &mut Scope) {
    if parse.is_verb(t) {
        return;
    }
    scope.hypothetical |= parse.with_deprel(t, &[Deprel::Det]).any(|c| parse.lemma(c) == "any");
    for c in parse.with_deprel(t, &[Deprel::Amod]) {
        match parse.text(c).to_lowercase().as_str() {
            "cancelled" | "canceled" | "aborted" | "failed" => scope.negations += 1,
            "planned" | "scheduled" | "upcoming" | "forthcoming" | "expected" | "impending" | "future" | "next"
            | "proposed" | "looming" => scope.future = true,
            "possible" | "potential" | "likely" | "alleged" | "eventual" | "attempted" | "threatened"
            | "hypothetical" => scope.hypothetical = true,
            _ => {}
        }
    }
}

fn auxiliaries(parse: &Parse<'_>, verb: usize, scope: &mut Scope) {
    let mut carriers = vec![verb];
    // A conjoined verb without an auxiliary of its own shares the first one's ("will arrive and meet").
    let mut t = verb;
    while parse.deprel(t) == Deprel::Conj
        && parse.with_deprel(t, &[Deprel::Aux, Deprel::Nsubj, Deprel::NsubjPass]).next().is_none()
        && matches!(parse.xpos(t), Xpos::Vb | Xpos::Vbn | Xpos::Vbg)
    {
        match parse.head(t) {
            Some(head) => t = head,
            None => break,
        }
        carriers.push(t);
    }
    for t in carriers {
        scope.hypothetical |= parse.with_deprel(t, &[Deprel::Advmod]).any(|c| {
            matches!(parse.lemma(c), "possibly" | "perhaps" | "maybe" | "probably" | "likely" | "potentially")
        });
        for c in parse.with_deprel(t, &[Deprel::Aux]) {
            match parse.lemma(c) {
                "will" | "shall" | "'ll" | "wo" => {
                    // "would" has lemma "will" or "would": reported future or a condition.
                    if matches!(parse.text(c).to_lowercase().as_str(), "would" | "'d" | "’d") {
                        would(parse, t, scope);
                    } else {
                        scope.future = true;
                    }
                }
                "would" | "'d" => would(parse, t, scope),
                "may" | "might" | "could" | "can" | "should" | "must" | "ca" | "ought" => scope.hypothetical = true,
                _ => {}
            }
        }
        // "is due to meet", "was set to meet", where the parser takes the adjective for an adverb
        let due = parse.with_deprel(t, &[Deprel::Advmod, Deprel::Mark, Deprel::Aux, Deprel::Case]).any(|c| {
            c < t
                && matches!(parse.lemma(c), "due" | "set" | "about" | "going" | "scheduled")
                && parse.child(c, Deprel::Fixed).is_some()
        });
        if due {
            scope.future = true;
        }
        // "is to meet"
        let is_to = parse.with_deprel(t, &[Deprel::Mark]).any(|c| parse.lemma(c) == "to")
            && parse.with_deprel(t, &[Deprel::Cop, Deprel::Aux]).any(|c| parse.lemma(c) == "be");
        if is_to {
            scope.future = true;
        }
    }
}

/// "said he would visit" lies ahead; any other "would" is conditional.
fn would(parse: &Parse<'_>, t: usize, scope: &mut Scope) {
    let mut clause = t;
    for _ in 0..MAX_DEPTH {
        let Some(head) = parse.head(clause) else { break };
        if matches!(parse.deprel(clause), Deprel::Ccomp)
            && (among(&parse.words.speech, parse.lemma(head)) || among(&parse.words.future, parse.lemma(head)))
        {
            scope.future = true;
            return;
        }
        clause = head;
    }
    if parse
        .children(t)
        .iter()
        .any(|&c| parse.deprel(c) == Deprel::Parataxis && among(&parse.words.speech, parse.lemma(c)))
    {
        scope.future = true;
        return;
    }
    scope.hypothetical = true;
}

/// What a verb says about the event that is its object: "cancelled the visit", "sought talks", "planned a trip".
fn verb_over_event(parse: &Parse<'_>, verb: usize, scope: &mut Scope) {
    // Of the verbs that lend a noun their clause, only these say more than that it happened.
    let tells = matches!(
        parse.lemma(verb),
        "seek"
            | "announce"
            | "plan"
            | "cancel"
            | "postpone"
            | "propose"
            | "deny"
            | "schedule"
            | "offer"
            | "arrange"
            | "discuss"
    );
    if tells {
        apply_governor(parse, verb, false, scope);
    }
}

/// Effect of the word that governs an event or clause.
fn apply_governor(parse: &Parse<'_>, governor: usize, clause: bool, scope: &mut Scope) {
    let lemma = parse.lemma(governor);
    let words = parse.words;
    if among(&words.denying, lemma) && (lemma != "reject" || !clause) {
        if matches!(lemma, "deny" | "dismiss" | "refute" | "rebut" | "dispute" | "disavow") {
            scope.denied = true;
        } else {
            scope.negations += 1;
        }
    } else if among(&words.negating, lemma) {
        scope.negations += 1;
    } else if !clause && among(&words.cancelling, lemma) {
        let off = !matches!(lemma, "call" | "rule") || parse.child(governor, Deprel::CompoundPrt).is_some();
        if off {
            scope.negations += 1;
        }
    } else if clause && matches!(lemma, "prevent" | "block" | "ban" | "bar" | "prohibit" | "forbid") {
        scope.negations += 1;
    } else if among(&words.hypothetical, lemma) && lemma != "expect" {
        // "expected" and "set to" are announcements in news, not wishes.
        scope.hypothetical = true;
    } else if among(&words.future, lemma) {
        let announced_fact = matches!(lemma, "announce" | "confirm" | "decide");
        if !announced_fact || !clause || infinitive_below(parse, governor) {
            scope.future = true;
        }
    }
}

fn infinitive_below(parse: &Parse<'_>, governor: usize) -> bool {
    parse
        .with_deprel(governor, &[Deprel::Xcomp])
        .any(|c| parse.with_deprel(c, &[Deprel::Mark]).any(|g| parse.lemma(g) == "to"))
}

/// Walk up from the event's clause and apply every governor on the way.
fn climb(parse: &Parse<'_>, start: usize, scope: &mut Scope) {
    let mut t = start;
    for _ in 0..MAX_DEPTH {
        if parse
            .children(t)
            .iter()
            .any(|&c| parse.deprel(c) == Deprel::Mark && matches!(parse.lemma(c), "if" | "unless" | "whether" | "lest"))
        {
            scope.hypothetical = true;
        }
        let Some(head) = parse.head(t) else { return };
        let to = parse.with_deprel(t, &[Deprel::Mark, Deprel::Aux]).any(|c| parse.lemma(c) == "to" && c < t);
        match parse.deprel(t) {
            Deprel::Xcomp => {
                apply_governor(parse, head, true, scope);
                scope.negations += own_negations(parse, head).min(1);
                auxiliaries(parse, head, scope);
            }
            Deprel::Ccomp => {
                let lemma = parse.lemma(head);
                // Reported facts are the report's; wishes, denials and doubts are not.
                if !among(&parse.words.speech, lemma) || among(&parse.words.denying, lemma) {
                    apply_governor(parse, head, true, scope);
                }
                if own_negations(parse, head) > 0 && !among(&parse.words.speech, lemma) {
                    scope.hypothetical = true;
                }
            }
            Deprel::Acl => {
                let lemma = parse.lemma(head);
                if parse.xpos(t) == Xpos::Vb && to
                    || parse.with_deprel(t, &[Deprel::Mark]).any(|c| matches!(parse.lemma(c), "of" | "for"))
                {
                    if among(&parse.words.future, lemma) {
                        scope.future = true;
                    } else if among(&parse.words.hypothetical, lemma) || to {
                        scope.hypothetical = true;
                    }
                    scope.negations += own_negations(parse, head).min(1);
                }
                return;
            }
            Deprel::Advcl => {
                let purpose = parse.xpos(t) == Xpos::Vb && to;
                // "was interested in making a visit"
                if parse.upos(head) == Upos::Adj && among(&parse.words.hypothetical, parse.lemma(head)) {
                    scope.hypothetical = true;
                }
                // What is avoided on purpose did not happen.
                if purpose && scope.negations == 0 && !among(&parse.words.motion, parse.lemma(head)) {
                    scope.hypothetical = true;
                }
                let circumstance = parse.with_deprel(t, &[Deprel::Mark]).any(|c| {
                    matches!(
                        parse.lemma(c),
                        "by" | "after"
                            | "before"
                            | "while"
                            | "as"
                            | "when"
                            | "since"
                            | "because"
                            | "although"
                            | "though"
                    )
                });
                if circumstance || !purpose {
                    return;
                }
                scope.negations += own_negations(parse, head).min(1);
                auxiliaries(parse, head, scope);
            }
            Deprel::Obj | Deprel::NsubjPass | Deprel::Nsubj if !parse.is_verb(t) => {
                // An event noun below a verb.
                let subject_of_active = parse.deprel(t) == Deprel::Nsubj;
                if subject_of_active {
                    // "talks collapsed", "the meeting did not take place", "the visit will go ahead"
                    if parse.is_verb(head) {
                        let off = own_negations(parse, head).min(1);
                        scope.negations += off;
                        // "the expected talks did not happen": they lie behind.
                        if off > 0 && matches!(parse.xpos(head), Xpos::Vb | Xpos::Vbd) {
                            scope.future = false;
                        }
                        auxiliaries(parse, head, scope);
                    }
                    return;
                }
                // "would not spoil the warm relations", "suspended its trade accord": what is there already is not what
                // the verb does or does not do.
                if is_there_already(parse, t) && !among(&parse.words.light_verbs, parse.lemma(head)) {
                    return;
                }
                apply_governor(parse, head, false, scope);
                scope.negations += own_negations(parse, head).min(1);
                auxiliaries(parse, head, scope);
            }
            Deprel::Nmod | Deprel::Obl if !parse.is_verb(t) => {
                // "called for talks with X", "hopes of a deal with X", "plans for a visit"
                let preposition = parse.preposition(t).unwrap_or_default();
                if matches!(
                    preposition.as_str(),
                    "for" | "of" | "about" | "on" | "against" | "in" | "to" | "toward" | "towards"
                ) {
                    let lemma = parse.lemma(head);
                    if among(&parse.words.hypothetical, lemma) {
                        scope.hypothetical = true;
                    } else if among(&parse.words.future, lemma) {
                        scope.future = true;
                    } else if among(&parse.words.negating, lemma) {
                        scope.negations += 1;
                    }
                }
                let quits = preposition == "out_of" && parse.is_verb(head);
                if preposition == "without" || quits {
                    scope.negations += 1;
                }
                return;
            }
            Deprel::Conj => {}
            _ => return,
        }
        t = head;
    }
}

/// A definite noun for standing ties or a treaty.
fn is_there_already(parse: &Parse<'_>, t: usize) -> bool {
    let standing = matches!(
        parse.lemma(t),
        "tie"
            | "relation"
            | "relationship"
            | "alliance"
            | "friendship"
            | "agreement"
            | "accord"
            | "treaty"
            | "pact"
            | "deal"
    );
    standing
        && parse.children(t).iter().any(|&c| match parse.deprel(c) {
            Deprel::NmodPoss => true,
            Deprel::Det => matches!(parse.lemma(c), "the" | "this" | "that"),
            _ => false,
        })
}

/// A whole sentence that asks.
pub(super) fn question(parse: &Parse<'_>) -> bool {
    let last = parse.len() - 1;
    parse.text(last) == "?"
        && !parse.sentence.tokens.iter().any(|t| matches!(t.xpos, Xpos::OpenQuote | Xpos::CloseQuote))
}

/// Tokens whose circumstances are the event's: the trigger's own, the light verb, and the clauses above that
/// share its time.
fn circumstances(parse: &Parse<'_>, m: &Match) -> Vec<usize> {
    let mut out = own_words(parse, m);
    let mut t = m.verb;
    for _ in 0..3 {
        let Some(head) = parse.head(t) else { break };
        let shares = match parse.deprel(t) {
            Deprel::Xcomp => true,
            // "severed ties last year, accusing X": a participle or a purpose has the time of its verb.
            Deprel::Advcl => !parse.with_deprel(t, &[Deprel::Mark]).any(|c| parse.lemma(c) != "to"),
            Deprel::Conj => parse.with_deprel(t, &[Deprel::Nsubj]).next().is_none() && parse.is_verb(head),
            Deprel::Obj | Deprel::NsubjPass | Deprel::Nsubj => !parse.is_verb(t),
            _ => false,
        };
        if !shares {
            break;
        }
        out.push(head);
        t = head;
    }
    out
}

fn time_of(parse: &Parse<'_>, hosts: &[usize], direction: Direction) -> Option<String> {
    // By whether a word stands between, then by the host's place among them.
    let mut best: Option<((bool, usize), String)> = None;
    for expression in parse.times() {
        let head = parse.sentence.head_of(expression.tokens.clone());
        let governor = parse.head(head);
        // "earlier this week", "in the May of that year": one noun or adverb may stand between.
        let host = |t: usize| hosts.iter().position(|&h| h == t);
        let between = |g: usize| {
            matches!(parse.upos(g), Upos::Adv | Upos::Noun | Upos::Propn)
                && parse.mention_at(g).is_none()
                && !parse.is_clause(g)
        };
        // "on Tuesday, when the guard boarded ...": the day before "when" is that of its clause.
        let when = expression.tokens.end
            + usize::from(parse.len() > expression.tokens.end && parse.text(expression.tokens.end) == ",");
        let governor = match (when < parse.len() && parse.lemma(when) == "when").then(|| parse.head(when)).flatten() {
            Some(clause) if hosts.contains(&clause) => Some(clause),
            _ => governor,
        };
        let via = governor.and_then(|g| match host(g) {
            Some(at) => Some((false, at)),
            None => parse.head(g).filter(|_| between(g)).and_then(host).map(|at| (true, at)),
        });
        let Some(distance) = via else { continue };
        // "agreed on Friday to meet": the day of the past verb lies behind, whatever lies ahead.
        let past = parse.xpos(hosts[distance.1]) == Xpos::Vbd;
        let direction = if past { Direction::Past } else { direction };
        let Some(date) = time::resolve(expression, parse.published, direction) else { continue };
        if best.as_ref().is_none_or(|(d, _)| distance < *d) {
            best = Some((distance, date));
        }
    }
    best.map(|(_, date)| date)
}

/// "at a summit in Lisbon", "on the sidelines of the UN General Assembly in New York": the place of the occasion.
fn place_below(parse: &Parse<'_>, occasion: usize) -> Option<MentionId> {
    let mut noun = occasion;
    for _ in 0..3 {
        let place = parse
            .with_deprel(noun, &[Deprel::Nmod])
            .filter(|&c| matches!(parse.preposition(c).as_deref(), Some("in" | "at")))
            .find_map(|c| {
                parse.mention_at(c).filter(|&m| matches!(parse.mention_kind(m), Kind::Place | Kind::Country))
            });
        if place.is_some() {
            return place;
        }
        noun = parse.with_deprel(noun, &[Deprel::Nmod]).find(|&c| parse.preposition(c).as_deref() == Some("of"))?;
    }
    None
}

fn place_of(parse: &Parse<'_>, m: &Match, hosts: &[usize]) -> Option<String> {
    let linked = parse.linked;
    let ends = [linked.entity_of[m.subject.mention], linked.entity_of[m.object.mention]];
    for &host in hosts {
        for c in parse.with_deprel(host, &[Deprel::Obl, Deprel::Nmod]) {
            let at = parse.preposition(c).unwrap_or_default();
            let here = match at.as_str() {
                "in" | "at" | "near" | "outside" => true,
                "on" | "during" => parse.mention_at(c).is_none(),
                _ => false,
            };
            if !here {
                continue;
            }
            let Some(mention) = parse.mention_at(c).or_else(|| place_below(parse, c)) else { continue };
            let entity = linked.entity_of[mention];
            if matches!(parse.mention_kind(mention), Kind::Place | Kind::Country) && !ends.contains(&entity) {
                return Some(linked.entities[entity].name.clone());
            }
        }
    }
    None
}
