//! Compressed input: gzip and Zstandard, each with any number of members or frames.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// `.gz`
    Gzip,
    /// `.zst`
    Zstd,
}

impl Compression {
    /// Bytes that [`of_magic`](Self::of_magic) looks at.
    pub const MAGIC_BYTES: usize = 4;

    /// Take the ending of a packed file off its name.
    pub fn split(name: &str) -> (&str, Self) {
        for (ending, compression) in [("gz", Self::Gzip), ("zst", Self::Zstd)] {
            if let Some((rest, last)) = name.rsplit_once('.')
                && last.eq_ignore_ascii_case(ending)
            {
                return (rest, compression);
            }
        }
        (name, Self::None)
    }

    /// What the first bytes of a stream show.
    pub fn of_magic(head: &[u8]) -> Self {
        if head.starts_with(&[0x1F, 0x8B]) {
            Self::Gzip
        } else if head.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
            Self::Zstd
        } else {
            Self::None
        }
    }

    /// A reader of the unpacked bytes.
    pub fn unpack(self, raw: impl BufRead + Send + 'static) -> Box<dyn BufRead + Send> {
        match self {
            Self::None => Box::new(raw),
            Self::Gzip => Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(raw))),
            Self::Zstd => Box::new(BufReader::with_capacity(1 << 16, ZstdReader::new(raw))),
        }
    }
}

/// Reads all frames of a Zstandard stream and checks their sums, as the `zstd` program does.
struct ZstdReader<R> {
    raw: R,
    decoder: FrameDecoder,
    /// The damage that ends the stream, kept until all bytes before it are given.
    failed: Option<io::Error>,
    in_frame: bool,
}

impl<R: BufRead> ZstdReader<R> {
    fn new(raw: R) -> Self {
        let mut decoder = FrameDecoder::new();
        // What `zstd --long` asks for; more needs an option there, too.
        decoder.set_max_window_size(128 << 20);
        Self { raw, decoder, failed: None, in_frame: false }
    }

    /// Begin the next frame; false at the end of the stream.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.raw.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.raw) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let skipped = io::copy(&mut self.raw.by_ref().take(u64::from(length)), &mut io::sink())?;
                    if skipped < u64::from(length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            }
        }
        Ok(false)
    }

    fn decode(&mut self) -> io::Result<()> {
        let Err(error) = self.decoder.decode_blocks(&mut self.raw, BlockDecodingStrategy::UptoBlocks(1)) else {
            return Ok(());
        };
        if !self.raw.fill_buf().is_ok_and(<[u8]>::is_empty) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        // The decoder holds the last window back until the frame ends. The stream was cut off, so an empty last block
        // (and a sum that nobody checks) is put in the place of what is missing to get at the bytes before it.
        self.failed = Some(io::Error::new(io::ErrorKind::UnexpectedEof, "the file ends too early"));
        let end = [1, 0, 0, 0, 0, 0, 0];
        self.decoder
            .decode_blocks(&end[..], BlockDecodingStrategy::All)
            .map(|_| ())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

impl<R: BufRead> Read for ZstdReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            if self.in_frame {
                while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                    self.decode()?;
                }
                if self.decoder.can_collect() > 0 {
                    return self.decoder.read(buf);
                }
                self.in_frame = false;
                if let Some(error) = self.failed.take() {
                    return Err(error);
                }
                let expected = self.decoder.get_checksum_from_data();
                if expected.is_some() && expected != self.decoder.get_calculated_checksum() {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum does not match"));
                }
            }
            self.in_frame = self.next_frame()?;
            if !self.in_frame {
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn pack(compression: Compression, bytes: &[u8]) -> Vec<u8> {
        match compression {
            Compression::None => bytes.to_vec(),
            Compression::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
            Compression::Zstd => compress_to_vec(bytes, CompressionLevel::Fastest),
        }
    }

    fn unpack(compression: Compression, packed: Vec<u8>) -> (Vec<u8>, io::Result<usize>) {
        let mut bytes = Vec::new();
        let result = compression.unpack(io::Cursor::new(packed)).read_to_end(&mut bytes);
        (bytes, result)
    }

    fn lines() -> Vec<u8> {
        let mut out = Vec::new();
        let mut state = 1u32;
        for i in 0..40_000u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            writeln!(out, "line {i} {state:x}").unwrap();
        }
        out
    }

    #[test]
    fn members_and_frames_are_joined() {
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            let mut packed = pack(compression, b"one ");
            if compression == Compression::Zstd {
                packed.extend([0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 9, 9, 9]);
            }
            packed.extend(pack(compression, &lines()));
            assert_eq!(Compression::of_magic(&packed), compression);
            let (bytes, result) = unpack(compression, packed);
            result.unwrap();
            assert_eq!(bytes, [&b"one "[..], &lines()].concat());
        }
    }

    #[test]
    fn what_stands_before_the_cut_is_given() {
        for compression in [Compression::Gzip, Compression::Zstd] {
            let mut packed = pack(compression, &lines());
            packed.truncate(packed.len() * 3 / 4);
            let (bytes, result) = unpack(compression, packed);
            assert!(result.is_err());
            assert!(lines().starts_with(&bytes));
            assert!(bytes.len() > lines().len() / 2, "{compression:?}: {}", bytes.len());
        }
    }

    #[test]
    fn damage_is_noticed() {
        for compression in [Compression::Gzip, Compression::Zstd] {
            let mut packed = pack(compression, &lines());
            let last = packed.len() - 2;
            packed[last] ^= 0x55;
            assert!(unpack(compression, packed).1.is_err(), "{compression:?}");
            assert!(unpack(compression, b"plain text".to_vec()).1.is_err(), "{compression:?}");
        }
    }

    #[test]
    fn names_lose_their_ending() {
        for (name, expect) in [
            ("a.txt.gz", ("a.txt", Compression::Gzip)),
            ("a.jsonl.ZST", ("a.jsonl", Compression::Zstd)),
            ("a.txt", ("a.txt", Compression::None)),
            ("gz", ("gz", Compression::None)),
        ] {
            assert_eq!(Compression::split(name), expect);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_unpacked_or_refused(bytes: Vec<u8>, flip in any::<prop::sample::Index>(), with: u8) {
            for compression in [Compression::Gzip, Compression::Zstd] {
                let _ = unpack(compression, bytes.clone());
                let mut packed = pack(compression, &bytes);
                let i = flip.index(packed.len());
                packed[i] ^= with;
                let _ = unpack(compression, packed);
            }
        }
    }
}
