//! The engine on libtorch and NER models, as users run them; and what a program without them says.

use super::run::Folder;

const TEXT: &[u8] =
    "date 2024-03-14\n\nKenyan Foreign Minister Amina Wanjiru met her Norwegian counterpart Lars Heggen in Mombasa on \
    Tuesday. Zoe\u{308} Müller 😀 of the Banco Rural del Soconusco can’t visit Oslo.\n"
        .as_bytes();

#[cfg(not(feature = "libtorch"))]
#[test]
fn a_program_without_libtorch_says_how_to_get_it() {
    let folder = Folder::new(&[("a.txt", TEXT)]);
    for options in [&["--engine", "libtorch"][..], &["--ner-model", "."]] {
        let args = [&["extract", "a.txt"], options].concat();
        folder
            .run(&args)
            .exits(2)
            .says("built without libtorch; build it with `cargo build --release --features libtorch`");
    }
}

#[test]
fn options_that_do_not_go_together() {
    let folder = Folder::new(&[("a.txt", TEXT)]);
    for (options, expect) in [
        (&["--device", "cpu"][..], "--device says where libtorch computes"),
        (&["--engine", "libtorch", "--device", "tpu"], "devices are cpu, cuda and cuda:N"),
        (&["--label-map", "MISC=none"], "--ner-model"),
        (&["--engine", "tensorflow"], "possible values: rten, libtorch"),
    ] {
        folder.run(&[&["extract", "a.txt"], options].concat()).exits(2).says(expect);
    }
}

#[cfg(feature = "libtorch")]
mod with_it {
    use std::fs;
    use std::path::Path;

    use serde_json::{Value, json};

    use super::*;

    fn checkpoint(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checkpoints").join(name)
    }

    /// A folder with an article and a copy of a checkpoint in `model`.
    fn with_model(name: &str) -> Folder {
        let folder = Folder::new(&[("a.txt", TEXT)]);
        for entry in fs::read_dir(checkpoint(name)).unwrap() {
            let path = entry.unwrap().path();
            folder.write(&format!("model/{}", path.file_name().unwrap().to_str().unwrap()), &fs::read(&path).unwrap());
        }
        folder
    }

