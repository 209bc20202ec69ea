//! Reads news articles, tags people, countries, organizations, places and groups, and turns what it finds
//! into directed relation triples.

pub mod annotate;
pub mod document;
pub mod entity;
pub mod examples;
pub mod link;
pub mod mention;
pub mod pipeline;
pub mod read;
pub mod relate;
pub mod relation;
pub mod segment;
pub mod span;
pub mod syntax;
pub mod write;
