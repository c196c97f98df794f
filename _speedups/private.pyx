# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, embedsignature=True, infer_types=True
# cython: annotation_typing=False
"""The scan for private data in C: the twin of `aurarouter_core/detection/plain.py`.

The rules themselves are not here: `setup.py` makes `scan.pxi` out of the plain modules, so that each is written once.
This adds what differs in C: reading a text where it lies, the bytes of its characters, the memory for findings.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memchr, memset

import math

cdef extern from "Python.h":
    int PyUnicode_KIND(object text)
    void *PyUnicode_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    bint PyUnicode_IS_ASCII(object text)
    Py_UCS4 PyUnicode_READ(int kind, void *data, Py_ssize_t i) nogil
    Py_UCS4 Py_UNICODE_TOLOWER(Py_UCS4 c) nogil

__all__ = ["Pattern", "Scanner"]

ctypedef fused Char:
    uint8_t
    uint16_t
    uint32_t

cdef extern from "naming.h" nogil:
    enum: BLOCK, KEPT
    ctypedef struct Naming:
        int64_t block[16]
        uint64_t at[16]
        uint32_t rules[16]
        uint16_t named[16][64]
    uint64_t like_names(const uint8_t *s, int64_t n, int64_t block, int bytes_at_once, const uint8_t *lengths, uint8_t *sizes)
    int of_hosts(const uint8_t *s)
    int LOWEST(uint64_t bits)

cdef extern from "narrow.h" nogil:
    enum: MANY_OTHERS
    int count_of(uint64_t bits)
    uint64_t narrow_1(const uint8_t *c, uint8_t *s)
    uint64_t narrow_2(const uint16_t *c, uint8_t *s)
    uint64_t narrow_4(const uint32_t *c, uint8_t *s)

cdef extern from "invisible.h" nogil:
    enum: NOTHING
    int64_t leave_out(uint8_t *s, int64_t n, int64_t first, uint32_t *places, const uint8_t *sides, uint32_t *seams, int64_t *count)
    int64_t put_back(uint8_t *s, int64_t n, uint32_t *places, const uint32_t *seams, int64_t count)

cdef extern from "sieve.h" nogil:
    enum: LOOK_BACK, AT_ONCE, WINDOWS
    uint64_t IN_WINDOW
    ctypedef struct Sieve:
        int64_t first, end, from_ "from", to, dense, near_from, near_to, lent, count
        uint64_t each[4]
        uint64_t wakes
        uint32_t near, told
        int bytes_at_once
        Naming naming
    ctypedef struct Planes:
        pass
    ctypedef struct FourPlanes:
        pass
    void read_window(const uint8_t *s, int64_t n, int64_t at, int bytes_at_once, Planes *planes)
    void read_windows(const uint8_t *s, int64_t n, int64_t at, FourPlanes *planes)
    uint64_t sift_of_one(Planes *planes, uint32_t told, bint any, uint64_t *headings, uint64_t *stops, bint *numbers)
    uint64_t sift_numbers_of_one(Planes *planes, uint32_t told, uint32_t named)
    void sift_four(FourPlanes *planes, uint32_t told, bint any, uint64_t *wakes, uint64_t *headings, uint64_t *stops, bint *numbers)
    void sift_four_numbers(FourPlanes *planes, uint32_t told, uint32_t named, uint64_t *wakes)
    int BYTES_AT_ONCE()

cdef struct Text:
    int kind
    void *data
    uint32_t *places  # of the characters that are looked at; NULL when all are

cdef enum:
    SMALLEST = 4  # no finding is shorter, and no two overlap
    RELEASE = 2000  # longer texts are read without the GIL
    SPARE = 128  # bytes behind a text, which are 0

_MOST = 0xFFFFFFFF  # characters, of which some may have no width


cdef inline Py_ssize_t raw(Text text, Py_ssize_t i) noexcept nogil:
    return PyUnicode_READ(text.kind, text.data, text.places[i] if text.places else i)


cdef inline Py_ssize_t point(Text text, Py_ssize_t i) noexcept nogil:
    cdef uint32_t c = PyUnicode_READ(text.kind, text.data, text.places[i] if text.places else i)
    if c < 128:
        return c + 32 if 65 <= c <= 90 else c
    return Py_UNICODE_TOLOWER(c)


include "scan.pxi"
include "folding.pxi"
include "naming.pxi"
include "waking.pxi"


cdef bint work(Text text, bint plain, Py_ssize_t n, const uint8_t *plane, uint8_t *room, int64_t *program, bint pattern, int bytes_at_once, int64_t *out) noexcept nogil:
    """Turn a text into bytes, unless it is ASCII already, leave out what has no width, and look through the rest.

    False when memory is short.
    """
    cdef uint8_t *first = NULL
    cdef Py_ssize_t at
    cdef bint right
    if plain:
        return look_through(text, <const uint8_t *>text.data, n, program, pattern, bytes_at_once, out)
    if text.kind == 1:
        fold(<uint8_t *>text.data, n, plane, room)
    elif text.kind == 2:
        fold(<uint16_t *>text.data, n, plane, room)
    else:
        fold(<uint32_t *>text.data, n, plane, room)
    if not pattern or program[WHOLE] == 0:
        first = <uint8_t *>memchr(room, NOTHING, n)
    if first == NULL:
        return look_through(text, room, n, program, pattern, bytes_at_once, out)
    memset(room + n, 0, SPARE)
    text.places = <uint32_t *>malloc((n + SPARE + n // 2 + 1) * sizeof(uint32_t))
    if text.places == NULL:
        return False
    right = look_through(text, room, see(room, n, first - room, text.places), program, pattern, bytes_at_once, out)
    for at in range(FOUND, FOUND + 3 * out[COUNT], 3):
        out[at + 1] = text.places[out[at + 1]]
        out[at + 2] = text.places[out[at + 2] - 1] + 1
    free(text.places)
    return right


cdef Py_ssize_t see(uint8_t *s, Py_ssize_t n, Py_ssize_t first, uint32_t *places) noexcept nogil:
    """Leave out what has no width from the `first` one on, but for those that part a number from a word. Returns how many
    characters are left."""
    cdef uint32_t *seams = places + n + SPARE
    cdef int64_t count = 0, k, parting = 0
    n = leave_out(s, n, first, places, SIDES, seams, &count)
    for k in range(count):
        if parted(s, seams[k], n):
            seams[parting] = seams[k]
            parting += 1
    return put_back(s, n, places, seams, parting)


cdef bint look_through(Text text, const uint8_t *s, Py_ssize_t n, int64_t *program, bint pattern, int bytes_at_once, int64_t *out) noexcept nogil:
    """Look for what the built-in rules are about, or a pattern; False when memory is short."""
    cdef Sieve sieve
    cdef int64_t *ways
    if not pattern:
        out[SIEVE] = <int64_t>&sieve
        start_sieve(&sieve, bytes_at_once)
        scan(text, s, n, program, out)
    elif matches(text, s, n, program):
        ways = <int64_t *>malloc(n * sizeof(int64_t))
        if ways == NULL:
            return False
        cover(text, s, n, program, ways, out)
        free(ways)
    return True


cdef class _Looking:
    """What both share: the numbers that they were given, and how a text is looked through."""

    cdef int64_t *numbers
    cdef object given
    cdef bytes plane
    cdef bint pattern

    def __cinit__(self, plane, numbers):
        numbers = list(numbers)
        self.given = plane
        self.numbers = <int64_t *>calloc(len(numbers) + 1, sizeof(int64_t))
        if self.numbers == NULL:
            raise MemoryError
        for i, number in enumerate(numbers):
            self.numbers[i] = number

    def __dealloc__(self):
        free(self.numbers)

    cdef list look(self, text, Py_ssize_t most, Py_ssize_t spare):
        if not isinstance(text, str):
            raise TypeError(f"scan() needs a str, not {type(text).__name__}")
        cdef int64_t fixed[FOUND + 3 * 32]
        cdef Py_ssize_t i, n = PyUnicode_GET_LENGTH(text), room = most if most >= 0 else n // SMALLEST + 1
        cdef Py_ssize_t size = FOUND + 3 * (room + spare)
        cdef bint plain = PyUnicode_IS_ASCII(text), pattern = self.pattern, right
        cdef const uint8_t *plane = NULL
        cdef uint8_t *space = NULL
        cdef int64_t *out = fixed
        cdef int64_t *numbers = self.numbers
        cdef Text where
        where.kind = PyUnicode_KIND(text)
        where.data = PyUnicode_DATA(text)
        where.places = NULL
        if not plain:
            if self.plane is None:
                self.plane = self.given()
            plane = self.plane
            if n > _MOST:
                raise OverflowError(f"no text of more than {_MOST:,} characters can be scanned")
            space = <uint8_t *>malloc(n + SPARE)
        if size > FOUND + 3 * 32:
            out = <int64_t *>malloc(size * sizeof(int64_t))
        try:
            if out == NULL or (space == NULL and not plain):
                raise MemoryError
            for i in range(FOUND):
                out[i] = 0
            out[ROOM] = room
            if n > RELEASE:
                with nogil:
                    right = work(where, plain, n, plane, space, numbers, pattern, BYTES_AT_ONCE(), out)
            else:
                right = work(where, plain, n, plane, space, numbers, pattern, BYTES_AT_ONCE(), out)
            if not right:
                raise MemoryError
            return [(out[FOUND + 3 * i], out[FOUND + 3 * i + 1], out[FOUND + 3 * i + 2]) for i in range(out[COUNT])]
        finally:
            free(space)
            if out != fixed:
                free(out)


cdef class Scanner(_Looking):
    """Finds what the built-in rules are about."""

    def __init__(self, plane, marks):
        self.pattern = False

    def scan(self, text, most=-1):
        """Every finding as (rule, start, end), in order."""
        return self.look(text, most, 32)


cdef class Pattern(_Looking):
    """Finds what one pattern of the user's matches."""

    def __init__(self, plane, program):
        self.pattern = True

    def scan(self, text, most=-1):
        """Every match as (0, start, end), in order; matches that touch are one."""
        return self.look(text, most if most >= 0 else len(text), 0)
