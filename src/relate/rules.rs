//! Rule files: what they hold, how they are checked and compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::parse::Lexicon;
use crate::mention::Kind;
use crate::relation::Class;

/// A rule file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The file cannot be read.
    #[error("cannot read rules from {path}")]
    Read {
        /// File or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML, or not the fields of a rule.
    #[error("rules in {file}: {reason}")]
    Syntax {
        /// Where the rules come from.
        file: String,
        /// Line, column and what is wrong.
        reason: String,
    },
    /// A rule says something that has no meaning.
    #[error("rule {id} ({file}:{line}): {reason}")]
    Rule {
        /// `family/name`.
        id: String,
        /// Where the rule comes from.
        file: String,
        /// Line of its `[[rule]]`.
        line: usize,
        /// What is wrong and what is possible.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    family: String,
    #[serde(default)]
    rule: Vec<toml::Spanned<RawRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: String,
    predicate: String,
    phrase: String,
    class: String,
    #[serde(default)]
    symmetric: bool,
    subject: Option<Vec<String>>,
    object: Option<Vec<String>>,
    confidence: Option<f32>,
    pattern: Vec<RawPattern>,
    #[serde(default)]
    matches: Vec<Example>,
    #[serde(default)]
    rejects: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPattern {
    verb: Option<Vec<String>>,
    noun: Option<Vec<String>>,
    adjective: Option<Vec<String>>,
    name: Option<Vec<String>>,
    particle: Option<Vec<String>>,
    with_object: Option<Vec<String>>,
    with_oblique: Option<Vec<String>>,
    with_complement: Option<Vec<String>>,
    with_complement_aux: Option<Vec<String>>,
    subject: String,
    object: String,
    without_modifier: Option<Vec<String>>,
    without_object: Option<Vec<String>>,
    without_complement: Option<Vec<String>>,
    predicate_of: Option<Vec<String>>,
    subject_kinds: Option<Vec<String>>,
    object_kinds: Option<Vec<String>>,
    voice: Option<String>,
    reciprocal: Option<bool>,
}

/// A sentence that a rule must match, and a triple that it must then give.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The sentence.
    pub text: String,
    /// `subject | object`, or `subject | object | polarity modality`; several are separated by `;`.
    pub gives: String,
}

/// Part of speech of a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TriggerPos {
    Verb,
    Noun,
    Adjective,
    /// A name of a kind; its lemma in the index is [`name_key`] of the kind.
    Name,
}

/// The index entry of names of a kind; no lemma looks like it.
pub(super) fn name_key(kind: Kind) -> String {
    format!("<{kind}>")
}

/// One step of an argument's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Subject,
    Object,
    Indirect,
    Possessor,
    Modifier,
    Holder,
    /// The trigger's own mention.
    Itself,
    /// What stands beside a name: "Lisbon, Portugal".
    Apposition,
    Complement,
    /// As `Complement`, without finite clauses.
    Infinitive,
    /// The light verb's or the light object's noun.
    Light,
    /// The nearest mentions below the word that was reached.
    Within,
    /// Whose the word that was reached is: "Torvald's road", "a trawler of Peru", "Ecuadorean homes".
    Owner,
    /// The state that the trigger's holder serves, wherever the article names it.
    State,
    /// Who acts in the clause on whose occasion the noun stands: "at X's invitation, Y came".
    Clause,
    /// A preposition.
    Behind(String),
}

/// Alternatives, each a chain of steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ArgumentPath(pub(super) Vec<Vec<Step>>);

#[derive(Debug, Clone)]
pub(super) struct Pattern {
    pub(super) pos: TriggerPos,
    pub(super) particle: Vec<String>,
    pub(super) with_object: Vec<String>,
    /// (preposition, noun)
    pub(super) with_oblique: Vec<(String, String)>,
    pub(super) with_complement: Vec<String>,
    /// The complement's auxiliaries hold one of these.
    pub(super) with_complement_aux: Vec<String>,
    pub(super) without_modifier: Vec<String>,
    pub(super) without_object: Vec<String>,
    pub(super) without_complement: Vec<String>,
    /// The trigger is said of something with a copula, behind one of these prepositions ("X is in Kenya").
    pub(super) predicate_of: Vec<String>,
    /// Narrower than the rule's kinds, where the pattern says so.
    pub(super) subject_kinds: Vec<Kind>,
    pub(super) object_kinds: Vec<Kind>,
    pub(super) subject: ArgumentPath,
    pub(super) object: ArgumentPath,
    pub(super) passive: Option<bool>,
    pub(super) reciprocal: bool,
}

