//! Boundaries of the tagger's mentions, and countries it missed.

use std::ops::Range;

use crate::mention::{Form, Kind, Mention};
use crate::syntax::{Upos, Xpos};

use super::Reason;
use super::article::{Article, Draft};
use super::gazetteer::{Gender, Status};
use crate::name::{is_acronym, is_capitalized, is_word};

/// How sure a name from the tables is that the tagger did not see.
const MISSED_SCORE: f32 = 0.7;

/// Names of countries that are common names of people, things or companies besides.
pub(super) fn is_risky(key: &str) -> bool {
    matches!(
        key,
        "jordan"
            | "chad"
            | "georgia"
            | "kenya"
            | "india"
            | "israel"
            | "cuba"
            | "america"
            | "jersey"
            | "mali"
            | "niger"
            | "turkey"
            | "china"
            | "guinea"
            | "saint martin"
            | "grenada"
            | "dominica"
            | "salvador"
    )
}

/// Words of which a mention can only be a title if it has no others.
fn is_title_alone(article: &Article<'_>, s: usize, tokens: &Range<usize>) -> bool {
    let all = tokens.clone().all(|i| article.gazetteer.title(article.word(s, i)).is_some());
    let determined = tokens.start > 0
        && (article.upos(s, tokens.start - 1) == Upos::Det
            || article.gazetteer.adjective(&article.key(s, &(tokens.start - 1..tokens.start))).is_some());
    all && (tokens.len() > 1 || determined)
}

/// "the Kingdom": no name, but the form of a state that the article has named.
fn is_form_of_state(article: &Article<'_>, s: usize, tokens: &Range<usize>) -> bool {
    tokens.len() == 1
        && tokens.start > 0
        && article.word(s, tokens.start - 1).eq_ignore_ascii_case("the")
        && matches!(article.word(s, tokens.start), "Kingdom" | "Republic" | "Sultanate" | "Emirate" | "Principality")
}

/// Shortened and split mentions, with countries that the tagger missed, in text order.
pub(super) fn clean(article: &Article<'_>, mentions: &[Mention]) -> Vec<Draft> {
    let mut drafts = Vec::with_capacity(mentions.len());
    let mut covered: Vec<Vec<bool>> = (0..article.sentence_count()).map(|s| vec![false; article.len(s)]).collect();
    for mention in mentions {
        let (s, tokens) = (mention.sentence, mention.tokens.clone());
        let Some(cover) = covered.get_mut(s).and_then(|c| c.get_mut(tokens.clone())) else { continue };
        if cover.is_empty() || cover.iter().any(|&c| c) {
            continue;
        }
        for (kind, part) in split(article, s, tokens.clone(), mention.kind) {
            if let Some(draft) = trim(article, mention, kind, part) {
                if let Some(cover) = covered.get_mut(s).and_then(|c| c.get_mut(draft.tokens.clone())) {
                    cover.fill(true);
                }
                drafts.push(draft);
            }
        }
    }
    for (s, covered) in covered.iter_mut().enumerate() {
        missed(article, s, covered, &mut drafts);
    }
    drafts.sort_by_key(|d| (d.sentence, d.tokens.start));
    drafts
}

