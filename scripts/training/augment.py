"""Variants of training sentences, in the forms in which newspapers print them."""

import dataclasses

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
