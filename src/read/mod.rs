//! Articles in: files, folders and standard input, plain or compressed, one [`Document`] at a time.
//!
//! [`discover`] turns the paths of a command line into a list of [`Source`]s and fails on what is surely a
//! mistake (a path that does not exist, a file of an unknown kind). [`Sources::articles`] then reads them one
//! after the other. From there on nothing stops the run: a record that cannot be used is an `Err` item that
//! says where it was and what to do, and the next item is the next record.
//!
//! - [`text`]: a `.txt` file is one article.
//! - [`jsonl`]: a `.jsonl` or `.ndjson` file is one article a line.
//! - [`compressed`]: each of them also as `.gz` or `.zst`.

pub mod compressed;
mod dates;
pub mod jsonl;
pub mod text;

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use walkdir::WalkDir;

use crate::document::Document;

pub use compressed::Compression;
pub use jsonl::Fields;

/// Longest text file and longest JSON line that are read, in bytes: bounds the memory that a damaged or hostile
/// input can ask for.
pub const MAX_RECORD_BYTES: usize = 256 << 20;

/// How articles lie in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The whole file is one article.
    Text,
    /// Every line is a JSON object with one article.
    Jsonl,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Text, Self::Jsonl];

    /// Endings of file names, without the dot.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["txt"],
            Self::Jsonl => &["jsonl", "ndjson"],
        }
    }

    fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.extensions().iter().any(|e| e.eq_ignore_ascii_case(extension)))
    }
}

/// Where a record was found; shown as `file` or `file:line`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as the user named it, or `standard input`.
    pub file: String,
    /// Line, counted from 1, in formats that have one article a line.
    pub line: Option<u64>,
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), line: None }
    }

    /// A line of the same file.
    #[must_use]
    pub fn at_line(&self, line: u64) -> Self {
        Self { file: self.file.clone(), line: Some(line) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A file name may hold anything; a control character in it must not reach the user's terminal.
        for c in self.file.chars() {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
        }
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

/// Why a source or a record could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A path of the command line leads nowhere.
    #[error("{place}: no such file or folder; check the spelling")]
    Missing {
        /// The path.
        place: Place,
    },
    /// A file of the command line is of no known kind.
    #[error(
        "{place}: unknown kind of file; known endings are .txt, .jsonl and .ndjson, each also with .gz or .zst \
         (or say what it holds with --input-format)"
    )]
    UnknownFormat {
        /// The file.
        place: Place,
    },
    /// An input file that would be replaced by the output.
    #[error("{place}: is also the file to write; choose another name with -o")]
    IsOutput {
        /// The file.
        place: Place,
    },
    /// The system refuses to open, list or read.
    #[error("{place}: cannot be read; check that it is there and that you may open it")]
    Unreadable {
        /// The file or folder.
        place: Place,
        /// What the system says.
        source: io::Error,
    },
    /// A compressed file ends too early or is not what its name says.
    #[error("{place}: damaged compressed file, {}; make or fetch the file anew", articles_before(*articles))]
    Damaged {
        /// The file, with the last good line where there are lines.
        place: Place,
        /// Articles that were read before the damage.
        articles: u64,
        /// What the decoder says.
        source: io::Error,
    },
    /// Bytes that are no UTF-8.
    #[error("{place}: not UTF-8 at byte {offset}; convert it first, for example with `iconv -f WINDOWS-1252 -t UTF-8`")]
    NotUtf8 {
        /// The file or line.
        place: Place,
        /// First bad byte, counted from 0 from the start of the file or line.
        offset: usize,
    },
    /// Nothing, or white space only.
    #[error("{place}: empty, no text to work on; remove it, or fill it if text is missing")]
    Empty {
        /// The file or line.
        place: Place,
    },
    /// More than [`MAX_RECORD_BYTES`].
    #[error("{place}: longer than {} MiB; split it into several articles", MAX_RECORD_BYTES >> 20)]
    TooLong {
        /// The file or line.
        place: Place,
    },
    /// A line that is no JSON.
    #[error("{place}: broken JSON at column {column}: {reason}; every line must be one complete JSON object")]
    Json {
        /// The line.
        place: Place,
        /// Where in the line, counted from 1 in bytes.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// A line that is JSON, but no object.
    #[error("{place}: {found} instead of a JSON object; write one article a line as {{\"text\": ...}}")]
    NotObject {
        /// The line.
        place: Place,
        /// What stands there.
        found: &'static str,
    },
    /// The article's text is not where it is looked for.
    #[error("{place}: field {wanted} is missing; name the field that holds the text with --text-field{present}")]
    MissingText {
        /// The line.
        place: Place,
        /// Names that were tried.
        wanted: String,
        /// Names that are there, ready to be shown.
        present: String,
    },
    /// A field holds another type of value than is asked for.
    #[error("{place}: field `{field}` is {found}, not {wanted}; name another field with {option}")]
    WrongType {
        /// The line.
        place: Place,
        /// The field.
        field: String,
        /// What it holds.
        found: &'static str,
        /// What it should hold.
        wanted: &'static str,
        /// The option that names another.
        option: &'static str,
    },
}

