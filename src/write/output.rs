//! Where the bytes go: standard output, or a file that appears under its name only when it is complete.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress};
use tempfile::{NamedTempFile, TempPath};

use crate::read::Compression;

/// Where to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file; `.gz` and `.zst` endings compress.
    File(PathBuf),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("standard output"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Why output cannot be written. Nothing then stands under the file's name that did not stand there before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The file cannot be made.
    #[error("{target}: cannot be written; check that the folder is there and that you may write to it")]
    Create {
        /// The file.
        target: Target,
        /// What the system says.
        source: io::Error,
    },
    /// No space is left.
    #[error("{target}: the disk is full; make room or choose another place with -o (nothing was left under this name)")]
    Full {
        /// The file.
        target: Target,
        /// What the system says.
        source: io::Error,
    },
    /// The reader of a pipe went away; commonly no error at all.
    #[error("{target}: closed by its reader")]
    Closed {
        /// The pipe.
        target: Target,
        /// What the system says.
        source: io::Error,
    },
    /// Any other refusal.
    #[error("{target}: writing failed")]
    Failed {
        /// The file.
        target: Target,
        /// What the system says.
        source: io::Error,
    },
}

impl WriteError {
    /// What went wrong with a write to `target`.
    pub fn new(target: &Target, source: io::Error) -> Self {
        let target = target.clone();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { target, source },
            io::ErrorKind::BrokenPipe => Self::Closed { target, source },
            _ => Self::Failed { target, source },
        }
    }
}

/// An open output. Bytes go in through [`Write`]; [`finish`](Self::finish) makes them permanent. Dropped unfinished, it
/// leaves no file behind.
#[derive(Debug)]
pub struct Output {
    packer: Packer,
    target: Target,
}

impl Output {
    /// Open the target. A file is written under another name in the same folder; what is no plain file (a pipe, a
    /// device) is written directly.
    ///
    /// # Errors
    /// [`WriteError::Create`].
    pub fn create(target: Target) -> Result<Self, WriteError> {
        let (sink, compression) = match &target {
            Target::Stdout => (Sink::Stdout(io::stdout()), Compression::None),
            Target::File(path) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let sink = Sink::open(path).map_err(|source| WriteError::Create { target: target.clone(), source })?;
                (sink, Compression::split(&name).1)
            }
        };
        let packer = Packer::new(BufWriter::with_capacity(1 << 17, sink), compression)
            .map_err(|source| WriteError::Create { target: target.clone(), source })?;
        Ok(Self { packer, target })
    }

    /// Where the bytes go.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Write out everything and give the file its name.
    ///
    /// # Errors
    /// Those of the system; the file then does not appear.
    pub fn finish(self) -> Result<(), WriteError> {
        let Self { packer, target } = self;
        packer.finish().and_then(Sink::finish).map_err(|source| WriteError::new(&target, source))
    }
}

impl Write for Output {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match &mut self.packer {
            Packer::Plain(sink) => sink.write(buf),
            Packer::Gzip(encoder) => encoder.write(buf),
            Packer::Zstd(encoder) => encoder.write(buf),
        }
    }

    /// Hand the bytes on to a reader that waits for them; compressed and temporary files have none, and flushing an
    /// encoder costs compression.
    fn flush(&mut self) -> io::Result<()> {
        match &mut self.packer {
            Packer::Plain(sink) if !matches!(sink.get_ref(), Sink::Temporary { .. }) => sink.flush(),
            _ => Ok(()),
        }
    }
}

#[derive(Debug)]
enum Packer {
    Plain(BufWriter<Sink>),
    Gzip(GzEncoder<BufWriter<Sink>>),
    Zstd(ZstdWriter),
}

impl Packer {
    fn new(sink: BufWriter<Sink>, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain(sink),
            Compression::Gzip => Self::Gzip(GzEncoder::new(sink, flate2::Compression::default())),
            Compression::Zstd => Self::Zstd(ZstdWriter::new(sink)?),
        })
    }

    fn finish(self) -> io::Result<Sink> {
        let sink = match self {
            Self::Plain(sink) => sink,
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Zstd(encoder) => encoder.finish()?,
        };
        sink.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

#[derive(Debug)]
enum Sink {
    Stdout(io::Stdout),
    /// A pipe or a device.
    Direct(File),
    /// The temporary file and the name it will get.
    Temporary {
        file: File,
        path: TempPath,
        name: PathBuf,
    },
}

impl Sink {
    fn open(path: &Path) -> io::Result<Self> {
        // Through a symbolic link the file it leads to is replaced, not the link.
        let name = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let before = fs::metadata(&name).ok();
        if before.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if before.as_ref().is_some_and(|about| !about.is_file()) {
            return File::options().write(true).open(&name).map(Self::Direct);
        }
        let file_name = name.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = match name.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(file_name);
        prefix.push(".");
        let temporary = temporary_in(folder, &prefix, before.map(|about| about.permissions()))?;
        let (file, path) = temporary.into_parts();
        Ok(Self::Temporary { file, path, name })
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Stdout(mut out) => out.flush(),
            Self::Direct(mut file) => file.flush(),
            Self::Temporary { file, path, name } => {
                // Some file systems tell of a full disk only here; after the rename it would be too late.
                file.sync_all()?;
                path.persist(&name).map_err(|error| error.error)
            }
        }
    }
}

