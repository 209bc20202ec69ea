"""Readers for the training sets and the label inventories.

Every sentence becomes a `Sentence`: words with optional syntax (treebanks) and optional NER (the NER sets).
NER labels are kept as sets of allowed labels per word, so that a set that does not annotate a kind
(CrossNER marks no nationalities, say) teaches nothing false about it. What a sentence lacks, a teacher may add
(`teach`): probabilities of labels and of arcs.
"""

import collections
import dataclasses
import pathlib
import re

from . import lemmas
from .tokens import tokenize

KINDS = ["person", "organization", "place", "group"]
NER_LABELS = ["O"] + [f"{p}-{k}" for k in KINDS for p in "BI"]
NER_ID = {label: i for i, label in enumerate(NER_LABELS)}
SHORT = {"PER": "person", "ORG": "organization", "LOC": "place", "NORP": "group"}


@dataclasses.dataclass
class Sentence:
    words: list
    heads: list = None  # 0 is the root, 1.. are words
    deprels: list = None
    upos: list = None
    xpos: list = None
    lemmas: list = None
    ner: list = None  # a frozenset of allowed label ids for each word
    source: str = ""
    soft_ner: object = None  # a teacher's probabilities, [words, labels], where `ner` is None
    soft_arcs: object = None  # a teacher's probabilities of heads, [words, 1 + words]; the other syntax is then its too


def lines(path):
    with open(path, encoding="utf8") as f:
        yield from f


def read_conllu(path, source):
    out, rows = [], []
    for line in lines(path):
        line = line.rstrip("\n")
        if not line:
            if rows:
                out.append(_from_rows(rows, source))
            rows = []
        elif not line.startswith("#"):
            cols = line.split("\t")
            if cols[0].isdigit():
                rows.append(cols)
    if rows:
        out.append(_from_rows(rows, source))
    return out


def _from_rows(rows, source):
    return Sentence(words=[r[1] for r in rows], heads=[int(r[6]) for r in rows], deprels=[r[7] for r in rows],
                    upos=[r[3] for r in rows], xpos=[r[4] for r in rows], lemmas=[r[2] for r in rows], source=source)


def read_conll_ner(path, map_type, source, token_col=0, tag_col=-1, iob1=False):
    """Column NER: `map_type(type)` gives a kind, None (not an entity here) or a set of allowed labels."""
    out, words, tags = [], [], []

    def flush():
        nonlocal words, tags
        if words:
            ner, prev = [], None
            for tag in tags:
                if tag == "O":
                    ner.append(map_type(None))
                    prev = None
                    continue
                prefix, kind = tag.split("-", 1)
                mapped = map_type(kind)
                if isinstance(mapped, frozenset):
                    ner.append(mapped)
                elif mapped is None:
                    ner.append(frozenset([0]))
                else:
                    begin = prev != kind if iob1 and prefix == "I" else prefix == "B"
                    ner.append(frozenset([NER_ID[("B-" if begin else "I-") + mapped]]))
                prev = kind
            out.append(Sentence(words=words, ner=ner, source=source))
        words, tags = [], []

    for line in lines(path):
        line = line.rstrip("\n")
        if not line.strip():
            flush()
        elif line.startswith("# ") or line.startswith("-DOCSTART-"):
            continue
        else:
            cols = line.split("\t") if "\t" in line else line.split(" ")
            words.append(cols[token_col])
            tags.append(cols[tag_col])
    flush()
    return out


def marked_lines(path):
    """(plain text, [(start, end, kind)] in characters) of every line with mentions marked `[[text|TYPE]]`."""
    for line in lines(path):
        line = line.rstrip("\n")
        if not line:
            continue
        text, spans, last = "", [], 0
        for m in re.finditer(r"\[\[(.*?)\|(PER|ORG|LOC|NORP)\]\]", line):
            text += line[last:m.start()]
            spans.append((len(text), len(text) + len(m.group(1)), SHORT[m.group(2)]))
            text += m.group(1)
            last = m.end()
        yield text + line[last:], spans


OWN = pathlib.Path(__file__).resolve().parent.parent.parent / "data" / "ner"


def read_standoff(path, sentences, source):
    """Annotated sentences of a set whose text is elsewhere: `number TAB first-last:TYPE ...`, in words from 0."""
    out = []
    for line in lines(path):
        if line.startswith("#") or not line.strip():
            continue
        number, marks = line.rstrip("\n").split("\t")
        words = sentences[int(number)].words
        ner = [frozenset([0])] * len(words)
        for mark in marks.split():
            place, kind = mark.split(":")
            first, last = map(int, place.split("-"))
            for i in range(first, last + 1):
                ner[i] = frozenset([NER_ID[("B-" if i == first else "I-") + SHORT[kind]]])
        out.append(Sentence(words=words, ner=ner, source=source))
    return out


def read_marked(path, source):
    """Sentences of a file of lines with marked mentions."""
    out = []
    for text, spans in marked_lines(path):
        cuts = {s for s, _, _ in spans} | {e for _, e, _ in spans}
        tokens = []
        for s, e in tokenize(text):
            inner = sorted(c for c in cuts if s < c < e)
            for a, b in zip([s] + inner, inner + [e]):
                tokens.append((a, b))
        ner = []
        for s, e in tokens:
            hit = next(((a, b, k) for a, b, k in spans if a <= s and e <= b), None)
            ner.append(frozenset([0 if hit is None else NER_ID[("B-" if s == hit[0] else "I-") + hit[2]]]))
        out.append(Sentence(words=[text[s:e] for s, e in tokens], ner=ner, source=source))
    return out


