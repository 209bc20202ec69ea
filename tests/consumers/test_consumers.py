"""Graphs read back by programs that people load them into: NetworkX, and Oxigraph's own server and command line.

TIDINGS names the program that is tested, OXIGRAPH Oxigraph's (pip install -r tests/consumers/requirements.txt).
"""

import csv
import io
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import networkx

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIDINGS = pathlib.Path(os.environ.get("TIDINGS", ROOT / "target/debug/tidings")).resolve()
OXIGRAPH = os.environ.get("OXIGRAPH", str(pathlib.Path(sys.executable).with_name("oxigraph")))

COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?fact a <urn:tidings:vocabulary:Fact> }"
GRAPH = "urn:tidings:graph"


def tidings(*args, code=0):
    done = subprocess.run([TIDINGS, *map(str, args)], capture_output=True, text=True)
    assert done.returncode == code, f"{args}: {done.returncode}\n{done.stderr}"
    return done


class Consumers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.at = pathlib.Path(cls.folder.name)
        cls.documents = cls.at / "documents.jsonl"
        tidings("extract", ROOT / "data/examples", "-o", cls.documents, "-q")
        lines = cls.at / "graph.jsonl"
        tidings("graph", cls.documents, "-o", lines, "-q")
        parts = [json.loads(line) for line in lines.read_text().splitlines()]
        cls.entities = {part["id"]: part for part in parts if part["type"] == "entity"}
        cls.facts = {part["id"]: part for part in parts if part["type"] == "fact"}

    def test_networkx_reads_graphml(self):
        path = self.at / "graph.graphml"
        tidings("graph", self.documents, "-o", path, "-q")
        graph = networkx.read_graphml(path, force_multigraph=True)
        self.assertTrue(graph.is_directed())
        self.assertEqual(set(graph), set(self.entities))
        for name, data in graph.nodes(data=True):
            entity = self.entities[name]
            self.assertEqual(data["name"], entity["name"])
            self.assertEqual(data["kind"], entity["kind"])
            self.assertEqual(data.get("uri"), entity["uri"])
            self.assertEqual(data["documents"], entity["n_documents"])
        edges = {key: (a, b, data) for a, b, key, data in graph.edges(keys=True, data=True)}
        self.assertEqual(set(edges), set(self.facts))
        for key, (a, b, data) in edges.items():
            fact = self.facts[key]
            self.assertEqual((a, b), (fact["subject"], fact["object"]))
            for attribute, field in [("predicate", "predicate"), ("polarity", "polarity"), ("time", "time"),
                                     ("symmetric", "symmetric"), ("confidence", "confidence"), ("sources", "n_sources")]:
                self.assertEqual(data.get(attribute), fact[field])

    def test_oxigraph_loads_the_files(self):
        for name, options in [("graph.nq", []), ("graph.ttl", []), ("terms.nq", ["--reification", "triple-terms"]),
                              ("terms.ttl", ["--reification", "triple-terms"])]:
            with self.subTest(name, options=options):
                path = self.at / name
                tidings("graph", self.documents, "-o", path, "-q", *options)
                store = self.at / f"{name}-store"
                subprocess.run([OXIGRAPH, "load", "--location", store, "--file", path], check=True, capture_output=True)
                self.assertEqual(self.local(store, COUNT), [[str(len(self.facts))]])

    def test_a_server_gets_the_graph(self):
        with Server() as server:
            store = f"{server.url}/store"
            for _ in range(2):
                tidings("graph", "load", self.documents, "--endpoint", store)
                self.assertEqual(server.ask(COUNT, GRAPH), [[str(len(self.facts))]])
            size = server.ask("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }", GRAPH)
            nquads = tidings("graph", self.documents, "-o", "-", "-q").stdout
            self.assertEqual(size, [[str(len(set(nquads.splitlines())))]])

            # Fewer documents take the place of all.
            one = self.at / "one.jsonl"
            one.write_text(self.documents.read_text().splitlines()[0] + "\n")
            tidings("graph", "load", one, "--endpoint", store, "--graph", "urn:another")
            tidings("graph", "load", one, "--endpoint", store)
            self.assertLess(int(server.ask(COUNT, GRAPH)[0][0]), len(self.facts))
            self.assertEqual(server.ask(COUNT, GRAPH), server.ask(COUNT, "urn:another"))
            self.assertEqual(server.ask(COUNT), [["0"]])
            tidings("graph", "load", one, "--endpoint", store, "--default-graph")
            self.assertEqual(server.ask(COUNT), server.ask(COUNT, GRAPH))

            refused = tidings("graph", "load", one, "--endpoint", f"{server.url}/no/such", code=2)
            self.assertIn("the server answers 40", refused.stderr)

    def test_oxigraph_opens_the_store(self):
        store = self.at / "store"
        tidings("graph", "load", self.documents, "--store", store)
        # Only with the feature rocksdb is the folder one of Oxigraph's.
        if (store / "CURRENT").exists():
            self.assertEqual(self.local(store, COUNT), [[str(len(self.facts))]])
        answer = tidings("graph", "query", "--store", store, COUNT, "--format", "csv").stdout
        self.assertEqual(rows(answer), [[str(len(self.facts))]])

    def local(self, store, query):
        done = subprocess.run([OXIGRAPH, "query", "--location", store, "--query", query, "--results-format", "csv"],
                              check=True, capture_output=True, text=True)
        return rows(done.stdout)


def rows(text):
    return list(csv.reader(io.StringIO(text)))[1:]


class Server:
    """Oxigraph's server on a free port, in memory."""

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.process = subprocess.Popen([OXIGRAPH, "serve", "--bind", self.url.removeprefix("http://")],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            try:
                self.ask("ASK {}")
                return self
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        self.process.kill()
        raise AssertionError("the server does not start")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def ask(self, query, graph=None):
        fields = {"query": query} | ({"default-graph-uri": graph} if graph else {})
        request = urllib.request.Request(f"{self.url}/query", urllib.parse.urlencode(fields).encode(),
                                         {"Accept": "text/csv"})
        with urllib.request.urlopen(request) as response:
            return rows(response.read().decode())


if __name__ == "__main__":
    unittest.main()
