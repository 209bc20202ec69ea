//! Claims of articles to facts: what is one fact, when it was, who says so independently, and what contradicts it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::record::{Evidence, Fact};
use crate::relation::{Class, Modality, Polarity};

/// One place in one article that states a fact, with what facts are made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Statement {
    pub(super) class: Class,
    pub(super) symmetric: bool,
    pub(super) polarity: Polarity,
    pub(super) published: Option<String>,
    /// Who publishes the article, where known.
    pub(super) publisher: Option<String>,
    /// What copies of its sentence share.
    pub(super) fingerprint: u64,
    pub(super) evidence: Evidence,
}

/// Whose site or paper it is: the host of an address, else the words in lower case.
pub(super) fn publisher(source: &str) -> Option<String> {
    let source = source.trim().to_lowercase();
    let name = match source.split_once("://") {
        Some((_, rest)) => {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = host.rsplit('@').next().unwrap_or_default();
            let host = host.split(':').next().unwrap_or_default();
            host.strip_prefix("www.").unwrap_or(host).to_owned()
        }
        None => source,
    };
    (!name.is_empty()).then_some(name)
}

/// What copies of a sentence share: its letters and digits, whatever stands between them (FNV-1a, 64 bits).
pub(super) fn fingerprint(sentence: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut buffer = [0; 4];
    for c in sentence.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase) {
        for byte in c.encode_utf8(&mut buffer).bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

/// Facts that hold for years, not at a time: what is said of them at different times is one fact.
fn stands(class: Class) -> bool {
    matches!(class, Class::Role | Class::Kin | Class::Location | Class::Relation)
}

/// Whether two times can be one: one is the other, or a part of it.
fn agree(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.starts_with(b) || b.starts_with(a),
        _ => true,
    }
}

/// For every time the most exact one that it can only mean among these: 2018 means 2018-05 where no other month is named.
fn refine(times: &BTreeSet<&str>) -> BTreeMap<String, String> {
    let is_leaf = |t: &str| !times.iter().any(|u| *u != t && u.starts_with(t));
    let refined = |t: &str| {
        let mut leaves = times.iter().filter(|u| u.starts_with(t) && is_leaf(u));
        match (leaves.next(), leaves.next()) {
            (Some(leaf), None) => (*leaf).to_owned(),
            _ => t.to_owned(),
        }
    };
    times.iter().map(|t| ((*t).to_owned(), refined(t))).collect()
}

/// Whether an undated statement can be about that time: what was so before the article, what will be so after it.
fn can_mean(statement: &Statement, time: &str) -> bool {
    let Some(published) = &statement.published else { return true };
    match statement.evidence.modality {
        Modality::Future => published[..time.len().min(published.len())] <= *time,
        Modality::Actual | Modality::Denied => *time <= published[..time.len().min(published.len())],
        Modality::Hypothetical => true,
    }
}

/// How much a modality says.
fn strength(modality: Modality) -> u8 {
    match modality {
        Modality::Actual | Modality::Denied => 2,
        Modality::Future => 1,
        Modality::Hypothetical => 0,
    }
}

/// Belief in a fact that any number of sources state: all may repeat one error.
const MOST: f64 = 0.999;

/// The facts of all statements with the same ends and predicate, which come in the order of article and place.
pub(super) fn facts(subject: &str, predicate: &str, object: &str, statements: Vec<Statement>) -> Vec<Fact> {
    let mut claims: BTreeMap<(Polarity, bool), Vec<Statement>> = BTreeMap::new();
    for statement in statements {
        let denied = statement.evidence.modality == Modality::Denied;
        claims.entry((statement.polarity, denied)).or_default().push(statement);
    }
    let mut facts = Vec::new();
    for ((polarity, denied), statements) in claims {
        for (time, statements) in by_time(statements) {
            facts.push(fact([subject, predicate, object], polarity, denied, time, statements));
        }
    }
    for i in 0..facts.len() {
        let contrary = |other: &&Fact| contradict(&facts[i], other);
        facts[i].contradicts = facts.iter().filter(contrary).map(|other| other.id.clone()).collect();
        facts[i].contradicts.sort_unstable();
    }
    facts
}

/// Statements of one time together.
fn by_time(statements: Vec<Statement>) -> BTreeMap<Option<String>, Vec<Statement>> {
    let times: BTreeSet<&str> = statements.iter().filter_map(|s| s.evidence.time.as_deref()).collect();
    let refined = refine(&times);
    let mut clusters: BTreeMap<Option<String>, Vec<Statement>> = BTreeMap::new();
    let meant: BTreeSet<&String> = refined.values().collect();
    let only = if meant.len() == 1 { meant.first().map(|time| (*time).clone()) } else { None };
    if statements.first().is_some_and(|s| stands(s.class)) {
        clusters.insert(only, statements);
        return clusters;
    }
    for statement in statements {
        let time = match &statement.evidence.time {
            Some(time) => refined.get(time).cloned(),
            None => only.clone().filter(|time| can_mean(&statement, time)),
        };
        clusters.entry(time).or_default().push(statement);
    }
    clusters
}

