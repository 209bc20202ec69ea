//! Countries behind names, adjectives of nationality and seats of government; and groups of people.

use std::collections::{HashMap, HashSet};

use crate::mention::{Form, Kind};
use crate::syntax::{Deprel, Upos, Xpos};

use super::Reason;
use super::article::{Article, Cluster, Clusters, Draft};
use super::clean::is_risky;
use super::gazetteer::Status;

/// A seat of government stands for the state by the company it keeps, which may mislead.
const GOVERNMENT_FACTOR: f32 = 0.8;
/// An adjective of nationality says whose, not who acts.
const NATIONALITY_FACTOR: f32 = 0.9;

/// Clusters of countries and groups, made on first use.
#[derive(Debug, Default)]
struct Known {
    countries: HashMap<usize, usize>,
    peoples: HashMap<usize, usize>,
    groups: HashMap<usize, usize>,
    others: HashMap<String, usize>,
}

impl Known {
    fn country(&mut self, article: &Article<'_>, clusters: &mut Clusters, idx: usize) -> usize {
        *self.countries.entry(idx).or_insert_with(|| {
            let country = &article.gazetteer.countries[idx];
            let kind = if country.status == Status::Place { Kind::Place } else { Kind::Country };
            let mut cluster = Cluster::new(kind, country.name.clone());
            cluster.uri = Some(country.uri.clone());
            cluster.iso.clone_from(&country.iso);
            cluster.country = Some(idx);
            clusters.add(cluster)
        })
    }

    fn people(&mut self, article: &Article<'_>, clusters: &mut Clusters, idx: usize, surface: &str) -> usize {
        let people = &article.gazetteer.countries[idx].people;
        let name = people.iter().find(|p| p.as_str() == surface).or(people.first()).map_or(surface, String::as_str);
        *self.peoples.entry(idx).or_insert_with(|| clusters.add(Cluster::new(Kind::Group, name.to_owned())))
    }
}

/// Put every draft that is a country, a people or a group to its cluster.
pub(super) fn resolve(article: &Article<'_>, drafts: &mut [Draft], clusters: &mut Clusters) {
    let mut known = Known::default();
    let mut vocabulary = None;
    let evidence = Evidence::new(article, drafts);
    let towns = Towns::new(article, drafts);
    for i in 0..drafts.len() {
        let Some(draft) = drafts.get_mut(i) else { continue };
        let (s, tokens) = (draft.sentence, draft.tokens.clone());
        let surface = article.surface(s, &tokens);
        let key = article.key(s, &tokens);
        if draft.kind == Kind::Place && evidence.is_person(article, draft, &key) {
            draft.kind = Kind::Person;
            continue;
        }
        if let Some(ambiguous) = article.gazetteer.ambiguous(&key) {
            if draft.kind == Kind::Person && !evidence.is_country(&key) {
                continue;
            }
            let words = vocabulary.get_or_insert_with(|| article.vocabulary());
            let other = towns.decide(&key).unwrap_or_else(|| {
                let count = |list: &[String]| list.iter().filter(|w| words.binary_search(w).is_ok()).count();
                count(&ambiguous.for_other) > count(&ambiguous.for_usual)
            });
            ambiguous_name(article, draft, if other { ambiguous.other } else { ambiguous.usual }, &mut known, clusters);
            continue;
        }
        if let Some((idx, usual)) = article.gazetteer.country(&surface) {
            let person = draft.kind == Kind::Person && is_risky(&key) && !evidence.is_country(&key);
            // "Saudi officials": the short name of the country is its adjective too.
            let adjective = article.gazetteer.adjective(&key).is_some() && is_adjectival(article, s, &tokens);
            if !person && !adjective {
                draft.form = if usual { Form::Name } else { Form::Alias };
                set(article, draft, known.country(article, clusters, idx), idx);
                if draft.reason != Reason::MissedCountry {
                    draft.reason = Reason::Country;
                }
                continue;
            }
            if person {
                continue;
            }
        }
        if (draft.kind != Kind::Person || article.upos(s, tokens.start) == Upos::Adj)
            && nationality(article, draft, &key, &surface, &mut known, clusters)
        {
            continue;
        }
        match draft.kind {
            Kind::Place | Kind::Organization => {
                if let Some(seat) = article.gazetteer.seat(&key) {
                    draft.kind = Kind::Place;
                    if is_government(article, s, &tokens) {
                        as_government(article, draft, seat.country, &mut known, clusters);
                    }
                }
            }
            Kind::Group => {
                let fold = key.strip_suffix('s').filter(|k| k.len() > 3).unwrap_or(&key).to_owned();
                let cluster = *known
                    .others
                    .entry(fold)
                    .or_insert_with(|| clusters.add(Cluster::new(Kind::Group, surface.clone())));
                draft.cluster = Some(cluster);
            }
            // "Paramaribo has refused", where the tagger takes it for a person: in an article that names the country.
            Kind::Person if tokens.len() == 1 && evidence.surnames.binary_search(&key).is_err() => {
                if let Some(seat) = article.gazetteer.seat(&key)
                    && evidence.countries.contains(&seat.country)
                    && is_government(article, s, &tokens)
                {
                    as_government(article, draft, seat.country, &mut known, clusters);
                }
            }
            Kind::Person | Kind::Country => {}
        }
    }
}

