# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, embedsignature=True
"""The hot path in C: the twin of `aurarouter_core/_hotpath_py.py`, which says what everything means.

Synonyms are in one open-addressing table that is built with the analyser, or comes from one that was built before; the
classifier's table stays in the file that it is mapped from. A pass makes one block of scratch memory, keeps
whole-number sums, and holds the GIL only while it makes the result. Imports nothing of ours.
"""

from cpython.buffer cimport PyBUF_SIMPLE, Py_buffer, PyBuffer_Release, PyObject_GetBuffer

__all__ = ["WIDTH", "Analyser", "constructor", "fold", "grams", "json_writer", "words"]

include "words.pxi"
include "lexis.pxi"
include "inflections.pxi"
include "synonyms.pxi"
include "grams.pxi"
include "fits.pxi"
include "passes.pxi"
include "choice.pxi"
include "values.pxi"
include "json_text.pxi"

globals()["WIDTH"] = WIDTH

cdef tuple _ANALYSIS = (
    *("intent", "confidence", "probabilities", "role", "role_confidence", "complexity", "level", "verbs"),
    *("findings", "spans"),
)
cdef tuple _SPAN = ("start", "end", "what", "weight")
cdef tuple _FINDING = ("rule", "start", "end")


def grams(text, head, tail):
    """What the classifier counts in a text, as 32-bit hashes in no useful order."""
    check("grams", text)
    if not 0 <= head <= 1_000_000 or not 0 <= tail <= 1_000_000:
        raise ValueError(f"head and tail are 0 to 1,000,000 characters, not {head} and {tail}")
    cdef Model model
    cdef Scratch found
    cdef Py_ssize_t n = PyUnicode_GET_LENGTH(text), i
    memset(&model, 0, sizeof(Model))
    memset(&found, 0, sizeof(Scratch))
    model.head, model.tail = head, tail
    model.table, model.shift = NO_ROWS, 31
    found.counted.hashes = <uint32_t *>malloc((5 * min(n, model.head + model.tail) + 16) * sizeof(uint32_t))
    if found.counted.hashes == NULL:
        raise MemoryError
    try:
        choose_kind(NULL, &model, PyUnicode_KIND(text), PyUnicode_DATA(text), n, &found)
        return sorted([found.counted.hashes[i] for i in range(found.counted.hash_count)])
    finally:
        free(found.counted.hashes)


