//! `tidings extract` from file to file: what goes in, what comes out, and what happens when things go wrong.
//!
//! None of these depends on what the model finds, only that it finds something in [`STORY`].

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use tidings::read::Compression;
use tidings::write::documents::Document;
use tidings::write::triples::Triple;

use crate::run::{Folder, Ran};

const STORY: &str =
    "Finance Minister Ana Duarte met Tomasz Wolski in Lisbon on Monday. Portugal thanked Poland for its help.";

fn documents(ran: &Ran) -> Vec<Document> {
    documents_of(ran.text())
}

fn documents_of(text: &str) -> Vec<Document> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ids(ran: &Ran) -> Vec<String> {
    documents(ran).into_iter().map(|document| document.id).collect()
}

fn json_line(id: &str, text: &str) -> String {
    format!("{}\n", serde_json::json!({"id": id, "text": text}))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

/// Every span of the output slices the text to the letter it shows.
#[track_caller]
fn spans_hold(document: &Document, text: &str) {
    let chars: Vec<char> = text.chars().collect();
    let slice = |start: usize, end: usize| chars[start..end].iter().collect::<String>();
    for mention in document.entities.iter().flat_map(|entity| &entity.mentions) {
        assert_eq!(slice(mention.start, mention.end), mention.text);
        assert!(mention.sentence < document.n_sentences);
    }
    for relation in &document.relations {
        let evidence = &relation.evidence;
        assert_eq!(slice(evidence.trigger.start, evidence.trigger.end), evidence.trigger.text);
        for argument in [&evidence.subject, &evidence.object] {
            assert_eq!(slice(argument.start, argument.end), argument.text);
            // The state that an official serves, or one of "both countries", may be named in another sentence.
            let inside = evidence.start <= argument.start && argument.end <= evidence.end;
            assert!(inside || argument.end <= evidence.start || evidence.end <= argument.start);
        }
        assert!(relation.subject < document.entities.len() && relation.object < document.entities.len());
    }
}

#[test]
fn a_folder_gives_one_document_a_line_in_sorted_order() {
    let folder = Folder::new(&[
        ("in/b.txt", STORY.as_bytes()),
        ("in/a/late.jsonl", (json_line("one", STORY) + &json_line("two", STORY)).as_bytes()),
        ("in/C.txt", format!("date 2021-06-01 {STORY}").as_bytes()),
        ("in/readme.md", b"not read"),
    ]);
    let ran = folder.run(&["extract", "in"]).exits(0).says("done: 4 articles, ").says("0 skipped");
    assert_eq!(ids(&ran), ["C", "one", "two", "b"]);
    let found = documents(&ran);
    assert_eq!(found[0].published.as_deref(), Some("2021-06-01"));
    for document in &found[1..] {
        assert!(!document.entities.is_empty() && document.n_words >= 16);
        spans_hold(document, STORY);
    }
    assert_eq!(folder.run(&["extract", "in", "--quiet"]).exits(0).err, "");
}

#[test]
fn triples_are_the_relations_of_the_documents() {
    let folder = Folder::new(&[("a.txt", STORY.as_bytes())]);
    let found = documents(&folder.run(&["extract", "a.txt"]).exits(0)).remove(0);
    let ran = folder.run(&["extract", "a.txt", "--emit", "triples"]).exits(0);
    let triples: Vec<Triple> = ran.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!triples.is_empty());
    assert_eq!(triples.len(), found.relations.len());
    for (triple, relation) in triples.iter().zip(&found.relations) {
        assert_eq!(triple.doc, "a");
        assert_eq!(triple.subject, found.entities[relation.subject].name);
        assert_eq!(triple.object, found.entities[relation.object].name);
        assert_eq!((triple.start, triple.end), (relation.evidence.start, relation.evidence.end));
        assert!(STORY.contains(&triple.sentence));
    }
    let none = folder.run(&["extract", "a.txt", "--emit", "triples", "--min-confidence", "1", "--no-open"]).exits(0);
    assert!(none.text().lines().count() <= triples.len());
}

#[test]
fn output_is_what_the_schema_says() {
    let folder = Folder::new(&[("a.txt", STORY.as_bytes())]);
    for emit in ["documents", "triples"] {
        let schema = serde_json::from_slice(&folder.run(&["schema", emit]).exits(0).out).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for line in folder.run(&["extract", "a.txt", "--emit", emit]).exits(0).text().lines() {
            assert!(validator.is_valid(&serde_json::from_str(line).unwrap()), "{line}");
        }
    }
}

