//! Text to tokens: the syntactic words of the Universal Dependencies English treebanks.
//!
//! One scan from left to right; [`Scanner::token_end`] looks at the text from a token's first character on and finds
//! its end. Whatever looks further ahead than the token it returns is bounded ([`LOOK`]), so that time stays linear on
//! any input.

use super::chars::{extends, in_word, is_apostrophe, is_regional, is_stop};
use super::tables::{self, Abbreviation};
use crate::span::Span;

/// Bytes that a pattern with a late decision (an e-mail address, a host name) may look ahead.
const LOOK: usize = 256;

/// No word longer than this, in bytes, is taken for an abbreviation.
const LONGEST_ABBREVIATION: usize = 24;

/// Contractions written without an apostrophe, and where their second word begins.
const CONTRACTIONS: &[(&str, usize)] = &[
    ("cannot", 3),
    ("gonna", 3),
    ("gotta", 3),
    ("wanna", 3),
    ("dont", 2),
    ("didnt", 3),
    ("doesnt", 4),
    ("isnt", 2),
    ("wasnt", 3),
    ("werent", 4),
    ("arent", 3),
    ("couldnt", 5),
    ("wouldnt", 5),
    ("shouldnt", 6),
    ("hasnt", 3),
    ("havent", 4),
    ("hadnt", 3),
    ("aint", 2),
    ("thats", 4),
    ("theres", 5),
    ("whats", 4),
    ("youre", 3),
    ("theyre", 4),
    ("youll", 3),
    ("youve", 3),
    ("theyve", 4),
    ("cant", 2),
    ("wont", 2),
    ("alot", 1),
    ("outta", 3),
    ("kinda", 4),
    ("lotta", 3),
    ("im", 1),
    ("ive", 1),
];

/// Words that begin with an apostrophe.
const ELIDED: &[&str] = &["em", "til", "cause", "tis", "twas", "bout", "n"];

/// Units that the treebanks cut off the number before them.
const UNITS: &[&str] = &[
    "%", "am", "pm", "AM", "PM", "a", "p", "k", "K", "m", "M", "b", "B", "t", "bn", "mn", "tn", "mm", "MM", "cm", "km",
    "km²", "m²", "kg", "g", "mg", "lb", "lbs", "oz", "ft", "in", "mph", "kph", "kmh", "mi", "yd", "ha", "sq", "hr",
    "hrs", "min", "mins", "sec", "secs", "ms", "Hz", "kHz", "MHz", "GHz", "hz", "kb", "Kb", "KB", "Mb", "MB", "GB",
    "gb", "TB", "W", "kW", "KW", "MW", "GW", "TW", "kWh", "MWh", "C", "F", "f", "c", "x", "million", "billion",
    "trillion", "tonnes", "percent", "minutes", "watt", "L", "ml", "mL", "bps", "bpd", "pts", "EUR", "USD", "euros",
    "dollars", "GMT", "UTC",
];

/// Last labels of host and file names that are not also ordinary words.
const NAME_ENDS: &[&str] = &[
    "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "io", "tv", "eu", "uk", "de", "fr", "ru", "cn",
    "jp", "au", "ca", "nz", "za", "il", "ly", "ps", "sa", "ae", "eg", "ma", "tr", "pk", "br", "mx", "nl", "ch", "tw",
    "kr", "sg", "hk", "ir", "iq", "lb", "jo", "kw", "qa", "ng", "ke", "gh", "ar", "cl", "es", "pt", "se", "gr", "ie",
    "pl", "ua", "kz", "th", "ph", "vn", "html", "htm", "php", "asp", "aspx", "doc", "docx", "xls", "xlsx", "pdf",
    "txt", "jpg", "png", "ppt", "zip", "exe", "mp3", "mp4", "gif", "js",
];

const EMOTICONS: &[&str] = &[
    ":-)", ":-(", ";-)", ":-D", ":-/", ":-P", ":')", ":)", ":(", ";)", ";(", ":D", ":P", ":p", "=)", "=(", "^_^", "<3",
    ":|", "-_-", "XD", ":o", ":O",
];

