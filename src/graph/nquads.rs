//! N-Quads: one quad a line, to be split, sorted and loaded by anything.

use std::io::Write;

use oxigraph::io::RdfFormat;

use super::rdf::{self, Options};
use super::{Graph, GraphError};

/// Write the graph.
///
/// # Errors
/// Those of `out` and of temporary files.
pub fn write(graph: &mut Graph, options: &Options, out: &mut dyn Write) -> Result<(), GraphError> {
    rdf::write(graph, options, RdfFormat::NQuads, out)
}
