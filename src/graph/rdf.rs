//! The graph as RDF: what every entity, fact, sentence and predicate is in triples.
//!
//! | resource | IRI | what is said of it |
//! |---|---|---|
//! | entity | `entity/ID` | kind as class, `rdfs:label`, `skos:altLabel`, `owl:sameAs` its Wikidata item, `t:iso`, `t:documents`, `t:mentions` |
//! | merged key | `entity/KEY` | `t:mergedInto` the entity, `t:mergeReason` |
//! | fact | `fact/ID` | `rdf:subject`, `rdf:predicate`, `rdf:object` (or `rdf:reifies` a triple term), the fact's fields, `t:contradicts`, `t:evidence`, `prov:wasDerivedFrom` its sentences |
//! | evidence | `document/ID/evidence/RELATION/PLACE` | `t:sentence`, offsets, phrase, modality, time, place, who says or denies it, confidence, rule |
//! | sentence | `document/ID/sentence/N` | `t:text`, offsets, `prov:wasQuotedFrom` its document |
//! | document | `document/ID` | `dcterms:identifier`, `dcterms:source`, `dcterms:title`, `dcterms:issued` |
//! | predicate | `urn:tidings:predicate:NAME` | `rdfs:label`, `t:class`, `rdfs:seeAlso` its Wikidata property and schema.org term |
//!
//! What is affirmed and actual is also stated as a plain triple of the two entities, of symmetric predicates in both
//! directions. Provenance ([PROV-O](https://www.w3.org/TR/prov-o/)) is kept for every sentence, not for every triple.
//! Terms of tidings itself are in `urn:tidings:vocabulary:`, above `t:`.

use std::collections::BTreeSet;
use std::io;

use oxigraph::io::{RdfFormat, RdfSerializer};
use oxigraph::model::vocab::{rdf, rdfs, xsd};
use oxigraph::model::{Literal, NamedNode, NamedNodeRef, Term, Triple};
use percent_encoding::percent_encode_byte;

use super::predicate::{label, same_elsewhere};
use super::record::{Document, Entity, Evidence, Fact, FactGroup, Record, Speaker};
use super::{Graph, GraphError};
use crate::mention::Kind;
use crate::relation::{Class, Modality, Polarity};

/// Namespace of terms that no common vocabulary has.
pub const VOCABULARY: &str = "urn:tidings:vocabulary:";
/// Namespace of predicates.
pub const PREDICATES: &str = "urn:tidings:predicate:";
/// What the IRIs of entities, facts and documents begin with where nothing else is asked for.
pub const BASE: &str = "urn:tidings:";

const PROV: &str = "http://www.w3.org/ns/prov#";
const DCTERMS: &str = "http://purl.org/dc/terms/";
const OWL_SAME_AS: NamedNodeRef<'_> = NamedNodeRef::new_unchecked("http://www.w3.org/2002/07/owl#sameAs");
const SKOS_ALT_LABEL: NamedNodeRef<'_> = NamedNodeRef::new_unchecked("http://www.w3.org/2004/02/skos/core#altLabel");
const RDF_REIFIES: NamedNodeRef<'_> = NamedNodeRef::new_unchecked("http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies");

/// Prefixes for formats that have them, and for queries.
pub const PREFIXES: [(&str, &str); 9] = [
    ("dcterms", DCTERMS),
    ("owl", "http://www.w3.org/2002/07/owl#"),
    ("p", PREDICATES),
    ("prov", PROV),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("t", VOCABULARY),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// How a fact names its triple.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reification {
    /// `rdf:subject`, `rdf:predicate` and `rdf:object`, which every store knows.
    #[default]
    Standard,
    /// `rdf:reifies <<( s p o )>>` of RDF 1.2.
    TripleTerms,
}

/// How to write RDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    base: String,
    /// How facts name their triples.
    pub reification: Reification,
    /// The named graph of all quads; else the default graph.
    pub graph: Option<NamedNode>,
}

impl Default for Options {
    fn default() -> Self {
        Self { base: BASE.to_owned(), reification: Reification::Standard, graph: None }
    }
}

/// A text that is no IRI.
#[derive(Debug, thiserror::Error)]
#[error("{text:?} is no IRI: {reason}; write one such as https://example.org/news/")]
pub struct NotAnIri {
    text: String,
    reason: String,
}

/// The IRI of that text.
///
/// # Errors
/// Where it is none.
pub fn iri(text: &str) -> Result<NamedNode, NotAnIri> {
    NamedNode::new(text).map_err(|error| NotAnIri { text: text.to_owned(), reason: error.to_string() })
}

