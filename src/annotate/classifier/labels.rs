//! What a checkpoint's labels mean: schemes and names as they are in use, brought to our kinds.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use super::super::log_sum_exp;
use super::super::ner::NerLabel;
use crate::mention::Kind;

/// What a label's name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Meaning {
    /// A mention of this kind.
    Kind(Kind),
    /// Nothing that we look for.
    Nothing,
    /// CoNLL's catch-all of nationalities, events and works: a group where the shipped tagger sees one, else nothing.
    Miscellaneous,
}

/// Names in use, in capitals, as CoNLL 2003, OntoNotes, ACE, WNUT, Few-NERD and our own model have them.
const NAMES: [(&str, Meaning); 53] = {
    use Kind::{Group, Organization, Person, Place};
    use Meaning::{Kind as K, Miscellaneous, Nothing};
    [
        ("PER", K(Person)),
        ("PERSON", K(Person)),
        ("PEOPLE", K(Person)),
        ("ORG", K(Organization)),
        ("ORGANIZATION", K(Organization)),
        ("ORGANISATION", K(Organization)),
        ("CORPORATION", K(Organization)),
        ("COMPANY", K(Organization)),
        ("LOC", K(Place)),
        ("LOCATION", K(Place)),
        ("PLACE", K(Place)),
        ("GPE", K(Place)),
        ("FAC", K(Place)),
        ("FACILITY", K(Place)),
        ("BUILDING", K(Place)),
        ("COUNTRY", K(Place)),
        ("CITY", K(Place)),
        ("NORP", K(Group)),
        ("GROUP", K(Group)),
        ("NATIONALITY", K(Group)),
        ("MISC", Miscellaneous),
        ("MISCELLANEOUS", Miscellaneous),
        ("PRODUCT", Nothing),
        ("PROD", Nothing),
        ("EVENT", Nothing),
        ("EVE", Nothing),
        ("WORK_OF_ART", Nothing),
        ("CREATIVE-WORK", Nothing),
        ("ART", Nothing),
        ("LAW", Nothing),
        ("LANGUAGE", Nothing),
        ("DATE", Nothing),
        ("TIME", Nothing),
        ("PERCENT", Nothing),
        ("MONEY", Nothing),
        ("QUANTITY", Nothing),
        ("ORDINAL", Nothing),
        ("CARDINAL", Nothing),
        ("NUM", Nothing),
        ("VEH", Nothing),
        ("VEHICLE", Nothing),
        ("WEA", Nothing),
        ("WEAPON", Nothing),
        ("ANIM", Nothing),
        ("ANIMAL", Nothing),
        ("BIO", Nothing),
        ("CEL", Nothing),
        ("DIS", Nothing),
        ("DISEASE", Nothing),
        ("FOOD", Nothing),
        ("PLANT", Nothing),
        ("OTHER", Nothing),
        ("NONE", Nothing),
    ]
};

impl Meaning {
    /// What a name in use stands for; a fine one such as `person-actor` is known by its coarse part.
    fn of(name: &str) -> Option<Self> {
        let name = name.to_uppercase();
        let known = |name: &str| NAMES.iter().find(|(known, _)| *known == name).map(|(_, meaning)| *meaning);
        known(&name).or_else(|| known(name.split_once('-')?.0))
    }
}

impl FromStr for Meaning {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::Nothing),
            "misc" => Ok(Self::Miscellaneous),
            // Which places are countries is for the linker to say.
            "country" => Ok(Self::Kind(Kind::Place)),
            _ => Kind::parse(text).map(Self::Kind).ok_or_else(|| {
                format!("`{text}` is no kind; kinds are person, organization, place, country, group, misc and none")
            }),
        }
    }
}

/// Entries of `--label-map`: a label, or its name without the scheme's prefix, and what it stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelMap(BTreeMap<String, (Option<Place>, Meaning)>);

impl LabelMap {
    /// Adds an entry such as `MISC=none`, `LOCATION=place` or, for labels without a scheme, `LABEL_1=B-person`.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn add(&mut self, entry: &str) -> Result<(), String> {
        let wrong = || format!("`{entry}` is not LABEL=KIND, such as MISC=none");
        let (label, meaning) = entry.split_once('=').ok_or_else(wrong)?;
        let (place, name) = Place::split(meaning);
        if label.is_empty() || self.0.insert(label.to_owned(), (place, name.parse()?)).is_some() {
            return Err(if label.is_empty() { wrong() } else { format!("`{label}` is there twice") });
        }
        Ok(())
    }
}

/// Where in a mention a label stands, in BIO, BIOES or BILOU; where it ends is known from what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Begin,
    Inside,
}

