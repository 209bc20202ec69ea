//! Pronouns and common nouns that stand for something named before.
//!
//! One walk over the article in text order. Antecedents are looked for among the last mentions of this and the two
//! sentences before, with points for nearness, grammatical role and repetition, in the manner of Lappin and Leass
//! ("An algorithm for pronominal anaphora resolution", 1994); subjects understood from the tree come first. Where two
//! candidates are about equally good, nothing is resolved.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::mention::{Form, Kind};
use crate::syntax::{Deprel, Upos, Xpos};

use super::Reason;
use super::article::{Article, Clusters, Draft};
use super::gazetteer::{Gender, NominalSort};
use super::names::introducing_noun;
use crate::name::{self, is_capitalized};

/// Sentences before the pronoun's own that are searched.
const WINDOW: usize = 2;
/// At most so many mentions are weighed for one pronoun.
const MAX_CANDIDATES: usize = 40;
/// Sentences before "his wife" in which somebody of her family name is looked for.
const KIN_WINDOW: usize = 5;
/// Words before "its" in which a vehicle is looked for.
const VEHICLE_WINDOW: usize = 15;
/// How much better than the second the best candidate has to be.
const MARGIN: f32 = 1.0;

// On the GUM treebank's own trees 0.93 and 0.92 of these are right; parsed trees have errors.
const CLAUSE_SUBJECT_SCORE: f32 = 0.85;
const SALIENCE_SCORE: f32 = 0.75;
const FAMILY_NAME_SCORE: f32 = 0.85;
const OFFICE_SCORE: f32 = 0.75;
/// Belief in the state of somebody of whom the article or a table says it.
const STATED_SCORE: f32 = 0.95;
/// Belief in the state of an official of whom neither does.
const HOME_SCORE: f32 = 0.7;
/// How much must be said of a country before an article is about it: a name counts two, an adjective one.
const HOME_COUNT: usize = 6;
const PART_OF_NAME_SCORE: f32 = 0.75;
const ARMED_SCORE: f32 = 0.6;
const OF_ROW_SCORE: f32 = 0.6;
const STATE_FORM_SCORE: f32 = 0.75;
const ONLY_COUNTRY_SCORE: f32 = 0.6;
const NAMED_SO_SCORE: f32 = 0.7;
const ONLY_ORGANIZATION_SCORE: f32 = 0.5;

/// Add mentions for the pronouns and common nouns whose entity is clear.
pub(super) fn resolve(article: &Article<'_>, drafts: &mut Vec<Draft>, clusters: &mut Clusters) {
    let mut walk = Walk::new(article, drafts, clusters);
    let mut next = 0;
    for s in 0..article.sentence_count() {
        walk.enter(s, &mut next);
        for i in 0..article.len(s) {
            // Names are introduced when the walk comes to them, with the titles that stand around.
            if let Some(draft) = walk.owner_at(i) {
                if walk.drafts[draft].tokens.start == i && draft < walk.names {
                    walk.introduce(draft);
                }
                continue;
            }
            match article.upos(s, i) {
                _ if walk.one_of_two(s, i) => {}
                Upos::Pron | Upos::Det => walk.pronoun(s, i),
                Upos::Noun | Upos::Propn => walk.nominal(s, i),
                _ => {}
            }
        }
    }
    walk.states();
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pronoun {
    Personal(Gender),
    Neuter,
    Plural,
}

/// Somebody whom a pronoun may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Candidate {
    /// A cluster.
    Named(usize),
    /// A common noun that is no mention, by sentence and token: who wins, wins for nobody.
    Unnamed(usize, usize),
}

/// An office that the article gives to a person, and of which country.
#[derive(Debug, Clone, Copy)]
struct Held {
    person: usize,
    country: Option<usize>,
}

struct Walk<'w, 'a> {
    article: &'w Article<'a>,
    drafts: &'w mut Vec<Draft>,
    clusters: &'w mut Clusters,
    /// Drafts before this index are names, sorted; those after were added by the walk.
    names: usize,
    /// Drafts by sentence, the added ones included.
    of_sentence: Vec<Vec<usize>>,
    /// Common nouns for people by sentence, with the gender they tell.
    humans: Vec<Vec<(usize, Option<Gender>)>>,
    /// Pronouns that were resolved to names of unknown gender, male ones counted up.
    votes: HashMap<usize, i32>,
    /// The draft over every token of the current sentence.
    owner: Vec<Option<usize>>,
    /// Mentions so far, and the last sentence with one.
    seen: HashMap<usize, (usize, usize)>,
    /// Countries so far with how often they were named.
    countries: BTreeMap<usize, usize>,
    organizations: Vec<usize>,
    held: HashMap<usize, Vec<Held>>,
    /// Organizations by a noun in their name or one that introduced them.
    by_noun: HashMap<String, Vec<usize>>,
    /// Organizations by every word of their names.
    by_word: HashMap<String, Vec<usize>>,
    /// People with an office of state of which no country is named.
    unplaced: Vec<usize>,
    /// Organizations that fight: introduced as rebels, militants, a militia.
    armed: Vec<usize>,
    /// Organizations by the row of nouns that they were introduced with, or that their names tell.
    by_row: HashMap<&'static str, Vec<usize>>,
}

impl<'w, 'a> Walk<'w, 'a> {
    fn new(article: &'w Article<'a>, drafts: &'w mut Vec<Draft>, clusters: &'w mut Clusters) -> Self {
        let names = drafts.len();
        Self {
            article,
            drafts,
            clusters,
            names,
            of_sentence: vec![Vec::new(); article.sentence_count()],
            humans: vec![Vec::new(); article.sentence_count()],
            votes: HashMap::new(),
            owner: Vec::new(),
            seen: HashMap::new(),
            countries: BTreeMap::new(),
            organizations: Vec::new(),
            held: HashMap::new(),
            by_noun: HashMap::new(),
            by_word: HashMap::new(),
            unplaced: Vec::new(),
            armed: Vec::new(),
            by_row: HashMap::new(),
        }
    }

    fn enter(&mut self, s: usize, next: &mut usize) {
        self.owner.clear();
        self.owner.resize(self.article.len(s), None);
        while *next < self.names && self.drafts[*next].sentence == s {
            let tokens = self.drafts[*next].tokens.clone();
            if let Some(owner) = self.owner.get_mut(tokens) {
                owner.fill(Some(*next));
            }
            self.of_sentence[s].push(*next);
            *next += 1;
        }
        let article = self.article;
        for i in 0..article.len(s) {
            let singular = article.upos(s, i) == Upos::Noun && article.xpos(s, i) != Xpos::Nns;
            if !singular || self.owner_at(i).is_some() || self.is_introduction(s, i) {
                continue;
            }
            let lemma = article.lemma(s, i);
            if let Some(NominalSort::Human(gender)) = article.gazetteer.nominal(&lemma) {
                self.humans[s].push((i, gender));
            } else if let Some(office) = article.gazetteer.office(&lemma) {
                self.humans[s].push((i, article.gazetteer.offices.get(office).copied().flatten()));
            }
        }
    }

    fn owner_at(&self, i: usize) -> Option<usize> {
        self.owner.get(i).copied().flatten()
    }

    /// The last mentions of a sentence, backwards.
    fn latest(&self, s: usize) -> Vec<usize> {
        self.of_sentence
            .get(s)
            .map(|list| list.iter().rev().take(MAX_CANDIDATES).copied().collect())
            .unwrap_or_default()
    }