impl Options {
    /// What the IRIs of entities, facts and documents begin with.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Let the IRIs of entities, facts and documents begin with `base`.
    ///
    /// # Errors
    /// Where this makes no IRIs.
    pub fn with_base(mut self, base: &str) -> Result<Self, NotAnIri> {
        iri(&format!("{base}entity/a"))?;
        base.clone_into(&mut self.base);
        Ok(self)
    }
}

/// A term of tidings itself.
fn t(name: &str) -> NamedNode {
    NamedNode::new_unchecked(format!("{VOCABULARY}{name}"))
}

fn prov(name: &str) -> NamedNode {
    NamedNode::new_unchecked(format!("{PROV}{name}"))
}

fn dcterms(name: &str) -> NamedNode {
    NamedNode::new_unchecked(format!("{DCTERMS}{name}"))
}

/// Letters, digits and the signs in `keep` stay; all else is escaped, so that no two texts become one.
fn escape(text: &str, keep: &[char], iri: &mut String) {
    let mut buffer = [0; 4];
    for c in text.chars() {
        // Alphabetic letters beyond ASCII are allowed in IRIs but for a few planes; those of the first are.
        let plain = c.is_ascii_alphanumeric()
            || matches!(c, '-' | '_' | '.' | '~')
            || keep.contains(&c)
            || (c.is_alphanumeric()
                && matches!(c, '\u{A0}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFEF}'));
        if plain {
            iri.push(c);
            continue;
        }
        for byte in c.encode_utf8(&mut buffer).bytes() {
            iri.push_str(percent_encode_byte(byte));
        }
    }
}

fn predicate_iri(predicate: &str) -> NamedNode {
    let mut iri = PREDICATES.to_owned();
    escape(predicate, &[], &mut iri);
    NamedNode::new_unchecked(iri)
}

fn class_of(kind: Kind) -> NamedNode {
    t(match kind {
        Kind::Person => "Person",
        Kind::Country => "Country",
        Kind::Organization => "Organization",
        Kind::Place => "Place",
        Kind::Group => "Group",
    })
}

/// A year, a month or a day as XML Schema has it.
fn time(text: &str) -> Literal {
    let datatype = match text.len() {
        4 => xsd::G_YEAR,
        7 => xsd::G_YEAR_MONTH,
        _ => xsd::DATE,
    };
    Literal::new_typed_literal(text, datatype)
}

fn count(n: impl TryInto<i64>) -> Literal {
    Literal::from(n.try_into().unwrap_or(i64::MAX))
}

fn belief(x: f64) -> Literal {
    Literal::new_typed_literal(x.to_string(), xsd::DECIMAL)
}

/// Takes triples, one after the other.
pub(super) type Sink<'a> = dyn FnMut(Triple) -> io::Result<()> + 'a;

/// What is said of one resource.
struct Subject<'a, 'b> {
    iri: NamedNode,
    sink: &'a mut Sink<'b>,
}

impl Subject<'_, '_> {
    fn put(&mut self, predicate: impl Into<NamedNode>, object: impl Into<Term>) -> io::Result<()> {
        (self.sink)(Triple::new(self.iri.clone(), predicate, object))
    }

    fn text(&mut self, predicate: impl Into<NamedNode>, text: &str) -> io::Result<()> {
        self.put(predicate, Literal::new_simple_literal(text))
    }

    fn text_if(&mut self, predicate: impl Into<NamedNode>, text: Option<&str>) -> io::Result<()> {
        text.map_or(Ok(()), |text| self.text(predicate, text))
    }

    fn time_if(&mut self, predicate: impl Into<NamedNode>, text: Option<&str>) -> io::Result<()> {
        text.map_or(Ok(()), |text| self.put(predicate, time(text)))
    }
}

impl Options {
    fn resource(&self, sort: &str, id: &str, keep: &[char]) -> NamedNode {
        let mut iri = format!("{}{sort}/", self.base);
        escape(id, keep, &mut iri);
        NamedNode::new_unchecked(iri)
    }

    fn entity_iri(&self, id: &str) -> NamedNode {
        self.resource("entity", id, &['/'])
    }

    fn fact_iri(&self, id: &str) -> NamedNode {
        self.resource("fact", id, &['/', ':'])
    }

    fn document_iri(&self, id: &str) -> NamedNode {
        self.resource("document", id, &[])
    }

    fn sentence_iri(&self, document: &str, number: usize) -> NamedNode {
        NamedNode::new_unchecked(format!("{}/sentence/{number}", self.document_iri(document).as_str()))
    }

