"""MiniLM encoder with heads on the first piece of every word.

The encoder is BERT (Devlin et al., 2019) with one fused query-key-value product; the arc and relation heads
are the deep biaffine parser of Dozat and Manning (2017).
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from . import pieces as word_pieces


class Layer(nn.Module):
    def __init__(self, width, n_heads, inner, eps, dropout):
        super().__init__()
        self.n_heads, self.dropout = n_heads, dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm1 = nn.LayerNorm(width, eps=eps)
        self.up = nn.Linear(width, inner)
        self.down = nn.Linear(inner, width)
        self.norm2 = nn.LayerNorm(width, eps=eps)

    def forward(self, x, bias):
        b, l, w = x.shape
        q, k, v = (t.reshape(b, l, self.n_heads, w // self.n_heads).transpose(1, 2) for t in self.qkv(x).split(w, dim=2))
        if self.training:
            a = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, dropout_p=self.dropout)
        else:
            a = torch.softmax(q @ k.transpose(2, 3) * (1 / math.sqrt(w // self.n_heads)) + bias, dim=-1) @ v
        x = self.norm1(x + F.dropout(self.out(a.transpose(1, 2).reshape(b, l, w)), self.dropout, self.training))
        return self.norm2(x + F.dropout(self.down(F.gelu(self.up(x))), self.dropout, self.training))


class Encoder(nn.Module):
    def __init__(self, config, dropout=0.1):
        super().__init__()
        width, eps = config["hidden_size"], config["layer_norm_eps"]
        self.word = nn.Embedding(config["vocab_size"], width)
        self.position = nn.Embedding(config["max_position_embeddings"], width)
        self.shape = nn.Embedding(config["type_vocab_size"], width)
        self.norm = nn.LayerNorm(width, eps=eps)
        self.layers = nn.ModuleList(Layer(width, config["num_attention_heads"], config["intermediate_size"], eps, dropout)
                                    for _ in range(config["num_hidden_layers"]))
        self.dropout = dropout

    def forward(self, ids, shapes, mask):
        positions = torch.arange(ids.shape[1], device=ids.device)
        x = self.norm(self.word(ids) + self.position(positions)[None] + self.shape(shapes))
        x = F.dropout(x, self.dropout, self.training)
        bias = (1.0 - mask.to(x.dtype))[:, None, None, :] * -10000.0
        for layer in self.layers:
            x = layer(x, bias)
        return x


class Tagger(nn.Module):
    """ids, shapes, mask: [batch, pieces]; words: [batch, 1 + words], flat indexes into batch x pieces, [CLS] first."""

    ARC, REL = 256, 96

    def __init__(self, config, sizes, dropout=0.1):
        super().__init__()
        width = config["hidden_size"]
        self.encoder = Encoder(config, dropout)
        self.dropout = nn.Dropout(dropout)
        self.tags = nn.ModuleDict({t: nn.Linear(width, sizes[t]) for t in ("ner", "upos", "xpos", "lemma")})
        self.arc_dep = nn.Linear(width, self.ARC)
        self.arc_head = nn.Linear(width, self.ARC)
        self.arc = nn.Linear(self.ARC, self.ARC)
        self.arc_bias = nn.Linear(self.ARC, 1, bias=False)
        self.rel_dep = nn.Linear(width, self.REL)
        self.rel_head = nn.Linear(width, self.REL)
        self.relation = Relation(self.REL, sizes["deprel"])

    def forward(self, ids, shapes, mask, words):
        h = self.encoder(ids, shapes, mask)
        w = self.dropout(h.reshape(-1, h.shape[2])[words])
        deps = w[:, 1:]
        out = {t: head(deps) for t, head in self.tags.items()}
        arc_dep, arc_head = F.relu(self.arc_dep(deps)), F.relu(self.arc_head(w))
        out["arc"] = self.arc(arc_dep) @ arc_head.transpose(1, 2) + self.arc_bias(arc_head).transpose(1, 2)
        out["rel_dep"] = self.dropout(F.relu(self.rel_dep(deps)))
        out["rel_head"] = self.dropout(F.relu(self.rel_head(w)))
        return out


class Relation(nn.Module):
    """Scores of every relation for [n, REL] dependents with their [n, REL] heads."""

    def __init__(self, width, n_relations):
        super().__init__()
        self.n = n_relations
        self.bilinear = nn.Linear(width, n_relations * width, bias=False)
        self.linear = nn.Linear(2 * width, n_relations)
        nn.init.zeros_(self.bilinear.weight)

    def forward(self, dep, head):
        pair = self.bilinear(dep).reshape(-1, self.n, head.shape[1]) @ head[:, :, None]
        return pair[:, :, 0] + self.linear(torch.cat([dep, head], dim=1))


def inputs(batch, vocabulary):
    """Padded ids, shapes, mask and words of sentences, as `Tagger.forward` takes them."""
    pieces = [[vocabulary.pieces(w) for w in s.words] for s in batch]
    n_pieces, n_words = max(2 + sum(map(len, p)) for p in pieces), max(map(len, pieces))
    ids = torch.full((len(batch), n_pieces), vocabulary.pad)
    shapes, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    words = torch.zeros((len(batch), 1 + n_words), dtype=torch.long)
    for i, (s, p) in enumerate(zip(batch, pieces)):
        row, kinds = [vocabulary.cls], [0]
        words[i] = i * n_pieces
        for j, (w, q) in enumerate(zip(s.words, p)):
            words[i, 1 + j] = i * n_pieces + len(row)
            row += q
            kinds += [word_pieces.shape(w)] * len(q)
        row.append(vocabulary.sep)
        ids[i, :len(row)] = torch.tensor(row)
        shapes[i, :len(kinds)] = torch.tensor(kinds)
        mask[i, :len(row)] = 1
    return dict(ids=ids, shapes=shapes, mask=mask, words=words)


def load_checkpoint(path):
    """(what was saved, the network in evaluation mode) of a file that scripts/train wrote."""
    saved = torch.load(path, map_location="cpu", weights_only=False)
    net = Tagger(saved["config"], {k: len(v) for k, v in saved["labels"].items()})
    net.load_state_dict(saved["weights"])
    return saved, net.eval()


def load_minilm(model, weights):
    """Fill the encoder from BERT-named weights; new word shapes start as copies of token type 0."""
    w = {k.removeprefix("bert."): v.float() for k, v in weights.items()}
    e = model.encoder
    with torch.no_grad():
        e.word.weight.copy_(w["embeddings.word_embeddings.weight"])
        e.position.weight.copy_(w["embeddings.position_embeddings.weight"])
        types = w["embeddings.token_type_embeddings.weight"]
        e.shape.weight.copy_(types if len(types) == len(e.shape.weight) else types[:1].expand_as(e.shape.weight))
        e.norm.weight.copy_(w["embeddings.LayerNorm.weight"])
        e.norm.bias.copy_(w["embeddings.LayerNorm.bias"])
        for i, layer in enumerate(e.layers):
            p = f"encoder.layer.{i}."
            for part in ("weight", "bias"):
                layer_qkv = [w[f"{p}attention.self.{n}.{part}"] for n in ("query", "key", "value")]
                getattr(layer.qkv, part).copy_(torch.cat(layer_qkv))
                getattr(layer.out, part).copy_(w[f"{p}attention.output.dense.{part}"])
                getattr(layer.norm1, part).copy_(w[f"{p}attention.output.LayerNorm.{part}"])
                getattr(layer.up, part).copy_(w[f"{p}intermediate.dense.{part}"])
                getattr(layer.down, part).copy_(w[f"{p}output.dense.{part}"])
                getattr(layer.norm2, part).copy_(w[f"{p}output.LayerNorm.{part}"])


def from_bert_weights(config, weights):
    """The network of a model folder: its config.json and the tensors that `bert_weights` gave."""
    net = Tagger(config["encoder"], {name: len(labels) for name, labels in config["labels"].items()})
    load_minilm(net, {name: tensor for name, tensor in weights.items() if name.startswith("bert.")})
    heads = {name.removeprefix("heads."): tensor.float() for name, tensor in weights.items() if name.startswith("heads.")}
    lost = [name for name in net.load_state_dict(heads, strict=False).missing_keys if not name.startswith("encoder.")]
    if lost:
        raise ValueError(f"the weights lack {', '.join(lost)}")
    return net.eval()


def bert_weights(model):
    """The encoder under BERT's own names, so that any BERT engine loads it; heads under `heads.`."""
    e, out = model.encoder, {}
    out["embeddings.word_embeddings.weight"] = e.word.weight
    out["embeddings.position_embeddings.weight"] = e.position.weight
    out["embeddings.token_type_embeddings.weight"] = e.shape.weight
    out["embeddings.LayerNorm.weight"], out["embeddings.LayerNorm.bias"] = e.norm.weight, e.norm.bias
    for i, layer in enumerate(e.layers):
        p = f"encoder.layer.{i}."
        for part in ("weight", "bias"):
            for name, tensor in zip(("query", "key", "value"), getattr(layer.qkv, part).chunk(3)):
                out[f"{p}attention.self.{name}.{part}"] = tensor
            out[f"{p}attention.output.dense.{part}"] = getattr(layer.out, part)
            out[f"{p}attention.output.LayerNorm.{part}"] = getattr(layer.norm1, part)
            out[f"{p}intermediate.dense.{part}"] = getattr(layer.up, part)
            out[f"{p}output.dense.{part}"] = getattr(layer.down, part)
            out[f"{p}output.LayerNorm.{part}"] = getattr(layer.norm2, part)
    for name, tensor in model.state_dict().items():
        if not name.startswith("encoder."):
            out["heads." + name] = tensor
    return {"bert." + k if not k.startswith("heads.") else k: v.detach() for k, v in out.items()}