CROSSNER = {"politician": "person", "person": "person", "politicalparty": "organization", "organisation": "organization",
            "country": "place", "location": "place"}


def map_crossner(kind):
    """CrossNER politics marks no nationalities: `O` and its `misc` may hide a group."""
    if kind is None or kind == "misc":
        return frozenset([0, NER_ID["B-group"], NER_ID["I-group"]])
    return CROSSNER.get(kind)


def map_wikigold(kind):
    if kind is None:
        return frozenset([0])
    if kind == "MISC":
        return frozenset([0, NER_ID["B-group"], NER_ID["I-group"]])
    return SHORT[kind]


def map_plain(kind):
    return frozenset([0]) if kind is None else SHORT.get(kind, kind)


def bio_spans(tags):
    """{(first word, one past the last, kind)} of a BIO sequence; an inside label without its begin opens a span."""
    out, start, kind = set(), None, None
    for i, tag in enumerate([*tags, "O"]):
        if start is not None and (not tag.startswith("I-") or tag[2:] != kind):
            out.add((start, i, kind))
            start = None
        if tag.startswith("B-") or (tag.startswith("I-") and start is None):
            start, kind = i, tag[2:]
    return out


def every_tenth(sentences):
    """(training part, held-out part): the first of each ten is held out."""
    return [s for i, s in enumerate(sentences) if i % 10], [s for i, s in enumerate(sentences) if i % 10 == 0]


def inventories(sentences, min_lemma=3):
    count = {f: collections.Counter() for f in ("upos", "xpos", "deprels")}
    scripts = collections.Counter()
    for s in sentences:
        for f, c in count.items():
            c.update(getattr(s, f))
        scripts.update(lemmas.lemma_script(w, l) for w, l in zip(s.words, s.lemmas))
    keep = lambda c, m=1: [k for k, n in sorted(c.items(), key=lambda kn: (-kn[1], kn[0])) if n >= m and k != "_"]
    return {"ner": NER_LABELS, "upos": keep(count["upos"]), "xpos": keep(count["xpos"], 2), "deprel": keep(count["deprels"]),
            "lemma": keep(scripts, min_lemma)}


def split_hyphens(sentence):
    """Split `pro-Kurdish` as the treebanks and the program do; NER labels go to every piece (`B` to the first)."""
    words, ner = [], []
    for word, allowed in zip(sentence.words, sentence.ner):
        for i, piece in enumerate(re.split(r"(?<=\w)(-)(?=\w)", word)):
            words.append(piece)
            ner.append(allowed if i == 0 else frozenset(a + 1 if a and NER_LABELS[a][0] == "B" else a for a in allowed))
    return dataclasses.replace(sentence, words=words, ner=ner)


def load(root):
    """All annotated sets under the data folder, and the project's own: {name: (train, held out)}."""
    root = pathlib.Path(root)
    crossner = lambda part: read_conll_ner(root / "crossner" / f"politics.{part}.txt", map_crossner, "crossner")
    sets = {
        "news_ner": every_tenth(read_conll_ner(root / "news_ner" / "news_ner.conll", map_plain, "news_ner")),
        "crossner": (crossner("train") + crossner("dev"), crossner("test")),
        "wikigold": (read_conll_ner(root / "wikigold" / "wikigold.conll.txt", map_wikigold, "wikigold", iob1=True), []),
        "gmb": every_tenth(read_standoff(OWN / "gmb.tsv", read_gmb(root), "gmb")),
    }
    for name, folder in (("news_synth", root / "news_synth"), ("own", OWN)):
        parts = [every_tenth(read_marked(path, name)) for path in sorted(folder.glob("*.txt"))]
        sets[name] = tuple([s for part in parts for s in part[i]] for i in (0, 1))
    sets = {k: tuple([split_hyphens(s) for s in part] for part in parts) for k, parts in sets.items()}
    for name, folder, stem in (("ewt", "ud_ewt", "en_ewt-ud"), ("gum", "ud_gum_open", "en_gum-open")):
        sets[name] = tuple(read_conllu(root / folder / f"{stem}-{part}.conllu", name) for part in ("train", "dev"))
    return sets


def read_gmb(root):
    """The sentences of gmb in their order, with their words alone."""
    return read_conll_ner(pathlib.Path(root) / "gmb" / "gmb.conll", lambda kind: frozenset([0]), "gmb")


def unlabelled(root, sets, count):
    """`count` sentences of gmb, evenly spread, that name something and are in none of the annotated sets."""
    known = {" ".join(s.words) for name in ("news_ner", "gmb") for part in sets[name] for s in part}
    out = {}
    for s in map(split_hyphens, read_gmb(root)):
        text = " ".join(s.words)
        if 6 <= len(s.words) <= 50 and sum(w[:1].isupper() for w in s.words) >= 3 and text not in known:
            out.setdefault(text, s)
    chosen = list(out.values())[::max(1, len(out) // max(1, count))][:count]
    return [dataclasses.replace(s, ner=None, source="unlabelled") for s in chosen]