/// The capital `draft` stands for the government of `country`.
fn as_government(article: &Article<'_>, draft: &mut Draft, country: usize, known: &mut Known, clusters: &mut Clusters) {
    draft.form = Form::Capital;
    draft.score *= GOVERNMENT_FACTOR;
    draft.reason = Reason::Government;
    let cluster = known.country(article, clusters, country);
    draft.kind = clusters[cluster].kind;
    draft.cluster = Some(cluster);
}

fn set(article: &Article<'_>, draft: &mut Draft, cluster: usize, country: usize) {
    draft.cluster = Some(cluster);
    let place = article.gazetteer.countries[country].status == Status::Place;
    draft.kind = if place { Kind::Place } else { Kind::Country };
}

/// What the article's other mentions say about names that people and countries share.
struct Evidence {
    /// Last words of people's full names.
    surnames: Vec<String>,
    /// Keys that the tagger has for a place more often than for a person.
    places: Vec<String>,
    /// Countries that the article names, by name, adjective or people.
    countries: HashSet<usize>,
}

impl Evidence {
    fn new(article: &Article<'_>, drafts: &[Draft]) -> Self {
        let mut surnames = Vec::new();
        let mut votes: HashMap<String, f32> = HashMap::new();
        let mut keys = Vec::new();
        let mut countries = HashSet::new();
        let g = article.gazetteer;
        for draft in drafts {
            let key = article.key(draft.sentence, &draft.tokens);
            let by_name = g.country(&article.surface(draft.sentence, &draft.tokens)).map(|(idx, _)| idx);
            countries.extend(by_name.or_else(|| g.adjective(&key)).or_else(|| g.people(&key)));
            if draft.kind == Kind::Person && draft.tokens.len() > 1 {
                surnames.push(article.key(draft.sentence, &(draft.tokens.end - 1..draft.tokens.end)));
            } else if draft.tokens.len() == 1 {
                let key = article.key(draft.sentence, &draft.tokens);
                if is_risky(&key) {
                    let vote = if draft.kind == Kind::Person { -draft.score } else { draft.score };
                    *votes.entry(key.clone()).or_default() += vote;
                    keys.push(key);
                }
            }
        }
        surnames.sort_unstable();
        let mut places: Vec<String> = keys.into_iter().filter(|k| votes.get(k).is_some_and(|&v| v > 0.0)).collect();
        places.sort_unstable();
        Self { surnames, places, countries }
    }

    fn is_person(&self, article: &Article<'_>, draft: &Draft, key: &str) -> bool {
        draft.tokens.len() == 1
            && is_risky(key)
            && self.surnames.binary_search_by(|s| s.as_str().cmp(key)).is_ok()
            && !article.is_locative(draft.sentence, &draft.tokens)
    }

