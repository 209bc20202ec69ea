//! Names of people, organizations and places that mean the same within the article.

use std::collections::{HashMap, HashSet};

use crate::mention::{Form, Kind};
use crate::syntax::{Deprel, Upos};

use super::Reason;
use super::article::{Article, Cluster, Clusters, Draft};
use super::gazetteer::{Gender, NominalSort};
use crate::name::{distance, is_acronym, is_word, key, letters, skeleton};

/// At most so many earlier names are compared with a new one; more bearers of one surname are not told apart anyway.
const MAX_CANDIDATES: usize = 48;
/// Belief in a family name that the tagger did not see.
const MISSED_SURNAME_SCORE: f32 = 0.7;

/// Cluster all names that are not countries or groups.
pub(super) fn resolve(article: &Article<'_>, drafts: &mut Vec<Draft>, clusters: &mut Clusters) {
    bracketed_acronyms(article, drafts);
    missed_surnames(article, drafts);
    harmonize(article, drafts);
    people(article, drafts, clusters);
    organizations(article, drafts, clusters);
    places(article, drafts, clusters);
}

/// "the Palestine Liberation Organization (PLO)": an acronym in brackets is a mention even where the tagger saw none.
fn bracketed_acronyms(article: &Article<'_>, drafts: &mut Vec<Draft>) {
    let mut found = Vec::new();
    for (i, draft) in drafts.iter().enumerate() {
        let s = draft.sentence;
        if draft.kind != Kind::Organization || draft.tokens.len() < 2 {
            continue;
        }
        let Some(at) = acronym_after(article, draft) else { continue };
        let taken = drafts.get(i + 1).is_some_and(|next| next.sentence == s && next.tokens.start <= at);
        if !taken {
            found.push(Draft {
                tokens: at..at + 1,
                score: draft.score * 0.95,
                reason: Reason::Acronym,
                ..draft.clone()
            });
        }
    }
    if !found.is_empty() {
        drafts.extend(found);
        drafts.sort_by_key(|d| (d.sentence, d.tokens.start));
    }
}

/// "the Vogt–Sato meeting": a family name of somebody in the article is a mention even where the tagger saw none.
fn missed_surnames(article: &Article<'_>, drafts: &mut Vec<Draft>) {
    let mut surnames: HashSet<String> = HashSet::new();
    // "You" of You Si-kun: where a double given name follows, the family name comes first.
    let mut first: HashSet<String> = HashSet::new();
    for draft in drafts.iter().filter(|d| d.cluster.is_none() && d.kind == Kind::Person && d.tokens.len() > 1) {
        let last = article.key(draft.sentence, &(draft.tokens.end - 1..draft.tokens.end));
        if last.chars().count() > 3 {
            surnames.insert(last);
        }
        let given = article.surface(draft.sentence, &(draft.tokens.start + 1..draft.tokens.end));
        if given.contains('-') && !given.contains(' ') {
            first.insert(article.word(draft.sentence, draft.tokens.start).to_owned());
        }
    }
    if surnames.is_empty() && first.is_empty() {
        return;
    }
    let mut found = Vec::new();
    let mut next = drafts.iter().peekable();
    for s in 0..article.sentence_count() {
        let mut taken = vec![false; article.len(s)];
        while let Some(draft) = next.next_if(|d| d.sentence <= s) {
            if let Some(tokens) = taken.get_mut(draft.tokens.clone()).filter(|_| draft.sentence == s) {
                tokens.fill(true);
            }
        }
        for token in 0..taken.len() {
            // Part of a longer name it would be something else ("Vogt Street").
            let alone = [token.checked_sub(1), Some(token + 1)]
                .into_iter()
                .flatten()
                .all(|t| taken.get(t).is_none_or(|taken| !taken && article.upos(s, t) != Upos::Propn));
            let tokens = token..token + 1;
            let name = article.upos(s, token) == Upos::Propn;
            // A pronoun has no capital within a sentence.
            let pronoun = article.upos(s, token) == Upos::Pron
                && token > 0
                && !matches!(article.word(s, token - 1), "\"" | "“" | "``" | "‘" | "'" | ":" | "«");
            let known = (name && surnames.contains(&article.key(s, &tokens)))
                || ((name || pronoun) && first.contains(article.word(s, token)));
            if alone && !taken[token] && known {
                found.push(Draft {
                    sentence: s,
                    tokens,
                    kind: Kind::Person,
                    form: Form::Name,
                    score: MISSED_SURNAME_SCORE,
                    reason: Reason::PartOfName,
                    gender: None,
                    cluster: None,
                });
            }
        }
    }
    if !found.is_empty() {
        drafts.extend(found);
        drafts.sort_by_key(|d| (d.sentence, d.tokens.start));
    }
}

