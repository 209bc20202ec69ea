//! A sentence's tree as the matcher sees it: who does what to whom, whatever the construction.
//!
//! Passives, relative clauses, reduced relatives, control, raising, coordination, apposition, conjoined
//! verbs and light verbs are undone here, once, so that a rule speaks of `subject` and `object` only.

use std::cell::OnceCell;
use std::ops::Range;

use jiff::civil::Date;

use super::attribution::Surroundings;
use super::time::{self, TimeExpression};
use crate::entity::{Linked, MentionId};
use crate::mention::{Form, Kind};
use crate::syntax::{Deprel, Sentence, Upos, Xpos};

/// A token that fills an argument, and how far to trust the way to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Filler {
    pub(super) token: usize,
    /// 1 for a direct dependent, less for every inference on the way.
    pub(super) trust: f32,
}

impl Filler {
    /// The same token, reached by one more inference.
    pub(super) fn lowered(self, by: f32) -> Self {
        Self { trust: self.trust * by, ..self }
    }
}

/// A mention that fills an argument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Filled {
    pub(super) mention: MentionId,
    /// The token through which the mention was reached: the mention's own head, or a noun that stands for it.
    pub(super) token: usize,
    pub(super) trust: f32,
}

const THROUGH_CONJUNCT: f32 = 0.98;
const THROUGH_RELATIVE: f32 = 0.97;
const THROUGH_CONTROL: f32 = 0.95;
const THROUGH_PARTICIPLE: f32 = 0.93;
const THROUGH_GAP: f32 = 0.85;
const THROUGH_REPRESENTATIVE: f32 = 0.85;
const THROUGH_EXAMPLE: f32 = 0.9;
const THROUGH_OCCASION: f32 = 0.85;
const THROUGH_PAIR: f32 = 0.75;
const THROUGH_OWNER: f32 = 0.88;
const THROUGH_LEVEL: f32 = 0.93;
const THROUGH_PLURAL: f32 = 0.8;

/// How far below a word its nearest mentions may lie.
const MAX_WITHIN: usize = 4;

/// How many words before "they" the actors may begin for whom it stands.
const MAX_BACK: usize = 60;

/// Deepest chain of clauses that is followed; a tree is finite, but a chain of twenty is never meant.
const MAX_DEPTH: usize = 8;

pub(super) struct Parse<'a> {
    pub(super) linked: &'a Linked,
    pub(super) index: usize,
    pub(super) sentence: &'a Sentence,
    pub(super) words: &'a Lexicon,
    /// The day against which relative dates count.
    pub(super) published: Option<Date>,
    children: Vec<Vec<usize>>,
    lemmas: Vec<String>,
    mention_at: Vec<Option<MentionId>>,
    /// Dates in the sentence, looked for once: a long sentence has many matches.
    times: OnceCell<Vec<TimeExpression>>,
    /// Who speaks in the sentence and around it, looked for once.
    surroundings: OnceCell<Surroundings>,
}

/// Word lists that describe English, not relations; they live in `data/rules/lexicon.toml`.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lexicon {
    /// Verbs whose object is the subject of their infinitive ("urged Iran to leave").
    pub(super) object_control: Vec<String>,
    /// Verbs that judge what their object did ("fined the firm for breaking its word").
    pub(super) judging: Vec<String>,
    /// Verbs that only lend a noun its clause ("held talks").
    pub(super) light_verbs: Vec<String>,
    /// Nouns that stand for the body they belong to ("Israeli officials").
    pub(super) representatives: Vec<String>,
    /// Nouns for what a head of state or government leads ("his administration").
    pub(super) governments: Vec<String>,
    /// Nouns that in the plural stand for the body they belong to ("members of the union").
    pub(super) followers: Vec<String>,
    /// Nouns that only say what kind of body or people a name is ("the Aruma clan").
    pub(super) bodies: Vec<String>,
    /// Nouns that only say what kind of place a name is ("Esmeraldas province").
    pub(super) places: Vec<String>,
    /// Those of them that belong to the state they are in ("police in Kenya").
    pub(super) authorities: Vec<String>,
    /// Prepositions before examples of a noun ("states such as Oman").
    pub(super) example_prepositions: Vec<String>,
    /// Nouns that only count what follows "of" ("a group of diplomats").
    pub(super) quantities: Vec<String>,
    /// Verbs of saying.
    pub(super) speech: Vec<String>,
    /// Verbs that turn their complement into its opposite ("refused to meet").
    pub(super) negating: Vec<String>,
    /// Verbs under which a complement is denied.
    pub(super) denying: Vec<String>,
    /// Verbs, nouns and adjectives under which a complement lies ahead.
    pub(super) future: Vec<String>,
    /// Verbs, nouns and adjectives under which a complement is only possible or wished.
    pub(super) hypothetical: Vec<String>,
    /// Verbs whose event did not happen when they have it as object ("cancelled the visit").
    pub(super) cancelling: Vec<String>,
    /// Verbs of motion, after which a purpose is taken as reached ("flew to Oman to meet").
    pub(super) motion: Vec<String>,
    /// Verbs that give no open relation.
    pub(super) closed_verbs: Vec<String>,
}

pub(super) fn among(list: &[String], word: &str) -> bool {
    list.iter().any(|w| w == word)
}

impl<'a> Parse<'a> {
    pub(super) fn new(linked: &'a Linked, index: usize, words: &'a Lexicon, published: Option<Date>) -> Self {
        let sentence = &linked.sentences[index];
        let n = sentence.tokens.len();
        let mut children = vec![Vec::new(); n];
        for (i, token) in sentence.tokens.iter().enumerate() {
            if let Some(head) = token.head {
                children[head].push(i);
            }
        }
        let mut mention_at = vec![None; n];
        for id in mentions_in(linked, index) {
            for slot in &mut mention_at[linked.mentions[id].tokens.clone()] {
                *slot = Some(id);
            }
        }
        let lemmas = sentence
            .tokens
            .iter()
            .map(|t| {
                let lemma = t.lemma.to_lowercase();
                // "re-establish" is "reestablish"
                lemma.strip_prefix("re-").map(|rest| format!("re{rest}")).unwrap_or(lemma)
            })
            .collect();
        Self {
            linked,
            index,
            sentence,
            words,
            published,
            children,
            lemmas,
            mention_at,
            times: OnceCell::new(),
            surroundings: OnceCell::new(),
        }
    }

    /// Dates in the sentence.
    pub(super) fn times(&self) -> &[TimeExpression] {
        self.times.get_or_init(|| {
            let tokens: Vec<&str> = (0..self.len()).map(|t| self.text(t)).collect();
            time::expressions(&tokens)
        })
    }

