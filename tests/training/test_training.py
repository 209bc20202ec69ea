"""The training code on five sentences: python -m unittest discover tests/training"""

import dataclasses
import pathlib
import sys
import tempfile
import unittest

import torch
from tokenizers import Tokenizer, models, pre_tokenizers

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"))
from training import augment, data, lemmas, loop, model, pieces, stages, teach  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
MARKED = """[[Amara Diallo|PER]] met [[Tomas Reyes|PER]] in [[Lisbon|LOC]] on Monday .
The [[Harbour Union|ORG]] accused [[Valdoria|LOC]] of cheating [[Tamil|NORP]] fishers .
[[Valdorian|NORP]] ministers will visit [[Ostrand|LOC]] next week .
Nobody answered the letter .
[[Reyes|PER]] leads the [[Coastal Bank|ORG]] .
"""
CONFIG = {"hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128, "num_hidden_layers": 2, "layer_norm_eps": 1e-12,
          "max_position_embeddings": 64, "type_vocab_size": 4}


def five():
    """The sentences with names, and the same with their trees."""
    trees = data.read_conllu(HERE / "five.conllu", "ewt")
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf8") as f:
        f.write(MARKED)
        f.flush()
        names = data.read_marked(f.name, "news_ner")
    assert [s.words for s in trees] == [s.words for s in names]
    return trees, names


def tokenizer(sentences):
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + sorted({w for s in sentences for w in s.words})
    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(known)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return made


def random_encoder(config):
    """Weights of a small BERT under BERT's names, as the encoder's file holds them."""
    torch.manual_seed(7)
    net = model.Tagger(config, {k: 2 for k in ("ner", "upos", "xpos", "lemma", "deprel")})
    return {k: v for k, v in model.bert_weights(net).items() if not k.startswith("heads.")}


def job(out, words, **epochs):
    config = CONFIG | {"vocab_size": words.get_vocab_size()}
    return stages.Job(out=pathlib.Path(out), config=config, encoder=pathlib.Path("none"), weights=random_encoder(config),
                      tokenizer=words, device=torch.device("cpu"), epochs=epochs, encoder_rate=2e-3, head_rate=4e-3, budget=120)


class Training(unittest.TestCase):
    def setUp(self):
        torch.set_num_threads(1)
        self.trees, self.names = five()
        self.words = tokenizer(self.trees)
        self.log, stages.log = stages.log, lambda line: None

    def tearDown(self):
        stages.log = self.log

    def test_three_stages_learn_five_sentences_by_heart(self):
        with tempfile.TemporaryDirectory() as out:
            sets = {"ewt": (self.trees * 4, self.trees), "news_ner": (self.names * 4, self.names)}
            checkpoint = stages.run(job(out, self.words, syntax=50, ner=40, student=40), sets, lambda: [])
            saved, _ = model.load_checkpoint(checkpoint)
        wrong = {k: v for k, v in saved["scores"].items() if v < 99.9}
        self.assertEqual(len(saved["scores"]), 6)
        self.assertEqual(wrong, {})

    def test_a_teacher_adds_what_sentences_lack(self):
        with tempfile.TemporaryDirectory() as out:
            sets = {"ewt": (self.trees * 4, self.trees), "news_ner": (self.names * 4, self.names)}
            saved, net = model.load_checkpoint(stages.run(job(out, self.words, syntax=50), sets, lambda: [], until="syntax"))
        vocabulary = pieces.Vocabulary(self.words)
        taught = teach.syntax(net, self.names, vocabulary, saved["labels"])
        for field in ("heads", "deprels", "upos", "xpos", "lemmas"):
            self.assertEqual([getattr(s, field) for s in taught], [getattr(s, field) for s in self.trees], field)
        for s in taught:
            self.assertEqual(tuple(s.soft_arcs.shape), (len(s.words), 1 + len(s.words)))
        self.assertIs(teach.syntax(net, self.trees, vocabulary, saved["labels"])[0], self.trees[0])
        named = teach.ner(net, self.trees, vocabulary)
        self.assertEqual(tuple(named[0].soft_ner.shape), (10, len(data.NER_LABELS)))
        self.assertIs(teach.ner(net, self.names, vocabulary)[0], self.names[0])

    def test_a_stage_that_was_stopped_goes_on_as_if_it_had_not_been(self):
        vocabulary = pieces.Vocabulary(self.words)
        labels = data.inventories(self.trees, min_lemma=1)
        ids = {k: {v: i for i, v in enumerate(vs)} for k, vs in labels.items()}
        config = CONFIG | {"vocab_size": self.words.get_vocab_size()}

        def run(folder, *stops):
            stage = loop.Stage("ner", {"news_ner": self.names * 3}, {"news_ner": self.names}, epochs=3, budget=40)
            for stop in [*stops, None]:
                torch.manual_seed(1)
                net = model.Tagger(config, {k: len(v) for k, v in labels.items()})
                whole = loop.train(stage, net, vocabulary, ids, pathlib.Path(folder), {"labels": labels, "config": config},
                                   torch.device("cpu"), log=lambda line: None, stop_after=stop)
                self.assertEqual(whole, stop is None)
            return net.state_dict()

        with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
            straight, stopped = run(a), run(b, 3, 7)
        for name, value in straight.items():
            self.assertTrue(torch.allclose(value, stopped[name], atol=1e-6), name)


