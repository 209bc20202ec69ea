//! `tidings rules`, and rules of one's own in `tidings extract`.

use std::path::Path;

use tidings::mention::Kind;

use crate::run::Folder;

const PAINT: &str = r#"family = "arts"

[[rule]]
id = "paint"
predicate = "paint"
phrase = "painted"
class = "OTHER"
subject = ["person"]
object = ["person", "place"]
rejects = ["Lena Vogt met Kenji Sato beside the painted bridge."]

[[rule.pattern]]
verb = ["paint"]
subject = "subject"
object = "object"

[[rule.matches]]
text = "Lena Vogt painted Kenji Sato."
gives = "Lena Vogt | Kenji Sato"

[[rule.matches]]
text = "Kenji Sato was not painted by Lena Vogt."
gives = "Lena Vogt | Kenji Sato | negated"
"#;

fn changed(from: &str, to: &str) -> String {
    assert_eq!(PAINT.matches(from).count(), 1, "{from}");
    PAINT.replace(from, to)
}

#[test]
fn good_rules_are_counted() {
    let folder = Folder::new(&[("arts.toml", PAINT.as_bytes())]);
    let ran = folder.run(&["rules", "check", "arts.toml"]).exits(0);
    assert_eq!(ran.text(), "1 rules, 3 examples, 0 failed\n");
}

#[test]
fn a_failing_example_is_shown() {
    let wrong = changed("\"Lena Vogt | Kenji Sato\"", "\"Kenji Sato | Lena Vogt\"");
    let folder = Folder::new(&[("arts.toml", wrong.as_bytes())]);
    let ran = folder.run(&["rules", "check", "arts.toml"]).exits(1);
    for part in [
        "rule arts/paint (arts.toml:3): Lena Vogt painted Kenji Sato.\n",
        "  expected Kenji Sato | Lena Vogt\n",
        "  found    Lena Vogt | Kenji Sato\n",
        "1 rules, 3 examples, 1 failed\n",
    ] {
        assert!(ran.text().contains(part), "no `{part}` in\n{}", ran.text());
    }
    let wrong = changed("met Kenji Sato beside", "painted Kenji Sato beside");
    folder.write("arts.toml", wrong.as_bytes());
    let ran = folder.run(&["rules", "check", "arts.toml"]).exits(1);
    assert!(ran.text().contains("  expected nothing\n  found    Lena Vogt | Kenji Sato\n"), "{}", ran.text());
}

#[test]
fn rules_without_examples_are_incomplete() {
    let without = changed("rejects = [\"Lena Vogt met Kenji Sato beside the painted bridge.\"]\n", "");
    let folder = Folder::new(&[("arts.toml", without.as_bytes())]);
    let ran = folder.run(&["rules", "check", "arts.toml"]).exits(1);
    assert!(ran.text().contains("rule arts/paint (arts.toml:3) needs matches and rejects"), "{}", ran.text());
}

#[test]
fn rules_that_mean_nothing_stop_the_run() {
    let folder = Folder::new(&[("a.txt", b"Rain fell.")]);
    for (rules, said) in [
        (changed("family = \"arts\"", "family = \"arts"), &["arts.toml", "line 1"][..]),
        (changed("verb = [\"paint\"]", "verbs = [\"paint\"]"), &["arts.toml", "verbs"]),
        (changed("phrase = \"painted\"\n", ""), &["arts.toml", "phrase"]),
        (
            changed("subject = [\"person\"]", "subject = [\"company\"]"),
            &["rule arts/paint (", "arts.toml:3", "company", "organization"],
        ),
        (changed("class = \"OTHER\"", "class = \"ART\""), &["rule arts/paint (", "arts.toml:3", "ART", "CONSULT"]),
    ] {
        folder.write("arts.toml", rules.as_bytes());
        for args in [
            &["rules", "check", "arts.toml"][..],
            &["rules", "list", "arts.toml"],
            &["extract", "a.txt", "--rules", "arts.toml"],
        ] {
            let ran = folder.run(args).exits(2);
            assert!(ran.out.is_empty());
            for part in said {
                assert!(ran.err.contains(part), "no `{part}` in {}", ran.err);
            }
        }
    }
    folder.run(&["rules", "check", "none.toml"]).exits(2).says("none.toml");
}

