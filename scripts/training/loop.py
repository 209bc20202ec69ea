"""The loop of one training stage, which goes on where it was stopped."""

import dataclasses
import random
import time

import torch

from . import development, loss, pieces
from .augment import augment

SAVE_EVERY_S = 240


@dataclasses.dataclass
class Stage:
    """One training of a network: what it reads and how."""

    name: str
    sets: dict  # {set: sentences}, repeated and mixed anew in every epoch
    held: dict  # {set: sentences} for the table
    repeat: dict = dataclasses.field(default_factory=dict)
    epochs: int = 4
    encoder_rate: float = 2e-4
    head_rate: float = 1e-3
    budget: int = 2600  # word pieces a batch
    seed: int = 1


def train(stage, net, vocabulary, ids, folder, describe, device, log=print, stop_after=None):
    """Train `net` in place; write `epoch-N.pt` after every epoch and `last.pt` every few minutes into `folder`.

    A stage whose last epoch is there is only loaded; one that was stopped goes on from `last.pt` with the same
    batches and dropout as if it had not been (to the noise of floating point). `describe` is saved in every
    checkpoint. `stop_after` ends after that many steps, for tests. Returns whether the stage is complete.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / f"epoch-{stage.epochs}.pt"
    if done.exists():
        net.load_state_dict(torch.load(done, map_location=device, weights_only=False)["weights"])
        return True
    torch.manual_seed(stage.seed)
    encoder = list(net.encoder.parameters())
    known = {id(p) for p in encoder}
    heads = [p for p in net.parameters() if id(p) not in known]
    optimizer = torch.optim.AdamW([{"params": encoder, "lr": stage.encoder_rate}, {"params": heads, "lr": stage.head_rate}],
                                  weight_decay=0.01)
    plans = [Plan(stage, vocabulary, epoch) for epoch in range(1, stage.epochs + 1)]
    total = sum(len(p.batches) for p in plans)
    ramp = lambda step: min(1.0, (step + 1) / (0.06 * total), max(0.0, (total - step) / (0.94 * total)))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, ramp)
    step, running = 0, {}
    last = folder / "last.pt"
    if last.exists():
        saved = torch.load(last, map_location=device, weights_only=False)
        net.load_state_dict(saved["weights"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        torch.set_rng_state(saved["random"].cpu())
        step, running = saved["step"], saved["running"]
        log(f"{stage.name}: goes on after step {step} of {total}")

    def save(path, **more):
        # A file under its final name is complete: a stop while it is written leaves the one before.
        torch.save({"weights": net.state_dict(), **describe, **more}, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def save_state():
        save(last, optimizer=optimizer.state_dict(), schedule=schedule.state_dict(), random=torch.get_rng_state(),
             step=step, running=running)

    net.train()
    started = saved_at = time.monotonic()
    first, begun = 0, step
    for epoch, plan in enumerate(plans, 1):
        for batch in plan.batches[max(0, step - first):]:
            inputs, target = loss.tensors([plan.sentences[i] for i in batch], vocabulary, ids, device)
            parts = loss.losses(net, inputs, target)
            optimizer.zero_grad(set_to_none=True)
            sum(v * loss.WEIGHTS[k] for k, v in parts.items()).backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.step()
            schedule.step()
            step += 1
            for k, v in parts.items():
                running[k] = 0.98 * running.get(k, v.item()) + 0.02 * v.item()
            if step % 50 == 0:
                seconds = time.monotonic() - started
                log(f"{stage.name} step {step}/{total} {seconds / (step - begun):.2f} s a step: "
                    + " ".join(f"{k} {v:.3f}" for k, v in running.items()))
            if stop_after == step:
                save_state()
                return False
            if time.monotonic() - saved_at > SAVE_EVERY_S:
                save_state()
                saved_at = time.monotonic()
        if step == first + len(plan.batches):
            epoch_file = folder / f"epoch-{epoch}.pt"
            if not epoch_file.exists():
                scores = development.evaluate(net, stage.held, vocabulary, ids, device)
                log(table(stage.name, epoch, scores))
                save_state()
                save(epoch_file, scores=scores)
        first += len(plan.batches)
    return True


def table(name, epoch, scores):
    """The scores of one epoch as a line of the log."""
    return f"{name} epoch {epoch} | " + " | ".join(f"{k} {v:.2f}" for k, v in scores.items())


class Plan:
    """The sentences of one epoch as they are printed, and their batches; the same for the same seed and epoch."""

    def __init__(self, stage, vocabulary, epoch):
        rng = random.Random(f"{stage.seed} {stage.name} {epoch}")
        mix = [s for k, sentences in sorted(stage.sets.items()) for _ in range(stage.repeat.get(k, 1)) for s in sentences]
        mix = [s for s in mix if len(s.words) <= 140]
        self.sentences = [augment(s, rng) for s in mix]
        self.batches = pieces.batches(self.sentences, vocabulary, stage.budget, rng)
