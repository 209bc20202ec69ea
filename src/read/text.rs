//! Plain text: a file is one article.

use std::io::Read;

use super::{MAX_RECORD_BYTES, Place, ReadError};
use crate::document::{Document, date_header};

/// Read one article.
///
/// The text is kept to the letter; only a byte order mark at its very start is taken away, because it is no part of
/// the text. If the first line begins with `date YYYY-MM-DD`, that is the day of publication (and stays in the text).
///
/// # Errors
/// The reader's own, bytes that are no UTF-8, no text but white space, more than [`MAX_RECORD_BYTES`].
pub fn read(input: impl Read, id: String, place: &Place, compressed: bool) -> Result<Document, ReadError> {
    let mut bytes = Vec::new();
    input
        .take(MAX_RECORD_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| ReadError::of_io(place.clone(), 0, compressed, source))?;
    if bytes.len() > MAX_RECORD_BYTES {
        return Err(ReadError::TooLong { place: place.clone() });
    }
    let mut text = String::from_utf8(bytes)
        .map_err(|e| ReadError::NotUtf8 { place: place.clone(), offset: e.utf8_error().valid_up_to() })?;
    if text.starts_with('\u{FEFF}') {
        text.drain(..'\u{FEFF}'.len_utf8());
    }
    if text.trim().is_empty() {
        return Err(ReadError::Empty { place: place.clone() });
    }
    let published = date_header(&text).map(|(date, _)| date);
    Ok(Document { id, source: None, title: None, published, text })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(input: &[u8], text: &str, published: Option<&str>) {
        let document = read(input, "a".to_owned(), &Place::file("a.txt"), false).unwrap();
        assert_eq!(document.text, text);
        assert_eq!(document.published.map(|d| d.to_string()).as_deref(), published, "{text}");
        assert_eq!((document.id.as_str(), document.source, document.title), ("a", None, None));
    }

    #[test]
    fn texts_are_kept_to_the_letter() {
        for (input, published) in [
            ("Rain fell on Lima.\r\n\r\nNobody minded.\n", None),
            ("  date 2021-03-09 Lima (Wire) - Rain fell.\n", Some("2021-03-09")),
            ("date 2021-03-09\nLima", Some("2021-03-09")),
            ("date\t2021-03-09: Lima", Some("2021-03-09")),
            ("date 2021-03-32 Lima", None),
            ("date 2021-03-091 Lima", None),
            ("date2021-03-09 Lima", None),
            ("update 2021-03-09 Lima", None),
            ("\ndate 2021-03-09 Lima", None),
            ("date é021-03-09 Lima", None),
            ("\u{0}\u{7}\u{1b}[31m bell", None),
        ] {
            check(input.as_bytes(), input, published);
        }
        check("\u{FEFF}date 2021-03-09 Lima".as_bytes(), "date 2021-03-09 Lima", Some("2021-03-09"));
    }

    #[test]
    fn bad_texts_say_what_is_wrong() {
        for (input, expect) in [
            (&b""[..], "a.txt: empty, no text to work on; remove it, or fill it if text is missing"),
            (b" \n\t\r\n", "a.txt: empty, no text to work on; remove it, or fill it if text is missing"),
            ("\u{FEFF}\n".as_bytes(), "a.txt: empty, no text to work on; remove it, or fill it if text is missing"),
            (
                b"caf\xe9",
                "a.txt: not UTF-8 at byte 3; convert it first, for example with `iconv -f WINDOWS-1252 -t UTF-8`",
            ),
        ] {
            let error = read(input, "a".to_owned(), &Place::file("a.txt"), false).unwrap_err();
            assert_eq!(error.to_string(), expect);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_article_or_an_error(bytes: Vec<u8>) {
            match read(&bytes[..], String::new(), &Place::file("a.txt"), false) {
                Ok(document) => prop_assert!(bytes.ends_with(document.text.as_bytes())),
                Err(error) => prop_assert!(error.to_string().starts_with("a.txt: ")),
            }
        }
    }
}
