//! JSON lines: every line is an object with one article.

use std::io::{BufRead, Read};
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::{MAX_RECORD_BYTES, Place, ReadError, dates};
use crate::document::Document;

/// Names of the fields to read, where they are not the usual ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    /// The article's text; else `text`, `content` or `body`.
    pub text: Option<String>,
    /// Its identifier, a string or a number; else `id`.
    pub id: Option<String>,
    /// Its headline; else `title`.
    pub title: Option<String>,
    /// The day of publication; else `published` or `date`.
    pub date: Option<String>,
    /// Where it comes from; else `source` or `url`.
    pub source: Option<String>,
}

/// The articles of a stream of lines, in order. A bad line is an error and the next line goes on; after an error of
/// the stream itself there is nothing more.
///
/// An article without an id gets `<stem>-<line>`, lines counted from 1. Blank lines are passed over; a stream with
/// nothing else is [`ReadError::Empty`].
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    place: Place,
    stem: String,
    fields: Arc<Fields>,
    compressed: bool,
    line: u64,
    articles: u64,
    seen_any: bool,
    done: bool,
    unknown_dates: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Read lines from `input`, which the messages call `place`. `compressed` says that an error of `input` means
    /// that the file is damaged.
    pub fn new(input: R, place: Place, stem: String, fields: Arc<Fields>, compressed: bool) -> Self {
        Self {
            input,
            place,
            stem,
            fields,
            compressed,
            line: 0,
            articles: 0,
            seen_any: false,
            done: false,
            unknown_dates: 0,
            buffer: Vec::new(),
        }
    }

    /// Dates not understood since this was last asked.
    pub(crate) fn take_unknown_dates(&mut self) -> u64 {
        std::mem::take(&mut self.unknown_dates)
    }

    /// Put the next line into the buffer, without its end; `None` at the end of the stream.
    fn next_line(&mut self) -> Option<Result<(), ReadError>> {
        self.buffer.clear();
        // One very long line must not hold its memory to the end of the run.
        self.buffer.shrink_to(1 << 20);
        let end = match read_line(&mut self.input, &mut self.buffer) {
            Ok(None) => return None,
            Ok(Some(end)) => {
                self.line += 1;
                end
            }
            Err(source) => {
                self.done = true;
                let place = if self.line == 0 { self.place.clone() } else { self.place.at_line(self.line) };
                return Some(Err(ReadError::of_io(place, self.articles, self.compressed, source)));
            }
        };
        if end == LineEnd::TooFar {
            self.buffer.clear();
            if let Err(source) = skip_line(&mut self.input) {
                self.done = true;
                let place = self.place.at_line(self.line);
                return Some(Err(ReadError::of_io(place, self.articles, self.compressed, source)));
            }
            return Some(Err(ReadError::TooLong { place: self.place.at_line(self.line) }));
        }
        Some(Ok(()))
    }

    fn article(&mut self) -> Result<Document, ReadError> {
        let place = self.place.at_line(self.line);
        let line = std::str::from_utf8(&self.buffer)
            .map_err(|e| ReadError::NotUtf8 { place: place.clone(), offset: e.valid_up_to() })?;
        let line = if self.line == 1 { line.strip_prefix('\u{FEFF}').unwrap_or(line) } else { line };
        let mut object = match serde_json::from_str(line) {
            Ok(Value::Object(object)) => object,
            Ok(other) => return Err(ReadError::NotObject { place, found: type_of(&other) }),
            Err(error) => return Err(broken(place, &error)),
        };
        let text = take_text(&mut object, &self.fields, &place)?;
        let id = take_id(&mut object, &self.fields, &place)?;
        let id = id.unwrap_or_else(|| format!("{}-{}", self.stem, self.line));
        let title = take_label(&mut object, self.fields.title.as_deref(), &["title"]);
        let source = take_label(&mut object, self.fields.source.as_deref(), &["source", "url"]);
        let (published, understood) = date(&object, self.fields.date.as_deref());
        self.unknown_dates += u64::from(!understood);
        Ok(Document { id, source, title, published, text })
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Document, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            match self.next_line() {
                None => {
                    self.done = true;
                    if !self.seen_any {
                        return Some(Err(ReadError::Empty { place: self.place.clone() }));
                    }
                }
                Some(Err(error)) => return Some(Err(error)),
                Some(Ok(())) => {
                    let blank = self.buffer.trim_ascii();
                    if blank.is_empty() || (self.line == 1 && blank == "\u{FEFF}".as_bytes()) {
                        continue;
                    }
                    self.seen_any = true;
                    let article = self.article();
                    self.articles += u64::from(article.is_ok());
                    return Some(article);
                }
            }
        }
        None
    }
}

