//! Cases in a small notation: `word=lemma/UPOS/head/deprel`, heads counted from 1 within a line, one sentence a line,
//! mentions as `[P ...]` (person), `[O ...]`, `[L ...]` (place), `[G ...]` (group). An empty line starts a paragraph.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::document::Document;
use crate::entity::Linked;
use crate::mention::{Form, Kind, Mention};
use crate::span::Span;
use crate::syntax::{Annotated, Deprel, Sentence, Token, Upos, Xpos};

use super::Linker;

fn token(cell: &str, text: &mut String) -> Token {
    let cells: Vec<&str> = cell.rsplitn(4, '/').collect();
    let [deprel, head, upos, word] = cells[..] else { panic!("not a token: {cell}") };
    let (word, lemma) = word.split_once('=').unwrap_or((word, ""));
    let start = text.len();
    text.push_str(word);
    let upos = Upos::parse(upos);
    let deprel = Deprel::parse(deprel);
    let xpos = match upos {
        Upos::Adj => Xpos::Jj,
        Upos::Noun if !lemma.is_empty() => Xpos::Nns,
        Upos::Noun => Xpos::Nn,
        Upos::Propn => Xpos::Nnp,
        Upos::Pron if deprel == Deprel::NmodPoss => Xpos::PrpPoss,
        Upos::Pron if matches!(word, "which" | "that") => Xpos::Wdt,
        Upos::Pron if word == "who" => Xpos::Wp,
        Upos::Pron => Xpos::Prp,
        Upos::Verb => Xpos::Vbd,
        _ => Xpos::Other,
    };
    let lemma = if lemma.is_empty() { word.to_lowercase() } else { lemma.to_owned() };
    let head = head.parse::<usize>().unwrap().checked_sub(1);
    Token { span: Span::new(start, text.len()), lemma, upos, xpos, head, deprel }
}

fn parse(input: &str) -> Annotated {
    let mut text = String::new();
    let (mut sentences, mut mentions) = (Vec::<Sentence>::new(), Vec::new());
    for line in input.trim().lines().map(str::trim) {
        if line.is_empty() {
            text.push('\n');
            continue;
        }
        let mut tokens: Vec<Token> = Vec::new();
        let mut open = None;
        for cell in line.split_whitespace() {
            if let Some(kind) = cell.strip_prefix('[').filter(|k| k.len() == 1 && *k != "[") {
                let kind = match kind {
                    "P" => Kind::Person,
                    "O" => Kind::Organization,
                    "L" => Kind::Place,
                    _ => Kind::Group,
                };
                open = Some((kind, tokens.len()));
                continue;
            }
            let (cell, closes) = cell.strip_suffix(']').map_or((cell, false), |c| (c, true));
            if !text.is_empty() {
                text.push(' ');
            }
            tokens.push(token(cell, &mut text));
            if closes {
                let (kind, start) = open.take().unwrap();
                let span = tokens[start].span.join(tokens[tokens.len() - 1].span);
                let tokens = start..tokens.len();
                mentions.push(Mention { sentence: sentences.len(), tokens, span, kind, form: Form::Name, score: 0.9 });
            }
        }
        let span = tokens[0].span.join(tokens[tokens.len() - 1].span);
        sentences.push(Sentence { span, tokens });
    }
    let document = Document { id: "t".into(), source: None, title: None, published: None, text };
    Annotated { document, sentences, mentions }
}

fn linker() -> &'static Linker {
    static LINKER: std::sync::LazyLock<Linker> = std::sync::LazyLock::new(Linker::new);
    &LINKER
}

/// What must hold of every result.
fn hold(linked: &Linked) {
    let text = &linked.document.text;
    assert_eq!(linked.mentions.len(), linked.entity_of.len());
    for pair in linked.mentions.windows(2) {
        assert!(pair[0].span.end() <= pair[1].span.start(), "sorted and apart: {pair:?}");
    }
    for (i, mention) in linked.mentions.iter().enumerate() {
        assert!(!mention.tokens.is_empty());
        let tokens = &linked.sentences[mention.sentence].tokens[mention.tokens.clone()];
        assert_eq!(mention.span, tokens[0].span.join(tokens[tokens.len() - 1].span));
        assert!(!mention.span.of(text).is_empty());
        assert!((0.0..=1.0).contains(&mention.score));
        let entity = &linked.entities[linked.entity_of[i]];
        assert!(entity.mentions.contains(&i));
        assert_eq!(entity.kind, mention.kind);
    }
    let firsts: Vec<usize> = linked.entities.iter().map(|e| e.mentions[0]).collect();
    assert!(firsts.is_sorted());
    for (id, entity) in linked.entities.iter().enumerate() {
        assert!(!entity.name.trim().is_empty());
        assert!(entity.mentions.iter().all(|&m| linked.entity_of[m] == id));
    }
}