    fn is_country(&self, key: &str) -> bool {
        self.places.binary_search_by(|p| p.as_str().cmp(key)).is_ok()
    }
}

/// Towns before a comma ("Atlanta, Georgia"): they decide which reading of a name the whole article has.
struct Towns(HashMap<String, i32>);

impl Towns {
    fn new(article: &Article<'_>, drafts: &[Draft]) -> Self {
        let mut votes = HashMap::new();
        for pair in drafts.windows(2) {
            let [town, draft] = pair else { continue };
            let s = draft.sentence;
            let apart = town.sentence != s || town.tokens.end + 1 != draft.tokens.start;
            if apart || town.kind != Kind::Place || article.word(s, town.tokens.end) != "," {
                continue;
            }
            let key = article.key(s, &draft.tokens);
            let Some(ambiguous) = article.gazetteer.ambiguous(&key) else { continue };
            let vote = match article.gazetteer.seat(&article.key(s, &town.tokens)) {
                Some(seat) => Some(seat.country) != ambiguous.usual,
                None if ambiguous.other.is_none() => true,
                None => continue,
            };
            *votes.entry(key).or_insert(0) += if vote { 1 } else { -1 };
        }
        Self(votes)
    }

    /// Whether the other reading is meant, if the towns tell.
    fn decide(&self, key: &str) -> Option<bool> {
        self.0.get(key).filter(|&&votes| votes != 0).map(|&votes| votes > 0)
    }
}

fn ambiguous_name(
    article: &Article<'_>,
    draft: &mut Draft,
    country: Option<usize>,
    known: &mut Known,
    clusters: &mut Clusters,
) {
    let s = draft.sentence;
    let key = article.key(s, &draft.tokens);
    let Some(idx) = country else {
        draft.kind = Kind::Place;
        return;
    };
    let adjective = article.gazetteer.adjective(&key).is_some() || matches!(key.as_str(), "korean" | "koreans");
    if !adjective {
        draft.form = if article.gazetteer.countries[idx].name == article.surface(s, &draft.tokens) {
            Form::Name
        } else {
            Form::Alias
        };
        draft.reason = Reason::Country;
        set(article, draft, known.country(article, clusters, idx), idx);
    } else if is_adjectival(article, s, &draft.tokens) {
        as_demonym(article, draft, idx, known, clusters);
    } else {
        draft.kind = Kind::Group;
        draft.reason = Reason::Nationality;
        let surface = article.surface(s, &draft.tokens);
        draft.cluster = Some(known.people(article, clusters, idx, &surface));
    }
}

fn as_demonym(article: &Article<'_>, draft: &mut Draft, country: usize, known: &mut Known, clusters: &mut Clusters) {
    draft.form = Form::Demonym;
    draft.score *= NATIONALITY_FACTOR;
    draft.reason = Reason::Nationality;
    set(article, draft, known.country(article, clusters, country), country);
}

/// Adjectives and nouns of nationality and creed; whether the draft was one.
fn nationality(
    article: &Article<'_>,
    draft: &mut Draft,
    key: &str,
    surface: &str,
    known: &mut Known,
    clusters: &mut Clusters,
) -> bool {
    let g = article.gazetteer;
    let s = draft.sentence;
    let adjective = g.adjective(key);
    let singular_of = || g.adjective(key.strip_suffix('s')?);
    let Some(idx) = adjective.or_else(|| g.people(key)).or_else(singular_of) else {
        if let Some(group) = g.group(key).filter(|_| draft.kind != Kind::Person && draft.kind != Kind::Place) {
            let name = g.groups.get(group).cloned().unwrap_or_default();
            let cluster = *known.groups.entry(group).or_insert_with(|| clusters.add(Cluster::new(Kind::Group, name)));
            if g.is_group_adjective(key) {
                draft.form = Form::Alias;
            }
            draft.kind = Kind::Group;
            draft.reason = Reason::Table;
            draft.cluster = Some(cluster);
            return true;
        }
        return false;
    };
    let adjectival = adjective.is_some() && is_adjectival(article, s, &draft.tokens);
    let stateless = g.countries[idx].iso.as_deref() == Some("PS") && !modifies_government(article, s, draft);
    if adjectival && !stateless && !modifies_people(article, s, draft) {
        as_demonym(article, draft, idx, known, clusters);
        return true;
    }
    // "the Moroccans refused", "proposed it to the Moroccans": those who act for the state.
    let stateless = g.countries[idx].iso.as_deref() == Some("PS");
    if !adjectival && !stateless && is_the_people(article, s, &draft.tokens) && is_government(article, s, &draft.tokens)
    {
        as_demonym(article, draft, idx, known, clusters);
        draft.score *= GOVERNMENT_FACTOR;
        return true;
    }
    draft.kind = Kind::Group;
    draft.reason = Reason::Nationality;
    if adjectival {
        draft.form = Form::Alias;
        draft.score *= NATIONALITY_FACTOR;
    }
    draft.cluster = Some(known.people(article, clusters, idx, surface));
    true
}