cdef class Analyser:
    """Words and a classifier made ready for passes. Immutable, so any number of threads may share it."""

    cdef Lexis lexis
    cdef Model model
    cdef Py_buffer buffer
    cdef bint held
    cdef readonly bint built
    cdef uint16_t *near
    cdef int16_t *likeness
    cdef int64_t scales[COLUMNS]
    cdef int64_t biases[COLUMNS]
    cdef double thresholds[MANY]
    cdef double one, length, fades, within
    cdef double parts[COLUMNS]
    cdef double *levels
    cdef Py_ssize_t split, known, steps
    cdef dict canonical
    cdef tuple folded, intents, roles, alike

    def __cinit__(self, verbs, named, model, likeness, kept=None):
        cdef Py_buffer view
        fits(model, likeness)
        PyObject_GetBuffer(model.table, &view, PyBUF_SIMPLE)
        self.model.table = <const int8_t *>view.buf
        owner = memoryview(model.table).obj  # not the view: Python may clear that one before us, and then it crashes
        PyBuffer_Release(&view)
        PyObject_GetBuffer(owner, &self.buffer, PyBUF_SIMPLE)
        self.held = True
        self.intents = tuple(model.intents)
        self.roles = (*model.roles, *sorted(set(verbs.values()) - set(model.roles)))
        self.split, self.known = len(model.intents), len(model.roles)
        self.folded = tuple([fold(synonym).strip() for synonym in verbs])
        self.canonical = dict(zip(self.folded, verbs.values()))
        self.canonical.update({fold(role): role for role in self.roles if role})
        self.fill(verbs, frozenset(named), kept)
        self.adopt(model)
        self.liken(likeness)

    cdef fill(self, dict verbs, frozenset own, kept):
        """Make the table of synonyms, from what was kept of it if that can be."""
        cdef Py_buffer view
        cdef Py_ssize_t i = 0
        cdef dict number = {role: i for i, role in enumerate(self.roles)}
        self.built = True
        if kept is not None:
            PyObject_GetBuffer(kept, &view, PyBUF_SIMPLE)
            try:
                self.built = not restored(&self.lexis, <const char *>view.buf, view.len, len(verbs))
            finally:
                PyBuffer_Release(&view)
        if self.built:
            learned(&self.lexis, list(verbs))
        for synonym, role in verbs.items():
            self.lexis.roles[i], self.lexis.named[i] = <int>number[role], synonym in own
            i += 1

    cdef adopt(self, model):
        """Take over the numbers of a model; `fits` has checked them."""
        cdef Py_ssize_t i
        self.model.shift, self.model.wide = 32 - <int>model.bits, WIDE_ROWS()
        self.model.head, self.model.tail = model.head, model.tail
        for i in range(self.split + self.known):
            self.scales[i], self.biases[i] = model.scales[i], model.biases[i]
        self.length, self.fades, self.within = model.length, model.fades, model.within
        for i in range(self.split):
            self.parts[i] = model.parts[i]
        self.steps = len(model.levels)
        self.levels = <double *>calloc(self.steps + 1, sizeof(double))
        if self.levels == NULL:
            raise MemoryError
        for i in range(self.steps):
            self.levels[i] = model.levels[i]

    cdef liken(self, likeness):
        """Copy the intents that are made of examples: an index of rows, and a compact table."""
        cdef Py_ssize_t i, j, kinds = len(likeness.names)
        self.alike = tuple(likeness.names)
        self.one = likeness.one
        if not kinds:
            return
        for j in range(kinds):
            self.thresholds[j] = likeness.thresholds[j]
        self.near = <uint16_t *>calloc(<size_t>1 << (32 - self.model.shift), sizeof(uint16_t))
        self.likeness = <int16_t *>calloc((len(likeness.weights) + 1) * kinds, sizeof(int16_t))
        if self.near == NULL or self.likeness == NULL:
            raise MemoryError
        for i, (row, weights) in enumerate(likeness.weights.items(), 1):
            self.near[<size_t>row] = i
            for j in range(kinds):
                self.likeness[i * kinds + j] = weights[j]
        self.model.near, self.model.likeness, self.model.kinds = self.near, self.likeness, kinds

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.buffer)
        release(&self.lexis)
        free(self.levels)
        free(self.near)
        free(self.likeness)

    def table(self):
        """The synonyms' table, for `kept` of another analyser of the same synonyms."""
        return kept(&self.lexis)

    def resolve(self, word):
        """The role that a synonym (or a role's own name) stands for, or None."""
        check("resolve", word)
        role = self.canonical.get(word)
        if role is not None:
            return role
        cdef Py_ssize_t last = PyUnicode_GET_LENGTH(word) - 1
        cdef int kind = PyUnicode_KIND(word)
        cdef void *data = PyUnicode_DATA(word)
        plain = word
        if last >= 0 and (
            Py_UNICODE_ISSPACE(PyUnicode_READ(kind, data, 0)) or Py_UNICODE_ISSPACE(PyUnicode_READ(kind, data, last))
        ):
            plain = word.strip()
        plain = fold(plain)
        return None if plain is word else self.canonical.get(plain)

    def analyse(self, text):
        """One pass over a text."""
        check("analyse", text)
        cdef Scratch found
        cdef Py_ssize_t n = PyUnicode_GET_LENGTH(text)
        cdef size_t tokens = (min(n, HEAD + TAIL) // 2 + 4) * sizeof(Token)
        cdef size_t units = (min(n, self.model.head + self.model.tail) // 2 + 4) * sizeof(Unit)
        cdef int kind = PyUnicode_KIND(text)
        cdef void *data = PyUnicode_DATA(text)
        cdef char *block = <char *>malloc(tokens + units)
        if block == NULL:
            raise MemoryError
        memset(&found.counted, 0, sizeof(Counted))
        found.tokens = <Token *>block
        found.counted.units = <Unit *>(block + tokens)
        found.verb_count = 0
        try:
            if n > RELEASE:
                with nogil:
                    choose_kind(&self.lexis, &self.model, kind, data, n, &found)
            else:
                choose_kind(&self.lexis, &self.model, kind, data, n, &found)
            return weigh(self, &found)
        finally:
            free(block)

    def value(self, text, analysis, finding, span):
        """One pass over a text, as the values that these classes make."""
        cdef tuple raw = self.analyse(text)
        found = tuple([shaped(finding, _FINDING, each) for each in <tuple>raw[8]]) if raw[8] else ()
        why = tuple([shaped(span, _SPAN, each) for each in <tuple>raw[9]])
        return shaped(analysis, _ANALYSIS, (*raw[:8], found, why))
