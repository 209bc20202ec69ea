//! Entities across articles: which keys stand for one entity.
//!
//! Keys with a Wikidata item are settled by it. Other keys are kind and normalized name, and two of them are found to be
//! the same only for one of the reasons of [`Reason`]: never because two people share a family name. Every candidate goes
//! into blocks, one for every way in which it might be found again; blocks are sorted on disk, and only candidates of one
//! block are compared. What an article keeps apart stays apart; where two would fit, neither is taken.
//!
//! What is held in memory are the keys that were merged and the pairs that articles keep apart: a small part of all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::ArticleEntity;
use super::sort::{Key, Sorter, groups, unpack};
use super::spelling::{Form, PersonName, acronym, organization, stands_for};
use crate::mention::Kind;

/// Why two keys stand for one entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Two spellings of one name (Benjamin and Binyamin; Organisation and Organization; with and without "Inc.").
    Spelling,
    /// An article gives this name to that entity, too, and no article gives it to another.
    OtherName,
    /// An acronym that an article gives beside the long form, and no article beside another.
    Acronym,
    /// The first name's initial, where only one first name fits.
    Initials,
    /// With and without a middle initial, where there is only one.
    MiddleInitial,
}

impl Reason {
    /// Name in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spelling => "spelling",
            Self::OtherName => "other_name",
            Self::Acronym => "acronym",
            Self::Initials => "initials",
            Self::MiddleInitial => "middle_initial",
        }
    }

    /// A few words for the reader of an explanation.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Spelling => "another spelling of the name",
            Self::OtherName => "an article gives both names, and no article gives this one to somebody else",
            Self::Acronym => "an article gives the acronym beside the long form, and no article beside another",
            Self::Initials => "the initial fits, and nobody else's first name does",
            Self::MiddleInitial => "the same name but for the middle initial, and there is only one",
        }
    }
}

/// Two keys that might have been one and were kept apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeptApart {
    /// One key.
    pub key: String,
    /// The other.
    pub other: String,
    /// What they have in common.
    pub reason: Reason,
    /// What speaks against it.
    pub because: Because,
}

/// Why two keys with names that look alike were kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// They have different Wikidata items.
    Items,
    /// An article speaks of both.
    OneArticle,
    /// Their first names are common ones and differ.
    FirstNames,
    /// There is more than one that would fit.
    Several,
    /// Few articles give both, and many give the acronym alone.
    Rare,
}

impl Because {
    /// A few words for the reader of an explanation.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Items => "they are different Wikidata items",
            Self::OneArticle => "an article speaks of both",
            Self::FirstNames => "their first names are common ones and differ",
            Self::Several => "more than one would fit",
            Self::Rare => "few articles give both, and many give the short acronym alone",
        }
    }
}

/// A key with what all articles say of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Candidate {
    pub(super) key: String,
    pub(super) kind: Kind,
    pub(super) uri: Option<String>,
    /// Canonical name of most articles.
    pub(super) name: String,
    /// Every name with the number of articles that have it.
    pub(super) names: BTreeMap<String, u64>,
    pub(super) n_documents: u64,
}

/// The way in which a candidate stands in a block.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Stand {
    /// The name is what its key is made of.
    Main,
    /// An article gives it this name, too.
    Other,
    /// Its first name is only an initial, with all initials that it gives.
    Initials(String),
    /// Its middle initials.
    Middle(String),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Member {
    key: String,
    stand: Stand,
    /// The name that brings it into the block.
    name: String,
    item: bool,
    /// Articles that give it this name.
    n_documents: u64,
}

impl Member {
    /// Whether both are people with common first names that differ.
    fn has_other_first_name(&self, other: &Self) -> bool {
        let names = (PersonName::parse(&self.name), PersonName::parse(&other.name));
        matches!(names, (Some(a), Some(b)) if a.has_other_first_name(&b))
    }
}

/// Names are compared in this order; what a former step merged is one in the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Step {
    Names,
    Acronyms,
    MiddleInitials,
    Initials,
}

const STEPS: [Step; 4] = [Step::Names, Step::Acronyms, Step::MiddleInitials, Step::Initials];

/// Names that one entity may bring into blocks; more are noise.
const MAX_NAMES: usize = 32;

/// A name with the number of articles that give it.
type Named<'a> = (&'a str, u64);