/// The token of an acronym in brackets right after a name, past a possessive mark.
fn acronym_after(article: &Article<'_>, draft: &Draft) -> Option<usize> {
    let s = draft.sentence;
    let mut at = draft.tokens.end;
    if matches!(article.word(s, at), "'s" | "’s" | "'" | "’") {
        at += 1;
    }
    let open = matches!(article.word(s, at), "(" | "[" | "-LRB-");
    let close = matches!(article.word(s, at + 2), ")" | "]" | "-RRB-");
    let word = article.word(s, at + 1);
    if !(open && close && is_acronym(word)) {
        return None;
    }
    let first = article.surface(s, &draft.tokens).chars().next()?;
    let initials = initials(&article.key(s, &draft.tokens));
    let fits = word.chars().next().is_some_and(|c| c.to_lowercase().eq(first.to_lowercase()))
        || initials.iter().any(|i| *i == letters(word).to_lowercase());
    fits.then_some(at + 1)
}

/// Initial letters of a name's words, with and without the small words.
fn initials(key: &str) -> [String; 2] {
    let all: String = key.split(' ').filter_map(|w| w.chars().next()).collect();
    let main = key
        .split(' ')
        .filter(|w| !matches!(*w, "of" | "the" | "and" | "for" | "in" | "on" | "de" | "du" | "des" | "la" | "to"))
        .filter_map(|w| w.chars().next())
        .collect();
    [all, main]
}

/// One string tagged in two ways is one thing, unless the context tells two apart.
fn harmonize(article: &Article<'_>, drafts: &mut [Draft]) {
    let mut surnames: HashSet<String> = HashSet::new();
    for draft in drafts.iter().filter(|d| d.cluster.is_none() && d.kind == Kind::Person && d.tokens.len() > 1) {
        // Any part may stand alone: "Dávila" for Álvaro Dávila Montúfar, "Siriwan" for Siriwan Kaewpradit.
        for token in draft.tokens.clone() {
            surnames.insert(article.key(draft.sentence, &(token..token + 1)));
        }
    }
    let first_words = first_words(article, drafts);
    // "Kosi Urja" beside Kosi Urja Ltd.
    let companies: HashSet<String> = drafts
        .iter()
        .filter(|d| d.kind == Kind::Organization && d.tokens.len() > 2)
        .filter_map(|d| {
            let key = article.key(d.sentence, &d.tokens);
            key.rsplit_once(' ').filter(|(_, last)| is_corporate(last)).map(|(core, _)| core.to_owned())
        })
        .collect();
    let mut votes: HashMap<String, [f32; 3]> = HashMap::new();
    let slot = |kind: Kind| match kind {
        Kind::Person => Some(0),
        Kind::Organization => Some(1),
        Kind::Place => Some(2),
        Kind::Country | Kind::Group => None,
    };
    for draft in drafts.iter_mut().filter(|d| d.cluster.is_none()) {
        let key = article.key(draft.sentence, &draft.tokens);
        let g = article.gazetteer;
        if draft.kind != Kind::Person
            && draft.tokens.len() == 1
            && surnames.contains(&key)
            && g.organization(&key).is_none()
            && g.seat(&key).is_none()
            && !article.is_locative(draft.sentence, &draft.tokens)
        {
            draft.kind = Kind::Person;
        } else if draft.kind == Kind::Person && companies.contains(&key) {
            draft.kind = Kind::Organization;
        } else if draft.kind == Kind::Person
            && draft.tokens.len() == 1
            && !surnames.contains(&key)
            && first_words.get(&key).is_some_and(Option::is_some)
        {
            // "Torvald's chief executive", where the article names Torvald Minerals and nobody called Torvald.
            draft.kind = Kind::Organization;
        }
        if let Some(slot) = slot(draft.kind) {
            votes.entry(key).or_default()[slot] += draft.score.max(0.05);
        }
    }
    for draft in drafts.iter_mut().filter(|d| d.cluster.is_none()) {
        let Some(own) = slot(draft.kind) else { continue };
        let Some(votes) = votes.get(&article.key(draft.sentence, &draft.tokens)) else { continue };
        let (best, weight) =
            votes.iter().copied().enumerate().fold((own, votes[own]), |best, v| if v.1 > best.1 { v } else { best });
        let keeps = match draft.kind {
            Kind::Person => draft.tokens.len() > 1,
            Kind::Place => article.is_locative(draft.sentence, &draft.tokens),
            _ => false,
        };
        if best != own && weight >= 2.0 * votes[own] && !keeps {
            draft.kind = [Kind::Person, Kind::Organization, Kind::Place][best];
        }
    }
}

