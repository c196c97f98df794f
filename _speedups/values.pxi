# Frozen values without their `__init__`, which takes as long as all else that is done for them.

from cpython.object cimport PyObject

cdef extern from "Python.h":
    int PyObject_GenericSetAttr(object target, object name, object value) except -1
    PyObject *PyDict_GetItem(object mapping, object key)

cdef object _new = object.__new__


cdef object shaped(object kind, tuple names, tuple values):
    """A value of a class with these attributes."""
    made = _new(kind)
    cdef Py_ssize_t i
    for i in range(len(names)):
        PyObject_GenericSetAttr(made, names[i], values[i])
    return made


def constructor(kind, tuple names, tuple keywords, tuple defaults, tuple factories, int positional):
    """Makes the values of a class that only sets these attributes; called like the class, and as fast as can be."""
    if not len(names) == len(keywords) == len(defaults) == len(factories):
        raise ValueError("each attribute has a name, a keyword, a default and a factory")
    if not 0 <= positional <= len(names):
        raise ValueError(f"0 to {len(names)} attributes may be given by their place, not {positional}")
    cdef _Constructor made = _Constructor()
    made.kind, made.names, made.keywords, made.positional = kind, names, keywords, positional
    made.defaults, made.factories = defaults, factories
    return made


cdef class _Constructor:
    """In doubt it asks the class itself, which knows what to say of wrong arguments."""

    cdef object kind
    cdef tuple names, keywords, defaults, factories
    cdef Py_ssize_t positional

    def __call__(self, *args, **kwargs):
        cdef Py_ssize_t i, given = len(args), named = len(kwargs), used = 0
        cdef PyObject *found
        if given > self.positional:
            return self.kind(*args, **kwargs)
        made = _new(self.kind)
        for i in range(len(self.names)):
            found = NULL
            if i < given:
                found = <PyObject *>args[i]
            elif used < named:
                found = PyDict_GetItem(kwargs, self.keywords[i])
                used += found != NULL
            if found != NULL:
                PyObject_GenericSetAttr(made, self.names[i], <object>found)
            elif self.factories[i] is not None:
                PyObject_GenericSetAttr(made, self.names[i], self.factories[i]())
            elif self.defaults[i] is not Ellipsis:
                PyObject_GenericSetAttr(made, self.names[i], self.defaults[i])
            else:
                return self.kind(*args, **kwargs)
        return made if used == named else self.kind(*args, **kwargs)
