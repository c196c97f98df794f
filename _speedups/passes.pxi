"""One pass in C, free of the GIL: find the synonyms, and count."""

cdef void note(Lexis *lexis, Token *token, int count, int verb, Scratch *found) noexcept nogil:
    """Note a synonym: `count` words from `token` on."""
    cdef Py_ssize_t i
    for i in range(found.verb_count):
        if found.verbs[i].number == verb:
            return
    if found.verb_count < VERBS:
        found.verbs[found.verb_count] = Hit(token.start, token[count - 1].stop, verb)
        found.verb_count += 1


cdef void search(Lexis *lexis, Char *text, Py_ssize_t begin, Py_ssize_t end, Scratch *found) noexcept nogil:
    """Look for synonyms in the head and the tail of a text."""
    cdef Py_ssize_t head = end, tail = end, count, i, free_from = 0
    cdef Token *tokens = found.tokens
    cdef Entry *entry
    cdef Entry *longer
    cdef int k
    if end - begin > HEAD + TAIL:
        head = begin + HEAD
        tail = end - TAIL
        while head > begin and letter(text[head - 1]) and letter(text[head]):
            head -= 1
        while tail < end and letter(text[tail - 1]) and letter(text[tail]):
            tail += 1
    count = cut(text, begin, head, tokens)
    tokens[count] = Token(0, head, head)  # the empty word keeps phrases inside a part
    count += 1
    if end - begin > HEAD + TAIL:
        count += cut(text, tail, end, tokens + count)
        tokens[count] = Token(0, end, end)
        count += 1
    for i in range(count):
        if i < free_from or tokens[i].start == tokens[i].stop:
            continue
        entry = find(lexis, text, &tokens[i], 1)
        if entry == NULL:
            continue
        for k in range(entry.longest, 0, -1):
            if i + k > count:
                continue
            longer = find(lexis, text, &tokens[i], k)
            if longer != NULL and longer.verb >= 0:
                free_from = i + k
                note(lexis, &tokens[i], k, longer.verb, found)
                break


cdef void run(Lexis *lexis, const Model *model, Char *text, Py_ssize_t n, Scratch *found) noexcept nogil:
    """The whole pass over a text of one kind. A scan for private data belongs here, and sees all of it."""
    cdef Py_ssize_t begin = 0, end = n
    while begin < end and Py_UNICODE_ISSPACE(text[begin]):
        begin += 1
    while end > begin and Py_UNICODE_ISSPACE(text[end - 1]):
        end -= 1
    found.length = end - begin
    if lexis != NULL:
        search(lexis, text, begin, end, found)
    count(model, text, begin, end, &found.counted)


cdef void choose_kind(
    Lexis *lexis, const Model *model, int kind, void *data, Py_ssize_t n, Scratch *found
) noexcept nogil:
    if kind == 1:
        run(lexis, model, <uint8_t *>data, n, found)
    elif kind == 2:
        run(lexis, model, <uint16_t *>data, n, found)
    else:
        run(lexis, model, <uint32_t *>data, n, found)
