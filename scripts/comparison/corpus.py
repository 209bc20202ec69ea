"""The articles of a comparison and texts of chosen sizes made from them. Standard library only: peers import it too."""

import itertools
import json
import re


def join(tokens):
    """Running text of treebank tokens."""
    text = " ".join(tokens)
    text = re.sub(r" ([,.;:?!%)])", r"\1", text)
    text = re.sub(r"([($]) ", r"\1", text)
    return re.sub(r" ('s|n't|'re|'ve|'ll|'d|'m|')(?=[ ,.;:?!]|$)", r"\1", text)


def read_conll(path, n):
    """All sentences in order, cut into n articles of equal numbers of sentences."""
    sentences, tokens = [], []
    with open(path, encoding="utf8") as lines:
        for line in itertools.chain(lines, [""]):
            if line.strip():
                tokens.append(line.split("\t")[0])
            elif tokens:
                sentences.append(join(tokens))
                tokens = []
    n = min(n, len(sentences))
    cuts = [i * len(sentences) // n for i in range(n + 1)]
    return [" ".join(sentences[a:b]) for a, b in zip(cuts, cuts[1:])]


def read_articles(path):
    with open(path, encoding="utf8") as lines:
        return [json.loads(line)["text"] for line in lines if line.strip()]


def write_articles(path, texts):
    with open(path, "w", encoding="utf8") as f:
        for i, text in enumerate(texts):
            f.write(json.dumps({"id": str(i), "text": text}, ensure_ascii=False) + "\n")


def sentences(text):
    return [s for s in re.split(r"(?<=[.!?])\s+(?=[A-Z])", text) if s.strip()]


def words(texts):
    return sum(len(t.split()) for t in texts)


def numbered(sentence, number):
    """The sentence with a number as its last word."""
    body = sentence.rstrip()
    end = re.search(r"[.!?\"']*$", body).start()
    return f"{body[:end]} {number}{body[end:] or '.'}"


def unlike(texts, n):
    """n articles, cycled from texts; every sentence has a number of its own, so that no two are alike."""
    split = [sentences(t) for t in texts[:n]]
    number = itertools.count(1000)
    return [" ".join(numbered(s, next(number)) for s in split[i % len(split)]) for i in range(n)]


def one_article(texts, length):
    """One article of about so many words, in whole sentences, of which no two are alike."""
    out, total, number = [], 0, itertools.count(1000)
    for s in itertools.cycle([s for t in texts for s in sentences(t)]):
        s = numbered(s, next(number))
        size = len(s.split())
        if out and total + size - length > length - total:
            return " ".join(out)
        out.append(s)
        total += size


def long_sentences(texts, length, total):
    """Articles of sentences of exactly so many words, about total words: the texts' sentences run on after commas."""
    lower = {w for t in texts for w in t.split() if w.islower()}

    def stream():
        number = itertools.count(1000)
        for s in itertools.cycle([s for t in texts for s in sentences(t)]):
            run = [w for w in (re.sub(r"[.!?;:]", "", w) for w in numbered(s, next(number)).split()) if w]
            if run[0].lower() in lower:
                run[0] = run[0].lower()
            run[-1] = run[-1].rstrip(",\"'") + ","
            yield from run

    source = stream()
    per_article = max(1, 500 // length)
    articles = []
    for _ in range(max(1, total // (per_article * length))):
        made = []
        for _ in range(per_article):
            run = list(itertools.islice(source, length))
            made.append(" ".join([run[0][:1].upper() + run[0][1:], *run[1:-1], run[-1].rstrip(",") or "it"]) + ".")
        articles.append(" ".join(made))
    return articles
