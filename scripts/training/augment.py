"""Variants of training sentences, in the forms in which newspapers print them."""

import collections
import dataclasses

from .data import NER_LABELS, bio_spans

STAND_FOR_WORDS = ("heads", "deprels", "upos", "xpos", "lemmas", "ner", "soft_ner")


def augment(sentence, rng):
    """Print the sentence as headlines, capitals and careless typists do. Labels, a teacher's too, stay."""
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
        sentence = without_stop(sentence)
    return sentence


class Names:
    """Names of the sets by kind and number of words, to put in the place of others.

    A name goes where one of as many words stood, so that every other label of the sentence stays true. Groups are
    left alone (adjectives and plurals of them would mix), and so are organizations of one word.
    """

    def __init__(self, sentences):
        pool = collections.defaultdict(set)
        for s in sentences:
            for start, end, kind in _swappable(s):
                pool[kind, end - start].add(tuple(s.words[start:end]))
        self.pool = {k: sorted(v) for k, v in pool.items()}

    def swap(self, sentence, rng):
        """The sentence with about half of its names replaced, the same name always by the same one."""
        words, given = list(sentence.words), {}
        for start, end, kind in _swappable(sentence):
            old = tuple(words[start:end])
            if old not in given:
                given[old] = rng.choice(self.pool[kind, end - start]) if rng.random() < 0.5 else old
            words[start:end] = given[old]
        return dataclasses.replace(sentence, words=words)


def _swappable(sentence):
    if sentence.ner is None:
        return []
    tags = [NER_LABELS[min(a)] if len(a) == 1 else "O" for a in sentence.ner]
    spans = sorted(bio_spans(tags))
    return [(a, b, k) for a, b, k in spans if k in ("person", "place") or (k == "organization" and b - a > 1)]


def without_stop(sentence):
    """The sentence without its last word, unless another word hangs on that."""
    last = len(sentence.words)
    if sentence.heads is not None and last in sentence.heads:
        return sentence
    cut = {f: getattr(sentence, f)[:-1] for f in STAND_FOR_WORDS if getattr(sentence, f) is not None}
    if sentence.soft_arcs is not None:
        arcs = sentence.soft_arcs[:-1, :-1].float()
        cut["soft_arcs"] = (arcs / arcs.sum(dim=1, keepdim=True).clamp(min=1e-6)).half()
    return dataclasses.replace(sentence, words=sentence.words[:-1], **cut)