/// "Organization (PLO)" is two mentions, and so is "Morocco-Israel".
fn split(article: &Article<'_>, s: usize, tokens: Range<usize>, kind: Kind) -> Vec<(Kind, Range<usize>)> {
    // Addresses and dashes end a name: "https://t.co/x — Middle East Monitor".
    let foreign = |i: usize| {
        let word = article.word(s, i);
        word.contains("://") || word.starts_with("www.") || word.starts_with('@') || matches!(word, "—" | "--" | "|")
    };
    if tokens.clone().any(foreign) {
        let mut parts = Vec::new();
        let mut start = tokens.start;
        for i in tokens.clone().chain([tokens.end]) {
            if i == tokens.end || foreign(i) {
                if start < i {
                    parts.push((kind, start..i));
                }
                start = i + 1;
            }
        }
        return parts;
    }
    let bracket = tokens.clone().find(|&i| matches!(article.word(s, i), "(" | "[" | "-LRB-"));
    if let Some(at) = bracket.filter(|&i| i > tokens.start) {
        let close =
            (at + 1..tokens.end).find(|&i| matches!(article.word(s, i), ")" | "]" | "-RRB-")).unwrap_or(tokens.end);
        return vec![(kind, tokens.start..at), (kind, at + 1..close)];
    }
    if tokens.len() > 2 && article.gazetteer.country(&article.surface(s, &tokens)).is_none() {
        let mut parts = Vec::new();
        let mut start = tokens.start;
        for i in tokens.clone().chain([tokens.end]) {
            if i == tokens.end || matches!(article.word(s, i), "-" | "–" | "—" | "/") {
                parts.push(start..i);
                start = i + 1;
            }
        }
        let nation = |part: &Range<usize>| {
            let key = article.key(s, part);
            article.gazetteer.adjective(&key).is_some()
                || article.gazetteer.country(&article.surface(s, part)).is_some()
        };
        if parts.len() > 1 && parts.iter().all(|part| !part.is_empty() && nation(part)) {
            return parts
                .into_iter()
                .map(|part| {
                    let named = article.gazetteer.country(&article.surface(s, &part)).is_some();
                    (if named { Kind::Place } else { Kind::Group }, part)
                })
                .collect();
        }
    }
    vec![(kind, tokens)]
}

fn trim(article: &Article<'_>, mention: &Mention, kind: Kind, mut tokens: Range<usize>) -> Option<Draft> {
    let s = mention.sentence;
    while !tokens.is_empty() {
        let first = article.word(s, tokens.start);
        let article_word = matches!(first.to_lowercase().as_str(), "the" | "a" | "an")
            && tokens.len() > 1
            && article.gazetteer.seat(&article.key(s, &tokens)).is_none();
        if is_word(first) && !article_word {
            break;
        }
        tokens.start += 1;
    }
    while !tokens.is_empty() {
        let last = article.word(s, tokens.end - 1);
        // "National Museum in": the tagger went one word too far.
        let function_word = tokens.len() > 1
            && matches!(article.upos(s, tokens.end - 1), Upos::Adp | Upos::Cconj | Upos::Det)
            && last.chars().all(char::is_lowercase);
        if !function_word && is_word(last) && !matches!(last, "'s" | "’s" | "'S" | "’S") {
            break;
        }
        tokens.end -= 1;
    }
    if tokens.is_empty() || is_form_of_state(article, s, &tokens) {
        return None;
    }
    let kind = introduced_kind(article, s, tokens.start).filter(|_| kind != Kind::Group).unwrap_or(kind);
    let mut gender = None;
    if kind == Kind::Person {
        if is_title_alone(article, s, &tokens) {
            return None;
        }
        (tokens, gender) = without_titles(article, s, tokens);
        gender = gender.or_else(|| title_before(article, s, tokens.start));
    }
    Some(Draft {
        sentence: s,
        tokens,
        kind,
        form: Form::Name,
        score: if mention.score.is_finite() { mention.score.clamp(0.0, 1.0) } else { 0.0 },
        reason: Reason::Tagged,
        gender,
        cluster: None,
    })
}

/// "the oil company X", "the daily X", "the village X": the noun right before a name tells its kind.
fn introduced_kind(article: &Article<'_>, s: usize, start: usize) -> Option<Kind> {
    let before = start.checked_sub(1)?;
    if article.upos(s, before) != Upos::Noun || article.xpos(s, before) != Xpos::Nn {
        return None;
    }
    match article.lemma(s, before).as_str() {
        "company" | "firm" | "newspaper" | "daily" | "broadcaster" | "party" | "agency" | "airline" | "charity"
        | "carrier" | "retailer" | "conglomerate" | "startup" | "start-up" | "website" | "magazine" | "militia" => {
            Some(Kind::Organization)
        }
        "village" | "town" | "district" | "province" | "river" | "suburb" => Some(Kind::Place),
        _ => None,
    }
}