fn articles_before(articles: u64) -> String {
    match articles {
        0 => "no article could be read from it".to_owned(),
        1 => "only the 1 article before the damage was read".to_owned(),
        n => format!("only the {n} articles before the damage were read"),
    }
}

impl ReadError {
    /// The error of a reader: damage if the file is compressed, else the system's refusal.
    pub(crate) fn of_io(place: Place, articles: u64, compressed: bool, source: io::Error) -> Self {
        if compressed { Self::Damaged { place, articles, source } } else { Self::Unreadable { place, source } }
    }
}

/// What the user says about the files.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The format of standard input, and of named files whose ending says nothing.
    pub format: Option<Format>,
    /// A file that is about to be written: found in a folder, it is left out.
    pub output: Option<PathBuf>,
}

/// One place to read articles from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// What it holds.
        format: Format,
        /// How it is packed.
        compression: Compression,
    },
    /// Standard input; packed or not, and if no format is given, of the kind that its first bytes show.
    Stdin {
        /// What it holds, where the user says so.
        format: Option<Format>,
    },
}

/// Everything that there is to read, in order.
#[derive(Debug)]
pub struct Sources {
    /// Sources in the order of the paths, folders sorted byte by byte on the whole path; folders that could not be
    /// listed stand among them as errors.
    pub found: Vec<Result<Source, ReadError>>,
    /// Bytes of all files as they lie on the disk; `None` with standard input.
    pub bytes: Option<u64>,
    /// Files in folders left out because their ending is not known.
    pub ignored: usize,
}

/// Find what the paths lead to. A folder is walked to its end, through symbolic links, and gives its files of known
/// formats; a file named by itself must be of a known format; `-` is standard input.
///
/// # Errors
/// [`ReadError::Missing`], [`ReadError::UnknownFormat`] and [`ReadError::IsOutput`] for paths given by name. What fails inside of a folder is
/// part of the list instead.
pub fn discover(paths: &[PathBuf], options: &Options) -> Result<Sources, ReadError> {
    let output = options.output.as_deref().and_then(|path| path.canonicalize().ok());
    let mut sources = Sources { found: Vec::new(), bytes: Some(0), ignored: 0 };
    for path in paths {
        if path.as_os_str() == "-" {
            sources.found.push(Ok(Source::Stdin { format: options.format }));
            sources.bytes = None;
            continue;
        }
        let place = Place::file(path.display().to_string());
        match std::fs::metadata(path) {
            Ok(about) if about.is_dir() => sources.add_folder(path, output.as_deref()),
            Ok(about) => {
                if about.is_file() && output.is_some() && path.canonicalize().ok() == output {
                    return Err(ReadError::IsOutput { place });
                }
                let (format, compression) = kind_of(path);
                let Some(format) = format.or(options.format) else {
                    return Err(ReadError::UnknownFormat { place });
                };
                sources.add_bytes(about.len());
                sources.found.push(Ok(Source::File { path: path.clone(), format, compression }));
            }
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Err(ReadError::Missing { place }),
            Err(source) => sources.found.push(Err(ReadError::Unreadable { place, source })),
        }
    }
    Ok(sources)
}