#[test]
fn rules_are_listed_with_where_they_are_written() {
    let folder = Folder::new(&[("mine/arts.toml", PAINT.as_bytes())]);
    let ran = folder.run(&["rules", "list", "mine"]).exits(0);
    let columns: Vec<&str> = ran.text().trim_end().split('\t').collect();
    assert_eq!(columns[..5], ["arts/paint", "paint", "OTHER", "person", "person,place"]);
    assert!(columns[5].ends_with("arts.toml:3"), "{columns:?}");
    let shipped = folder.run(&["rules", "list"]).exits(0);
    let ids: Vec<&str> = shipped.text().lines().filter_map(|line| line.split('\t').next()).collect();
    assert!(ids.len() >= 60 && ids.contains(&"diplomacy/visit"), "{ids:?}");
}

#[test]
fn rules_of_ones_own_take_the_place_of_the_shipped_ones() {
    let folder = Folder::new(&[
        ("arts.toml", PAINT.as_bytes()),
        ("a.txt", b"Lena Vogt painted Kenji Sato. Lena Vogt is the sister of Ana Duarte."),
    ]);
    let ran = folder.run(&["extract", "a.txt", "--emit", "triples", "--no-open", "--rules", "arts.toml"]).exits(0);
    let triples: Vec<serde_json::Value> = ran.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(triples.len(), 1, "{}", ran.text());
    let field = |name: &str| triples[0][name].as_str().unwrap();
    assert_eq!(
        [field("subject"), field("predicate"), field("object"), field("rule")],
        ["Lena Vogt", "paint", "Kenji Sato", "arts/paint"]
    );
}

#[test]
fn all_shipped_rules_hold_their_examples() {
    let ran = Folder::new(&[]).run(&["rules", "check"]);
    assert_eq!(ran.code, 0, "{}{}", ran.text(), ran.err);
}

#[test]
fn the_shipped_rules_can_be_given_as_a_folder() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/rules");
    let folder = Folder::new(&[]);
    let ids = |args: &[&str]| -> Vec<String> {
        let ran = folder.run(args).exits(0);
        ran.text().lines().filter_map(|line| line.split('\t').next()).map(str::to_owned).collect()
    };
    let (mut here, mut shipped) = (ids(&["rules", "list", rules.to_str().unwrap()]), ids(&["rules", "list"]));
    here.sort();
    shipped.sort();
    assert_eq!(here, shipped);
}

/// `predicates.tsv` tells a graph what the edges mean, so no rule may bring one that it does not list.
#[test]
fn every_predicate_is_in_the_inventory() {
    let mut listed = std::collections::BTreeMap::new();
    for line in include_str!("../../data/rules/predicates.tsv").lines().filter(|l| !l.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), 9, "{line}");
        assert!(listed.insert(cells[0], cells).is_none(), "{line}");
    }
    let mut used = std::collections::BTreeMap::new();
    for rule in &tidings::relate::RuleSet::shipped().unwrap().rules {
        let cells =
            listed.get(&*rule.predicate).unwrap_or_else(|| panic!("{} is not listed ({})", rule.predicate, rule.id));
        assert_eq!(cells[1], rule.class.as_str(), "{}", rule.id);
        assert!(cells[2] == "either" || (cells[2] == "yes") == rule.symmetric, "{}", rule.id);
        let kinds: &mut [std::collections::BTreeSet<Kind>; 2] = used.entry(rule.predicate.to_string()).or_default();
        kinds[0].extend(&rule.subject_kinds);
        kinds[1].extend(&rule.object_kinds);
    }
    for (predicate, cells) in &listed {
        let kinds = used.get(*predicate).unwrap_or_else(|| panic!("no rule gives {predicate}"));
        let named =
            |kinds: &std::collections::BTreeSet<Kind>| kinds.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(",");
        assert_eq!((cells[5], cells[6]), (&*named(&kinds[0]), &*named(&kinds[1])), "{predicate}");
        assert!(cells[3].is_empty() || listed.get(cells[3]).is_some_and(|other| other[3] == *predicate), "{predicate}");
        let property = cells[7].strip_prefix('P').is_none_or(|digits| digits.parse::<u32>().is_ok());
        assert!(property && (cells[7].is_empty() || cells[7].starts_with('P')), "{predicate}: {}", cells[7]);
    }
}