/// The blocks that an entity goes into.
fn blocks<'a>(
    key: &str,
    kind: Kind,
    (name, n_documents): Named<'a>,
    others: impl Iterator<Item = Named<'a>> + Clone,
    item: bool,
    mut put: impl FnMut(Step, String, Member),
) {
    let member = |stand: Stand, name: &str, n_documents: u64| Member {
        key: key.to_owned(),
        stand,
        name: name.to_owned(),
        item,
        n_documents,
    };
    let main_member = |stand: Stand, name: &str| member(stand, name, n_documents);
    match kind {
        Kind::Person => {
            let main = PersonName::parse(name);
            // An item that articles give two middle initials is one of two people by now.
            let all = std::iter::once((name, n_documents)).chain(others.clone()).take(MAX_NAMES);
            let middles = all.filter_map(|(name, _)| PersonName::parse(name)?.middle()).filter(|(_, m)| !m.is_empty());
            let one_middle = middles.collect::<BTreeSet<_>>().len() <= 1;
            if let Some(main) = &main {
                person_blocks(main, name, one_middle, &main_member, &mut put);
            }
            for (other, n_documents) in others.filter(|(other, _)| *other != name).take(MAX_NAMES) {
                let member = |stand: Stand, name: &str| member(stand, name, n_documents);
                let Some(parsed) = PersonName::parse(other) else { continue };
                if main.as_ref().is_some_and(|main| parsed.ends(main)) {
                    continue;
                }
                if item {
                    // An item is known by any of its names, but for middle initials: a slip of an article must not make
                    // father and son one.
                    person_blocks(&parsed, other, false, &member, &mut put);
                } else if let Some(folded) = parsed.folded() {
                    put(Step::Names, folded, member(Stand::Other, other));
                }
            }
        }
        Kind::Organization | Kind::Group => {
            if let Some(letters) = acronym(name) {
                put(Step::Acronyms, letters, main_member(Stand::Main, name));
                return;
            }
            if kind == Kind::Organization {
                put(Step::Names, organization(name), main_member(Stand::Main, name));
            }
            for (other, n_documents) in others.take(MAX_NAMES) {
                if let Some(letters) = acronym(other)
                    && stands_for(&letters, name)
                {
                    put(Step::Acronyms, letters, member(Stand::Other, name, n_documents));
                }
            }
        }
        // Countries have items; two places may well have one name, and two spellings may be two places.
        Kind::Country | Kind::Place => {}
    }
}

fn person_blocks(
    name: &PersonName,
    text: &str,
    with_middle: bool,
    member: &impl Fn(Stand, &str) -> Member,
    put: &mut impl FnMut(Step, String, Member),
) {
    if let Some(folded) = name.folded() {
        put(Step::Names, folded, member(Stand::Main, text));
    }
    if let Some((block, form)) = name.initial() {
        let stand = match form {
            Form::Full => Stand::Main,
            Form::Initials => Stand::Initials(name.initials()),
        };
        put(Step::Initials, block, member(stand, text));
    }
    if with_middle && let Some((block, middle)) = name.middle() {
        put(Step::MiddleInitials, block, member(Stand::Middle(middle), text));
    }
}

/// Pairs of keys that articles keep apart although their names look alike.
#[derive(Debug, Default)]
pub(super) struct Apart(BTreeSet<(String, String)>);

impl Apart {
    /// Look through the entities of one article.
    pub(super) fn look(&mut self, entities: &[ArticleEntity]) {
        let mut seen: HashMap<(Kind, Step, String), Vec<String>> = HashMap::new();
        for entity in entities {
            let others = entity.names.iter().map(|name| (name.as_str(), 1));
            blocks(&entity.key, entity.kind, (&entity.name, 1), others, entity.uri.is_some(), |step, block, member| {
                let keys = seen.entry((entity.kind, step, block)).or_default();
                for other in keys.iter().filter(|other| **other != member.key) {
                    self.0.insert(ordered(other, &member.key));
                }
                keys.push(member.key);
            });
        }
    }

    fn contains(&self, a: &str, b: &str) -> bool {
        self.0.contains(&ordered(a, b))
    }
}

fn ordered(a: &str, b: &str) -> (String, String) {
    if a <= b { (a.to_owned(), b.to_owned()) } else { (b.to_owned(), a.to_owned()) }
}

/// Collects candidates and merges them.
#[derive(Debug)]
pub(super) struct Resolver {
    blocks: Sorter,
    apart: Apart,
}

impl Resolver {
    pub(super) fn new(blocks: Sorter, apart: Apart) -> Self {
        Self { blocks, apart }
    }

