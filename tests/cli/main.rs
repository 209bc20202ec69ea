//! The program as users run it.

#![allow(missing_docs, clippy::unwrap_used)]

mod arguments;
mod cases;
mod extract;
mod facts;
mod graph;
mod libtorch;
mod parse;
mod readme;
mod rules;
mod run;
