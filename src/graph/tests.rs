//! Articles in, entities and facts out; for any order, any memory, any names.

use proptest::prelude::*;

use super::record::{Entity, Fact};
use super::*;
use crate::mention::Form;
use crate::read::Place;
use crate::relation::{Class, Modality, Polarity};
use crate::write::documents::{self, SCHEMA};

/// An article in words: `id published source` on the first line, then relations as `subject | predicate | object`, each
/// with more fields if wanted: `time=`, `not`, `future`, `by=` an entity, `says=` the sentence. Entities are
/// `kind Name`, `kind Name = Other name, ...` or `Q1 kind Name`. A line without bars is an entity that is only mentioned.
fn document(text: &str) -> documents::Document {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let head: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    let some = |i: usize| head.get(i).filter(|field| **field != "-").map(|field| (*field).to_owned());
    let mut document = documents::Document {
        schema: SCHEMA,
        id: head[0].to_owned(),
        source: some(2),
        title: None,
        published: some(1),
        n_sentences: 0,
        n_words: 0,
        entities: Vec::new(),
        relations: Vec::new(),
        sentences: Vec::new(),
    };
    for line in lines {
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        if fields.len() == 1 {
            entity(&mut document, fields[0]);
            continue;
        }
        let (subject, object) = (entity(&mut document, fields[0]), entity(&mut document, fields[2]));
        let option = |name: &str| fields[3..].iter().find_map(|field| field.strip_prefix(name));
        let has = |name: &str| fields[3..].contains(&name);
        let says = option("says=").map_or_else(|| format!("{line} in {}", document.id), str::to_owned);
        let by = option("by=").map(|name| entity(&mut document, name));
        let number = document.sentences.len();
        document.sentences.push(documents::Sentence { number, start: 0, end: 9, text: says });
        let argument = || documents::Argument { start: 0, end: 1, text: "x".to_owned(), form: Form::Name };
        document.relations.push(documents::Relation {
            subject,
            predicate: fields[1].to_owned(),
            phrase: fields[1].to_owned(),
            object,
            class: if fields[1].starts_with("holds") { Class::Role } else { Class::Consult },
            symmetric: fields[1] == "meet",
            polarity: if has("not") { Polarity::Negated } else { Polarity::Affirmed },
            modality: if has("future") {
                Modality::Future
            } else if has("denied") {
                Modality::Denied
            } else {
                Modality::Actual
            },
            attribution: by.map(|id| documents::Speaker { entity: Some(id), name: "x".to_owned() }),
            denied_by: None,
            time: option("time=").map(str::to_owned),
            place: None,
            confidence: 0.75,
            rule: "a/b".to_owned(),
            evidence: documents::Evidence {
                sentence: number,
                start: 0,
                end: 1,
                trigger: documents::Trigger { start: 0, end: 1, text: "x".to_owned() },
                subject: argument(),
                object: argument(),
            },
            further_evidence: Vec::new(),
        });
    }
    document
}

fn entity(document: &mut documents::Document, text: &str) -> usize {
    let (text, others) = text.split_once(" = ").unwrap_or((text, ""));
    let mut words = text.split(' ').peekable();
    let item = words.next_if(|word| word.starts_with('Q')).map(str::to_owned);
    let kind = Kind::parse(words.next().unwrap()).unwrap();
    let name = words.collect::<Vec<_>>().join(" ");
    let key = item.clone().unwrap_or_else(|| format!("{kind}/{}", crate::name::key(&name).replace(' ', "-")));
    let id = document.entities.iter().position(|entity| entity.key == key).unwrap_or(document.entities.len());
    if id == document.entities.len() {
        let uri = item.map(|item| format!("http://www.wikidata.org/entity/{item}"));
        document.entities.push(documents::Entity {
            id,
            kind,
            name: name.clone(),
            key,
            uri,
            iso: None,
            mentions: Vec::new(),
        });
    }
    for text in std::iter::once(name.as_str()).chain(others.split(", ").filter(|other| !other.is_empty())) {
        document.entities[id].mentions.push(documents::Mention {
            start: 0,
            end: 1,
            text: text.to_owned(),
            sentence: 0,
            form: Form::Name,
            score: 1.0,
        });
    }
    id
}