fn without_titles(article: &Article<'_>, s: usize, mut tokens: Range<usize>) -> (Range<usize>, Option<Gender>) {
    let mut gender = None;
    let nation = |i: usize| {
        let key = article.key(s, &(i..i + 1));
        article.gazetteer.adjective(&key).is_some() || article.gazetteer.country(article.word(s, i)).is_some()
    };
    if tokens.len() > 2 && nation(tokens.start) && article.gazetteer.title(article.word(s, tokens.start + 1)).is_some()
    {
        tokens.start += 1;
    }
    while tokens.len() > 1 {
        let word = article.word(s, tokens.start);
        let next = article.word(s, tokens.start + 1);
        let Some(title) = article.gazetteer.title(word) else { break };
        let lower = word.to_lowercase();
        // Given names as well as titles.
        let given = match lower.as_str() {
            "sheikh" => matches!(next, "Hasina" | "Mujibur"),
            "sultan" => {
                tokens.len() == 2 && matches!(next.to_lowercase().as_str(), "al" | "bin")
                    || next.starts_with("al-")
                    || next.starts_with("Al-")
            }
            _ => false,
        };
        if given || !is_word(next) {
            break;
        }
        gender = title.gender.or(gender);
        tokens.start += 1;
    }
    (tokens, gender)
}

fn title_before(article: &Article<'_>, s: usize, start: usize) -> Option<Gender> {
    (start.saturating_sub(3)..start)
        .rev()
        .map_while(|i| article.gazetteer.title(article.word(s, i)))
        .find_map(|title| title.gender)
}

/// Countries and nationalities among the capitalized words that no mention covers.
fn missed(article: &Article<'_>, s: usize, covered: &mut [bool], drafts: &mut Vec<Draft>) {
    let n = covered.len();
    let open_name = |covered: &[bool], i: usize| {
        i < n && !covered[i] && article.upos(s, i) == Upos::Propn && is_capitalized(article.word(s, i))
    };
    let mut i = 0;
    while i < n {
        let word = article.word(s, i);
        if covered[i] || !is_capitalized(word) || !matches!(article.upos(s, i), Upos::Propn | Upos::Adj | Upos::Noun) {
            i += 1;
            continue;
        }
        let before = i > 0 && open_name(covered, i - 1) && article.gazetteer.title(article.word(s, i - 1)).is_none();
        let found =
            if before { None } else { (1..=3).rev().find_map(|len| at(article, s, i..i + len, covered, &open_name)) };
        if let Some((kind, tokens)) = found {
            covered[tokens.clone()].fill(true);
            i = tokens.end;
            drafts.push(Draft {
                sentence: s,
                tokens,
                kind,
                form: Form::Name,
                score: MISSED_SCORE,
                reason: Reason::MissedCountry,
                gender: None,
                cluster: None,
            });
        } else {
            i += 1;
        }
    }
}

fn at(
    article: &Article<'_>,
    s: usize,
    tokens: Range<usize>,
    covered: &[bool],
    open_name: &dyn Fn(&[bool], usize) -> bool,
) -> Option<(Kind, Range<usize>)> {
    if tokens.end > covered.len()
        || covered[tokens.clone()].iter().any(|&c| c)
        || !is_capitalized(article.word(s, tokens.end - 1))
    {
        return None;
    }
    let surface = article.surface(s, &tokens);
    let key = article.key(s, &tokens);
    let g = article.gazetteer;
    // A capitalized word after it is part of a longer name, unless it is an office.
    let longer = open_name(covered, tokens.end) && g.title(article.word(s, tokens.end)).is_none();
    if longer {
        return None;
    }
    if let Some((idx, _)) = g.country(&surface) {
        let known = matches!(g.countries[idx].status, Status::State | Status::Former);
        let proper = tokens.clone().any(|i| article.upos(s, i) == Upos::Propn);
        let abbreviation = is_acronym(&surface);
        if known && proper && !is_risky(&key) && (!abbreviation || article.xpos(s, tokens.start) != Xpos::Prp) {
            return Some((Kind::Place, tokens));
        }
    }
    let verbal = article.upos(s, tokens.start) == Upos::Noun && article.xpos(s, tokens.start) == Xpos::Nn;
    ((g.adjective(&key).is_some() || g.people(&key).is_some()) && !verbal).then_some((Kind::Group, tokens))
}
