"""Words in C: how a text is cut into them, and the table that says what is known about each."""

from libc.math cimport exp, floor, sqrt
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc

cdef extern from "Python.h":
    int PyUnicode_KIND(object text)
    void *PyUnicode_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    object PyUnicode_FromKindAndData(int kind, const void *data, Py_ssize_t size)
    bint Py_UNICODE_ISALNUM(Py_UCS4 c) nogil
    bint Py_UNICODE_ISALPHA(Py_UCS4 c) nogil
    bint Py_UNICODE_ISSPACE(Py_UCS4 c) nogil
    Py_UCS4 Py_UNICODE_TOLOWER(Py_UCS4 c) nogil
    Py_UCS4 PyUnicode_READ(int kind, void *data, Py_ssize_t i) nogil

cdef extern from *:
    """
    #define FNV_SEED 14695981039346656037ULL
    #define FNV_PRIME 1099511628211ULL
    /* The folded character of a word, or 0, for all that UTF-8 writes with two bytes; filled once, at import. */
    static uint16_t LETTERS[0x800];
    """
    uint16_t LETTERS[0x800]
    const uint64_t FNV_SEED
    const uint64_t FNV_PRIME

cdef enum:
    HEAD = 4000
    TAIL = 2000
    PHRASE = 4
    SPANS = 4
    SHOWN = 2560
    VERBS = 32
    NAMED = 204800
    COLUMNS = 10  # most intents and roles together
    RELEASE = 2000  # longer texts are read without the GIL

cdef double UNIT = 25600.0
cdef double STEEP = 24.0

ctypedef fused Char:
    uint8_t
    uint16_t
    uint32_t

cdef struct Entry:
    uint64_t hash
    Py_ssize_t key, length  # in the pool; length 0 marks a free slot
    int verb, longest

cdef struct Token:
    uint64_t hash
    Py_ssize_t start, stop

cdef struct Hit:
    Py_ssize_t start, stop
    int number

cdef struct Clue:
    Py_ssize_t start, stop
    int64_t weight
    bint role

cdef struct Lexis:  # the synonyms that an Analyser knows
    Entry *slots
    uint64_t mask
    uint32_t *pool
    Py_ssize_t used  # of the pool
    int *roles  # of each synonym
    uint8_t *named  # whether it makes its role likelier


cdef inline uint32_t lower(uint32_t c) noexcept nogil:
    if c < 128:
        return c + 32 if c - 65 < 26 else c
    return 39 if c == 0x2019 else Py_UNICODE_TOLOWER(c)


cdef inline uint32_t letter(uint32_t c) noexcept nogil:
    """The folded character if it belongs to a word, else 0."""
    if c < 0x800:
        return LETTERS[c]
    if c - 0x4E00 <= 0x9FA5 - 0x4E00 or c - 0xAC00 <= 0xD7A3 - 0xAC00:  # Han and Hangul: all letters, none has a case
        return c
    return lower(c) if Py_UNICODE_ISALNUM(c) else 0


cdef fill_letters():
    cdef uint32_t c
    for c in range(0x800):
        LETTERS[c] = <uint16_t>lower(c) if Py_UNICODE_ISALNUM(c) or c == 95 else 0


fill_letters()


cdef check(str name, object value):
    if not isinstance(value, str):
        raise TypeError(f"{name}() needs a str, not {type(value).__name__}")


cpdef fold(text):
    """Lower case, one code point for one code point; a typographic apostrophe becomes a plain one."""
    check("fold", text)
    cdef Py_ssize_t i, n = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    cdef void *data = PyUnicode_DATA(text)
    cdef uint32_t c
    for i in range(n):
        c = PyUnicode_READ(kind, data, i)
        if lower(c) != c:
            break
    else:
        return text
    cdef uint32_t *out = <uint32_t *>malloc(n * sizeof(uint32_t))
    if out == NULL:
        raise MemoryError
    for i in range(n):
        out[i] = lower(PyUnicode_READ(kind, data, i))
    try:
        return PyUnicode_FromKindAndData(4, out, n)
    finally:
        free(out)


