//! Lemmas as edit scripts: a class that turns a form into its lemma (Chrupała, 2006; Straka et al., 2019).

/// What to do to a form to get its lemma.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LemmaScript {
    /// Whatever the form, the lemma is this word.
    Whole(String),
    /// Cut `cut` characters off the end, then append.
    Suffix { lowercase: bool, cut: usize, append: String },
}

impl LemmaScript {
    /// Reads `=word`, `l<cut>+<append>` (lower case first) or `k<cut>+<append>` (case kept).
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(word) = text.strip_prefix('=') {
            return Some(Self::Whole(word.to_owned()));
        }
        let (lowercase, rest) = match text.strip_prefix('l') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('k')?),
        };
        let (cut, append) = rest.split_once('+')?;
        Some(Self::Suffix { lowercase, cut: cut.parse().ok()?, append: append.to_owned() })
    }

    /// The lemma of `form`, or `None` where the script does not fit (it would cut the whole form).
    pub(super) fn apply(&self, form: &str) -> Option<String> {
        match self {
            Self::Whole(word) => Some(word.clone()),
            Self::Suffix { lowercase, cut, append } => {
                let mut lemma = if *lowercase { form.to_lowercase() } else { form.to_owned() };
                if *cut > 0 {
                    let (at, _) = lemma.char_indices().rev().nth(cut - 1)?;
                    if at == 0 {
                        return None;
                    }
                    lemma.truncate(at);
                }
                lemma.push_str(append);
                Some(lemma)
            }
        }
    }
}

/// The lemma of a name, with the capital that the form has.
pub(super) fn keep_capital(form: &str, lemma: String) -> String {
    let mut rest = lemma.chars();
    match (form.chars().next(), rest.next()) {
        (Some(printed), Some(first)) if printed.is_uppercase() && first.is_lowercase() => {
            first.to_uppercase().chain(rest).collect()
        }
        _ => lemma,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_capital() {
        for (form, edited, lemma) in [
            ("Marines", "marine", "Marine"),
            ("Éland", "éland", "Éland"),
            ("al", "al", "al"),
            ("UN", "UN", "UN"),
            ("X", "", ""),
        ] {
            assert_eq!(keep_capital(form, edited.to_owned()), lemma, "{form}");
        }
    }

    #[test]
    fn scripts_turn_forms_into_lemmas() {
        for (script, form, lemma) in [
            ("l0+", "Talks", Some("talks")),
            ("l1+", "Talks", Some("talk")),
            ("k1+", "Talks", Some("Talk")),
            ("l3+y", "allies", Some("ally")),
            ("=be", "was", Some("be")),
            ("l4+", "ran", None),
            ("l3+go", "ran", None),
            ("l1+", "ß", None),
            ("l1+", "Ärzte", Some("ärzt")),
        ] {
            let parsed = LemmaScript::parse(script).expect(script);
            assert_eq!(parsed.apply(form).as_deref(), lemma, "{script} on {form}");
        }
        for broken in ["", "x1+", "l+", "lone+", "k1"] {
            assert_eq!(LemmaScript::parse(broken), None, "{broken}");
        }
    }
}
