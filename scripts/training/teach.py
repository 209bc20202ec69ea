"""What a sentence lacks, added by a model that was trained for that alone.

Born-again multi-task learning (Clark et al., 2019): teachers of one task each label the sentences of the other's
sets and plain news, so that a student of both tasks learns every task from every sentence.
"""

import dataclasses

import torch

from . import lemmas, loss, pieces
from . import model as network


def _outputs(net, sentences, vocabulary):
    """(index, sentence, outputs of its words) for every sentence, in batches of similar length."""
    net.eval()
    device = next(net.parameters()).device
    for batch in pieces.batches(sentences, vocabulary, 6000):
        rows = [sentences[i] for i in batch]
        real = torch.zeros((len(rows), max(len(s.words) for s in rows)), dtype=torch.bool, device=device)
        for row, s in enumerate(rows):
            real[row, :len(s.words)] = True
        with torch.no_grad():
            out = net(**{k: v.to(device) for k, v in network.inputs(rows, vocabulary).items()})
            out["arc"] = torch.softmax(loss.masked_arcs(out["arc"], real), dim=-1)
        for row, i in enumerate(batch):
            yield i, rows[row], {k: v[row] for k, v in out.items()}


def ner(net, sentences, vocabulary):
    """The sentences with `soft_ner` where they have no annotation of names."""
    result = list(sentences)
    missing = [i for i, s in enumerate(sentences) if s.ner is None]
    for i, s, out in _outputs(net, [sentences[i] for i in missing], vocabulary):
        soft = torch.softmax(out["ner"][:len(s.words)], dim=-1)
        result[missing[i]] = dataclasses.replace(s, soft_ner=soft.half().cpu())
    return result


def syntax(net, sentences, vocabulary, labels):
    """The sentences with the teacher's parts of speech, lemmas and arcs where they have none."""
    result = list(sentences)
    missing = [i for i, s in enumerate(sentences) if s.heads is None]
    for i, s, out in _outputs(net, [sentences[i] for i in missing], vocabulary):
        n = len(s.words)
        arcs = out["arc"][:n, :1 + n]
        heads = arcs.argmax(dim=-1)
        with torch.no_grad():
            relations = net.relation(out["rel_dep"][:n], out["rel_head"][heads]).argmax(dim=-1).tolist()
        best = {f: [labels[f][x] for x in out[f][:n].argmax(dim=-1).tolist()] for f in ("upos", "xpos", "lemma")}
        result[missing[i]] = dataclasses.replace(
            s, heads=heads.tolist(), deprels=[labels["deprel"][r] for r in relations], upos=best["upos"], xpos=best["xpos"],
            lemmas=[lemmas.apply_lemma_script(w, script) for w, script in zip(s.words, best["lemma"])],
            soft_arcs=arcs.half().cpu())
    return result