/// The first words of longer names of organizations, with the name's key where only one name begins so. Words that
/// describe ("National", "Moroccan", "First") begin many names and stand for none.
fn first_words(article: &Article<'_>, drafts: &[Draft]) -> HashMap<String, Option<String>> {
    let mut found: HashMap<String, Option<String>> = HashMap::new();
    for draft in drafts.iter().filter(|d| d.kind == Kind::Organization && d.tokens.len() > 1) {
        let (s, first) = (draft.sentence, draft.tokens.start);
        let word = article.key(s, &(first..first + 1));
        let telling = article.upos(s, first) == Upos::Propn
            && word.chars().count() > 3
            && article.gazetteer.nominal(&word).is_none()
            && article.gazetteer.adjective(&word).is_none()
            && article.gazetteer.seat(&word).is_none()
            && article.gazetteer.country(article.word(s, first)).is_none();
        if telling {
            let key = article.key(s, &draft.tokens);
            found.entry(word).and_modify(|k| *k = k.take().filter(|k| *k == key)).or_insert(Some(key));
        }
    }
    found
}

// ---------------------------------------------------------------------------------------------------------- people

/// A person's name in parts that can be compared; particles left out, patronymics kept together.
fn person_parts(article: &Article<'_>, draft: &Draft) -> Vec<String> {
    let words: Vec<String> = draft
        .tokens
        .clone()
        .map(|i| key(article.word(draft.sentence, i)))
        .flat_map(|k| k.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .filter(|w| !w.is_empty())
        .collect();
    let particle = |w: &str| {
        matches!(
            w,
            "al" | "el"
                | "ul"
                | "ad"
                | "as"
                | "ash"
                | "an"
                | "ar"
                | "de"
                | "da"
                | "do"
                | "dos"
                | "das"
                | "del"
                | "della"
                | "di"
                | "du"
                | "van"
                | "von"
                | "der"
                | "den"
                | "la"
                | "le"
                | "jr"
                | "sr"
                | "s"
        )
    };
    let mut parts = Vec::new();
    let mut patronymic: Option<String> = None;
    for word in &words {
        if matches!(word.as_str(), "bin" | "ibn" | "bint") {
            patronymic = Some(word.clone());
        } else if !particle(word) {
            parts.push(match patronymic.take() {
                Some(_) => format!("bin {word}"),
                None => word.clone(),
            });
        }
    }
    if parts.is_empty() { words } else { parts }
}

fn is_roman(part: &str) -> bool {
    !part.is_empty() && part.chars().all(|c| matches!(c, 'i' | 'v' | 'x'))
}

/// The part by which newspapers call the person.
fn surname(parts: &[String]) -> &str {
    parts.iter().rev().find(|p| !is_roman(p)).or(parts.last()).map_or("", String::as_str)
}

const NICKNAMES: &[(&str, &str)] = &[
    ("abe", "abraham"),
    ("al", "albert"),
    ("alex", "alexander"),
    ("andy", "andrew"),
    ("ben", "benjamin"),
    ("bernie", "bernard"),
    ("bill", "william"),
    ("bob", "robert"),
    ("charlie", "charles"),
    ("chris", "christopher"),
    ("chuck", "charles"),
    ("dan", "daniel"),
    ("dave", "david"),
    ("dick", "richard"),
    ("don", "donald"),
    ("ed", "edward"),
    ("gabi", "gabriel"),
    ("greg", "gregory"),
    ("jeff", "jeffrey"),
    ("jim", "james"),
    ("jimmy", "james"),
    ("joe", "joseph"),
    ("ken", "kenneth"),
    ("larry", "lawrence"),
    ("liz", "elizabeth"),
    ("mike", "michael"),
    ("nick", "nicholas"),
    ("pat", "patrick"),
    ("pete", "peter"),
    ("rob", "robert"),
    ("ron", "ronald"),
    ("sam", "samuel"),
    ("steve", "stephen"),
    ("steve", "steven"),
    ("ted", "edward"),
    ("ted", "theodore"),
    ("tim", "timothy"),
    ("tom", "thomas"),
    ("tony", "anthony"),
    ("vicky", "victoria"),
    ("will", "william"),
];

fn ends_in_vowel(word: &str) -> bool {
    word.ends_with(['a', 'e', 'i', 'o', 'u', 'y'])
}

/// Two spellings of one name: the same consonants, a short way apart, and the same kind of ending (so that
/// Michael is not Michelle).
fn same_spelling(a: &str, b: &str) -> bool {
    let skeleton_a = skeleton(a);
    skeleton_a.len() >= 3 && skeleton_a == skeleton(b) && ends_in_vowel(a) == ends_in_vowel(b) && distance(a, b, 3) <= 3
}

fn same_first_name(article: &Article<'_>, a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    if a.len() == 1 || b.len() == 1 {
        return a.chars().next() == b.chars().next();
    }
    let genders = (article.gazetteer.first_name(a), article.gazetteer.first_name(b));
    if matches!(genders, (Some(x), Some(y)) if x != y) {
        return false;
    }
    NICKNAMES.iter().any(|&(short, long)| (a == short && b == long) || (b == short && a == long)) || same_spelling(a, b)
}

