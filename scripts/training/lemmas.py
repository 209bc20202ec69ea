"""Lemma scripts (how a form is edited into its lemma) and the table of lemmas of known forms."""

import collections
import gzip


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


def inflections(path):
    """{(form, UPOS): lemmas} of LemmInflect's inflections (`lemma,kind,form/form,...`): all forms of verbs, the
    comparatives of adjectives, and the plurals of nouns that more than an `s` tells from their singular."""
    forms = collections.defaultdict(set)
    nouns = set()
    with gzip.open(path, "rt", encoding="utf8") as f:
        for line in f:
            lemma, kind, *inflected = line.rstrip("\n").split(",")
            inflected = [v for cell in inflected for v in cell.split("/") if v.isalpha()]
            if not (lemma.isalpha() and lemma.islower()):
                continue
            if kind == "verb":
                for form in [lemma, *inflected]:
                    forms[form, "VERB"].add(lemma)
            elif kind == "adj":
                for form in inflected:
                    forms[form, "ADJ"].add(lemma)
            elif kind == "noun":
                nouns.add(lemma)
                for form in inflected:
                    if form not in (lemma, lemma + "s"):
                        forms[form, "NOUN"].add(lemma)
    return {k: v for k, v in forms.items() if k[1] != "NOUN" or k[0] not in nouns}


def lemma_table(sentences, others):
    """(lower-case form, UPOS, lemma) of forms whose lemma hardly varies in the treebanks, names left out; then
    the `others`, with the shortest of their lemmas."""
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
    for (form, upos), lemmas in others.items():
        if (form, upos) not in known:
            out.append((form, upos, min(lemmas, key=lambda l: (len(l), l))))
    return sorted(out)