    /// Who speaks in the sentence and around it.
    pub(super) fn surroundings(&self) -> &Surroundings {
        self.surroundings.get_or_init(|| Surroundings::of(self))
    }

    /// Another sentence of the article, if there is one.
    pub(super) fn neighbour(&self, index: usize) -> Option<Self> {
        (index < self.linked.sentences.len()).then(|| Self::new(self.linked, index, self.words, self.published))
    }

    pub(super) fn len(&self) -> usize {
        self.lemmas.len()
    }

    pub(super) fn lemma(&self, t: usize) -> &str {
        &self.lemmas[t]
    }

    pub(super) fn text(&self, t: usize) -> &str {
        self.sentence.tokens[t].span.of(&self.linked.document.text)
    }

    pub(super) fn upos(&self, t: usize) -> Upos {
        self.sentence.tokens[t].upos
    }

    pub(super) fn xpos(&self, t: usize) -> Xpos {
        self.sentence.tokens[t].xpos
    }

    pub(super) fn deprel(&self, t: usize) -> Deprel {
        self.sentence.tokens[t].deprel
    }

    pub(super) fn head(&self, t: usize) -> Option<usize> {
        self.sentence.tokens[t].head
    }

    pub(super) fn children(&self, t: usize) -> &[usize] {
        &self.children[t]
    }

    pub(super) fn with_deprel<'s>(&'s self, t: usize, rels: &'s [Deprel]) -> impl Iterator<Item = usize> + 's {
        self.children[t].iter().copied().filter(move |&c| rels.contains(&self.deprel(c)))
    }

    pub(super) fn child(&self, t: usize, rel: Deprel) -> Option<usize> {
        self.children[t].iter().copied().find(|&c| self.deprel(c) == rel)
    }

    pub(super) fn mention_at(&self, t: usize) -> Option<MentionId> {
        self.mention_at[t]
    }

    pub(super) fn mention_kind(&self, id: MentionId) -> Kind {
        self.linked.mentions[id].kind
    }

    /// Head token of a mention.
    pub(super) fn mention_head(&self, id: MentionId) -> usize {
        self.sentence.head_of(self.linked.mentions[id].tokens.clone())
    }

    /// The preposition of an oblique or nominal modifier, fixed parts joined: `with`, `according_to`.
    pub(super) fn preposition(&self, t: usize) -> Option<String> {
        let mut cases = self.with_deprel(t, &[Deprel::Case]).filter(|&c| !matches!(self.lemma(c), "'s" | "'"));
        let first = cases.next()?;
        let last = cases.last();
        // "from across", "in between": the last one tells, but "out of" is one.
        let case = match last {
            Some(of) if self.lemma(first) == "out" && self.lemma(of) == "of" => return Some("out_of".to_owned()),
            other => other.unwrap_or(first),
        };
        // "according to", "including": a participle that has become a preposition keeps its form.
        let form = if self.is_verb(case) { self.text(case).to_lowercase() } else { self.lemma(case).to_owned() };
        let mut words = vec![form.as_str()];
        words.extend(self.with_deprel(case, &[Deprel::Fixed]).map(|c| self.lemma(c)));
        Some(words.join("_"))
    }

    pub(super) fn is_verb(&self, t: usize) -> bool {
        self.upos(t) == Upos::Verb
    }

    /// A verb, or a noun or adjective with a copula.
    pub(super) fn is_clause(&self, t: usize) -> bool {
        self.is_verb(t) || self.child(t, Deprel::Cop).is_some() || self.child(t, Deprel::Nsubj).is_some()
    }

    pub(super) fn is_passive(&self, t: usize) -> bool {
        if self.with_deprel(t, &[Deprel::NsubjPass, Deprel::AuxPass, Deprel::CsubjPass]).next().is_some() {
            return true;
        }
        if self.xpos(t) != Xpos::Vbn {
            return false;
        }
        let has_have = self.with_deprel(t, &[Deprel::Aux]).any(|c| self.lemma(c) == "have");
        let has_subject = self.child(t, Deprel::Nsubj).is_some();
        if has_have || has_subject {
            return false;
        }
        match self.deprel(t) {
            Deprel::Acl | Deprel::Advcl | Deprel::Amod => self.child(t, Deprel::Obj).is_none(),
            Deprel::Conj => self.head(t).is_some_and(|h| self.is_passive(h)),
            _ => false,
        }
    }

    pub(super) fn has_mark(&self, t: usize, words: &[&str]) -> bool {
        self.with_deprel(t, &[Deprel::Mark, Deprel::Case]).any(|c| words.contains(&self.lemma(c)))
    }

    fn infinitive(&self, t: usize) -> bool {
        self.children[t]
            .iter()
            .any(|&c| c < t && self.lemma(c) == "to" && matches!(self.deprel(c), Deprel::Mark | Deprel::Aux))
    }

    /// The token that a relative pronoun stands for, or the token itself.
    fn antecedent(&self, t: usize) -> Filler {
        let relative = matches!(self.xpos(t), Xpos::Wp | Xpos::WpPoss | Xpos::Wdt)
            || (self.lemma(t) == "that" && self.upos(t) == Upos::Pron)
            || self.lemma(t) == "whose";
        if relative {
            let mut clause = t;
            for _ in 0..MAX_DEPTH {
                let Some(head) = self.head(clause) else { break };
                if matches!(self.deprel(clause), Deprel::AclRelcl | Deprel::AdvclRelcl) {
                    return self.nearer_antecedent(t, head).unwrap_or(Filler { token: head, trust: THROUGH_RELATIVE });
                }
                clause = head;
            }
        }
        Filler { token: t, trust: 1.0 }
    }

    /// "handed X over to Uruguay, which ...": where the parser hangs "which" on a person, or "who" on what is none, the
    /// name right before the pronoun, if it fits.
    fn nearer_antecedent(&self, pronoun: usize, head: usize) -> Option<Filler> {
        const NEAR: usize = 4;
        let human = match self.lemma(pronoun) {
            "which" => false,
            "who" | "whom" => true,
            _ => return None,
        };
        let is_person = |m: MentionId| self.mention_kind(m) == Kind::Person;
        let named = self.mention_at(head).or_else(|| {
            self.with_deprel(head, &[Deprel::Flat, Deprel::Appos])
                .filter(|&c| c > head)
                .find_map(|c| self.mention_at(c))
        })?;
        let (at, before) =
            (pronoun.saturating_sub(NEAR)..pronoun).rev().find_map(|t| Some((t, self.mention_at(t)?)))?;
        // "to X, which ...": a name right before the pronoun, with or without a comma between.
        let adjacent = at + 1 == pronoun || (at + 2 == pronoun && self.text(at + 1) == ",");
        // "police who", "the team, who": a body may be "who" where no person is at hand.
        (before != named && is_person(before) == human && (adjacent || is_person(named) != human))
            .then(|| Filler { token: self.mention_head(before), trust: THROUGH_GAP })
    }