fn is_subsequence(short: &[String], long: &[String]) -> bool {
    let mut rest = long.iter();
    short.iter().all(|part| rest.any(|other| other == part))
}

/// Whether two full names can be one person's.
fn same_person(article: &Article<'_>, a: &[String], b: &[String]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let (Some(first_a), Some(first_b)) = (a.first(), b.first()) else { return false };
    let roman = |parts: &[String]| parts.iter().find(|p| is_roman(p)).cloned();
    if roman(a) != roman(b) {
        return false;
    }
    if short == long || (short.len() == 2 && long.len() == 2 && short[0] == long[1] && short[1] == long[0]) {
        return true;
    }
    let (last_a, last_b) = (surname(a), surname(b));
    if last_a == last_b && same_first_name(article, first_a, first_b) {
        // "George W. Bush" and "George H. W. Bush" tell themselves apart by their initials.
        let middle = |parts: &[String]| parts.get(1..parts.len() - 1).map(<[String]>::to_vec).unwrap_or_default();
        let (middle_a, middle_b) = (middle(a), middle(b));
        let fits = |m: &[String], n: &[String]| {
            m.len() == n.len() && m.iter().zip(n).all(|(x, y)| same_first_name(article, x, y))
        };
        return middle_a.is_empty()
            || middle_b.is_empty()
            || fits(&middle_a, &middle_b)
            || is_subsequence(&middle_a, &middle_b) && middle_a.iter().chain(&middle_b).all(|p| p.len() > 1);
    }
    if first_a == first_b && a.len() == b.len() && last_a.len() >= 5 && last_b.len() >= 5 {
        let middles = a.len() <= 2 || a[1..a.len() - 1] == b[1..b.len() - 1];
        if middles && same_spelling(last_a, last_b) && distance(last_a, last_b, 2) <= 2 {
            return true;
        }
    }
    // A second family name or a longer patronymic at the end.
    short.len() >= 2 && long.len() > short.len() && long.starts_with(short) && !short.iter().any(|p| p.len() == 1)
}

struct Person {
    cluster: usize,
    parts: Vec<String>,
    gender: Option<Gender>,
    last_seen: Option<usize>,
}

#[derive(Default)]
struct People {
    persons: Vec<Person>,
    by_full: HashMap<String, usize>,
    /// Every part of every full name.
    by_part: HashMap<String, Vec<usize>>,
    by_skeleton: HashMap<String, Vec<usize>>,
    by_short: HashMap<String, usize>,
    /// Whom a short name stood for when it was used last.
    called: HashMap<String, usize>,
}

fn people(article: &Article<'_>, drafts: &mut [Draft], clusters: &mut Clusters) {
    let order: Vec<usize> =
        (0..drafts.len()).filter(|&i| drafts[i].kind == Kind::Person && drafts[i].cluster.is_none()).collect();
    let parts: Vec<Vec<String>> = order.iter().map(|&i| person_parts(article, &drafts[i])).collect();
    let mut people = People::default();
    let mut person_of: Vec<Option<usize>> = vec![None; order.len()];
    for (n, &i) in order.iter().enumerate() {
        if parts[n].len() > 1 {
            person_of[n] = Some(people.full(article, &mut drafts[i], &parts[n], clusters));
        }
    }
    for (n, &i) in order.iter().enumerate() {
        let person = match person_of[n] {
            Some(person) => person,
            None => people.short(article, &mut drafts[i], &parts[n], clusters),
        };
        people.persons[person].last_seen = Some(n);
        if let Some(gender) = drafts[i].gender {
            people.persons[person].gender.get_or_insert(gender);
        }
        drafts[i].cluster = Some(people.persons[person].cluster);
    }
    for person in people.persons {
        clusters[person.cluster].gender = person.gender;
    }
}

