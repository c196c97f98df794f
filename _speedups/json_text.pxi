# JSON texts of values: what the plain twin leaves to `json.JSONEncoder`, without a dictionary for each of our own values.

from libc.math cimport isfinite

cdef extern from "Python.h":
    int Py_EnterRecursiveCall(const char *where)
    void Py_LeaveRecursiveCall()

cdef object _quoted
from json.encoder import encode_basestring as _quoted


def json_writer(shape, layer):
    """Writes values as JSON texts; `aurarouter_core/_json_text_py.py` says how."""
    cdef _JsonWriter made = _JsonWriter()
    made.shape, made.layer = shape, layer
    return made


cdef class _JsonWriter:
    """Gathers the pieces of a text and joins them once."""

    cdef object shape, layer

    def __call__(self, value):
        cdef list pieces = []
        self.write(value, pieces)
        return "".join(pieces)

    cdef int write(self, object value, list pieces) except -1:
        cdef object kind = type(value)
        if kind is str:
            pieces.append(_quoted(value))
        elif value is None:
            pieces.append("null")
        elif kind is float:
            pieces.append(_number(value))
        elif value is True:
            pieces.append("true")
        elif value is False:
            pieces.append("false")
        elif kind is int:
            pieces.append(repr(value))
        else:
            if Py_EnterRecursiveCall(" while writing JSON"):
                return -1  # with its RecursionError set
            try:
                self.write_more(value, kind, pieces)
            finally:
                Py_LeaveRecursiveCall()
        return 0

    cdef int write_more(self, object value, object kind, list pieces) except -1:
        cdef tuple heads
        if kind is tuple or kind is list:
            return self.write_items(value, pieces)
        if kind is dict:
            return self.write_pairs(value, pieces)
        heads = self.shape(kind)
        if heads is not None:
            for head, name in heads:
                pieces.append(head)
                self.write(getattr(value, name), pieces)
            pieces.append("}" if heads else "{}")
        elif isinstance(value, str):
            pieces.append(_quoted(value))
        elif isinstance(value, int):
            pieces.append(int.__repr__(value))
        elif isinstance(value, float):
            pieces.append(_number(value))
        elif isinstance(value, list | tuple):
            return self.write_items(value, pieces)
        elif isinstance(value, dict):
            return self.write_pairs(value, pieces)
        else:
            return self.write(self.layer(value), pieces)
        return 0

    cdef int write_items(self, object items, list pieces) except -1:
        cdef object before = "["
        for item in items:
            pieces.append(before)
            self.write(item, pieces)
            before = ", "
        pieces.append("[]" if before == "[" else "]")
        return 0

    cdef int write_pairs(self, object pairs, list pieces) except -1:
        cdef object before = "{"
        for key, item in list(pairs.items()):  # at once: another thread may add to it meanwhile
            pieces.append(before)
            pieces.append(_quoted(_key(key)))
            pieces.append(": ")
            self.write(item, pieces)
            before = ", "
        pieces.append("{}" if before == "{" else "}")
        return 0


cdef str _number(object value):
    if not isfinite(<double>value):
        raise ValueError(f"{float.__repr__(value)} is no number in JSON")
    return repr(value) if type(value) is float else float.__repr__(value)


cdef object _key(object key):
    if isinstance(key, str):
        return key
    if isinstance(key, float):
        return _number(key)
    if key is True:
        return "true"
    if key is False:
        return "false"
    if key is None:
        return "null"
    if isinstance(key, int):
        return int.__repr__(key)
    raise TypeError(f"{type(key).__name__} is no key in JSON")