/// Letters before a dollar sign that name the country.
const DOLLARS: &[&str] = &["US", "U", "A", "AU", "C", "CA", "CAN", "NZ", "HK", "S", "NT", "R", "Z"];

/// Append the tokens of `text[span]` to `tokens`.
pub(super) fn scan(text: &str, span: Span, tokens: &mut Vec<Span>) {
    let scanner = Scanner { text: span.of(text) };
    let mut at = 0;
    while let Some(c) = scanner.at(at) {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let end = scanner.with_marks(scanner.token_end(at, c).max(at + c.len_utf8()));
        tokens.push(Span::new(span.start() + at, span.start() + end));
        at = end;
    }
}

struct Scanner<'t> {
    text: &'t str,
}

impl Scanner<'_> {
    /// The character that begins at byte `i`.
    fn at(&self, i: usize) -> Option<char> {
        self.text.get(i..)?.chars().next()
    }

    fn before(&self, i: usize) -> Option<char> {
        self.text.get(..i)?.chars().next_back()
    }

    fn slice(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or("")
    }

    /// End of the run of characters from `i` on that satisfy `keep`.
    fn run(&self, i: usize, keep: impl Fn(char) -> bool) -> usize {
        let rest = self.slice(i, self.text.len());
        i + rest.find(|c| !keep(c)).unwrap_or(rest.len())
    }

    /// Like [`run`](Self::run), over at most [`LOOK`] bytes.
    fn short_run(&self, i: usize, keep: impl Fn(char) -> bool) -> usize {
        let mut end = i;
        for c in self.slice(i, self.text.len()).chars() {
            if !keep(c) || end - i > LOOK {
                break;
            }
            end += c.len_utf8();
        }
        end
    }

    fn word_at(&self, i: usize) -> bool {
        self.at(i).is_some_and(in_word)
    }

    fn digit_at(&self, i: usize) -> bool {
        self.at(i).is_some_and(|c| c.is_ascii_digit())
    }

    /// The next word after white space from `i` on, at most [`LOOK`] bytes of it.
    fn next_word(&self, i: usize) -> &str {
        let from = self.short_run(i, char::is_whitespace);
        self.slice(from, self.short_run(from, in_word))
    }

    /// `end` moved over marks that belong to the character before it.
    fn with_marks(&self, mut end: usize) -> usize {
        let mut joined = false;
        while let Some(c) = self.at(end) {
            // After a zero-width joiner the next symbol is part of the same emoji.
            let belongs = extends(c) || (joined && !c.is_ascii() && !c.is_whitespace());
            if !belongs {
                break;
            }
            joined = c == '\u{200D}';
            end += c.len_utf8();
        }
        end
    }

    fn token_end(&self, i: usize, c: char) -> usize {
        let before = self.before(i);
        let fresh = !before.is_some_and(in_word);
        if fresh {
            if let Some(end) = self.address(i, c) {
                return end;
            }
            if let Some(end) = self.emoticon(i, c, before) {
                return end;
            }
        }
        if c.is_ascii_digit() || (c == '+' && fresh && self.digit_at(i + 1)) {
            return self.number(i, c);
        }
        if in_word(c) {
            if self.slice(i, i + 6) == "Yahoo!" {
                return i + 6;
            }
            return self.word(i, i);
        }
        if is_apostrophe(c) {
            return self.apostrophe(i, c, before);
        }
        if c == '.' && fresh && self.digit_at(i + 1) && before != Some('.') {
            return self.number(i + 1, '.');
        }
        if is_stop(c) {
            return self.run(i, is_stop);
        }
        if is_regional(c) {
            let next = i + c.len_utf8();
            return next + self.at(next).filter(|&c| is_regional(c)).map_or(0, char::len_utf8);
        }
        match c {
            '#' | '@' if fresh && self.at(i + 1).is_some_and(|c| c.is_alphabetic() || c == '_') => {
                self.run(i + 1, |c| in_word(c) || c == '_')
            }
            '-' | '=' | '*' | '_' | '~' | '#' | '+' | '<' | '>' | '|' | '^' | '\\' | '/' | ':' | '$' => {
                self.run(i, |other| other == c)
            }
            _ => i + c.len_utf8(),
        }
    }

    /// Web and e-mail addresses, host and file names.
    fn address(&self, i: usize, c: char) -> Option<usize> {
        if !c.is_ascii_alphanumeric() {
            return None;
        }
        let prefix = |name: &str| {
            self.text.as_bytes().get(i..i + name.len()).is_some_and(|b| b.eq_ignore_ascii_case(name.as_bytes()))
        };
        if ["http://", "https://", "ftp://", "www.", "mailto:", "doi:1"].iter().any(|name| prefix(name)) {
            return Some(self.address_tail(i));
        }
        let local = self.short_run(i, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-'));
        if self.at(local) == Some('@') && self.word_at(local + 1) {
            let host = self.short_run(local + 1, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
            return Some(i + self.slice(i, host).trim_end_matches(['.', '-']).len());
        }
        // A host or file name: dotted labels with a well-known last one.
        let name = self.slice(i, local).trim_end_matches(['.', '-', '+', '%']);
        let (stem, last) = name.rsplit_once('.')?;
        // News groups and the like: small words joined by stops.
        let is_small = |label: &str| label.len() > 1 && label.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        let is_group = stem.contains('.') && name.split('.').all(is_small);
        if stem.is_empty() || stem.starts_with('-') {
            return None;
        }
        if !is_group && !NAME_ENDS.contains(&last.to_ascii_lowercase().as_str()) {
            return None;
        }
        // "St.Ma" and "U.S.de" are no hosts: a stem's last label has more than one letter.
        if stem.rsplit('.').next().is_none_or(|label| label.len() < 2) {
            return None;
        }
        let end = i + name.len();
        if self.at(end) == Some('/') { Some(self.address_tail(i)) } else { Some(end) }
    }

    fn address_tail(&self, i: usize) -> usize {
        let end =
            self.run(i, |c| !c.is_whitespace() && !matches!(c, '<' | '>' | '"' | '“' | '”' | '‘' | '’' | '…' | '|'));
        let address = self.slice(i, end);
        let balanced = address.contains('(');
        let kept = address.trim_end_matches(|c| {
            matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | ']' | '}' | '*') || (c == ')' && !balanced)
        });
        i + kept.len()
    }

    fn emoticon(&self, i: usize, c: char, before: Option<char>) -> Option<usize> {
        if !matches!(c, ':' | ';' | '=' | '^' | '<' | '-' | 'X') {
            return None;
        }
        let found = EMOTICONS.iter().find(|face| self.slice(i, i + face.len()) == **face)?;
        let end = i + found.len();
        let apart = before.is_none_or(char::is_whitespace);
        let clear = self.at(end).is_none_or(|c| c.is_whitespace() || is_stop(c));
        // Letters and digits in a face could as well be a word or a figure: it must stand alone.
        ((apart || !found.contains(char::is_alphanumeric)) && clear).then_some(end)
    }

    fn number(&self, i: usize, c: char) -> usize {
        let first = if c == '+' { i + 1 } else { i };
        if let Some(end) = self.dialled(first) {
            return end;
        }
        let mut end = self.run(first, |c| c.is_ascii_digit());
        while let Some(c) = self.at(end) {
            let after = self.short_run(end + c.len_utf8(), |c| c.is_ascii_digit());
            let digits = after.saturating_sub(end + c.len_utf8());
            let goes_on = match c {
                '.' => digits > 0,
                ',' => digits == 3 || (digits == 2 && self.is_lakh(i)),
                ':' => digits == 2 || (digits > 0 && digits < 4 && end - i <= 2),
                _ => false,
            };
            if !goes_on {
                break;
            }
            end = self.run(after, |c| c.is_ascii_digit());
        }
        self.after_number(i, end)
    }

    /// Whether the figure at `i` is grouped the Indian way: 12,34,000.
    fn is_lakh(&self, i: usize) -> bool {
        let end = self.short_run(i, |c| c.is_ascii_digit() || c == ',');
        let figure = self.slice(i, end).trim_end_matches(',');
        let Some((head, last)) = figure.rsplit_once(',') else { return false };
        last.len() == 3 && head.split(',').skip(1).all(|group| group.len() == 2)
    }

    /// Dates and telephone numbers: groups of digits with hyphens or slashes.
    fn dialled(&self, i: usize) -> Option<usize> {
        let end = self.short_run(i, |c| c.is_ascii_digit() || matches!(c, '-' | '/'));
        let end = i + self.slice(i, end).trim_end_matches(['-', '/']).len();
        if self.word_at(end) || (matches!(self.at(end), Some('.' | ',')) && self.digit_at(end + 1)) {
            return None;
        }
        let text = self.slice(i, end);
        let mut groups = [0_usize; 5];
        let mut n_groups = 0;
        for group in text.split(['-', '/']) {
            *groups.get_mut(n_groups)? = group.len();
            n_groups += 1;
        }
        let slashes = text.matches('/').count();
        let known = match (&groups[..n_groups], slashes) {
            ([1 | 2, 1 | 2, 2 | 4] | [4, 1 | 2, 1 | 2], 0 | 2) | ([3, 3, 4], 0 | 1) | ([1, 3, 3, 4] | [3, 4], 0) => {
                true
            }
            ([1 | 2, 1 | 2], 1) => {
                let mut parts = text.split('/').map(|part| part.parse().unwrap_or(99));
                let (month, day) = (parts.next().unwrap_or(99), parts.next().unwrap_or(99));
                let is_fraction = month < day && day < 10;
                (1..=12).contains(&month) && (1..=31).contains(&day) && !is_fraction
            }
            _ => false,
        };
        known.then_some(end)
    }

    /// What may follow a number's digits inside its token: ordinal endings, "s" of decades, letters of a code.
    fn after_number(&self, i: usize, end: usize) -> usize {
        if let Some(c) = self.at(end).filter(|&c| is_apostrophe(c)) {
            let s = end + c.len_utf8();
            let decade = self.slice(i, end).ends_with('0') && matches!(end - i, 2 | 4);
            if decade && self.at(s) == Some('s') && !self.word_at(s + 1) {
                return s + 1;
            }
            return end;
        }
        let letters = self.short_run(end, in_word);
        if letters == end {
            return end;
        }
        let unit = self.slice(end, letters);
        let clock =
            matches!(unit, "a" | "p" | "A" | "P") && self.slice(letters, letters + 2).eq_ignore_ascii_case(".m");
        if clock || (UNITS.contains(&unit) && !matches!(unit, "a" | "p" | "in" | "c" | "x")) {
            return end;
        }
        self.word(i, letters)
    }

    /// End of the word that begins at `start` and has been read up to `end`.
    fn word(&self, start: usize, mut end: usize) -> usize {
        loop {
            end = self.run(end, in_word);
            let Some(c) = self.at(end) else { break };
            let next = end + c.len_utf8();
            let after = self.at(next);
            match c {
                '_' | '@' if after.is_some_and(in_word) => end = next,
                '.' => match self.dot(start, end) {
                    Dot::Out => break,
                    Dot::Last => return next,
                    Dot::Inside => end = next,
                },
                '-' | '‐' | '‑' => {
                    if self.keeps_hyphen(start, end, next) {
                        end = next;
                    } else if c == '-' && after.is_none_or(char::is_whitespace) && self.is_stammer(start, end) {
                        return next;
                    } else {
                        break;
                    }
                }
                '&' if self.joins_capitals(start, end, next) => end = next,
                '/' if end - start == 1 && after.is_some_and(char::is_alphabetic) && self.run_is_one_letter(next) => {
                    end = next;
                }
                '$' if DOLLARS.contains(&self.slice(start, end))
                    && (self.digit_at(next) || after.is_none_or(char::is_whitespace)) =>
                {
                    return next;
                }
                c if is_apostrophe(c) => {
                    if c != '`' && matches!(after, Some('t' | 'T')) && !self.word_at(next + 1) {
                        let n = end.saturating_sub(1);
                        if n >= start && matches!(self.slice(n, end), "n" | "N") {
                            return if n > start { n } else { next + 1 };
                        }
                    }
                    if matches!(self.slice(start, end), "y" | "Y")
                        && self.slice(next, self.short_run(next, in_word)) == "all"
                    {
                        return next;
                    }
                    if self.clitic(end).is_some() || c == '`' || !after.is_some_and(in_word) {
                        break;
                    }
                    end = next;
                }
                _ => break,
            }
        }
        self.contraction(start, end)
    }

    fn run_is_one_letter(&self, i: usize) -> bool {
        self.at(i).is_some_and(|c| !self.word_at(i + c.len_utf8()))
    }

    /// End of the first word of a contraction without apostrophe, or `j`.
    fn contraction(&self, i: usize, j: usize) -> usize {
        if !(2..=8).contains(&(j - i)) {
            return j;
        }
        let word = self.slice(i, j);
        let found = CONTRACTIONS.iter().find(|(whole, at)| {
            // "IM" and "Ive" are other things: only small letters for the shortest ones.
            if *at == 1 || matches!(*whole, "cant" | "wont") {
                word == *whole
            } else {
                word.eq_ignore_ascii_case(whole)
            }
        });
        found.map_or(j, |(_, at)| i + at)
    }

    /// End of the clitic ('s, 're, ...) whose apostrophe is at `i`.
    fn clitic(&self, i: usize) -> Option<usize> {
        let from = i + self.at(i)?.len_utf8();
        let end = self.short_run(from, in_word);
        let letters = self.slice(from, end);
        ["s", "m", "re", "ve", "ll", "d"].iter().any(|known| letters.eq_ignore_ascii_case(known)).then_some(end)
    }

    fn apostrophe(&self, i: usize, c: char, before: Option<char>) -> usize {
        let next = i + c.len_utf8();
        if let Some(end) = self.clitic(i)
            && before.is_none_or(|b| in_word(b) || b == '.' || b == ')' || b.is_whitespace() || b == '*')
        {
            return end;
        }
        if !before.is_some_and(in_word) {
            // '72 and '70s
            let digits = self.short_run(next, |c| c.is_ascii_digit());
            if digits - next == 2 {
                let end = digits + usize::from(self.at(digits) == Some('s'));
                if !self.word_at(end) {
                    return end;
                }
            }
            let end = self.short_run(next, in_word);
            if c != '`' && ELIDED.contains(&tables::small(self.slice(next, end)).as_str()) {
                return end;
            }
        }
        if self.at(next) == Some(c) { next + c.len_utf8() } else { next }
    }

    /// Whether "AT&T" and the like: short runs of capitals on both sides.
    fn joins_capitals(&self, i: usize, amp: usize, next: usize) -> bool {
        let end = self.short_run(next, in_word);
        let capitals =
            |part: &str| (1..=4).contains(&part.len()) && (part.chars().all(char::is_uppercase) || part.len() == 1);
        capitals(self.slice(i, amp)) && capitals(self.slice(next, end))
    }

    /// A word broken off in speech ("th- that").
    fn is_stammer(&self, i: usize, j: usize) -> bool {
        let word = self.slice(i, j);
        word.len() <= 2 && word.chars().all(char::is_alphabetic) && self.before(i).is_none_or(|c| c != '-')
    }

    fn keeps_hyphen(&self, i: usize, j: usize, next: usize) -> bool {
        let Some(d) = self.at(next).filter(|&d| in_word(d)) else { return false };
        let prefix = self.slice(i, j);
        // "UN-backed" and "E-2" are no prefixes.
        if prefix.len() > 1 && prefix.chars().nth(1).is_some_and(char::is_uppercase) {
            return false;
        }
        let prefix = tables::small(prefix);
        if !tables::is_prefix(&prefix) || (prefix.len() == 1 && !d.is_lowercase()) {
            return false;
        }
        // "over-the-counter": some prefixes are also words of longer compounds.
        let chain = matches!(prefix.as_str(), "over" | "counter" | "extra" | "post" | "cross")
            && self.at(self.short_run(next, in_word)) == Some('-');
        !chain
    }

    /// Whether one quoted capitalized word follows, as in "Henry H. "Hap" Arnold".
    fn nickname_follows(&self, i: usize) -> bool {
        let quote = self.short_run(i, char::is_whitespace);
        let Some(c) = self.at(quote).filter(|c| matches!(c, '"' | '“' | '‘' | '\'' | '(')) else { return false };
        let name = quote + c.len_utf8();
        let end = self.short_run(name, in_word);
        self.at(name).is_some_and(char::is_uppercase) && matches!(self.at(end), Some('"' | '”' | '’' | '\'' | ')'))
    }

    /// What becomes of the stop at `j` after the characters `i..j` of a word.
    fn dot(&self, i: usize, j: usize) -> Dot {
        let word = self.slice(i, j);
        let after = self.at(j + 1);
        if word.len() > LONGEST_ABBREVIATION {
            return Dot::Out;
        }
        // "pro-U.S." is one token, and its abbreviation begins behind the hyphen.
        let i = i + word.rfind('-').map_or(0, |hyphen| hyphen + 1);
        let word = self.slice(i, j);
        let is_acronym = word.split('.').all(|part| {
            let mut letters = part.chars();
            letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
        });
        let n_letters = word.split('.').count();
        if let Some(d) = after.filter(|&d| in_word(d)) {
            let end = self.short_run(j + 1, in_word);
            let part = self.slice(j + 1, end);
            if is_acronym && d.is_alphabetic() && self.run_is_one_letter(j + 1) {
                return Dot::Inside;
            }
            let both = tables::small(self.slice(i, end));
            if tables::abbreviation(&both).is_some() {
                return Dot::Inside;
            }
            if is_acronym && d.is_uppercase() && (n_letters > 1 || word.chars().all(char::is_uppercase)) {
                return Dot::Last;
            }
            return match tables::abbreviation(&tables::small(word)) {
                Some(Abbreviation::Title) if d.is_uppercase() && part.len() > 1 => Dot::Last,
                Some(Abbreviation::Number | Abbreviation::Date) if d.is_ascii_digit() => Dot::Last,
                _ => Dot::Out,
            };
        }
        if is_acronym && n_letters > 1 {
            return Dot::Last;
        }
        if after == Some('.') {
            return Dot::Out;
        }
        let following = self.next_word(j + 1);
        let first = following.chars().next();
        let figure = first.is_some_and(|c| c.is_ascii_digit());
        let capital = word.chars().next().is_some_and(char::is_uppercase);
        let name_follows = first.is_some_and(char::is_uppercase) && !tables::is_starter(following);
        let mid = matches!(after, Some(',' | ';' | ':' | ')' | '-' | '\'' | '’'));
        let kind = tables::abbreviation(&tables::small(word));
        if is_acronym {
            // Born, died, circa, married in a biography's brackets.
            if matches!(word, "b" | "d" | "c" | "m" | "r") && self.before(i) == Some('(') {
                return Dot::Last;
            }
            let number = figure && kind == Some(Abbreviation::Number);
            let initial = word.chars().all(char::is_uppercase)
                && (name_follows || self.nickname_follows(j + 1) || matches!(after, Some(',' | '-')));
            return if number || initial { Dot::Last } else { Dot::Out };
        }
        // EWT sets the last stop of a sentence apart after "etc", and GUM has too few to tell.
        if matches!(word, "etc") && following.is_empty() && after.is_none_or(char::is_whitespace) {
            return Dot::Out;
        }
        let dash = first.is_none()
            && matches!(self.at(self.short_run(j + 1, char::is_whitespace)), Some('-' | '–' | '—' | '('));
        let keep = match kind {
            Some(Abbreviation::Title | Abbreviation::Both) => true,
            Some(Abbreviation::Capital) => capital && (mid || figure || name_follows || dash),
            Some(Abbreviation::Number) => figure,
            Some(Abbreviation::Date) => capital && (mid || figure || first.is_some_and(char::is_lowercase)),
            None => false,
        };
        if keep { Dot::Last } else { Dot::Out }
    }
}

/// What becomes of a stop inside or after a word.
enum Dot {
    /// A token of its own.
    Out,
    /// The last character of the word's token.
    Last,
    /// Inside the word, which goes on.
    Inside,
}