impl People {
    fn add(&mut self, article: &Article<'_>, draft: &Draft, parts: &[String], clusters: &mut Clusters) -> usize {
        let name = article.surface(draft.sentence, &draft.tokens);
        let mut cluster = Cluster::new(Kind::Person, name);
        let full = parts.len() > 1;
        if full {
            cluster.uri = article.gazetteer.leader(&article.key(draft.sentence, &draft.tokens)).map(str::to_owned);
        }
        let gender = draft
            .gender
            .or_else(|| parts.first().filter(|_| full).and_then(|first| article.gazetteer.first_name(first)));
        self.persons.push(Person { cluster: clusters.add(cluster), parts: parts.to_vec(), gender, last_seen: None });
        self.persons.len() - 1
    }

    fn full(&mut self, article: &Article<'_>, draft: &mut Draft, parts: &[String], clusters: &mut Clusters) -> usize {
        let joined = parts.join(" ");
        if let Some(&person) = self.by_full.get(&joined) {
            draft.reason = Reason::SameName;
            return person;
        }
        let lists = [
            self.by_part.get(surname(parts)),
            parts.first().and_then(|p| self.by_part.get(p)),
            self.by_skeleton.get(&skeleton(surname(parts))),
        ];
        let found =
            lists.into_iter().flatten().flat_map(|list| list.iter().rev().take(MAX_CANDIDATES)).copied().find(|&p| {
                let other = &self.persons[p];
                let genders = (draft.gender.or_else(|| article.gazetteer.first_name(&parts[0])), other.gender);
                !matches!(genders, (Some(a), Some(b)) if a != b) && same_person(article, &other.parts, parts)
            });
        let person = if let Some(person) = found {
            let spelled =
                surname(&self.persons[person].parts) == surname(parts) && self.persons[person].parts[0] == parts[0];
            draft.reason = if spelled { Reason::PartOfName } else { Reason::Spelling };
            if !spelled {
                draft.form = Form::Alias;
            }
            let cluster = self.persons[person].cluster;
            if parts.len() > self.persons[person].parts.len() {
                self.persons[person].parts = parts.to_vec();
                clusters[cluster].name = article.surface(draft.sentence, &draft.tokens);
            }
            if clusters[cluster].uri.is_none() {
                clusters[cluster].uri =
                    article.gazetteer.leader(&article.key(draft.sentence, &draft.tokens)).map(str::to_owned);
            }
            person
        } else {
            self.add(article, draft, parts, clusters)
        };
        self.by_full.insert(joined, person);
        for part in parts {
            let list = self.by_part.entry(part.clone()).or_default();
            if list.last() != Some(&person) {
                list.push(person);
            }
        }
        let list = self.by_skeleton.entry(skeleton(surname(parts))).or_default();
        if list.last() != Some(&person) {
            list.push(person);
        }
        person
    }

