//! Files for [`neo4j-admin database import`](https://neo4j.com/docs/operations-manual/current/import/): CSV with typed
//! headers.
//!
//! | file | holds |
//! |---|---|
//! | `entities.csv` | nodes, labelled `Entity` and with their kind |
//! | `documents.csv` | nodes `Document` |
//! | `facts.csv` | relationships between entities, typed with the predicate in capitals |
//! | `evidence.csv` | nodes `Evidence`: sentence, offsets, who says so; `fact` is the id of the relationship |
//! | `stated_in.csv` | relationships `STATED_IN` from evidence to document |
//! | `attributed_to.csv` | relationships `ATTRIBUTED_TO` and `DENIED_BY` from evidence to entity |
//! | `import.args` | the arguments, for `neo4j-admin database import full DATABASE @import.args` |
//!
//! Lists are separated by `;`, as the tool expects; a `;` inside of an element is written as `,`.

use std::fmt::{self, Display};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::predicate::label;
use super::record::{Entity, Evidence, Fact};
use super::{Graph, GraphError};

/// The files of nodes and of relationships, with their headers.
pub const FILES: [(&str, &str, &str); 6] = [
    (
        "--nodes",
        "entities.csv",
        "id:ID(Entity),name:string,kind:string,uri:string,iso:string,other_names:string[],documents:long,mentions:long,:LABEL",
    ),
    ("--nodes", "documents.csv", "id:ID(Document),source:string,title:string,published:date,:LABEL"),
    (
        "--nodes",
        "evidence.csv",
        "id:ID(Evidence),fact:string,sentence:long,text:string,start:long,end:long,phrase:string,modality:string,time:string,\
         location:string,attribution:string,denied_by:string,confidence:double,rule:string,:LABEL",
    ),
    (
        "--relationships",
        "facts.csv",
        ":START_ID(Entity),:END_ID(Entity),:TYPE,id:string,predicate:string,label:string,phrase:string,class:string,\
         symmetric:boolean,polarity:string,modality:string,time:string,time_first:string,time_last:string,\
         published_first:date,published_last:date,confidence:double,documents:long,sources:long,contradicts:string[]",
    ),
    ("--relationships", "stated_in.csv", ":START_ID(Evidence),:END_ID(Document),:TYPE"),
    ("--relationships", "attributed_to.csv", ":START_ID(Evidence),:END_ID(Entity),:TYPE"),
];

/// Write the files into a folder, which must be there.
///
/// # Errors
/// Those of the folder and of temporary files.
pub fn write(graph: &mut Graph, folder: &Path) -> Result<(), GraphError> {
    let mut entities = Table::create(folder, 0)?;
    for entity in graph.entities()? {
        entity_row(&entity?, &mut entities)?;
    }
    entities.finish()?;

    let mut documents = Table::create(folder, 1)?;
    for document in graph.documents()? {
        let document = document?;
        documents.text(&document.id)?;
        documents.text_if(document.source.as_deref())?;
        documents.text_if(document.title.as_deref())?;
        documents.text_if(document.published.as_deref())?;
        documents.last(&["Document"])?;
    }
    documents.finish()?;

    let (mut evidence, mut facts) = (Table::create(folder, 2)?, Table::create(folder, 3)?);
    let (mut stated, mut attributed) = (Table::create(folder, 4)?, Table::create(folder, 5)?);
    // The text of a sentence stands with its document, which comes in another order: sorted on disk, it is joined.
    for joined in graph.evidence_with_text()? {
        let (fact, place, text) = joined?;
        evidence_row(&fact, &place, &text, &mut evidence, &mut stated, &mut attributed)?;
    }
    for group in graph.fact_groups()? {
        for fact in group?.facts {
            fact_row(&fact, &mut facts)?;
        }
    }
    for table in [evidence, facts, stated, attributed] {
        table.finish()?;
    }
    let mut arguments = File::create(folder.join("import.args"))?;
    for (option, file, _) in FILES {
        writeln!(arguments, "{option}={file}")?;
    }
    arguments.sync_all()?;
    Ok(())
}

fn entity_row(entity: &Entity, table: &mut Table) -> io::Result<()> {
    table.text(&entity.id)?;
    table.text(&entity.name)?;
    table.text(entity.kind.as_str())?;
    table.text_if(entity.uri.as_deref())?;
    table.text_if(entity.iso.as_deref())?;
    table.list(&entity.other_names)?;
    table.plain(entity.n_documents)?;
    table.plain(entity.n_mentions)?;
    let kind = entity.kind.as_str();
    let mut label = kind[..1].to_uppercase();
    label.push_str(&kind[1..]);
    table.last(&["Entity", &label])
}