impl Pattern {
    /// How much of the text the trigger asks for; of two rules for one pair the more demanding one wins.
    pub(super) fn specificity(&self) -> usize {
        usize::from(!self.particle.is_empty())
            + 2 * usize::from(!self.with_object.is_empty())
            + 2 * usize::from(!self.with_oblique.is_empty())
            + 2 * usize::from(!self.with_complement.is_empty())
            + 2 * usize::from(!self.with_complement_aux.is_empty())
    }
}

/// A compiled rule.
#[derive(Debug)]
pub struct Rule {
    /// `family/name`.
    pub id: Arc<str>,
    /// Predicate of the relations it gives.
    pub predicate: Arc<str>,
    /// Words for it where the text's own do not read well (passives, nouns).
    pub phrase: String,
    /// Its class.
    pub class: Class,
    /// Whether its relations hold in both directions.
    pub symmetric: bool,
    /// Kinds that its subject may have.
    pub subject_kinds: Vec<Kind>,
    /// Kinds that its object may have.
    pub object_kinds: Vec<Kind>,
    /// Belief in a relation that matches it without any detour.
    pub confidence: f32,
    /// Sentences that it must match.
    pub matches: Vec<Example>,
    /// Sentences in which it must find nothing.
    pub rejects: Vec<String>,
    /// File and line.
    pub origin: String,
    pub(super) patterns: Vec<Pattern>,
}

/// All rules in use, with an index by trigger lemma.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// In the order of files and of rules in a file.
    pub rules: Vec<Rule>,
    pub(super) lexicon: Lexicon,
    /// Lemma to (part of speech, rule, pattern).
    pub(super) index: BTreeMap<String, Vec<(TriggerPos, usize, usize)>>,
}

const FILES: &[(&str, &str)] = &[
    ("data/rules/diplomacy.toml", include_str!("../../data/rules/diplomacy.toml")),
    ("data/rules/statements.toml", include_str!("../../data/rules/statements.toml")),
    ("data/rules/stances.toml", include_str!("../../data/rules/stances.toml")),
    ("data/rules/aid.toml", include_str!("../../data/rules/aid.toml")),
    ("data/rules/sanctions.toml", include_str!("../../data/rules/sanctions.toml")),
    ("data/rules/conflict.toml", include_str!("../../data/rules/conflict.toml")),
    ("data/rules/law.toml", include_str!("../../data/rules/law.toml")),
    ("data/rules/offices.toml", include_str!("../../data/rules/offices.toml")),
    ("data/rules/location.toml", include_str!("../../data/rules/location.toml")),
    ("data/rules/kinship.toml", include_str!("../../data/rules/kinship.toml")),
    ("data/rules/business.toml", include_str!("../../data/rules/business.toml")),
    ("data/rules/standing.toml", include_str!("../../data/rules/standing.toml")),
];

const LEXICON: &str = include_str!("../../data/rules/lexicon.toml");

impl RuleSet {
    /// The rules that come with the program.
    ///
    /// # Errors
    /// A shipped rule file is broken; a test keeps that from happening.
    pub fn shipped() -> Result<Self, RuleError> {
        let mut set = Self::empty()?;
        for (file, text) in FILES {
            set.add(file, text)?;
        }
        Ok(set)
    }

    /// Only the rules of the given files and folders (all `.toml` files in them, those named like the program's own in its
    /// order, then the others sorted).
    ///
    /// # Errors
    /// Unreadable or broken files; nothing is used in part.
    pub fn from_paths(paths: &[PathBuf]) -> Result<Self, RuleError> {
        let mut set = Self::empty()?;
        for path in paths {
            for file in rule_files(path)? {
                let text =
                    std::fs::read_to_string(&file).map_err(|source| RuleError::Read { path: file.clone(), source })?;
                set.add(&file.display().to_string(), &text)?;
            }
        }
        Ok(set)
    }

