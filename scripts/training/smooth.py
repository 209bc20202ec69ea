"""Smoother activations before products are quantized (SmoothQuant: Xiao et al., 2023).

A few channels of a transformer's activations are far larger than the others, and one int8 scale for all of them
rounds the small ones away. Each channel is divided by a factor before the product and its weights are multiplied by
it; in floats nothing changes.
"""

import torch
from torch import nn

from . import model as network
from . import pieces

ALPHA = 0.35


class Smoothed(nn.Module):
    """A linear layer whose input is scaled channel by channel."""

    def __init__(self, linear, factor):
        super().__init__()
        self.register_buffer("inverse", 1 / factor)
        self.linear = nn.Linear(linear.in_features, linear.out_features)
        with torch.no_grad():
            self.linear.weight.copy_(linear.weight * factor)
            self.linear.bias.copy_(linear.bias)

    def forward(self, x):
        return self.linear(x * self.inverse)


@torch.no_grad()
def smooth(net, sentences, vocabulary, parts=("qkv", "up")):
    """Replace those linear layers of the encoder in place, by the largest activations that `sentences` cause.

    `qkv` and `up` read the outputs of layer norms, which have the outliers; smoothing `down` ruins the model, because
    channels that hardly ever fire get factors that say nothing.
    """
    largest, hooks = {}, []

    def watch(key):
        def hook(_module, args):
            top = args[0].abs().amax(dim=(0, 1))
            largest[key] = torch.maximum(largest[key], top) if key in largest else top
        return hook

    for i, layer in enumerate(net.encoder.layers):
        for part in parts:
            hooks.append(getattr(layer, part).register_forward_pre_hook(watch((i, part))))
    for sentence in sentences:
        given = network.inputs([sentence], vocabulary)
        net.encoder(given["ids"], given["shapes"], given["mask"])
    for hook in hooks:
        hook.remove()
    for (i, part), activation in largest.items():
        layer = net.encoder.layers[i]
        linear = getattr(layer, part)
        weight = linear.weight.abs().amax(dim=0)
        factor = (activation.clamp(min=1e-4) ** ALPHA / weight.clamp(min=1e-4) ** (1 - ALPHA)).clamp(min=1e-3)
        setattr(layer, part, Smoothed(linear, factor))
