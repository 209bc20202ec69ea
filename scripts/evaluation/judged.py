"""Precision and calibration of the program's relations against verdicts of people who read them.

A verdict is a JSON line: `doc`, `subject`, `predicate`, `object`, `polarity`, `modality` as the program gave them, `ok` (whether
ends, direction and predicate are what the text says) and, where it is not, `why`. A relation of the program without a verdict is
counted apart, never as right: somebody has to read it first.

Confidence is calibrated when of the relations given with 0.9 nine of ten are right; the table shows it by bins, and the expected
calibration error (Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning", 2015) in one number.
"""

import json
import subprocess
import tempfile

BINS = [0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.01]


def key(row):
    return tuple(row[k] for k in ("doc", "subject", "predicate", "object", "polarity", "modality"))


def read(path):
    with open(path, encoding="utf8") as f:
        return [json.loads(line) for line in f if line.strip()]


def score(program, verdicts, articles):
    """Print shares of right relations among those of `articles` that `verdicts` (files) judge."""
    judged = {key(v): v for path in verdicts for v in read(path)}
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as out:
        subprocess.run([program.binary, "extract", *articles, "--emit", "triples", "--format", "jsonl", "-q", "-o", out.name, *program.options],
                       check=True)
        found = read(out.name)
    known = [(t, judged[key(t)]) for t in found if key(t) in judged]
    right = sum(v["ok"] for _, v in known)
    print(f"judged: {len(known)} of {len(found)} relations; right {right} ({right / max(1, len(known)):.3f})")
    error = 0.0
    for low, high in zip(BINS, BINS[1:]):
        inside = [(t["confidence"], v["ok"]) for t, v in known if low <= t["confidence"] < high]
        if inside:
            mean = sum(c for c, _ in inside) / len(inside)
            share = sum(ok for _, ok in inside) / len(inside)
            error += abs(mean - share) * len(inside) / len(known)
            print(f"  confidence {low:.2f} to {min(high, 1):.2f}: {len(inside):4} relations, mean {mean:.3f}, right {share:.3f}")
    print(f"  expected calibration error {error:.3f}")
    return [t for t in found if key(t) not in judged]