    fn cluster_of(&mut self, draft: usize) -> Option<usize> {
        let cluster = self.drafts[draft].cluster?;
        Some(self.clusters.root(cluster))
    }

    /// The entity of a noun phrase: its head's, or that of a name beside a common noun ("the main group, X").
    fn entity_of_phrase(&mut self, s: usize, noun: usize) -> Option<usize> {
        let article = self.article;
        self.entity_at(s, noun).or_else(|| {
            let beside = |&&c: &&usize| c > noun && matches!(article.deprel(s, c), Deprel::Appos | Deprel::Flat);
            let name = article.children(s, noun).iter().find(beside).copied()?;
            self.entity_at(s, name)
        })
    }

    /// The entity that a token heads a mention of.
    fn entity_at(&mut self, s: usize, i: usize) -> Option<usize> {
        let draft = self.owner_at(i)?;
        let tokens = self.drafts[draft].tokens.clone();
        if self.article.head_of(s, &tokens) != i {
            return None;
        }
        self.cluster_of(draft)
    }

    fn note(&mut self, draft: usize) {
        let s = self.drafts[draft].sentence;
        let form = self.drafts[draft].form;
        let Some(cluster) = self.cluster_of(draft) else { return };
        let seen = self.seen.entry(cluster).or_insert((0, s));
        let first = seen.0 == 0;
        *seen = (seen.0 + 1, s);
        match self.clusters[cluster].kind {
            Kind::Country => {
                // "Moroccan officials" makes no country the topic as its name does.
                *self.countries.entry(cluster).or_insert(0) += if form == Form::Demonym { 1 } else { 2 };
            }
            Kind::Organization if first => self.organizations.push(cluster),
            _ => {}
        }
    }

    fn add(&mut self, s: usize, tokens: Range<usize>, cluster: usize, form: Form, score: f32, reason: Reason) {
        let draft = self.drafts.len();
        if let Some(owner) = self.owner.get_mut(tokens.clone()) {
            owner.fill(Some(draft));
        }
        self.humans[s].retain(|h| !tokens.contains(&h.0));
        let kind = self.clusters[cluster].kind;
        self.drafts.push(Draft {
            sentence: s,
            tokens,
            kind,
            form,
            score,
            reason,
            gender: None,
            cluster: Some(cluster),
        });
        self.of_sentence[s].push(draft);
        self.note(draft);
    }

    // ------------------------------------------------------------------------------------------------ introductions