/// "the Moroccans" with nothing said of them, where they do not do what a people does ("the French voted").
fn is_the_people(article: &Article<'_>, s: usize, tokens: &std::ops::Range<usize>) -> bool {
    let head = article.head_of(s, tokens);
    let popular = article.head(s, head).is_some_and(|verb| article.gazetteer.word("people", &article.lemma(s, verb)));
    tokens.len() == 1
        && tokens.start > 0
        && !popular
        && article.word(s, tokens.start - 1).eq_ignore_ascii_case("the")
        && article
            .children(s, head)
            .iter()
            .all(|&c| matches!(article.deprel(s, c), Deprel::Det | Deprel::Case | Deprel::Cc | Deprel::Punct))
}

/// "Liberian refugees", "three British tourists": people who act for themselves, not for their state.
fn modifies_people(article: &Article<'_>, s: usize, draft: &Draft) -> bool {
    article.head(s, article.head_of(s, &draft.tokens)).is_some_and(|noun| {
        noun >= draft.tokens.end
            && noun < draft.tokens.end + 4
            && article.xpos(s, noun) == Xpos::Nns
            && super::is_private_person(&article.lemma(s, noun))
    })
}

/// "Palestinian president", "Palestinian prime minister": of the state; "Palestinian refugees" are people.
fn modifies_government(article: &Article<'_>, s: usize, draft: &Draft) -> bool {
    let Some(head) = article.head(s, article.head_of(s, &draft.tokens)) else { return false };
    // The adjective may hang on the name that the office stands before.
    let near = draft.tokens.end..(draft.tokens.end + 2).min(article.len(s));
    std::iter::once(head).chain(near).any(|i| {
        matches!(
            article.lemma(s, i).as_str(),
            "president"
                | "premier"
                | "minister"
                | "government"
                | "ambassador"
                | "envoy"
                | "state"
                | "leader"
                | "cabinet"
                | "ministry"
                | "statehood"
                | "parliament"
        )
    })
}

/// Whether a word of nationality modifies a noun or is a predicate, rather than meaning people.
fn is_adjectival(article: &Article<'_>, s: usize, tokens: &std::ops::Range<usize>) -> bool {
    let hyphen = |i: Option<usize>| i.is_some_and(|i| matches!(article.word(s, i), "-" | "–" | "‑"));
    if hyphen(Some(tokens.end)) || hyphen(tokens.start.checked_sub(1)) {
        return true;
    }
    let last = tokens.end.saturating_sub(1);
    if article.xpos(s, last) == Xpos::Nnps || article.xpos(s, last) == Xpos::Nns {
        return false;
    }
    let head = article.head_of(s, tokens);
    let governed = |i: usize| {
        let noun = article
            .head(s, i)
            .is_some_and(|h| h > i && matches!(article.upos(s, h), Upos::Noun | Upos::Propn | Upos::Adj));
        match article.deprel(s, i) {
            Deprel::Amod | Deprel::Compound => true,
            Deprel::Nsubj
            | Deprel::NsubjPass
            | Deprel::Obj
            | Deprel::Obl
            | Deprel::NmodPoss
            | Deprel::OblAgent
            | Deprel::Conj => false,
            _ => noun,
        }
    };
    if governed(head) || governed(article.first_conjunct(s, head)) {
        return true;
    }
    let adjective = article.upos(s, head) == Upos::Adj || article.xpos(s, head) == Xpos::Jj;
    adjective && article.child(s, head, Deprel::Cop).is_some() && article.child(s, head, Deprel::Det).is_none()
}