impl Place {
    /// A label's prefix and its name.
    fn split(label: &str) -> (Option<Self>, &str) {
        let mut chars = label.chars();
        let place = match chars.next() {
            Some('B' | 'S' | 'U') => Self::Begin,
            Some('I' | 'E' | 'L') => Self::Inside,
            _ => return (None, label),
        };
        match (chars.next(), chars.as_str()) {
            (Some('-' | '_'), name) if !name.is_empty() => (Some(place), name),
            _ => (None, label),
        }
    }
}

/// A checkpoint's labels, brought to BIO.
#[derive(Debug)]
pub(crate) struct Labels {
    /// BIO labels, `Outside` first.
    pub(crate) tags: Vec<NerLabel<Meaning>>,
    /// Whether a mention may begin with an inside label, as in IOB1 and in labels without a scheme.
    pub(crate) inside_begins: bool,
    /// For every label of the checkpoint its place in `tags`.
    tag_of: Vec<usize>,
}

impl Labels {
    /// Understands the labels of a `config.json`, in the order of their numbers.
    pub(crate) fn new(labels: &[String], map: &LabelMap) -> Result<Self, String> {
        let mut unused: BTreeSet<&str> = map.0.keys().map(String::as_str).collect();
        let (mut unknown, mut read) = (Vec::new(), Vec::new());
        // Names that begin in a way of their own, and those that go on or have no scheme.
        let (mut marked, mut others) = (BTreeSet::new(), BTreeSet::new());
        for label in labels {
            let (mut place, name) = Place::split(label);
            let given = map.0.get_key_value(label).or_else(|| map.0.get_key_value(name));
            let meaning = match given {
                Some((entry, &(given, meaning))) => {
                    unused.remove(entry.as_str());
                    place = given.or(place);
                    Some(meaning)
                }
                None if label.eq_ignore_ascii_case("O") => Some(Meaning::Nothing),
                None => Meaning::of(name),
            };
            let Some(meaning) = meaning else {
                if !unknown.contains(&name) {
                    unknown.push(name);
                }
                continue;
            };
            if meaning == Meaning::Nothing {
                read.push(NerLabel::Outside);
                continue;
            }
            match place {
                Some(Place::Begin) => {
                    marked.insert(meaning);
                    read.push(NerLabel::Begin(meaning));
                }
                Some(Place::Inside) | None => {
                    others.insert(meaning);
                    read.push(NerLabel::Inside(meaning));
                }
            }
        }
        if !unknown.is_empty() {
            return Err(format!(
                "labels that are not known: {}; say what they stand for with --label-map {}=KIND, where KIND is person, \
                 organization, place, group, misc or none",
                unknown.join(", "),
                unknown[0]
            ));
        }
        if let Some(entry) = unused.first() {
            return Err(format!("there is no label `{entry}` as --label-map says; there are {}", labels.join(", ")));
        }
        let mut tags = vec![NerLabel::Outside];
        let mut tag_of = Vec::with_capacity(read.len());
        for label in read {
            let at = tags.iter().position(|&tag| tag == label).unwrap_or_else(|| {
                tags.push(label);
                tags.len() - 1
            });
            tag_of.push(at);
        }
        if tags.len() == 1 {
            return Err("none of its labels stands for anything that is looked for".to_owned());
        }
        Ok(Self { tags, inside_begins: others.difference(&marked).next().is_some(), tag_of })
    }

    /// Number of the checkpoint's labels.
    pub(crate) fn n_labels(&self) -> usize {
        self.tag_of.len()
    }

    /// Log probabilities of the tags from a token's logits; labels with one tag add up.
    pub(crate) fn tag_scores(&self, logits: &[f32]) -> Vec<f32> {
        let norm = log_sum_exp(logits.iter().copied());
        (0..self.tags.len())
            .map(|tag| {
                let own = logits.iter().zip(&self.tag_of).filter(|&(_, &of)| of == tag).map(|(&logit, _)| logit);
                if own.clone().next().is_some() { log_sum_exp(own) - norm } else { f32::NEG_INFINITY }
            })
            .collect()
    }

    /// The scores of a token that lies in a piece which began with another one: what begins there goes on here.
    pub(crate) fn continued(&self, scores: &[f32]) -> Vec<f32> {
        let mut all = vec![f32::NEG_INFINITY; scores.len()];
        for (tag, label) in self.tags.iter().enumerate() {
            let goes_on = match *label {
                NerLabel::Begin(meaning) => self.tags.iter().position(|&t| t == NerLabel::Inside(meaning)),
                _ => Some(tag),
            };
            let to = goes_on.unwrap_or(tag);
            if all[to].max(scores[tag]) > f32::NEG_INFINITY {
                all[to] = log_sum_exp([all[to], scores[tag]].into_iter());
            }
        }
        all
    }