fn fact_row(fact: &Fact, table: &mut Table) -> io::Result<()> {
    table.text(&fact.subject)?;
    table.text(&fact.object)?;
    table.text(&fact.predicate.to_uppercase().replace(' ', "_"))?;
    table.text(&fact.id)?;
    table.text(&fact.predicate)?;
    table.text(&label(&fact.predicate))?;
    table.text(&fact.phrase)?;
    table.text(fact.class.as_str())?;
    table.plain(fact.symmetric)?;
    table.text(fact.polarity.as_str())?;
    table.text(fact.modality.as_str())?;
    for time in [&fact.time, &fact.time_first, &fact.time_last, &fact.published_first, &fact.published_last] {
        table.text_if(time.as_deref())?;
    }
    table.plain(fact.confidence)?;
    table.plain(fact.n_documents)?;
    table.plain(fact.n_sources)?;
    table.list(&fact.contradicts)?;
    table.end()
}

fn evidence_row(
    fact: &str,
    place: &Evidence,
    text: &str,
    evidence: &mut Table,
    stated: &mut Table,
    attributed: &mut Table,
) -> io::Result<()> {
    let id = format!("{}:{}:{}", place.document, place.relation, place.place);
    let name = |speaker: &Option<super::record::Speaker>| speaker.as_ref().map(|s| s.name.clone());
    evidence.text(&id)?;
    evidence.text(fact)?;
    evidence.plain(place.sentence)?;
    evidence.text(text)?;
    evidence.plain(place.start)?;
    evidence.plain(place.end)?;
    evidence.text(&place.phrase)?;
    evidence.text(place.modality.as_str())?;
    evidence.text_if(place.time.as_deref())?;
    evidence.text_if(place.location.as_deref())?;
    evidence.text_if(name(&place.attribution).as_deref())?;
    evidence.text_if(name(&place.denied_by).as_deref())?;
    evidence.plain(place.confidence)?;
    evidence.text(&place.rule)?;
    evidence.last(&["Evidence"])?;
    stated.text(&id)?;
    stated.text(&place.document)?;
    stated.last(&["STATED_IN"])?;
    for (kind, speaker) in [("ATTRIBUTED_TO", &place.attribution), ("DENIED_BY", &place.denied_by)] {
        if let Some(entity) = speaker.as_ref().and_then(|s| s.entity.as_deref()) {
            attributed.text(&id)?;
            attributed.text(entity)?;
            attributed.last(&[kind])?;
        }
    }
    Ok(())
}

/// A CSV file being written.
struct Table {
    out: BufWriter<File>,
    begun: bool,
}

impl Table {
    fn create(folder: &Path, file: usize) -> io::Result<Self> {
        let (_, name, header) = FILES[file];
        let mut out = BufWriter::with_capacity(1 << 16, File::create(folder.join(name))?);
        writeln!(out, "{header}")?;
        Ok(Self { out, begun: false })
    }

    fn separate(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            self.out.write_all(b",")?;
        }
        Ok(())
    }

    fn plain(&mut self, value: impl Display) -> io::Result<()> {
        self.separate()?;
        write!(self.out, "{value}")
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        self.separate()?;
        write!(self.out, "\"{}\"", Quoted(text))
    }

    /// Nothing at all is no value; two quotes would be an empty text.
    fn text_if(&mut self, text: Option<&str>) -> io::Result<()> {
        match text {
            Some(text) => self.text(text),
            None => self.separate(),
        }
    }

    fn list(&mut self, texts: &[String]) -> io::Result<()> {
        if texts.is_empty() {
            return self.separate();
        }
        let texts: Vec<String> = texts.iter().map(|text| text.replace(';', ",")).collect();
        self.text(&texts.join(";"))
    }

    fn last(&mut self, labels: &[&str]) -> io::Result<()> {
        self.separate()?;
        self.out.write_all(labels.join(";").as_bytes())?;
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        self.begun = false;
        self.out.write_all(b"\n")
    }

    fn finish(self) -> io::Result<()> {
        self.out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

/// Text between quotes: they are doubled, and line breaks, which the tool refuses by default, are spaces.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        self.0.chars().try_for_each(|c| match c {
            '"' => f.write_str("\"\""),
            '\r' | '\n' => f.write_char(' '),
            c => f.write_char(c),
        })
    }
}
