//! Days of publication, in the ways that feeds and archives write them.

use jiff::civil::Date;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::fmt::temporal::Pieces;

use crate::document::iso_day;

/// The day that a text names: an ISO date or date with time, `YYYY/MM/DD`, or the date of a mail or an RSS feed. The
/// day is the one written, whatever the time zone.
pub(crate) fn parse(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Ok(pieces) = Pieces::parse(text) {
        return Some(pieces.date());
    }
    if let Some(date) = slashes(text) {
        return Some(date);
    }
    DateTimeParser::new().relaxed_weekday(true).parse_zoned_datetime(text).ok().map(|at| at.date())
}

/// `2019/12/04`, with or without a time after it.
fn slashes(text: &str) -> Option<Date> {
    let day = text.get(..10)?;
    let mut parts = day.split('/');
    let date = format!("{}-{}-{}", parts.next()?, parts.next()?, parts.next()?);
    let rest = text.get(10..)?;
    if !(rest.is_empty() || rest.starts_with([' ', 'T'])) {
        return None;
    }
    iso_day(&date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_the_usual_ways() {
        for (text, expect) in [
            ("2019-12-04", Some("2019-12-04")),
            (" 2019-12-04 ", Some("2019-12-04")),
            ("2019-12-04T23:59:00Z", Some("2019-12-04")),
            ("2019-12-04T23:59:00.123+09:00", Some("2019-12-04")),
            ("2019-12-04 08:00:00", Some("2019-12-04")),
            ("20191204", Some("2019-12-04")),
            ("2019/12/04", Some("2019-12-04")),
            ("2019/12/04 10:11", Some("2019-12-04")),
            ("Wed, 04 Dec 2019 10:00:00 +0100", Some("2019-12-04")),
            ("4 Dec 2019 10:00:00 GMT", Some("2019-12-04")),
            ("Mon, 04 Dec 2019 10:00:00 GMT", Some("2019-12-04")),
            ("2019-02-30", None),
            ("2019/13/01", None),
            ("yesterday", None),
            ("", None),
            ("2019", None),
            ("٢٠١٩-١٢-٠٤", None),
        ] {
            assert_eq!(parse(text).map(|d| d.to_string()).as_deref(), expect, "{text}");
        }
    }
}
