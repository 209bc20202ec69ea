//! Names across articles: what a name has in common with its other spellings.
//!
//! Inside one article the linker may be generous: an article that speaks of Benjamin and of Binyamin Netanyahu speaks of
//! one man. Across articles two people may well be called nearly the same, so that only habits of spelling and of taking
//! over a name from another script are undone here.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::name::{is_acronym, key, letters};

/// Parts of names with several spellings, each with the first one of its line.
static SPELLINGS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = include_str!("../../data/gazetteer/spellings.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut spellings = HashMap::new();
    for line in lines {
        let first = line.split(';').next().unwrap_or_default();
        for spelling in line.split(';') {
            spellings.entry(spelling).or_insert(first);
        }
    }
    spellings
});

/// Common first names: two different ones are two people's.
static FIRST_NAMES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let tables =
        [include_str!("../../data/gazetteer/first_names.tsv"), include_str!("../../data/gazetteer/us_first_names.tsv")];
    let rows = tables.into_iter().flat_map(str::lines).filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split('\t').nth(1)).flat_map(|names| names.split(';')).collect()
});

/// A person's name in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PersonName {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Word(String),
    /// Small letters.
    Initials(String),
}

impl PersonName {
    /// The parts of a name with at least two; a single one tells nobody from anybody else.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let mut parts = Vec::new();
        for word in name.split_whitespace() {
            let letters: Vec<char> = word.chars().filter(|c| c.is_alphabetic()).collect();
            let dotted = word.contains('.') && letters.len() <= 3 && letters.iter().all(|c| c.is_uppercase());
            if dotted || letters.len() == 1 {
                let initials: String = letters.iter().flat_map(|c| c.to_lowercase()).collect();
                if let Some(Part::Initials(before)) = parts.last_mut() {
                    before.push_str(&initials);
                } else if !initials.is_empty() {
                    parts.push(Part::Initials(initials));
                }
                continue;
            }
            for part in key(word).split(' ').filter(|part| !part.is_empty()) {
                parts.push(Part::Word(part.to_owned()));
            }
        }
        let generation = |part: &Part| matches!(part, Part::Word(word) if matches!(word.as_str(), "jr" | "sr" | "junior" | "senior"));
        parts.retain(|part| !generation(part));
        let named = matches!(parts.last(), Some(Part::Word(_)));
        (parts.len() >= 2 && named).then_some(Self { parts })
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Word(word) => Some(word.as_str()),
            Part::Initials(_) => None,
        })
    }

    fn surname(&self) -> &str {
        self.words().last().unwrap_or_default()
    }

    /// What all spellings of this name share; of a name without initials only.
    pub(super) fn folded(&self) -> Option<String> {
        if self.parts.iter().any(|part| matches!(part, Part::Initials(_))) {
            return None;
        }
        let words: Vec<&str> = self.words().collect();
        Some(fold_words(&words))
    }

    /// First letter and surname, and whether the first name is only a letter. A king has no surname.
    pub(super) fn initial(&self) -> Option<(String, Form)> {
        let surname = self.surname();
        if is_roman(surname) || surname.chars().count() < 3 {
            return None;
        }
        let (first, form) = match &self.parts[0] {
            Part::Word(word) => (word.chars().next()?, Form::Full),
            Part::Initials(letters) => (letters.chars().next()?, Form::Initials),
        };
        if form == Form::Initials && self.words().count() != 1 {
            return None;
        }
        Some((format!("{first} {}", fold_word(surname, false)), form))
    }

    /// First and last name, and the initials between them.
    pub(super) fn middle(&self) -> Option<(String, String)> {
        let (Part::Word(first), Part::Word(last)) = (self.parts.first()?, self.parts.last()?) else { return None };
        let middle = match &self.parts[1..self.parts.len() - 1] {
            [] => String::new(),
            [Part::Initials(letters)] => letters.clone(),
            _ => return None,
        };
        (!is_roman(last)).then(|| (fold_words(&[first, last]), middle))
    }

    /// The initials of the given names.
    pub(super) fn initials(&self) -> String {
        let mut initials = String::new();
        for part in &self.parts[..self.parts.len() - 1] {
            match part {
                Part::Word(word) => initials.extend(word.chars().next()),
                Part::Initials(letters) => initials.push_str(letters),
            }
        }
        initials
    }

    /// Whether both are common first names, so that they tell two people apart.
    pub(super) fn has_other_first_name(&self, other: &Self) -> bool {
        self.words().zip(other.words()).any(|(a, b)| {
            a != b
                && FIRST_NAMES.contains(a)
                && FIRST_NAMES.contains(b)
                && !matches!((SPELLINGS.get(a), SPELLINGS.get(b)), (Some(x), Some(y)) if x == y)
        })
    }

    /// Whether this is the end of a longer name, as a family name with its particle is.
    pub(super) fn ends(&self, longer: &Self) -> bool {
        longer.parts.ends_with(&self.parts)
    }
}