class Labels(unittest.TestCase):
    def test_what_may_carry_several_labels_is_not_taught_as_none(self):
        allowed = data.map_crossner(None)
        self.assertEqual({data.NER_LABELS[a] for a in allowed}, {"O", "B-group", "I-group"})

    def test_marks_become_labels_of_words(self):
        _, names = five()
        tags = [data.NER_LABELS[min(a)] for a in names[1].ner]
        self.assertEqual(data.bio_spans(tags), {(1, 3, "organization"), (4, 5, "place"), (7, 8, "group")})

    def test_hyphens_are_split_and_the_name_goes_on(self):
        name = frozenset([data.NER_ID["B-person"]])
        split = data.split_hyphens(data.Sentence(words=["Abdel-Rahman", "left"], ner=[name, frozenset([0])]))
        self.assertEqual(split.words, ["Abdel", "-", "Rahman", "left"])
        self.assertEqual(data.bio_spans([data.NER_LABELS[min(a)] for a in split.ner]), {(0, 3, "person")})

    def test_standoff_marks_name_words_of_a_text_elsewhere(self):
        texts = [data.Sentence(words="nothing here".split()), data.Sentence(words="Ana Sosa of Lima".split())]
        with tempfile.NamedTemporaryFile("w", suffix=".tsv") as f:
            f.write("# a comment\n1\t0-1:PER 3-3:LOC\n0\t\n")
            f.flush()
            read = data.read_standoff(f.name, texts, "gmb")
        tags = [data.NER_LABELS[min(a)] for a in read[0].ner]
        self.assertEqual(data.bio_spans(tags), {(0, 2, "person"), (3, 4, "place")})
        self.assertEqual(read[1].ner, [frozenset([0])] * 2)

    def test_a_final_stop_is_cut_from_every_label(self):
        trees, names = five()
        whole = teach_uniform(trees[0])
        cut = augment.without_stop(whole)
        n = len(cut.words)
        self.assertEqual(n, len(whole.words) - 1)
        self.assertEqual(tuple(cut.soft_arcs.shape), (n, 1 + n))
        self.assertTrue(torch.allclose(cut.soft_arcs.float().sum(dim=1), torch.ones(n), atol=1e-2))
        self.assertEqual([len(getattr(cut, f)) for f in ("heads", "deprels", "upos", "xpos", "lemmas")], [n] * 5)

    def test_lemma_scripts_are_undone(self):
        for form, lemma in (("Ministers", "minister"), ("went", "go"), ("TALKS", "talk"), ("U.N.", "U.N."), ("has", "have"), ("a", "a")):
            self.assertEqual(lemmas.apply_lemma_script(form, lemmas.lemma_script(form, lemma)), lemma)


def teach_uniform(tree):
    n = len(tree.words)
    return dataclasses.replace(tree, soft_arcs=torch.full((n, 1 + n), 1 / (1 + n)).half())


if __name__ == "__main__":
    unittest.main()