    /// The scores of a token that the tokenizer sees nothing of.
    pub(crate) fn nothing(&self) -> Vec<f32> {
        let mut scores = vec![f32::NEG_INFINITY; self.tags.len()];
        scores[0] = 0.0;
        scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &str, map: &[&str]) -> Result<Labels, String> {
        let mut entries = LabelMap::default();
        for entry in map {
            entries.add(entry)?;
        }
        Labels::new(&names.split(' ').map(str::to_owned).collect::<Vec<_>>(), &entries)
    }

    #[track_caller]
    fn check(names: &str, map: &[&str], tags: &str, inside_begins: bool) {
        let labels = labels(names, map).unwrap();
        let shown = |tag: &NerLabel<Meaning>| {
            let of = |meaning: &Meaning| match meaning {
                Meaning::Kind(kind) => kind.as_str().to_owned(),
                other => format!("{other:?}").to_lowercase(),
            };
            match tag {
                NerLabel::Outside => "O".to_owned(),
                NerLabel::Begin(meaning) => format!("B-{}", of(meaning)),
                NerLabel::Inside(meaning) => format!("I-{}", of(meaning)),
            }
        };
        let found: Vec<String> = labels.tag_of.iter().map(|&at| shown(&labels.tags[at])).collect();
        assert_eq!(found.join(" "), tags, "{names}");
        assert_eq!(labels.inside_begins, inside_begins, "{names}");
    }

    #[test]
    fn schemes_and_names_in_use() {
        // CoNLL 2003 in IOB2.
        check(
            "O B-PER I-PER B-ORG I-ORG B-LOC I-LOC B-MISC I-MISC",
            &[],
            "O B-person I-person B-organization I-organization B-place I-place B-miscellaneous I-miscellaneous",
            false,
        );
        // The same in IOB1, where no person stood beside another one.
        check("B-LOC I-LOC I-PER O", &[], "B-place I-place I-person O", true);
        // OntoNotes in BIOES and in BILOU.
        check("O B-GPE I-GPE E-GPE S-GPE S-DATE", &[], "O B-place I-place I-place B-place O", false);
        check("O B-NORP I-NORP L-NORP U-NORP", &[], "O B-group I-group I-group B-group", false);
        // Plain labels, coarse and fine.
        check("O PERSON ORG FAC CARDINAL", &[], "O I-person I-organization I-place O", true);
        check("O person-actor location-GPE art-film", &[], "O I-person I-place O", true);
        check("o B_person I_person", &[], "O B-person I-person", false);
    }

    #[test]
    fn the_map_overrides_the_table() {
        check("O B-MISC I-MISC", &["MISC=group"], "O B-group I-group", false);
        check("O B-GPE I-GPE B-PER", &["GPE=country", "B-PER=none"], "O B-place I-place O", false);
        check(
            "LABEL_0 LABEL_1 LABEL_2",
            &["LABEL_0=none", "LABEL_1=B-person", "LABEL_2=I-person"],
            "O B-person I-person",
            false,
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (names, map, expect) in [
            ("O B-GENE I-GENE B-CELL PER", &[][..], "labels that are not known: GENE, CELL; say"),
            ("LABEL_0 LABEL_1", &[], "not known: LABEL_0, LABEL_1"),
            ("O PER", &["ORG=person"], "no label `ORG` as --label-map says; there are O, PER"),
            ("O DATE", &[], "none of its labels"),
            ("O PER", &["PER=human"], "`human` is no kind; kinds are person"),
            ("O PER", &["PER"], "`PER` is not LABEL=KIND"),
            ("O PER", &["=person"], "`=person` is not LABEL=KIND"),
            ("O PER", &["PER=person", "PER=group"], "`PER` is there twice"),
        ] {
            let message = labels(names, map).unwrap_err();
            assert!(message.contains(expect), "{message}");
        }
    }

    #[test]
    fn probabilities_of_labels_with_one_tag_add_up() {
        let labels = labels("O B-LOC B-GPE I-LOC DATE", &[]).unwrap();
        let logits: Vec<f32> = [0.1_f32, 0.2, 0.3, 0.15, 0.25].iter().map(|p| p.ln() + 3.0).collect();
        let found: Vec<f32> = labels.tag_scores(&logits).iter().map(|p| p.exp()).collect();
        for (found, expect) in found.iter().zip([0.35, 0.5, 0.15]) {
            assert!((found - expect).abs() < 1e-6, "{found} {expect}");
        }
        let continued: Vec<f32> = labels.continued(&labels.tag_scores(&logits)).iter().map(|p| p.exp()).collect();
        for (found, expect) in continued.iter().zip([0.35, 0.0, 0.65]) {
            assert!((found - expect).abs() < 1e-6, "{found} {expect}");
        }
    }
}