/// How far a line was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnd {
    /// To its end.
    Read,
    /// Not further than a record may be; [`skip_line`] goes on to the next.
    TooFar,
}

/// Put the next line into an empty buffer, without its end; `None` at the end of the stream.
pub(crate) fn read_line(input: &mut impl BufRead, buffer: &mut Vec<u8>) -> std::io::Result<Option<LineEnd>> {
    if input.take(MAX_RECORD_BYTES as u64 + 1).read_until(b'\n', buffer)? == 0 {
        return Ok(None);
    }
    if buffer.last() == Some(&b'\n') {
        buffer.pop();
    } else if buffer.len() > MAX_RECORD_BYTES {
        return Ok(Some(LineEnd::TooFar));
    }
    Ok(Some(LineEnd::Read))
}

/// Pass over the rest of a line.
pub(crate) fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    input.skip_until(b'\n').map(|_| ())
}

fn broken(place: Place, error: &serde_json::Error) -> ReadError {
    ReadError::Json { place, column: error.column(), reason: reason_of(error) }
}

/// The parser's words without the place: it counts lines of what it was given, which is always one.
pub(crate) fn reason_of(error: &serde_json::Error) -> String {
    let said = error.to_string();
    said.rsplit_once(" at line ").map_or(said.as_str(), |(reason, _)| reason).to_owned()
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The fields to look at, in order.
fn candidates<'a>(named: Option<&'a str>, usual: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    named.into_iter().chain(usual.iter().copied().filter(move |_| named.is_none()))
}

fn take_text(object: &mut Map<String, Value>, fields: &Fields, place: &Place) -> Result<String, ReadError> {
    let usual = ["text", "content", "body"];
    let mut wrong = None;
    for name in candidates(fields.text.as_deref(), &usual) {
        match object.get_mut(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.trim().is_empty() => {
                wrong.get_or_insert(ReadError::Empty { place: place.clone() });
            }
            Some(Value::String(text)) => return Ok(std::mem::take(text)),
            Some(other) => {
                let (field, found) = (name.to_owned(), type_of(other));
                wrong.get_or_insert(ReadError::WrongType {
                    place: place.clone(),
                    field,
                    found,
                    wanted: "a string",
                    option: "--text-field",
                });
            }
        }
    }
    Err(wrong.unwrap_or_else(|| ReadError::MissingText {
        place: place.clone(),
        wanted: match &fields.text {
            Some(name) => format!("`{name}`"),
            None => "`text` (or `content`, `body`)".to_owned(),
        },
        present: present(object),
    }))
}

/// The names of an object's fields, for a message.
fn present(object: &Map<String, Value>) -> String {
    const SHOWN: usize = 8;
    if object.is_empty() {
        return String::new();
    }
    let names: Vec<String> = object.keys().take(SHOWN).map(|k| format!("`{}`", k.escape_debug())).collect();
    let more = if object.len() > SHOWN { ", ..." } else { "" };
    format!(" (there are {}{more})", names.join(", "))
}

