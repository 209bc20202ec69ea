//! `tidings parse` and `tidings explain`: what the model makes of a text, for programs and for people.

use crate::run::{Folder, Ran};

const TALKS: &str = "Chancellor Lena Vogt visited Kenya in May. She didn't meet Kenji Sato.\n";

/// Sentences of rows of columns.
fn sentences(ran: &Ran) -> Vec<Vec<Vec<&str>>> {
    ran.text()
        .split_terminator("\n\n")
        .map(|block| block.lines().filter(|line| !line.starts_with('#')).map(|row| row.split('\t').collect()).collect())
        .collect()
}

fn words<'a>(sentence: &[Vec<&'a str>]) -> Vec<&'a str> {
    sentence.iter().map(|row| row[1]).collect()
}

/// Ten columns, numbers from 1, one root, and character offsets that slice the text to the token.
#[track_caller]
fn is_conllu(sentences: &[Vec<Vec<&str>>], text: &str) {
    let chars: Vec<char> = text.chars().collect();
    for sentence in sentences {
        for (i, row) in sentence.iter().enumerate() {
            assert_eq!(row.len(), 10, "{row:?}");
            assert_eq!(row[0], (i + 1).to_string());
            let head: usize = row[6].parse().unwrap();
            assert!(head <= sentence.len() && head != i + 1, "{row:?}");
            assert_eq!(head == 0, row[7] == "root", "{row:?}");
            let misc = |key: &str| -> usize {
                let pair = row[9].split('|').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
                pair.unwrap().parse().unwrap()
            };
            let token: String = chars[misc("start_char")..misc("end_char")].iter().collect();
            assert_eq!(token, row[1]);
        }
        assert_eq!(sentence.iter().filter(|row| row[6] == "0").count(), 1);
    }
}

#[test]
fn a_text_becomes_conllu() {
    let text = format!("\u{1F600} {TALKS}");
    let folder = Folder::new(&[("a.txt", text.as_bytes())]);
    let ran = folder.run(&["parse", "a.txt"]).exits(0);
    assert!(ran.text().contains("# sent_id = 2\n# text = She didn't meet Kenji Sato.\n"));
    let found = sentences(&ran);
    is_conllu(&found, &text);
    let all: Vec<&Vec<&str>> = found.iter().flatten().collect();
    let row = |word: &str| all.iter().find(|row| row[1] == word).unwrap();
    assert_eq!(row("visited")[2..5], ["visit", "VERB", "VBD"]);
    assert_eq!(row("visited")[6..8], ["0", "root"]);
    assert_eq!(row("Kenya")[7], "obj");
    assert_eq!(row("did")[2..4], ["do", "AUX"]);
    assert_eq!(row("n't")[2..4], ["not", "PART"]);
    for (word, label) in
        [("Lena", "B-person"), ("Vogt", "I-person"), ("Kenya", "B-place"), ("Kenji", "B-person"), ("Sato", "I-person")]
    {
        assert!(row(word)[9].ends_with(&format!("|NER={label}")), "{:?}", row(word));
    }
    assert!(!row("Chancellor")[9].contains("NER"));
    let piped = folder.run_with_stdin(&["parse", "-"], text.as_bytes()).exits(0);
    assert!(piped.out == ran.out);
}

#[test]
fn lines_and_tokens_can_be_given() {
    let lines = "Lena Vogt met Kenji Sato. They didn't talk.\n\nRain fell\n";
    let folder =
        Folder::new(&[("a.txt", lines.as_bytes()), ("b.txt", b"We did n't meet U.S.-led troops .\n\nRain fell")]);
    let ran = folder.run(&["parse", "a.txt", "--lines"]).exits(0);
    let found = sentences(&ran);
    is_conllu(&found, lines);
    assert_eq!(found.len(), 2);
    assert_eq!(words(&found[0]), ["Lena", "Vogt", "met", "Kenji", "Sato", ".", "They", "did", "n't", "talk", "."]);
    let ran = folder.run(&["parse", "b.txt", "--tokens"]).exits(0);
    let found = sentences(&ran);
    let given: Vec<Vec<&str>> =
        found.iter().map(|sentence| words(sentence)).filter(|words| !words.is_empty()).collect();
    assert_eq!(given, [vec!["We", "did", "n't", "meet", "U.S.-led", "troops", "."], vec!["Rain", "fell"]]);
    folder.run(&["parse", "a.txt", "--lines", "--tokens"]).exits(2).says("cannot be used with");
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = Folder::new(&[("a.txt", b"caf\xe9"), ("m/config.json", b"{}")]);
    folder.run(&["parse", "a.txt"]).exits(2).says("cannot read a.txt; UTF-8 text is wanted");
    folder.run(&["parse", "b.txt"]).exits(2).says("cannot read b.txt");
    folder.run(&["explain", "a.txt"]).exits(2).says("cannot read a.txt; explain takes one UTF-8 text");
    folder.run(&["parse", "a.txt", "--model", "m"]).exits(2);
    folder.run_with_stdin(&["parse", "-", "--model", "m"], b"Rain.").exits(2).says("of the model");
}

#[test]
fn an_explanation_shows_tree_mentions_and_rules() {
    let folder = Folder::new(&[("a.txt", TALKS.as_bytes())]);
    let ran = folder.run(&["explain", "a.txt"]).exits(0);
    let said = ran.text();
    for part in [
        "sentence 0: Chancellor Lena Vogt visited Kenya in May.\n  visited  visit VERB VBD [root]\n  ├─ Lena  Lena PROPN NNP [nsubj]",
        "  └─ .  . PUNCT . [punct]\nmentions:\n",
        "  Kenya (country, name, ",
        "-> country Kenya, Q114 [name of a country]",
        "relations:\n  Lena Vogt — visited — Kenya  [affirmed actual]\n    CONSULT diplomacy/visit [data/rules/diplomacy.toml:",
        "trigger: visited\n",
        "sentence 1: She didn't meet Kenji Sato.\n",
        "  She (person, pronoun, ",
        "-> person Lena Vogt, person/lena-vogt [most salient before it]",
        "Kenji Sato  [negated actual]\n    CONSULT diplomacy/meet [data/rules/diplomacy.toml:",
    ] {
        assert!(said.contains(part), "no `{part}` in\n{said}");
    }
}

#[test]
fn pairs_without_a_rule_are_shown() {
    let folder = Folder::new(&[]);
    let ran = folder.run(&["explain", "--", "Rain fell on Kenya", "while snow fell on Norway."]).exits(0);
    assert!(ran.text().contains("pairs that no rule took:\n  Kenya / Norway\n"), "{}", ran.text());
}

#[test]
fn one_sentence_can_be_chosen() {
    let folder = Folder::new(&[("a.txt", TALKS.as_bytes())]);
    let ran = folder.run(&["explain", "--sentence", "1", "a.txt"]).exits(0);
    assert!(ran.text().starts_with("sentence 1: She didn't"));
    assert!(!ran.text().contains("sentence 0"));
    let ran = folder.run(&["explain", "--sentence", "2", "a.txt"]).exits(2);
    assert!(ran.out.is_empty());
    ran.says("there is no sentence 2; the text has 2, counted from 0");
    folder.run(&["explain"]).exits(2);
}
