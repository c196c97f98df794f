# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, embedsignature=True
"""The hot path in C: the twin of `aurarouter_core/_hotpath_py.py`, which says what everything means.

Words are looked up in one open-addressing table that is built with the analyser; a pass makes one block of scratch
memory, keeps whole-number sums, and holds the GIL only while it makes the result. Imports nothing of ours.
"""

from libc.string cimport memset

__all__ = ["FEATURES", "Analyser", "fold", "words"]

FEATURES = (
    *("always", "length", "lines", "digits", "code", "maths", "ticks", "quotes", "capitals", "foreign", "questions"),
    *("words", "sentences", "names", "asks", "imperative", "interrogative"),
)

include "words.pxi"
include "passes.pxi"


cdef class Analyser:
    """A lexicon made ready for passes. Immutable, so any number of threads may share it."""

    cdef Lexis lexis
    cdef dict canonical
    cdef tuple verbs, intents, roles

    def __cinit__(self, verbs, signals, openings, features, intents, roles, levels):
        cdef Py_ssize_t columns = len(intents) + len(roles), wanted = STRUCTURE + len(roles) - 1
        self.intents = tuple(intents)
        self.roles = (*roles, *sorted(set(verbs.values()) - set(roles)))
        if not intents or not roles:
            raise ValueError("an analyser needs an intent and a role")
        if len(features) != wanted:
            raise ValueError(f"{len(features)} rows of features; {wanted} are needed")
        rows = [tuple(row) for row in (*features, *signals.values())]
        for row in rows:
            if len(row) != columns or not all([type(weight) is int and abs(weight) <= MOST for weight in row]):
                raise ValueError(f"a row has {columns} weights, whole numbers from {-MOST} to {MOST}; not {row}")
        self.canonical = {fold(synonym).strip(): role for synonym, role in verbs.items()}
        self.canonical.update({fold(role): role for role in self.roles if role})
        number = {role: i for i, role in enumerate(self.roles)}
        self.verbs = tuple([(fold(synonym).strip(), role) for synonym, role in verbs.items()])
        entries = {}
        for i, word in enumerate(signals):
            entries.setdefault(word, [-1, -1, 0, 1])[0] = i
        for word, kind in openings.items():
            entries.setdefault(word, [-1, -1, 0, 1])[2] = 1 if kind == "imperative" else 2
        for i, (synonym, _) in enumerate(self.verbs):
            parts = [word for _, _, word in words(synonym)]
            if not 1 <= len(parts) <= PHRASE:
                raise ValueError(f"synonym {synonym!r} has {len(parts)} words; 1 to {PHRASE} are possible")
            entries.setdefault(" ".join(parts), [-1, -1, 0, 1])[1] = i
            first = entries.setdefault(parts[0], [-1, -1, 0, 1])
            first[3] = max(len(parts), first[3])
        self.lexis.intents, self.lexis.roles, self.lexis.columns = len(intents), len(roles), columns
        self.lexis.measures, self.lexis.known, self.lexis.steps = wanted, len(signals), len(levels)
        self.fill(rows, [number[role] for _, role in self.verbs], [float(level) for level in levels], entries)

    cdef fill(self, list rows, list named, list levels, dict entries):
        """Copy everything into C."""
        cdef Py_ssize_t i, j, room = 4, at = 0
        cdef Lexis *lexis = &self.lexis
        while room < 2 * len(entries):
            room *= 2
        lexis.mask = room - 1
        lexis.slots = <Entry *>calloc(room, sizeof(Entry))
        lexis.pool = <uint32_t *>calloc(sum([len(key) for key in entries]) + 1, sizeof(uint32_t))
        lexis.features = <int *>calloc(len(rows) * lexis.columns, sizeof(int))
        lexis.named = <int *>calloc(len(named) + 1, sizeof(int))
        lexis.levels = <double *>calloc(len(levels) + 1, sizeof(double))
        if not (lexis.slots and lexis.pool and lexis.features and lexis.named and lexis.levels):
            raise MemoryError
        lexis.signals = lexis.features + lexis.measures * lexis.columns
        for i, row in enumerate(rows):
            for j, weight in enumerate(row):
                lexis.features[i * lexis.columns + j] = weight
        for i, role in enumerate(named):
            lexis.named[i] = role
        for i, level in enumerate(levels):
            lexis.levels[i] = level
        for lane, kind in enumerate(_CLASSES):
            for character in kind:
                lexis.lanes[character] = <uint64_t>1 << (8 * lane)
        for key, entry in entries.items():
            for j, character in enumerate(key):
                lexis.pool[at + j] = ord(character)
            self.place(at, len(key), entry)
            at += len(key)

    cdef place(self, Py_ssize_t key, Py_ssize_t length, list entry):
        """Put one entry into the table. What isn't one to four words can never be found, and is left out."""
        cdef Token *tokens = <Token *>malloc((length // 2 + 1) * sizeof(Token))
        if tokens == NULL:
            raise MemoryError
        cdef Py_ssize_t count = cut(self.lexis.pool + key, 0, length, tokens)
        cdef uint64_t at, h = phrase(tokens, count) if 1 <= count <= PHRASE else 0
        free(tokens)
        if not 1 <= count <= PHRASE:
            return
        at = (h ^ (h >> 32)) & self.lexis.mask
        while self.lexis.slots[at].length:
            at = (at + 1) & self.lexis.mask
        self.lexis.slots[at] = Entry(h, key, length, entry[0], entry[1], entry[2], entry[3])

    def __dealloc__(self):
        free(self.lexis.slots)
        free(self.lexis.pool)
        free(self.lexis.features)
        free(self.lexis.named)
        free(self.lexis.levels)

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
        cdef Lexis *lexis = &self.lexis
        cdef Scratch found
        cdef Py_ssize_t n = PyUnicode_GET_LENGTH(text), scores = lexis.columns + VERBS
        cdef size_t zeros = (lexis.measures + scores) * sizeof(int64_t) + (lexis.known + 7) // 8 * 8
        cdef size_t others = scores * sizeof(double) + lexis.known * sizeof(Hit)
        cdef int kind = PyUnicode_KIND(text)
        cdef void *data = PyUnicode_DATA(text)
        cdef char *block = <char *>malloc(zeros + others + (min(n, HEAD + TAIL) // 2 + 4) * sizeof(Token))
        if block == NULL:
            raise MemoryError
        memset(block, 0, zeros)
        found.values = <int64_t *>block
        found.scores = found.values + lexis.measures
        found.seen = <uint8_t *>(found.scores + scores)
        found.chances = <double *>(block + zeros)
        found.hits = <Hit *>(found.chances + scores)
        found.tokens = <Token *>(found.hits + lexis.known)
        found.hit_count = found.verb_count = 0
        try:
            if n > RELEASE:
                with nogil:
                    choose_kind(lexis, kind, data, n, &found)
            else:
                choose_kind(lexis, kind, data, n, &found)
            return self.weigh(&found)
        finally:
            free(block)

    cdef tuple weigh(self, Scratch *found):
        """Turn sums into probabilities, and choose."""
        cdef Lexis *lexis = &self.lexis
        cdef Clue clues[SPANS]
        cdef int custom[VERBS]
        cdef Py_ssize_t i, j, best, role, intent, roles = lexis.roles
        cdef int count = 0, own, level = 1
        cdef int64_t *scores = found.scores + lexis.intents
        cdef double *chances = found.chances + lexis.intents
        cdef double complexity
        cdef Hit *hit
        for i in range(found.verb_count):
            role = lexis.named[found.verbs[i].number]
            if role < lexis.roles:
                continue
            for j in range(lexis.roles, roles):
                if custom[j - lexis.roles] == role:
                    break
            else:
                custom[roles - lexis.roles] = role
                scores[roles] = NAMED * ONE
                roles += 1
        intent = softmax(found.scores, lexis.intents, found.chances)
        best = softmax(scores, roles, chances)
        role = best if best < lexis.roles else custom[best - lexis.roles]
        own = NAMED
        if best < lexis.roles:
            own = lexis.features[(STRUCTURE - 1 + role) * lexis.columns + lexis.intents + role]
        for i in range(found.verb_count):
            hit = &found.verbs[i]
            if role and lexis.named[hit.number] == role:
                count = keep(Clue(hit.start, hit.stop, own, True), clues, count)
        for i in range(found.hit_count):
            hit = &found.hits[i]
            count = keep(Clue(hit.start, hit.stop, lexis.signals[hit.number * lexis.columns + intent], False), clues, count)
        by_place(clues, count)
        complexity = <double>log(found.length) / 2048.0 + (1.0 - found.chances[0])
        for i in range(lexis.steps):
            level += lexis.levels[i] <= complexity
        what = self.intents[intent]
        who = self.roles[role]
        return (
            what,
            found.chances[intent],
            {self.intents[i]: found.chances[i] for i in range(lexis.intents)},
            who,
            chances[best],
            complexity,
            level,
            tuple([self.verbs[found.verbs[i].number] for i in range(found.verb_count)]),
            (),
            tuple([(clues[i].start, clues[i].stop, who if clues[i].role else what, clues[i].weight / 100.0) for i in range(count)]),
        )
