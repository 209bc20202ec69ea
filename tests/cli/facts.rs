//! Relations of whole articles against facts that people read out of them (`tests/facts`).
//!
//! The articles are our own, about invented people and bodies, in the manner of newspapers of many countries. A
//! triple matches a fact of its article when both ends name the same thing (a shorter name inside a longer one
//! counts) and either the classes are equal or the phrases share a word; symmetric relations match both ways.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::run::Folder;

#[derive(Deserialize)]
struct Fact {
    doc: String,
    subject: String,
    object: String,
    predicate: String,
    class: String,
    polarity: String,
    modality: String,
    difficulty: String,
}

#[derive(Deserialize)]
struct Triple {
    doc: String,
    subject: String,
    object: String,
    predicate: String,
    phrase: String,
    class: String,
    polarity: String,
    modality: String,
    symmetric: bool,
}

/// Words of a name in lower case without diacritics' marks of case, titles and punctuation.
fn words(text: &str) -> Vec<String> {
    text.replace(['’', '\''], "'")
        .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '.')
        .filter(|w| !w.is_empty() && !w.eq_ignore_ascii_case("the"))
        .map(str::to_lowercase)
        .collect()
}

fn same(a: &str, b: &str) -> bool {
    let (a, b) = (words(a), words(b));
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let telling = short.len() > 1 || short.last().is_some_and(|w| w.chars().count() > 3);
    !short.is_empty() && (short == long || (telling && long.windows(short.len()).any(|w| w == short)))
}

/// Stems of the words that say something.
fn stems(text: &str) -> BTreeSet<String> {
    const EMPTY: [&str; 24] = [
        "a", "an", "of", "to", "in", "on", "at", "with", "for", "by", "from", "and", "or", "be", "is", "are", "was",
        "have", "has", "had", "its", "their", "over", "about",
    ];
    let stem = |w: String| {
        let cut = ["ing", "ed", "es", "s", "e"]
            .iter()
            .find_map(|end| w.strip_suffix(end).filter(|rest| rest.len() >= 3).map(str::to_owned));
        match cut.unwrap_or(w).as_str() {
            "met" => "meet".to_owned(),
            "held" => "hold".to_owned(),
            other => other.to_owned(),
        }
    };
    words(&text.replace('_', " ")).into_iter().filter(|w| !EMPTY.contains(&w.as_str())).map(stem).collect()
}

fn matches(fact: &Fact, triple: &Triple) -> bool {
    const BOTH_WAYS: [&str; 5] = ["CONSULT", "RELATION", "AGREE", "COOPERATE", "KIN"];
    let forward = same(&fact.subject, &triple.subject) && same(&fact.object, &triple.object);
    let back = same(&fact.subject, &triple.object) && same(&fact.object, &triple.subject);
    let direction = forward || (back && (triple.symmetric || BOTH_WAYS.contains(&fact.class.as_str())));
    let said = format!("{} {}", triple.phrase, triple.predicate);
    fact.doc == triple.doc
        && direction
        && (fact.class == triple.class || !stems(&fact.predicate).is_disjoint(&stems(&said)))
}

/// What the program must not fall below; it stood a little higher when these were written (see the README).
#[test]
fn facts_of_whole_articles_are_found() {
    let gold: Vec<Fact> =
        include_str!("../facts/gold.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let articles = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facts/articles");
    let ran =
        Folder::new(&[]).run(&["extract", articles, "--emit", "triples", "--format", "jsonl", "--quiet"]).exits(0);
    let triples: Vec<Triple> = ran.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();

    let mut found: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let (mut polarity, mut modality, mut all) = (0, 0, 0);
    for fact in &gold {
        let hit = triples.iter().find(|t| matches(fact, t));
        let of = found.entry(fact.difficulty.as_str()).or_default();
        of.1 += 1;
        if let Some(triple) = hit {
            of.0 += 1;
            all += 1;
            polarity += usize::from(triple.polarity == fact.polarity);
            modality += usize::from(triple.modality == fact.modality);
        }
    }
    let right = triples.iter().filter(|t| gold.iter().any(|fact| matches(fact, t))).count();
    let percent = |(part, whole): (usize, usize)| 100 * part / whole.max(1);
    let (easy, medium) = (found["easy"], found["medium"]);
    let scores = [
        ("easy facts found", percent(easy), 82),
        ("easy and medium facts found", percent((easy.0 + medium.0, easy.1 + medium.1)), 71),
        ("triples that are facts", percent((right, triples.len())), 89),
        ("polarity right", percent((polarity, all)), 98),
        ("modality right", percent((modality, all)), 95),
    ];
    for (what, score, floor) in scores {
        println!("{what}: {score} % (floor {floor})");
    }
    for (what, score, floor) in scores {
        assert!(score >= floor, "{what}: {score} % is below {floor} %");
    }
}