    fn filler(&self, t: usize, trust: f32) -> Filler {
        self.antecedent(t).lowered(trust)
    }

    /// The grammatical subject, found through conjoined verbs, control, participles and relative clauses.
    fn surface_subjects(&self, t: usize, depth: usize) -> Vec<Filler> {
        if depth > MAX_DEPTH {
            return Vec::new();
        }
        let explicit: Vec<Filler> = self
            .with_deprel(t, &[Deprel::Nsubj, Deprel::NsubjPass, Deprel::NsubjOuter])
            .filter(|&c| self.preposition(c).as_deref() != Some("by"))
            .map(|c| self.filler(c, 1.0))
            .collect();
        if !explicit.is_empty() {
            return explicit;
        }
        let Some(head) = self.head(t) else { return Vec::new() };
        let lower =
            |fillers: Vec<Filler>, by: f32| -> Vec<Filler> { fillers.into_iter().map(|f| f.lowered(by)).collect() };
        match self.deprel(t) {
            Deprel::Conj if self.is_clause(head) => {
                // "thanked X for backing the plan and called on Y": a finite verb is no partner of a participle or
                // infinitive; it goes with the finite clause above.
                let finite = |v: usize| matches!(self.xpos(v), Xpos::Vbd | Xpos::Vbp | Xpos::Vbz | Xpos::Md);
                let mut partner = head;
                while finite(t)
                    && matches!(self.xpos(partner), Xpos::Vbg | Xpos::Vb)
                    && self.with_deprel(partner, &[Deprel::Aux, Deprel::Nsubj, Deprel::NsubjPass]).next().is_none()
                    && let Some(above) = self.head(partner)
                {
                    partner = above;
                }
                if !self.is_clause(partner) {
                    partner = head;
                }
                lower(self.surface_subjects(partner, depth + 1), THROUGH_CONJUNCT)
            }
            Deprel::Xcomp => lower(self.controllers(head, depth + 1), THROUGH_CONTROL),
            Deprel::Ccomp if matches!(self.xpos(t), Xpos::Vbg) || self.infinitive(t) => {
                lower(self.controllers(head, depth + 1), THROUGH_CONTROL)
            }
            // "accused Iran of arming", "barred the firm from selling": the object acts.
            // "fined the firm for breaking": so does what is punished, blamed or thanked.
            Deprel::Advcl
                if self.xpos(t) == Xpos::Vbg
                    && (self.has_mark(t, &["of", "from", "into"])
                        || (self.has_mark(t, &["for"]) && among(&self.words.judging, self.lemma(head)))) =>
            {
                let objects: Vec<Filler> = self.objects(head);
                let found = if objects.is_empty() { self.surface_subjects(head, depth + 1) } else { objects };
                lower(found, THROUGH_CONTROL)
            }
            // "used Hezbollah to deliver weapons"
            Deprel::Advcl
                if self.infinitive(t)
                    && matches!(self.lemma(head), "use" | "employ" | "hire" | "deploy" | "dispatch") =>
            {
                let objects = self.objects(head);
                lower(
                    if objects.is_empty() { self.surface_subjects(head, depth + 1) } else { objects },
                    THROUGH_CONTROL,
                )
            }
            Deprel::Advcl if matches!(self.xpos(t), Xpos::Vbg | Xpos::Vbn) || self.infinitive(t) => {
                lower(self.surface_subjects(head, depth + 1), THROUGH_PARTICIPLE)
            }
            // "Oman is the only state to have signed": the described noun acts.
            Deprel::Acl if self.infinitive(t) && self.child(head, Deprel::Cop).is_some() => {
                vec![Filler { token: head, trust: THROUGH_CONTROL }]
            }
            Deprel::Acl if self.infinitive(t) => lower(self.noun_subjects(head, depth + 1), THROUGH_CONTROL),
            Deprel::Acl if matches!(self.xpos(t), Xpos::Vbg | Xpos::Vbn) => {
                let own = Filler { token: head, trust: THROUGH_RELATIVE };
                // "issued a statement demanding ...": what is no actor has one behind it.
                let behind = if self.xpos(t) == Xpos::Vbg && self.fill_single(own).is_empty() {
                    lower(self.noun_subjects(head, depth + 1), THROUGH_PARTICIPLE)
                } else {
                    Vec::new()
                };
                if behind.is_empty() { vec![own] } else { behind }
            }
            Deprel::AclRelcl if !self.has_relative(t) && self.child(t, Deprel::Obj).is_some() => {
                vec![Filler { token: head, trust: THROUGH_GAP }]
            }
            _ => Vec::new(),
        }
    }

    /// Who does the infinitive below verb or predicate `t`.
    fn controllers(&self, t: usize, depth: usize) -> Vec<Filler> {
        if depth > MAX_DEPTH {
            return Vec::new();
        }
        if among(&self.words.object_control, self.lemma(t)) {
            if self.is_passive(t) {
                return self.surface_subjects(t, depth + 1);
            }
            let objects: Vec<Filler> =
                self.with_deprel(t, &[Deprel::Obj, Deprel::Iobj]).map(|c| self.filler(c, 1.0)).collect();
            if !objects.is_empty() {
                return objects;
            }
            let oblique: Vec<Filler> = self
                .with_deprel(t, &[Deprel::Obl])
                .filter(|&c| self.preposition(c).is_some_and(|p| matches!(p.as_str(), "on" | "upon" | "for" | "to")))
                .filter(|&c| self.mention_at(c).is_some())
                .map(|c| self.filler(c, 1.0))
                .collect();
            if !oblique.is_empty() {
                return oblique;
            }
        }
        self.surface_subjects(t, depth + 1)
    }

    fn has_relative(&self, t: usize) -> bool {
        self.children[t].iter().any(|&c| self.antecedent(c).token != c)
    }

