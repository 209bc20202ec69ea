"""Targets of a batch and what the model is punished for."""

import torch
from torch.nn import functional as F

from . import data, lemmas
from . import model as network

# What a teacher adds counts less than what people annotated.
TAUGHT = 0.5
WEIGHTS = {"upos": 0.5, "xpos": 0.5, "lemma": 0.5, "arc": 1.0, "deprel": 1.0, "ner": 1.0}


def tensors(batch, vocabulary, ids, device):
    """Padded inputs and targets; -100 marks a word without a label."""
    inputs = network.inputs(batch, vocabulary)
    b, n_words = len(batch), inputs["words"].shape[1] - 1
    target = {f: torch.full((b, n_words), -100) for f in ("upos", "xpos", "lemma", "head", "deprel")}
    allowed = torch.ones((b, n_words, len(data.NER_LABELS)), dtype=torch.bool)
    soft_ner = torch.zeros((b, n_words, len(data.NER_LABELS)))
    arcs = torch.zeros((b, n_words, 1 + n_words))
    real, annotated, taught = (torch.zeros((b, n_words), dtype=torch.bool) for _ in range(3))
    syntax = torch.zeros((b, n_words))
    for i, s in enumerate(batch):
        n = len(s.words)
        real[i, :n] = True
        if s.heads is not None:
            target["head"][i, :n] = torch.tensor(s.heads)
            for f, values in (("upos", s.upos), ("xpos", s.xpos), ("deprel", s.deprels),
                              ("lemma", [lemmas.lemma_script(w, l) for w, l in zip(s.words, s.lemmas)])):
                target[f][i, :n] = torch.tensor([ids[f].get(v, -100) for v in values])
            if s.soft_arcs is None:
                arcs[i, torch.arange(n), target["head"][i, :n]] = 1.0
                syntax[i, :n] = 1.0
            else:
                arcs[i, :n, :1 + n] = s.soft_arcs.float()
                syntax[i, :n] = TAUGHT
        if s.ner is not None:
            annotated[i, :n] = True
            allowed[i, :n] = False
            for j, a in enumerate(s.ner):
                allowed[i, j, list(a)] = True
        elif s.soft_ner is not None:
            taught[i, :n] = True
            soft_ner[i, :n] = s.soft_ner.float()
    target |= dict(allowed=allowed, annotated=annotated, soft_ner=soft_ner, taught=taught, arcs=arcs, syntax=syntax, real=real)
    return tuple({k: v.to(device) for k, v in d.items()} for d in (inputs, target))


def masked_arcs(arc, real):
    """Scores of heads, [batch, words, 1 + words], with padding and the word itself out of reach."""
    heads = torch.cat([torch.ones_like(real[:, :1]), real], dim=1)
    arc = arc.masked_fill(~heads[:, None, :], -1e4)
    n = real.shape[1]
    loop = torch.eye(n, n + 1, dtype=torch.bool, device=arc.device).roll(1, dims=1)
    return arc.masked_fill(loop[None], -1e4)


def losses(model, inputs, target):
    """{part: mean loss a word}, weighted by who gave the label; parts without a label in the batch are left out."""
    out = model(**inputs)
    loss = {}
    mean = lambda values, weights: (values * weights).sum() / weights.sum()
    keep = target["head"] >= 0
    if keep.any():
        weights = target["syntax"][keep]
        for f in ("upos", "xpos", "lemma"):
            has = target[f][keep] >= 0
            values = F.cross_entropy(out[f][keep], target[f][keep], ignore_index=-100, reduction="none")
            loss[f] = mean(values, weights * has)
        arc = F.log_softmax(masked_arcs(out["arc"], target["real"])[keep], dim=-1)
        loss["arc"] = mean(-(target["arcs"][keep] * arc).sum(dim=-1), weights)
        b = torch.arange(len(keep), device=keep.device)[:, None].expand_as(keep)[keep]
        scores = model.relation(out["rel_dep"][keep], out["rel_head"][b, target["head"][keep]])
        values = F.cross_entropy(scores, target["deprel"][keep], ignore_index=-100, reduction="none")
        loss["deprel"] = mean(values, weights * (target["deprel"][keep] >= 0))
    has_ner = target["annotated"] | target["taught"]
    if has_ner.any():
        log = F.log_softmax(out["ner"][has_ner], dim=-1)
        marked = -torch.logsumexp(log.masked_fill(~target["allowed"][has_ner], -1e4), dim=-1)
        copied = -(target["soft_ner"][has_ner] * log).sum(dim=-1)
        annotated = target["annotated"][has_ner]
        loss["ner"] = mean(torch.where(annotated, marked, copied), torch.where(annotated, 1.0, TAUGHT))
    return loss
