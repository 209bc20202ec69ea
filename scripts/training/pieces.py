"""Word pieces, word shapes and batches of sentences of similar length."""

# Characters that print the same thing in several ways; the binary applies the same table before the
# word pieces are looked up (it is written to config.json), offsets are not touched.
REPLACEMENTS = {"‘": "'", "’": "'", "‛": "'", "ʼ": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
                "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "..."}
# The uncased vocabulary reads these as pronouns and the like.
WORDS = {"US": "U.S.", "USA": "U.S.A."}
TRANSLATE = str.maketrans(REPLACEMENTS)


def shape(word):
    """Token type id of a word: 0 no capital, 1 Title, 2 UPPER (two letters or more), 3 miXed."""
    letters = [c for c in word if c.isalpha()]
    upper = [c.isupper() for c in letters]
    if not any(upper):
        return 0
    if upper[0] and not any(upper[1:]):
        return 1
    return 2 if all(upper) else 3


class Vocabulary:
    """Word to pieces, cached; each word is looked up alone, so that pieces never cross a word."""

    def __init__(self, tokenizer):
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self.tokenizer, self.cache = tokenizer, {}
        self.unk, self.cls, self.sep, self.pad = (tokenizer.token_to_id(t) for t in ("[UNK]", "[CLS]", "[SEP]", "[PAD]"))

    def pieces(self, word):
        got = self.cache.get(word)
        if got is None:
            ids = self.tokenizer.encode(WORDS.get(word) or word.translate(TRANSLATE), add_special_tokens=False).ids
            got = self.cache[word] = ids[:12] or [self.unk]
        return got


def batches(sentences, vocabulary, budget, rng=None):
    """Lists of sentence indexes of similar length whose padded size stays within `budget` pieces."""
    length = [2 + sum(len(vocabulary.pieces(w)) for w in s.words) for s in sentences]
    order = sorted(range(len(sentences)), key=lambda i: (length[i] + (rng.random() * 3 if rng else 0), i))
    out, batch, longest = [], [], 0
    for i in order:
        longest_now = max(longest, length[i])
        if batch and longest_now * (len(batch) + 1) > budget:
            out.append(batch)
            batch, longest_now = [], length[i]
        batch.append(i)
        longest = longest_now
    if batch:
        out.append(batch)
    if rng:
        rng.shuffle(out)
    return out
