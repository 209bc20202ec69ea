//! What the repository shows to newcomers: the sample articles and the commands of the README.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tidings::write::triples::Triple;

use crate::run::Folder;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn examples() -> String {
    Path::new(ROOT).join("data/examples").to_str().unwrap().to_owned()
}

/// Command lines of the fenced `sh` and `console` blocks that run this program, as its arguments.
fn commands(readme: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fence = None;
    for line in readme.lines() {
        if let Some(language) = line.strip_prefix("```") {
            fence = if fence.is_none() { Some(language.trim()) } else { None };
        } else if matches!(fence, Some("sh" | "console")) {
            let command = line.strip_prefix("$ ").unwrap_or(line);
            let arguments =
                ["tidings ", "cargo run --release -- "].into_iter().find_map(|program| command.strip_prefix(program));
            found.extend(arguments.map(str::to_owned));
        }
    }
    found
}

#[cfg(unix)]
#[test]
fn the_readmes_commands_work() {
    let readme = std::fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let commands = commands(&readme);
    assert!(commands.iter().any(|command| command.starts_with("extract data/examples")), "{commands:?}");
    let bin = Path::new(env!("CARGO_BIN_EXE_tidings"));
    // They run beside a copy of what they read, so that files they write do no harm.
    let folder = Folder::new(&[]);
    for part in ["data/examples", "data/rules"] {
        for entry in std::fs::read_dir(Path::new(ROOT).join(part)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{part}/{}", path.file_name().unwrap().to_str().unwrap());
            folder.write(&name, &std::fs::read(&path).unwrap());
        }
    }
    for (name, block) in toml_blocks(&readme) {
        folder.write(&name, block.as_bytes());
    }
    for command in commands {
        let output = Command::new("sh")
            .args(["-c", &format!("'{}' {command}", bin.display())])
            .current_dir(folder.path("."))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "tidings {command}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// Fenced `toml` blocks whose first line is a comment with a file's name.
fn toml_blocks(readme: &str) -> Vec<(String, String)> {
    readme
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| {
            let block = rest.split("```").next()?;
            let name = block.lines().next()?.strip_prefix("# ")?;
            Some((name.to_owned(), block.to_owned()))
        })
        .collect()
}

#[test]
fn the_sample_articles_give_valid_lines_for_any_number_of_jobs() {
    let folder = Folder::new(&[]);
    let examples = examples();
    for emit in ["documents", "triples"] {
        let schema = serde_json::from_slice(&folder.run(&["schema", emit]).exits(0).out).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let ran = folder.run(&["extract", &examples, "--emit", emit, "--jobs", "1"]).exits(0);
        assert!(ran.text().lines().count() >= 4);
        for line in ran.text().lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            if let Err(error) = validator.validate(&line) {
                panic!("{error} in {line}");
            }
        }
        let four = folder.run(&["extract", &examples, "--emit", emit, "--jobs", "4"]).exits(0);
        assert!(four.out == ran.out, "{emit}");
    }
}

#[test]
fn the_sample_articles_triples() {
    let folder = Folder::new(&[]);
    let ran = folder.run(&["extract", &examples(), "--emit", "triples"]).exits(0);
    let mut shown = String::new();
    let mut doc = String::new();
    for line in ran.text().lines() {
        let t: Triple = serde_json::from_str(line).unwrap();
        if t.doc != doc {
            doc.clone_from(&t.doc);
            writeln!(shown, "{doc}").unwrap();
        }
        let (subject, object) = (&t.subject, &t.object);
        write!(shown, "  {subject} ({}) | {} | {object} ({})", t.subject_kind, t.predicate, t.object_kind).unwrap();
        write!(shown, "  [{} {}", t.polarity.as_str(), t.modality.as_str()).unwrap();
        for (label, value) in [("by", t.attribution), ("time", t.time), ("place", t.place)] {
            if let Some(value) = value {
                write!(shown, ", {label} {value}").unwrap();
            }
        }
        writeln!(shown, "] {} {}", t.class, t.rule).unwrap();
    }
    insta::assert_snapshot!(shown);
}