/// Format and compression that a file name shows.
fn kind_of(path: &Path) -> (Option<Format>, Compression) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (name, compression) = Compression::split(&name);
    let format = name.rsplit_once('.').and_then(|(_, extension)| Format::of_extension(extension));
    (format, compression)
}

/// File name without the endings that were understood: the id of a text article, the start of the ids of lines.
fn stem_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (name, _) = Compression::split(&name);
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && Format::of_extension(extension).is_some() => stem.to_owned(),
        _ => name.to_owned(),
    }
}

impl Sources {
    fn add_bytes(&mut self, bytes: u64) {
        self.bytes = self.bytes.map(|sum| sum.saturating_add(bytes));
    }

    fn add_folder(&mut self, folder: &Path, output: Option<&Path>) {
        let mut entries: Vec<(PathBuf, Result<walkdir::DirEntry, ReadError>)> = Vec::new();
        for entry in WalkDir::new(folder).follow_links(true) {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => entries.push((entry.path().to_owned(), Ok(entry))),
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    let place = Place::file(path.display().to_string());
                    let source = if error.loop_ancestor().is_some() {
                        io::Error::other("a symbolic link leads back to a folder above it")
                    } else {
                        error.into_io_error().unwrap_or_else(|| io::Error::other("the folder cannot be listed"))
                    };
                    entries.push((path, Err(ReadError::Unreadable { place, source })));
                }
            }
        }
        // The order of a folder's entries is the file system's own; bytes are the same everywhere.
        entries.sort_by(|(a, _), (b, _)| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
        for (path, entry) in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.found.push(Err(error));
                    continue;
                }
            };
            let (Some(format), compression) = kind_of(&path) else {
                self.ignored += 1;
                continue;
            };
            if output.is_some() && path.canonicalize().ok().as_deref() == output {
                continue;
            }
            self.add_bytes(entry.metadata().map_or(0, |about| about.len()));
            self.found.push(Ok(Source::File { path, format, compression }));
        }
    }

    /// Read all sources, one after the other.
    pub fn articles(self, fields: Fields) -> Articles {
        Articles { sources: self.found.into_iter(), current: None, fields: Arc::new(fields), progress: Arc::default() }
    }
}

/// How far the reading is; shared with whoever shows it.
#[derive(Debug, Default)]
pub struct Progress {
    bytes: AtomicU64,
    unknown_dates: AtomicU64,
}

impl Progress {
    /// Bytes taken from the sources so far, compressed as they lie there.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Publication dates that were given but not understood; those articles have none.
    pub fn unknown_dates(&self) -> u64 {
        self.unknown_dates.load(Ordering::Relaxed)
    }
}

/// All articles of all sources, in order; see [`Sources::articles`].
#[derive(Debug)]
pub struct Articles {
    sources: std::vec::IntoIter<Result<Source, ReadError>>,
    current: Option<jsonl::Lines<Input>>,
    fields: Arc<Fields>,
    progress: Arc<Progress>,
}

impl Articles {
    /// The progress of this reader.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Open a source. A text gives its article at once, lines wait in `current`.
    fn open(&mut self, source: &Source) -> Option<Result<Document, ReadError>> {
        let opened = match source {
            Source::File { path, format, compression } => {
                let place = Place::file(path.display().to_string());
                File::open(path)
                    .map(|file| Input::new(BufReader::new(self.counted(file)), *compression))
                    .map(|input| (input, *format, stem_of(path), place.clone()))
                    .map_err(|source| ReadError::Unreadable { place, source })
            }
            Source::Stdin { format } => {
                let place = Place::file("standard input");
                self.open_stdin(*format)
                    .map(|(input, format)| (input, format, "stdin".to_owned(), place.clone()))
                    .map_err(|source| ReadError::Unreadable { place, source })
            }
        };
        match opened {
            Err(error) => Some(Err(error)),
            Ok((input, Format::Text, id, place)) => {
                let compressed = input.compressed;
                Some(text::read(input, id, &place, compressed))
            }
            Ok((input, Format::Jsonl, stem, place)) => {
                let compressed = input.compressed;
                let fields = Arc::clone(&self.fields);
                self.current = Some(jsonl::Lines::new(input, place, stem, fields, compressed));
                None
            }
        }
    }