pub(super) fn article(text: &str) -> Article {
    let line = serde_json::to_vec(&document(text)).unwrap();
    Line::new(Place::file("test"), line).parse().unwrap()
}

fn graph(articles: &[Article], memory: usize) -> Graph {
    let mut builder = Builder::new(&Config { memory, entities: Entities::All, ..Config::default() }).unwrap();
    for article in articles {
        builder.add(article).unwrap();
    }
    builder.merge().unwrap()
}

fn entities(graph: &mut Graph) -> Vec<Entity> {
    graph.entities().unwrap().map(Result::unwrap).collect()
}

fn facts(graph: &mut Graph) -> Vec<Fact> {
    graph.fact_groups().unwrap().flat_map(|group| group.unwrap().facts).collect()
}

fn merged(texts: &[&str]) -> Graph {
    let articles: Vec<Article> = texts.iter().map(|text| article(text)).collect();
    graph(&articles, 1 << 20)
}

/// Which keys come to which entity and why, and which are kept apart and why, of articles that only mention entities.
#[track_caller]
fn check_names(articles: &[&[&str]], expect: &[&str]) {
    let texts: Vec<String> =
        articles.iter().enumerate().map(|(i, names)| format!("{i}\n{}", names.join("\n"))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut graph = merged(&texts);
    let mut found = Vec::new();
    for entity in entities(&mut graph) {
        for merged in &entity.merged {
            found.push(format!("{} = {} ({})", merged.key, entity.id, merged.reason.as_str()));
        }
    }
    for apart in graph.kept_apart() {
        let because = format!("{:?}", apart.because);
        found.push(format!("{} ≠ {} ({}, {because})", apart.key, apart.other, apart.reason.as_str()));
    }
    found.sort();
    let mut expect: Vec<String> = expect.iter().map(|line| (*line).to_owned()).collect();
    expect.sort();
    assert_eq!(found, expect);
}

#[test]
fn spellings_of_one_name_are_one_person() {
    check_names(
        &[&["person Benjamin Netanyahu"], &["person Binyamin Netanyahu"]],
        &["person/binyamin-netanyahu = person/benjamin-netanyahu (spelling)"],
    );
    check_names(
        &[&["Q7 person Muammar Gaddafi"], &["person Moammar Qadhafi"], &["person Muammar al-Kadhafi"]],
        &["person/moammar-qadhafi = Q7 (spelling)", "person/muammar-al-kadhafi = Q7 (spelling)"],
    );
}

#[test]
fn a_family_name_makes_nobody_one() {
    check_names(&[&["person Smith"], &["person John Smith = Smith"]], &[]);
    check_names(&[&["person Mary Smith = Smith"], &["person John Smith = Smith"]], &[]);
    check_names(&[&["person bin Salman"], &["person Mohammed bin Salman = bin Salman"]], &[]);
    check_names(&[&["person Eva Meier"], &["person Eva Meyer"]], &[]);
}

#[test]
fn what_an_article_keeps_apart_stays_apart() {
    check_names(
        &[&["person Benjamin Hale", "person Binyamin Hale"], &["person Benjamin Hale"]],
        &["person/benjamin-hale ≠ person/binyamin-hale (spelling, OneArticle)"],
    );
}

#[test]
fn items_are_never_merged() {
    check_names(
        &[&["Q1 person Sergei Ivanov"], &["Q2 person Sergey Ivanov"], &["person Serhiy Ivanov"]],
        &["Q1 ≠ Q2 (spelling, Items)", "Q1 ≠ person/serhiy-ivanov (spelling, Several)"],
    );
}

#[test]
fn common_first_names_are_two_peoples() {
    check_names(
        &[&["person Brian Castle"], &["person Bryan Castle"]],
        &["person/brian-castle ≠ person/bryan-castle (spelling, FirstNames)"],
    );
}

#[test]
fn initials_fit_the_only_first_name() {
    check_names(
        &[&["person J. Wolski"], &["person Jerzy Wolski"]],
        &["person/j-wolski = person/jerzy-wolski (initials)"],
    );
    check_names(
        &[&["person J. Wolski"], &["person Jerzy Wolski"], &["person Jan Wolski"]],
        &[
            "person/j-wolski ≠ person/jan-wolski (initials, Several)",
            "person/j-wolski ≠ person/jerzy-wolski (initials, Several)",
        ],
    );
    // Two spellings are one first name.
    check_names(
        &[&["person B. Netanyahu"], &["person Benjamin Netanyahu"], &["person Binyamin Netanyahu"]],
        &[
            "person/b-netanyahu = person/benjamin-netanyahu (initials)",
            "person/binyamin-netanyahu = person/benjamin-netanyahu (spelling)",
        ],
    );
    check_names(&[&["person J.K. Wolski"], &["person Jerzy A. Wolski"]], &[]);
}

#[test]
fn one_middle_initial_or_none() {
    check_names(
        &[&["person Lena B. Vogt"], &["person Lena Vogt"]],
        &["person/lena-b-vogt = person/lena-vogt (middle_initial)"],
    );
    check_names(
        &[&["person Lena B. Vogt"], &["person Lena Vogt"], &["person Lena C. Vogt"]],
        &[
            "person/lena-b-vogt ≠ person/lena-vogt (middle_initial, Several)",
            "person/lena-c-vogt ≠ person/lena-vogt (middle_initial, Several)",
        ],
    );
}

#[test]
fn acronyms_follow_the_long_form_that_articles_give() {
    check_names(
        &[&["organization National River Board = NRB"], &["organization NRB"]],
        &["organization/nrb = organization/national-river-board (acronym)"],
    );
    check_names(&[&["organization National River Board"], &["organization NRB"]], &[]);
    check_names(
        &[
            &["organization National River Board = NRB"],
            &["organization Norwegian Reading Bureau = NRB"],
            &["organization NRB"],
        ],
        &[
            "organization/national-river-board ≠ organization/nrb (acronym, Several)",
            "organization/norwegian-reading-bureau ≠ organization/nrb (acronym, Several)",
        ],
    );
    check_names(
        &[&["organization Central Harbour Organisation"], &["organization Central Harbour Organization Inc."]],
        &["organization/central-harbour-organization-inc = organization/central-harbour-organisation (spelling)"],
    );
}

#[test]
fn two_letters_need_more_than_one_slip() {
    let bare: &[&str] = &["organization BP"];
    check_names(
        &[bare, bare, bare, bare, bare, &["organization Baath Party = BP"]],
        &["organization/baath-party ≠ organization/bp (acronym, Rare)"],
    );
    check_names(&[bare, &["organization Baath Party = BP"]], &["organization/bp = organization/baath-party (acronym)"]);
}

#[test]
fn an_item_with_two_middle_initials_is_nobody_else() {
    check_names(&[&["Q1 person George Hale = George W. Hale, George H.W. Hale"], &["person George H.W. Hale"]], &[]);
    check_names(
        &[&["Q1 person George Hale = George H.W. Hale"], &["person George H.W. Hale"], &["person George W. Hale"]],
        &[
            "Q1 ≠ person/george-hw-hale (middle_initial, Several)",
            "Q1 ≠ person/george-w-hale (middle_initial, Several)",
        ],
    );
}

#[test]
fn the_name_that_most_articles_give_is_shown() {
    let mut graph = merged(&["a\nperson Condoleeza Hale", "b\nperson Condoleezza Hale", "c\nperson Condoleezza Hale"]);
    let found = entities(&mut graph);
    assert_eq!((found[0].name.as_str(), found[0].id.as_str()), ("Condoleezza Hale", "person/condoleeza-hale"));
    let mut graph = merged(&["a\nperson J. Wolski", "b\nperson J. Wolski", "c\nperson Jerzy Wolski"]);
    assert_eq!(entities(&mut graph)[0].name, "Jerzy Wolski");
}

#[test]
fn another_name_that_an_article_gives() {
    check_names(
        &[&["person Tomasz Wolski = Tomek Zielony, Wolski"], &["person Tomek Zielony"]],
        &["person/tomasz-wolski = person/tomek-zielony (other_name)"],
    );
    check_names(
        &[
            &["person Tomasz Wolski = Tomek Zielony"],
            &["person Tomek Zielony"],
            &["person Marek Nowak = Tomek Zielony"],
        ],
        &[
            "person/marek-nowak ≠ person/tomek-zielony (other_name, Several)",
            "person/tomasz-wolski ≠ person/tomek-zielony (other_name, Several)",
        ],
    );
}

#[test]
fn places_and_other_kinds_are_one_by_name_alone() {
    check_names(&[&["place Bengazi"], &["place Benghazi"], &["organization Benghazi"]], &[]);
}

#[test]
fn facts_of_merged_entities_come_together() {
    let mut graph = merged(&[
        "a 2020-01-02 http://x.example/1\n person Benjamin Netanyahu | meet | person Ana Duarte",
        "b 2020-01-03 http://y.example/1\n person Ana Duarte | meet | person Binyamin Netanyahu | time=2020",
        "c - -\n person Ana Duarte | meet | person B. Netanyahu | not | by=person Ana Duarte",
    ]);
    let facts = facts(&mut graph);
    let shown: Vec<String> =
        facts.iter().map(|f| format!("{} {} {} {:?}", f.id, f.n_documents, f.n_sources, f.contradicts)).collect();
    let ends = "person/ana-duarte:meet:person/benjamin-netanyahu";
    assert_eq!(
        shown,
        [
            format!("{ends}:affirmed:2020 2 2 [\"{ends}:negated\"]"),
            format!("{ends}:negated 1 1 [\"{ends}:affirmed:2020\"]"),
        ]
    );
    assert_eq!(facts[0].published_first.as_deref(), Some("2020-01-02"));
    assert_eq!(facts[0].published_last.as_deref(), Some("2020-01-03"));
    assert_eq!(facts[1].evidence[0].attribution.as_ref().unwrap().entity.as_deref(), Some("person/ana-duarte"));
    assert_eq!(graph.documents().unwrap().count(), 3);
}

#[test]
fn both_directions_are_two_facts_of_one_group() {
    let mut graph = merged(&[
        "a\n person Ana Duarte | phone | person Lena Vogt",
        "b\n person Lena Vogt | phone | person Ana Duarte",
        "c\n person Ana Duarte | phone | person Ana Duarte",
    ]);
    assert_eq!(graph.fact_groups().unwrap().count(), 1);
    let ids: Vec<String> = facts(&mut graph).into_iter().map(|f| f.id).collect();
    assert_eq!(
        ids,
        ["person/ana-duarte:phone:person/lena-vogt:affirmed", "person/lena-vogt:phone:person/ana-duarte:affirmed"]
    );
}

#[test]
fn one_article_for_each_id() {
    let old = "a 2020-01-02 -\n person Ana Duarte | phone | person Lena Vogt";
    let new = "a 2020-01-03 -\n person Ana Duarte | visit | country Kenya";
    for texts in [[old, new, old], [new, old, new]] {
        let mut graph = merged(&texts);
        assert_eq!(graph.counts().ambiguous.iter().collect::<Vec<_>>(), ["a"]);
        assert_eq!(facts(&mut graph).len(), 1);
        assert_eq!(facts(&mut graph)[0].predicate, "visit");
    }
    assert!(merged(&[old, old]).counts().ambiguous.is_empty());
}

#[test]
fn entities_without_facts_are_left_out_if_wanted() {
    let text = "a\n person Ana Duarte | visit | country Kenya | by=organization Axios\n place Oslo";
    let mut builder = Builder::new(&Config::default()).unwrap();
    builder.add(&article(text)).unwrap();
    let ids: Vec<String> = entities(&mut builder.merge().unwrap()).into_iter().map(|e| e.id).collect();
    assert_eq!(ids, ["country/kenya", "organization/axios", "person/ana-duarte"]);
}

#[test]
fn lines_that_are_no_documents() {
    let good = serde_json::to_value(document("a\n person Ana Duarte | visit | country Kenya")).unwrap();
    let check = |line: &str, expect: &str| {
        let line = Line::new(Place::file("x.jsonl").at_line(3), line.as_bytes().to_vec());
        let error = line.parse().unwrap_err().to_string();
        assert!(error.starts_with("x.jsonl:3: ") && error.contains(expect), "{error}");
    };
    let edited = |edit: &dyn Fn(&mut serde_json::Value)| {
        let mut value = good.clone();
        edit(&mut value);
        value.to_string()
    };
    check(&edited(&|v| v["schema"] = 1.into()), "version 1, where version 2 is wanted");
    check(&edited(&|v| v["schema"] = 99.into()), "version 99");
    check(&edited(&|v| drop(v.as_object_mut().unwrap().remove("schema"))), "an older version");
    check(&edited(&|v| v["colour"] = "red".into()), "unknown field `colour`");
    check(&edited(&|v| v["relations"][0]["evidence"]["colour"] = "red".into()), "unknown field `colour`");
    check(&edited(&|v| drop(v.as_object_mut().unwrap().remove("sentences"))), "missing field `sentences`");
    check(&edited(&|v| v["relations"][0]["object"] = 17.into()), "relations[0] points to entity 17, of 2");
    check(&edited(&|v| v["relations"][0]["attribution"] = serde_json::json!({"entity": 5, "name": "x"})), "entity 5");
    check(&edited(&|v| v["relations"][0]["evidence"]["sentence"] = 4.into()), "points to sentence 4");
    check(&edited(&|v| v["relations"][0]["time"] = "last year".into()), "has time \"last year\"");
    check(&edited(&|v| v["relations"][0]["confidence"] = 7.into()), "has confidence 7");
    check(&edited(&|v| v["entities"][1]["id"] = 0.into()), "entities[1] has id 0");
    check(&edited(&|v| v["entities"][1]["key"] = "".into()), "empty key");
    check(&edited(&|v| v["published"] = "yesterday".into()), "published is \"yesterday\"");
    check("{\"doc\": 1, \"subject_key\": 1, \"object_key\": 1}", "--emit triples");
    check("[1]", "one JSON object");
    check("{\"id\": 1}", "not the documents format");
    let whole = good.to_string();
    check(&whole[..whole.len() / 2], "may be cut off");
}

const NAMES: [&str; 12] = [
    "person Benjamin Netanyahu",
    "person Binyamin Netanyahu = Bibi Netanyahu",
    "person B. Netanyahu",
    "person Bibi Netanyahu",
    "Q43 person Benyamin Netanyahu",
    "person Lena Vogt",
    "person Lena B. Vogt",
    "person L. Vogt",
    "organization National River Board = NRB",
    "organization NRB",
    "organization Norwegian Reading Bureau = NRB",
    "country Kenya",
];

fn any_article() -> impl Strategy<Value = String> {
    let relation = (0..NAMES.len(), 0..NAMES.len(), 0..3_usize, 0..4_usize, 0..3_usize).prop_map(|(s, o, p, t, m)| {
        let predicate = ["meet", "phone", "holds_office_in"][p];
        let time = ["", "| time=2018", "| time=2018-05", "| time=2019"][t];
        let more = ["", "| not", "| future | says=They met again."][m];
        format!("{} | {predicate} | {} {time} {more}", NAMES[s], NAMES[o])
    });
    (0..6_u8, prop::collection::vec(relation, 1..4)).prop_map(|(id, relations)| {
        format!("doc{id} 2020-01-0{} http://s{}.example/\n{}", id + 1, id % 3, relations.join("\n"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_articles_does_not_matter(texts in prop::collection::vec(any_article(), 1..8), seed: u64) {
        let articles: Vec<Article> = texts.iter().map(|text| article(text)).collect();
        let mut other = articles.clone();
        other.reverse();
        let n = other.len();
        other.rotate_left(seed as usize % n);
        let (mut a, mut b) = (graph(&articles, 1 << 20), graph(&other, 0));
        prop_assert_eq!(entities(&mut a), entities(&mut b));
        prop_assert_eq!(facts(&mut a), facts(&mut b));
        prop_assert_eq!(a.kept_apart(), b.kept_apart());
    }

    #[test]
    fn what_is_written_fits_together(texts in prop::collection::vec(any_article(), 1..8)) {
        let articles: Vec<Article> = texts.iter().map(|text| article(text)).collect();
        let mut graph = graph(&articles, 1 << 20);
        let ids: BTreeSet<String> = entities(&mut graph).into_iter().map(|e| e.id).collect();
        let facts = facts(&mut graph);
        let fact_ids: BTreeSet<&str> = facts.iter().map(|f| f.id.as_str()).collect();
        prop_assert_eq!(fact_ids.len(), facts.len());
        let documents: BTreeMap<String, Vec<usize>> = graph.documents().unwrap().map(Result::unwrap)
            .map(|d| (d.id, d.sentences.iter().map(|s| s.number).collect())).collect();
        for fact in &facts {
            prop_assert!(ids.contains(&fact.subject) && ids.contains(&fact.object) && fact.subject != fact.object);
            prop_assert!(fact.n_sources >= 1 && fact.n_sources <= fact.n_documents);
            for other in &fact.contradicts {
                let back = facts.iter().find(|f| f.id == *other).unwrap();
                prop_assert!(back.contradicts.contains(&fact.id));
            }
            for place in &fact.evidence {
                prop_assert!(documents[&place.document].contains(&place.sentence));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_text_goes_through_every_format(id: String, name: String, title: String, text: String, phrase: String, key: String) {
        use oxigraph::io::{RdfFormat, RdfParser};

        let mut document = document("a\n person Ana Duarte | visit | country Kenya | by=organization Axios");
        document.id.clone_from(&id);
        document.title = Some(title.clone());
        document.source = Some(title.clone());
        document.entities[0].name.clone_from(&name);
        document.entities[0].key = format!("person/{key}");
        document.entities[0].uri = Some(title.clone());
        document.sentences[0].text.clone_from(&text);
        document.relations[0].phrase.clone_from(&phrase);
        document.relations[0].predicate = format!("p{phrase}");
        let line = serde_json::to_vec(&document).unwrap();
        let article = Line::new(Place::file("test"), line).parse().unwrap();
        let mut graph = graph(&[article], 1 << 20);
        let options = rdf::Options::default();
        for format in [RdfFormat::NQuads, RdfFormat::Turtle] {
            let mut out = Vec::new();
            match format {
                RdfFormat::NQuads => nquads::write(&mut graph, &options, &mut out).unwrap(),
                _ => turtle::write(&mut graph, &options, &mut out).unwrap(),
            }
            let quads: Vec<_> = RdfParser::from_format(format).for_slice(&out).map(Result::unwrap).collect();
            let literals: Vec<&str> = quads.iter().filter_map(|quad| match &quad.object {
                oxigraph::model::Term::Literal(literal) => Some(literal.value()),
                _ => None,
            }).collect();
            for wanted in [&id, &name, &title, &text, &phrase] {
                prop_assert!(literals.contains(&wanted.as_str()), "{wanted:?}");
            }
        }
        let mut out = Vec::new();
        jsonl::write(&mut graph, &mut out).unwrap();
        let lines: Vec<jsonl::Line> =
            out.split(|&b| b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect();
        prop_assert_eq!(lines.len(), 5);
        let mut out = Vec::new();
        graphml::write(&mut graph, &mut out).unwrap();
        let xml = String::from_utf8(out).unwrap();
        prop_assert!(xml.chars().all(|c| c == '\n' || c >= ' '));
        let folder = tempfile::tempdir().unwrap();
        neo4j::write(&mut graph, folder.path()).unwrap();
        let mut reader = csv::Reader::from_path(folder.path().join("evidence.csv")).unwrap();
        let record = reader.records().next().unwrap().unwrap();
        prop_assert_eq!(&record[3], text.replace(['\n', '\r'], " "));
    }
}
