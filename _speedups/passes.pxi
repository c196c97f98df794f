"""One pass in C, free of the GIL: count, read, add up, weigh."""

cdef int64_t log(int64_t n) noexcept nogil:
    """log2(1 + n) in fixed point, with straight lines between the powers of two."""
    cdef int power = 0
    while (n + 1) >> (power + 1):
        power += 1
    return (power - 1) * ONE + (((n + 1) << 8) >> power)


cdef void tally(Lexis *lexis, Char *text, Py_ssize_t begin, Py_ssize_t end, Scratch *found) noexcept nogil:
    """Look at every character once. The scan for private data belongs here."""
    cdef int64_t counts[LANES]
    cdef int64_t foreign = 0
    cdef uint64_t packed
    cdef Py_ssize_t i = begin, stop
    cdef int lane
    for lane in range(LANES):
        counts[lane] = 0
    while i < end:
        stop = min(i + 255, end)  # a lane has eight bits
        packed = 0
        while i < stop:
            if text[i] < 128:
                packed += lexis.lanes[text[i]]
            else:
                foreign += 1
                if <uint32_t>text[i] == 0xFF1F:
                    packed += lexis.lanes[63]
            i += 1
        for lane in range(LANES):
            counts[lane] += (packed >> (8 * lane)) & 255
    found.values[0] = ONE
    found.values[LENGTH] = log(end - begin)
    for lane in range(LANES - 1):
        found.values[LENGTH + 1 + lane] = log(counts[lane])
    found.values[FOREIGN] = log(foreign)
    found.values[FOREIGN + 1] = log(counts[LANES - 1])


cdef void name(Lexis *lexis, Token *token, int count, int verb, bint opens, Scratch *found) noexcept nogil:
    """Note a synonym: `count` words from `token` on."""
    cdef Py_ssize_t i, at = STRUCTURE - 1 + lexis.named[verb]
    for i in range(found.verb_count):
        if found.verbs[i].number == verb:
            break
    else:
        if found.verb_count < VERBS:
            found.verbs[found.verb_count] = Hit(token.start, token[count - 1].stop, verb)
            found.verb_count += 1
    if STRUCTURE <= at < lexis.measures:
        found.values[at] = max(found.values[at], 2 * ONE if opens else ONE)


cdef void read(Lexis *lexis, Char *text, Py_ssize_t begin, Py_ssize_t end, Scratch *found) noexcept nogil:
    """Read the words of the window and fill in what `tally` left open."""
    cdef Py_ssize_t head = end, tail = end, count, i, free_from = 0, sentences = 0, names = 0
    cdef Token *tokens = found.tokens
    cdef Entry *entry
    cdef Entry *longer
    cdef uint32_t after, then
    cdef int k, opening
    if end - begin > HEAD + TAIL:
        head = begin + HEAD
        tail = end - TAIL
        while head > begin and letter(text[head - 1]) and letter(text[head]):
            head -= 1
        while tail < end and letter(text[tail - 1]) and letter(text[tail]):
            tail += 1
    count = cut(text, begin, head, tokens)
    tokens[count] = Token(0, head, head, False)  # the empty word keeps phrases inside a part
    count += 1
    if end - begin > HEAD + TAIL:
        count += cut(text, tail, end, tokens + count)
        tokens[count] = Token(0, end, end, False)
        count += 1
    for i in range(count):
        if tokens[i].start == tokens[i].stop:
            continue
        after = text[tokens[i].stop] if tokens[i].stop < end else 32
        then = text[tokens[i].stop + 1] if tokens[i].stop + 1 < end else 32
        if after == 46 or after == 33 or after == 63:
            sentences += Py_UNICODE_ISSPACE(then)
        names += after == 40 or (after == 46 and Py_UNICODE_ISALPHA(then)) or tokens[i].joined
        entry = find(lexis, text, &tokens[i], 1)
        if entry == NULL:
            continue
        if entry.signal >= 0 and not found.seen[entry.signal]:
            found.seen[entry.signal] = 1
            found.hits[found.hit_count] = Hit(tokens[i].start, tokens[i].stop, entry.signal)
            found.hit_count += 1
        if i < free_from:
            continue
        for k in range(entry.longest, 0, -1):
            if i + k > count:
                continue
            longer = find(lexis, text, &tokens[i], k)
            if longer != NULL and longer.verb >= 0:
                free_from = i + k
                name(lexis, &tokens[i], k, longer.verb, i == 0, found)
                break
    entry = find(lexis, text, tokens, 1)
    opening = entry.opening if entry != NULL else 0
    found.values[WORDS] = log(count)
    found.values[WORDS + 1] = log(sentences)
    found.values[WORDS + 2] = log(names)
    found.values[WORDS + 3] = ONE * (end > begin and (text[end - 1] == 63 or <uint32_t>text[end - 1] == 0xFF1F))
    found.values[WORDS + 4] = ONE * (opening == 1)
    found.values[WORDS + 5] = ONE * (opening == 2)


cdef void add(Lexis *lexis, Scratch *found) noexcept nogil:
    """Sum the weights of what was measured and of each signal."""
    cdef Py_ssize_t i, column
    cdef int64_t value
    cdef int *row
    for i in range(lexis.measures):
        value = found.values[i]
        row = lexis.features + i * lexis.columns
        if value:
            for column in range(lexis.columns):
                found.scores[column] += row[column] * value
    for i in range(found.hit_count):
        row = lexis.signals + found.hits[i].number * lexis.columns
        for column in range(lexis.columns):
            found.scores[column] += row[column] * <int64_t>ONE


cdef void run(Lexis *lexis, Char *text, Py_ssize_t n, Scratch *found) noexcept nogil:
    """The whole pass over a text of one kind."""
    cdef Py_ssize_t begin = 0, end = n
    while begin < end and Py_UNICODE_ISSPACE(text[begin]):
        begin += 1
    while end > begin and Py_UNICODE_ISSPACE(text[end - 1]):
        end -= 1
    found.length = end - begin
    tally(lexis, text, begin, end, found)
    read(lexis, text, begin, end, found)
    add(lexis, found)


cdef void choose_kind(Lexis *lexis, int kind, void *data, Py_ssize_t n, Scratch *found) noexcept nogil:
    if kind == 1:
        run(lexis, <uint8_t *>data, n, found)
    elif kind == 2:
        run(lexis, <uint16_t *>data, n, found)
    else:
        run(lexis, <uint32_t *>data, n, found)


cdef Py_ssize_t softmax(int64_t *scores, Py_ssize_t n, double *chances) noexcept nogil:
    """Fill in the chances; returns the place of the best."""
    cdef Py_ssize_t i, best = 0
    cdef int64_t top = scores[0]
    cdef double total = 0.0
    for i in range(1, n):
        top = max(top, scores[i])
    for i in range(n):
        chances[i] = exp(<double>(scores[i] - top) / (100.0 * ONE))
        total += chances[i]
    for i in range(n):
        chances[i] /= total
        if chances[i] > chances[best]:
            best = i
    return best


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