    fn open_stdin(&self, format: Option<Format>) -> io::Result<(Input, Format)> {
        let mut raw = BufReader::new(self.counted(io::stdin()));
        let head = peek(&mut raw, Compression::MAGIC_BYTES)?;
        let compression = Compression::of_magic(&head);
        let mut input = Input::new(Cursor::new(head).chain(raw), compression);
        if let Some(format) = format {
            return Ok((input, format));
        }
        // A damaged stream must come out as the error of a record, which the reader of the format makes.
        let mut head = Vec::new();
        let mut first = None;
        while head.len() < MAX_RECORD_BYTES {
            match peek(&mut input, 1) {
                Ok(byte) if byte.is_empty() => break,
                Ok(byte) => {
                    head.extend_from_slice(&byte);
                    // The three bytes of a byte order mark may stand before the first brace.
                    if !byte[0].is_ascii_whitespace() && !b"\xEF\xBB\xBF".contains(&byte[0]) {
                        first = Some(byte[0]);
                        break;
                    }
                }
                Err(error) => {
                    input.failed = Some(error);
                    break;
                }
            }
        }
        let format = if first == Some(b'{') { Format::Jsonl } else { Format::Text };
        let Input { reader, compressed, failed } = input;
        Ok((Input { reader: Box::new(Cursor::new(head).chain(reader)), compressed, failed }, format))
    }

    fn counted<R: Read>(&self, inner: R) -> Counted<R> {
        Counted { inner, progress: Arc::clone(&self.progress) }
    }
}

