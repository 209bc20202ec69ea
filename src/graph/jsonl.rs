//! JSON lines: entities, then facts with their evidence, then the documents with the sentences that state them.

use std::io::Write;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use super::record::{Document, Entity, Fact};
use super::{Graph, GraphError};

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line {
    /// Somebody or something.
    Entity(Entity),
    /// What is said about two entities.
    Fact(Fact),
    /// An article that says so.
    Document(Document),
}

/// JSON Schema of a line.
pub fn schema() -> Schema {
    crate::write::schema::schema_of::<Line>()
}

/// Write the graph.
///
/// # Errors
/// Those of `out` and of temporary files.
pub fn write(graph: &mut Graph, out: &mut dyn Write) -> Result<(), GraphError> {
    for entity in graph.entities()? {
        line(&Line::Entity(entity?), out)?;
    }
    for group in graph.fact_groups()? {
        for fact in group?.facts {
            line(&Line::Fact(fact), out)?;
        }
    }
    for document in graph.documents()? {
        line(&Line::Document(document?), out)?;
    }
    Ok(())
}

fn line(line: &Line, out: &mut dyn Write) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
