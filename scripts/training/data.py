"""Readers for the training sets, label inventories and batches.

Every sentence becomes a `Sentence`: words with optional syntax (treebanks) and optional NER (the NER sets).
NER labels are kept as sets of allowed labels per word, so that a set that does not annotate a kind
(CrossNER marks no nationalities, say) teaches nothing false about it.
"""

import collections
import dataclasses
import gzip
import random
import re

KINDS = ["person", "organization", "place", "group"]
NER_LABELS = ["O"] + [f"{p}-{k}" for k in KINDS for p in "BI"]
NER_ID = {label: i for i, label in enumerate(NER_LABELS)}
SHORT = {"PER": "person", "ORG": "organization", "LOC": "place", "NORP": "group"}

# Characters that print the same thing in several ways; the binary applies the same table before the
# word pieces are looked up (it is written to config.json), offsets are not touched.
REPLACEMENTS = {"‘": "'", "’": "'", "‛": "'", "ʼ": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
                "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "..."}
# The uncased vocabulary reads these as pronouns and the like.
WORDS = {"US": "U.S.", "USA": "U.S.A."}
TRANSLATE = str.maketrans(REPLACEMENTS)


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


def read_conllu(path, source):
    out, rows = [], []
    for line in open(path, encoding="utf8"):
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


def lemma_script(form, lemma):
    """The class that turns `form` into `lemma`: `=lemma` whole, else case (`l`ower or `k`eep), cut, append."""
    if lemma == "_":
        lemma = form
    best = None
    for case, base in (("l", form.lower()), ("k", form)):
        n = 0
        while n < min(len(base), len(lemma)) and base[n] == lemma[n]:
            n += 1
        if n == 0 and lemma:
            continue
        script = (len(base) - n + len(lemma) - n, f"{case}{len(base) - n}+{lemma[n:]}")
        if best is None or script[0] < best[0]:
            best = script
    if best is None or best[0] > 5:
        return "=" + lemma
    return best[1]


def apply_lemma_script(form, script):
    if script.startswith("="):
        return script[1:]
    case, rest = script[0], script[1:]
    cut, append = rest.split("+", 1)
    base = form.lower() if case == "l" else form
    cut = int(cut)
    return (base[:len(base) - cut] if cut else base) + append if cut < len(base) or not cut else form


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

    for line in open(path, encoding="utf8"):
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


def synth_lines(path):
    """(plain text, [(start, end, kind)] in characters) of every line with mentions marked `[[text|TYPE]]`."""
    for line in open(path, encoding="utf8"):
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


SYNTH_REGIONS = ("africa_mideast", "americas_europe", "east_asia_oceania", "south_asia")


def read_synth(path, source):
    out = []
    for text, spans in synth_lines(path):
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


def split_hyphens(sentence, rng):
    """Split `pro-Kurdish` as the treebanks do; NER labels go to every piece (`B` to the first)."""
    words, ner = [], []
    for word, allowed in zip(sentence.words, sentence.ner):
        pieces = re.split(r"(?<=\w)(-)(?=\w)", word) if "-" in word and rng.random() < 0.85 else [word]
        for i, piece in enumerate(pieces):
            words.append(piece)
            ner.append(allowed if i == 0 else frozenset(a + 1 if a and NER_LABELS[a][0] == "B" else a for a in allowed))
    return dataclasses.replace(sentence, words=words, ner=ner)


def augment(sentence, rng):
    """Print the sentence as headlines, capitals and careless typists do."""
    if sentence.ner is not None:
        sentence = split_hyphens(sentence, rng)
    r = rng.random()
    words = sentence.words
    if r < 0.03:
        words = [w.upper() for w in words]
    elif r < 0.06:
        words = [w[:1].upper() + w[1:] if len(w) > 3 or rng.random() < 0.2 else w for w in words]
    elif r < 0.075 and sentence.ner is None:
        words = [w.lower() for w in words]
    sentence = dataclasses.replace(sentence, words=words)
    if len(words) > 4 and words[-1] in ".!?" and rng.random() < 0.06:
        cut = lambda xs: None if xs is None else xs[:-1]
        if sentence.heads is None or len(words) not in sentence.heads:
            sentence = dataclasses.replace(sentence, words=words[:-1], **{
                f: cut(getattr(sentence, f)) for f in ("heads", "deprels", "upos", "xpos", "lemmas", "ner")})
    return sentence


def shape(word):
    """Token type id of a word: 0 no capital, 1 Title, 2 UPPER (two letters or more), 3 miXed."""
    letters = [c for c in word if c.isalpha()]
    upper = [c.isupper() for c in letters]
    if not any(upper):
        return 0
    if upper[0] and not any(upper[1:]):
        return 1
    return 2 if all(upper) else 3


class Vocabulary:
    """Word to pieces, cached; each word is looked up alone, so that pieces never cross a word."""

    def __init__(self, tokenizer):
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self.tokenizer, self.cache = tokenizer, {}
        self.unk, self.cls, self.sep, self.pad = (tokenizer.token_to_id(t) for t in ("[UNK]", "[CLS]", "[SEP]", "[PAD]"))

    def pieces(self, word):
        got = self.cache.get(word)
        if got is None:
            ids = self.tokenizer.encode(WORDS.get(word) or word.translate(TRANSLATE), add_special_tokens=False).ids
            got = self.cache[word] = ids[:12] or [self.unk]
        return got


def inventories(sentences, min_lemma=3):
    count = {f: collections.Counter() for f in ("upos", "xpos", "deprels")}
    scripts = collections.Counter()
    for s in sentences:
        for f, c in count.items():
            c.update(getattr(s, f))
        scripts.update(lemma_script(w, l) for w, l in zip(s.words, s.lemmas))
    keep = lambda c, m=1: [k for k, n in sorted(c.items(), key=lambda kn: (-kn[1], kn[0])) if n >= m and k != "_"]
    return {"ner": NER_LABELS, "upos": keep(count["upos"]), "xpos": keep(count["xpos"], 2), "deprel": keep(count["deprels"]),
            "lemma": keep(scripts, min_lemma)}


def load(root):
    """All sets under the data folder: {name: (train, held out)}."""
    p = lambda *parts: "/".join([str(root), *parts])
    sets = {
        "ewt": (read_conllu(p("ud_ewt", "en_ewt-ud-train.conllu"), "ewt"), read_conllu(p("ud_ewt", "en_ewt-ud-dev.conllu"), "ewt")),
        "gum": (read_conllu(p("ud_gum_open", "en_gum-open-train.conllu"), "gum"), read_conllu(p("ud_gum_open", "en_gum-open-dev.conllu"), "gum")),
        "news_ner": every_tenth(read_conll_ner(p("news_ner", "news_ner.conll"), map_plain, "news_ner")),
        "crossner": (read_conll_ner(p("crossner", "politics.train.txt"), map_crossner, "crossner")
                     + read_conll_ner(p("crossner", "politics.dev.txt"), map_crossner, "crossner"),
                     read_conll_ner(p("crossner", "politics.test.txt"), map_crossner, "crossner")),
        "wikigold": (read_conll_ner(p("wikigold", "wikigold.conll.txt"), map_wikigold, "wikigold", iob1=True), []),
    }
    train, held = [], []
    for region in SYNTH_REGIONS:
        a, b = every_tenth(read_synth(p("news_synth", region + ".txt"), "news_synth"))
        train, held = train + a, held + b
    sets["news_synth"] = (train, held)
    return sets


def verb_forms(path):
    """{form: lemmas} of LemmInflect's verb inflections (`lemma,verb,past,participle,gerund,third person`)."""
    forms = collections.defaultdict(set)
    with gzip.open(path, "rt", encoding="utf8") as f:
        for line in f:
            lemma, kind, *inflected = line.rstrip("\n").split(",")
            if kind == "verb" and lemma.isalpha() and lemma.islower():
                for form in [lemma, *(v for cell in inflected for v in cell.split("/"))]:
                    if form.isalpha():
                        forms[form].add(lemma)
    return forms


def lemma_table(sentences, verbs):
    """(lower-case form, UPOS, lemma) of forms whose lemma hardly varies in the treebanks, names left out; then
    the other verb forms, with the shortest of their lemmas."""
    count = collections.defaultdict(collections.Counter)
    for s in sentences:
        for w, u, l in zip(s.words, s.upos, s.lemmas):
            if u not in ("PROPN", "X", "PUNCT", "SYM", "NUM") and "_" not in (l, u) and "\t" not in w:
                count[w.lower(), u][l] += 1
    out = []
    for (form, upos), lemmas in sorted(count.items()):
        lemma, n = min(lemmas.items(), key=lambda ln: (-ln[1], ln[0]))
        if n >= 2 and n >= 0.8 * sum(lemmas.values()):
            out.append((form, upos, lemma))
    known = {(form, upos) for form, upos, _ in out}
    for form, lemmas in verbs.items():
        if (form, "VERB") not in known:
            out.append((form, "VERB", min(lemmas, key=lambda l: (len(l), l))))
    return sorted(out)


def batches(sentences, vocabulary, budget, rng=None):
    """Lists of sentence indexes of similar length whose padded size stays within `budget` pieces."""
    length = [2 + sum(len(vocabulary.pieces(w)) for w in s.words) for s in sentences]
    order = sorted(range(len(sentences)), key=lambda i: (length[i] + (rng.random() * 3 if rng else 0), i))
    out, batch, longest = [], [], 0
    for i in order:
        longest_now = max(longest, length[i])
        if batch and longest_now * (len(batch) + 1) > budget:
            out.append(batch)
            batch, longest_now = [], length[i]
        batch.append(i)
        longest = longest_now
    if batch:
        out.append(batch)
    if rng:
        rng.shuffle(out)
    return out
