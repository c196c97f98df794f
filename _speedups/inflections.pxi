"""English inflections in C: the twin of `aurarouter_core/_inflections_py.py`, which says what they are."""

cdef enum:
    SHORTEST_WORD = 3
    LONGEST_WORD = 32


cdef bint vowel(uint32_t c) noexcept nogil:
    return c == 97 or c == 101 or c == 105 or c == 111 or c == 117


cdef void form(
    Lexis *lexis, const uint32_t *word, Py_ssize_t n, uint32_t again, const uint8_t *ending, int verb
) noexcept nogil:
    """Take in `n` letters of a word, one of them again or none, and an ending, unless that is a synonym already."""
    cdef uint32_t letters[LONGEST_WORD + 4]
    cdef Token token
    cdef Entry *entry
    cdef Py_ssize_t i
    for i in range(n):
        letters[i] = word[i]
    if again:
        letters[n] = again
        n += 1
    i = 0
    while ending[i]:
        letters[n] = ending[i]
        n += 1
        i += 1
    cut(<uint32_t *>letters, 0, n, &token)
    entry = entry_of(lexis, <uint32_t *>letters, &token, 1)
    if entry.verb < 0:
        entry.verb = verb


cdef void inflect(Lexis *lexis, Char *text, Py_ssize_t size, Token *tokens, int verb) noexcept nogil:
    """Take in the inflections of a synonym that is one English word."""
    cdef uint32_t word[LONGEST_WORD]
    cdef uint32_t last, before, third
    cdef Py_ssize_t i, n
    if cut(text, 0, size, tokens) != 1:
        return
    n = tokens[0].stop - tokens[0].start
    if not SHORTEST_WORD <= n <= LONGEST_WORD:
        return
    for i in range(n):
        word[i] = lower(text[tokens[0].start + i])
        if word[i] - 97 > 25:
            return
    last, before, third = word[n - 1], word[n - 2], word[n - 3]
    if last == 121 and not vowel(before):
        form(lexis, word, n - 1, 0, b"ies", verb)
        form(lexis, word, n - 1, 0, b"ied", verb)
    else:
        if last == 115 or last == 120 or last == 122 or (last == 104 and (before == 99 or before == 115)):
            form(lexis, word, n, 0, b"es", verb)
        else:
            form(lexis, word, n, 0, b"s", verb)
        form(lexis, word, n - (last == 101), 0, b"ed", verb)
    form(lexis, word, n - (last == 101 and before != 101 and before != 111 and before != 121), 0, b"ing", verb)
    if vowel(before) and not vowel(third) and not vowel(last) and last != 119 and last != 120 and last != 121:
        form(lexis, word, n, last, b"ed", verb)
        form(lexis, word, n, last, b"ing", verb)
