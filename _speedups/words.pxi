"""Words in C: how a text is cut into them."""

from libc.math cimport exp, floor, sqrt
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

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
    NAMED = 256000
    COLUMNS = 10  # most intents and roles together
    RELEASE = 2000  # longer texts are read without the GIL

cdef double UNIT = 25600.0
cdef double STEEP = 24.0

ctypedef fused Char:
    uint8_t
    uint16_t
    uint32_t

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
