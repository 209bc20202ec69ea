//! The program as users run it.

#![allow(missing_docs)]

mod arguments;
mod run;