/// A new file with the permissions of the one that it will replace, or those that new files have.
fn temporary_in(
    folder: &Path,
    prefix: &std::ffi::OsStr,
    permissions: Option<fs::Permissions>,
) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The user's mask is applied to it, as it is to every new file.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    Ok(file)
}

impl Write for Sink {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(buf),
            Self::Direct(file) | Self::Temporary { file, .. } => file.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::Direct(file) | Self::Temporary { file, .. } => file.flush(),
        }
    }
}

/// Packs everything into one Zstandard frame.
///
/// The encoder takes its input from a reader and cannot pass errors on, so it runs on a thread of its own between a
/// channel and a sink that remembers its first error.
#[derive(Debug)]
struct ZstdWriter {
    /// There until the end.
    encoder: Option<Encoder>,
    failed: Arc<Mutex<Option<io::Error>>>,
}

#[derive(Debug)]
struct Encoder {
    chunks: Sender<Vec<u8>>,
    thread: JoinHandle<BufWriter<Sink>>,
}

impl ZstdWriter {
    fn new(sink: BufWriter<Sink>) -> io::Result<Self> {
        let (chunks, received) = bounded(16);
        let failed = Arc::new(Mutex::new(None));
        let mut drain = Remembering { sink, failed: Arc::clone(&failed) };
        let thread = std::thread::Builder::new().name("zstd".to_owned()).spawn(move || {
            compress(Chunks { received, current: io::Cursor::default() }, &mut drain, CompressionLevel::Fastest);
            drain.sink
        })?;
        Ok(Self { encoder: Some(Encoder { chunks, thread }), failed })
    }

    fn take_error(&self) -> io::Result<()> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }

    fn write(&self, buf: &[u8]) -> io::Result<usize> {
        self.take_error()?;
        let encoder = self.encoder.as_ref().ok_or_else(stopped)?;
        encoder.chunks.send(buf.to_vec()).map_err(|_| stopped())?;
        Ok(buf.len())
    }

    fn finish(mut self) -> io::Result<BufWriter<Sink>> {
        let sink = self.join()?;
        self.take_error()?;
        Ok(sink)
    }

    fn join(&mut self) -> io::Result<BufWriter<Sink>> {
        let Encoder { chunks, thread } = self.encoder.take().ok_or_else(stopped)?;
        drop(chunks);
        thread.join().map_err(|_| stopped())
    }
}

impl Drop for ZstdWriter {
    /// The temporary file belongs to the thread until it ends; without waiting the program could end first and leave
    /// the file behind.
    fn drop(&mut self) {
        let _ = self.join();
    }
}

fn stopped() -> io::Error {
    io::Error::other("the Zstandard encoder stopped; write a .gz file instead and report this")
}

struct Chunks {
    received: Receiver<Vec<u8>>,
    current: io::Cursor<Vec<u8>>,
}

impl Read for Chunks {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.current.read(buf)?;
            if n > 0 || buf.is_empty() {
                return Ok(n);
            }
            match self.received.recv() {
                Ok(chunk) => self.current = io::Cursor::new(chunk),
                Err(_) => return Ok(0),
            }
        }
    }
}

struct Remembering {
    sink: BufWriter<Sink>,
    failed: Arc<Mutex<Option<io::Error>>>,
}

impl Write for Remembering {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.sink.write_all(buf) {
            self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_when_it_is_complete() {
        for (name, compression) in
            [("a.jsonl", Compression::None), ("a.jsonl.gz", Compression::Gzip), ("a.jsonl.zst", Compression::Zstd)]
        {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            let mut output = Output::create(Target::File(path.clone())).unwrap();
            let content = "some line\n".repeat(50_000);
            for part in content.as_bytes().chunks(7777) {
                output.write_all(part).unwrap();
            }
            output.flush().unwrap();
            assert!(!path.exists());
            output.finish().unwrap();
            assert_eq!(names(folder.path()), [name]);
            let mut read = String::new();
            let file = BufReader::new(File::open(&path).unwrap());
            compression.unpack(file).read_to_string(&mut read).unwrap();
            assert!(read == content);
        }
    }

    #[test]
    fn an_output_that_is_dropped_leaves_nothing_and_keeps_what_was_there() {
        for name in ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            fs::write(&path, "before").unwrap();
            let mut output = Output::create(Target::File(path.clone())).unwrap();
            output.write_all(b"after").unwrap();
            drop(output);
            assert_eq!(fs::read_to_string(&path).unwrap(), "before");
            assert_eq!(names(folder.path()), [name]);
        }
    }

    #[test]
    fn errors_say_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("no/such/a.jsonl"), folder.path().to_owned()] {
            let error = Output::create(Target::File(path)).unwrap_err().to_string();
            assert!(error.ends_with("check that the folder is there and that you may write to it"), "{error}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_named() {
        let mut output = Output::create(Target::File("/dev/full".into())).unwrap();
        output.write_all(b"x").unwrap();
        assert!(matches!(output.finish(), Err(WriteError::Full { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        Output::create(Target::File(link.clone())).unwrap().finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
