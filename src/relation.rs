//! Relations: directed, qualified facts between two entities, with the reason for each.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::entity::{Entity, EntityId, Linked, MentionId};
use crate::span::Span;

macro_rules! classes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        /// What sort of fact a relation is: PLOVER's root event classes, and ours for standing facts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        pub enum Class { $($(#[$doc])* #[serde(rename = $text)] $variant),+ }

        impl Class {
            /// Every class.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The class's name in rule files and output.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

classes! {
    /// Agrees to do something, signs.
    Agree = "AGREE",
    /// Meets, visits, talks, phones.
    Consult = "CONSULT",
    /// Backs in words, praises, recognizes, restores ties.
    Support = "SUPPORT",
    /// Works together in deeds.
    Cooperate = "COOPERATE",
    /// Gives money, goods, protection.
    Aid = "AID",
    /// Yields, releases, eases.
    Concede = "CONCEDE",
    /// Asks, urges, calls on.
    Request = "REQUEST",
    /// Blames, condemns, sues.
    Accuse = "ACCUSE",
    /// Refuses, vetoes.
    Reject = "REJECT",
    /// Warns, threatens.
    Threaten = "THREATEN",
    /// Demonstrates against.
    Protest = "PROTEST",
    /// Cuts ties, imposes sanctions, expels.
    Sanction = "SANCTION",
    /// Moves forces.
    Mobilize = "MOBILIZE",
    /// Arrests, seizes, bans by force of the state.
    Coerce = "COERCE",
    /// Attacks, kills, invades.
    Assault = "ASSAULT",
    /// Withdraws, surrenders.
    Retreat = "RETREAT",
    /// Looks into, charges.
    Investigate = "INVESTIGATE",
    /// Says something to or about.
    Statement = "STATEMENT",
    /// Holds an office, is a member, works for.
    Role = "ROLE",
    /// Family.
    Kin = "KIN",
    /// Is in, comes from.
    Location = "LOCATION",
    /// Standing ties, good or bad.
    Relation = "RELATION",
    /// Buys, invests, founds, owns.
    Business = "BUSINESS",
    /// Anything else.
    Other = "OTHER",
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the text says that the fact holds or that it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Polarity {
    /// It holds.
    Affirmed,
    /// It does not ("did not meet").
    Negated,
}

/// Whether the fact is said to be real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Modality {
    /// It is or was so.
    Actual,
    /// Planned or announced ("will meet").
    Future,
    /// Wished, possible, conditional, asked for.
    Hypothetical,
    /// Reported and denied.
    Denied,
}

impl Polarity {
    /// Name in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Affirmed => "affirmed",
            Self::Negated => "negated",
        }
    }
}

impl Modality {
    /// Name in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Actual => "actual",
            Self::Future => "future",
            Self::Hypothetical => "hypothetical",
            Self::Denied => "denied",
        }
    }
}

/// Who is said to say or to deny something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speaker {
    /// Somebody whom the article names.
    Entity(EntityId),
    /// The words for somebody whom it does not ("two diplomats").
    Phrase(String),
}

impl Speaker {
    /// Canonical name, or the words.
    pub fn name<'a>(&'a self, linked: &'a Linked) -> &'a str {
        match self {
            Self::Entity(id) => &linked.entities[*id].name,
            Self::Phrase(words) => words,
        }
    }

    /// The entity's key, where it is one.
    pub fn key<'a>(&self, linked: &'a Linked) -> Option<&'a str> {
        match self {
            Self::Entity(id) => Some(&linked.entities[*id].key),
            Self::Phrase(_) => None,
        }
    }
}

/// Where the text states a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Index of the sentence.
    pub sentence: usize,
    /// From the first to the last of trigger, subject and object within the sentence.
    pub span: Span,
    /// The words that express the relation, from the first to the last of them.
    pub trigger: Span,
    /// The subject's mention.
    pub subject: MentionId,
    /// The object's mention.
    pub object: MentionId,
}

/// A directed, qualified fact between two different entities of one article.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// Who acts, or the first end.
    pub subject: EntityId,
    /// Predicate of the inventory (`cut_ties_with`), or a lemma phrase for open relations.
    pub predicate: Arc<str>,
    /// The words of the text ("severed relations with").
    pub phrase: String,
    /// Who or what is acted on, or the second end.
    pub object: EntityId,
    /// What sort of fact.
    pub class: Class,
    /// Whether the relation holds in both directions.
    pub symmetric: bool,
    /// Holds or not.
    pub polarity: Polarity,
    /// Real, planned, possible, denied.
    pub modality: Modality,
    /// Who says so, where the article does not say it itself.
    pub attribution: Option<Speaker>,
    /// Who denies it, where it is said to be denied.
    pub denied_by: Option<Speaker>,
    /// ISO date of the precision that the text gives: `2019-12-04`, `2019-12`, `2019`.
    pub time: Option<String>,
    /// Name of the place where it happened.
    pub place: Option<String>,
    /// 0 to 1.
    pub confidence: f32,
    /// Identifier of the rule, `family/name`, or `open/verb`.
    pub rule: Arc<str>,
    /// The reason: the best of the places that state it.
    pub evidence: Evidence,
    /// The other places that state the same fact, in text order.
    pub further_evidence: Vec<Evidence>,
}

/// An article with its entities and relations: the end of the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Related {
    /// The article with its mentions and entities.
    pub linked: Linked,
    /// Relations in text order of their evidence.
    pub relations: Vec<Relation>,
}

impl Related {
    /// Subject and object of a relation.
    pub fn ends(&self, relation: &Relation) -> (&Entity, &Entity) {
        (&self.linked.entities[relation.subject], &self.linked.entities[relation.object])
    }
}