impl Iterator for Articles {
    type Item = Result<Document, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(lines) = &mut self.current {
                if let Some(item) = lines.next() {
                    self.progress.unknown_dates.fetch_add(lines.take_unknown_dates(), Ordering::Relaxed);
                    return Some(item);
                }
                self.current = None;
            }
            match self.sources.next()? {
                Ok(source) => {
                    if let Some(item) = self.open(&source) {
                        return Some(item);
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Up to `n` bytes; fewer at the end.
fn peek(reader: &mut impl Read, n: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(n);
    reader.take(n as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// An opened source, unpacked.
struct Input {
    reader: Box<dyn BufRead + Send>,
    compressed: bool,
    /// An error met while looking ahead, to be given when the bytes before it are used up.
    failed: Option<io::Error>,
}

impl Input {
    fn new(raw: impl BufRead + Send + 'static, compression: Compression) -> Self {
        let compressed = compression != Compression::None;
        Self { reader: compression.unpack(raw), compressed, failed: None }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("compressed", &self.compressed).finish_non_exhaustive()
    }
}

impl Read for Input {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(buf)? {
            0 if !buf.is_empty() => self.failed.take().map_or(Ok(0), Err),
            n => Ok(n),
        }
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.failed.is_some() && self.reader.fill_buf()?.is_empty() {
            return self.failed.take().map_or(Ok(&[]), Err);
        }
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
    }
}

/// Counts the bytes that pass.
struct Counted<R> {
    inner: R,
    progress: Arc<Progress>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.progress.bytes.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder with these files, and what reading the given paths in it yields: `id:text` or `! message`.
    fn check(files: &[(&str, &[u8])], paths: &[&str], options: &Options, expect: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let paths: Vec<PathBuf> = paths.iter().map(|p| folder.path().join(p)).collect();
        let got: Vec<String> = match discover(&paths, options) {
            Err(error) => vec![format!("!! {error}")],
            Ok(sources) => sources
                .articles(Fields::default())
                .map(|item| match item {
                    Ok(document) => format!("{}:{}", document.id, document.text),
                    Err(error) => format!("! {error}"),
                })
                .collect(),
        };
        let root = format!("{}/", folder.path().display());
        let got: Vec<String> = got.into_iter().map(|line| line.replace(&root, "")).collect();
        assert_eq!(got, expect);
    }

    #[test]
    fn folders_are_walked_in_byte_order_and_other_files_are_left_out() {
        let files: &[(&str, &[u8])] = &[
            ("in/b.txt", b"b"),
            ("in/a/z.TXT", b"z"),
            ("in/a/c.ndjson", b"{\"text\":\"c\"}"),
            ("in/a-b.txt", b"a-b"),
            ("in/B.txt", b"B"),
            ("in/notes.md", b"left out"),
            ("in/txt", b"left out"),
        ];
        let expect = ["B:B", "a-b:a-b", "c-1:c", "z:z", "b:b"];
        check(files, &["in"], &Options::default(), &expect);
        check(files, &["in/b.txt", "in/a"], &Options::default(), &["b:b", "c-1:c", "z:z"]);
    }

    #[test]
    fn paths_that_lead_nowhere_stop_the_run() {
        let files: &[(&str, &[u8])] = &[("a.md", b"x"), ("b.txt", b"b")];
        check(
            files,
            &["b.txt", "c.txt"],
            &Options::default(),
            &["!! c.txt: no such file or folder; check the spelling"],
        );
        check(
            files,
            &["a.md"],
            &Options::default(),
            &[
                "!! a.md: unknown kind of file; known endings are .txt, .jsonl and .ndjson, each also with .gz or .zst (or \
             say what it holds with --input-format)",
            ],
        );
        let text = Options { format: Some(Format::Text), ..Options::default() };
        check(files, &["a.md"], &text, &["a.md:x"]);
    }

    #[test]
    fn packed_files_are_unpacked() {
        let gz = {
            use std::io::Write;
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(b"{\"text\":\"one\"}\n{\"text\":\"two\"}\n").unwrap();
            encoder.finish().unwrap()
        };
        let zst = ruzstd::encoding::compress_to_vec(&b"three"[..], ruzstd::encoding::CompressionLevel::Fastest);
        let files: &[(&str, &[u8])] =
            &[("a.jsonl.gz", &gz), ("b.txt.zst", &zst), ("c.txt.gz", &gz[..gz.len() - 9]), ("d.txt", b"d")];
        check(
            files,
            &[""],
            &Options::default(),
            &[
                "a-1:one",
                "a-2:two",
                "b:three",
                "! c.txt.gz: damaged compressed file, no article could be read from it; make or fetch the file anew",
                "d:d",
            ],
        );
    }

    #[test]
    fn the_output_of_an_earlier_run_is_not_read_as_input() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "a").unwrap();
        fs::write(folder.path().join("out.jsonl"), "{}").unwrap();
        let options = Options { output: Some(folder.path().join("out.jsonl")), ..Options::default() };
        let sources = discover(&[folder.path().to_owned()], &options).unwrap();
        assert_eq!(sources.found.len(), 1);
        let error = discover(&[folder.path().join("out.jsonl")], &options).unwrap_err();
        assert!(error.to_string().ends_with("out.jsonl: is also the file to write; choose another name with -o"));
    }

    #[test]
    fn bytes_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "12345").unwrap();
        fs::write(folder.path().join("b.jsonl"), "{\"text\":\"x\"}\n").unwrap();
        let sources = discover(&[folder.path().to_owned()], &Options::default()).unwrap();
        assert_eq!(sources.bytes, Some(18));
        let mut articles = sources.articles(Fields::default());
        let progress = articles.progress();
        assert_eq!(articles.by_ref().count(), 2);
        assert_eq!(progress.bytes(), 18);
    }

    #[test]
    fn names_of_files_cannot_drive_the_terminal() {
        assert_eq!(Place::file("a\u{1b}[2J.txt").at_line(3).to_string(), "a\\u{1b}[2J.txt:3");
    }
}
