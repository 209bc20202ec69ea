//! [GraphML](http://graphml.graphdrawing.org/specification.html): entities as nodes, facts as directed edges, for NetworkX,
//! Gephi and yEd. Evidence stays out of it; the edge's id is the fact's, which the other formats have.

use std::io::{self, Write};

use super::predicate::label;
use super::record::{Entity, Fact};
use super::{Graph, GraphError};

/// Name and type of the attributes of nodes.
const NODE: [(&str, &str); 7] = [
    ("name", "string"),
    ("kind", "string"),
    ("uri", "string"),
    ("iso", "string"),
    ("other_names", "string"),
    ("documents", "long"),
    ("mentions", "long"),
];

/// Name and type of the attributes of edges.
const EDGE: [(&str, &str); 16] = [
    ("predicate", "string"),
    ("label", "string"),
    ("phrase", "string"),
    ("class", "string"),
    ("symmetric", "boolean"),
    ("polarity", "string"),
    ("modality", "string"),
    ("time", "string"),
    ("time_first", "string"),
    ("time_last", "string"),
    ("published_first", "string"),
    ("published_last", "string"),
    ("confidence", "double"),
    ("documents", "long"),
    ("sources", "long"),
    ("contradicts", "string"),
];

/// What separates several values of an attribute.
const SEPARATOR: &str = "; ";

/// Write the graph.
///
/// # Errors
/// Those of `out` and of temporary files.
pub fn write(graph: &mut Graph, out: &mut dyn Write) -> Result<(), GraphError> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">")?;
    for (sort, prefix, attributes) in [("node", 'n', &NODE[..]), ("edge", 'e', &EDGE[..])] {
        for (i, (name, of)) in attributes.iter().enumerate() {
            writeln!(out, "  <key id=\"{prefix}{i}\" for=\"{sort}\" attr.name=\"{name}\" attr.type=\"{of}\"/>")?;
        }
    }
    writeln!(out, "  <graph edgedefault=\"directed\">")?;
    for entity in graph.entities()? {
        node(&entity?, out)?;
    }
    for group in graph.fact_groups()? {
        for fact in group?.facts {
            edge(&fact, out)?;
        }
    }
    writeln!(out, "  </graph>\n</graphml>")?;
    Ok(())
}

fn node(entity: &Entity, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "    <node id=\"{}\">", Escaped(&entity.id))?;
    let values = [
        Some(entity.name.clone()),
        Some(entity.kind.to_string()),
        entity.uri.clone(),
        entity.iso.clone(),
        joined(&entity.other_names),
        Some(entity.n_documents.to_string()),
        Some(entity.n_mentions.to_string()),
    ];
    data('n', &values, out)?;
    writeln!(out, "    </node>")
}

fn edge(fact: &Fact, out: &mut dyn Write) -> io::Result<()> {
    let [id, source, target] = [&fact.id, &fact.subject, &fact.object].map(|text| Escaped(text));
    writeln!(out, "    <edge id=\"{id}\" source=\"{source}\" target=\"{target}\">")?;
    let values = [
        Some(fact.predicate.clone()),
        Some(label(&fact.predicate)),
        Some(fact.phrase.clone()),
        Some(fact.class.to_string()),
        Some(fact.symmetric.to_string()),
        Some(fact.polarity.as_str().to_owned()),
        Some(fact.modality.as_str().to_owned()),
        fact.time.clone(),
        fact.time_first.clone(),
        fact.time_last.clone(),
        fact.published_first.clone(),
        fact.published_last.clone(),
        Some(fact.confidence.to_string()),
        Some(fact.n_documents.to_string()),
        Some(fact.n_sources.to_string()),
        joined(&fact.contradicts),
    ];
    data('e', &values, out)?;
    writeln!(out, "    </edge>")
}

fn joined(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join(SEPARATOR))
}

fn data(prefix: char, values: &[Option<String>], out: &mut dyn Write) -> io::Result<()> {
    for (i, value) in values.iter().enumerate() {
        if let Some(value) = value {
            writeln!(out, "      <data key=\"{prefix}{i}\">{}</data>", Escaped(value))?;
        }
    }
    Ok(())
}

/// Text as XML shows it. Characters that XML 1.0 cannot hold in any way become U+FFFD.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write;
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\t' | '\n' | '\r' => write!(f, "&#{};", u32::from(c)),
            '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => f.write_char('\u{FFFD}'),
            c => f.write_char(c),
        })
    }
}