#[test]
fn people_get_lines_without_colours_in_a_pipe() {
    let folder = Folder::new(&[("a.txt", STORY.as_bytes())]);
    let ran = folder.run(&["extract", "a.txt", "--format", "terminal"]).exits(0);
    assert!(ran.text().starts_with("a\n"));
    assert!(ran.text().contains(" — "));
    assert!(!ran.text().contains('\u{1b}'));
    let forced = folder
        .command(&["extract", "a.txt", "--format", "terminal"])
        .env("CLICOLOR_FORCE", "1")
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    assert!(forced.stdout.contains(&0x1B));
}

#[test]
fn standard_input_shows_its_kind() {
    let folder = Folder::new(&[]);
    let lines = json_line("one", STORY) + &json_line("two", STORY);
    for (input, expect) in [
        (STORY.as_bytes().to_vec(), &["stdin"][..]),
        (lines.clone().into_bytes(), &["one", "two"]),
        (format!("\n  {lines}").into_bytes(), &["one", "two"]),
        (gzip(lines.as_bytes()), &["one", "two"]),
        (zstd(STORY.as_bytes()), &["stdin"]),
    ] {
        let ran = folder.run_with_stdin(&["extract", "-"], &input).exits(0);
        assert_eq!(ids(&ran), expect);
    }
    let forced = folder.run_with_stdin(&["extract", "-", "--input-format", "txt"], lines.as_bytes()).exits(0);
    assert_eq!(ids(&forced), ["stdin"]);
    folder.run_with_stdin(&["extract", "-"], b"").exits(1).says("skipped: standard input: empty");
}

#[test]
fn fields_can_be_renamed() {
    let line =
        serde_json::json!({"story": STORY, "key": 7, "head": "H", "day": "2 Jun 2021 08:00:00 GMT", "from": "S"});
    let folder = Folder::new(&[("a.jsonl", line.to_string().as_bytes())]);
    let args = ["extract", "a.jsonl", "--text-field", "story", "--id-field", "key", "--title-field", "head"];
    let args = [&args[..], &["--date-field", "day", "--source-field", "from"]].concat();
    let document = documents(&folder.run(&args).exits(0)).remove(0);
    let label = |x: Option<String>| x.unwrap_or_default();
    let got = [document.id, label(document.title), label(document.published), label(document.source)];
    assert_eq!(got, ["7", "H", "2021-06-02", "S"]);
    folder.run(&["extract", "a.jsonl"]).exits(1).says("a.jsonl:1: field `text` (or `content`, `body`) is missing");
}

#[test]
fn a_broken_line_costs_one_article() {
    let input =
        [json_line("one", STORY), "{\"text\": \"Rain\n".to_owned(), "\n".to_owned(), json_line("two", STORY)].concat();
    let folder = Folder::new(&[("feed.jsonl", input.as_bytes())]);
    let ran = folder.run(&["extract", "feed.jsonl"]).exits(1);
    assert_eq!(ids(&ran), ["one", "two"]);
    ran.says("skipped: feed.jsonl:2: broken JSON at column").says("2 articles, ").says("1 skipped");
}

#[test]
fn unusable_files_are_named_and_the_others_are_done() {
    let folder = Folder::new(&[
        ("in/1.txt", STORY.as_bytes()),
        ("in/2.txt", b""),
        ("in/3.txt", b"caf\xe9"),
        ("in/4.jsonl", b"{\"text\":\"\xff\"}\n"),
        ("in/5.jsonl", b""),
        ("in/6.txt.gz", b"no gzip"),
        ("in/7.txt", STORY.as_bytes()),
    ]);
    let ran = folder.run(&["extract", "in"]).exits(1);
    assert_eq!(ids(&ran), ["1", "7"]);
    ran.says("skipped: in/2.txt: empty")
        .says("skipped: in/3.txt: not UTF-8 at byte 3")
        .says("skipped: in/4.jsonl:1: not UTF-8 at byte 9")
        .says("skipped: in/5.jsonl: empty")
        .says("skipped: in/6.txt.gz: damaged compressed file")
        .says("5 skipped");
}