fn contradict(a: &Fact, b: &Fact) -> bool {
    let (a_denied, b_denied) = (a.modality == Modality::Denied, b.modality == Modality::Denied);
    let contrary = match (a_denied, b_denied) {
        (false, false) => a.polarity != b.polarity && a.modality == b.modality,
        (true, true) => false,
        _ => a.polarity == b.polarity,
    };
    contrary && agree(a.time.as_deref(), b.time.as_deref())
}

fn fact(
    [subject, predicate, object]: [&str; 3],
    polarity: Polarity,
    denied: bool,
    time: Option<String>,
    statements: Vec<Statement>,
) -> Fact {
    let mut id = format!("{subject}:{predicate}:{object}:{}", polarity.as_str());
    if denied {
        id.push_str(":denied");
    }
    // A group is never empty; without a first statement there is nothing to say about it.
    let class = statements.first().map_or(Class::Other, |s| s.class);
    if let Some(time) = &time
        && !stands(class)
    {
        id.push(':');
        id.push_str(time);
    }
    let modality =
        statements.iter().map(|s| s.evidence.modality).max_by_key(|&m| strength(m)).unwrap_or(Modality::Actual);
    let times = || statements.iter().filter_map(|s| s.evidence.time.clone());
    let days = || statements.iter().filter_map(|s| s.published.clone());
    let documents: BTreeSet<&str> = statements.iter().map(|s| s.evidence.document.as_str()).collect();
    let support: Vec<&Statement> = statements.iter().filter(|s| s.evidence.modality == modality).collect();
    let sources = sources(&support);
    let misread: f64 = sources.iter().map(|confidence| 1.0 - confidence).product();
    Fact {
        subject: subject.to_owned(),
        predicate: predicate.to_owned(),
        object: object.to_owned(),
        phrase: phrase(&statements),
        class,
        symmetric: statements.iter().all(|s| s.symmetric),
        polarity,
        modality,
        time_first: times().min(),
        time_last: times().max(),
        published_first: days().min(),
        published_last: days().max(),
        confidence: (((1.0 - misread) * 1000.0).round() / 1000.0).min(MOST),
        n_documents: documents.len() as u64,
        n_sources: sources.len() as u64,
        contradicts: Vec::new(),
        id,
        time,
        evidence: statements.into_iter().map(|s| s.evidence).collect(),
    }
}

/// The words that most statements have.
fn phrase(statements: &[Statement]) -> String {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for statement in statements {
        *counts.entry(statement.evidence.phrase.clone()).or_default() += 1;
    }
    most(&counts).unwrap_or_default()
}

/// The one that comes most often, of several the first.
pub(super) fn most<T: Clone + Ord>(counts: &BTreeMap<T, u64>) -> Option<T> {
    counts.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0))).map(|(value, _)| value.clone())
}

