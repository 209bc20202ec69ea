"""Scores on the held-out sets while training goes on: greedy and in floats. scripts/evaluate measures what ships."""

import collections

import torch

from . import data, loss, pieces


@torch.no_grad()
def evaluate(model, sets, vocabulary, ids, device):
    """{measure: percent}, such as `ewt LAS` and `news_ner F1`; only what the sets are annotated for."""
    model.eval()
    scores = {}
    for name, held in sets.items():
        count = collections.Counter()
        for batch in pieces.batches(held, vocabulary, 4000):
            batch = [held[i] for i in batch]
            inputs, target = loss.tensors(batch, vocabulary, ids, device)
            out = model(**inputs)
            if batch[0].heads is not None:
                count += _syntax(model, batch, target, out, ids)
            if batch[0].ner is not None:
                count += _names(batch, out, groups=name != "crossner")
        if count["words"]:
            scores |= {f"{name} {m}": 100 * count[m] / count["words"] for m in ("UAS", "LAS", "UPOS", "XPOS", "lemma")}
        if count["gold"]:
            scores[f"{name} F1"] = 200 * count["right"] / (count["found"] + count["gold"])
    model.train()
    return scores


def _syntax(model, batch, target, out, ids):
    keep = target["head"] >= 0
    head = loss.masked_arcs(out["arc"], target["real"]).argmax(-1)
    b = torch.arange(len(keep), device=keep.device)[:, None].expand_as(keep)[keep]
    relations = model.relation(out["rel_dep"][keep], out["rel_head"][b, head[keep]]).argmax(-1).tolist()
    right = (head == target["head"])[keep].tolist()
    gold = [d.split(":")[0] for s in batch for d in s.deprels]
    named = [k.split(":")[0] for k in ids["deprel"]]
    count = collections.Counter(words=len(right), UAS=sum(right),
                                LAS=sum(r and named[x] == g for r, x, g in zip(right, relations, gold)))
    for measure, f in (("UPOS", "upos"), ("XPOS", "xpos"), ("lemma", "lemma")):
        count[measure] = (out[f].argmax(-1) == target[f])[keep].sum().item()
    return count


def _names(batch, out, groups):
    count = collections.Counter()
    for s, row in zip(batch, out["ner"].argmax(-1).tolist()):
        found = data.bio_spans([data.NER_LABELS[x] for x in row[:len(s.words)]])
        gold = data.bio_spans([data.NER_LABELS[min(a)] if len(a) == 1 or 0 in a else "O" for a in s.ner])
        if not groups:
            found = {x for x in found if x[2] != "group"}
        count.update(right=len(found & gold), found=len(found), gold=len(gold))
    return count
