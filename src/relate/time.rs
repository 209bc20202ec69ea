//! Dates in news prose, resolved against the day of publication.

use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::calendar::MONTHS;

/// A temporal expression in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TimeExpression {
    pub(super) tokens: Range<usize>,
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    /// Days from the day of publication.
    Day(i32),
    Weekday(Weekday, Shift),
    /// Week, month or year, that many away from the present one.
    Unit(Unit, i32),
    Month {
        month: i8,
        year: Option<i16>,
    },
    MonthDay {
        month: i8,
        day: i8,
        year: Option<i16>,
    },
    Year(i16),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shift {
    None,
    Last,
    Next,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Day,
    Week,
    Month,
    Year,
}

/// Where an event lies as seen from the article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Past,
    Ahead,
}

fn month(word: &str) -> Option<i8> {
    let word = word.trim_end_matches('.');
    let full = MONTHS.iter().position(|m| *m == word);
    let short = || {
        (word.len() >= 3 && word != "mar")
            .then(|| MONTHS.iter().position(|m| m.get(..3) == Some(word) || (word == "sept" && *m == "september")))
            .flatten()
    };
    Some(full.or_else(short)? as i8 + 1)
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word.trim_end_matches('.') {
        "monday" | "mon" => Weekday::Monday,
        "tuesday" | "tue" | "tues" => Weekday::Tuesday,
        "wednesday" | "wed" => Weekday::Wednesday,
        "thursday" | "thu" | "thurs" => Weekday::Thursday,
        "friday" | "fri" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "day" | "days" | "night" => Unit::Day,
        "week" | "weeks" | "weekend" => Unit::Week,
        "month" | "months" => Unit::Month,
        "year" | "years" => Unit::Year,
        _ => return None,
    })
}

fn number(word: &str) -> Option<i32> {
    const WORDS: [&str; 13] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    if matches!(word, "a" | "an") {
        return Some(1);
    }
    WORDS
        .iter()
        .position(|w| *w == word)
        .map(|n| n as i32)
        .or_else(|| word.parse().ok().filter(|n| (0..1000).contains(n)))
}

fn day(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = &word[digits.len()..];
    let day: i8 = digits.parse().ok()?;
    ((1..=31).contains(&day) && matches!(suffix, "" | "st" | "nd" | "rd" | "th")).then_some(day)
}

fn year(word: &str) -> Option<i16> {
    (word.len() == 4).then(|| word.parse().ok()).flatten().filter(|y| (1900..2100).contains(y))
}

/// All temporal expressions of a sentence; `original` are its tokens.
pub(super) fn expressions(original: &[&str]) -> Vec<TimeExpression> {
    let words: Vec<String> = original.iter().map(|w| w.to_lowercase()).collect();
    let word = |i: usize| words.get(i).map_or("", String::as_str);
    let capital = |i: usize| original.get(i).is_some_and(|w| w.chars().next().is_some_and(char::is_uppercase));
    let mut out = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let before = if i > 0 { word(i - 1) } else { "" };
        let shift = |w: &str| match w {
            "last" | "past" | "previous" => Some(Shift::Last),
            "next" | "coming" => Some(Shift::Next),
            "this" => Some(Shift::None),
            _ => None,
        };
        let mut found: Option<(Range<usize>, Value)> = None;
        let mut last = i + 1;
        match word(i) {
            "today" | "tonight" => found = Some((i..i + 1, Value::Day(0))),
            "yesterday" => found = Some((i..i + 1, Value::Day(-1))),
            "tomorrow" => found = Some((i..i + 1, Value::Day(1))),
            w => {
                if let (Some(wd), true) = (weekday(w), capital(i)) {
                    let s = shift(before).unwrap_or(Shift::None);
                    found = Some((i..i + 1, Value::Weekday(wd, s)));
                } else if let Some(m) = month(w).filter(|_| capital(i)) {
                    // "4 December 2019", "December 4, 2019", "December 2019", "in May"
                    let mut start = i;
                    let mut d = None;
                    if i > 0
                        && let Some(n) = day(before)
                    {
                        d = Some(n);
                        start = i - 1;
                    } else if let Some(n) = day(word(i + 1)) {
                        d = Some(n);
                        last = i + 2;
                        // "December 13-15": from the first day on.
                        if matches!(word(last), "-" | "–") && day(word(last + 1)).is_some() {
                            last += 2;
                        }
                    }
                    let at = if word(last) == "," { last + 1 } else { last };
                    let y = year(word(at));
                    if y.is_some() && (d.is_some() || at == last) {
                        last = at + 1;
                    }
                    let y = y.filter(|_| last == at + 1);
                    // A lone "May" or "March" needs a preposition or an adverb before it.
                    let sure = d.is_some()
                        || y.is_some()
                        || matches!(
                            before,
                            "in" | "since"
                                | "until"
                                | "by"
                                | "of"
                                | "last"
                                | "next"
                                | "early"
                                | "late"
                                | "this"
                                | "mid"
                                | "from"
                                | "during"
                        );
                    if sure {
                        let value = match d {
                            Some(day) => Value::MonthDay { month: m, day, year: y },
                            None => Value::Month { month: m, year: y },
                        };
                        found = Some((start..last, value));
                    }
                } else if let (Some(s), Some(u)) = (shift(w), unit(word(i + 1))) {
                    let by = match s {
                        Shift::Last => -1,
                        Shift::Next => 1,
                        Shift::None => 0,
                    };
                    last = i + 2;
                    found = Some((i..last, Value::Unit(u, by)));
                } else if let (Some(n), Some(u), "ago" | "earlier" | "before" | "previously") =
                    (number(w), unit(word(i + 1)), word(i + 2))
                {
                    last = i + 3;
                    found = Some((i..last, Value::Unit(u, -n)));
                } else if let Some(y) = year(w)
                    && (matches!(
                        before,
                        "in" | "since"
                            | "by"
                            | "until"
                            | "during"
                            | "early"
                            | "late"
                            | "of"
                            | "mid"
                            | "from"
                            | "-"
                            | "the"
                            | "its"
                            | "their"
                            | "his"
                            | "her"
                    ))
                {
                    found = Some((i..i + 1, Value::Year(y)));
                } else if w.len() == 10
                    && let Ok(date) = w.parse::<Date>()
                {
                    found = Some((
                        i..i + 1,
                        Value::MonthDay { month: date.month(), day: date.day(), year: Some(date.year()) },
                    ));
                }
            }
        }
        match found {
            Some((tokens, value)) => {
                i = tokens.end;
                out.push(TimeExpression { tokens, value });
            }
            None => i += 1,
        }
    }
    out
}

