//! Classes of characters.

/// Characters that belong to the one before them: combining marks, joiners, variation selectors, skin tones, tags
/// and invisible format characters.
///
/// Wider than Unicode's `Grapheme_Extend` on purpose: a soft hyphen or a direction mark inside a word must not cut it.
pub(super) fn extends(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    matches!(c,
        '\u{AD}' | '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5BD}' | '\u{5BF}'
        | '\u{5C1}'..='\u{5C2}' | '\u{5C4}'..='\u{5C5}' | '\u{5C7}' | '\u{610}'..='\u{61A}' | '\u{64B}'..='\u{65F}'
        | '\u{670}' | '\u{6D6}'..='\u{6DC}' | '\u{6DF}'..='\u{6E4}' | '\u{6E7}'..='\u{6E8}' | '\u{6EA}'..='\u{6ED}'
        | '\u{711}' | '\u{730}'..='\u{74A}' | '\u{7A6}'..='\u{7B0}' | '\u{7EB}'..='\u{7F3}' | '\u{816}'..='\u{82D}'
        | '\u{859}'..='\u{85B}' | '\u{8CA}'..='\u{903}' | '\u{93A}'..='\u{93C}' | '\u{93E}'..='\u{94F}'
        | '\u{951}'..='\u{957}' | '\u{962}'..='\u{963}' | '\u{981}'..='\u{983}' | '\u{9BC}' | '\u{9BE}'..='\u{9CD}'
        | '\u{9D7}' | '\u{A01}'..='\u{A03}' | '\u{A3C}'..='\u{A51}' | '\u{A70}'..='\u{A71}' | '\u{A81}'..='\u{A83}'
        | '\u{ABC}' | '\u{ABE}'..='\u{ACD}' | '\u{B01}'..='\u{B03}' | '\u{B3C}' | '\u{B3E}'..='\u{B57}'
        | '\u{B82}' | '\u{BBE}'..='\u{BCD}' | '\u{BD7}' | '\u{C00}'..='\u{C04}' | '\u{C3C}' | '\u{C3E}'..='\u{C56}'
        | '\u{C81}'..='\u{C83}' | '\u{CBC}' | '\u{CBE}'..='\u{CD6}' | '\u{D00}'..='\u{D03}' | '\u{D3B}'..='\u{D3C}'
        | '\u{D3E}'..='\u{D4D}' | '\u{D57}' | '\u{D81}'..='\u{D83}' | '\u{DCA}'..='\u{DDF}' | '\u{E31}'
        | '\u{E34}'..='\u{E3A}' | '\u{E47}'..='\u{E4E}' | '\u{EB1}' | '\u{EB4}'..='\u{EBC}' | '\u{EC8}'..='\u{ECE}'
        | '\u{F18}'..='\u{F19}' | '\u{F35}' | '\u{F37}' | '\u{F39}' | '\u{F3E}'..='\u{F3F}' | '\u{F71}'..='\u{F84}'
        | '\u{F86}'..='\u{F87}' | '\u{F8D}'..='\u{FBC}' | '\u{102B}'..='\u{103E}' | '\u{135D}'..='\u{135F}'
        | '\u{1712}'..='\u{1715}' | '\u{17B4}'..='\u{17D3}' | '\u{180B}'..='\u{180F}' | '\u{1AB0}'..='\u{1ACE}'
        | '\u{1B00}'..='\u{1B04}' | '\u{1B34}'..='\u{1B44}' | '\u{1CD0}'..='\u{1CF9}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206F}'
        | '\u{20D0}'..='\u{20F0}' | '\u{2CEF}'..='\u{2CF1}' | '\u{2DE0}'..='\u{2DFF}' | '\u{302A}'..='\u{302F}'
        | '\u{3099}'..='\u{309A}' | '\u{A66F}'..='\u{A672}' | '\u{A674}'..='\u{A67D}' | '\u{A8E0}'..='\u{A8F1}'
        | '\u{FB1E}' | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}' | '\u{FEFF}' | '\u{FF9E}'..='\u{FF9F}'
        | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0000}'..='\u{E01EF}')
}

/// Letters, digits and what belongs to them.
pub(super) fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || (!c.is_ascii() && (c.is_alphanumeric() || extends(c)))
}

/// Half of a flag.
pub(super) fn is_regional(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}

/// Apostrophes as people type them.
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | '`' | '´' | '＇')
}

/// Characters that can end a sentence.
pub(super) fn is_stop(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '۔' | '।' | '‼' | '⁇' | '⁈' | '⁉')
}

/// Quotes and brackets that can open a sentence.
pub(super) fn is_opener(c: char) -> bool {
    matches!(c, '"' | '\'' | '“' | '‘' | '«' | '‹' | '„' | '‚' | '(' | '[' | '{' | '`' | '¿' | '¡')
}

/// Quotes and brackets that can follow a sentence's stop.
pub(super) fn is_closer(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '»' | '›' | ')' | ']' | '}')
}