/// The highest confidence of each independent source. Articles are of one source where they have one publisher or share a
/// sentence, directly or over others.
fn sources(statements: &[&Statement]) -> Vec<f64> {
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    enum Tie<'a> {
        Document(&'a str),
        Publisher(&'a str),
        Sentence(u64),
    }
    let mut first: BTreeMap<Tie<'_>, usize> = BTreeMap::new();
    let mut root: Vec<usize> = (0..statements.len()).collect();
    let find = |root: &mut Vec<usize>, mut i: usize| {
        while root[i] != i {
            root[i] = root[root[i]];
            i = root[i];
        }
        i
    };
    for (i, statement) in statements.iter().enumerate() {
        let publisher = statement.publisher.as_deref().map(Tie::Publisher);
        let ties = [Tie::Document(&statement.evidence.document), Tie::Sentence(statement.fingerprint)];
        for tie in ties.into_iter().chain(publisher) {
            let other = *first.entry(tie).or_insert(i);
            let (a, b) = (find(&mut root, i), find(&mut root, other));
            root[a.max(b)] = a.min(b);
        }
    }
    let mut best: BTreeMap<usize, f64> = BTreeMap::new();
    for (i, statement) in statements.iter().enumerate() {
        let confidence = best.entry(find(&mut root, i)).or_default();
        *confidence = confidence.max(statement.evidence.confidence);
    }
    best.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `document time published publisher sentence modality polarity`, `-` for nothing.
    fn statement(line: &str, class: Class) -> Statement {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [document, time, day, paper, sentence, modality, polarity] = fields[..] else { panic!("{line}") };
        let some = |field: &str| (field != "-").then(|| field.to_owned());
        Statement {
            class,
            symmetric: false,
            polarity: if polarity == "not" { Polarity::Negated } else { Polarity::Affirmed },
            published: some(day),
            publisher: some(paper),
            fingerprint: fingerprint(sentence),
            evidence: Evidence {
                document: document.to_owned(),
                relation: 0,
                place: 0,
                sentence: 0,
                start: 0,
                end: 1,
                phrase: "met".to_owned(),
                modality: match modality {
                    "future" => Modality::Future,
                    "maybe" => Modality::Hypothetical,
                    "denied" => Modality::Denied,
                    _ => Modality::Actual,
                },
                time: some(time),
                location: None,
                attribution: None,
                denied_by: None,
                confidence: 0.5,
                rule: "a/b".to_owned(),
            },
        }
    }

    /// Facts as `id documents sources modality confidence contradictions`.
    #[track_caller]
    fn check(class: Class, lines: &[&str], expect: &[&str]) {
        let statements = lines.iter().map(|line| statement(line, class)).collect();
        let shown: Vec<String> = facts("A", "p", "B", statements)
            .iter()
            .map(|f| {
                let id = f.id.strip_prefix("A:p:B:").unwrap();
                let (documents, sources, modality) = (f.n_documents, f.n_sources, f.modality.as_str());
                format!("{id} {documents} {sources} {modality} {} {}", f.confidence, f.contradicts.len())
            })
            .collect();
        assert_eq!(shown, expect);
    }

    #[test]
    fn times_that_agree_are_one_fact() {
        let event = Class::Sanction;
        check(
            event,
            &["a - - - s1 is yes", "b 2018 2019-12-06 - s2 is yes", "c 2018-05 2019-02-19 - s3 is yes"],
            &["affirmed:2018-05 3 3 actual 0.875 0"],
        );
        check(
            event,
            &["a 2018 - - s1 is yes", "b 2018-05 - - s2 is yes", "c 2018-07 - - s3 is yes", "d - - - s4 is yes"],
            &[
                "affirmed 1 1 actual 0.5 0",
                "affirmed:2018 1 1 actual 0.5 0",
                "affirmed:2018-05 1 1 actual 0.5 0",
                "affirmed:2018-07 1 1 actual 0.5 0",
            ],
        );
        check(
            event,
            &["a 2018-05 - - s1 is yes", "b 2018-05-02 - - s2 is yes", "c 2018 - - s3 is yes"],
            &["affirmed:2018-05-02 3 3 actual 0.875 0"],
        );
    }

    #[test]
    fn what_was_is_not_what_will_be() {
        check(
            Class::Consult,
            &["a 2017-11 - - s1 is yes", "b - 2019-03-01 - s2 future yes"],
            &["affirmed 1 1 future 0.5 0", "affirmed:2017-11 1 1 actual 0.5 0"],
        );
        check(
            Class::Consult,
            &["a 2019-04 2019-05-01 - s1 is yes", "b - 2019-03-01 - s2 future yes"],
            &["affirmed:2019-04 2 1 actual 0.5 0"],
        );
        check(
            Class::Consult,
            &["a 2019-04 2019-05-01 - s1 is yes", "b - 2018-03-01 - s2 is yes"],
            &["affirmed 1 1 actual 0.5 0", "affirmed:2019-04 1 1 actual 0.5 0"],
        );
    }

    #[test]
    fn standing_facts_have_no_time_of_their_own() {
        check(
            Class::Role,
            &["a 2017 - - s1 is yes", "b 2019 - - s2 is yes", "c - - - s3 is yes"],
            &["affirmed 3 3 actual 0.875 0"],
        );
    }

    #[test]
    fn copies_and_one_publisher_are_one_source() {
        check(
            Class::Consult,
            &[
                "a - - x one is yes",
                "b - - y ONE, is yes",
                "c - - y two is yes",
                "d - - z three is yes",
                "e - - - four is yes",
                "e - - - five is yes",
            ],
            &["affirmed 5 3 actual 0.875 0"],
        );
    }

    #[test]
    fn contrary_facts_are_linked() {
        check(
            Class::Consult,
            &["a - - - s1 is yes", "b - - - s2 is not", "c - - - s3 denied yes", "d - - - s4 maybe not"],
            &["affirmed 1 1 actual 0.5 2", "affirmed:denied 1 1 denied 0.5 1", "negated 2 1 actual 0.5 1"],
        );
        check(
            Class::Consult,
            &["a 2018 - - s1 is yes", "b 2019 - - s2 is not"],
            &["affirmed:2018 1 1 actual 0.5 0", "negated:2019 1 1 actual 0.5 0"],
        );
    }

    #[test]
    fn publishers() {
        for (source, expect) in [
            ("https://www.news.example/2019/a?b=c", Some("news.example")),
            ("http://user@News.example:80/a", Some("news.example")),
            ("The Wire", Some("the wire")),
            (" ", None),
            ("https:///", None),
        ] {
            assert_eq!(publisher(source).as_deref(), expect, "{source}");
        }
    }
}
