"""The network as ONNX graphs."""

import torch

OUTPUTS = ["ner", "upos", "xpos", "lemma", "arc", "rel_dep", "rel_head"]


class Exported(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, ids, shapes, mask, words):
        out = self.net(ids, shapes, mask, words)
        return tuple(out[name] for name in OUTPUTS)


def write(net, model, relations):
    """Write the float graph of the network and that of its relation scorer to these two paths."""
    b, l, w = 2, 11, 6
    inputs = (torch.randint(1, 1000, (b, l)), torch.zeros((b, l), dtype=torch.long), torch.ones((b, l), dtype=torch.long),
              torch.arange(b * w).reshape(b, w))
    dims = {0: "batch", 1: "pieces"}
    torch.onnx.export(Exported(net), inputs, model, input_names=["ids", "shapes", "mask", "words"],
                      output_names=OUTPUTS, opset_version=20, dynamo=False,
                      dynamic_axes={"ids": dims, "shapes": dims, "mask": dims, "words": {0: "batch", 1: "nodes"},
                                    **{o: {0: "batch", 1: "words"} for o in OUTPUTS}})
    torch.onnx.export(net.relation, (torch.zeros(3, net.REL), torch.zeros(3, net.REL)), relations,
                      input_names=["dependents", "heads"], output_names=["relations"], opset_version=20, dynamo=False,
                      dynamic_axes={"dependents": {0: "arcs"}, "heads": {0: "arcs"}, "relations": {0: "arcs"}})
