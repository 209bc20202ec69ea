//! Reads news articles, tags people, countries, organizations, places and groups, and turns what it finds
//! into directed relation triples.

pub mod document;
pub mod entity;
pub mod link;
pub mod mention;
pub mod relation;
pub mod span;
pub mod syntax;