    fn empty() -> Result<Self, RuleError> {
        let lexicon = toml::from_str(LEXICON)
            .map_err(|e| RuleError::Syntax { file: "data/rules/lexicon.toml".to_owned(), reason: e.to_string() })?;
        Ok(Self { lexicon, ..Self::default() })
    }

    fn add(&mut self, file: &str, text: &str) -> Result<(), RuleError> {
        let parsed: RuleFile =
            toml::from_str(text).map_err(|e| RuleError::Syntax { file: file.to_owned(), reason: e.to_string() })?;
        let mut seen: BTreeSet<Arc<str>> = self.rules.iter().map(|r| Arc::clone(&r.id)).collect();
        for spanned in parsed.rule {
            let line = text.get(..spanned.span().start).map_or(0, |before| before.matches('\n').count() + 1);
            let raw = spanned.into_inner();
            let id = format!("{}/{}", parsed.family, raw.id);
            let wrong = |reason: String| RuleError::Rule { id: id.clone(), file: file.to_owned(), line, reason };
            let (rule, triggers) = compile(&raw, &id, format!("{file}:{line}")).map_err(wrong)?;
            if !seen.insert(Arc::clone(&rule.id)) {
                return Err(wrong("another rule has this id; ids are unique".to_owned()));
            }
            for (pattern, pos, lemma) in triggers {
                let slot = self.index.entry(lemma).or_default();
                let entry = (pos, self.rules.len(), pattern);
                if !slot.contains(&entry) {
                    slot.push(entry);
                }
            }
            self.rules.push(rule);
        }
        Ok(())
    }
}

fn rule_files(path: &Path) -> Result<Vec<PathBuf>, RuleError> {
    let read = |source| RuleError::Read { path: path.to_owned(), source };
    if !std::fs::metadata(path).map_err(read)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(read)? {
        let file = entry.map_err(read)?.path();
        let is_lexicon = file.file_name().is_some_and(|n| n == "lexicon.toml");
        if file.extension().is_some_and(|e| e == "toml") && !is_lexicon {
            files.push(file);
        }
    }
    // Of two rules that want the same the first one wins, so files named like the program's own keep their order.
    let shipped = |file: &PathBuf| {
        let name = file.file_name()?.to_str()?;
        FILES.iter().position(|(path, _)| path.rsplit('/').next() == Some(name))
    };
    files.sort_by_cached_key(|file| (shipped(file).unwrap_or(FILES.len()), file.clone()));
    Ok(files)
}

type Triggers = Vec<(usize, TriggerPos, String)>;