/// How a name gives the first name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Full,
    Initials,
}

fn is_roman(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| matches!(c, 'i' | 'v' | 'x'))
}

fn fold_words(words: &[&str]) -> String {
    let mut folded: Vec<String> = Vec::with_capacity(words.len());
    let mut rest = words.iter().enumerate().peekable();
    while let Some((i, &word)) = rest.next() {
        // "Abd al-Aziz", "Abdel Aziz", "Abdul-Aziz", "Abdelaziz"; "al-Sisi", "el-Sisi", "Sisi".
        let servant = match word {
            "abd" => rest.next_if(|(_, next)| matches!(**next, "al" | "el" | "ul")).is_some(),
            "abdel" | "abdul" | "abdal" => true,
            _ => false,
        };
        if servant && let Some((_, next)) = rest.next() {
            let joined = format!("abdel{next}");
            let joined = SPELLINGS.get(joined.as_str()).map_or(joined.clone(), |&first| first.to_owned());
            folded.push(fold_word(&joined, true));
            continue;
        }
        if matches!(word, "al" | "el") && i > 0 {
            continue;
        }
        folded.push(fold_word(word, i + 1 < words.len()));
    }
    folded.join(" ")
}

/// A word of a name without the habits of those who took it from another script. Of first names more is undone: that two
/// people of one family name have first names that differ so little is rare, that two family names do (Meier, Meyer) is not.
fn fold_word(word: &str, first: bool) -> String {
    if let Some(&spelling) = SPELLINGS.get(word) {
        return spelling.to_owned();
    }
    if word.chars().count() < 4 || is_roman(word) {
        return word.to_owned();
    }
    let mut text = word.to_owned();
    for ending in ["skyy", "skiy", "skyi", "skii", "skij", "sky"] {
        if let Some(stem) = text.strip_suffix(ending) {
            text = format!("{stem}ski");
        }
    }
    for (from, to) in
        [("ph", "f"), ("dh", "d"), ("gh", "g"), ("tz", "ts"), ("ou", "u"), ("oo", "u"), ("q", "k"), ("w", "v")]
    {
        text = text.replace(from, to);
    }
    if first {
        for (from, to) in
            [("ee", "i"), ("ie", "i"), ("ei", "i"), ("ey", "i"), ("ay", "ai"), ("iy", "i"), ("yi", "i"), ("ij", "i")]
        {
            text = text.replace(from, to);
        }
        text = text.replace(['y', 'e'], "i");
        // Yong and Jong are two names, Binyamin and Benjamin are not.
        if word.chars().count() >= 6 {
            text = text.replace('j', "i");
        }
    } else {
        for ending in ["iy", "yi", "ii", "ij", "y"] {
            if let Some(stem) = text.strip_suffix(ending) {
                text = format!("{stem}i");
                break;
            }
        }
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if !folded.ends_with(c) {
            folded.push(c);
        }
    }
    folded
}

/// An organization's name without the form of its company and with American spelling.
pub(super) fn organization(name: &str) -> String {
    const FORMS: [&str; 16] = [
        "inc",
        "incorporated",
        "corp",
        "corporation",
        "ltd",
        "limited",
        "llc",
        "plc",
        "co",
        "company",
        "ag",
        "gmbh",
        "nv",
        "spa",
        "and",
        "the",
    ];
    let name = key(name);
    let mut words: Vec<&str> = name.split(' ').collect();
    while words.len() > 1 && words.last().is_some_and(|last| FORMS.contains(last)) {
        words.pop();
    }
    if words.len() > 1 && words[0] == "the" {
        words.remove(0);
    }
    let american = words.into_iter().map(|word| match word {
        "organisation" => "organization",
        "organisations" => "organizations",
        "centre" => "center",
        "defence" => "defense",
        "labour" => "labor",
        "programme" => "program",
        word => word,
    });
    american.collect::<Vec<_>>().join(" ")
}

/// The letters of an acronym in lower case.
pub(super) fn acronym(name: &str) -> Option<String> {
    let word = name.trim_start_matches("the ").trim_start_matches("The ");
    (!word.contains(' ') && is_acronym(word)).then(|| letters(word).to_lowercase())
}

