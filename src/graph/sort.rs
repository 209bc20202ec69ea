//! Sorting on disk: records of bytes in sorted runs, merged; and files of records in the order they were written.
//!
//! Memory is bounded by the budget that a [`Sorter`] is made with, whatever goes in. Files have no name, so that nothing
//! stays behind, even when the process is killed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Runs that are merged at once: each takes an open file and a buffer.
const FAN_IN: usize = 64;
const BUFFER_BYTES: usize = 1 << 16;

/// A sort key whose bytes compare as its parts do, one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(Vec<u8>);

impl Key {
    /// A zero byte ends a text; one inside it is followed by 0xFF, which no text has.
    pub(super) fn text(mut self, text: &str) -> Self {
        for byte in text.bytes() {
            self.0.push(byte);
            if byte == 0 {
                self.0.push(0xFF);
            }
        }
        self.0.push(0);
        self
    }

    pub(super) fn number(mut self, n: u64) -> Self {
        self.0.extend_from_slice(&n.to_be_bytes());
        self
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The bytes of a value, to be read back by [`unpack`].
pub(super) fn pack(value: &impl Serialize) -> io::Result<Vec<u8>> {
    postcard::to_allocvec(value).map_err(io::Error::other)
}

pub(super) fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    postcard::from_bytes(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// A key and a value, compared in this order.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// Where temporary files go, and how much memory a sorter may take.
#[derive(Debug, Clone)]
pub(super) struct Workspace {
    pub(super) folder: PathBuf,
    pub(super) memory: usize,
}

impl Workspace {
    /// A file without a name.
    pub(super) fn file(&self) -> io::Result<File> {
        tempfile::tempfile_in(&self.folder)
    }

    /// A sorter that takes a part of the memory.
    pub(super) fn sorter(&self, part: usize) -> Sorter {
        Sorter::new(Self { folder: self.folder.clone(), memory: (self.memory / part).max(1 << 16) })
    }

    pub(super) fn spool<T: Serialize + DeserializeOwned>(&self) -> io::Result<Spool<T>> {
        Ok(Spool { file: BufWriter::with_capacity(BUFFER_BYTES, self.file()?), len: 0, of: PhantomData })
    }

    /// # Errors
    /// Where no file can be made in the folder.
    pub(super) fn check(&self) -> io::Result<()> {
        self.file().map(drop)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Takes records in any order and gives them back sorted.
#[derive(Debug)]
pub(super) struct Sorter {
    workspace: Workspace,
    bytes: Vec<u8>,
    /// Start and lengths of key and value.
    records: Vec<(usize, u32, u32)>,
    runs: Vec<File>,
}

impl Sorter {
    fn new(workspace: Workspace) -> Self {
        Self { workspace, bytes: Vec::new(), records: Vec::new(), runs: Vec::new() }
    }

    pub(super) fn push(&mut self, key: &Key, value: &[u8]) -> io::Result<()> {
        let key = key.as_bytes();
        let lengths = (u32::try_from(key.len()), u32::try_from(value.len()));
        let (Ok(key_len), Ok(value_len)) = lengths else {
            return Err(io::Error::other("a record of more than 4 GiB cannot be sorted"));
        };
        let held = self.bytes.len() + self.records.len() * size_of::<(usize, u32, u32)>();
        if !self.records.is_empty() && held + key.len() + value.len() > self.workspace.memory {
            self.spill()?;
        }
        self.records.push((self.bytes.len(), key_len, value_len));
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(value);
        Ok(())
    }

    pub(super) fn push_value(&mut self, key: &Key, value: &impl Serialize) -> io::Result<()> {
        self.push(key, &pack(value)?)
    }

    fn sort(&mut self) {
        let bytes = &self.bytes;
        let of = |&(start, key, value): &(usize, u32, u32)| {
            let middle = start + key as usize;
            (&bytes[start..middle], &bytes[middle..middle + value as usize])
        };
        self.records.sort_unstable_by(|a, b| of(a).cmp(&of(b)));
    }

    fn spill(&mut self) -> io::Result<()> {
        self.sort();
        let mut run = BufWriter::with_capacity(BUFFER_BYTES, self.workspace.file()?);
        for &(start, key, value) in &self.records {
            let end = start + key as usize + value as usize;
            write_record(&mut run, key, value, &self.bytes[start..end])?;
        }
        self.runs.push(run.into_inner().map_err(io::IntoInnerError::into_error)?);
        self.records.clear();
        self.bytes.clear();
        if self.runs.len() >= FAN_IN {
            let runs = std::mem::take(&mut self.runs);
            let mut merged = BufWriter::with_capacity(BUFFER_BYTES, self.workspace.file()?);
            for record in Merge::new(runs)? {
                let (key, value) = record?;
                // Lengths were checked when the record came in.
                write_record(&mut merged, key.len() as u32, value.len() as u32, &[key, value].concat())?;
            }
            self.runs.push(merged.into_inner().map_err(io::IntoInnerError::into_error)?);
        }
        Ok(())
    }

    /// The records in the order of their keys, those of one key in the order of their values.
    pub(super) fn sorted(mut self) -> io::Result<Sorted> {
        if self.runs.is_empty() {
            self.sort();
            return Ok(Sorted::Memory { bytes: self.bytes, records: self.records.into_iter() });
        }
        if !self.records.is_empty() {
            self.spill()?;
        }
        self.bytes = Vec::new();
        self.records = Vec::new();
        Merge::new(self.runs).map(Sorted::Disk)
    }
}

fn write_record(out: &mut impl Write, key: u32, value: u32, bytes: &[u8]) -> io::Result<()> {
    out.write_all(&key.to_le_bytes())?;
    out.write_all(&value.to_le_bytes())?;
    out.write_all(bytes)
}

fn read_length(input: &mut impl Read) -> io::Result<Option<usize>> {
    let mut length = [0; 4];
    let mut filled = 0;
    while filled < length.len() {
        match input.read(&mut length[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(u32::from_le_bytes(length) as usize))
}

fn read_bytes(input: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Sorted records.
#[derive(Debug)]
pub(super) enum Sorted {
    Memory { bytes: Vec<u8>, records: std::vec::IntoIter<(usize, u32, u32)> },
    Disk(Merge),
}

impl Iterator for Sorted {
    type Item = io::Result<Pair>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Memory { bytes, records } => {
                let (start, key, value) = records.next()?;
                let middle = start + key as usize;
                Some(Ok((bytes[start..middle].to_vec(), bytes[middle..middle + value as usize].to_vec())))
            }
            Self::Disk(merge) => merge.next(),
        }
    }
}

/// Merges sorted runs.
#[derive(Debug)]
pub(super) struct Merge {
    runs: Vec<BufReader<File>>,
    heads: BinaryHeap<Reverse<(Pair, usize)>>,
}

impl Merge {
    fn new(runs: Vec<File>) -> io::Result<Self> {
        let mut merge = Self { runs: Vec::with_capacity(runs.len()), heads: BinaryHeap::new() };
        for (i, mut file) in runs.into_iter().enumerate() {
            file.seek(SeekFrom::Start(0))?;
            let mut run = BufReader::with_capacity(BUFFER_BYTES, file);
            if let Some(record) = Self::read(&mut run)? {
                merge.heads.push(Reverse((record, i)));
            }
            merge.runs.push(run);
        }
        Ok(merge)
    }

    fn read(run: &mut BufReader<File>) -> io::Result<Option<Pair>> {
        let Some(key) = read_length(run)? else { return Ok(None) };
        let value = read_length(run)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(Some((read_bytes(run, key)?, read_bytes(run, value)?)))
    }
}

impl Iterator for Merge {
    type Item = io::Result<Pair>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut head = self.heads.peek_mut()?;
        let i = head.0.1;
        match Self::read(&mut self.runs[i]) {
            Ok(Some(next)) => Some(Ok(std::mem::replace(&mut head.0.0, next))),
            Ok(None) => Some(Ok(PeekMut::pop(head).0.0)),
            Err(error) => Some(Err(error)),
        }
    }
}

/// Groups of records with the same key.
pub(super) struct Groups<I: Iterator<Item = io::Result<Pair>>> {
    records: std::iter::Peekable<I>,
}

pub(super) fn groups(sorted: Sorted) -> Groups<Sorted> {
    Groups { records: sorted.peekable() }
}

impl<I: Iterator<Item = io::Result<Pair>>> Iterator for Groups<I> {
    type Item = io::Result<(Vec<u8>, Vec<Vec<u8>>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = match self.records.next()? {
            Ok(record) => record,
            Err(error) => return Some(Err(error)),
        };
        let mut values = vec![value];
        while let Some(next) = self.records.next_if(|next| next.as_ref().is_ok_and(|(k, _)| *k == key)) {
            match next {
                Ok((_, value)) => values.push(value),
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok((key, values)))
    }
}

/// Values on disk in the order they were written, to be read any number of times.
#[derive(Debug)]
pub(super) struct Spool<T> {
    file: BufWriter<File>,
    len: u64,
    of: PhantomData<fn(T) -> T>,
}

impl<T> Spool<T> {
    /// A file with a name, in place of one that is there.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
        Ok(Self { file: BufWriter::with_capacity(BUFFER_BYTES, file), len: 0, of: PhantomData })
    }

    /// A file that was written before, for reading; its number of values is not known.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: BufWriter::with_capacity(BUFFER_BYTES, File::open(path)?), len: 0, of: PhantomData })
    }

    /// Hand everything to the disk.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()
    }
}

impl<T: Serialize + DeserializeOwned> Spool<T> {
    pub(super) fn push(&mut self, value: &T) -> io::Result<()> {
        let bytes = pack(value)?;
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.file.write_all(&length.to_le_bytes())?;
        self.len += 1;
        self.file.write_all(&bytes)
    }

    /// Number of values.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// All values from the first. One reader at a time: they share the file's position.
    pub(super) fn read(&mut self) -> io::Result<impl Iterator<Item = io::Result<T>>> {
        self.file.flush()?;
        let mut file: &File = self.file.get_ref();
        file.seek(SeekFrom::Start(0))?;
        let mut input = BufReader::with_capacity(BUFFER_BYTES, file);
        Ok(std::iter::from_fn(move || match read_length(&mut input) {
            Ok(None) => None,
            Ok(Some(length)) => Some(read_bytes(&mut input, length).and_then(|bytes| unpack(&bytes))),
            Err(error) => Some(Err(error)),
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn workspace(memory: usize) -> Workspace {
        Workspace { folder: std::env::temp_dir(), memory }
    }

    #[test]
    fn keys_compare_as_their_parts() {
        let mut parts =
            vec![("", 1), ("", 2), ("\0", 0), ("\0\u{1}", 0), ("a", 300), ("a", 2), ("a\0", 1), ("ab", 0), ("é", 7)];
        let key = |&(text, n): &(&str, u64)| Key::default().text(text).number(n);
        parts.sort_by_key(key);
        let mut expect = parts.clone();
        expect.sort_unstable();
        assert_eq!(parts, expect);
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_sorted(texts: Vec<(String, Vec<u8>)>, memory in 65_536usize..70_000, copies in 1usize..400) {
            let mut sorter = workspace(memory).sorter(1);
            let mut expect = Vec::new();
            for i in 0..copies {
                for (text, value) in &texts {
                    let key = Key::default().text(text).number((i % 7) as u64);
                    sorter.push(&key, value).unwrap();
                    expect.push((key.0, value.clone()));
                }
            }
            expect.sort();
            let sorted: Vec<Pair> = sorter.sorted().unwrap().map(Result::unwrap).collect();
            prop_assert!(sorted == expect);
        }
    }

    #[test]
    fn more_runs_than_are_merged_at_once() {
        let mut sorter = workspace(0).sorter(1);
        let n = 40_000_u64;
        for i in 0..n {
            sorter.push(&Key::default().number(i * 7919 % n), &[7; 200]).unwrap();
        }
        assert!(sorter.runs.len() > 1);
        let keys: Vec<Vec<u8>> = sorter.sorted().unwrap().map(|r| r.unwrap().0).collect();
        assert!(keys.iter().zip(0..n).all(|(key, i)| *key == i.to_be_bytes()));
        assert_eq!(keys.len() as u64, n);
    }

    #[test]
    fn spools_are_read_again() {
        let mut spool = workspace(0).spool::<(u32, String)>().unwrap();
        for i in 0..3 {
            spool.push(&(i, "é".repeat(i as usize))).unwrap();
        }
        for _ in 0..2 {
            let read: Vec<(u32, String)> = spool.read().unwrap().map(Result::unwrap).collect();
            assert_eq!(read, [(0, String::new()), (1, "é".to_owned()), (2, "éé".to_owned())]);
        }
        spool.push(&(3, String::new())).unwrap();
        assert_eq!(spool.read().unwrap().count(), 4);
        assert_eq!(spool.len(), 4);
    }
}