#[test]
fn a_truncated_file_gives_what_stands_before_the_cut() {
    let lines: String =
        (0..200u32).map(|i| json_line(&format!("{i}-{:x}", i.wrapping_mul(2_654_435_761)), "Rain fell.")).collect();
    for (name, mut packed) in [("feed.jsonl.gz", gzip(lines.as_bytes())), ("feed.jsonl.zst", zstd(lines.as_bytes()))] {
        packed.truncate(packed.len() - 20);
        let folder = Folder::new(&[(name, &packed), ("next.txt", STORY.as_bytes())]);
        let ran = folder.run(&["extract", name, "next.txt"]).exits(1);
        let ids = ids(&ran);
        assert_eq!(ids.last().unwrap(), "next");
        if name.ends_with("gz") {
            assert!(ids.len() > 100, "{}", ids.len());
        }
        ran.says(&format!("skipped: {name}")).says("damaged compressed file").says("1 skipped");
    }
}

#[cfg(unix)]
#[test]
fn an_unreadable_folder_is_named_and_the_others_are_done() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new(&[("in/closed/1.txt", STORY.as_bytes()), ("in/open.txt", STORY.as_bytes())]);
    let closed = folder.path("in/closed");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may read everything; there is nothing to see then.
    let can_read = std::fs::read_dir(&closed).is_ok();
    let ran = folder.run(&["extract", "in"]);
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
    if !can_read {
        let ran = ran.exits(1).says("skipped: in/closed: cannot be read");
        assert_eq!(ids(&ran), ["open"]);
    }
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_a_circle_are_named() {
    let folder = Folder::new(&[("in/a.txt", STORY.as_bytes())]);
    std::os::unix::fs::symlink(folder.path("in"), folder.path("in/loop")).unwrap();
    let ran =
        folder.run(&["extract", "in"]).exits(1).says("in/loop: cannot be read").says("a symbolic link leads back");
    assert_eq!(ids(&ran), ["a"]);
}

#[test]
fn fail_fast_stops_and_leaves_no_file() {
    let input = [json_line("one", STORY), "{\n".to_owned(), json_line("two", STORY)].concat();
    let folder = Folder::new(&[("feed.jsonl", input.as_bytes())]);
    let ran = folder.run(&["extract", "feed.jsonl", "--fail-fast", "-o", "out.jsonl"]).exits(2);
    ran.says("error: stopped at the first bad record").says("feed.jsonl:2: broken JSON");
    assert_eq!(folder.names(), ["feed.jsonl"]);
    let ran = folder.run(&["extract", "feed.jsonl", "--fail-fast"]).exits(2);
    assert_eq!(ids(&ran), ["one"]);
}

#[test]
fn a_file_is_written_complete_and_packed_as_its_name_says() {
    let folder = Folder::new(&[("in/a.txt", STORY.as_bytes()), ("in/b.txt", STORY.as_bytes())]);
    let plain = folder.run(&["extract", "in"]).exits(0).out;
    for (name, compression) in
        [("out.jsonl", Compression::None), ("out.jsonl.gz", Compression::Gzip), ("out.jsonl.zst", Compression::Zstd)]
    {
        let ran = folder.run(&["extract", "in", "-o", name]).exits(0);
        assert!(ran.out.is_empty());
        let mut bytes = Vec::new();
        let packed = std::io::Cursor::new(std::fs::read(folder.path(name)).unwrap());
        std::io::Read::read_to_end(&mut compression.unpack(packed), &mut bytes).unwrap();
        assert!(bytes == plain, "{name}");
    }
    assert_eq!(folder.names(), ["in", "out.jsonl", "out.jsonl.gz", "out.jsonl.zst"]);
    folder.run(&["extract", "in", "-o", "no/out.jsonl"]).exits(2).says("check that the folder is there");
}

