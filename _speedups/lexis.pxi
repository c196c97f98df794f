"""The synonyms in C: one open-addressing table of phrases and of the words that begin one."""

cdef struct Entry:
    uint64_t hash
    Py_ssize_t key, length  # in the pool; length 0 marks a free slot
    int verb, longest


cdef struct Lexis:  # the synonyms that an Analyser knows
    Entry *slots
    uint64_t mask
    uint32_t *pool
    Py_ssize_t used  # of the pool
    int *roles  # of each synonym
    uint8_t *named  # whether it makes its role likelier


cdef reserve(Lexis *lexis, Py_ssize_t entries, Py_ssize_t letters, Py_ssize_t synonyms):
    """Make room, once, for so many of each."""
    cdef Py_ssize_t room = 4
    while room < 12 * entries // 7:
        room *= 2
    lexis.mask = room - 1
    lexis.slots = <Entry *>calloc(room, sizeof(Entry))
    lexis.pool = <uint32_t *>calloc(letters + 1, sizeof(uint32_t))
    lexis.roles = <int *>calloc(synonyms + 1, sizeof(int))
    lexis.named = <uint8_t *>calloc(synonyms + 1, 1)
    if not (lexis.slots and lexis.pool and lexis.roles and lexis.named):
        raise MemoryError


cdef void release(Lexis *lexis) noexcept nogil:
    free(lexis.slots)
    free(lexis.pool)
    free(lexis.roles)
    free(lexis.named)


cdef bint same(uint32_t *key, Py_ssize_t length, Char *text, Token *tokens, int count) noexcept nogil:
    """Whether a key is these words with one space between each two."""
    cdef Py_ssize_t i, at = 0
    cdef int k
    for k in range(count):
        if k:
            if at == length or key[at] != 32:
                return False
            at += 1
        for i in range(tokens[k].start, tokens[k].stop):
            if at == length or key[at] != lower(text[i]):
                return False
            at += 1
    return at == length


cdef Entry *find(Lexis *lexis, Char *text, Token *tokens, int count) noexcept nogil:
    cdef uint64_t h = phrase(tokens, count)
    cdef uint64_t at = (h ^ (h >> 32)) & lexis.mask
    while lexis.slots[at].length:
        if lexis.slots[at].hash == h and same(
            lexis.pool + lexis.slots[at].key, lexis.slots[at].length, text, tokens, count
        ):
            return &lexis.slots[at]
        at = (at + 1) & lexis.mask
    return NULL


cdef Entry *entry_of(Lexis *lexis, Char *text, Token *tokens, int count) noexcept nogil:
    """The entry of these words, made if there is none."""
    cdef Entry *entry = find(lexis, text, tokens, count)
    cdef uint64_t h = phrase(tokens, count)
    cdef uint64_t at = (h ^ (h >> 32)) & lexis.mask
    cdef Py_ssize_t i, key = lexis.used
    cdef int k
    if entry != NULL:
        return entry
    while lexis.slots[at].length:
        at = (at + 1) & lexis.mask
    for k in range(count):
        if k:
            lexis.pool[lexis.used] = 32
            lexis.used += 1
        for i in range(tokens[k].start, tokens[k].stop):
            lexis.pool[lexis.used] = lower(text[i])
            lexis.used += 1
    lexis.slots[at] = Entry(h, key, lexis.used - key, -1, 1)
    return &lexis.slots[at]


cdef bytes kept(Lexis *lexis):
    """What `restored` takes: how many entries and letters there are, and these."""
    cdef Py_ssize_t head[2]
    cdef Py_ssize_t i
    head[0], head[1] = 0, lexis.used
    for i in range(<Py_ssize_t>lexis.mask + 1):
        head[0] += lexis.slots[i].length > 0
    found = bytearray(sizeof(head) + head[0] * sizeof(Entry) + head[1] * sizeof(uint32_t))
    cdef char *to = found
    memcpy(to, head, sizeof(head))
    to += sizeof(head)
    for i in range(<Py_ssize_t>lexis.mask + 1):
        if lexis.slots[i].length:
            memcpy(to, &lexis.slots[i], sizeof(Entry))
            to += sizeof(Entry)
    memcpy(to, lexis.pool, head[1] * sizeof(uint32_t))
    return bytes(found)


cdef bint restored(Lexis *lexis, const char *data, Py_ssize_t size, Py_ssize_t synonyms) except -1:
    """Fill an empty table from bytes that anybody may have written: False, and nothing done, if one points outside."""
    cdef Py_ssize_t head[2]
    cdef Py_ssize_t i, at
    cdef Entry entry
    if size < <Py_ssize_t>sizeof(head):
        return False
    memcpy(head, data, sizeof(head))
    size -= sizeof(head)
    data += sizeof(head)
    if not 0 <= head[0] <= size // <Py_ssize_t>sizeof(Entry) or not 0 <= head[1] <= size // <Py_ssize_t>sizeof(uint32_t):
        return False
    if size != head[0] * <Py_ssize_t>sizeof(Entry) + head[1] * <Py_ssize_t>sizeof(uint32_t):
        return False
    for i in range(head[0]):
        memcpy(&entry, data + i * sizeof(Entry), sizeof(Entry))
        if not 0 < entry.length <= head[1] or not 0 <= entry.key <= head[1] - entry.length:
            return False
        if not -1 <= entry.verb < synonyms or not 1 <= entry.longest <= PHRASE:
            return False
    reserve(lexis, head[0], head[1], synonyms)
    for i in range(head[0]):
        memcpy(&entry, data + i * sizeof(Entry), sizeof(Entry))
        at = (entry.hash ^ (entry.hash >> 32)) & lexis.mask
        while lexis.slots[at].length:
            at = (at + 1) & lexis.mask
        lexis.slots[at] = entry
    memcpy(lexis.pool, data + head[0] * sizeof(Entry), head[1] * sizeof(uint32_t))
    lexis.used = head[1]
    return True
