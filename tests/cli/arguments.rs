//! What is refused before anything is read, and what needs no model.

use std::process::Stdio;

use crate::run::Folder;

#[test]
fn wrong_arguments_stop_the_run_and_say_what_to_do() {
    let folder = Folder::new(&[("a.txt", b"Rain fell."), ("notes.md", b"x"), ("out.jsonl", b"{}")]);
    for (args, said) in [
        (&["extract"][..], "nothing to read; name files or folders, or `-` for standard input"),
        (&["extract", "b.txt"], "error: b.txt: no such file or folder; check the spelling"),
        (&["extract", "a.txt", "notes.md"], "error: notes.md: unknown kind of file; known endings are .txt, .jsonl"),
        (&["extract", "out.jsonl", "-o", "out.jsonl"], "out.jsonl: is also the file to write; choose another name"),
        (&["extract", "a.txt", "--min-confidence", "2"], "a number from 0 to 1 is wanted"),
        (&["extract", "a.txt", "--min-confidence", "NaN"], "a number from 0 to 1 is wanted"),
        (&["extract", "a.txt", "--jobs", "0"], "--jobs"),
        (&["extract", "a.txt", "--emit", "tuples"], "possible values: documents, triples"),
        (&["extract", "a.txt", "--no-such"], "--no-such"),
        (&["schema", "tuples"], "possible values: documents, triples"),
        (&["no-such"], "no-such"),
    ] {
        let ran = folder.run(args).exits(2).says(said);
        assert!(ran.out.is_empty(), "{args:?}");
    }
    folder.run_with_stdin(&["extract"], b"Rain fell.").exits(2).says("or `-` for standard input");
    assert_eq!(folder.names(), ["a.txt", "notes.md", "out.jsonl"]);
}

#[test]
fn help_and_version_are_data() {
    let folder = Folder::new(&[]);
    let help = folder.run(&["extract", "--help"]).exits(0);
    for option in ["--emit", "--format", "--jobs", "--fail-fast", "--no-open", "--min-confidence", "--model", "--rules"]
    {
        assert!(help.text().contains(option), "{option}");
    }
    assert!(help.text().contains("Exit codes: 0 done"));
    assert!(folder.run(&["--version"]).exits(0).text().starts_with("tidings "));
}

#[test]
fn schemas_are_json_schemas() {
    let folder = Folder::new(&[]);
    let schema =
        |args: &[&str]| -> serde_json::Value { serde_json::from_slice(&folder.run(args).exits(0).out).unwrap() };
    let documents = schema(&["schema", "documents"]);
    let triples = schema(&["schema", "triples"]);
    jsonschema::validator_for(&documents).unwrap();
    jsonschema::validator_for(&triples).unwrap();
    let graph = schema(&["schema", "graph"]);
    assert_eq!(documents["title"], "Document");
    assert_eq!(schema(&["schema"]), serde_json::json!({"documents": documents, "triples": triples, "graph": graph}));
}

#[test]
fn a_pipe_that_nobody_reads_is_no_error() {
    let folder = Folder::new(&[]);
    let mut child =
        folder.command(&["schema"]).stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = Folder::new(&[]).command(&["schema"]).stdout(full).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("standard output: the disk is full"));
}