    fn evidence_iri(&self, evidence: &Evidence) -> NamedNode {
        let document = self.document_iri(&evidence.document);
        NamedNode::new_unchecked(format!("{}/evidence/{}/{}", document.as_str(), evidence.relation, evidence.place))
    }

    /// Everything that a part of the graph says.
    pub(super) fn record(&self, record: &Record, sink: &mut Sink<'_>) -> io::Result<()> {
        match record {
            Record::Entity(entity) => self.entity(entity, sink),
            Record::FactGroup(group) => self.fact_group(group, sink),
            Record::Document(document) => self.document(document, sink),
            Record::Predicate(name, class) => predicate(name, *class, sink),
        }
    }

    fn entity(&self, entity: &Entity, sink: &mut Sink<'_>) -> io::Result<()> {
        let iri = self.entity_iri(&entity.id);
        let mut subject = Subject { iri: iri.clone(), sink };
        subject.put(rdf::TYPE, class_of(entity.kind))?;
        subject.text(rdfs::LABEL, &entity.name)?;
        for name in &entity.other_names {
            subject.text(SKOS_ALT_LABEL, name)?;
        }
        if let Some(Ok(item)) = entity.uri.as_deref().map(NamedNode::new) {
            subject.put(OWL_SAME_AS, item)?;
        }
        subject.text_if(t("iso"), entity.iso.as_deref())?;
        subject.put(t("documents"), count(entity.n_documents))?;
        subject.put(t("mentions"), count(entity.n_mentions))?;
        for merged in &entity.merged {
            let mut subject = Subject { iri: self.entity_iri(&merged.key), sink: &mut *subject.sink };
            subject.put(t("mergedInto"), iri.clone())?;
            subject.text(t("mergeReason"), merged.reason.as_str())?;
        }
        Ok(())
    }

    fn fact_group(&self, group: &FactGroup, sink: &mut Sink<'_>) -> io::Result<()> {
        let holds = |f: &&Fact| f.polarity == Polarity::Affirmed && f.modality == Modality::Actual;
        let mut stated = BTreeSet::new();
        for fact in group.facts.iter().filter(holds) {
            stated.insert((&fact.subject, &fact.predicate, &fact.object));
            if fact.symmetric {
                stated.insert((&fact.object, &fact.predicate, &fact.subject));
            }
        }
        for (subject, predicate, object) in stated {
            sink(Triple::new(self.entity_iri(subject), predicate_iri(predicate), self.entity_iri(object)))?;
        }
        group.facts.iter().try_for_each(|fact| self.fact(fact, sink))
    }

    fn fact(&self, fact: &Fact, sink: &mut Sink<'_>) -> io::Result<()> {
        let mut subject = Subject { iri: self.fact_iri(&fact.id), sink };
        subject.put(rdf::TYPE, t("Fact"))?;
        let (first, second) = (self.entity_iri(&fact.subject), self.entity_iri(&fact.object));
        let predicate = predicate_iri(&fact.predicate);
        match self.reification {
            Reification::Standard => {
                subject.put(rdf::SUBJECT, first)?;
                subject.put(rdf::PREDICATE, predicate)?;
                subject.put(rdf::OBJECT, second)?;
            }
            Reification::TripleTerms => {
                subject.put(RDF_REIFIES, Term::Triple(Box::new(Triple::new(first, predicate, second))))?;
            }
        }
        subject.text(t("phrase"), &fact.phrase)?;
        subject.text(t("class"), fact.class.as_str())?;
        subject.put(t("symmetric"), Literal::from(fact.symmetric))?;
        subject.text(t("polarity"), fact.polarity.as_str())?;
        subject.text(t("modality"), fact.modality.as_str())?;
        subject.time_if(t("time"), fact.time.as_deref())?;
        subject.time_if(t("timeFirst"), fact.time_first.as_deref())?;
        subject.time_if(t("timeLast"), fact.time_last.as_deref())?;
        subject.time_if(t("publishedFirst"), fact.published_first.as_deref())?;
        subject.time_if(t("publishedLast"), fact.published_last.as_deref())?;
        subject.put(t("confidence"), belief(fact.confidence))?;
        subject.put(t("documents"), count(fact.n_documents))?;
        subject.put(t("sources"), count(fact.n_sources))?;
        for other in &fact.contradicts {
            subject.put(t("contradicts"), self.fact_iri(other))?;
        }
        let sentences: BTreeSet<_> = fact.evidence.iter().map(|e| (&e.document, e.sentence)).collect();
        for (document, number) in sentences {
            subject.put(prov("wasDerivedFrom"), self.sentence_iri(document, number))?;
        }
        for evidence in &fact.evidence {
            subject.put(t("evidence"), self.evidence_iri(evidence))?;
        }
        let Subject { sink, .. } = subject;
        fact.evidence.iter().try_for_each(|evidence| self.evidence(evidence, sink))
    }