    fn rewrite(folder: &Folder, file: &str, change: impl FnOnce(&mut Value)) {
        let path = folder.path(file);
        let mut value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut value);
        fs::write(path, value.to_string()).unwrap();
    }

    /// Entities of the one article that a run wrote, with all their mentions.
    fn entities(out: &[u8]) -> Vec<Value> {
        let document: Value = serde_json::from_slice(out).unwrap();
        document["entities"].as_array().unwrap().clone()
    }

    #[test]
    fn the_shipped_model_finds_the_same_on_both_engines() {
        let folder = Folder::new(&[("a.txt", TEXT)]);
        let triples = |engine: &str, jobs: &str| {
            let args = ["extract", "a.txt", "--emit", "triples", "--engine", engine, "-j", jobs];
            let ran = folder.run(&args).exits(0);
            let facts = ran.text().lines().map(|line| {
                let t: Value = serde_json::from_str(line).unwrap();
                format!("{} {} {}", t["subject"], t["predicate"], t["object"])
            });
            (facts.collect::<Vec<_>>(), ran.out.clone())
        };
        let (expected, _) = triples("rten", "1");
        let (found, bytes) = triples("libtorch", "1");
        assert_eq!(found, expected);
        assert!(found.len() >= 3);
        assert_eq!(triples("libtorch", "3").1, bytes);
    }

    #[test]
    fn every_family_tags_and_rules_work_on_it() {
        for name in ["bert", "deberta", "deberta-v2", "distilbert", "electra", "roberta", "xlm-roberta"] {
            let folder = Folder::new(&[("a.txt", TEXT)]);
            let model = checkpoint(name);
            let args = ["extract", "a.txt", "-j", "2", "--ner-model", model.to_str().unwrap()];
            let ran = folder.run(&args).exits(0);
            let text: Vec<char> = std::str::from_utf8(TEXT).unwrap().chars().collect();
            let mut n_mentions = 0;
            for entity in entities(&ran.out) {
                for mention in entity["mentions"].as_array().unwrap() {
                    let at = |end: &str| usize::try_from(mention[end].as_u64().unwrap()).unwrap();
                    let printed: String = text[at("start")..at("end")].iter().collect();
                    assert_eq!(mention["text"], printed, "{name}");
                    n_mentions += 1;
                }
            }
            assert!(n_mentions > 3, "{name}: {n_mentions}");
        }
    }

    #[test]
    fn labels_mean_what_the_map_says() {
        let folder = Folder::new(&[("a.txt", TEXT)]);
        let model = checkpoint("bert");
        let kinds = |map: &str| {
            let args = ["parse", "a.txt", "--ner-model", model.to_str().unwrap(), "--label-map", map];
            let ran = folder.run(&args).exits(0);
            let mut kinds: Vec<String> = ran
                .text()
                .lines()
                .filter_map(|line| line.split_once("NER=B-"))
                .map(|(_, kind)| kind.to_owned())
                .collect();
            kinds.sort();
            kinds.dedup();
            kinds
        };
        let usual = kinds("MISC=misc");
        assert!(usual.contains(&"person".to_owned()), "{usual:?}");
        let none = kinds("PER=none,ORG=none");
        assert!(none.iter().all(|kind| kind != "person" && kind != "organization"), "{none:?}");
        let swapped = kinds("PER=organization,ORG=person,LOC=group,MISC=none");
        assert!(swapped.iter().all(|kind| kind != "place"), "{swapped:?}");
    }

    #[test]
    fn a_model_that_cannot_be_used_is_named_before_anything_is_read() {
        type Harm = fn(&Folder);
        let cases: [(&str, &str, Harm, &[&str]); 20] = [
            (
                "bert",
                "no heads",
                |f| rewrite(f, "model/config.json", |c| c["num_attention_heads"] = json!(0)),
                &["model/config.json", "num_attention_heads is 0"],
            ),
            (
                "distilbert",
                "heads that do not divide",
                |f| rewrite(f, "model/config.json", |c| c["n_heads"] = json!(5)),
                &["model/config.json", "dim is 32, which 5 heads"],
            ),
            (
                "roberta",
                "no epsilon",
                |f| rewrite(f, "model/config.json", |c| c["layer_norm_eps"] = json!(0)),
                &["model/config.json", "layer_norm_eps is 0"],
            ),
            (
                "bert",
                "no config",
                |f| fs::remove_file(f.path("model/config.json")).unwrap(),
                &["model/config.json", "missing"],
            ),
            (
                "bert",
                "no weights",
                |f| fs::remove_file(f.path("model/model.safetensors")).unwrap(),
                &["model/model.safetensors", "save_pretrained(DIR, safe_serialization=True)"],
            ),
            (
                "bert",
                "old weights",
                |f| fs::rename(f.path("model/model.safetensors"), f.path("model/pytorch_model.bin")).unwrap(),
                &["model/pytorch_model.bin", "old pickle format", "safe_serialization=True"],
            ),
            (
                "bert",
                "weights in parts",
                |f| {
                    fs::remove_file(f.path("model/model.safetensors")).unwrap();
                    f.write("model/model.safetensors.index.json", b"{}");
                },
                &["model.safetensors.index.json", "max_shard_size"],
            ),
            (
                "bert",
                "no tokenizer",
                |f| fs::remove_file(f.path("model/tokenizer.json")).unwrap(),
                &["model/tokenizer.json", "AutoTokenizer"],
            ),
            ("bert", "broken tokenizer", |f| f.write("model/tokenizer.json", b"{"), &["model/tokenizer.json"]),
            ("bert", "broken config", |f| f.write("model/config.json", b"[1"), &["model/config.json"]),
            (
                "bert",
                "cut weights",
                |f| {
                    let bytes = fs::read(f.path("model/model.safetensors")).unwrap();
                    f.write("model/model.safetensors", &bytes[..bytes.len() - 100]);
                },
                &["model/model.safetensors", "no safetensors file"],
            ),
            (
                "bert",
                "a page instead of weights",
                |f| f.write("model/model.safetensors", b"version https://git-lfs"),
                &["model/model.safetensors", "no safetensors file"],
            ),
            (
                "bert",
                "no labels",
                |f| {
                    rewrite(f, "model/config.json", |c| drop(c.as_object_mut().unwrap().remove("id2label")));
                },
                &["model/config.json", "no id2label"],
            ),
            (
                "bert",
                "unknown labels",
                |f| {
                    rewrite(f, "model/config.json", |c| c["id2label"]["1"] = json!("B-GENE"));
                },
                &["model/config.json", "labels that are not known: GENE", "--label-map GENE=KIND"],
            ),
            (
                "bert",
                "not as many labels",
                |f| {
                    rewrite(f, "model/config.json", |c| c["id2label"]["9"] = json!("B-PER"));
                },
                &["model/model.safetensors", "classifier"],
            ),
            (
                "bert",
                "another vocabulary",
                |f| {
                    rewrite(f, "model/config.json", |c| c["vocab_size"] = json!(300));
                },
                &["model/tokenizer.json", "600 pieces and config.json says vocab_size 300"],
            ),
            (
                "distilbert",
                "a vocabulary without special pieces",
                |f| f.write("model/vocab.txt", b"a\nb\n"),
                &["model/vocab.txt", "no piece [UNK]"],
            ),
            (
                "bert",
                "another architecture",
                |f| {
                    rewrite(f, "model/config.json", |c| c["architectures"] = json!(["BertForMaskedLM"]));
                },
                &["model/config.json", "it is a BertForMaskedLM"],
            ),
            (
                "bert",
                "an unknown family",
                |f| {
                    rewrite(f, "model/config.json", |c| c["model_type"] = json!("mamba"));
                },
                &["model/config.json", "`mamba`", "bert, roberta"],
            ),
            (
                "bert",
                "positions that rust-bert has not",
                |f| {
                    rewrite(f, "model/config.json", |c| c["position_embedding_type"] = json!("relative_key"));
                },
                &["model/config.json", "relative_key"],
            ),
        ];
        for (name, what, harm, expect) in cases {
            let folder = with_model(name);
            harm(&folder);
            // The article is not there either: the model is what is told about.
            let mut ran = folder.run(&["extract", "a.txt", "-o", "out.jsonl", "--ner-model", "model"]).exits(2);
            for part in expect {
                ran = ran.says(part);
            }
            assert!(ran.out.is_empty(), "{what}");
            assert!(!folder.path("out.jsonl").exists(), "{what}");
        }
    }

    #[test]
    fn a_device_that_is_not_there_is_an_error() {
        let folder = Folder::new(&[("a.txt", TEXT)]);
        let model = checkpoint("bert");
        for options in [
            &["--engine", "libtorch", "--device", "cuda:77"][..],
            &["--ner-model", model.to_str().unwrap(), "--device", "cuda:77"],
        ] {
            let ran = folder.run(&[&["extract", "a.txt"], options].concat()).exits(2);
            ran.says("there is no device cuda:77").says("--device cpu");
        }
    }

    #[test]
    fn damaged_float_weights_of_the_shipped_model_are_named() {
        let folder = Folder::new(&[("a.txt", TEXT)]);
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/news-en");
        for file in ["config.json", "lemmas.tsv", "tokenizer.json", "model.safetensors"] {
            folder.write(&format!("model/{file}"), &fs::read(shipped.join(file)).unwrap());
        }
        let args = ["extract", "a.txt", "--engine", "libtorch", "--model", "model"];
        // The graphs are not needed.
        folder.run(&args).exits(0);
        rewrite(&folder, "model/config.json", |c| c["encoder"]["num_attention_heads"] = json!(0));
        folder.run(&args).exits(2).says("config.json").says("num_attention_heads is 0");
        rewrite(&folder, "model/config.json", |c| c["encoder"]["num_attention_heads"] = json!(12));
        rewrite(&folder, "model/config.json", |c| c["encoder"]["num_hidden_layers"] = json!(7));
        folder.run(&args).exits(2).says("model.safetensors").says("bert.encoder.layer.6");
        rewrite(&folder, "model/config.json", |c| c["encoder"]["hidden_size"] = json!(96));
        folder.run(&args).exits(2).says("model.safetensors").says("config.json asks for");
        folder.write("model/model.safetensors", b"no");
        folder.run(&args).exits(2).says("model.safetensors").says("no safetensors file");
    }

    /// A hub of our own, which knows one model and answers until it is asked to `QUIT`; then it says what it was asked.
    fn hub(model: &str) -> (String, std::thread::JoinHandle<Vec<String>>) {
        use std::io::{BufRead, BufReader, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let folder = checkpoint(model);
        let server = std::thread::spawn(move || {
            let mut asked = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let request = lines.next().unwrap().unwrap();
                if request == "QUIT" {
                    return asked;
                }
                while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
                let mut parts = request.split(' ');
                let (method, path) = (parts.next().unwrap(), parts.next().unwrap().to_owned());
                let file = path.strip_prefix("/somebody/ner-model/resolve/main/");
                let (status, body) = match file.and_then(|file| fs::read(folder.join(file)).ok()) {
                    Some(body) => ("200 OK", body),
                    None => ("404 Not Found", Vec::new()),
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nETag: \"1\"\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes()).unwrap();
                if method == "GET" {
                    stream.write_all(&body).unwrap();
                }
                asked.push(request);
            }
        });
        (address, server)
    }

    #[test]
    fn a_model_is_fetched_from_the_hub() {
        let folder = Folder::new(&[("a.txt", TEXT)]);
        let (address, server) = hub("bert");
        let args = ["extract", "a.txt", "-q", "--ner-model", "somebody/ner-model"];
        let output = folder
            .command(&args)
            .env("HF_ENDPOINT", &address)
            .env("RUSTBERT_CACHE", folder.path("cache"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let host = address.trim_start_matches("http://").trim_end_matches('/');
        std::io::Write::write_all(&mut std::net::TcpStream::connect(host).unwrap(), b"QUIT\n").unwrap();
        let asked = server.join().unwrap();
        for file in ["config.json", "tokenizer.json", "model.safetensors"] {
            assert!(asked.iter().any(|request| request.starts_with("GET") && request.contains(file)), "{asked:?}");
        }
        assert!(asked.iter().all(|request| !request.contains("vocab") && !request.contains(".bin")), "{asked:?}");
        let local =
            folder.run(&["extract", "a.txt", "-q", "--ner-model", checkpoint("bert").to_str().unwrap()]).exits(0);
        assert!(output.stdout == local.out);
    }

    #[test]
    fn a_hub_out_of_reach_is_named_with_the_way_out() {
        let folder = Folder::new(&[("a.txt", TEXT)]);
        let run = |model: &str| {
            let mut command = folder.command(&["extract", "a.txt", "--ner-model", model]);
            // Nobody listens at the port for discarding.
            command.env("HF_ENDPOINT", "http://127.0.0.1:9").env("RUSTBERT_CACHE", folder.path("cache"));
            let output = command.output().unwrap();
            assert_eq!(output.status.code(), Some(2));
            String::from_utf8(output.stderr).unwrap()
        };
        let message = run("somebody/ner-model");
        for part in ["http://127.0.0.1:9/somebody/ner-model/resolve/main/config.json", "--ner-model DIR"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(run("./no/such/folder").contains("there is no such folder"));
        assert!(run("../up").contains("there is no such folder"));
    }
}
