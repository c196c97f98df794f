# cython: language_level=3, boundscheck=False, wraparound=False, embedsignature=True
# cython: annotation_typing=False
"""Values as JSON text in C: the twin of the encoder in `aurarouter_core/plain.py`, for what a trace is made of.

What it does not know it leaves to the twin as a whole, so that every rule about odd values is written once.
"""

from libc.math cimport isfinite
from libc.stdio cimport snprintf
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    object PyUnicode_DecodeUTF8(const char *data, Py_ssize_t size, const char *errors)
    char *PyOS_double_to_string(double value, char code, int precision, int flags, int *kind) except NULL
    long long PyLong_AsLongLongAndOverflow(object value, int *overflow) except? -1
    void PyMem_Free(void *data)
    int Py_DTSF_ADD_DOT_0

__all__ = ["text"]

cdef enum:
    DEEPEST = 100  # what is deeper may go round in a circle, and is the twin's
    LONGEST = 40  # characters of a number at most


class Odd(Exception):
    """A value that is the twin's."""


def text(value, layer, fields):
    """A value as JSON text; None where it holds something that only the twin knows.

    Args:
        value: What is told.
        layer: Something that JSON has, in the place of a value that it hasn't.
        fields: The names of a class's fields; None where it has none.
    """
    made = _Text(layer, fields)
    try:
        made.add(value, 0)
    except Odd:
        return None
    return made.whole()


cdef dict _heads = {}  # the class → its fields: each name, and what stands before its value


cdef class _Text:
    cdef char *data
    cdef Py_ssize_t size, room
    cdef object layer, fields

    def __cinit__(self, layer, fields):
        self.data, self.size, self.room = NULL, 0, 0
        self.layer, self.fields = layer, fields

    def __dealloc__(self):
        free(self.data)

    cdef whole(self):
        return PyUnicode_DecodeUTF8(self.data, self.size, NULL)

    cdef int reserve(self, Py_ssize_t more) except -1:
        cdef char *data
        if self.size + more > self.room:
            self.room = 2 * (self.size + more) + 4096
            data = <char *>realloc(self.data, self.room)
            if data is NULL:
                raise MemoryError
            self.data = data
        return 0

    cdef int put(self, const char *data, Py_ssize_t size) except -1:
        self.reserve(size)
        memcpy(self.data + self.size, data, size)
        self.size += size
        return 0

    cdef int add(self, value, int depth) except -1:
        cdef double number
        cdef char *said
        cdef long long whole
        cdef int overflow = 0
        if value is None:
            return self.put(b"null", 4)
        if value is True:
            return self.put(b"true", 4)
        if value is False:
            return self.put(b"false", 5)
        if isinstance(value, str):
            return self.quote(value)
        kind = type(value)
        if kind is float:
            number = value
            if not isfinite(number):
                raise Odd
            said = PyOS_double_to_string(number, b"r", 0, Py_DTSF_ADD_DOT_0, NULL)
            self.reserve(LONGEST)
            self.size += snprintf(self.data + self.size, LONGEST, b"%s", said)
            PyMem_Free(said)
            return 0
        if kind is int:
            whole = PyLong_AsLongLongAndOverflow(value, &overflow)
            if overflow:
                raise Odd
            self.reserve(LONGEST)
            self.size += snprintf(self.data + self.size, LONGEST, b"%lld", whole)
            return 0
        if depth > DEEPEST:
            raise Odd
        if kind is list or kind is tuple:
            return self.items(value, depth)
        if kind is dict:
            return self.pairs(value, depth)
        if isinstance(value, (int, float, list, tuple, dict)):
            raise Odd
        heads = _heads.get(kind)
        if heads is None:
            names = self.fields(kind)
            if names is None:
                return self.add(self.layer(value), depth + 1)
            heads = tuple([(name, (", " if i else "").encode() + b'"%s": ' % name.encode()) for i, name in enumerate(names)])
            _heads[kind] = heads
        return self.members(value, <tuple>heads, depth)

    cdef int items(self, value, int depth) except -1:
        cdef bint later = False
        self.put(b"[", 1)
        for item in value:
            if later:
                self.put(b", ", 2)
            later = True
            self.add(item, depth + 1)
        return self.put(b"]", 1)

    cdef int pairs(self, dict value, int depth) except -1:
        cdef bint later = False
        self.put(b"{", 1)
        for name, item in value.items():
            if type(name) is not str:
                raise Odd
            if later:
                self.put(b", ", 2)
            later = True
            self.quote(name)
            self.put(b": ", 2)
            self.add(item, depth + 1)
        return self.put(b"}", 1)

    cdef int members(self, value, tuple heads, int depth) except -1:
        cdef bytes head
        self.put(b"{", 1)
        for name, head in heads:
            self.put(head, len(head))
            self.add(getattr(value, name), depth + 1)
        return self.put(b"}", 1)

    cdef int quote(self, value) except -1:
        cdef Py_ssize_t size, i, begun = 0
        cdef const char *said = PyUnicode_AsUTF8AndSize(value, &size)
        cdef unsigned char c
        self.reserve(size + 2)
        self.put(b'"', 1)
        for i in range(size):
            c = said[i]
            if c >= 32 and c != 34 and c != 92:
                continue
            self.put(said + begun, i - begun)
            begun = i + 1
            self.escape(c)
        self.put(said + begun, size - begun)
        return self.put(b'"', 1)

    cdef int escape(self, unsigned char c) except -1:
        if c == 34 or c == 92:
            self.put(b"\\", 1)
            return self.put(<char *>&c, 1)
        if c == 8:
            return self.put(b"\\b", 2)
        if c == 9:
            return self.put(b"\\t", 2)
        if c == 10:
            return self.put(b"\\n", 2)
        if c == 12:
            return self.put(b"\\f", 2)
        if c == 13:
            return self.put(b"\\r", 2)
        self.reserve(LONGEST)
        self.size += snprintf(self.data + self.size, LONGEST, b"\\u%04x", c)
        return 0