/// "London, which signed an accord ...": the clause about the name tells.
fn acts_below(article: &Article<'_>, s: usize, head: usize) -> bool {
    article.children(s, head).iter().any(|&clause| {
        article.deprel(s, clause) == Deprel::AclRelcl
            && article.gazetteer.acts.subject(&article.lemma(s, clause))
            && article.child(s, clause, Deprel::Nsubj).is_some_and(|subject| article.is_relative(s, subject))
    })
}

/// Whether the name of a seat of government stands where its government acts, is acted on, or has relations.
///
/// Everything else, above all "in", "to" and "from" the city, is the city.
fn is_government(article: &Article<'_>, s: usize, tokens: &std::ops::Range<usize>) -> bool {
    let acts = &article.gazetteer.acts;
    let own = article.head_of(s, tokens);
    let head = article.first_conjunct(s, own);
    let Some(governor) = article.head(s, head) else { return false };
    let lemma = article.lemma(s, governor);
    let case = article.cases(s, head).chain(article.cases(s, own).take(usize::from(own != head))).next();
    match article.deprel(s, head) {
        Deprel::Nsubj if case.is_none() => {
            let ready = article.upos(s, governor) == Upos::Adj
                && matches!(
                    lemma.as_str(),
                    "ready"
                        | "willing"
                        | "unwilling"
                        | "reluctant"
                        | "eager"
                        | "opposed"
                        | "keen"
                        | "adamant"
                        | "unhappy"
                        | "wary"
                );
            let has = lemma == "have"
                && article.child(s, governor, Deprel::Obj).is_some_and(|o| acts.evidence(&article.lemma(s, o)));
            acts.subject(&lemma) || ready || has || acts_below(article, s, head)
        }
        Deprel::NsubjPass => acts.object(&lemma) || acts_below(article, s, head),
        Deprel::OblAgent => acts.subject(&lemma) || acts.object(&lemma),
        Deprel::Iobj if case.is_none() && acts.gift(&lemma) => true,
        Deprel::Obj | Deprel::Iobj if case.is_none() => acts.object(&lemma),
        Deprel::NmodPoss => acts.property(&lemma),
        Deprel::Obl | Deprel::Nmod => {
            let relation = || {
                let object =
                    article.child(s, governor, Deprel::Obj).is_some_and(|o| acts.relation(&article.lemma(s, o)));
                let above = article.head(s, governor).is_some_and(|h| {
                    article.upos(s, governor) == Upos::Noun
                        && article.deprel(s, governor) == Deprel::Obj
                        && matches!(
                            article.lemma(s, h).as_str(),
                            "normalize" | "normalise" | "restore" | "sever" | "cut"
                        )
                });
                acts.relation(&lemma) || object || above
            };
            match case.as_deref() {
                Some("with" | "between" | "against") => relation(),
                Some("of") => matches!(
                    lemma.as_str(),
                    "boycott" | "recognition" | "condemnation" | "criticism" | "isolation" | "appeasement"
                ),
                Some("to") => acts.address(&lemma),
                Some("on") => matches!(lemma.as_str(), "sanction" | "pressure" | "embargo" | "tariff"),
                // Some parsers keep the agent of a passive as a plain oblique.
                Some("by") => {
                    let passive =
                        article.xpos(s, governor) == Xpos::Vbn && (acts.subject(&lemma) || acts.object(&lemma));
                    // "an admission by Moscow"
                    passive || (article.upos(s, governor) == Upos::Noun && acts.property(&lemma))
                }
                _ => false,
            }
        }
        _ => false,
    }
}
