//! What the treebanks do, in our own words. Expected sentences are written with `|` between tokens that touch.

use proptest::prelude::*;

use super::{from_tokens, segment, tokenize};
use crate::document::{Document, Segmented};
use crate::span::Span;

fn segmented(text: &str) -> Segmented {
    segment(Document { id: "d".into(), source: None, title: None, published: None, text: text.into() })
}

fn render(result: &Segmented) -> Vec<String> {
    let text = &result.document.text;
    result
        .sentences
        .iter()
        .map(|sentence| {
            let mut line = String::new();
            let mut end = None;
            for token in &sentence.tokens {
                if let Some(end) = end {
                    line.push(if end == token.start() { '|' } else { ' ' });
                }
                line.push_str(token.of(text));
                end = Some(token.end());
            }
            line
        })
        .collect()
}

#[track_caller]
fn check(text: &str, expect: &[&str]) {
    let result = segmented(text);
    assert_eq!(render(&result), expect, "{text:?}");
    invariants(&result);
}

/// Sentences and tokens in order, inside each other, on character boundaries, and nothing but white space left over.
#[track_caller]
fn invariants(result: &Segmented) {
    let text = &result.document.text;
    let mut at = 0;
    for sentence in &result.sentences {
        assert_eq!(sentence.tokens.first().map(|token| token.start()), Some(sentence.span.start()));
        assert_eq!(sentence.tokens.last().map(|token| token.end()), Some(sentence.span.end()));
        for token in &sentence.tokens {
            assert!(token.start() >= at && !token.is_empty());
            assert!(text.is_char_boundary(token.start()) && text.is_char_boundary(token.end()));
            assert!(text[at..token.start()].trim().is_empty(), "left out: {:?}", &text[at..token.start()]);
            assert!(!token.of(text).contains(char::is_whitespace));
            at = token.end();
        }
    }
    assert!(text[at..].trim().is_empty(), "left out: {:?}", &text[at..]);
}

#[test]
fn clitics_and_contractions_are_cut_off() {
    check("Don't they say Kenya's can't?", &["Do|n't they say Kenya|'s ca|n't|?"]);
    check("They won’t, it’s Peru’s.", &["They wo|n’t|, it|’s Peru|’s|."]);
    check("We cannot and we're gonna go.", &["We can|not and we|'re gon|na go|."]);
    check("The ministers' cars, Burgess' boat", &["The ministers|' cars|, Burgess|' boat"]);
    check("I dont know, im late", &["I do|nt know|, i|m late"]);
    check("IM DON'T", &["IM DO|N'T"]);
    check("O'Hara met Sha'ban at four o'clock", &["O'Hara met Sha'ban at four o'clock"]);
    check("in the '90s and the 1980's", &["in the '90s and the 1980's"]);
    check("Kenya 's plan does n't work", &["Kenya 's plan does n't work"]);
}

#[test]
fn hyphens_are_tokens_except_after_prefixes() {
    check("a U.S.-led force", &["a U.S.|-|led force"]);
    check("an anti-war, pro-Oslo co-chair e-mailed", &["an anti-war|, pro-Oslo co-chair e-mailed"]);
    check("a UN-backed, 12-year-old mother-in-law", &["a UN|-|backed|, 12|-|year|-|old mother|-|in|-|law"]);
    check("pro-U.S. voters", &["pro-U.S. voters"]);
    check("over-the-counter", &["over|-|the|-|counter"]);
    check("the 2001-02 season: 3–1 — well--done", &["the 2001|-|02 season|: 3|–|1 — well|--|done"]);
    check("two- and three-day", &["two|- and three|-|day"]);
}

