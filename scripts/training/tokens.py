"""Tokens of raw annotated lines; the binary's own segmenter is finer, this one serves training only."""

import re

ABBREVIATION = re.compile(r"(?:[A-Za-z]\.)+|(?:Mr|Mrs|Ms|Dr|St|Gen|Lt|Col|Sgt|Capt|Maj|Sen|Rep|Gov|Rev|Prof|Hon|Jr|Sr|Inc|Ltd|Co|Corp|No|vs|Mt|Ft)\.")
TOKEN = re.compile(r"(?:[A-Za-z]\.){2,}|\d+(?:[.,:]\d+)*(?:st|nd|rd|th|s)?|[^\W_]+(?:['’][^\W_]+)*|\S", re.UNICODE)
CLITIC = re.compile(r"(?i)^(.+?)(n['’]t|['’](?:s|re|ve|ll|d|m))$")


def tokenize(text):
    """Offsets of treebank-like tokens; the binary's own segmenter is finer, this one serves training only."""
    out, pos = [], 0
    while pos < len(text):
        if text[pos].isspace():
            pos += 1
            continue
        m = ABBREVIATION.match(text, pos)
        if m and (pos == 0 or not text[pos - 1].isalnum()) and (m.end() == len(text) or not text[m.end()].isalnum()):
            inner = m.end() - m.start() > 2 or (m.end() < len(text) and text[m.end()] == " ")
            if inner:
                out.append((m.start(), m.end()))
                pos = m.end()
                continue
        m = TOKEN.match(text, pos)
        start, end = m.span()
        c = CLITIC.match(text[start:end])
        if c:
            cut = start + len(c.group(1))
            out += [(start, cut), (cut, end)]
        else:
            out.append((start, end))
        pos = end
    return out