    fn introduce(&mut self, draft: usize) {
        self.note(draft);
        let Some(cluster) = self.cluster_of(draft) else { return };
        match self.clusters[cluster].kind {
            Kind::Person => self.introduce_person(draft, cluster),
            Kind::Organization => {
                let article = self.article;
                let (s, tokens) = (self.drafts[draft].sentence, self.drafts[draft].tokens.clone());
                let mut nouns: Vec<String> = tokens.clone().map(|i| article.word(s, i).to_lowercase()).collect();
                for noun in &nouns {
                    let list = self.by_word.entry(noun.clone()).or_default();
                    if tokens.len() > 1 && !list.contains(&cluster) && list.len() < MAX_CANDIDATES {
                        list.push(cluster);
                    }
                }
                nouns.extend(introducing_noun(article, &self.drafts[draft]));
                if !self.armed.contains(&cluster)
                    && self.armed.len() < MAX_CANDIDATES
                    && self.fights(s, &tokens, &nouns)
                {
                    self.armed.push(cluster);
                    self.by_row.entry("militant").or_default().push(cluster);
                }
                let rows: Vec<&'static str> = nouns
                    .iter()
                    .filter_map(|n| {
                        if article.gazetteer.word("trade", n) {
                            Some("company")
                        } else {
                            article.gazetteer.nominal_row(n)
                        }
                    })
                    .collect();
                for row in rows {
                    let list = self.by_row.entry(row).or_default();
                    if !list.contains(&cluster) && list.len() < MAX_CANDIDATES {
                        list.push(cluster);
                    }
                }
                for noun in nouns {
                    if article.gazetteer.nominal(&noun).is_some() {
                        let list = self.by_noun.entry(noun).or_default();
                        if !list.contains(&cluster) && list.len() < MAX_CANDIDATES {
                            list.push(cluster);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn introduce_person(&mut self, draft: usize, cluster: usize) {
        let article = self.article;
        let (s, tokens) = (self.drafts[draft].sentence, self.drafts[draft].tokens.clone());
        // Titles right before the name: "Moroccan Foreign Minister Nasser", "Morocco's king, Mohammed".
        if let Some((office, run)) = self.office_ending(s, tokens.start) {
            let country = self.country_before(s, run.start).or_else(|| self.country_of_noun(s, run.end - 1));
            let phrase = self.phrase(s, run.clone());
            if country.is_none() && is_national(article, &phrase) && self.is_bare(s, &run, &tokens) {
                self.unplaced.push(cluster);
            }
            self.hold(cluster, office, country.or_else(|| self.implied_country(&phrase)));
        }
        // "the Bush administration"
        if article.lemma(s, tokens.end) == "administration"
            && let Some(president) = article.gazetteer.office("president")
        {
            self.hold(cluster, president, None);
        }
        // Appositions and predicates: "Nasser, the foreign minister of Morocco", "Nasser is the foreign minister".
        let head = article.head_of(s, &tokens);
        let mut nouns: Vec<usize> =
            article.children(s, head).iter().copied().filter(|&c| article.deprel(s, c) == Deprel::Appos).collect();
        if let Some(governor) = article.head(s, head) {
            let predicate =
                article.deprel(s, head) == Deprel::Nsubj && article.child(s, governor, Deprel::Cop).is_some();
            if article.deprel(s, head) == Deprel::Appos || predicate {
                nouns.push(governor);
            }
        }
        for noun in nouns {
            if self.owner_at(noun).is_none()
                && article.upos(s, noun) != Upos::Verb
                && let Some((office, _)) = self.office_at(s, noun)
            {
                let country = self.country_of_noun(s, noun);
                self.hold(cluster, office, country);
            }
        }
    }

    /// Offices that one country words so.
    fn implied_country(&self, phrase: &str) -> Option<usize> {
        let country = match phrase {
            "secretary of state" | "treasury secretary" | "secretary of defense" => "US",
            "home secretary" | "foreign secretary" | "chancellor of the exchequer" => "UK",
            _ => return None,
        };
        self.article.gazetteer.country(country).map(|c| c.0)
    }

    fn hold(&mut self, person: usize, office: usize, country: Option<usize>) {
        let country = country.or_else(|| {
            let name = name::key(&self.clusters[person].name);
            self.article.gazetteer.state_of_leader(&name, office)
        });
        self.remember(person, office, country);
        // "the minister" for a foreign minister.
        if let Some(minister) = self.article.gazetteer.office("minister").filter(|&m| m != office)
            && self.article.gazetteer.is_ministry(office)
        {
            self.remember(person, minister, country);
        }
        if let Some(gender) = self.article.gazetteer.offices.get(office).copied().flatten() {
            self.clusters[person].gender.get_or_insert(gender);
        }
    }

    fn remember(&mut self, person: usize, office: usize, country: Option<usize>) {
        let list = self.held.entry(office).or_default();
        if let Some(held) = list.iter_mut().find(|h| h.person == person) {
            held.country = held.country.or(country);
        } else if list.len() < MAX_CANDIDATES {
            list.push(Held { person, country });
        }
    }

    /// Whether nothing beside an office and its holder says of what it is ("President X", not "Bank President X").
    fn is_bare(&self, s: usize, run: &Range<usize>, holder: &Range<usize>) -> bool {
        let article = self.article;
        let noun = run.end - 1;
        let head = article.head_of(s, holder);
        let belongs = |t: usize| {
            article.children(s, t).iter().any(|&c| match article.deprel(s, c) {
                Deprel::NmodPoss => true,
                Deprel::Nmod => article.cases(s, c).any(|w| matches!(w.as_str(), "of" | "for" | "at" | "from" | "in")),
                Deprel::Compound => self.owner_at(c).is_some(),
                _ => false,
            })
        };
        let named_before = run.start.checked_sub(1).is_some_and(|t| {
            self.owner_at(t).is_some()
                || matches!(article.word(s, t), "'s" | "’s")
                || is_disqualifying(&article.lemma(s, t))
        });
        !named_before && !belongs(noun) && !belongs(head)
    }

    /// The states that people serve: as the article says or a table knows, and for officials of whom neither tells the
    /// country where the article was written or the one that it is about.
    fn states(&mut self) {
        let named: Vec<Held> = self.held.values().flatten().copied().filter(|h| h.country.is_some()).collect();
        for held in named {
            let person = self.clusters.root(held.person);
            let state = held.country.map(|country| (country, STATED_SCORE));
            // Whatever the order of offices: of two states the first in the table.
            let known = self.clusters[person].state;
            if known.is_none_or(|k| state.is_some_and(|s| s.0 < k.0)) {
                self.clusters[person].state = state;
            }
        }
        let Some(home) = self.home() else { return };
        for person in std::mem::take(&mut self.unplaced) {
            let person = self.clusters.root(person);
            self.clusters[person].state.get_or_insert((home, HOME_SCORE));
        }
    }

    /// The country that the article speaks of at least twice as much as of any other, else that of the dateline.
    fn home(&mut self) -> Option<usize> {
        let article = self.article;
        let counts: Vec<(usize, usize)> = self.countries.iter().map(|(&cluster, &count)| (cluster, count)).collect();
        let &(best, count) = counts.iter().max_by_key(|c| c.1)?;
        let second = counts.iter().filter(|c| c.0 != best).map(|c| c.1).max().unwrap_or(0);
        if count >= HOME_COUNT && count >= 2 * second {
            return self.clusters[best].country;
        }
        for s in 0..article.sentence_count().min(2) {
            let after = |draft: &Draft| article.word(s, draft.tokens.end).to_owned();
            let first = self.of_sentence[s].first().map(|&d| self.drafts[d].clone()).filter(|d| d.tokens.start == 0);
            if let Some(first) = first
                && matches!(after(&first).as_str(), "," | "(" | "-" | "–" | "—" | "--" | ":" | "")
                && let Some(seat) = article.gazetteer.seat(&article.key(s, &first.tokens))
            {
                let named = |c: &&(usize, usize)| self.clusters[c.0].country == Some(seat.country);
                return counts.iter().find(named).filter(|c| 2 * c.1 >= count).map(|_| seat.country);
            }
        }
        None
    }

    /// The longest phrase for an office that ends right before `end`, a comma allowed between.
    fn office_ending(&self, s: usize, end: usize) -> Option<(usize, Range<usize>)> {
        let article = self.article;
        (1..=4).rev().filter(|&len| len <= end).find_map(|len| {
            let run = end - len..end;
            if run.clone().any(|i| self.owner_at(i).is_some()) {
                return None;
            }
            let office = article.gazetteer.office(&self.phrase(s, run.clone()))?;
            let deputy = run.start > 0 && is_disqualifying(&article.lemma(s, run.start - 1));
            (!deputy).then_some((office, run))
        })
    }

    fn phrase(&self, s: usize, run: Range<usize>) -> String {
        run.map(|i| self.article.lemma(s, i)).collect::<Vec<_>>().join(" ")
    }

    /// The country whose name or adjective stands right before a token.
    fn country_before(&mut self, s: usize, at: usize) -> Option<usize> {
        let mut i = at.checked_sub(1)?;
        // "Morocco's long-serving foreign minister"
        for _ in 0..2 {
            if self.owner_at(i).is_none()
                && (self.article.upos(s, i) == Upos::Adj || matches!(self.article.word(s, i), "'s" | "’s" | "'" | "’"))
            {
                i = i.checked_sub(1)?;
            }
        }
        let draft = self.owner_at(i)?;
        let cluster = self.cluster_of(draft)?;
        self.clusters[cluster].country
    }

    /// The country that modifies a noun: adjective, possessor, or "of" phrase.
    fn country_of_noun(&mut self, s: usize, noun: usize) -> Option<usize> {
        for &child in self.article.children(s, noun) {
            let fits = match self.article.deprel(s, child) {
                Deprel::Amod | Deprel::Compound | Deprel::NmodPoss => true,
                Deprel::Nmod => self.article.cases(s, child).any(|c| c == "of"),
                _ => false,
            };
            if fits
                && let Some(country) =
                    self.owner_at(child).and_then(|d| self.cluster_of(d)).and_then(|c| self.clusters[c].country)
            {
                return Some(country);
            }
        }
        None
    }

    // ---------------------------------------------------------------------------------------------------- pronouns

    fn pronoun(&mut self, s: usize, i: usize) {
        let article = self.article;
        let pronoun = match article.word(s, i).to_lowercase().as_str() {
            "he" | "him" | "his" => Pronoun::Personal(Gender::Male),
            "she" | "her" | "hers" => Pronoun::Personal(Gender::Female),
            "it" | "its" => Pronoun::Neuter,
            "they" | "their" | "them" => Pronoun::Plural,
            _ => return,
        };
        if article.deprel(s, i) == Deprel::Expl {
            return;
        }
        let possessive = article.deprel(s, i) == Deprel::NmodPoss || article.xpos(s, i) == Xpos::PrpPoss;
        let found = match pronoun {
            Pronoun::Personal(gender) => self.personal(s, i, gender, possessive),
            Pronoun::Neuter | Pronoun::Plural => self.neuter(s, i, pronoun, possessive),
        };
        if let Some((cluster, score, reason)) = found {
            self.add(s, i..i + 1, cluster, Form::Pronoun, score, reason);
        }
    }

    /// Subjects that a pronoun may take up by the shape of the sentence, nearest first: for a possessive the subject
    /// of its own clause, otherwise those of the clauses around.
    fn governing_subjects(&self, s: usize, i: usize, possessive: bool) -> Vec<usize> {
        let article = self.article;
        let mut subjects = Vec::new();
        let Some(mut clause) = article.clause(s, i) else { return subjects };
        let quotation = article.quotation(s, i);
        let own = article.understood_subject(s, clause);
        // "X and his wife": the possessor is the one before "and".
        if possessive
            && let Some(noun) = article.head(s, i)
            && article.deprel(s, noun) == Deprel::Conj
            && article.first_conjunct(s, noun) < i
        {
            subjects.push(article.first_conjunct(s, noun));
        }
        // "The League would drop it, said its lawyer": the subject of what is said before.
        if possessive
            && let Some(said) = article
                .children(s, clause)
                .iter()
                .copied()
                .find(|&c| c < i && matches!(article.deprel(s, c), Deprel::Ccomp | Deprel::Parataxis))
            && let Some(subject) = article.subject(s, said)
        {
            subjects.push(subject);
        }
        // "his visit" as subject, or within it, cannot be its own owner.
        if possessive && let Some(own) = own.filter(|&o| !self.is_inside(s, i, o)) {
            subjects.push(own);
        }
        for _ in 0..4 {
            let Some(head) = article.head(s, clause) else { break };
            let Some(above) = article.clause(s, head) else { break };
            if let Some(subject) = article.understood_subject(s, above)
                && !self.is_inside(s, i, subject)
                && Some(subject) != own.filter(|_| !possessive)
            {
                // What a quotation says is not said by the words around it: "he" in it is not the speaker.
                if quotation == 0 || article.quotation(s, subject) == quotation {
                    subjects.push(subject);
                }
            }
            clause = above;
        }
        subjects
    }

    /// Whether a pronoun stands within a noun phrase, but not in a relative clause of it ("a man who sold his boots").
    fn is_inside(&self, s: usize, pronoun: usize, noun: usize) -> bool {
        let article = self.article;
        article.is_under(s, pronoun, noun) && !article.clause(s, pronoun).is_some_and(|c| article.is_under(s, c, noun))
    }

    /// Mentions that cannot be meant: the other arguments of the pronoun's own verb.
    fn is_co_argument(&self, s: usize, pronoun: usize, possessive: bool, other: usize) -> bool {
        if possessive {
            // A possessive may take up any argument of its verb, but not the noun that it stands in.
            return self.is_inside(s, pronoun, other);
        }
        let (Some(a), Some(b)) = (self.article.clause(s, pronoun), self.article.clause(s, other)) else { return false };
        a == b || self.article.understood_subject(s, a) == Some(other)
    }

    /// "His wife, Agnes Undiap": whose kin shares the family name of somebody of late is most likely that one's.
    fn by_family_name(&mut self, s: usize, i: usize) -> Option<(usize, f32, Reason)> {
        let article = self.article;
        let noun = article.head(s, i)?;
        if !article.gazetteer.word("kin", &article.lemma(s, noun)) {
            return None;
        }
        let beside = article.children(s, noun).iter().copied().filter(|&c| c > noun).chain(article.head(s, noun));
        let relative = beside
            .filter_map(|c| self.owner_at(c))
            .find(|&d| d < self.names && self.drafts[d].kind == Kind::Person && self.drafts[d].tokens.len() > 1)?;
        let tokens = self.drafts[relative].tokens.clone();
        let family = article.key(s, &(tokens.end - 1..tokens.end));
        let relative = self.cluster_of(relative)?;
        let mut found: Option<usize> = None;
        for at in (s.saturating_sub(KIN_WINDOW)..=s).rev() {
            for draft in self.latest(at) {
                if (at == s && self.drafts[draft].tokens.start >= i) || self.drafts[draft].kind != Kind::Person {
                    continue;
                }
                let Some(cluster) = self.cluster_of(draft).filter(|&c| c != relative) else { continue };
                // A first name's usual gender tells less than the family name.
                let name = name::key(&self.clusters[cluster].name);
                if name.rsplit(' ').next() != Some(family.as_str()) {
                    continue;
                }
                if found.is_some_and(|f| f != cluster) {
                    return None;
                }
                found = Some(cluster);
            }
        }
        Some((found?, FAMILY_NAME_SCORE, Reason::FamilyName))
    }

    fn personal(&mut self, s: usize, i: usize, gender: Gender, possessive: bool) -> Option<(usize, f32, Reason)> {
        let article = self.article;
        if possessive && let Some(found) = self.by_family_name(s, i) {
            return Some(found);
        }
        let quotation = article.quotation(s, i);
        let mut points: BTreeMap<Candidate, (f32, bool)> = BTreeMap::new();
        let mut weigh = |candidate: Candidate, score: f32| {
            let entry = points.entry(candidate).or_insert((score, false));
            entry.0 = entry.0.max(score);
        };
        let mut weighed = 0;
        // Who is spoken of in a quotation was named in it, or is unclear.
        let window = if quotation == 0 { WINDOW.min(s) } else { 0 };
        for distance in 0..=window {
            let at = s - distance;
            let near = [3.0, 2.0, 0.5][distance];
            for draft in self.latest(at) {
                let tokens = self.drafts[draft].tokens.clone();
                if distance == 0 && tokens.start >= i || weighed >= MAX_CANDIDATES {
                    continue;
                }
                let Some(cluster) = self.cluster_of(draft) else { continue };
                let c = &self.clusters[cluster];
                if c.kind != Kind::Person || c.gender.is_some_and(|g| g != gender) {
                    continue;
                }
                weighed += 1;
                let head = article.head_of(at, &tokens);
                let elsewhere = quotation != 0 && article.quotation(s, head) != quotation;
                if distance == 0 && (elsewhere || self.is_co_argument(s, i, possessive, head)) {
                    continue;
                }
                let known = if c.gender.is_some() { 0.5 } else { 0.0 };
                let count = self.seen.get(&cluster).map_or(0, |s| s.0).min(4) as f32 * 0.25;
                weigh(Candidate::Named(cluster), near + self.role(at, head) + count + known);
            }
            for &(token, told) in self.humans[at].iter().rev().take(MAX_CANDIDATES) {
                let before = distance > 0 || (token < i && !self.is_co_argument(s, i, possessive, token));
                if before && told.is_none_or(|g| g == gender) {
                    let known = if told.is_some() { 0.5 } else { 0.0 };
                    weigh(Candidate::Unnamed(at, token), near + self.role(at, token) + known);
                }
            }
        }
        let subjects = self.governing_subjects(s, i, possessive);
        for (n, subject) in subjects.into_iter().enumerate() {
            let candidate = if let Some(cluster) = self.entity_at(s, subject) {
                let c = &self.clusters[cluster];
                (c.kind == Kind::Person && c.gender.is_none_or(|g| g == gender)).then_some(Candidate::Named(cluster))
            } else {
                let human = self.humans[s].iter().find(|h| h.0 == subject);
                human.filter(|h| h.1.is_none_or(|g| g == gender)).map(|_| Candidate::Unnamed(s, subject))
            };
            if let Some(candidate) = candidate {
                let entry = points.entry(candidate).or_insert((3.0, false));
                if !entry.1 {
                    *entry = (entry.0 + if n == 0 { 3.0 } else { 1.5 }, n == 0);
                }
            }
        }
        let mut best: Option<(Candidate, f32, bool)> = None;
        let mut second = 0.0_f32;
        for (&candidate, &(score, structural)) in &points {
            if best.is_none_or(|b| score > b.1) {
                second = best.map_or(second, |b| second.max(b.1));
                best = Some((candidate, score, structural));
            } else {
                second = second.max(score);
            }
        }
        let (Candidate::Named(cluster), score, structural) = best? else { return None };
        // A lone candidate two sentences back in a minor role is no topic.
        if score - second < MARGIN || score < 2.0 {
            return None;
        }
        self.vote(cluster, gender);
        Some(if structural {
            (cluster, CLAUSE_SUBJECT_SCORE, Reason::ClauseSubject)
        } else {
            (cluster, SALIENCE_SCORE, Reason::Salience)
        })
    }

    /// Two pronouns of one gender tell the gender of a name that no table knows.
    fn vote(&mut self, cluster: usize, gender: Gender) {
        if self.clusters[cluster].gender.is_none() {
            let votes = self.votes.entry(cluster).or_insert(0);
            *votes += if gender == Gender::Male { 1 } else { -1 };
            if votes.abs() >= 2 {
                self.clusters[cluster].gender = Some(gender);
            }
        }
    }

    fn role(&self, s: usize, head: usize) -> f32 {
        let article = self.article;
        let head = article.first_conjunct(s, head);
        match article.deprel(s, head) {
            Deprel::Nsubj | Deprel::NsubjPass | Deprel::NsubjOuter => {
                if article.head(s, head).is_some_and(|h| article.deprel(s, h) == Deprel::Root) { 2.5 } else { 2.0 }
            }
            Deprel::Obj | Deprel::Iobj => 1.0,
            Deprel::NmodPoss => 0.75,
            _ => 0.5,
        }
    }

    /// "it", "its", "they", "their": only for countries, organizations and (plural) groups, and only where the shape
    /// of the sentence or of the sentence before leaves no choice.
    fn neuter(&mut self, s: usize, i: usize, pronoun: Pronoun, possessive: bool) -> Option<(usize, f32, Reason)> {
        let article = self.article;
        let object = !possessive && !matches!(article.deprel(s, i), Deprel::Nsubj | Deprel::NsubjPass);
        // "it is time", "it was clear": mostly of nobody.
        let predicate = article.head(s, i).is_some_and(|h| article.child(s, h, Deprel::Cop).is_some());
        if object || predicate {
            return None;
        }
        // "they" after an organization are often other people, but not in what it says of itself.
        let reported = article.clause(s, i).is_some_and(|c| article.deprel(s, c) == Deprel::Ccomp);
        if pronoun == Pronoun::Plural && !possessive && !reported {
            return None;
        }
        // "boarded a trawler and fined its captain": the vehicle's, which is nobody's name.
        let vehicle = possessive
            && pronoun == Pronoun::Neuter
            && (i.saturating_sub(VEHICLE_WINDOW)..i).any(|t| {
                matches!(article.deprel(s, t), Deprel::Obj | Deprel::NsubjPass)
                    && article.gazetteer.word("vehicle", &article.lemma(s, t))
            });
        if vehicle {
            return None;
        }
        for subject in self.governing_subjects(s, i, possessive) {
            // The first subject decides: if it is no name, the pronoun may mean it.
            let coordinated = article.children(s, subject).iter().any(|&c| article.deprel(s, c) == Deprel::Conj);
            if let Some(cluster) = self.entity_of_phrase(s, subject) {
                if self.fits(cluster, pronoun, coordinated) {
                    return Some((cluster, CLAUSE_SUBJECT_SCORE, Reason::ClauseSubject));
                }
                // A person is neither "it" nor "they": look further up.
                if self.clusters[cluster].kind == Kind::Person && !coordinated {
                    continue;
                }
            } else if let Some(cluster) = self.behind(s, subject, pronoun) {
                // "Kenya's interim government says it ...", "Afghan leaders said they ..."
                return Some((cluster, SALIENCE_SCORE, Reason::ClauseSubject));
            } else if article.upos(s, subject) == Upos::Pron && !article.is_relative(s, subject) {
                // "said it would keep its": the pronoun before was left open.
                return None;
            }
            return None;
        }
        // A new sentence that goes on about the subject of the last one: "It refused ...", "Its chairman, X, ...".
        let goes_on = article.head(s, i).is_some_and(|h| {
            if possessive {
                return matches!(article.deprel(s, h), Deprel::Nsubj | Deprel::NsubjPass)
                    && article.head(s, h).is_some_and(|verb| article.deprel(s, verb) == Deprel::Root);
            }
            let that = article
                .children(s, h)
                .iter()
                .any(|&c| matches!(article.deprel(s, c), Deprel::Ccomp | Deprel::CsubjPass));
            article.deprel(s, h) == Deprel::Root
                && article.upos(s, h) == Upos::Verb
                && (article.gazetteer.acts.subject(&article.lemma(s, h))
                    || (pronoun == Pronoun::Neuter
                        && !that
                        && !article.gazetteer.word("impersonal", &article.lemma(s, h))))
        });
        if !goes_on || s == 0 || article.quotation(s, i) != 0 {
            return None;
        }
        let root = (0..article.len(s - 1)).find(|&t| article.deprel(s - 1, t) == Deprel::Root)?;
        let subject = article.subject(s - 1, root)?;
        let coordinated = article.children(s - 1, subject).iter().any(|&c| article.deprel(s - 1, c) == Deprel::Conj);
        // The name itself, or one beside the noun ("Its employer, Sea Harvest").
        let beside = |t: usize| {
            t == subject
                || (article.head(s - 1, t) == Some(subject)
                    && matches!(article.deprel(s - 1, t), Deprel::Appos | Deprel::Flat))
        };
        let draft = self.of_sentence[s - 1]
            .iter()
            .copied()
            .find(|&d| beside(article.head_of(s - 1, &self.drafts[d].tokens)))?;
        let cluster = self.cluster_of(draft)?;
        self.fits(cluster, pronoun, coordinated).then_some((cluster, SALIENCE_SCORE, Reason::Salience))
    }

    /// The state whose government, army or parliament a noun names ("it"), or the state, people or body whose officials,
    /// troops or rebels it does ("they").
    fn behind(&mut self, s: usize, noun: usize, pronoun: Pronoun) -> Option<usize> {
        let article = self.article;
        let lemma = article.lemma(s, noun);
        let plural = article.xpos(s, noun) == Xpos::Nns;
        let stands = match pronoun {
            Pronoun::Neuter => article.gazetteer.word("organ", &lemma) && !plural,
            Pronoun::Plural => article.gazetteer.word("envoy", &lemma) && plural,
            Pronoun::Personal(_) => false,
        };
        if article.upos(s, noun) != Upos::Noun || !stands {
            return None;
        }
        article.children(s, noun).iter().copied().find_map(|c| {
            let whose = matches!(article.deprel(s, c), Deprel::NmodPoss | Deprel::Amod | Deprel::Compound)
                || (article.deprel(s, c) == Deprel::Nmod && article.cases(s, c).any(|w| w == "of"));
            let cluster = self.owner_at(c).filter(|_| whose).and_then(|d| self.cluster_of(d))?;
            let kind = self.clusters[cluster].kind;
            let fits = kind == Kind::Country
                || (pronoun == Pronoun::Plural && matches!(kind, Kind::Organization | Kind::Group));
            fits.then_some(cluster)
        })
    }

    /// "the government", "the interim government", "the authorities": of the only country at hand, or of the one that
    /// the article is about.
    fn bare_government(&mut self, s: usize, i: usize) -> bool {
        let article = self.article;
        let lemma = article.lemma(s, i);
        let plural = matches!(article.xpos(s, i), Xpos::Nns);
        if !(lemma == "government" && !plural || lemma == "authority" && plural) || article.quotation(s, i) != 0 {
            return false;
        }
        let mut definite = false;
        let bare = article.children(s, i).to_vec().into_iter().all(|c| match article.deprel(s, c) {
            Deprel::Det => {
                definite = article.word(s, c).eq_ignore_ascii_case("the");
                definite
            }
            Deprel::Amod | Deprel::Compound => {
                self.owner_at(c).is_none()
                    && matches!(
                        article.lemma(s, c).as_str(),
                        "interim"
                            | "new"
                            | "current"
                            | "transitional"
                            | "central"
                            | "ruling"
                            | "caretaker"
                            | "military"
                    )
            }
            Deprel::Nmod | Deprel::NmodPoss | Deprel::Acl | Deprel::Appos => false,
            _ => true,
        });
        if !bare || !(definite || plural) || self.is_introduction(s, i) {
            return false;
        }
        let at_hand = self.only_one(s, i, Kind::Country).map(|found| found.0);
        let candidates: Vec<(usize, usize)> =
            self.countries.iter().map(|(&cluster, &count)| (cluster, count)).collect();
        if let Some(country) = at_hand.or_else(|| self.dominant(s, &candidates)) {
            self.add(s, i..i + 1, country, Form::Nominal, ONLY_COUNTRY_SCORE, Reason::OnlyCountry);
        }
        true
    }

    fn fits(&self, cluster: usize, pronoun: Pronoun, coordinated: bool) -> bool {
        if coordinated {
            return false;
        }
        match (self.clusters[cluster].kind, pronoun) {
            (Kind::Organization | Kind::Group, _) | (Kind::Country, Pronoun::Neuter) => true,
            (Kind::Person | Kind::Place | Kind::Country, _) => false,
        }
    }

    /// "the latter", "the former": of the two names before it in the sentence. Whether the word was one of these.
    fn one_of_two(&mut self, s: usize, i: usize) -> bool {
        let article = self.article;
        let lemma = article.lemma(s, i);
        let back = match lemma.as_str() {
            "latter" => 0,
            "former" => 1,
            _ => return false,
        };
        let modifies = article.head(s, i).is_some_and(|h| h > i && article.upos(s, h) == Upos::Noun)
            && matches!(article.deprel(s, i), Deprel::Amod | Deprel::Compound);
        if modifies || i == 0 || !article.word(s, i - 1).eq_ignore_ascii_case("the") {
            return false;
        }
        let mut before: Vec<usize> = Vec::new();
        for t in 0..i {
            if let Some(cluster) = self.owner_at(t).and_then(|draft| self.cluster_of(draft)) {
                before.retain(|&c| c != cluster);
                before.push(cluster);
            }
        }
        if let Some(&cluster) = before.iter().rev().nth(back).filter(|_| before.len() > 1) {
            self.add(s, i - 1..i + 1, cluster, Form::Pronoun, CLAUSE_SUBJECT_SCORE, Reason::OneOfTwo);
        }
        true
    }

    // ---------------------------------------------------------------------------------------------------- nominals

    fn nominal(&mut self, s: usize, i: usize) {
        let article = self.article;
        let lemma = article.lemma(s, i);
        let plural = matches!(article.xpos(s, i), Xpos::Nns | Xpos::Nnps);
        if self.part_of_name(s, i) || self.bare_government(s, i) {
            return;
        }
        if plural && article.gazetteer.word("fighter", &lemma) && !self.is_introduction(s, i) {
            self.fighters(s, i);
            return;
        }
        if plural || self.is_introduction(s, i) {
            return;
        }
        let Some(phrase) = self.noun_phrase(s, i) else { return };
        let found = self.by_office(s, i, &phrase).or_else(|| {
            let jewish = phrase.words.last().is_some_and(|w| w == "jewish") && lemma == "state";
            let islamic = phrase.words.last().is_some_and(|w| w == "islamic") && lemma == "republic";
            let noun = if jewish {
                "jewish state"
            } else if islamic {
                "islamic republic"
            } else {
                lemma.as_str()
            };
            match article.gazetteer.nominal(noun)? {
                NominalSort::StateForm => self.by_form(s, noun, &phrase),
                NominalSort::AnyCountry => self.any_country(s, i, &phrase),
                NominalSort::Human(_) => None,
                sort => self.by_noun(s, i, noun, sort, &phrase),
            }
        });
        if let Some((cluster, score, reason)) = found {
            let end = i + 1;
            let mut start = i;
            while start > phrase.start
                && self.owner_at(start - 1).is_none()
                && !matches!(article.word(s, start - 1), "'s" | "’s" | "'" | "’")
            {
                start -= 1;
            }
            self.add(s, start..end, cluster, Form::Nominal, score, reason);
        }
    }

    /// Whether those around a name, or the words in it, say that it fights.
    fn fights(&self, s: usize, tokens: &Range<usize>, nouns: &[String]) -> bool {
        let article = self.article;
        let armed =
            |noun: &str| matches!(noun, "militia" | "rebel" | "insurgent" | "guerrilla" | "militant" | "jihadist");
        let near = tokens.start.saturating_sub(3)..(tokens.end + 1).min(article.len(s));
        nouns.iter().any(|n| armed(n) || matches!(n.as_str(), "brigade" | "brigades"))
            || near.filter(|&t| !tokens.contains(&t)).any(|t| {
                let lemma = article.lemma(s, t);
                armed(&lemma) || article.gazetteer.word("fighter", &lemma)
            })
    }

    /// "The Brigades" for the Daryeel Brigades: a capitalized word of one organization's name behind "the", where the
    /// tagger saw no name.
    fn part_of_name(&mut self, s: usize, i: usize) -> bool {
        let article = self.article;
        let word = article.word(s, i);
        let alone = i > 0
            && article.word(s, i - 1).eq_ignore_ascii_case("the")
            && !(is_capitalized(article.word(s, i + 1)) && self.article.upos(s, i + 1) == Upos::Propn);
        if !alone || !is_capitalized(word) || word.chars().count() < 4 {
            return false;
        }
        let Some([cluster]) = self.by_word.get(&word.to_lowercase()).map(Vec::as_slice) else { return false };
        let cluster = self.clusters.root(*cluster);
        self.add(s, i..i + 1, cluster, Form::Name, PART_OF_NAME_SCORE, Reason::PartOfName);
        true
    }

    /// "the rebels", "the raiders": the only organization that fights, if the article has one.
    fn fighters(&mut self, s: usize, i: usize) {
        let article = self.article;
        let bare = article
            .children(s, i)
            .iter()
            .all(|&c| matches!(article.deprel(s, c), Deprel::Det | Deprel::Case | Deprel::Punct));
        let definite = article.children(s, i).iter().any(|&c| article.word(s, c).eq_ignore_ascii_case("the"));
        if !bare || !definite {
            return;
        }
        let mut roots: Vec<usize> = self.armed.clone().into_iter().map(|c| self.clusters.root(c)).collect();
        roots.sort_unstable();
        roots.dedup();
        if let [cluster] = roots[..]
            && self.seen.get(&cluster).is_some_and(|seen| seen.1 + 6 >= s)
        {
            self.add(s, i..i + 1, cluster, Form::Nominal, ARMED_SCORE, Reason::NamedSo);
        }
    }

    /// Whether the noun only introduces a name next to it, or is said of somebody.
    fn is_introduction(&self, s: usize, i: usize) -> bool {
        let article = self.article;
        let attached = matches!(
            article.deprel(s, i),
            Deprel::NmodDesc | Deprel::Compound | Deprel::Flat | Deprel::Appos | Deprel::Amod | Deprel::Vocative
        );
        let predicate = article.child(s, i, Deprel::Cop).is_some();
        let named = article.children(s, i).iter().any(|&c| {
            matches!(article.deprel(s, c), Deprel::Appos | Deprel::Flat)
                || (c > i && matches!(article.deprel(s, c), Deprel::NmodDesc | Deprel::Compound))
        });
        let before_name = self.owner_at(i + 1).is_some_and(|d| self.drafts[d].kind == Kind::Person);
        let as_role = article.cases(s, i).any(|c| c == "as");
        attached || predicate || named || before_name || as_role
    }

    /// The determiner and modifiers of a definite noun; `None` where it is not definite.
    fn noun_phrase(&mut self, s: usize, i: usize) -> Option<NounPhrase> {
        let article = self.article;
        let mut start = i;
        // Prepositions and conjunctions hang on the noun, but stand outside of the phrase.
        let outside = |t: usize| {
            let own = article.head(s, t) == Some(i);
            matches!(article.deprel(s, t), Deprel::Fixed)
                || (own && matches!(article.deprel(s, t), Deprel::Case | Deprel::Cc | Deprel::Mark | Deprel::Punct))
        };
        while start > 0 && article.is_under(s, start - 1, i) && !outside(start - 1) {
            start -= 1;
        }
        let mut phrase =
            NounPhrase { start, words: Vec::new(), country: self.country_of_noun(s, i), other_nouns: false };
        let mut definite = false;
        for child in article.children(s, i).to_vec() {
            match article.deprel(s, child) {
                Deprel::Det => {
                    if !matches!(article.word(s, child).to_lowercase().as_str(), "the" | "this" | "that") {
                        return None;
                    }
                    definite = true;
                }
                Deprel::NmodPoss => {
                    let owner = self.owner_at(child).and_then(|d| self.cluster_of(d));
                    // "his minister", "the company's president": of somebody whose offices we do not follow.
                    owner.and_then(|c| self.clusters[c].country)?;
                    definite = true;
                }
                Deprel::Nummod | Deprel::Conj => return None,
                // "the president of the club", "the minister for sport": some other office than the one remembered.
                Deprel::Nmod
                    if child > i && article.cases(s, child).any(|c| matches!(c.as_str(), "of" | "for" | "to")) =>
                {
                    let country =
                        self.owner_at(child).and_then(|d| self.cluster_of(d)).and_then(|c| self.clusters[c].country);
                    if country.is_none() {
                        phrase.other_nouns = true;
                    }
                }
                _ => {}
            }
        }
        for word in start..i {
            let skip = matches!(article.upos(s, word), Upos::Det | Upos::Punct | Upos::Part | Upos::Adv);
            let national = self
                .owner_at(word)
                .and_then(|d| self.cluster_of(d))
                .is_some_and(|c| self.clusters[c].country.is_some());
            if !skip && !national {
                let lemma = article.lemma(s, word);
                if is_disqualifying(&lemma) {
                    return None;
                }
                phrase.words.push(lemma);
            }
        }
        definite.then_some(phrase)
    }

    /// The office of a noun with its modifiers, and the words that it leaves over.
    fn office_at(&self, s: usize, i: usize) -> Option<(usize, Vec<String>)> {
        let article = self.article;
        let lemma = article.lemma(s, i);
        let words: Vec<String> = (i.saturating_sub(4)..i)
            .rev()
            .map_while(|w| {
                let modifier =
                    article.is_under(s, w, i) && article.upos(s, w) != Upos::Det && article.upos(s, w) != Upos::Punct;
                modifier.then(|| if self.owner_at(w).is_some() { String::new() } else { article.lemma(s, w) })
            })
            .filter(|w| !w.is_empty() && w != "'s" && w != "’s")
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        self.office_of(s, i, &words, &lemma)
    }

    fn office_of(&self, s: usize, i: usize, words: &[String], lemma: &str) -> Option<(usize, Vec<String>)> {
        let article = self.article;
        // "secretary of state", "minister of foreign affairs"
        let after: Vec<String> =
            (i + 1..(i + 4).min(article.len(s))).map(|w| article.word(s, w).to_lowercase()).collect();
        for len in (2..=after.len()).rev() {
            if let Some(office) = article.gazetteer.office(&format!("{lemma} {}", after[..len].join(" "))) {
                return Some((office, words.to_vec()));
            }
        }
        for from in 0..=words.len() {
            let phrase = words[from..].iter().map(String::as_str).chain([lemma]).collect::<Vec<_>>().join(" ");
            if let Some(office) = article.gazetteer.office(&phrase) {
                return (!words[..from].iter().any(|w| is_disqualifying(w))).then(|| (office, words[..from].to_vec()));
            }
        }
        None
    }

    fn by_office(&mut self, s: usize, i: usize, phrase: &NounPhrase) -> Option<(usize, f32, Reason)> {
        let lemma = self.article.lemma(s, i);
        let (office, left) = self.office_of(s, i, &phrase.words, &lemma)?;
        let of_office = self.article.lemma(s, i + 1) == "of"
            && self.article.gazetteer.office(&self.phrase(s, i..(i + 3).min(self.article.len(s)))).is_some();
        if phrase.other_nouns && !of_office {
            return None;
        }
        // "the bank president": a noun that belongs to another office.
        if (phrase.start..i).any(|w| {
            self.owner_at(w).is_none()
                && matches!(self.article.upos(s, w), Upos::Noun | Upos::Propn)
                && left.contains(&self.article.lemma(s, w))
        }) {
            return None;
        }
        let held: Vec<Held> =
            self.held.get(&office)?.iter().copied().filter(|h| self.seen.contains_key(&h.person)).collect();
        let exact: Vec<Held> =
            held.iter().copied().filter(|h| phrase.country.is_some() && h.country == phrase.country).collect();
        // Of an unknown country: only a monarch, for there are few.
        let monarch = matches!(lemma.as_str(), "king" | "queen" | "emperor" | "emir" | "sultan" | "monarch");
        let open: Vec<Held> =
            held.into_iter().filter(|h| phrase.country.is_none() || (monarch && h.country.is_none())).collect();
        let candidates = if exact.is_empty() { open } else { exact };
        let person = match candidates.as_slice() {
            [] => return None,
            [one] => one.person,
            several => {
                // Several kings: the one that the last sentences speak of, if only one.
                let near: Vec<usize> = several
                    .iter()
                    .map(|h| h.person)
                    .filter(|p| self.seen.get(p).is_some_and(|seen| seen.1 + 1 >= s))
                    .collect();
                match near.as_slice() {
                    [one] => *one,
                    _ => return None,
                }
            }
        };
        Some((person, OFFICE_SCORE, Reason::Office))
    }

    fn by_form(&mut self, s: usize, form: &str, phrase: &NounPhrase) -> Option<(usize, f32, Reason)> {
        if phrase.other_nouns || phrase.country.is_some() {
            return None;
        }
        let region = self.region(phrase, form)?;
        let candidates: Vec<(usize, usize)> = self
            .countries
            .iter()
            .map(|(&cluster, &count)| (cluster, count))
            .filter(|&(cluster, _)| {
                let Some(country) =
                    self.clusters[cluster].country.and_then(|c| self.article.gazetteer.countries.get(c))
                else {
                    return false;
                };
                let has_form = country.forms.iter().any(|f| f == form || (form == "emirate" && f == "emirates"));
                has_form && region.has(&country.regions)
            })
            .collect();
        let cluster = self.dominant(s, &candidates)?;
        Some((cluster, STATE_FORM_SCORE, Reason::StateForm))
    }

    fn any_country(&mut self, s: usize, i: usize, phrase: &NounPhrase) -> Option<(usize, f32, Reason)> {
        if phrase.other_nouns || phrase.country.is_some() || self.article.quotation(s, i) != 0 {
            return None;
        }
        let region = self.region(phrase, "country")?;
        if let Region::Named(_) = region {
            let candidates: Vec<(usize, usize)> = self
                .countries
                .iter()
                .map(|(&cluster, &count)| (cluster, count))
                .filter(|&(cluster, _)| {
                    self.clusters[cluster]
                        .country
                        .and_then(|c| self.article.gazetteer.countries.get(c))
                        .is_some_and(|c| region.has(&c.regions))
                })
                .collect();
            let cluster = self.dominant(s, &candidates)?;
            return Some((cluster, STATE_FORM_SCORE, Reason::StateForm));
        }
        let (cluster, _) = self.only_one(s, i, Kind::Country)?;
        Some((cluster, ONLY_COUNTRY_SCORE, Reason::OnlyCountry))
    }

    /// The only cluster of a kind that this sentence names before token `i`, or the one before it; with its mentions
    /// there, by sentence and draft.
    fn only_one(&mut self, s: usize, i: usize, kind: Kind) -> Option<(usize, Vec<(usize, usize)>)> {
        let (mut found, mut mentions) = (None, Vec::new());
        for at in [Some(s), s.checked_sub(1)].into_iter().flatten() {
            for draft in self.latest(at) {
                if at == s && self.drafts[draft].tokens.start > i {
                    continue;
                }
                let Some(cluster) = self.cluster_of(draft) else { continue };
                if self.clusters[cluster].kind == kind {
                    if found.is_some_and(|f| f != cluster) {
                        return None;
                    }
                    found = Some(cluster);
                    mentions.push((at, draft));
                }
            }
        }
        Some((found?, mentions))
    }

    /// The region that the modifiers name ("the North African kingdom"); `None` where they say something that cannot
    /// be checked and may set the noun apart ("the animal kingdom").
    fn region(&self, phrase: &NounPhrase, form: &str) -> Option<Region> {
        let own: Vec<&String> = phrase.words.iter().filter(|w| !form.split(' ').any(|f| f == w.as_str())).collect();
        for from in 0..own.len() {
            let joined = own[from..].iter().map(|w| w.as_str()).collect::<Vec<_>>().join(" ").replace(" - ", " ");
            if self.article.gazetteer.countries.iter().any(|c| c.regions.contains(&joined)) {
                return Some(Region::Named(joined));
            }
        }
        let plain = own.iter().all(|w| {
            w.contains('-')
                || matches!(
                    w.as_str(),
                    "small"
                        | "tiny"
                        | "whole"
                        | "entire"
                        | "rich"
                        | "oil"
                        | "wealthy"
                        | "hashemite"
                        | "desert"
                        | "war"
                        | "torn"
                        | "conservative"
                        | "populous"
                        | "impoverished"
                        | "troubled"
                        | "landlocked"
                        | "island"
                )
        });
        plain.then_some(Region::Any)
    }

    /// The only candidate, or one that is spoken of at least twice as much as any other and of late.
    fn dominant(&self, s: usize, candidates: &[(usize, usize)]) -> Option<usize> {
        let &(best, count) = candidates.iter().max_by_key(|c| c.1)?;
        let second = candidates.iter().filter(|c| c.0 != best).map(|c| c.1).max().unwrap_or(0);
        let recent = self.seen.get(&best).is_some_and(|seen| seen.1 + 6 >= s);
        (count >= 2 * second && (recent || candidates.len() == 1)).then_some(best)
    }

    fn by_noun(
        &mut self,
        s: usize,
        i: usize,
        noun: &str,
        sort: NominalSort,
        phrase: &NounPhrase,
    ) -> Option<(usize, f32, Reason)> {
        if phrase.other_nouns || phrase.country.is_some() {
            return None;
        }
        // "the coast guard": words of the name itself set nothing apart.
        let apart: Vec<String> = phrase.words.iter().filter(|w| !noun.contains(w.as_str())).cloned().collect();
        let carries =
            |walk: &Self, c: usize| apart.iter().all(|w| walk.by_word.get(w).is_some_and(|list| list.contains(&c)));
        let list: Vec<usize> =
            self.by_noun.get(noun).into_iter().flatten().copied().filter(|&c| carries(self, c)).collect();
        if !list.is_empty() {
            // A noun out of the name itself reaches further back than one that may mean others.
            let reach = if sort == NominalSort::StrictOrganization { 8 } else { 4 };
            let named: Vec<usize> =
                list.into_iter().filter(|c| self.seen.get(c).is_some_and(|seen| seen.1 + reach >= s)).collect();
            return match named.as_slice() {
                [one] => Some((*one, NAMED_SO_SCORE, Reason::NamedSo)),
                _ => None,
            };
        }
        if sort != NominalSort::LooseOrganization || !phrase.words.is_empty() {
            return None;
        }
        // "the firm" for what was introduced as a company, if only one was.
        let row = self.article.gazetteer.nominal_row(noun)?;
        let mut of_row: Vec<usize> = self.by_row.get(row).cloned().unwrap_or_default();
        of_row.retain(|c| self.seen.get(c).is_some_and(|seen| seen.1 + 4 >= s));
        of_row.sort_unstable();
        of_row.dedup();
        if let [one] = of_row[..] {
            return Some((one, OF_ROW_SCORE, Reason::NamedSo));
        }
        if !of_row.is_empty() {
            return None;
        }
        let (cluster, mentions) = self.only_one(s, i, Kind::Organization)?;
        let topic = mentions.iter().any(|&(at, draft)| {
            let head = self.article.head_of(at, &self.drafts[draft].tokens);
            self.role(at, head) >= 2.0
        });
        if !topic {
            return None;
        }
        // A ministry or a bank would be called so.
        let other = self.clusters[cluster]
            .name
            .split(' ')
            .any(|w| is_capitalized(w) && self.article.gazetteer.nominal(&w.to_lowercase()).is_some());
        (!other).then_some((cluster, ONLY_ORGANIZATION_SCORE, Reason::OnlyOrganization))
    }
}

/// A definite noun phrase around its head noun.
struct NounPhrase {
    start: usize,
    /// Lemmas of the modifiers, without determiners and the names of countries.
    words: Vec<String>,
    /// The country that an adjective, a possessor or an "of" phrase names.
    country: Option<usize>,
    /// Whether it belongs to something other than a country.
    other_nouns: bool,
}

/// What the modifiers of a noun for a country say about where it lies.
enum Region {
    Any,
    Named(String),
}

impl Region {
    fn has(&self, regions: &[String]) -> bool {
        match self {
            Self::Any => true,
            Self::Named(name) => regions.contains(name),
        }
    }
}

/// Offices that only states have.
fn is_national(article: &Article<'_>, office: &str) -> bool {
    office.ends_with("minister") || office.starts_with("minister") || article.gazetteer.word("national", office)
}

/// Words that make another person of an officeholder, or another office of an office.
fn is_disqualifying(lemma: &str) -> bool {
    matches!(
        lemma,
        "former"
            | "ex"
            | "late"
            | "deputy"
            | "vice"
            | "acting"
            | "next"
            | "new"
            | "future"
            | "other"
            | "another"
            | "previous"
            | "then"
            | "assistant"
            | "junior"
            | "would-be"
            | "first"
            | "second"
            | "same"
            | "neighboring"
            | "neighbouring"
            | "third"
            | "aspiring"
            | "shadow"
            | "incoming"
            | "outgoing"
            | "designate"
            | "only"
            | "last"
            | "most"
    )
}
