//! The articles that the benches work on.

use std::path::Path;

use tidings::document::Document;

/// The texts of the sample articles and of the annotated ones, in sorted order.
pub(crate) fn texts() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = ["data/examples", "tests/facts/articles"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// The articles of those texts.
pub(crate) fn documents(texts: &[String]) -> Vec<Document> {
    let document = |(id, text): (usize, &String)| Document {
        id: id.to_string(),
        source: None,
        title: None,
        published: None,
        text: text.clone(),
    };
    texts.iter().enumerate().map(document).collect()
}