#[test]
fn an_output_inside_the_input_folder_is_not_read_back() {
    let folder = Folder::new(&[("a.txt", STORY.as_bytes())]);
    for _ in 0..2 {
        folder.run(&["extract", ".", "-o", "out.jsonl"]).exits(0).says("1 article,");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_says_so() {
    let folder = Folder::new(&[("a.txt", STORY.as_bytes())]);
    folder.run(&["extract", "a.txt", "-o", "/dev/full"]).exits(2).says("/dev/full: the disk is full; make room");
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = folder.command(&["extract", "a.txt"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("standard output: the disk is full"));
}

#[test]
fn a_closed_pipe_is_no_error_even_while_input_is_still_open() {
    let folder = Folder::new(&[]);
    let mut child = folder
        .command(&["extract", "-", "--quiet", "--jobs", "2"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let line = json_line("x", STORY);
    // Enough to fill batches and be written; the end of the input does not come before the program has ended.
    while stdin.write_all(line.as_bytes()).is_ok() {}
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing_under_the_final_name() {
    let folder = Folder::new(&[("out.jsonl", b"before")]);
    let mut child = folder
        .command(&["extract", "-", "-o", "out.jsonl"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for _ in 0..50 {
        stdin.write_all(json_line("x", STORY).as_bytes()).unwrap();
    }
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    assert!(!child.wait().unwrap().success());
    assert_eq!(std::fs::read(folder.path("out.jsonl")).unwrap(), b"before");
}

#[test]
fn the_bytes_do_not_depend_on_the_jobs() {
    let mut input = String::new();
    for i in 0..60 {
        let text = if i % 9 == 0 { STORY.repeat(12) } else { format!("Delegate Number{i} met Bruno Keller. {STORY}") };
        input.push_str(&json_line(&i.to_string(), &text));
        if i % 20 == 7 {
            input.push_str("broken\n");
        }
    }
    let folder = Folder::new(&[("feed.jsonl", input.as_bytes())]);
    for emit in ["documents", "triples"] {
        let outputs: BTreeMap<Vec<u8>, &str> = ["1", "4"]
            .into_iter()
            .map(|jobs| (folder.run(&["extract", "feed.jsonl", "--emit", emit, "--jobs", jobs]).exits(1).out, jobs))
            .collect();
        assert_eq!(outputs.len(), 1);
    }
    let ran = folder.run(&["extract", "feed.jsonl", "--jobs", "3"]).exits(1).says("3 skipped");
    assert_eq!(ids(&ran), (0..60).map(|i| i.to_string()).collect::<Vec<_>>());
}

#[test]
fn strange_texts_keep_their_offsets() {
    let family = "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}";
    let texts = [
        format!("{family}\u{1F1F5}\u{1F1F9} {STORY} {family}"),
        format!("Ange\u{301}lica Ro\u{308}mer met Tomasz Wolski. {STORY}"),
        format!("قال وزير الخارجية اليوم. {STORY} שלום לכולם."),
        format!("\u{202E}Ana Duarte\u{202C} met\u{200B} Tomasz Wolski. {STORY}"),
        format!("Ana\u{0}Duarte \u{7}met\u{1b}[31m Tomasz\u{b}Wolski.\r\n\r\n\u{85}{STORY}\u{2028}{STORY}"),
        format!("{STORY}\u{FEFF}\u{FFFD} ﷽ ß İ ŉ ǆ {STORY}"),
        "\u{1F600}".to_owned(),
        "...!?".to_owned(),
        "a".to_owned(),
    ];
    let input: String = texts.iter().enumerate().map(|(i, text)| json_line(&i.to_string(), text)).collect();
    let folder = Folder::new(&[("feed.jsonl", input.as_bytes())]);
    let found = documents(&folder.run(&["extract", "feed.jsonl"]).exits(0));
    assert_eq!(found.len(), texts.len());
    for (document, text) in found.iter().zip(&texts) {
        spans_hold(document, text);
    }
    let ran = folder.run(&["extract", "feed.jsonl", "--format", "terminal"]).exits(0);
    assert!(!ran.text().contains(['\u{1b}', '\u{7}', '\u{0}', '\u{202E}']));
}

#[test]
fn a_very_long_line_without_a_full_stop_is_taken_whole() {
    let text = "Ana Duarte and Tomasz Wolski talked on and on and ".repeat(4000);
    let folder = Folder::new(&[("a.txt", text.as_bytes())]);
    let found = documents(&folder.run(&["extract", "a.txt"]).exits(0));
    spans_hold(&found[0], &text);
    let last = found[0].entities.iter().flat_map(|e| &e.mentions).map(|m| m.end).max().unwrap_or(0);
    assert!(last > text.len() * 9 / 10, "nothing found behind character {last} of {}", text.len());
}

#[test]
fn unknown_dates_are_noted() {
    let line = serde_json::json!({"text": STORY, "date": "the day before"}).to_string();
    let folder = Folder::new(&[("a.jsonl", line.as_bytes())]);
    let ran = folder.run(&["extract", "a.jsonl"]).exits(0).says("note: dates of publication not understood: 1; those");
    assert_eq!(documents(&ran)[0].published, None);
}

#[test]
fn a_folder_without_articles_is_noted() {
    let folder = Folder::new(&[("in/a.md", b"x")]);
    let ran = folder.run(&["extract", "in"]).exits(0);
    assert!(ran.out.is_empty());
    ran.says("note: found no .txt, .jsonl or .ndjson files, packed or not (1 other file was left out)")
        .says("0 articles");
}