fn show(linked: &Linked) -> String {
    let text = &linked.document.text;
    linked
        .entities
        .iter()
        .map(|entity| {
            let mentions: Vec<String> = entity
                .mentions
                .iter()
                .map(|&m| {
                    let mention = &linked.mentions[m];
                    let form =
                        if mention.form == Form::Name { String::new() } else { format!("~{}", mention.form.as_str()) };
                    format!("{}{form}", mention.span.of(text))
                })
                .collect();
            let iso = entity.iso.as_deref().map(|iso| format!(" {iso}")).unwrap_or_default();
            format!("{} ({}{iso}): {}", entity.name, entity.kind, mentions.join(", "))
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[track_caller]
fn check(input: &str, expect: &str) {
    let linked = linker().link(parse(input));
    hold(&linked);
    let expect = expect.trim().lines().map(str::trim).collect::<Vec<_>>().join("\n");
    assert_eq!(show(&linked), expect);
}

#[test]
fn nothing_and_one() {
    let document = Document { id: String::new(), source: None, title: None, published: None, text: String::new() };
    let linked = linker().link(Annotated { document, sentences: Vec::new(), mentions: Vec::new() });
    assert!(linked.mentions.is_empty() && linked.entities.is_empty());
    check("[L Lindau/PROPN/2/nsubj] flooded=flood/VERB/0/root", "Lindau (place): Lindau");
}

#[test]
fn boundaries() {
    // Titles, articles, possessive marks, brackets and quotes are no part of a name.
    check(
        "[P King/PROPN/2/nmod:desc Olav/PROPN/4/nsubj V/PROPN/2/flat] slept=sleep/VERB/0/root",
        "Olav V (person): Olav V",
    );
    check(
        "[P Secretary/PROPN/4/nmod:desc of/ADP/3/case State/PROPN/1/nmod Ada/PROPN/6/nsubj Marsh/PROPN/4/flat] left=leave/VERB/0/root",
        "Ada Marsh (person): Ada Marsh",
    );
    check("[O the/DET/2/det Novak/PROPN/4/nmod:poss 's/PART/2/case] profit/NOUN/0/root", "Novak (organization): Novak");
    check("[L #/SYM/2/punct Fiji/PROPN/3/nsubj] shook=shake/VERB/0/root", "Fiji (country FJ): Fiji");
    check("[L The/DET/2/det Hague/PROPN/3/nsubj] rained=rain/VERB/0/root", "The Hague (place): The Hague");
    // Given names that are titles elsewhere.
    check(
        "[P Sheikh/PROPN/3/nsubj Hasina/PROPN/1/flat] slept=sleep/VERB/0/root",
        "Sheikh Hasina (person): Sheikh Hasina",
    );
    // A mention that is only a title is none.
    check("the/DET/2/det [P King/PROPN/3/nsubj] slept=sleep/VERB/0/root", "");
}

#[test]
fn countries_by_name() {
    check(
        "[O UAE/PROPN/4/nsubj] and/CCONJ/3/cc [L Holland/PROPN/1/conj] traded=trade/VERB/0/root with/ADP/6/case [L Burma/PROPN/4/obl]",
        "United Arab Emirates (country AE): UAE~alias
         Netherlands (country NL): Holland~alias
         Myanmar (country MM): Burma~alias",
    );
    check(
        "[L Papua/PROPN/4/nsubj New/PROPN/3/amod Guinea/PROPN/1/flat] met=meet/VERB/0/root [L Guinea/PROPN/4/obj]",
        "Papua New Guinea (country PG): Papua New Guinea
         Guinea (country GN): Guinea",
    );
    check(
        "[L Niger/PROPN/2/nsubj] joined=join/VERB/0/root [L Nigeria/PROPN/2/obj]",
        "Niger (country NE): Niger
         Nigeria (country NG): Nigeria",
    );
    check(
        "[L Western/PROPN/2/amod Sahara/PROPN/3/nsubj] waits=wait/VERB/0/root",
        "Western Sahara (place EH): Western Sahara",
    );
    check(
        "the/DET/3/det former/ADJ/3/amod [L Soviet/ADJ/4/amod Union/PROPN/5/nsubj] fell=fall/VERB/0/root",
        "Soviet Union (country): Soviet Union",
    );
    // The tagger missed both.
    check(
        "Peru/PROPN/2/nsubj helped=help/VERB/0/root Danish/ADJ/4/amod sailors=sailor/NOUN/2/obj",
        "Peru (country PE): Peru
         Danes (group): Danish~alias",
    );
    // Part of a longer name that the tagger missed: better nothing.
    check("Peru/PROPN/2/compound Rail/PROPN/3/nsubj stopped=stop/VERB/0/root", "");
    // "us" is no country.
    check("they/PRON/2/nsubj saw=see/VERB/0/root us/PRON/2/obj", "");
}

#[test]
fn names_that_countries_share() {
    check(
        "[P Michael/PROPN/3/nsubj Jordan/PROPN/1/flat] won=win/VERB/0/root
         [L Jordan/PROPN/2/nsubj] smiled=smile/VERB/0/root",
        "Michael Jordan (person): Michael Jordan, Jordan",
    );
    check("[L Jordan/PROPN/2/nsubj] signed=sign/VERB/0/root", "Jordan (country JO): Jordan");
    check("[P Chad/PROPN/2/nsubj] sang=sing/VERB/0/root", "Chad (person): Chad");
    check(
        "storms=storm/NOUN/2/nsubj hit/VERB/0/root [L Macon/PROPN/2/obj] ,/PUNCT/5/punct [L Georgia/PROPN/3/appos]",
        "Macon (place): Macon
         Georgia (place): Georgia",
    );
    check(
        "storms=storm/NOUN/2/nsubj hit/VERB/0/root [L Tbilisi/PROPN/2/obj] ,/PUNCT/5/punct [L Georgia/PROPN/3/appos]",
        "Tbilisi (place): Tbilisi
         Georgia (country GE): Georgia",
    );
    // One town decides for the whole article.
    check(
        "storms=storm/NOUN/2/nsubj hit/VERB/0/root [L Georgia/PROPN/2/obj]
         storms=storm/NOUN/2/nsubj hit/VERB/0/root [L Macon/PROPN/2/obj] ,/PUNCT/5/punct [L Georgia/PROPN/3/appos]",
        "Georgia (place): Georgia, Georgia
         Macon (place): Macon",
    );
    check(
        "[L Congo/PROPN/2/nsubj] called=call/VERB/0/root [L Brazzaville/PROPN/2/obj]",
        "Republic of the Congo (country CG): Congo~alias
         Brazzaville (place): Brazzaville",
    );
    check(
        "[L Congo/PROPN/2/nsubj] voted=vote/VERB/0/root",
        "Democratic Republic of the Congo (country CD): Congo~alias",
    );
}

#[test]
fn nationalities() {
    check(
        "[G Omani/ADJ/2/amod] officials=official/NOUN/3/nsubj met=meet/VERB/0/root the/DET/5/det [G Omanis/PROPN/3/obj]",
        "Oman (country OM): Omani~demonym
         Omanis (group): Omanis",
    );
    check(
        "the/DET/5/det [G Saudi/ADJ/5/amod] -/PUNCT/4/punct [G Swiss/ADJ/5/amod] deal/NOUN/0/root",
        "Saudi Arabia (country SA): Saudi~demonym
         Switzerland (country CH): Swiss~demonym",
    );
    check(
        "[G Kurdish/ADJ/2/amod] singers=singer/NOUN/3/nsubj thanked=thank/VERB/0/root [G Kurds/PROPN/3/obj]",
        "Kurds (group): Kurdish~alias, Kurds",
    );
    check(
        "[G Palestinian/ADJ/2/amod] farmers=farmer/NOUN/3/nsubj met=meet/VERB/0/root other/ADJ/5/amod [G Palestinians/PROPN/3/obj]",
        "Palestinians (group): Palestinian~alias, Palestinians",
    );
    check(
        "[G Palestinian/ADJ/2/amod] president/NOUN/3/nmod:desc [P Omar/PROPN/5/nsubj Said/PROPN/3/flat] left=leave/VERB/0/root",
        "Palestine (country PS): Palestinian~demonym
         Omar Said (person): Omar Said",
    );
    check("the/DET/2/det [G French/PROPN/3/nsubj] voted=vote/VERB/0/root", "French (group): French");
    check(
        "[L Morocco/PROPN/3/compound -/PUNCT/3/punct Spain/PROPN/4/compound] ties=tie/NOUN/0/root",
        "Morocco (country MA): Morocco
         Spain (country ES): Spain",
    );
}

#[test]
fn people_who_act_for_themselves_are_not_their_state() {
    check("[G Omani/ADJ/2/amod] refugees=refugee/NOUN/3/nsubj left/VERB/0/root", "Omanis (group): Omani~alias");
    check("[G Omani/ADJ/2/amod] officials=official/NOUN/3/nsubj left/VERB/0/root", "Oman (country OM): Omani~demonym");
}

#[test]
fn seats_of_government() {
    for (input, form) in [
        ("[L Lima/PROPN/2/nsubj] accused=accuse/VERB/0/root rebels=rebel/NOUN/2/obj", "capital"),
        ("ties=tie/NOUN/4/nsubj with/ADP/3/case [L Lima/PROPN/1/nmod] froze=freeze/VERB/0/root", "capital"),
        ("it/PRON/2/nsubj cut/VERB/0/root ties=tie/NOUN/2/obj with/ADP/5/case [L Lima/PROPN/2/obl]", "capital"),
        ("charges=charge/NOUN/0/root denied=deny/VERB/1/acl by/ADP/4/case [L Lima/PROPN/2/obl:agent]", "capital"),
        ("they/PRON/2/nsubj warned=warn/VERB/0/root [L Lima/PROPN/2/obj]", "capital"),
        ("[L Lima/PROPN/3/nmod:poss] 's/PART/1/case policy/NOUN/4/nsubj failed=fail/VERB/0/root", "capital"),
        ("they/PRON/2/nsubj slept=sleep/VERB/0/root in/ADP/4/case [L Lima/PROPN/2/obl]", "name"),
        ("his/PRON/2/nmod:poss visit/NOUN/5/nsubj to/ADP/4/case [L Lima/PROPN/2/nmod] ended=end/VERB/0/root", "name"),
        ("the/DET/3/det [L Lima/PROPN/3/compound] meeting/NOUN/4/nsubj ended=end/VERB/0/root", "name"),
        ("[L Lima/PROPN/2/nsubj] grew=grow/VERB/0/root", "name"),
        ("it/PRON/2/nsubj struck=strike/VERB/0/root deals=deal/NOUN/2/obj in/ADP/5/case [L Lima/PROPN/2/obl]", "name"),
        ("[L Lima/PROPN/3/nmod:poss] 's/PART/1/case streets=street/NOUN/4/nsubj flooded=flood/VERB/0/root", "name"),
    ] {
        let linked = linker().link(parse(input));
        hold(&linked);
        let mention = linked.mentions.iter().find(|m| m.span.of(&linked.document.text) == "Lima").unwrap();
        assert_eq!(mention.form.as_str(), form, "{input}");
        assert_eq!(mention.kind, if form == "capital" { Kind::Country } else { Kind::Place }, "{input}");
    }
    check(
        "talks=talk/NOUN/6/nsubj between/ADP/3/case [L Lima/PROPN/1/nmod] and/CCONJ/5/cc [L Quito/PROPN/3/conj] began=begin/VERB/0/root",
        "Peru (country PE): Lima~capital
         Ecuador (country EC): Quito~capital",
    );
}

#[test]
fn long_and_short_names_of_people() {
    check(
        "[P Keller/PROPN/2/nsubj] waited=wait/VERB/0/root
         [P Anna/PROPN/3/nsubj Keller/PROPN/1/flat] met=meet/VERB/0/root [P Dr./PROPN/5/nmod:desc Keller/PROPN/3/obj]",
        "Anna Keller (person): Keller, Anna Keller, Keller",
    );
    // One surname, two people: never one; a title tells them apart, otherwise the last one is meant.
    check(
        "[P Anna/PROPN/3/nsubj Keller/PROPN/1/flat] met=meet/VERB/0/root [P Peter/PROPN/3/obj Keller/PROPN/4/flat]
         [P Keller/PROPN/2/nsubj] sang=sing/VERB/0/root
         [P Mrs/PROPN/2/nmod:desc Keller/PROPN/3/nsubj] danced=dance/VERB/0/root",
        "Anna Keller (person): Anna Keller, Keller
         Peter Keller (person): Peter Keller, Keller",
    );
    check(
        "[P Salim/PROPN/4/nsubj bin/PROPN/1/flat Rashid/PROPN/1/flat] saw=see/VERB/0/root [P Rashid/PROPN/4/obj]
         [P bin/PROPN/3/nsubj Rashid/PROPN/1/flat] slept=sleep/VERB/0/root",
        "Salim bin Rashid (person): Salim bin Rashid, bin Rashid
         Rashid (person): Rashid",
    );
    check(
        "[P Pak/PROPN/4/nsubj Min/PROPN/1/flat Ho/PROPN/1/flat] left=leave/VERB/0/root
         [P Pak/PROPN/2/nsubj] wept=weep/VERB/0/root",
        "Pak Min Ho (person): Pak Min Ho, Pak",
    );
    check(
        "[P Olav/PROPN/3/nsubj V/PROPN/1/flat] saw=see/VERB/0/root [P Olav/PROPN/3/obj VI/PROPN/4/flat]",
        "Olav V (person): Olav V
         Olav VI (person): Olav VI",
    );
    check(
        "[P Hamad/PROPN/3/nsubj Al-Sabri/PROPN/1/flat] left=leave/VERB/0/root
         [P Sabri/PROPN/2/nsubj] wept=weep/VERB/0/root",
        "Hamad Al-Sabri (person): Hamad Al-Sabri, Sabri",
    );
}

#[test]
fn spellings_of_people() {
    for (a, b, same) in [
        ("Benjamin Stern", "Binyamin Stern", true),
        ("Mohammed Kasim", "Muhammad Kasim", true),
        ("Mike Lowe", "Michael Lowe", true),
        ("John Smith", "Jane Smith", false),
        ("Michael Brandt", "Michelle Brandt", false),
        ("Christian Vogel", "Christina Vogel", false),
        ("George W. Hale", "George H. Hale", false),
        ("Rosa Vidal", "Rosa Vidal Marín", true),
        ("Jiří Novák", "Jiri Novak", true),
        ("Volod Zelenko", "Volod Zelenkko", true),
        ("Laszlo Kiss", "Kiss Laszlo", true),
        ("Ada Marsh", "Ada Moss", false),
    ] {
        let names: Vec<String> = [a, b]
            .iter()
            .map(|name| {
                let words: Vec<&str> = name.split(' ').collect();
                let mut cells = vec![format!("[P {}/PROPN/{}/nsubj", words[0], words.len() + 1)];
                cells.extend(words[1..].iter().map(|w| format!("{w}/PROPN/1/flat")));
                format!("{}] left=leave/VERB/0/root", cells.join(" "))
            })
            .collect();
        let linked = linker().link(parse(&names.join("\n")));
        hold(&linked);
        assert_eq!(linked.entities.len() == 1, same, "{a} / {b}: {}", show(&linked));
    }
}

#[test]
fn wrong_kinds_are_outvoted() {
    check(
        "[P Anna/PROPN/3/nsubj Keller/PROPN/1/flat] left=leave/VERB/0/root
         [O Keller/PROPN/2/nsubj] slept=sleep/VERB/0/root",
        "Anna Keller (person): Anna Keller, Keller",
    );
    check(
        "[O Zanda/PROPN/2/nsubj] fell=fall/VERB/0/root
         [O Zanda/PROPN/2/nsubj] rose=rise/VERB/0/root
         [L Zanda/PROPN/2/nsubj] fell=fall/VERB/0/root",
        "Zanda (organization): Zanda, Zanda, Zanda",
    );
}

#[test]
fn organizations() {
    check(
        "the/DET/4/det [O National/PROPN/4/amod River/PROPN/4/compound Trust/PROPN/8/nsubj] (/PUNCT/6/punct NRT/PROPN/4/appos )/PUNCT/6/punct met=meet/VERB/0/root
         [O NRT/PROPN/2/nsubj] left=leave/VERB/0/root",
        "National River Trust (organization): National River Trust, NRT~alias, NRT~alias",
    );
    check(
        "[O National/PROPN/3/amod River/PROPN/3/compound Trust(NRT)/PROPN/4/nsubj] met=meet/VERB/0/root",
        "National River Trust (organization): National River Trust(NRT)",
    );
    check(
        "[O WFO/PROPN/2/nsubj] met=meet/VERB/0/root
         the/DET/5/det [O World/PROPN/5/compound Fishing/PROPN/5/compound Office/PROPN/6/nsubj] met=meet/VERB/0/root",
        "World Fishing Office (organization): WFO~alias, World Fishing Office",
    );
    check(
        "the/DET/4/det [O US/PROPN/4/compound State/PROPN/4/compound Department/PROPN/5/nsubj] spoke=speak/VERB/0/root
         the/DET/3/det [O State/PROPN/3/compound Department/PROPN/7/nsubj] ,/PUNCT/1/punct or/CCONJ/1/cc x/X/3/conj spoke=speak/VERB/0/root
         [O Department/PROPN/4/nsubj of/ADP/3/case State/PROPN/1/nmod] spoke=speak/VERB/0/root",
        "US State Department (organization): US State Department, State Department, Department of State",
    );
    check(
        "[G Omani/ADJ/3/amod] [O Foreign/PROPN/3/amod Ministry/PROPN/4/nsubj] met=meet/VERB/0/root the/DET/8/det [G Peruvian/ADJ/8/amod] [O Foreign/PROPN/8/amod Ministry/PROPN/4/obj]",
        "Oman (country OM): Omani~demonym
         Foreign Ministry (organization): Foreign Ministry
         Peru (country PE): Peruvian~demonym
         Foreign Ministry (organization): Foreign Ministry",
    );
    check(
        "[O Harbor/PROPN/2/compound Front/PROPN/3/nsubj] met=meet/VERB/0/root
         the/DET/2/det [O Harbor/PROPN/3/nsubj] left=leave/VERB/0/root",
        "Harbor Front (organization): Harbor Front, Harbor",
    );
    check(
        "[O Al-Qaida/PROPN/2/nsubj] hit/VERB/0/root [O al/PROPN/2/obj -/PUNCT/3/punct Qaeda/PROPN/3/flat]",
        "Al-Qaida (organization): Al-Qaida, al - Qaeda~alias",
    );
    check(
        "[O Lumex/PROPN/3/nsubj Inc./PROPN/1/flat] bought=buy/VERB/0/root [O Lumex/PROPN/3/obj]",
        "Lumex Inc. (organization): Lumex Inc., Lumex",
    );
}

const SHE: &str = "[P Anna/PROPN/3/nsubj Keller/PROPN/1/flat] left=leave/VERB/0/root";

#[test]
fn pronouns_for_people() {
    check(
        &format!("{SHE}\nShe/PRON/2/nsubj slept=sleep/VERB/0/root"),
        "Anna Keller (person): Anna Keller, She~pronoun",
    );
    // Gender forbids, and so does being a thing.
    check(&format!("{SHE}\nHe/PRON/2/nsubj slept=sleep/VERB/0/root"), "Anna Keller (person): Anna Keller");
    check(&format!("{SHE}\nIt/PRON/2/nsubj slept=sleep/VERB/0/root"), "Anna Keller (person): Anna Keller");
    // The subject of the clause above.
    check(
        "[P Peter/PROPN/3/nsubj Brandt/PROPN/1/flat] told=tell/VERB/0/root [P Paul/PROPN/3/iobj Adler/PROPN/4/flat] he/PRON/7/nsubj won=win/VERB/3/ccomp",
        "Peter Brandt (person): Peter Brandt, he~pronoun
         Paul Adler (person): Paul Adler",
    );
    // Two subjects joined: unclear.
    check(
        "[P Peter/PROPN/6/nsubj Brandt/PROPN/1/flat] and/CCONJ/4/cc [P Paul/PROPN/1/conj Adler/PROPN/4/flat] met=meet/VERB/0/root
         He/PRON/2/nsubj slept=sleep/VERB/0/root",
        "Peter Brandt (person): Peter Brandt
         Paul Adler (person): Paul Adler",
    );
    // An object is not the subject of its own verb.
    check(
        "[P Peter/PROPN/3/nsubj Brandt/PROPN/1/flat] saw=see/VERB/0/root him/PRON/3/obj",
        "Peter Brandt (person): Peter Brandt",
    );
    check(
        "[P Peter/PROPN/3/nsubj Brandt/PROPN/1/flat] lost=lose/VERB/0/root his/PRON/5/nmod:poss key/NOUN/3/obj",
        "Peter Brandt (person): Peter Brandt, his~pronoun",
    );
    // Somebody without a name is nearer.
    check(
        "[P Peter/PROPN/3/nsubj Brandt/PROPN/1/flat] met=meet/VERB/0/root a/DET/5/det soldier/NOUN/3/obj who/PRON/7/nsubj sold=sell/VERB/5/acl:relcl his/PRON/9/nmod:poss boots=boot/NOUN/7/obj",
        "Peter Brandt (person): Peter Brandt",
    );
    check(
        "the/DET/2/det soldier/NOUN/3/nsubj told=tell/VERB/0/root [P Brandt/PROPN/3/obj] that/SCONJ/7/mark he/PRON/7/nsubj slept=sleep/VERB/3/ccomp",
        "Brandt (person): Brandt",
    );
    // Inside a quotation "he" is not the speaker.
    check(
        "“/PUNCT/3/punct He/PRON/3/nsubj lied=lie/VERB/6/ccomp ”/PUNCT/3/punct ,/PUNCT/6/punct said=say/VERB/0/root [P Brandt/PROPN/6/nsubj]",
        "Brandt (person): Brandt",
    );
    check(
        "[P Peter/PROPN/3/nsubj Brandt/PROPN/1/flat] left=leave/VERB/0/root
         “/PUNCT/3/punct He/PRON/3/nsubj lied=lie/VERB/6/ccomp ”/PUNCT/3/punct ,/PUNCT/6/punct said=say/VERB/0/root [P Adler/PROPN/6/nsubj]",
        "Peter Brandt (person): Peter Brandt
         Adler (person): Adler",
    );
}

#[test]
fn pronouns_for_bodies() {
    check(
        "[L Peru/PROPN/2/nsubj] recalled=recall/VERB/0/root its/PRON/4/nmod:poss envoy/NOUN/2/obj",
        "Peru (country PE): Peru, its~pronoun",
    );
    check(
        "[L Peru/PROPN/2/nsubj] said=say/VERB/0/root it/PRON/5/nsubj would/AUX/5/aux leave/VERB/2/ccomp",
        "Peru (country PE): Peru, it~pronoun",
    );
    check(
        "[L Peru/PROPN/2/nsubj] accused=accuse/VERB/0/root [L Chile/PROPN/2/obj] of/ADP/5/mark using=use/VERB/2/advcl its/PRON/7/nmod:poss port/NOUN/5/obj",
        "Peru (country PE): Peru
         Chile (country CL): Chile, its~pronoun",
    );
    check(
        "While/SCONJ/3/mark it/PRON/3/nsubj waits=wait/VERB/6/advcl ,/PUNCT/3/punct [L Peru/PROPN/6/nsubj] builds=build/VERB/0/root",
        "Peru (country PE): it~pronoun, Peru",
    );
    // The subject is no name: "its" may mean it.
    check(
        "the/DET/2/det deal/NOUN/3/nsubj lost=lose/VERB/0/root its/PRON/5/nmod:poss appeal/NOUN/3/obj in/ADP/7/case [L Peru/PROPN/3/obl]",
        "Peru (country PE): Peru",
    );
    check("it/PRON/2/expl rained=rain/VERB/0/root in/ADP/4/case [L Peru/PROPN/2/obl]", "Peru (country PE): Peru");
}

#[test]
fn the_latter_and_the_former() {
    check(
        "[L Peru/PROPN/2/nsubj] met/VERB/0/root [L Chile/PROPN/2/obj] over/ADP/8/case the/DET/6/det latter/NOUN/8/nmod:poss 's/PART/6/case canal/NOUN/2/obl",
        "Peru (country PE): Peru
         Chile (country CL): Chile, the latter~pronoun",
    );
    check(
        "[L Peru/PROPN/2/nsubj] sued/VERB/0/root [L Chile/PROPN/2/obj] after/SCONJ/7/mark the/DET/6/det former/NOUN/7/nsubj lost/VERB/2/advcl",
        "Peru (country PE): Peru, the former~pronoun
         Chile (country CL): Chile",
    );
    // One name is no choice, and "the former minister" is another word.
    check("[L Peru/PROPN/2/nsubj] left/VERB/0/root the/DET/4/det latter/NOUN/2/obj", "Peru (country PE): Peru");
    check(
        "[L Peru/PROPN/2/nsubj] met/VERB/0/root [L Chile/PROPN/2/obj] and/CCONJ/7/cc the/DET/7/det former/ADJ/7/amod envoy/NOUN/3/conj",
        "Peru (country PE): Peru
         Chile (country CL): Chile",
    );
}

#[test]
fn nouns_for_countries() {
    check(
        "[L Jordan/PROPN/2/nsubj] and/CCONJ/3/cc left=leave/VERB/0/root [L Peru/PROPN/3/obj]
         The/DET/2/det kingdom/NOUN/3/nsubj slept=sleep/VERB/0/root",
        "Jordan (country JO): Jordan, The kingdom~nominal
         Peru (country PE): Peru",
    );
    check(
        "[L Jordan/PROPN/2/nsubj] met=meet/VERB/0/root [L Morocco/PROPN/2/obj]
         The/DET/4/det North/ADJ/3/amod African/ADJ/4/amod kingdom/NOUN/5/nsubj slept=sleep/VERB/0/root",
        "Jordan (country JO): Jordan
         Morocco (country MA): Morocco, The North African kingdom~nominal",
    );
    // The preposition is no part of it.
    check(
        "[L Jordan/PROPN/2/nsubj] and/CCONJ/3/cc left=leave/VERB/0/root
         flights=flight/NOUN/5/nsubj to/ADP/4/case the/DET/4/det kingdom/NOUN/1/nmod stopped=stop/VERB/0/root",
        "Jordan (country JO): Jordan, the kingdom~nominal",
    );
    // Two kingdoms: unclear. One country at hand: clear.
    check(
        "[L Jordan/PROPN/2/nsubj] met=meet/VERB/0/root [L Morocco/PROPN/2/obj]
         The/DET/2/det kingdom/NOUN/3/nsubj slept=sleep/VERB/0/root",
        "Jordan (country JO): Jordan
         Morocco (country MA): Morocco",
    );
    check(
        "[L Peru/PROPN/2/nsubj] voted=vote/VERB/0/root
         The/DET/2/det country/NOUN/3/nsubj slept=sleep/VERB/0/root",
        "Peru (country PE): Peru, The country~nominal",
    );
    check(
        "[L Peru/PROPN/2/nsubj] met=meet/VERB/0/root [L Chile/PROPN/2/obj]
         The/DET/2/det country/NOUN/3/nsubj slept=sleep/VERB/0/root",
        "Peru (country PE): Peru
         Chile (country CL): Chile",
    );
    check(
        "[L Israel/PROPN/2/nsubj] voted=vote/VERB/0/root
         the/DET/3/det [G Jewish/ADJ/3/amod] state/NOUN/4/nsubj slept=sleep/VERB/0/root",
        "Israel (country IL): Israel, state~nominal
         Jews (group): Jewish~alias",
    );
    // Not every kingdom is a state.
    check(
        "[L Jordan/PROPN/2/nsubj] saved=save/VERB/0/root the/DET/5/det animal/NOUN/5/compound kingdom/NOUN/2/obj",
        "Jordan (country JO): Jordan",
    );
}

const KING: &str = "[P King/PROPN/2/nmod:desc Olav/PROPN/4/nsubj IX/PROPN/2/flat] left=leave/VERB/0/root";
const MINISTER: &str = "[L Peru/PROPN/5/nmod:poss] 's/PART/1/case Foreign/PROPN/4/amod Minister/PROPN/5/nmod:desc [P Ada/PROPN/7/nsubj Marsh/PROPN/5/flat] left=leave/VERB/0/root";

#[test]
fn nouns_for_people() {
    check(
        &format!("{KING}\nthe/DET/2/det king/NOUN/3/nsubj slept=sleep/VERB/0/root"),
        "Olav IX (person): Olav IX, the king~nominal",
    );
    check(
        &format!(
            "{KING}\nguests=guest/NOUN/2/nsubj sang=sing/VERB/0/root for/ADP/5/case the/DET/5/det king/NOUN/2/obl"
        ),
        "Olav IX (person): Olav IX, the king~nominal",
    );
    check(
        &format!("{KING}\nthe/DET/3/det [G Danish/ADJ/3/amod] king/NOUN/4/nsubj slept=sleep/VERB/0/root"),
        "Olav IX (person): Olav IX, king~nominal
         Denmark (country DK): Danish~demonym",
    );
    check(
        &format!(
            "{MINISTER}\n[L Peru/PROPN/4/nmod:poss] 's/PART/1/case chief/ADJ/4/amod diplomat/NOUN/5/nsubj slept=sleep/VERB/0/root"
        ),
        "Peru (country PE): Peru, Peru
         Ada Marsh (person): Ada Marsh, chief diplomat~nominal",
    );
    // Another country's minister, a former one, a deputy, or one of many.
    for noun in [
        "the/DET/4/det [G Danish/ADJ/4/amod] foreign/ADJ/4/amod minister/NOUN/5/nsubj",
        "the/DET/4/det former/ADJ/4/amod foreign/ADJ/4/amod minister/NOUN/5/nsubj",
        "the/DET/4/det deputy/ADJ/4/amod foreign/ADJ/4/amod minister/NOUN/5/nsubj",
        "a/DET/4/det wise/ADJ/4/amod foreign/ADJ/4/amod minister/NOUN/5/nsubj",
        "the/DET/4/det two/NUM/4/nummod foreign/ADJ/4/amod ministers=minister/NOUN/5/nsubj",
    ] {
        let linked = linker().link(parse(&format!("{MINISTER}\n{noun} slept=sleep/VERB/0/root")));
        hold(&linked);
        assert!(linked.mentions.iter().all(|m| m.form != Form::Nominal), "{noun}");
    }
    check(
        "[P Ada/PROPN/10/nsubj Marsh/PROPN/1/flat] ,/PUNCT/6/punct the/DET/6/det prime/ADJ/6/amod minister/NOUN/1/appos of/ADP/8/case [L Peru/PROPN/6/nmod] ,/PUNCT/6/punct left=leave/VERB/0/root
         the/DET/2/det premier/NOUN/3/nsubj slept=sleep/VERB/0/root",
        "Ada Marsh (person): Ada Marsh, the premier~nominal
         Peru (country PE): Peru",
    );
    // Only said of the name next to it.
    check(
        &format!("{KING}\nthe/DET/2/det king/NOUN/4/nsubj [P Harald/PROPN/2/appos] slept=sleep/VERB/0/root"),
        "Olav IX (person): Olav IX
         Harald (person): Harald",
    );
}

#[test]
fn nouns_for_organizations() {
    check(
        "[O Harbor/PROPN/2/compound Party/PROPN/3/nsubj] beat/VERB/0/root [O River/PROPN/3/obj Union/PROPN/4/flat]
         the/DET/2/det party/NOUN/3/nsubj cheered=cheer/VERB/0/root",
        "Harbor Party (organization): Harbor Party, the party~nominal
         River Union (organization): River Union",
    );
    check(
        "news/NOUN/2/compound website/NOUN/3/compound [O Tidepool/PROPN/4/nsubj] wrote=write/VERB/0/root
         the/DET/2/det website/NOUN/3/nsubj closed=close/VERB/0/root",
        "Tidepool (organization): Tidepool, the website~nominal",
    );
    check(
        "[O Zanda/PROPN/2/nsubj] met=meet/VERB/0/root [O Lumex/PROPN/2/obj]
         the/DET/2/det group/NOUN/3/nsubj cheered=cheer/VERB/0/root",
        "Zanda (organization): Zanda
         Lumex (organization): Lumex",
    );
}

#[test]
fn thousands_of_mentions_in_one_sentence_or_many() {
    let mut many = String::new();
    let mut one = String::from("list/NOUN/0/root");
    for i in 0..5000 {
        let name = format!("[P Ana{i}/PROPN/3/nsubj Lopez/PROPN/1/flat]");
        writeln!(many, "{name} met=meet/VERB/0/root his/PRON/5/nmod:poss king/NOUN/3/obj").unwrap();
        write!(one, " [P Ana{i}/PROPN/1/conj] he/PRON/1/nsubj the/DET/1/det kingdom/NOUN/1/obj").unwrap();
    }
    let start = std::time::Instant::now();
    for input in [many, one] {
        let linked = linker().link(parse(&input));
        hold_cheaply(&linked);
    }
    // Quadratic work would take minutes.
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}

fn hold_cheaply(linked: &Linked) {
    assert_eq!(linked.mentions.len(), linked.entity_of.len());
    assert!(linked.mentions.windows(2).all(|p| p[0].span.end() <= p[1].span.start()));
    assert!(linked.mentions.len() >= 5000);
}

#[test]
fn mentions_that_fit_no_sentence_are_dropped() {
    let mut annotated = parse("[L Peru/PROPN/2/nsubj] voted=vote/VERB/0/root");
    for (sentence, tokens) in [(7, 0..1), (0, 1..9), (0, 0..0), (0, 0..2)] {
        let span = Span::new(0, 4);
        annotated.mentions.push(Mention {
            sentence,
            tokens,
            span,
            kind: Kind::Place,
            form: Form::Name,
            score: f32::NAN,
        });
    }
    annotated.sentences[0].tokens[0].head = Some(99);
    let linked = linker().link(annotated);
    hold(&linked);
    assert_eq!(show(&linked), "Peru (country PE): Peru");
}

#[test]
fn reasons_say_how() {
    let input = parse(
        "[P Anna/PROPN/3/nsubj Keller/PROPN/1/flat] left=leave/VERB/0/root\nShe/PRON/2/nsubj met=meet/VERB/0/root [P Keller/PROPN/2/obj]",
    );
    let (linked, reasons) = linker().link_with_reasons(input);
    assert_eq!(linked.mentions.len(), reasons.len());
    let shown: Vec<&str> = reasons.iter().map(|r| r.as_str()).collect();
    assert_eq!(shown[0], "tagged name");
    assert_eq!(shown.last(), Some(&"part of a name in the article"));
}

const WORDS: &[&str] = &[
    "Peru",
    "Lima",
    "US",
    "Omani",
    "Omanis",
    "Anna",
    "Keller",
    "King",
    "the",
    "The",
    "'s",
    "(",
    ")",
    "NRT",
    "-",
    "\"",
    "“",
    "”",
    "he",
    "She",
    "its",
    "they",
    "king",
    "kingdom",
    "country",
    "party",
    "Party",
    "minister",
    "Foreign",
    "of",
    "and",
    "said",
    "Georgia",
    ",",
    "#",
    "Inc.",
    "Ministry",
    "État",
    "Ä",
    "Åland",
    "group",
    "his",
    "Mr.",
    "VI",
    "bin",
    "al-",
    "Korea",
    "Palestinian",
    "日本",
];

proptest! {
    #[test]
    fn any_layout_gives_sound_entities(
        sentences in prop::collection::vec(
            prop::collection::vec((0..WORDS.len(), 0..Upos::ALL.len(), 0..Xpos::ALL.len(), 0..14_usize, 0..Deprel::ALL.len()), 1..14), 0..6),
        mentions in prop::collection::vec((0..6_usize, 0..14_usize, 1..5_usize, 0..5_usize, 0.0..1.0_f32), 0..20),
    ) {
        let mut text = String::new();
        let sentences: Vec<Sentence> = sentences.into_iter().map(|words| {
            let tokens: Vec<Token> = words.iter().map(|&(word, upos, xpos, head, deprel)| {
                if !text.is_empty() { text.push(' '); }
                let start = text.len();
                text.push_str(WORDS[word]);
                Token {
                    span: Span::new(start, text.len()), lemma: WORDS[word].to_lowercase(), upos: Upos::ALL[upos].1, xpos: Xpos::ALL[xpos].1,
                    // Cycles and heads outside of the sentence are among them.
                    head: head.checked_sub(1), deprel: Deprel::ALL[deprel].1,
                }
            }).collect();
            Sentence { span: tokens[0].span.join(tokens[tokens.len() - 1].span), tokens }
        }).collect();
        let mut mentions: Vec<Mention> = mentions.into_iter().map(|(sentence, start, len, kind, score)| {
            Mention { sentence, tokens: start..start + len, span: Span::new(0, 0), kind: Kind::ALL[kind], form: Form::Name, score }
        }).collect();
        mentions.sort_by_key(|m| (m.sentence, m.tokens.start));
        let document = Document { id: String::new(), source: None, title: None, published: None, text };
        let annotated = Annotated { document, sentences, mentions };
        let linked = linker().link(annotated.clone());
        hold(&linked);
        prop_assert_eq!(linker().link(annotated), linked);
    }
}
