//! Mentions: stretches of text that stand for somebody or something.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::span::Span;

/// What a mention or an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A human being, real or fictional.
    Person,
    /// A sovereign state or a territory with an ISO 3166 code.
    Country,
    /// A body of people: government bodies, parties, armed groups, companies, media, clubs.
    Organization,
    /// Cities, regions, waters, mountains, named buildings.
    Place,
    /// Nationalities, peoples, religious and political groups.
    Group,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Person, Self::Country, Self::Organization, Self::Place, Self::Group];

    /// The kind's name in rule files and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Country => "country",
            Self::Organization => "organization",
            Self::Place => "place",
            Self::Group => "group",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a mention refers to its entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The name itself, or part of it.
    Name,
    /// Another name, an acronym or a transliteration.
    Alias,
    /// An adjective or noun of nationality that stands for the state ("Moroccan officials").
    Demonym,
    /// A seat of government that stands for the state ("Rabat severed ties").
    Capital,
    /// "he", "their", "who".
    Pronoun,
    /// A common noun ("the kingdom", "his counterpart").
    Nominal,
}

impl Form {
    /// The form's name in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Alias => "alias",
            Self::Demonym => "demonym",
            Self::Capital => "capital",
            Self::Pronoun => "pronoun",
            Self::Nominal => "nominal",
        }
    }
}

/// A run of tokens that the tagger or the linker takes for a reference to something.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention {
    /// Index of the sentence in the article.
    pub sentence: usize,
    /// Token indexes within that sentence; never empty.
    pub tokens: Range<usize>,
    /// The covered text, from the first token's start to the last token's end.
    pub span: Span,
    /// The tagger gives person, organization, place and group; the linker turns places into countries.
    pub kind: Kind,
    /// How it refers.
    pub form: Form,
    /// The tagger's or linker's belief, 0 to 1.
    pub score: f32,
}