    /// Who has or does what a noun names: its possessor, its "by", or the subject of its light verb.
    fn noun_subjects(&self, t: usize, depth: usize) -> Vec<Filler> {
        if depth > MAX_DEPTH {
            return Vec::new();
        }
        let owners: Vec<Filler> = self.children[t]
            .iter()
            .copied()
            .filter(|&c| {
                self.deprel(c) == Deprel::NmodPoss
                    || (matches!(self.deprel(c), Deprel::Nmod | Deprel::Obl | Deprel::OblAgent)
                        && self.preposition(c).as_deref() == Some("by"))
            })
            .map(|c| self.filler(c, 1.0))
            .collect();
        // "the states have upgraded their ties": an owner that points nowhere leaves the word to the verb's subject.
        let lost = |f: &Filler| self.upos(f.token) == Upos::Pron && self.mention_at(f.token).is_none();
        let points_nowhere = owners.iter().all(lost) && self.light_verb(t).is_some();
        if !owners.is_empty() && !points_nowhere {
            return owners;
        }
        if let Some(verb) = self.light_verb(t) {
            return self.logical_subjects(verb, depth + 1);
        }
        match (self.deprel(t), self.head(t)) {
            (Deprel::Conj, Some(head)) if self.upos(head) == Upos::Noun => self.noun_subjects(head, depth + 1),
            // "two days of talks"
            (Deprel::Nmod, Some(head)) if among(&self.words.quantities, self.lemma(head)) => {
                self.noun_subjects(head, depth + 1)
            }
            // "after the U.S.-led invasion": a name before the noun leaves nothing to the clause.
            _ if self.modifiers(t).iter().any(|f| self.mention_at(f.token).is_some()) => Vec::new(),
            _ => self.clause_subjects_at(t, depth + 1),
        }
    }

    /// Who acts in the clause on whose occasion noun `t` stands: "said after talks with X", "arrived from a visit to Y".
    pub(super) fn clause_subjects(&self, t: usize) -> Vec<Filler> {
        self.clause_subjects_at(t, 0)
    }