    pub(super) fn add(&mut self, candidate: &Candidate) -> io::Result<()> {
        // Names that more articles have first, so that a slip of one article does not crowd them out.
        let mut names: Vec<(&str, u64)> = candidate.names.iter().map(|(name, &n)| (name.as_str(), n)).collect();
        names.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let mut result = Ok(());
        let Candidate { key, kind, name, uri, n_documents, .. } = candidate;
        blocks(key, *kind, (name, *n_documents), names.iter().copied(), uri.is_some(), |step, block, member| {
            if result.is_ok() {
                let sort_key = Key::default().number(step as u64).text(kind.as_str()).text(&block);
                result = self.blocks.push_value(&sort_key, &member);
            }
        });
        result
    }

    pub(super) fn resolve(self) -> io::Result<Resolution> {
        let mut resolution = Resolution {
            links: BTreeMap::new(),
            members: BTreeMap::new(),
            apart: self.apart,
            kept_apart: BTreeSet::new(),
        };
        for block in groups(self.blocks.sorted()?) {
            let (key, values) = block?;
            if values.len() < 2 {
                continue;
            }
            let mut members: Vec<Member> = values.iter().map(|v| unpack(v)).collect::<io::Result<_>>()?;
            members.sort();
            members.dedup();
            let step = key.get(7).and_then(|&n| STEPS.get(usize::from(n)));
            match step {
                Some(Step::Names) => resolution.names(&members),
                Some(Step::Acronyms) => resolution.acronyms(&members),
                Some(Step::MiddleInitials) => resolution.middle_initials(&members),
                Some(Step::Initials) => resolution.initials(&members),
                None => {}
            }
        }
        Ok(resolution)
    }
}

/// Why a key is another entity's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) to: String,
    pub(super) reason: Reason,
}

/// Which keys were merged.
#[derive(Debug)]
pub(super) struct Resolution {
    /// From a key to the one that it was found to be the same as; chains end at the entity's id.
    links: BTreeMap<String, Link>,
    /// All keys of an entity that has more than one, by its id.
    members: BTreeMap<String, Vec<String>>,
    apart: Apart,
    kept_apart: BTreeSet<KeptApart>,
}

/// Keys of Wikidata items have no kind in front.
fn is_item(key: &str) -> bool {
    !key.contains('/')
}

impl Resolution {
    /// The id of the entity that a key stands for.
    pub(super) fn id<'a>(&'a self, key: &'a str) -> &'a str {
        let mut at = key;
        while let Some(link) = self.links.get(at) {
            at = &link.to;
        }
        at
    }

    pub(super) fn link(&self, key: &str) -> Option<&Link> {
        self.links.get(key)
    }

    pub(super) fn into_kept_apart(self) -> BTreeSet<KeptApart> {
        self.kept_apart
    }