def words(text):
    """Every word as (start, end, folded): letters, digits, underscores, and an apostrophe between two of them."""
    check("words", text)
    cdef Py_ssize_t i, count, n = PyUnicode_GET_LENGTH(text)
    cdef void *data = PyUnicode_DATA(text)
    cdef Token *tokens = <Token *>malloc((n // 2 + 1) * sizeof(Token))
    if tokens == NULL:
        raise MemoryError
    try:
        if PyUnicode_KIND(text) == 1:
            count = cut(<uint8_t *>data, 0, n, tokens)
        elif PyUnicode_KIND(text) == 2:
            count = cut(<uint16_t *>data, 0, n, tokens)
        else:
            count = cut(<uint32_t *>data, 0, n, tokens)
        return [(tokens[i].start, tokens[i].stop, fold(text[tokens[i].start : tokens[i].stop])) for i in range(count)]
    finally:
        free(tokens)


cdef Py_ssize_t cut(Char *text, Py_ssize_t begin, Py_ssize_t end, Token *tokens) noexcept nogil:
    """Write down the words of a part; returns how many."""
    cdef Py_ssize_t i = begin, count = 0
    cdef uint64_t h
    cdef uint32_t c
    while i < end:
        c = letter(text[i])
        if not c:
            i += 1
            continue
        tokens[count].start = i
        h = FNV_SEED
        while c:
            h = (h ^ c) * FNV_PRIME
            i += 1
            c = letter(text[i]) if i < end else 0
            if not c and i + 1 < end and lower(text[i]) == 39 and letter(text[i + 1]):
                c = 39
        tokens[count].stop = i
        tokens[count].hash = h
        count += 1
    return count


cdef uint64_t phrase(Token *tokens, int count) noexcept nogil:
    cdef uint64_t h = tokens[0].hash
    cdef int k
    for k in range(1, count):
        h = (h ^ tokens[k].hash) * FNV_PRIME
    return h


cdef bint same(uint32_t *key, Py_ssize_t length, Char *text, Token *tokens, int count) noexcept nogil:
    """Whether a key is these words with one space between each two."""
    cdef Py_ssize_t i, at = 0
    cdef int k
    for k in range(count):
        if k:
            if at == length or key[at] != 32:
                return False
            at += 1
        for i in range(tokens[k].start, tokens[k].stop):
            if at == length or key[at] != lower(text[i]):
                return False
            at += 1
    return at == length


cdef Entry *find(Lexis *lexis, Char *text, Token *tokens, int count) noexcept nogil:
    cdef uint64_t h = phrase(tokens, count)
    cdef uint64_t at = (h ^ (h >> 32)) & lexis.mask
    while lexis.slots[at].length:
        if lexis.slots[at].hash == h and same(
            lexis.pool + lexis.slots[at].key, lexis.slots[at].length, text, tokens, count
        ):
            return &lexis.slots[at]
        at = (at + 1) & lexis.mask
    return NULL


cdef Entry *entry_of(Lexis *lexis, Char *text, Token *tokens, int count) noexcept nogil:
    """The entry of these words, made if there is none."""
    cdef Entry *entry = find(lexis, text, tokens, count)
    cdef uint64_t h = phrase(tokens, count)
    cdef uint64_t at = (h ^ (h >> 32)) & lexis.mask
    cdef Py_ssize_t i, key = lexis.used
    cdef int k
    if entry != NULL:
        return entry
    while lexis.slots[at].length:
        at = (at + 1) & lexis.mask
    for k in range(count):
        if k:
            lexis.pool[lexis.used] = 32
            lexis.used += 1
        for i in range(tokens[k].start, tokens[k].stop):
            lexis.pool[lexis.used] = lower(text[i])
            lexis.used += 1
    lexis.slots[at] = Entry(h, key, lexis.used - key, -1, 1)
    return &lexis.slots[at]


cdef int learn(Lexis *lexis, Char *text, Py_ssize_t n, Token *tokens, int verb) noexcept nogil:
    """Take in a synonym; returns how many words it has. Nothing is taken in when they are too few or too many."""
    cdef int count = <int>cut(text, 0, n, tokens)
    cdef Entry *first
    if not 1 <= count <= PHRASE:
        return count
    entry_of(lexis, text, tokens, count).verb = verb
    first = entry_of(lexis, text, tokens, 1)
    first.longest = max(first.longest, count)
    return count