    fn clause_subjects_at(&self, t: usize, depth: usize) -> Vec<Filler> {
        match (self.deprel(t), self.head(t)) {
            (Deprel::Obl, Some(head)) if self.is_clause(head) && self.is_occasion(t) => {
                self.logical_subjects(head, depth).into_iter().map(|f| f.lowered(THROUGH_OCCASION)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether a noun behind a preposition says on what occasion the clause takes place.
    fn is_occasion(&self, t: usize) -> bool {
        self.upos(t) == Upos::Noun
            && self.preposition(t).is_some_and(|p| {
                matches!(
                    p.as_str(),
                    "after" | "during" | "before" | "following" | "in" | "on" | "at" | "from" | "ahead_of"
                )
            })
    }

    /// The light verb that `t` is object of, through a conjunct if need be.
    pub(super) fn light_verb(&self, t: usize) -> Option<usize> {
        let mut noun = t;
        while self.deprel(noun) == Deprel::Conj {
            noun = self.head(noun)?;
        }
        let verb = self.head(noun)?;
        let object = matches!(self.deprel(noun), Deprel::Obj | Deprel::NsubjPass);
        // "talks held in Rabat": the participle hangs on the noun.
        if object && among(&self.words.light_verbs, self.lemma(verb)) {
            return Some(verb);
        }
        None
    }

    fn logical_subjects(&self, t: usize, depth: usize) -> Vec<Filler> {
        if self.is_verb(t) && self.is_passive(t) {
            return self.agents(t);
        }
        self.surface_subjects(t, depth)
    }

    fn agents(&self, t: usize) -> Vec<Filler> {
        let by = |host: usize, trust: f32| -> Vec<Filler> {
            self.with_deprel(host, &[Deprel::OblAgent, Deprel::Obl, Deprel::Nmod, Deprel::NsubjPass])
                .filter(|&c| c > t && self.preposition(c).as_deref() == Some("by"))
                .map(|c| self.filler(c, trust))
                .collect()
        };
        let own = by(t, 1.0);
        if !own.is_empty() {
            return own;
        }
        // A "by" after the verb that the parser hung on the subject before it.
        self.with_deprel(t, &[Deprel::NsubjPass]).flat_map(|s| by(s, THROUGH_PARTICIPLE)).collect()
    }

    /// Who acts: the agent of a verb in any voice, the subject of a predicate, the doer of a noun's event.
    pub(super) fn subjects(&self, t: usize) -> Vec<Filler> {
        if self.is_verb(t) {
            self.logical_subjects(t, 0)
        } else if self.child(t, Deprel::Nsubj).is_some()
            || self.child(t, Deprel::Cop).is_some()
            || self.upos(t) == Upos::Adj
        {
            let mut found = self.surface_subjects(t, 0);
            // An adjective after its noun, or a participle that the tagger takes for one.
            if found.is_empty() && matches!(self.deprel(t), Deprel::Amod | Deprel::Acl) {
                found.extend(self.head(t).map(|token| Filler { token, trust: THROUGH_PARTICIPLE }));
            }
            found
        } else {
            self.noun_subjects(t, 0)
        }
    }

    /// Who or what is acted on, in any voice.
    pub(super) fn objects(&self, t: usize) -> Vec<Filler> {
        if !self.is_verb(t) {
            return Vec::new();
        }
        if self.is_passive(t) {
            return self.surface_subjects(t, 0);
        }
        // A lone indirect object is what the verb acts on ("warned the minister").
        for rel in [Deprel::Obj, Deprel::Iobj] {
            let own: Vec<Filler> = self.with_deprel(t, &[rel]).map(|c| self.filler(c, 1.0)).collect();
            if !own.is_empty() {
                return own;
            }
        }
        // "the minister Pompeo met", "the deal that they want to sign"
        let mut clause = t;
        while self.deprel(clause) == Deprel::Xcomp {
            match self.head(clause) {
                Some(head) if self.child(head, Deprel::Obj).is_none() => clause = head,
                _ => break,
            }
        }
        if let (Deprel::AclRelcl, Some(head)) = (self.deprel(clause), self.head(clause)) {
            let subject_is_relative =
                self.with_deprel(clause, &[Deprel::Nsubj, Deprel::NsubjPass]).any(|c| self.antecedent(c).token != c);
            let oblique_is_relative = self.with_deprel(t, &[Deprel::Obl]).any(|c| self.antecedent(c).token != c);
            // "to Kenya, where he will meet": the place is no object.
            let of_place =
                self.with_deprel(clause, &[Deprel::Advmod]).any(|c| matches!(self.lemma(c), "where" | "when" | "why"));
            if self.child(clause, Deprel::Nsubj).is_some() && !subject_is_relative && !oblique_is_relative && !of_place
            {
                return vec![Filler { token: head, trust: THROUGH_GAP }];
            }
        }
        // "attacked and destroyed the town": one object for both verbs, on either of them.
        let shared = |other: usize| -> Vec<Filler> {
            self.with_deprel(other, &[Deprel::Obj])
                .filter(|&c| c > t && c > other)
                .map(|c| self.filler(c, THROUGH_CONJUNCT))
                .collect()
        };
        match (self.deprel(t), self.head(t)) {
            (Deprel::Conj, Some(head)) if self.is_verb(head) && t - head.min(t) <= 3 => shared(head),
            _ => self
                .with_deprel(t, &[Deprel::Conj])
                .filter(|&c| self.is_verb(c) && c > t && c - t <= 3 && self.child(c, Deprel::Nsubj).is_none())
                .flat_map(shared)
                .collect(),
        }
    }

    /// Dependents of `t` behind preposition `word`.
    pub(super) fn behind(&self, t: usize, word: &str) -> Vec<Filler> {
        let mut out: Vec<Filler> = self
            .with_deprel(
                t,
                &[Deprel::Obl, Deprel::Nmod, Deprel::OblAgent, Deprel::Advcl, Deprel::Advmod, Deprel::Xcomp],
            )
            .filter(|&c| self.preposition(c).as_deref() == Some(word))
            .map(|c| self.filler(c, 1.0))
            .collect();
        // "ties with Iran and with Syria": the second one is a conjunct with a preposition of its own.
        let more: Vec<Filler> = out
            .iter()
            .flat_map(|f| self.with_deprel(f.token, &[Deprel::Conj]).collect::<Vec<_>>())
            .filter(|&c| self.preposition(c).as_deref() == Some(word))
            .map(|c| self.filler(c, THROUGH_CONJUNCT))
            .collect();
        for f in more {
            if !out.iter().any(|o| o.token == f.token) {
                out.push(f);
            }
        }
        out
    }

    /// Nouns and adjectives before `t` that modify it: "Israeli", "US", "Netanyahu" in "Netanyahu meeting".
    pub(super) fn modifiers(&self, t: usize) -> Vec<Filler> {
        let rels = [
            Deprel::Compound,
            Deprel::Amod,
            Deprel::NmodPoss,
            Deprel::Nmod,
            Deprel::NmodDesc,
            Deprel::Flat,
            Deprel::NmodUnmarked,
        ];
        let before = |head: usize, limit: usize| -> Vec<usize> {
            self.with_deprel(head, &rels)
                .filter(|&c| {
                    c < limit
                        && self.upos(c) != Upos::Pron
                        && self.children[c].iter().all(|&g| self.deprel(g) != Deprel::Case || self.lemma(g) == "'s")
                })
                .collect()
        };
        let mut out: Vec<Filler> = before(t, t).into_iter().map(|c| self.filler(c, 1.0)).collect();
        // "the Vogt–Sato meeting", "Norwegian-Kenyan ties": one name may hang on the other.
        let joined: Vec<usize> = out
            .iter()
            .flat_map(|f| {
                self.with_deprel(f.token, &[Deprel::Flat, Deprel::Compound, Deprel::Amod]).map(move |c| (f.token, c))
            })
            .filter(|&(a, b)| b < t && self.mention_at(b).is_some() && self.mention_at(b) != self.mention_at(a))
            .map(|(_, b)| b)
            .collect();
        out.extend(joined.into_iter().map(|c| self.filler(c, THROUGH_CONJUNCT)));
        // "Irish nationalist guerrillas": the adjective may hang on the noun between.
        let between: Vec<usize> = self
            .with_deprel(t, &[Deprel::Compound, Deprel::Amod])
            .filter(|&c| c < t && self.mention_at(c).is_none())
            .collect();
        out.extend(between.into_iter().flat_map(|c| before(c, c)).map(|c| self.filler(c, 0.95)));
        // "Moroccan Foreign Minister Nasser Bourita": the adjective may hang on the name.
        if let (Deprel::NmodDesc | Deprel::Compound | Deprel::Amod | Deprel::Flat | Deprel::Nmod, Some(head)) =
            (self.deprel(t), self.head(t))
            && t < head
        {
            out.extend(before(head, t).into_iter().map(|c| self.filler(c, 0.97)));
        }
        out
    }

    pub(super) fn possessors(&self, t: usize) -> Vec<Filler> {
        let mut out: Vec<Filler> = self.with_deprel(t, &[Deprel::NmodPoss]).map(|c| self.filler(c, 1.0)).collect();
        if let (true, Deprel::NmodDesc | Deprel::Compound, Some(head)) = (out.is_empty(), self.deprel(t), self.head(t))
            && t < head
        {
            out.extend(self.with_deprel(head, &[Deprel::NmodPoss]).filter(|&c| c < t).map(|c| self.filler(c, 0.97)));
        }
        if let (true, Deprel::Conj, Some(head)) = (out.is_empty(), self.deprel(t), self.head(t)) {
            out.extend(self.with_deprel(head, &[Deprel::NmodPoss]).map(|c| self.filler(c, THROUGH_CONJUNCT)));
        }
        out
    }

    /// Whose thing or people noun `t` names: possessor, adjective or name before it, "of" or "from" phrase; nobody, where
    /// the noun is a name itself.
    pub(super) fn owners(&self, t: usize) -> Vec<Filler> {
        if self.upos(t) != Upos::Noun || self.mention_at(t).is_some() {
            return Vec::new();
        }
        // "its offices": a noun that stands for its owner.
        if !self.fill_single(Filler { token: t, trust: 1.0 }).is_empty() {
            return vec![Filler { token: t, trust: THROUGH_OWNER }];
        }
        let named = |f: &Filler| !self.fill_single(*f).is_empty();
        let ways = [self.possessors(t), self.modifiers(t), self.behind(t, "of"), self.behind(t, "from")];
        let found = ways.into_iter().find(|way| way.iter().any(named)).unwrap_or_default();
        found.into_iter().filter(named).map(|f| f.lowered(THROUGH_OWNER)).collect()
    }

    /// What stands in apposition behind `t`.
    pub(super) fn names_beside(&self, t: usize) -> impl Iterator<Item = usize> + '_ {
        self.children(t)
            .iter()
            .copied()
            .filter(move |&c| c > t && matches!(self.deprel(c), Deprel::Appos | Deprel::Flat | Deprel::NmodDesc))
    }

    /// Who has the title, office or kinship that noun `t` names.
    pub(super) fn holders(&self, t: usize) -> Vec<Filler> {
        let mut out = Vec::new();
        let person = |c: usize| self.mention_at(c).is_some();
        // "the Moroccan king", resolved: the title itself is the mention.
        if let Some(own) = self.mention_at(t)
            && self.linked.mentions[own].form == Form::Nominal
        {
            return vec![Filler { token: t, trust: 1.0 }];
        }
        if let Some(head) = self.head(t) {
            match self.deprel(t) {
                Deprel::NmodDesc
                | Deprel::Compound
                | Deprel::Flat
                | Deprel::Amod
                | Deprel::Nmod
                | Deprel::NmodUnmarked
                    if t < head && person(head) && self.preposition(t).is_none() =>
                {
                    out.push(self.filler(head, 1.0));
                }
                // "X, three vice presidents and others": a plural beside a name is no title of it.
                Deprel::Appos
                    if person(head)
                        && (self.xpos(t) != Xpos::Nns || self.with_deprel(head, &[Deprel::Conj]).any(person)) =>
                {
                    out.push(self.filler(head, 1.0));
                }
                Deprel::Appos if person(head) => {}
                // "son-in-law and adviser X", also where the parser takes the first title for a part of the second
                deprel if !person(head) => {
                    let shares = match deprel {
                        Deprel::Compound => t < head && self.upos(head) == Upos::Noun && self.upos(t) == Upos::Noun,
                        // "his counterpart Y" beside "minister X" has a name of its own.
                        Deprel::Conj | Deprel::Appos => {
                            matches!(self.upos(head), Upos::Noun | Upos::Propn) && !self.names_beside(t).any(person)
                        }
                        _ => false,
                    };
                    if shares {
                        out.extend(self.holders(head).into_iter().map(|f| f.lowered(THROUGH_CONJUNCT)));
                    }
                }
                _ => {}
            }
        }
        out.extend(self.names_beside(t).filter(|&c| person(c)).map(|c| self.filler(c, 1.0)));
        if self.child(t, Deprel::Cop).is_some() {
            out.extend(self.surface_subjects(t, 0));
        }
        // "became a member of NATO", "was named ambassador"
        if let (Deprel::Xcomp, Some(verb)) = (self.deprel(t), self.head(t)) {
            match self.lemma(verb) {
                "become" | "remain" | "stay" => out.extend(self.subjects(verb)),
                "name" | "elect" | "appoint" | "make" | "crown" => out.extend(self.objects(verb)),
                _ => {}
            }
        }
        // "World Bank spokeswoman Lena Vogt": a title right before a person's name, whatever the tree says.
        if out.is_empty()
            && t + 1 < self.len()
            && let Some(next) = self.mention_at(t + 1)
            && self.mention_kind(next) == Kind::Person
            && self.linked.mentions[next].tokens.start == t + 1
            && self.mention_at(t).is_none()
        {
            out.push(Filler { token: self.mention_head(next), trust: THROUGH_PARTICIPLE });
        }
        out
    }

    /// The nearest coordination of two or more actors before `t`: what "they" and "them" point to when no single
    /// mention answers to it.
    fn coordinated_before(&self, t: usize) -> Vec<Filler> {
        let actor = |c: usize| self.mention_at(c).is_some_and(|m| self.mention_kind(m) != Kind::Place);
        for first in (t.saturating_sub(MAX_BACK)..t).rev() {
            if !actor(first) || self.deprel(first) == Deprel::Conj {
                continue;
            }
            let mut all = vec![first];
            all.extend(self.with_deprel(first, &[Deprel::Conj]).filter(|&c| c < t && actor(c)));
            if all.len() > 1 {
                return all.into_iter().map(|token| Filler { token, trust: THROUGH_PLURAL }).collect();
            }
        }
        Vec::new()
    }

    /// "a trawler of Hvalklettur Seafood, a company based in Y": the name right before an apposition that says what kind of
    /// body or place it is, though the parser hangs it on the noun before.
    fn described_name(&self, t: usize) -> Option<usize> {
        let kinds: &[Kind] = if among(&self.words.bodies, self.lemma(t)) {
            &[Kind::Organization, Kind::Group]
        } else if among(&self.words.places, self.lemma(t)) {
            &[Kind::Place, Kind::Country]
        } else {
            return None;
        };
        let first = self.children(t).iter().copied().filter(|&c| self.deprel(c) != Deprel::Punct).min()?.min(t);
        let before = first.checked_sub(2).filter(|&b| self.text(b + 1) == ",")?;
        let mention = self.mention_at(before)?;
        kinds.contains(&self.mention_kind(mention)).then(|| self.mention_head(mention))
    }

    /// "the two countries", "both leaders"
    fn is_pair(&self, t: usize) -> bool {
        self.xpos(t) == Xpos::Nns
            && pair_kinds(self.lemma(t)).is_some()
            && self.with_deprel(t, &[Deprel::Nummod, Deprel::Det]).any(|c| matches!(self.lemma(c), "two" | "both"))
            && self
                .children(t)
                .iter()
                .all(|&c| !matches!(self.deprel(c), Deprel::Acl | Deprel::Nmod | Deprel::NmodPoss | Deprel::Appos))
    }

    /// The two actors that a noun phrase like "the two countries" points back to: the only two of their kind before it in
    /// the sentence, or else in the sentence before.
    fn pair_before(&self, t: usize) -> Vec<MentionId> {
        let Some(kinds) = pair_kinds(self.lemma(t)) else { return Vec::new() };
        let here = mentions_in(self.linked, self.index).filter(|&m| self.linked.mentions[m].tokens.end <= t);
        let before = self.index.checked_sub(1).map_or(0..0, |s| mentions_in(self.linked, s));
        let distinct = |mentions: &mut dyn Iterator<Item = MentionId>| {
            let mut found: Vec<MentionId> = Vec::new();
            for m in mentions {
                let known = found.iter().any(|&f| self.linked.entity_of[f] == self.linked.entity_of[m]);
                if kinds.contains(&self.mention_kind(m)) && !known {
                    found.push(m);
                }
            }
            found
        };
        let own = distinct(&mut here.into_iter());
        let found = if own.is_empty() { distinct(&mut before.into_iter()) } else { own };
        if found.len() == 2 { found } else { Vec::new() }
    }

    /// Heads of the clauses that complete `t`.
    pub(super) fn complements(&self, t: usize) -> Vec<Filler> {
        // "the demand that Oman leave": a noun's clause hangs on it as acl.
        let rels: &[Deprel] = if self.upos(t) == Upos::Noun {
            &[Deprel::Xcomp, Deprel::Ccomp, Deprel::Acl]
        } else {
            &[Deprel::Xcomp, Deprel::Ccomp]
        };
        let own: Vec<Filler> = self.with_deprel(t, rels).map(|c| self.filler(c, 1.0)).collect();
        if !own.is_empty() || !self.is_verb(t) {
            return own;
        }
        // "threatened on Monday to leave": an infinitive that stands away from its verb is often hung as a purpose.
        self.with_deprel(t, &[Deprel::Advcl])
            .filter(|&c| c > t && self.infinitive(c) && self.child(t, Deprel::Obj).is_none())
            .map(|c| self.filler(c, THROUGH_CONTROL))
            .collect()
    }

    /// The nearest mention below `t`, level by level, if one level has a single one; what is only loosely attached is left out, and so are
    /// possessive pronouns, which point back to the one who acts.
    pub(super) fn within(&self, t: usize) -> Vec<Filler> {
        const LOOSE: [Deprel; 6] =
            [Deprel::Conj, Deprel::Parataxis, Deprel::Advcl, Deprel::AclRelcl, Deprel::Appos, Deprel::Punct];
        let mut level = vec![t];
        let mut trust = 1.0;
        for _ in 0..MAX_WITHIN {
            trust *= THROUGH_LEVEL;
            level = level
                .iter()
                .flat_map(|&h| self.children[h].iter().copied())
                .filter(|&c| !LOOSE.contains(&self.deprel(c)))
                .filter(|&c| self.deprel(c) != Deprel::NmodPoss || self.upos(c) != Upos::Pron)
                .collect();
            let named: Vec<Filler> =
                level.iter().filter(|&&c| self.mention_at(c).is_some()).map(|&c| self.filler(c, trust)).collect();
            match named.len() {
                0 => {}
                1 => return named,
                // Of several none is clearly meant.
                _ => return Vec::new(),
            }
        }
        Vec::new()
    }

    /// Heads of the clauses that complete `t` and have no subject of their own ("agreed to meet").
    pub(super) fn infinitives(&self, t: usize) -> Vec<Filler> {
        self.with_deprel(t, &[Deprel::Xcomp, Deprel::Ccomp, Deprel::Advcl])
            .filter(|&c| self.infinitive(c))
            .map(|c| self.filler(c, 1.0))
            .collect()
    }

    /// The state that the person mentioned at `t` serves, at its mention nearest to this sentence, and the belief in it.
    pub(super) fn state_of(&self, t: usize) -> Option<(MentionId, f32)> {
        let linked = self.linked;
        let state = linked.entities[linked.entity_of[self.mention_at(t)?]].state?;
        let distance = |&m: &MentionId| linked.mentions[m].sentence.abs_diff(self.index);
        let mention = linked.entities[state.country].mentions.iter().copied().min_by_key(distance)?;
        Some((mention, state.score))
    }

    /// Named (or otherwise linked) mentions that fill an argument at `filler`: itself, its conjuncts, its
    /// apposition, the body that it represents, the examples that it introduces.
    pub(super) fn fill(&self, filler: Filler) -> Vec<Filled> {
        let mut out = Vec::new();
        self.fill_into(filler, 0, &mut out);
        out
    }

    /// As [`Self::fill`], without the conjuncts: "president A, B's C" gives the office to A alone.
    pub(super) fn fill_single(&self, filler: Filler) -> Vec<Filled> {
        let mut out = Vec::new();
        self.fill_one(filler, &mut out);
        out
    }

    fn fill_into(&self, filler: Filler, depth: usize, out: &mut Vec<Filled>) {
        if depth > MAX_DEPTH {
            return;
        }
        let Filler { token, trust } = filler;
        self.fill_one(filler, out);
        for c in self.with_deprel(token, &[Deprel::Conj]) {
            let not = |t: usize| {
                self.with_deprel(t, &[Deprel::Cc, Deprel::CcPreconj, Deprel::Advmod]).any(|g| self.lemma(g) == "not")
            };
            // "signed a treaty with X but Y ..." begins another clause; "not X but Y" does not.
            let but = self.with_deprel(c, &[Deprel::Cc]).any(|g| self.lemma(g) == "but") && !not(token);
            let excluded = not(c) || but;
            if !excluded && !self.is_verb(c) {
                self.fill_into(Filler { token: c, trust: trust * THROUGH_CONJUNCT }, depth + 1, out);
            }
        }
    }

    fn fill_one(&self, filler: Filler, out: &mut Vec<Filled>) {
        let Filler { token, trust } = filler;
        if let Some(mention) = self.mention_at(token) {
            push(out, Filled { mention, token, trust });
            return;
        }
        if self.upos(token) == Upos::Pron && matches!(self.lemma(token), "they" | "them" | "their" | "both") {
            for f in self.coordinated_before(token) {
                if let Some(mention) = self.mention_at(f.token) {
                    push(out, Filled { mention, token, trust: trust * f.trust });
                }
            }
            return;
        }
        if self.is_pair(token) {
            for mention in self.pair_before(token) {
                push(out, Filled { mention, token, trust: trust * THROUGH_PAIR });
            }
            return;
        }
        // "his counterpart Nasser Bourita", "the group, Hezbollah"
        let mut named: Vec<usize> = self
            .with_deprel(token, &[Deprel::Appos, Deprel::Flat, Deprel::NmodDesc])
            .filter(|&c| c > token && self.mention_at(c).is_some())
            .collect();
        // "watchdog Harbour International", where the parser hangs the name otherwise: right behind the noun all the same.
        if named.is_empty()
            && token + 1 < self.len()
            && self.upos(token) == Upos::Noun
            && let Some(next) = self.mention_at(token + 1)
            && self.linked.mentions[next].tokens.start == token + 1
            && (self.head(self.mention_head(next)) == Some(token)
                || (among(&self.words.bodies, self.lemma(token)) && self.mention_kind(next) == Kind::Organization))
            && self.preposition(self.mention_head(next)).is_none()
        {
            named.push(self.mention_head(next));
        }
        // "a group of diplomats", "dozens of Kurds"
        if named.is_empty() && among(&self.words.quantities, self.lemma(token)) {
            let before = out.len();
            for f in self.behind(token, "of") {
                self.fill_into(f.lowered(trust).lowered(THROUGH_CONJUNCT), MAX_DEPTH - 2, out);
            }
            if out.len() > before {
                return;
            }
        }
        // "X, a company based in Y": the description is the name's.
        if named.is_empty()
            && let (Deprel::NmodDesc | Deprel::Appos, Some(head)) = (self.deprel(token), self.head(token))
        {
            named.extend(self.described_name(token).or(Some(head)).filter(|&t| self.mention_at(t).is_some()));
        }
        if let Some(&c) = named.first() {
            if let Some(mention) = self.mention_at(c) {
                push(out, Filled { mention, token: c, trust: trust * THROUGH_CONJUNCT });
            }
            return;
        }
        // "states such as Oman and Bahrain"
        let mut examples = Vec::new();
        for c in self.with_deprel(token, &[Deprel::Nmod, Deprel::Obl, Deprel::Acl, Deprel::Appos]) {
            if self.preposition(c).is_some_and(|p| among(&self.words.example_prepositions, &p))
                || (self.lemma(c) == "include" && self.xpos(c) == Xpos::Vbg)
            {
                let target = if self.lemma(c) == "include" { self.child(c, Deprel::Obj) } else { Some(c) };
                if let Some(t) = target {
                    self.fill_into(Filler { token: t, trust: trust * THROUGH_EXAMPLE }, MAX_DEPTH - 2, &mut examples);
                }
            }
        }
        if !examples.is_empty() {
            for e in examples {
                push(out, e);
            }
            return;
        }
        // "Oman is a state that ...", "one of the states being ...": what is said of the description is said of the subject.
        let mut described = token;
        for _ in 0..2 {
            if self.child(described, Deprel::Cop).is_some() {
                let before = out.len();
                for subject in self.with_deprel(described, &[Deprel::Nsubj]) {
                    let f = self.filler(subject, trust * THROUGH_EXAMPLE);
                    if f.token != token {
                        self.fill_into(f, MAX_DEPTH - 1, out);
                    }
                }
                if out.len() > before {
                    return;
                }
                break;
            }
            match (self.deprel(described), self.head(described)) {
                (Deprel::Nmod, Some(head)) if matches!(self.lemma(head), "one" | "some" | "part" | "among") => {
                    described = head;
                }
                _ => break,
            }
        }
        // "to Esmeraldas province", "the port city of X": the noun only says what kind of place it is.
        if among(&self.words.places, self.lemma(token)) {
            let place = |c: usize| self.mention_at(c).filter(|&m| self.mention_kind(m) == Kind::Place);
            let named = self.modifiers(token).into_iter().chain(self.behind(token, "of")).find_map(|f| place(f.token));
            if let Some(mention) = named {
                push(out, Filled { mention, token, trust: trust * THROUGH_CONJUNCT });
                return;
            }
        }
        // "the Aruma and Tigali clans", "the United Shaft Workers union": the noun only says what the name is.
        if among(&self.words.bodies, self.lemma(token)) {
            let before = out.len();
            for c in self.with_deprel(token, &[Deprel::Compound, Deprel::Flat, Deprel::Appos, Deprel::Amod]) {
                let body = self.mention_at(c).is_some_and(|m| {
                    let mention = &self.linked.mentions[m];
                    matches!(mention.form, Form::Name | Form::Alias)
                        && matches!(mention.kind, Kind::Organization | Kind::Group)
                });
                if body {
                    self.fill_into(Filler { token: c, trust: trust * THROUGH_CONJUNCT }, MAX_DEPTH - 2, out);
                }
            }
            if out.len() > before {
                return;
            }
        }
        // "Liberian refugees", "Muslim students": the noun stands for the people.
        if crate::link::is_private_person(self.lemma(token))
            && let Some(mention) = self
                .modifiers(token)
                .into_iter()
                .filter_map(|f| self.mention_at(f.token))
                .find(|&m| self.mention_kind(m) == Kind::Group)
        {
            push(out, Filled { mention, token, trust: trust * THROUGH_REPRESENTATIVE });
            return;
        }
        // "his administration", "her country": of the state whose office the person has.
        if among(&self.words.governments, self.lemma(token))
            && let Some((mention, score)) =
                self.possessors(token).iter().chain(&self.modifiers(token)).find_map(|f| self.state_of(f.token))
        {
            push(out, Filled { mention, token, trust: trust * THROUGH_REPRESENTATIVE * score });
            return;
        }
        let followers = matches!(self.xpos(token), Xpos::Nns) && among(&self.words.followers, self.lemma(token));
        if followers || among(&self.words.representatives, self.lemma(token)) {
            let body =
                |c: usize| self.mention_at(c).filter(|&m| !matches!(self.mention_kind(m), Kind::Person | Kind::Place));
            let owner = self
                .possessors(token)
                .into_iter()
                .chain(self.modifiers(token))
                .chain(self.behind(token, "of"))
                .chain(self.behind(token, "from"))
                .chain(if among(&self.words.authorities, self.lemma(token)) {
                    self.behind(token, "in")
                } else {
                    Vec::new()
                })
                .find_map(|f| body(f.token).map(|m| (f.token, m)));
            if let Some((owner, mention)) = owner {
                push(out, Filled { mention, token, trust: trust * THROUGH_REPRESENTATIVE });
                // "ambassadors from Oman and Bahrain"
                for c in self.with_deprel(owner, &[Deprel::Conj]) {
                    if let Some(mention) = body(c) {
                        push(out, Filled { mention, token, trust: trust * THROUGH_REPRESENTATIVE * THROUGH_CONJUNCT });
                    }
                }
            } else {
                // "soldiers of the Somali army": the body is one that stands for another.
                let whose = self.possessors(token).into_iter().chain(self.behind(token, "of"));
                for f in whose.filter(|f| among(&self.words.representatives, self.lemma(f.token))) {
                    self.fill_one(f.lowered(trust), out);
                }
            }
        }
    }
}

/// The kinds of those whom a plural noun behind "two" or "both" may mean.
fn pair_kinds(lemma: &str) -> Option<&'static [Kind]> {
    match lemma {
        "country" | "nation" | "neighbor" | "neighbour" | "state" | "government" => Some(&[Kind::Country]),
        "leader" | "man" | "woman" | "minister" | "president" | "diplomat" | "politician" => Some(&[Kind::Person]),
        "side" | "party" => Some(&[Kind::Country, Kind::Organization, Kind::Group]),
        "company" | "firm" | "group" | "organization" => Some(&[Kind::Organization]),
        _ => None,
    }
}

/// Mentions of a sentence; mentions are sorted by span, so each sentence has one run of them.
pub(super) fn mentions_in(linked: &Linked, index: usize) -> Range<usize> {
    let start = linked.mentions.partition_point(|m| m.sentence < index);
    let end = linked.mentions.partition_point(|m| m.sentence <= index);
    start..end
}

fn push(out: &mut Vec<Filled>, filled: Filled) {
    if !out.iter().any(|f| f.mention == filled.mention) {
        out.push(filled);
    }
}