fn take_id(object: &mut Map<String, Value>, fields: &Fields, place: &Place) -> Result<Option<String>, ReadError> {
    let name = fields.id.as_deref().unwrap_or("id");
    match object.get_mut(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) => Ok(Some(std::mem::take(id))),
        Some(Value::Number(id)) => Ok(Some(id.to_string())),
        Some(other) => Err(ReadError::WrongType {
            place: place.clone(),
            field: name.to_owned(),
            found: type_of(other),
            wanted: "a string or a number",
            option: "--id-field",
        }),
    }
}

/// A string or number that is good to have but that no article is refused for; feeds put objects here, too.
fn take_label(object: &mut Map<String, Value>, named: Option<&str>, usual: &[&str]) -> Option<String> {
    for name in candidates(named, usual) {
        match object.get_mut(name) {
            Some(Value::String(label)) if !label.is_empty() => return Some(std::mem::take(label)),
            Some(Value::Number(label)) => return Some(label.to_string()),
            _ => {}
        }
    }
    None
}

/// The day of publication, and false if one is given that cannot be understood.
fn date(object: &Map<String, Value>, named: Option<&str>) -> (Option<Date>, bool) {
    let mut understood = true;
    for name in candidates(named, &["published", "date"]) {
        match object.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.trim().is_empty() => {}
            Some(Value::String(text)) => match dates::parse(text) {
                Some(date) => return (Some(date), true),
                None => understood = false,
            },
            Some(_) => understood = false,
        }
    }
    (None, understood)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(input: &[u8], fields: Fields) -> Lines<&[u8]> {
        Lines::new(input, Place::file("feed.jsonl"), "feed".to_owned(), Arc::new(fields), false)
    }

    /// One line an article: `id|source|title|published|text`, or `! message`.
    fn check(input: &[u8], fields: Fields, expect: &[&str]) {
        let got: Vec<String> = lines(input, fields)
            .map(|item| match item {
                Ok(d) => {
                    let text = |x: Option<String>| x.unwrap_or_else(|| "-".to_owned());
                    let published = text(d.published.map(|p| p.to_string()));
                    format!("{}|{}|{}|{published}|{}", d.id, text(d.source), text(d.title), d.text)
                }
                Err(e) => format!("! {e}"),
            })
            .collect();
        assert_eq!(got, expect, "{}", String::from_utf8_lossy(input));
    }

    #[test]
    fn articles_are_read_from_the_usual_fields() {
        for (input, expect) in [
            (r#"{"text":"Rain fell."}"#, "feed-1|-|-|-|Rain fell."),
            (r#"{"content":"Rain."}"#, "feed-1|-|-|-|Rain."),
            (r#"{"text":null,"body":"Rain."}"#, "feed-1|-|-|-|Rain."),
            (r#"{"text":"","body":"Rain."}"#, "feed-1|-|-|-|Rain."),
            (r#"{"id":7,"text":"x","title":"T","published":"2020-02-01","source":"S"}"#, "7|S|T|2020-02-01|x"),
            (r#"{"id":"","text":"x"}"#, "|-|-|-|x"),
            (r#"{"text":"x","source":{"name":"S"},"url":"http://a.example"}"#, "feed-1|http://a.example|-|-|x"),
            (r#"{"text":"x","date":"Sat, 01 Feb 2020 08:00:00 GMT"}"#, "feed-1|-|-|2020-02-01|x"),
            (r#"{"text":"x","published":"soon","date":"2020/02/01"}"#, "feed-1|-|-|2020-02-01|x"),
            (r#"{"text":"x","published":"soon"}"#, "feed-1|-|-|-|x"),
            (r#"{"text":"\u00e9\ud83d\ude00\u0000"}"#, "feed-1|-|-|-|é😀\u{0}"),
            ("\u{FEFF}{\"text\":\"x\"}\r\n", "feed-1|-|-|-|x"),
        ] {
            check(input.as_bytes(), Fields::default(), &[expect]);
        }
    }

    #[test]
    fn fields_can_be_renamed() {
        let fields = Fields {
            text: Some("story".into()),
            id: Some("key".into()),
            title: Some("head".into()),
            date: Some("day".into()),
            source: Some("from".into()),
        };
        let input = br#"{"story":"x","text":"no","key":"k","head":"h","day":"2020-02-01","from":"f","url":"no"}
            {"text":"x"}"#;
        check(
            input,
            fields,
            &[
                "k|f|h|2020-02-01|x",
                "! feed.jsonl:2: field `story` is missing; name the field that holds the text with --text-field (there are \
             `text`)",
            ],
        );
    }

    #[test]
    fn a_bad_line_is_named_and_the_next_ones_are_read() {
        let input =
            b"{\"text\":\"one\"}\n\n  \r\n{\"text\":\n{\"text\":\"\xff\"}\n[1]\n{}\n{\"text\":5}\n{\"text\":\" \"}\n\
            {\"text\":\"x\",\"id\":[]}\n{\"text\":\"\\ud800\"}\n{\"text\":\"two\"}";
        check(
            input,
            Fields::default(),
            &[
                "feed-1|-|-|-|one",
                "! feed.jsonl:4: broken JSON at column 8: EOF while parsing a value; every line must be one complete JSON object",
                "! feed.jsonl:5: not UTF-8 at byte 9; convert it first, for example with `iconv -f WINDOWS-1252 -t UTF-8`",
                "! feed.jsonl:6: an array instead of a JSON object; write one article a line as {\"text\": ...}",
                "! feed.jsonl:7: field `text` (or `content`, `body`) is missing; name the field that holds the text with \
             --text-field",
                "! feed.jsonl:8: field `text` is a number, not a string; name another field with --text-field",
                "! feed.jsonl:9: empty, no text to work on; remove it, or fill it if text is missing",
                "! feed.jsonl:10: field `id` is an array, not a string or a number; name another field with --id-field",
                "! feed.jsonl:11: broken JSON at column 16: unexpected end of hex escape; every line must be one complete \
             JSON object",
                "feed-12|-|-|-|two",
            ],
        );
    }

    #[test]
    fn a_stream_without_a_line_is_empty() {
        for input in ["", "\n\n", "\u{FEFF}\n"] {
            let expect = "! feed.jsonl: empty, no text to work on; remove it, or fill it if text is missing";
            check(input.as_bytes(), Fields::default(), &[expect]);
        }
    }

    #[test]
    fn unknown_dates_are_counted() {
        let mut lines = lines(
            b"{\"text\":\"x\",\"date\":\"soon\"}\n{\"text\":\"x\",\"date\":5}\n{\"text\":\"x\"}",
            Fields::default(),
        );
        assert_eq!(lines.by_ref().count(), 3);
        assert_eq!(lines.take_unknown_dates(), 2);
    }

    #[test]
    fn a_stream_that_breaks_off_gives_one_error_and_ends() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::UnexpectedEof.into())
            }
        }
        let input = std::io::BufReader::new(b"{\"text\":\"one\"}\n{\"te".chain(Broken));
        let lines = Lines::new(input, Place::file("f.jsonl.gz"), "f".to_owned(), Arc::default(), true);
        let got: Vec<_> = lines.map(|item| item.map(|d| d.text).map_err(|e| e.to_string())).collect();
        let message = "f.jsonl.gz:1: damaged compressed file, only the 1 article before the damage was read; make or fetch \
                       the file anew";
        assert_eq!(got, [Ok("one".to_owned()), Err(message.to_owned())]);
    }

    proptest! {
        #[test]
        fn any_bytes_give_articles_or_errors(bytes: Vec<u8>) {
            for item in lines(&bytes, Fields::default()) {
                if let Err(error) = item {
                    prop_assert!(error.to_string().starts_with("feed.jsonl"));
                }
            }
        }

        #[test]
        fn any_text_comes_through_to_the_letter(text in "\\PC*[a-z]\\PC*", id: String) {
            let line = serde_json::json!({"text": text, "id": id}).to_string();
            let document = lines(line.as_bytes(), Fields::default()).next().unwrap().unwrap();
            prop_assert_eq!((document.text, document.id), (text, id));
        }
    }
}