    fn short(&mut self, article: &Article<'_>, draft: &mut Draft, parts: &[String], clusters: &mut Clusters) -> usize {
        let part = parts.first().map_or("", String::as_str);
        let all: Vec<usize> = self
            .by_part
            .get(part)
            .map(|list| list.iter().rev().take(MAX_CANDIDATES).copied().collect())
            .unwrap_or_default();
        let agrees = |p: &Person| !matches!((draft.gender, p.gender), (Some(a), Some(b)) if a != b);
        let candidates: Vec<usize> = all.into_iter().filter(|&p| agrees(&self.persons[p])).collect();
        let by_surname: Vec<usize> =
            candidates.iter().copied().filter(|&p| surname(&self.persons[p].parts) == part).collect();
        let latest = |list: &[usize]| {
            list.iter()
                .copied()
                .filter(|&p| self.persons[p].last_seen.is_some())
                .max_by_key(|&p| self.persons[p].last_seen)
        };
        // A name that only comes later ("Keller arrives", then "Anna Keller"): the first to come.
        let earliest = |list: &[usize]| list.iter().copied().min();
        let others: Vec<usize> = candidates.iter().copied().filter(|&p| self.persons[p].last_seen.is_some()).collect();
        let found = if by_surname.is_empty() {
            // A first or middle name identifies only where it is the only one, and its bearer is known already; a
            // king is called by his.
            let regnal = |p: &Person| p.parts.len() == 2 && is_roman(&p.parts[1]);
            let regnals: Vec<usize> = candidates.iter().copied().filter(|&p| regnal(&self.persons[p])).collect();
            match (others.as_slice(), regnals.as_slice()) {
                (&[one], _) | (&[], &[one]) => Some(one),
                _ => None,
            }
        } else {
            // Who was called so before still is, though a namesake has been introduced in full.
            let called = self.called.get(part).copied().filter(|p| by_surname.contains(p));
            called.or_else(|| latest(&by_surname)).or_else(|| earliest(&by_surname))
        };
        if let Some(person) = found {
            self.called.insert(part.to_owned(), person);
            draft.reason = Reason::PartOfName;
            return person;
        }
        let joined = parts.join(" ");
        if let Some(&person) = self.by_short.get(&joined)
            && agrees(&self.persons[person])
        {
            draft.reason = Reason::SameName;
            return person;
        }
        let person = self.add(article, draft, parts, clusters);
        self.by_short.insert(joined, person);
        person
    }
}

// --------------------------------------------------------------------------------------------------- organizations

/// "Organization(PLO)" where the tokenizer left it in one piece.
fn without_bracket(mut surface: String) -> String {
    if let Some(at) = surface.find('(').filter(|&at| at > 0 && surface.ends_with(')')) {
        surface.truncate(at);
        surface.truncate(surface.trim_end().len());
    }
    surface
}

struct Body {
    cluster: usize,
    state: Option<usize>,
    words: usize,
}

fn is_corporate(word: &str) -> bool {
    matches!(
        word,
        "inc"
            | "ltd"
            | "corp"
            | "co"
            | "plc"
            | "llc"
            | "sa"
            | "ag"
            | "gmbh"
            | "nv"
            | "limited"
            | "incorporated"
            | "pjsc"
            | "spa"
    )
}

fn is_generic(word: &str) -> bool {
    matches!(
        word,
        "front"
            | "group"
            | "party"
            | "movement"
            | "news"
            | "agency"
            | "bank"
            | "company"
            | "corporation"
            | "organization"
            | "organisation"
            | "network"
            | "television"
            | "tv"
            | "channel"
            | "militia"
            | "website"
            | "newspaper"
            | "holdings"
            | "airlines"
            | "club"
    )
}

/// What distinguishes an organization's name: the words without article, corporate form, state and word order.
fn core_of(article: &Article<'_>, key: &str) -> (String, Option<usize>) {
    let mut words: Vec<&str> = key.split(' ').collect();
    if words.len() > 1 && words[0] == "the" {
        words.remove(0);
    }
    while words.len() > 1 && words.last().is_some_and(|w| is_corporate(w)) {
        words.pop();
    }
    let mut state = None;
    for len in (1..=2).rev() {
        if words.len() > len {
            let lead = words[..len].join(" ");
            let g = article.gazetteer;
            let found = g
                .adjective(&lead)
                .or_else(|| g.country(&lead).map(|c| c.0))
                .or_else(|| g.country(&lead.to_uppercase()).map(|c| c.0));
            if let Some(idx) = found {
                state = Some(idx);
                words.drain(..len);
                break;
            }
        }
    }
    if state.is_none() && words.len() > 2 && words[0] == "un" {
        words.remove(0);
    } else if state.is_none() && words.len() > 3 && words[0] == "united" && words[1] == "nations" {
        words.drain(..2);
    }
    let turns = words.iter().any(|w| matches!(*w, "ministry" | "department" | "office" | "university"));
    if turns && words.len() > 1 {
        let mut bag: Vec<&str> =
            words.iter().copied().filter(|w| !matches!(*w, "of" | "for" | "the" | "and" | "affairs")).collect();
        bag.sort_unstable();
        return (bag.join(" "), state);
    }
    (words.join(" "), state)
}

/// The country named right before: "the Moroccan Foreign Ministry", "Morocco's Foreign Ministry".
fn state_before(article: &Article<'_>, previous: Option<&Draft>, draft: &Draft, clusters: &Clusters) -> Option<usize> {
    let previous = previous.filter(|p| p.sentence == draft.sentence)?;
    let gap = previous.tokens.end..draft.tokens.start;
    let adjacent = gap.is_empty()
        || (gap.len() == 1 && matches!(article.word(draft.sentence, gap.start), "'s" | "’s" | "'" | "’"));
    clusters[previous.cluster.filter(|_| adjacent)?].country
}