/// The day that a dateline gives an article without a day of publication: the first full date near the start of one of
/// `sentences` (its first ones, as words), if a dash, a colon or a bracket sets it off, nothing follows it, or its weekday
/// stands before it. Other full dates are what the article speaks of.
pub(super) fn dateline<'a>(sentences: impl Iterator<Item = Vec<&'a str>>) -> Option<Date> {
    const NEAR: usize = 10;
    sentences.take(4).find_map(|words| {
        expressions(&words).into_iter().find_map(|e| {
            let Value::MonthDay { month, day, year: Some(year) } = e.value else { return None };
            let before = e.tokens.start.checked_sub(1).map(|b| words[b]);
            let before = if before == Some(",") { e.tokens.start.checked_sub(2).map(|b| words[b]) } else { before };
            let by_weekday = before.is_some_and(|w| weekday(&w.to_lowercase()).is_some());
            let set_off = words
                .get(e.tokens.end)
                .is_none_or(|w| matches!(*w, "-" | "–" | "—" | "--" | ":" | "(" | "/" | "." | "|"));
            (e.tokens.start < NEAR && (by_weekday || set_off)).then(|| Date::new(year, month, day).ok()).flatten()
        })
    })
}

/// The ISO form of an expression in the precision that the text gives, or `None` where neither the text nor
/// the day of publication tells.
pub(super) fn resolve(expression: &TimeExpression, published: Option<Date>, direction: Direction) -> Option<String> {
    let ahead = direction == Direction::Ahead;
    match expression.value {
        Value::Year(y) => Some(format!("{y:04}")),
        Value::Month { month, year: Some(y) } => Some(format!("{y:04}-{month:02}")),
        Value::MonthDay { month, day, year: Some(y) } => Date::new(y, month, day).ok().map(|d| d.to_string()),
        Value::Day(n) => published?.checked_add(n.days()).ok().map(|d| d.to_string()),
        Value::Weekday(wd, shift) => {
            let p = published?;
            let forward = i32::from(p.weekday().until(wd));
            let back = i32::from(p.weekday().since(wd));
            let days = match shift {
                Shift::Next => {
                    if forward == 0 {
                        7
                    } else {
                        forward
                    }
                }
                Shift::Last => {
                    if back == 0 {
                        -7
                    } else {
                        -back
                    }
                }
                Shift::None if ahead => forward,
                Shift::None => -back,
            };
            p.checked_add(days.days()).ok().map(|d| d.to_string())
        }
        Value::Unit(Unit::Day, n) => published?.checked_add(n.days()).ok().map(|d| d.to_string()),
        Value::Unit(Unit::Week, n) => {
            // A week has no ISO day: its month, where it lies in one.
            let p = published?;
            let monday = p
                .checked_sub(i32::from(p.weekday().to_monday_zero_offset()).days())
                .ok()?
                .checked_add((7 * n).days())
                .ok()?;
            let sunday = monday.checked_add(6.days()).ok()?;
            (monday.month() == sunday.month()).then(|| format!("{:04}-{:02}", monday.year(), monday.month()))
        }
        Value::Unit(Unit::Month, n) => {
            let d = published?.first_of_month().checked_add(n.months()).ok()?;
            Some(format!("{:04}-{:02}", d.year(), d.month()))
        }
        Value::Unit(Unit::Year, n) => Some(format!("{:04}", i32::from(published?.year()) + n)),
        Value::Month { month, year: None } => {
            let p = published?;
            let y = match (ahead, month.cmp(&p.month())) {
                (true, std::cmp::Ordering::Less) => p.year() + 1,
                (false, std::cmp::Ordering::Greater) => p.year() - 1,
                _ => p.year(),
            };
            Some(format!("{y:04}-{month:02}"))
        }
        Value::MonthDay { month, day, year: None } => {
            let p = published?;
            let this = Date::new(p.year(), month, day).ok();
            let date = match this {
                Some(d) if ahead && d < p => Date::new(p.year() + 1, month, day).ok(),
                Some(d) if !ahead && d > p => Date::new(p.year() - 1, month, day).ok(),
                other => other,
            };
            date.map(|d| d.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, published: &str, direction: Direction, expect: &[&str]) {
        let words: Vec<&str> = text.split(' ').collect();
        let published = published.parse().ok();
        let found: Vec<String> = expressions(&words)
            .iter()
            .map(|e| resolve(e, published, direction).unwrap_or_else(|| "-".to_owned()))
            .collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn dates_are_resolved_against_the_day_of_publication() {
        use Direction::{Ahead, Past};
        // 2023-03-15 is a Wednesday.
        let day = "2023-03-15";
        check("They met on Wednesday", day, Past, &["2023-03-15"]);
        check("They met on Tuesday", day, Past, &["2023-03-14"]);
        check("They met on Thursday", day, Past, &["2023-03-09"]);
        check("They will meet on Thursday", day, Ahead, &["2023-03-16"]);
        check("They met last Wednesday", day, Past, &["2023-03-08"]);
        check("They will meet next Wednesday", day, Ahead, &["2023-03-22"]);
        check("yesterday and tomorrow", day, Past, &["2023-03-14", "2023-03-16"]);
        check("in May", day, Past, &["2022-05"]);
        check("in May", day, Ahead, &["2023-05"]);
        check("in March", day, Past, &["2023-03"]);
        check("on December 4", day, Past, &["2022-12-04"]);
        check("on December 4", day, Ahead, &["2023-12-04"]);
        check("on 4 December 2019", day, Past, &["2019-12-04"]);
        check("on December 4 , 2019", day, Past, &["2019-12-04"]);
        check("on December 13 - 15 , 2019", day, Past, &["2019-12-13"]);
        check("in December 2019", day, Past, &["2019-12"]);
        check("in 2017 and since 1979", day, Past, &["2017", "1979"]);
        check("last year , next month , three weeks ago", day, Past, &["2022", "2023-04", "2023-02"]);
        check("this week", "2023-03-01", Past, &["-"]);
        check("a year ago", day, Past, &["2022"]);
        check("2023-01-02", day, Past, &["2023-01-02"]);
    }

    #[test]
    fn datelines_tell_the_day() {
        let day = |sentences: &[&str]| {
            dateline(sentences.iter().map(|s| s.split(' ').collect())).map(|d| d.to_string()).unwrap_or_default()
        };
        assert_eq!(day(&["Fish is dear", "OSLO , May 14 , 2024 - Norway raised its duty ."]), "2024-05-14");
        assert_eq!(day(&["26 July 2022 : Lena Vogt left ."]), "2022-07-26");
        assert_eq!(day(&["OSLO , Monday 9 September 2019 ( Wire ) Norway left ."]), "2019-09-09");
        assert_eq!(day(&["OSLO : Norway on Tuesday , 11 March 2025 , left ."]), "2025-03-11");
        assert_eq!(day(&["OSLO – October 17 , 2023"]), "2023-10-17");
        assert_eq!(day(&["Norway joined on 11 March 2005 after a vote ."]), "");
        assert_eq!(day(&["OSLO , February 31 , 2024 - Norway left ."]), "");
        assert_eq!(day(&[]), "");
    }

    #[test]
    fn words_that_only_look_like_dates() {
        let day = "2023-03-15";
        check("Theresa May may march on", day, Direction::Past, &[]);
        check("It has 2000 members", day, Direction::Past, &[]);
        check("on February 31", day, Direction::Past, &["-"]);
        check("sun and wed", day, Direction::Past, &[]);
        check("", day, Direction::Past, &[]);
        check("They met on Tuesday", "unknown", Direction::Past, &["-"]);
        check("in 2017", "unknown", Direction::Past, &["2017"]);
    }
}
