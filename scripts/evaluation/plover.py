"""Scores of relations against PLOVER's gold records (PLOVER_GSR_CAMEO.json).

A record codes one event of one text: its class, who acts (source) and who is acted on (target). A text says more
than its record codes, so only recall can be measured: whether some relation of the program ties the record's two
actors, in any direction (`pair`), in the record's direction (`ends`), and with the record's class too (`right`).
The three are nested and must hold of one relation, so that they tell missed ties from wrong directions and wrong
classes. Modality and polarity are left out, because PLOVER codes them in the class or not at all.

The program ties entities with names; records where an actor is nobody named ("rebels"), where there is no second
actor, or whose actors' words are not in the text are skipped and counted. Of several sources or targets, any counts.
"""

import collections
import json
import re
import subprocess
import tempfile

# The records are of PLOVER 0.5b1; the program has the names of the later versions, which also fold FIGHT into ASSAULT.
RENAMED = {"DEMAND": "REQUEST", "DISAPPROVE": "ACCUSE", "FIGHT": "ASSAULT"}
# Who of the two is the source is the coder's choice in these.
UNDIRECTED = {"AGREE", "CONSULT", "COOPERATE"}
LEVELS = ("pair", "ends", "right")
CAPITALIZED = re.compile(r"(?<!\w)[A-Z][\w.'’/-]*")
# Capitalized for their place in the sentence or as a title: they name nobody.
NOT_NAMES = {"a", "an", "the", "in", "and", "of", "rebels", "militants", "security", "prisoners", "opposition", "ethnic",
             "doctors", "hundreds", "students", "workers", "former", "ousted", "president", "vice-president", "prime",
             "minister", "foreign", "secretary", "general", "judge", "king", "archbishop"}


def capitalized(text):
    """Capitalized words, lowercased, without a possessive ending."""
    return {re.sub(r"['’]s?$", "", w).lower() for w in CAPITALIZED.findall(text)}


def named(text):
    """Whether somebody is named in it."""
    return not capitalized(text) <= NOT_NAMES


def occurrences(words, text):
    """Spans of the words in a text, whole words only, whatever the space between them."""
    pattern = r"\s+".join(map(re.escape, words.split()))
    return [m.span() for m in re.finditer(rf"(?<!\w){pattern}(?!\w)", text)]


class Actor:
    """Where the text has the actor, in characters, and the words of its name; no spans if it is not a named one."""

    def __init__(self, actor_text, text):
        self.words = capitalized(actor_text)
        # An actor can be put together from several places: "Bosnian Serbs ... forces", or, without dots, "French
        # warships" from "French and Egyptian warships". Then the longest parts with a name point to it.
        runs = re.findall(rf"{CAPITALIZED.pattern}(?:\s+[A-Z][\w.'’/-]*)*", actor_text)
        ways = (re.split(r"\s*\.{2,}\s*", actor_text), runs, actor_text.split())
        found = ([span for part in way if named(part) for span in occurrences(part, text)] for way in ways)
        self.spans = next(filter(None, found), [])

    def is_entity(self, entity):
        """A mention lies on the actor, or all of the name's words are the actor's ("Annan" in "Kofi Annan")."""
        if any(m["start"] < end and start < m["end"] for m in entity["mentions"] for start, end in self.spans):
            return True
        return named(entity["name"]) and capitalized(entity["name"]) <= self.words


class Record:
    """A record that can be scored if `pairs` is not empty: (source, target) actors."""

    def __init__(self, fields, identifier):
        self.id, self.event, self.event_text = identifier, fields["event"].upper(), fields["eventText"]
        self.text = fields.get("text", "")
        self.names = {"source": self.actors(fields.get("source")), "target": self.actors(fields.get("target"))}
        source, target = ([a for a in (Actor(name, self.text) for name in self.names[end]) if a.spans]
                          for end in ("source", "target"))
        self.symmetric = not self.names["target"]
        self.pairs = [(a, b) for i, a in enumerate(source) for b in (source[i + 1:] if self.symmetric else target)]

    @staticmethod
    def actors(field):
        return [a["actorText"] for a in field if a.get("actorText")] if isinstance(field, list) else []

    def level(self, relation, entities):
        """How many of `LEVELS` a relation reaches."""
        subject, object_ = entities[relation["subject"]], entities[relation["object"]]
        ahead = any(a.is_entity(subject) and b.is_entity(object_) for a, b in self.pairs)
        back = any(a.is_entity(object_) and b.is_entity(subject) for a, b in self.pairs)
        either = self.symmetric or relation["symmetric"] or not UNDIRECTED.isdisjoint((self.event, relation["class"].upper()))
        if not (ahead or back):
            return 0
        if not (ahead or either):
            return 1
        return 3 if relation["class"].upper() == RENAMED.get(self.event, self.event) else 2


def read(path):
    """The records of event classes; an identifier that comes back gets a number."""
    seen = collections.Counter()
    records = []
    for fields in json.loads(path.read_text(encoding="utf-8")):
        # DOCUMENT describes the file; it has no text.
        if fields["event"] != "DOCUMENT" and fields.get("text"):
            seen[fields["id"]] += 1
            n = seen[fields["id"]]
            records.append(Record(fields, fields["id"] if n == 1 else f"{fields['id']}#{n}"))
    return records


def extract(program, records):
    """The program's documents by record identifier."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf8") as f:
        f.writelines(json.dumps({"id": r.id, "text": r.text}) + "\n" for r in records)
        f.flush()
        out = subprocess.run([program.binary, "extract", f.name, "--emit", "documents", "--format", "jsonl", "-q", *program.options],
                             check=True, capture_output=True, encoding="utf8")
    documents = map(json.loads, out.stdout.splitlines())
    return {d["id"]: d for d in documents}


def miss(record, level, document):
    name = [e["name"] for e in document["entities"]].__getitem__
    return {"id": record.id, "event": record.event, "eventText": record.event_text, "text": record.text, **record.names,
            "found": ("none", *LEVELS)[level],
            "relations": [{"subject": name(r["subject"]), "predicate": r["predicate"], "class": r["class"],
                           "object": name(r["object"]), "rule": r["rule"]} for r in document["relations"]]}


def score(program, path, misses=None):
    """Prints the scores; `misses` is a file for the records that are not right."""
    everything = read(path)
    records = [r for r in everything if r.pairs]
    documents = extract(program, records)
    assert len(documents) == len(records), f"{len(documents)} documents for {len(records)}"
    count, missed = {}, []
    for record in records:
        document = documents[record.id]
        level = max((record.level(r, document["entities"]) for r in document["relations"]), default=0)
        row = count.setdefault(record.event, [0] * 4)
        row[0] += 1
        for i in range(level):
            row[i + 1] += 1
        if level < len(LEVELS):
            missed.append(miss(record, level, document))
    n, *found = (sum(column) for column in zip(*count.values()))
    print(f"PLOVER gold records: {n} scored, {len(everything) - n} skipped")
    print("  ".join(f"{k} {v}/{n} = {v / n:.3f}" for k, v in zip(LEVELS, found)))
    print(f"{'event':12}" + "".join(f"{k:>7}" for k in ("n", *LEVELS)))
    for event, row in sorted(count.items(), key=lambda c: (-c[1][0], c[0])):
        print(f"{event:12}" + "".join(f"{v:7}" for v in row))
    if misses:
        misses.write_text("".join(json.dumps(m, ensure_ascii=False) + "\n" for m in missed), encoding="utf-8")
