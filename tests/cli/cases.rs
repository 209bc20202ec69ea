//! Qualifiers of relations and resolutions of mentions, as tables of cases (`tests/cases`).

use serde_json::Value;

use crate::run::Folder;

/// Rows of a table, each with its cells.
fn rows(table: &str, columns: usize) -> Vec<Vec<&str>> {
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), columns, "{line}");
            cells
        })
        .collect()
}

/// The program's output for the texts in the first column, one value a row.
fn extracted(rows: &[Vec<&str>]) -> Vec<Value> {
    let articles: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(n, cells)| {
            serde_json::json!({"id": n.to_string(), "text": cells[0], "published": "2023-03-15"}).to_string()
        })
        .collect();
    let folder = Folder::new(&[("cases.jsonl", articles.join("\n").as_bytes())]);
    let ran = folder.run(&["extract", "cases.jsonl", "--emit", "documents", "-q"]).exits(0);
    ran.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn name(document: &Value, entity: &Value) -> String {
    document["entities"][entity.as_u64().unwrap() as usize]["name"].as_str().unwrap().to_owned()
}

/// What is not plain about a relation, in the table's words.
fn qualifiers(relation: &Value) -> Vec<String> {
    let mut out = Vec::new();
    for (key, plain) in [("polarity", "affirmed"), ("modality", "actual")] {
        out.extend(relation[key].as_str().filter(|&v| v != plain).map(str::to_owned));
    }
    for (key, label) in [("attribution", "by"), ("denied_by", "denied by")] {
        out.extend(relation[key]["name"].as_str().map(|v| format!("{label} {v}")));
    }
    for (key, label) in [("time", "at"), ("place", "in")] {
        out.extend(relation[key].as_str().map(|v| format!("{label} {v}")));
    }
    out
}

#[test]
fn qualifiers_by_scope() {
    let rows = rows(include_str!("../cases/qualifiers.tsv"), 3);
    let mut wrong = Vec::new();
    for (cells, document) in rows.iter().zip(extracted(&rows)) {
        let expected: Vec<&str> = cells[2].split("; ").filter(|q| !q.is_empty()).collect();
        let [subject, predicate, object] = cells[1].split(" | ").collect::<Vec<_>>()[..] else {
            panic!("{}", cells[1])
        };
        let found: Vec<Vec<String>> = document["relations"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|r| {
                let ends = (name(&document, &r["subject"]), name(&document, &r["object"]));
                let turned = r["symmetric"] == true && ends == (object.to_owned(), subject.to_owned());
                r["predicate"] == predicate && (turned || ends == (subject.to_owned(), object.to_owned()))
            })
            .map(qualifiers)
            .collect();
        if !found.iter().any(|f| *f == expected) {
            wrong.push(format!("{}\n  expected {expected:?}\n  found    {found:?}", cells[0]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn constructions_give_their_relations() {
    let rows = rows(include_str!("../cases/constructions.tsv"), 2);
    let mut wrong = Vec::new();
    for (cells, document) in rows.iter().zip(extracted(&rows)) {
        let mut found = std::collections::BTreeSet::new();
        for r in document["relations"].as_array().unwrap() {
            let (a, b) = (name(&document, &r["subject"]), name(&document, &r["object"]));
            let marks: Vec<String> = qualifiers(r).into_iter().filter(|q| !q.contains(' ')).collect();
            let marks = if marks.is_empty() { String::new() } else { format!(" | {}", marks.join(" ")) };
            let predicate = r["predicate"].as_str().unwrap();
            found.insert(format!("{a} | {predicate} | {b}{marks}"));
            if r["symmetric"] == true {
                found.insert(format!("{b} | {predicate} | {a}{marks}"));
            }
        }
        let missing: Vec<&str> = cells[1].split("; ").filter(|w| *w != "-" && !found.contains(*w)).collect();
        if !missing.is_empty() || (cells[1] == "-" && !found.is_empty()) {
            wrong.push(format!("{}\n  missing {missing:?}\n  found   {found:?}", cells[0]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn resolutions_of_mentions() {
    let rows = rows(include_str!("../cases/resolutions.tsv"), 4);
    let mut wrong = Vec::new();
    for (cells, document) in rows.iter().zip(extracted(&rows)) {
        let mut found = Vec::new();
        for entity in document["entities"].as_array().unwrap() {
            for mention in entity["mentions"].as_array().unwrap() {
                if mention["text"] == cells[1] {
                    found.push((mention["form"].as_str().unwrap(), entity["name"].as_str().unwrap()));
                }
            }
        }
        let right = if cells[3] == "-" { found.is_empty() } else { found.contains(&(cells[2], cells[3])) };
        if !right {
            wrong
                .push(format!("{}\n  expected {} {} {}\n  found    {found:?}", cells[0], cells[1], cells[2], cells[3]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}