fn organizations(article: &Article<'_>, drafts: &mut [Draft], clusters: &mut Clusters) {
    let order: Vec<usize> =
        (0..drafts.len()).filter(|&i| drafts[i].kind == Kind::Organization && drafts[i].cluster.is_none()).collect();
    let mut by_core: HashMap<String, Vec<Body>> = HashMap::new();
    let mut by_table: HashMap<usize, usize> = HashMap::new();
    let mut by_initials: HashMap<String, usize> = HashMap::new();
    let mut by_acronym: HashMap<String, usize> = HashMap::new();
    let mut cores = Vec::new();
    let mut words_of: HashMap<usize, usize> = HashMap::new();
    let mut acronyms = Vec::new();
    for &i in &order {
        let surface = without_bracket(article.surface(drafts[i].sentence, &drafts[i].tokens));
        let key = key(&surface);
        if drafts[i].tokens.len() == 1 && is_acronym(&surface) {
            acronyms.push((i, surface));
            continue;
        }
        let (core, own_state) = core_of(article, &key);
        let state =
            own_state.or_else(|| state_before(article, i.checked_sub(1).map(|p| &drafts[p]), &drafts[i], clusters));
        let table =
            article.gazetteer.organization(&key).or_else(|| article.gazetteer.organization(key.strip_prefix("the ")?));
        let list = by_core.entry(core.clone()).or_default();
        let found = list.iter().rposition(|b| b.state.is_none() || state.is_none() || b.state == state);
        let known = table.and_then(|t| by_table.get(&t).copied());
        let words = key.split(' ').count();
        let cluster = if let Some(cluster) = known.or_else(|| found.map(|f| list[f].cluster)) {
            drafts[i].reason = if found.is_some() { Reason::SameName } else { Reason::Table };
            if found.is_none() {
                drafts[i].form = Form::Alias;
            }
            cluster
        } else {
            let cluster = clusters.add(Cluster::new(Kind::Organization, surface.clone()));
            cores.push((core.clone(), cluster));
            cluster
        };
        if let Some(f) = found {
            let mut body = list.remove(f);
            body.state = body.state.or(state);
            body.cluster = cluster;
            body.words = body.words.max(words);
            list.push(body);
        } else {
            list.push(Body { cluster, state, words });
        }
        if let Some(t) = table {
            by_table.entry(t).or_insert(cluster);
            if clusters[cluster].uri.is_none() {
                clusters[cluster].uri = article.gazetteer.organizations.get(t).and_then(|o| o.uri.clone());
            }
        }
        // The fullest name is the entity's.
        let longest = words_of.entry(cluster).or_insert(0);
        if words > *longest {
            if *longest > 0 {
                clusters[cluster].name.clone_from(&surface);
            }
            *longest = words;
        }
        if words > 1 {
            for initials in initials(key.strip_prefix("the ").unwrap_or(&key)) {
                if initials.len() > 1 {
                    by_initials.entry(initials).or_insert(cluster);
                }
            }
            if let Some(at) = acronym_after(article, &drafts[i]) {
                by_acronym.entry(letters(article.word(drafts[i].sentence, at))).or_insert(cluster);
            }
        }
        drafts[i].cluster = Some(cluster);
    }
    for (i, surface) in acronyms {
        let text = letters(&surface);
        let table = article.gazetteer.acronym(&surface).or_else(|| article.gazetteer.organization(&key(&surface)));
        let explained = by_acronym.get(&text).or_else(|| by_initials.get(&text.to_lowercase())).copied();
        let known = table.and_then(|t| by_table.get(&t).copied());
        let cluster = explained.or(known).unwrap_or_else(|| {
            let cluster = clusters.add(Cluster::new(Kind::Organization, surface.clone()));
            // Two letters are too few for a table, but for the two that everybody writes.
            if let Some(t) = table.filter(|_| text.len() > 2 || matches!(text.as_str(), "UN" | "EU")) {
                by_table.insert(t, cluster);
                clusters[cluster].uri = article.gazetteer.organizations.get(t).and_then(|o| o.uri.clone());
            }
            by_acronym.insert(text.clone(), cluster);
            cluster
        });
        if explained.is_some() || known.is_some() {
            drafts[i].form = if clusters[cluster].name == surface { Form::Name } else { Form::Alias };
            drafts[i].reason = Reason::Acronym;
        }
        drafts[i].cluster = Some(cluster);
    }
    shortened(&cores, &by_core, clusters);
}