#[test]
fn numbers_keep_their_points_and_lose_their_units() {
    check("$3.5bn, €2,000 and 12.5%", &["$|3.5|bn|, €|2,000 and 12.5|%"]);
    check("US$40m; 5pm; 6:30 a.m.; 30km", &["US$|40|m|; 5|pm|; 6:30 a.m.|; 30|km"]);
    check("the 3rd of the 1990s", &["the 3rd of the 1990s"]);
    check("on 12/25/2004 and 2019-12-06, call 555-0100", &["on 12/25/2004 and 2019-12-06|, call 555-0100"]);
    check("9/11 and 1/2 and 12,34,000 of 18,19,20", &["9/11 and 1|/|2 and 12,34,000 of 18|,|19|,|20"]);
    check("rose .5 to 7.", &["rose .5 to 7|."]);
    check("a 5G test, 4chan, +44 7", &["a 5G test|, 4chan|, +44 7"]);
}

#[test]
fn addresses_handles_and_faces_stay_whole() {
    check("See https://a.example/b?c=d(e), or www.f.org.", &["See https://a.example/b?c=d(e)|, or www.f.org|."]);
    check("Mail jo.x@ab-c.co.uk, @jo_x or #Vote2020!", &["Mail jo.x@ab-c.co.uk|, @jo_x or #Vote2020|!"]);
    check("at Example.com/news. Then", &["at Example.com/news|.", "Then"]);
    check("pic.site.com/Ab1 or jo.example.co.uk/x", &["pic.site.com/Ab1 or jo.example.co.uk/x"]);
    check("rec.boats.sail of the 50,000th", &["rec.boats.sail of the 50,000th"]);
    check("fine :) thanks", &["fine :) thanks"]);
    check("AT&T and R&D and/or a him/her", &["AT&T and R&D and|/|or a him|/|her"]);
}

#[test]
fn brackets_and_quotes_are_tokens() {
    check("The Front(PLF) \"won\" [sic].", &["The Front|(|PLF|) \"|won|\" [|sic|]|."]);
    check("“Yes,” he said…", &["“|Yes|,|” he said|…"]);
    check("''no'' ``so``", &["''|no|'' ``|so|``"]);
    check("Wait... what?! $$$", &["Wait|... what|?!", "$$$"]);
}

#[test]
fn abbreviations_keep_their_stop() {
    check("Mr. Lee met Dr. Roy vs. Gen. Cho.", &["Mr. Lee met Dr. Roy vs. Gen. Cho|."]);
    check("Acme Inc. bought Bolt Corp. for cash.", &["Acme Inc. bought Bolt Corp. for cash|."]);
    check("He left Acme Inc. The shares fell.", &["He left Acme Inc.", "The shares fell|."]);
    check("The U.S. President flew.", &["The U.S. President flew|."]);
    check("It ended in the U.S. The talks go on.", &["It ended in the U.S.", "The talks go on|."]);
    check("They moved to the U.S. Mr. Roe stayed.", &["They moved to the U.S.", "Mr. Roe stayed|."]);
    check("J. K. Moe, George W. Noe and Al H. \"Hap\" Poe", &["J. K. Moe|, George W. Noe and Al H. \"|Hap|\" Poe"]);
    check("Take vitamin C. It helps.", &["Take vitamin C|.", "It helps|."]);
    check("In St. Petersburg, No. 5 won.", &["In St. Petersburg|, No. 5 won|."]);
    check("He said no. Five left.", &["He said no|.", "Five left|."]);
    check("On Sept. 3 at 5 p.m. Sunday", &["On Sept. 3 at 5 p.m. Sunday"]);
    check("A Ph.D. thesis, e.g. this", &["A Ph.D. thesis|, e.g. this"]);
    check("Sen. Ann Doe, D-Mass., (b. 1950)", &["Sen. Ann Doe|, D|-|Mass.|, (|b. 1950|)"]);
}

