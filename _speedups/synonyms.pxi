"""Taking in the synonyms: each as a phrase, its first word as the beginning of one, and its inflections."""


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


cdef learned(Lexis *lexis, list synonyms):
    """Fill an empty table."""
    cdef Py_ssize_t i, n, most = 0, total = 0
    cdef int count, kind
    cdef void *data
    cdef Token *tokens
    for synonym in synonyms:
        n = len(synonym)
        total, most = total + n, max(most, n)
    reserve(lexis, 7 * len(synonyms), 7 * total + 20 * len(synonyms), len(synonyms))  # five inflections, at most
    tokens = <Token *>malloc((most // 2 + 1) * sizeof(Token))
    if tokens == NULL:
        raise MemoryError
    try:
        for i, synonym in enumerate(synonyms):
            n, kind, data = PyUnicode_GET_LENGTH(synonym), PyUnicode_KIND(synonym), PyUnicode_DATA(synonym)
            if kind == 1:
                count = learn(lexis, <uint8_t *>data, n, tokens, <int>i)
            elif kind == 2:
                count = learn(lexis, <uint16_t *>data, n, tokens, <int>i)
            else:
                count = learn(lexis, <uint32_t *>data, n, tokens, <int>i)
            if not 1 <= count <= PHRASE:
                folded = fold(synonym).strip()
                raise ValueError(f"synonym {folded!r} has {count} words; 1 to {PHRASE} are possible")
        for i, synonym in enumerate(synonyms):  # now, since a synonym of its own comes first
            n, kind, data = PyUnicode_GET_LENGTH(synonym), PyUnicode_KIND(synonym), PyUnicode_DATA(synonym)
            if kind == 1:
                inflect(lexis, <uint8_t *>data, n, tokens, <int>i)
            elif kind == 2:
                inflect(lexis, <uint16_t *>data, n, tokens, <int>i)
            else:
                inflect(lexis, <uint32_t *>data, n, tokens, <int>i)
    finally:
        free(tokens)