/// "the Polisario" is the Polisario Front: what is left out is a common noun. "Torvald" is Torvald Minerals, "the
/// Council" the Sons of Marwan Council: its first word or its end, where no other name begins or ends so.
fn shortened(cores: &[(String, usize)], by_core: &HashMap<String, Vec<Body>>, clusters: &mut Clusters) {
    let mut long_of: HashMap<&str, Option<usize>> = HashMap::new();
    let mut by_first: HashMap<&str, Option<usize>> = HashMap::new();
    let mut by_last: HashMap<&str, Option<usize>> = HashMap::new();
    for (core, cluster) in cores {
        // Two longer names for one short one: it is unclear which.
        if let Some((first, _)) = core.split_once(' ').filter(|(first, _)| first.chars().count() > 3) {
            by_first.entry(first).and_modify(|c| *c = None).or_insert(Some(*cluster));
        }
        for end in core.match_indices(' ').map(|(at, _)| &core[at + 1..]).filter(|end| end.chars().count() > 3) {
            by_last.entry(end).and_modify(|c| *c = None).or_insert(Some(*cluster));
        }
        let mut rest = core.as_str();
        while let Some((lead, last)) = rest.rsplit_once(' ') {
            if !is_generic(last) {
                break;
            }
            rest = lead;
        }
        if rest.len() < core.len() && by_core.contains_key(rest) {
            long_of.entry(rest).and_modify(|c| *c = None).or_insert(Some(*cluster));
        }
    }
    for (core, cluster) in cores {
        // What a table knows by itself is no short form.
        if clusters[*cluster].uri.is_some() {
            continue;
        }
        let core = core.as_str();
        let long = [&long_of, &by_first, &by_last].into_iter().find_map(|map| map.get(core)).copied().flatten();
        if let Some(long) = long {
            clusters.merge(long, *cluster);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------- places

fn places(article: &Article<'_>, drafts: &mut [Draft], clusters: &mut Clusters) {
    let mut by_key: HashMap<String, usize> = HashMap::new();
    for draft in drafts.iter_mut().filter(|d| d.cluster.is_none()) {
        let key = article.key(draft.sentence, &draft.tokens);
        let seat = article.gazetteer.seat(&key);
        // "Kiev" and "Kyiv" share their id.
        let id = seat.and_then(|s| s.uri.clone());
        let index = id.clone().unwrap_or_else(|| key.strip_prefix("the ").unwrap_or(&key).to_owned());
        if let Some(&cluster) = by_key.get(&index) {
            draft.reason = Reason::SameName;
            // A dateline's capitals are no part of the name.
            let surface = article.surface(draft.sentence, &draft.tokens);
            let capitals = |text: &str| !text.chars().any(char::is_lowercase);
            if capitals(&clusters[cluster].name) && !capitals(&surface) {
                clusters[cluster].name = surface;
            }
            draft.cluster = Some(cluster);
        } else {
            let mut cluster = Cluster::new(draft.kind, article.surface(draft.sentence, &draft.tokens));
            cluster.uri = id;
            let cluster = clusters.add(cluster);
            by_key.insert(index, cluster);
            draft.cluster = Some(cluster);
        }
    }
}

/// Whether a token run before a name introduces it ("news website Axios"): its last noun.
pub(super) fn introducing_noun(article: &Article<'_>, draft: &Draft) -> Option<String> {
    let s = draft.sentence;
    let head = article.head_of(s, &draft.tokens);
    let appositive = |i: &usize| article.deprel(s, *i) == Deprel::Appos && article.upos(s, *i) == Upos::Noun;
    if let Some(noun) = article.children(s, head).iter().copied().find(appositive) {
        return Some(article.lemma(s, noun));
    }
    let before = draft.tokens.start.checked_sub(1)?;
    if article.upos(s, before) == Upos::Noun && is_word(article.word(s, before)) {
        return Some(article.lemma(s, before));
    }
    // "the Islamic State group", but not "the Harbor Bank website", which is the bank's.
    let after = draft.tokens.end;
    let group = |lemma: &String| article.gazetteer.nominal(lemma) == Some(NominalSort::LooseOrganization);
    (article.upos(s, after) == Upos::Noun && article.is_under(s, head, after))
        .then(|| article.lemma(s, after))
        .filter(group)
}