    fn evidence(&self, evidence: &Evidence, sink: &mut Sink<'_>) -> io::Result<()> {
        let mut subject = Subject { iri: self.evidence_iri(evidence), sink };
        subject.put(rdf::TYPE, t("Evidence"))?;
        subject.put(t("sentence"), self.sentence_iri(&evidence.document, evidence.sentence))?;
        subject.put(t("start"), count(evidence.start))?;
        subject.put(t("end"), count(evidence.end))?;
        subject.text(t("phrase"), &evidence.phrase)?;
        subject.text(t("modality"), evidence.modality.as_str())?;
        subject.time_if(t("time"), evidence.time.as_deref())?;
        subject.text_if(t("location"), evidence.location.as_deref())?;
        subject.put(t("confidence"), belief(evidence.confidence))?;
        subject.text(t("rule"), &evidence.rule)?;
        for (name, speaker) in [("attributedTo", &evidence.attribution), ("deniedBy", &evidence.denied_by)] {
            match speaker {
                Some(Speaker { entity: Some(id), .. }) => subject.put(t(name), self.entity_iri(id))?,
                Some(Speaker { entity: None, name: words }) => subject.text(t(name), words)?,
                None => {}
            }
        }
        Ok(())
    }

    fn document(&self, document: &Document, sink: &mut Sink<'_>) -> io::Result<()> {
        let iri = self.document_iri(&document.id);
        let mut subject = Subject { iri: iri.clone(), sink };
        subject.put(rdf::TYPE, t("Document"))?;
        subject.put(rdf::TYPE, prov("Entity"))?;
        subject.text(dcterms("identifier"), &document.id)?;
        subject.text_if(dcterms("source"), document.source.as_deref())?;
        subject.text_if(dcterms("title"), document.title.as_deref())?;
        subject.time_if(dcterms("issued"), document.published.as_deref())?;
        let Subject { sink, .. } = subject;
        for sentence in &document.sentences {
            let mut subject = Subject { iri: self.sentence_iri(&document.id, sentence.number), sink: &mut *sink };
            subject.put(rdf::TYPE, t("Sentence"))?;
            subject.put(rdf::TYPE, prov("Entity"))?;
            subject.put(prov("wasQuotedFrom"), iri.clone())?;
            subject.put(t("number"), count(sentence.number))?;
            subject.put(t("start"), count(sentence.start))?;
            subject.put(t("end"), count(sentence.end))?;
            subject.text(t("text"), &sentence.text)?;
        }
        Ok(())
    }
}

fn predicate(predicate: &str, class: Class, sink: &mut Sink<'_>) -> io::Result<()> {
    let mut subject = Subject { iri: predicate_iri(predicate), sink };
    subject.put(rdf::TYPE, rdf::PROPERTY)?;
    subject.text(rdfs::LABEL, &label(predicate))?;
    subject.text(t("class"), class.as_str())?;
    for iri in same_elsewhere(predicate) {
        if let Ok(other) = NamedNode::new(iri) {
            subject.put(rdfs::SEE_ALSO, other)?;
        }
    }
    Ok(())
}

/// Every triple of the graph: entities, facts, documents, predicates.
///
/// # Errors
/// Those of `sink` and of temporary files.
pub fn triples(
    graph: &mut Graph,
    options: &Options,
    sink: &mut dyn FnMut(Triple) -> io::Result<()>,
) -> Result<(), GraphError> {
    graph.each_record(|record| Ok(options.record(&record, sink)?))
}

/// A serializer that knows the prefixes, where the format has them.
pub(super) fn serializer(format: RdfFormat) -> io::Result<RdfSerializer> {
    let mut serializer = RdfSerializer::from_format(format);
    if format == RdfFormat::Turtle {
        for (name, namespace) in PREFIXES {
            serializer = serializer.with_prefix(name, namespace).map_err(io::Error::other)?;
        }
    }
    Ok(serializer)
}

/// Write every triple in a format of RDF.
pub(super) fn write(
    graph: &mut Graph,
    options: &Options,
    format: RdfFormat,
    out: &mut dyn io::Write,
) -> Result<(), GraphError> {
    let mut writer = serializer(format)?.for_writer(out);
    triples(graph, options, &mut |triple| match &options.graph {
        Some(name) if format == RdfFormat::NQuads => writer.serialize_quad(&triple.in_graph(name.clone())),
        _ => writer.serialize_triple(&triple),
    })?;
    writer.finish()?;
    Ok(())
}