/// Whether the letters can stand for the name: they begin its words, in order, from the first word on. A word may give
/// more than its first letter, as in FRELIMO, or none, as "of" does.
pub(super) fn stands_for(acronym: &str, name: &str) -> bool {
    fn begin(letters: &[char], words: &[Vec<char>], begun: usize) -> bool {
        let Some((word, rest)) = words.split_first() else { return letters.is_empty() && begun >= 2 };
        let common = letters.iter().zip(word).take_while(|(a, b)| a == b).count();
        (begun > 0 && begin(letters, rest, begun)) || (1..=common).any(|n| begin(&letters[n..], rest, begun + 1))
    }
    let name = key(name);
    let words: Vec<Vec<char>> =
        name.split(' ').filter(|word| *word != "the").map(|word| word.chars().collect()).collect();
    let letters: Vec<char> = acronym.chars().filter(|c| c.is_alphabetic()).collect();
    // A name of a dozen words has no acronym, and would have too many ways to begin.
    words.len() <= 12 && !letters.is_empty() && begin(&letters, &words, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(name: &str) -> String {
        PersonName::parse(name).unwrap().folded().unwrap()
    }

    #[test]
    fn spellings_of_one_name() {
        for (a, b) in [
            ("Benjamin Netanyahu", "Binyamin Netanyahu"),
            ("Muammar Gaddafi", "Moammar Qadhafi"),
            ("Volodymyr Zelenskyy", "Vladimir Zelensky"),
            ("Mohammed bin Salman", "Muhammad bin Salman"),
            ("Abdel-Fattah el-Sisi", "Abdul Fattah al-Sisi"),
            ("Abd el-Fattah al-Sisi", "Abdel Fattah Sisi"),
            ("Abdelaziz Bouteflika", "Abdul Aziz Buteflika"),
            ("Sergei Lavrov", "Sergey Lavrov"),
            ("Nouri Maliki", "Nuri al-Maliki"),
            ("José Núñez", "Jose Nunez"),
        ] {
            assert_eq!(folded(a), folded(b), "{a}, {b}");
        }
    }

    #[test]
    fn names_of_two_people() {
        for (a, b) in [
            ("Anna Meier", "Anna Meyer"),
            ("Marina Silva", "Mariana Silva"),
            ("Daniel Ortega", "Daniela Ortega"),
            ("Mohammed V", "Mohammed VI"),
            ("Abdullah I", "Abdullah II"),
            ("Li Wei", "Lee Wei"),
            ("Dan Brown", "Don Brown"),
            ("George Bush", "George Bushman"),
            ("Ali Khan", "Ali Han"),
            ("Kim Yong Nam", "Kim Jong Nam"),
        ] {
            let parse = |name: &str| PersonName::parse(name).and_then(|n| n.folded());
            assert!(parse(a).is_none() || parse(a) != parse(b), "{a}, {b}");
        }
        let name = |name: &str| PersonName::parse(name).unwrap();
        assert!(
            name("Eric Hale").has_other_first_name(&name("Erik Hale")) || folded("Eric Hale") != folded("Erik Hale")
        );
        assert!(!name("Mohammed Hale").has_other_first_name(&name("Mohamed Hale")));
    }

    #[test]
    fn initials_and_middle_names() {
        let name = |name: &str| PersonName::parse(name).unwrap();
        assert_eq!(name("J. Smith").initial(), Some(("j smith".to_owned(), Form::Initials)));
        assert_eq!(name("John Smith").initial(), Some(("j smith".to_owned(), Form::Full)));
        assert_eq!(name("J.K. Rowling").initials(), "jk");
        assert_eq!(name("J. K. Rowling").initials(), "jk");
        assert_eq!(name("George W. Bush").middle().unwrap().1, "w");
        assert_eq!(name("George H.W. Bush").middle().unwrap().1, "hw");
        assert_eq!(name("George Bush").middle().unwrap().1, "");
        assert_eq!(name("Mohammed VI").initial(), None);
        assert!(name("bin Salman").ends(&name("Mohammed bin Salman")));
        for single in ["Netanyahu", "Smith Jr.", "", "...", "K. J."] {
            assert_eq!(PersonName::parse(single), None, "{single}");
        }
    }

    #[test]
    fn the_table_has_every_spelling_once() {
        let lines = include_str!("../../data/gazetteer/spellings.tsv").lines().filter(|line| !line.starts_with('#'));
        let spellings: Vec<&str> = lines.flat_map(|line| line.split(';')).collect();
        assert_eq!(spellings.len(), SPELLINGS.len());
        for spelling in spellings {
            assert!(key(spelling) == spelling && !spelling.contains(' '), "{spelling}");
        }
    }

    #[test]
    fn organizations() {
        for (a, b) in [
            ("Apple Inc.", "Apple"),
            ("World Trade Organisation", "World Trade Organization"),
            ("The Hale Company", "Hale Co."),
            ("Smith & Co.", "Smith"),
        ] {
            assert_eq!(organization(a), organization(b), "{a}, {b}");
        }
        assert_ne!(organization("Company"), organization("Corporation"));
        for (letters, name, expect) in [
            ("who", "World Health Organization", true),
            ("plo", "Palestine Liberation Organization", true),
            ("frelimo", "Frente de Libertação de Moçambique", true),
            ("un", "United Nations", true),
            ("who", "Health Organization", false),
            ("who", "Ministry of Health", false),
            ("un", "Unilever", false),
            ("eu", "European Commission", false),
        ] {
            assert_eq!(stands_for(letters, name), expect, "{letters}, {name}");
        }
        assert_eq!(acronym("W.H.O."), Some("who".to_owned()));
        assert_eq!(acronym("Axios"), None);
    }
}
