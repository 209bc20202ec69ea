"""Raw text and scores of sentence and token splitting against a Universal Dependencies treebank.

The raw text of a treebank: sentences of a paragraph joined by one space (none where the treebank says
SpaceAfter=No), paragraphs by a blank line. Sentences and syntactic words are counted the way the CoNLL 2018
shared task does: one is right if both its ends are. A multiword token whose words spell its surface is compared
word by word, any other as one unit.
"""

import argparse
import collections
import json
import re
import sys


class Article:
    """Raw text with gold spans in characters; `units` are surface ranges that cannot be divided."""

    def __init__(self, identifier):
        self.id = identifier
        self.text = ""
        self.sentences = []
        self.words = []
        self.units = []


def read_treebank(path):
    articles = []
    sentence, skip, new_paragraph, glued = [], 0, True, False

    def close():
        nonlocal sentence, new_paragraph, glued
        if not sentence:
            return
        article = articles[-1]
        if article.text:
            article.text += "\n\n" if new_paragraph else "" if glued else " "
        start = len(article.text)
        for surface, space_after, words in sentence:
            at = len(article.text)
            article.text += surface
            if len(words) == 1 or "".join(words) != surface:
                article.words.append((at, at + len(surface)))
                if len(words) > 1:
                    article.units.append((at, at + len(surface)))
            else:
                for word in words:
                    article.words.append((at, at + len(word)))
                    at += len(word)
            if space_after:
                article.text += " "
        article.text = article.text.rstrip(" ")
        article.sentences.append((start, len(article.text)))
        glued = not sentence[-1][1]
        sentence, new_paragraph = [], False

    with open(path, encoding="utf-8") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line.startswith("# newdoc"):
                articles.append(Article(line.partition("=")[2].strip() or str(len(articles))))
                new_paragraph = True
            elif re.match(r"# newpar(\s|$)", line):
                new_paragraph = True
            elif not line:
                close()
            elif not line.startswith("#"):
                fields = line.split("\t")
                space_after = "SpaceAfter=No" not in fields[9].split("|")
                if "." in fields[0]:
                    continue
                if "-" in fields[0]:
                    first, last = map(int, fields[0].split("-"))
                    skip = last - first + 1
                    sentence.append((fields[1], space_after, []))
                elif skip:
                    sentence[-1][2].append(fields[1])
                    skip -= 1
                else:
                    sentence.append((fields[1], space_after, [fields[1]]))
    close()
    return articles


def f1(right, predicted, gold):
    precision = right / predicted if predicted else 0.0
    recall = right / gold if gold else 0.0
    both = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": round(100 * precision, 2), "recall": round(100 * recall, 2), "f1": round(100 * both, 2)}


def score(articles, predictions, n_errors=0):
    """F1 of words and sentences; `predictions` maps an article's id to its predicted sentences."""
    totals = {"words": [0, 0, 0], "sentences": [0, 0, 0]}
    differences = {"words": collections.Counter(), "missed end": [], "wrong end": []}
    for article in articles:
        sentences = predictions.get(article.id, [])
        sentence_spans = {(s["start"], s["end"]) for s in sentences}
        words = sorted(tuple(t) for s in sentences for t in s["tokens"])
        # Words inside an indivisible unit count as right only together, as one word.
        for start, end in article.units:
            inside = [w for w in words if start <= w[0] and w[1] <= end]
            if len(inside) > 1 and inside[0][0] == start and inside[-1][1] == end:
                words = [w for w in words if w not in inside] + [(start, end)]
        gold_words, words = set(article.words), set(words)
        for name, gold, predicted in (("words", gold_words, words),
                                      ("sentences", set(article.sentences), sentence_spans)):
            totals[name][0] += len(gold & predicted)
            totals[name][1] += len(predicted)
            totals[name][2] += len(gold)
        if n_errors:
            cover = collections.defaultdict(list)
            for start, end in sorted(words):
                cover[start].append(end)
            for start, end in sorted(gold_words - words):
                near = sorted(w for w in words - gold_words if w[0] < end and w[1] > start)
                left = min([start] + [w[0] for w in near])
                right = max([end] + [w[1] for w in near])
                gold_text = "|".join(article.text[a:b] for a, b in article.words if a >= left and b <= right)
                ours = "|".join(article.text[a:b] for a, b in sorted(words) if a >= left and b <= right)
                differences["words"][f"gold {gold_text}  ours {ours}"] += 1
            gold_ends = {end for _, end in article.sentences}
            our_ends = {end for _, end in sentence_spans}
            for name, ends in (("missed end", gold_ends - our_ends), ("wrong end", our_ends - gold_ends)):
                differences[name] += [article.text[max(0, e - 50):e] + " <|> " + article.text[e:e + 40]
                                      for e in sorted(ends)]
    if n_errors:
        for text, count in differences["words"].most_common(n_errors):
            print(f"{count}x {text!r}", file=sys.stderr)
        for name in ("missed end", "wrong end"):
            print(f"{name}: {len(differences[name])}", file=sys.stderr)
            for text in differences[name][:n_errors]:
                print(f"  {text!r}", file=sys.stderr)
    return {name: f1(*counts) for name, counts in totals.items()}
