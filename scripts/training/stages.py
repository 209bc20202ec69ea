"""The stages of a whole training: two teachers, then the student of both."""

import dataclasses
import pathlib

import torch

from . import data, loop, pieces, teach
from . import model as network

TREEBANKS = ("ewt", "gum")
# Small sets in which every label was read by people of one guide count twice.
REPEAT = {"news_ner": 2, "news_synth": 2, "own": 2, "gmb": 2}


@dataclasses.dataclass
class Job:
    out: pathlib.Path
    config: dict  # of the encoder, in BERT's terms
    encoder: pathlib.Path  # where the tokenizer lies, for the export
    weights: dict  # the encoder to start from, under BERT's names
    tokenizer: object
    device: torch.device
    seed: int = 1
    epochs: dict = dataclasses.field(default_factory=lambda: {"syntax": 5, "ner": 3, "student": 3})
    encoder_rate: float = 2e-4
    head_rate: float = 1e-3
    budget: int = 2600  # word pieces a batch


def log(line):
    print(line, flush=True)


def run(job, sets, unlabelled, until="end"):
    """Run the stages on `{set: (train, held out)}`; `unlabelled()` gives more sentences for the student.

    Returns the path of the last checkpoint.
    """
    vocabulary = pieces.Vocabulary(job.tokenizer)
    treebanks = {k: sets[k] for k in TREEBANKS if k in sets}
    names = {k: v for k, v in sets.items() if k not in TREEBANKS}
    labels = data.inventories([s for learned, _ in treebanks.values() for s in learned])
    ids = {k: {v: i for i, v in enumerate(vs)} for k, vs in labels.items()}
    describe = {"labels": labels, "config": job.config, "encoder": str(job.encoder)}

    def fresh():
        torch.manual_seed(job.seed)
        net = network.Tagger(job.config, {k: len(v) for k, v in labels.items()})
        network.load_minilm(net, job.weights)
        return net.to(job.device)

    def train(name, net, learned, held):
        stage = loop.Stage(name=name, sets=learned, held=held, repeat=REPEAT, epochs=job.epochs[name], seed=job.seed,
                           encoder_rate=job.encoder_rate, head_rate=job.head_rate, budget=job.budget)
        loop.train(stage, net, vocabulary, ids, job.out / name, describe, job.device, log=log)
        return job.out / name / f"epoch-{stage.epochs}.pt"

    learned = lambda chosen: {k: v for k, (v, _) in chosen.items()}
    held = lambda chosen: {k: v for k, (_, v) in chosen.items() if v}
    syntax = fresh()
    checkpoint = train("syntax", syntax, learned(treebanks), held(treebanks))
    if until == "syntax":
        return checkpoint
    ner = fresh()
    checkpoint = train("ner", ner, learned(names), held(names))
    if until == "ner":
        return checkpoint
    everything = {}  # enough for a stage that is complete, which is only loaded
    if not (job.out / "student" / f"epoch-{job.epochs['student']}.pt").exists():
        everything = learned(sets) | {"unlabelled": unlabelled()}
        log(f"labelling what {sum(map(len, everything.values()))} sentences lack")
        everything = {k: teach.ner(ner, teach.syntax(syntax, v, vocabulary, labels), vocabulary) for k, v in everything.items()}
    # The student starts from the teacher of syntax, the task that takes longer to learn.
    return train("student", syntax, everything, held(sets))