    fn keys_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        let more = self.members.get(id).map_or(&[][..], Vec::as_slice);
        std::iter::once(id).chain(more.iter().map(String::as_str))
    }

    fn refuse(&mut self, key: &str, other: &str, reason: Reason, because: Because) {
        let (key, other) = ordered(key, other);
        self.kept_apart.insert(KeptApart { key, other, reason, because });
    }

    /// Keep a key apart from two that would both fit.
    fn refuse_both(&mut self, key: &str, two: &[String; 2], reason: Reason) {
        for other in two {
            self.refuse(key, other, reason, Because::Several);
        }
    }

    /// Make `key` stand for the entity of `to`.
    fn merge(&mut self, key: &str, to: &str, reason: Reason) {
        let (mut from, mut into) = (self.id(key).to_owned(), self.id(to).to_owned());
        if from == into {
            return;
        }
        if is_item(&from) {
            if is_item(&into) {
                return self.refuse(key, to, reason, Because::Items);
            }
            std::mem::swap(&mut from, &mut into);
        }
        let seen_apart = self.keys_of(&from).any(|a| self.keys_of(&into).any(|b| self.apart.contains(a, b)));
        if seen_apart {
            return self.refuse(key, to, reason, Because::OneArticle);
        }
        let moved = self.members.remove(&from).unwrap_or_default();
        let members = self.members.entry(into.clone()).or_default();
        members.push(from.clone());
        members.extend(moved);
        self.links.insert(from, Link { to: into, reason });
    }

    /// The id that all members come to, if there are any; or the first two of several.
    fn only(&self, members: &[&Member]) -> Result<Option<String>, [String; 2]> {
        let ids: BTreeSet<&str> = members.iter().map(|m| self.id(&m.key)).collect();
        let mut ids = ids.into_iter();
        match (ids.next(), ids.next()) {
            (None, _) => Ok(None),
            (Some(id), None) => Ok(Some(id.to_owned())),
            (Some(a), Some(b)) => Err([a.to_owned(), b.to_owned()]),
        }
    }

    /// One name, in several spellings.
    fn names(&mut self, members: &[Member]) {
        let (main, other): (Vec<&Member>, Vec<&Member>) = members.iter().partition(|m| m.stand == Stand::Main);
        // An item before a name, then the first in the alphabet: which it is does not change with every article.
        let target = main.iter().min_by_key(|m| (!m.item, &m.key)).copied();
        if let Some(target) = target {
            let items = main.iter().filter(|m| m.item).map(|m| self.id(&m.key)).collect::<BTreeSet<_>>().len();
            for member in main.iter().filter(|m| m.key != target.key) {
                if member.has_other_first_name(target) {
                    self.refuse(&member.key, &target.key, Reason::Spelling, Because::FirstNames);
                } else if items > 1 {
                    let because = if member.item { Because::Items } else { Because::Several };
                    self.refuse(&member.key, &target.key, Reason::Spelling, because);
                } else {
                    self.merge(&member.key, &target.key, Reason::Spelling);
                }
            }
            let target_id = self.id(&target.key).to_owned();
            let other: Vec<&Member> = other.into_iter().filter(|m| self.id(&m.key) != target_id).collect();
            match self.only(&other) {
                Ok(None) => {}
                // The name of two items, or of one person and others whom it was not merged with.
                Ok(Some(owner)) if items <= 1 => {
                    // The name that most articles give gives the id.
                    let given: u64 = other.iter().map(|m| m.n_documents).sum();
                    if target.n_documents < given {
                        self.merge(&target.key, &owner, Reason::OtherName);
                    } else {
                        self.merge(&owner, &target.key, Reason::OtherName);
                    }
                }
                Ok(Some(owner)) => self.refuse(&owner, &target.key, Reason::OtherName, Because::Several),
                Err(two) => self.refuse_both(&target.key, &two, Reason::OtherName),
            }
        }
    }

    /// An acronym and the long forms that articles give beside it.
    fn acronyms(&mut self, members: &[Member]) {
        let (bare, long): (Vec<&Member>, Vec<&Member>) = members.iter().partition(|m| m.stand == Stand::Main);
        for bare in bare {
            // Two letters stand for many things.
            let both: u64 = long.iter().map(|m| m.n_documents).sum();
            let short = crate::name::letters(&bare.name).chars().count() <= 2;
            match self.only(&long) {
                Ok(None) => {}
                Ok(Some(id)) if short && 4 * both < bare.n_documents => {
                    self.refuse(&bare.key, &id, Reason::Acronym, Because::Rare);
                }
                Ok(Some(id)) => self.merge(&bare.key, &id, Reason::Acronym),
                Err(two) => self.refuse_both(&bare.key, &two, Reason::Acronym),
            }
        }
    }

    /// One first and last name, with and without middle initials.
    fn middle_initials(&mut self, members: &[Member]) {
        let middle = |m: &Member| match &m.stand {
            Stand::Middle(letters) => letters.clone(),
            _ => String::new(),
        };
        let with: Vec<&Member> = members.iter().filter(|m| !middle(m).is_empty()).collect();
        let without: Vec<&Member> = members.iter().filter(|m| middle(m).is_empty()).collect();
        let letters: BTreeSet<String> = with.iter().map(|m| middle(m)).collect();
        for plain in &without {
            for member in &with {
                if member.has_other_first_name(plain) {
                    self.refuse(&member.key, &plain.key, Reason::MiddleInitial, Because::FirstNames);
                } else if letters.len() > 1 {
                    self.refuse(&member.key, &plain.key, Reason::MiddleInitial, Because::Several);
                } else {
                    self.merge(&member.key, &plain.key, Reason::MiddleInitial);
                }
            }
        }
        // "Donald J. Trump" and "Donald J Trump" are two keys only by their spelling.
        for pair in with.windows(2) {
            if middle(pair[0]) == middle(pair[1]) {
                self.merge(&pair[1].key, &pair[0].key, Reason::Spelling);
            }
        }
    }

    /// A first name's initial and the first names that it can stand for.
    fn initials(&mut self, members: &[Member]) {
        let full: Vec<&Member> = members.iter().filter(|m| m.stand == Stand::Main).collect();
        for member in members {
            let Stand::Initials(letters) = &member.stand else { continue };
            let fits = |m: &&&Member| {
                let initials = PersonName::parse(&m.name).map(|name| name.initials()).unwrap_or_default();
                letters.starts_with(&initials) || initials.starts_with(letters.as_str())
            };
            let fitting: Vec<&Member> = full.iter().filter(fits).copied().collect();
            match self.only(&fitting) {
                Ok(None) => {}
                Ok(Some(id)) => self.merge(&member.key, &id, Reason::Initials),
                Err(two) => self.refuse_both(&member.key, &two, Reason::Initials),
            }
        }
    }
}