fn compile(raw: &RawRule, id: &str, origin: String) -> Result<(Rule, Triggers), String> {
    let class = Class::ALL.iter().copied().find(|c| c.as_str() == raw.class).ok_or_else(|| {
        let names: Vec<_> = Class::ALL.iter().map(|c| c.as_str()).collect();
        format!("unknown class \"{}\"; classes are {}", raw.class, names.join(", "))
    })?;
    if raw.pattern.is_empty() {
        return Err("it has no [[rule.pattern]]".to_owned());
    }
    if !raw.predicate.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
        || raw.predicate.is_empty()
    {
        return Err(format!("predicate \"{}\" must be lower case with underscores, like cut_ties_with", raw.predicate));
    }
    let confidence = raw.confidence.unwrap_or(0.9);
    if !(0.0..=1.0).contains(&confidence) {
        return Err(format!("confidence {confidence} must lie between 0 and 1"));
    }
    let mut patterns = Vec::new();
    let mut triggers = Vec::new();
    for (index, p) in raw.pattern.iter().enumerate() {
        let words = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        let (pos, lemmas) = match (&p.verb, &p.noun, &p.adjective, &p.name) {
            (Some(l), None, None, None) => (TriggerPos::Verb, l),
            (None, Some(l), None, None) => (TriggerPos::Noun, l),
            (None, None, Some(l), None) => (TriggerPos::Adjective, l),
            (None, None, None, Some(l)) => (TriggerPos::Name, l),
            _ => return Err("a pattern needs exactly one of verb, noun, adjective, name".to_owned()),
        };
        if pos == TriggerPos::Name {
            for kind in kinds(Some(lemmas))? {
                triggers.push((index, pos, name_key(kind)));
            }
        }
        if lemmas.is_empty() {
            return Err("a pattern's list of trigger lemmas is empty".to_owned());
        }
        for lemma in lemmas.iter().filter(|_| pos != TriggerPos::Name) {
            if lemma.is_empty() || lemma.chars().any(char::is_uppercase) {
                return Err(format!("trigger lemma \"{lemma}\" must be a lower-case word"));
            }
            triggers.push((index, pos, lemma.clone()));
        }
        let mut with_oblique = Vec::new();
        for text in words(&p.with_oblique) {
            let (prep, noun) = text.split_once(' ').ok_or_else(|| {
                format!("with_oblique \"{text}\" must be a preposition and a noun, like \"under attack\"")
            })?;
            with_oblique.push((prep.to_owned(), noun.to_owned()));
        }
        let passive = match p.voice.as_deref() {
            None => None,
            Some("active") => Some(false),
            Some("passive") => Some(true),
            Some(other) => return Err(format!("unknown voice \"{other}\"; voices are active, passive")),
        };
        patterns.push(Pattern {
            pos,
            particle: words(&p.particle),
            with_object: words(&p.with_object),
            with_oblique,
            with_complement: words(&p.with_complement),
            with_complement_aux: words(&p.with_complement_aux),
            without_modifier: words(&p.without_modifier),
            without_object: words(&p.without_object),
            without_complement: words(&p.without_complement),
            predicate_of: words(&p.predicate_of),
            subject_kinds: kinds(p.subject_kinds.as_deref().or(raw.subject.as_deref()))?,
            object_kinds: kinds(p.object_kinds.as_deref().or(raw.object.as_deref()))?,
            subject: path(&p.subject)?,
            object: path(&p.object)?,
            passive,
            reciprocal: p.reciprocal.unwrap_or(raw.symmetric),
        });
    }
    let rule = Rule {
        id: id.into(),
        predicate: raw.predicate.as_str().into(),
        phrase: raw.phrase.clone(),
        class,
        symmetric: raw.symmetric,
        subject_kinds: kinds(raw.subject.as_deref())?,
        object_kinds: kinds(raw.object.as_deref())?,
        confidence,
        matches: raw.matches.clone(),
        rejects: raw.rejects.clone(),
        origin,
        patterns,
    };
    Ok((rule, triggers))
}

/// Kinds by name; `actor` is person, country, organization and group. All kinds where a rule names none.
fn kinds(names: Option<&[String]>) -> Result<Vec<Kind>, String> {
    let Some(names) = names else { return Ok(Kind::ALL.to_vec()) };
    let mut out = Vec::new();
    for name in names {
        if name == "actor" {
            out.extend([Kind::Person, Kind::Country, Kind::Organization, Kind::Group]);
            continue;
        }
        out.push(Kind::parse(name).ok_or_else(|| {
            format!("unknown entity kind \"{name}\"; kinds are person, country, organization, place, group, and actor for all but place")
        })?);
    }
    Ok(out)
}

fn path(text: &str) -> Result<ArgumentPath, String> {
    let mut alternatives = Vec::new();
    for alternative in text.split('|') {
        let mut steps = Vec::new();
        for step in alternative.split('>') {
            let step = step.trim();
            steps.push(match step {
                "" => return Err(format!("argument path \"{text}\" has an empty step")),
                "subject" => Step::Subject,
                "object" => Step::Object,
                "indirect" => Step::Indirect,
                "possessor" => Step::Possessor,
                "modifier" => Step::Modifier,
                "holder" => Step::Holder,
                "self" => Step::Itself,
                "apposition" => Step::Apposition,
                "complement" => Step::Complement,
                "infinitive" => Step::Infinitive,
                "light" => Step::Light,
                "within" => Step::Within,
                "owner" => Step::Owner,
                "clause" => Step::Clause,
                "state" => Step::State,
                preposition if preposition.chars().all(|c| c.is_ascii_lowercase() || c == '_') => {
                    Step::Behind(preposition.to_owned())
                }
                other => {
                    return Err(format!(
                        "unknown step \"{other}\" in an argument path; steps are subject, object, indirect, possessor, modifier, \
                         holder, self, apposition, complement, infinitive, light, within, or a preposition such as with"
                    ));
                }
            });
        }
        alternatives.push(steps);
    }
    Ok(ArgumentPath(alternatives))
}