#[test]
fn sentences_end_after_stops_and_what_closes_them() {
    check("It rained. They left! Why? Nobody knew.", &["It rained|.", "They left|!", "Why|?", "Nobody knew|."]);
    check(
        "He said \"go.\" She went. (They ran.) Done.",
        &["He said \"|go|.|\"", "She went|.", "(|They ran|.|)", "Done|."],
    );
    check("\"We won.\" \"You lost.\"", &["\"|We won|.|\"", "\"|You lost|.|\""]);
    check("He left the office.Then it rained.", &["He left the office|.", "Then it rained|."]);
    check("It grew.[12] It fell.", &["It grew|.|[|12|]", "It fell|."]);
    check("Prices rose 3.5 percent. 40 shops shut.", &["Prices rose 3.5 percent|.", "40 shops shut|."]);
    check("He waited ... and left ... The end.", &["He waited ... and left ...", "The end|."]);
    check("So . . . they left.", &["So . . . they left|."]);
    check("2. Second point. Third.", &["2|. Second point|.", "Third|."]);
    check("He ended. ---------------- Next", &["He ended|.", "----------------", "Next"]);
    check("The Yahoo! boss and the Jeopardy! host", &["The Yahoo! boss and the Jeopardy|! host"]);
}

#[test]
fn a_question_inside_a_quotation_does_not_end_the_sentence_of_its_speaker() {
    check("\"Why now?\" he asked.", &["\"|Why now|?|\" he asked|."]);
    check("“Who knew?” President Ann Doe asked reporters.", &["“|Who knew|?|” President Ann Doe asked reporters|."]);
    check("“Go!” He ran.", &["“|Go|!|”", "He ran|."]);
    check("“We are on the way.” Doe added.", &["“|We are on the way|.|” Doe added|."]);
    check("“We are on the way.” Doe added that it rained.", &["“|We are on the way|.|”", "Doe added that it rained|."]);
}

#[test]
fn datelines_stand_before_the_sentence() {
    check("RABAT (Wire) - The king met him.", &["RABAT (|Wire|) -", "The king met him|."]);
    check("PARIS, Jan. 5 — It snowed all day.", &["PARIS|, Jan. 5 —", "It snowed all day|."]);
    check("PORTO – “We won,” she said.", &["PORTO –", "“|We won|,|” she said|."]);
    // Acronyms with a dash behind them, ranges and headlines are none.
    check("NATO - Russia ties are cold.", &["NATO - Russia ties are cold|."]);
    check("KLM and SAS - two airlines - merged.", &["KLM and SAS - two airlines - merged|."]);
    check("UEFA-backed clubs met on Monday.", &["UEFA|-|backed clubs met on Monday|."]);
    check("FLOODS HIT COAST - MANY FLEE", &["FLOODS HIT COAST - MANY FLEE"]);
}

#[test]
fn lines_that_stand_alone_end_sentences() {
    let paragraph = "The minister said that the plan, which was first drawn up a year ago by a group of advisers, \
                     would go on as it had been agreed in spring.";
    let sentence = "The minister said that the plan|, which was first drawn up a year ago by a group of advisers|, \
                    would go on as it had been agreed in spring|.";
    check(
        &format!("Minister keeps plan\nBy Ann Doe\n{paragraph}\n{paragraph}"),
        &["Minister keeps plan", "By Ann Doe", sentence, sentence],
    );
    check("Bread\n\nButter and\nsalt\r\n\r\nJam", &["Bread", "Butter and salt", "Jam"]);
    check("They want:\n- Bread\n- Butter", &["They want|:", "- Bread", "- Butter"]);
}

#[test]
fn wrapped_lines_are_joined() {
    let wrapped = "The two ministers met on Monday in the old town hall of the\n\
                   capital to talk about fishing rights. A spokeswoman for Ann\n\
                   Doe said that both sides had come closer. The talks will go\n\
                   on in May.\n\nIn short: they met.";
    check(
        wrapped,
        &[
            "The two ministers met on Monday in the old town hall of the capital to talk about fishing rights|.",
            "A spokeswoman for Ann Doe said that both sides had come closer|.",
            "The talks will go on in May|.",
            "In short|: they met|.",
        ],
    );
}

