//! Reads news articles, tags people, countries, organizations, places and groups, and turns what it finds
//! into directed relation triples.
//!
//! # One way through
//!
//! ```text
//! read -> segment -> annotate -> link -> relate -> write        (one document at a time)
//!                                             \-> graph         (many documents, merged)
//! ```
//!
//! Each stage takes the former one's value and returns a richer one:
//!
//! | stage | what it does | gives |
//! |---|---|---|
//! | [`read`] | files, folders and standard input, plain or compressed | [`Document`](document::Document): id, date, text |
//! | [`segment`] | text to sentences to tokens | [`Segmented`](document::Segmented) |
//! | [`annotate`] | one transformer: tags, lemmas, dependency trees, named mentions | [`Annotated`](syntax::Annotated) |
//! | [`link`](mod@link) | names, demonyms, capitals, pronouns, common nouns to entities | [`Linked`](entity::Linked) |
//! | [`relate`] | rules over the tree, qualifiers, evidence | [`Related`](relation::Related) |
//! | [`write`](mod@write) | JSON lines with their schema, lines for people | bytes |
//! | [`graph`] | many documents to one set of entities and facts | [`Graph`](graph::Graph), RDF, GraphML, CSV, JSON lines |
//!
//! The nouns are apart from the stages, one a file: [`document`], [`span`], [`mention`], [`syntax`], [`entity`],
//! [`relation`]. [`pipeline`] is the only room that knows every stage; it runs them on many threads and keeps the order.
//! [`examples`] runs the examples that rules carry. Rules are data, in `data/rules`, and their README says how to write
//! one; the tables of names are in `data/gazetteer`, the model is in `models/news-en`.
//!
//! # What always holds
//!
//! - Every [`Span`](span::Span) is a half-open range of bytes of [`Document::text`](document::Document::text), on character
//!   boundaries; the text is never changed. Output counts Unicode characters instead, and there, too, a mention's range
//!   of the article's text is the mention to the letter.
//! - Sentences do not overlap and all text between tokens is white space.
//! - Every mention belongs to one entity of its article; every relation joins two different entities and names the
//!   sentence, the trigger and both mentions that state it.
//! - Negated, planned, wished and denied facts are marked as such ([`Polarity`](relation::Polarity),
//!   [`Modality`](relation::Modality)), never dropped and never given as actual.
//! - What comes out for an article depends on the article, the model and the rules alone: not on the other articles, the
//!   number of threads or the run.
//! - Segmenting, linking and relating do no I/O and cannot fail; only the edges (reading, loading, the engine, writing)
//!   return errors.
//!
//! # Example
//!
//! ```
//! use tidings::annotate::Model;
//! use tidings::document::Document;
//! use tidings::pipeline::{Helpers, News, Stages};
//! use tidings::relate::{OpenRelations, Relater, RuleSet};
//!
//! let news = News::new(Model::embedded()?, Relater::new(RuleSet::shipped()?, OpenRelations::Keep));
//! let text = "Chancellor Lena Vogt visited Kenya in May. Kenji Sato was not arrested by Norway.".to_owned();
//! let article = Document { id: "1".to_owned(), source: None, title: None, published: None, text };
//!
//! let mut worker = news.worker();
//! let mut found = Vec::new();
//! for related in news.process(&mut worker, vec![article], &Helpers::none()) {
//!     let related = related?;
//!     for relation in &related.relations {
//!         let (subject, object) = related.ends(relation);
//!         let polarity = relation.polarity.as_str();
//!         found.push(format!("{} {} {}, {polarity}", subject.name, relation.predicate, object.name));
//!     }
//! }
//! assert_eq!(found, ["Lena Vogt visit Kenya, affirmed", "Norway arrest Kenji Sato, negated"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod annotate;
mod calendar;
pub mod document;
pub mod entity;
pub mod examples;
pub mod graph;
pub mod link;
pub mod mention;
mod name;
mod panic;
pub mod pipeline;
pub mod read;
pub mod relate;
pub mod relation;
pub mod segment;
pub mod span;
pub mod syntax;
pub mod write;

/// The README's Rust code, compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
