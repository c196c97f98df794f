"""One pass in C, free of the GIL: find the synonyms, count, and turn sums into chances."""

cdef int64_t log(int64_t n) noexcept nogil:
    """log2(1 + n) times 256, with straight lines between the powers of two."""
    cdef int power = 0
    while (n + 1) >> (power + 1):
        power += 1
    return (power - 1) * 256 + (((n + 1) << 8) >> power)


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


cdef Py_ssize_t softmax(int64_t *scores, Py_ssize_t n, double *chances) noexcept nogil:
    """Fill in the chances; returns the place of the best."""
    cdef Py_ssize_t i, best = 0
    cdef int64_t top = scores[0]
    cdef double total = 0.0
    for i in range(1, n):
        top = max(top, scores[i])
    for i in range(n):
        chances[i] = exp(<double>(scores[i] - top) / UNIT)
        total += chances[i]
    for i in range(n):
        chances[i] /= total
        if chances[i] > chances[best]:
            best = i
    return best


cdef Py_ssize_t runner_up(int64_t *scores, Py_ssize_t n, Py_ssize_t best) noexcept nogil:
    """The place of the highest score beside the best one's."""
    cdef Py_ssize_t i, second = -1
    for i in range(n):
        if i != best and (second < 0 or scores[i] > scores[second]):
            second = i
    return best if second < 0 else second


cdef int keep(Clue clue, Clue *clues, int count) noexcept nogil:
    """Insert a clue where its weight belongs; the weakest falls out. Returns how many there are now."""
    cdef int at = count
    if clue.weight < SHOWN or (count == SPANS and clues[SPANS - 1].weight >= clue.weight):
        return count
    if count == SPANS:
        at = SPANS - 1
    count = at + 1
    while at > 0 and clues[at - 1].weight < clue.weight:
        clues[at] = clues[at - 1]
        at -= 1
    clues[at] = clue
    return count


cdef void by_place(Clue *clues, int count) noexcept nogil:
    cdef int i, at
    cdef Clue clue
    for i in range(1, count):
        clue = clues[i]
        at = i
        while at > 0 and clues[at - 1].start > clue.start:
            clues[at] = clues[at - 1]
            at -= 1
        clues[at] = clue
