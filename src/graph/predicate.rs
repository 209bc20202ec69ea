//! What the inventory of predicates says beside their names.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Words for people, Wikidata properties and schema.org terms of a shipped predicate.
static SHIPPED: LazyLock<BTreeMap<&'static str, [&'static str; 3]>> = LazyLock::new(|| {
    let rows = include_str!("../../data/rules/predicates.tsv").lines().filter(|row| !row.starts_with('#'));
    let fields = rows.map(|row| row.split('\t').collect::<Vec<_>>());
    let of = |f: Vec<&'static str>| Some((*f.first()?, [*f.get(4)?, *f.get(7)?, *f.get(8)?]));
    fields.filter_map(of).collect()
});

/// Words for people; of a predicate that the inventory does not have, its own.
pub(super) fn label(predicate: &str) -> String {
    SHIPPED.get(predicate).map_or_else(|| predicate.replace('_', " "), |[phrase, ..]| (*phrase).to_owned())
}

/// The IRIs of Wikidata properties and schema.org terms that mean the same.
pub(super) fn same_elsewhere(predicate: &str) -> impl Iterator<Item = String> {
    let [_, wikidata, schema] = SHIPPED.get(predicate).copied().unwrap_or_default();
    let names = [("http://www.wikidata.org/entity/", wikidata), ("https://schema.org/", schema)];
    names.into_iter().flat_map(|(namespace, names)| {
        names.split(',').filter(|name| !name.is_empty()).map(move |name| format!("{namespace}{name}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_predicates_have_words_and_others_their_own() {
        assert_eq!(label("cut_ties_with"), "cut ties with");
        assert_eq!(label("hold_talks_with"), "held talks with");
        assert_eq!(label("sing_to"), "sing to");
        let rows = include_str!("../../data/rules/predicates.tsv").lines().filter(|row| !row.starts_with('#'));
        assert_eq!(SHIPPED.len(), rows.count());
        let all: Vec<String> = SHIPPED.keys().flat_map(|predicate| same_elsewhere(predicate)).collect();
        assert!(all.iter().any(|iri| iri.starts_with("http://www.wikidata.org/entity/P")), "{all:?}");
        for iri in all {
            assert!(!iri.contains(' ') && oxigraph::model::NamedNode::new(&iri).is_ok(), "{iri}");
        }
    }
}