#[test]
fn any_text_is_accepted() {
    check("", &[]);
    check(" \t\r\n\u{2029}\u{a0}", &[]);
    check("\u{0}\u{1}a\u{7f}", &["\u{0}|\u{1}|a|\u{7f}"]);
    check("Hi 👩‍👩‍👧‍👦👍🏽 🇲🇦🇩🇿!", &["Hi 👩‍👩‍👧‍👦|👍🏽 🇲🇦|🇩🇿|!"]);
    check("cafe\u{301}.\u{301} x", &["cafe\u{301}|.\u{301} x"]);
    check("التقى الوزير بالرئيس. غادر لاحقا؟ نعم.", &["التقى الوزير بالرئيس|.", "غادر لاحقا|؟", "نعم|."]);
    check("ראש הממשלה נפגש. הוא עזב.", &["ראש הממשלה נפגש|.", "הוא עזב|."]);
    check("\u{feff}The end.", &["\u{feff}The end|."]);
    check("...", &["..."]);
    check(". . .", &[". . ."]);
}

#[test]
fn long_runs_take_linear_time() {
    for unit in [
        "word ",
        "a",
        "a.",
        "U.S.",
        "a-",
        "x@",
        "'s",
        "\"",
        "(",
        "1,",
        "1-",
        ".",
        "? ",
        "A. ",
        "[1",
        "\n",
        "é\u{301}",
        "he said\" ",
    ] {
        let text = unit.repeat(200_000 / unit.len());
        invariants(&segmented(&text));
    }
}

#[test]
fn given_tokens_are_kept() {
    let word = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let sentences = [word(&["Do", "n't", "", "go", "."]), word(&[]), word(&[""]), word(&["New York", "!"])];
    let result = from_tokens("x".into(), &sentences);
    assert_eq!(result.document.id, "x");
    assert_eq!(result.document.text, "Do n't go .\nNew York !");
    assert_eq!(render(&result), ["Do n't go .", "New York !"]);
    assert_eq!(from_tokens(String::new(), &[]).sentences, []);
}

#[test]
fn a_line_can_be_tokenized_as_one_sentence() {
    let text = "x It ended. Mr. Doe left. y";
    let span = Span::new(2, text.len() - 2);
    let words: Vec<_> = tokenize(text, span).into_iter().map(|token| token.of(text)).collect();
    assert_eq!(words, ["It", "ended", ".", "Mr.", "Doe", "left", "."]);
    assert_eq!(tokenize("short", Span::new(3, 99)), []);
    assert_eq!(tokenize("é", Span::new(1, 2)), []);
}

proptest! {
    #[test]
    fn everything_but_white_space_is_in_a_token(text in any::<String>()) {
        let result = segmented(&text);
        invariants(&result);
        prop_assert_eq!(&result, &segmented(&text));
    }

    #[test]
    fn text_like_news_is_tiled(
        text in "([A-Za-z]{1,6}|[0-9]{1,4}|U\\.S|Mr|n't|['\"“”’().,!?:;/&@#$%*_~\\[\\]\u{301}\u{200d}👍-]| |\n){0,60}"
    ) {
        let result = segmented(&text);
        invariants(&result);
        let whole = Span::new(0, text.len());
        let joined: String = tokenize(&text, whole).into_iter().map(|token| token.of(&text)).collect();
        prop_assert_eq!(joined, text.split_whitespace().collect::<String>());
    }

    #[test]
    fn no_token_begins_with_a_mark_after_its_base(text in "[a-z.'\u{301}\u{300}\u{fe0f}☺ -]{0,30}") {
        for token in tokenize(&text, Span::new(0, text.len())) {
            let after_space = text[..token.start()].chars().next_back().is_none_or(char::is_whitespace);
            let marked = token.of(&text).starts_with(['\u{301}', '\u{300}', '\u{fe0f}']);
            prop_assert!(after_space || !marked);
        }
    }
}
