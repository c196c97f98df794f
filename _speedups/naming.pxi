# Words near a number that say what it is, read by blocks. The plain twins are in `detection/context.py`.

cdef inline void start_naming(Naming *naming) noexcept nogil:
    cdef int k
    for k in range(KEPT):
        naming.block[k] = -1


cdef inline Py_ssize_t names_in(const uint8_t *s, Py_ssize_t n, Py_ssize_t block, int64_t *out) noexcept nogil:
    """Where the words of a block are kept that name anything."""
    if (<Sieve *>out[SIEVE]).naming.block[block & KEPT - 1] != block:
        keep_names(s, n, block, <Sieve *>out[SIEVE])
    return block & KEPT - 1


cdef void keep_names(const uint8_t *s, Py_ssize_t n, Py_ssize_t block, Sieve *sieve) noexcept nogil:
    """Look for the words of a block that name anything."""
    cdef Naming *naming = &sieve.naming
    cdef Py_ssize_t kept = block & KEPT - 1, slot
    cdef uint8_t sizes[BLOCK]
    cdef uint64_t bits = like_names(s, n, block, sieve.bytes_at_once, LENGTHS, sizes)
    cdef int at
    naming.block[kept] = block
    naming.at[kept] = naming.rules[kept] = 0
    while bits:
        at = LOWEST(bits)
        slot = naming_slot(s, BLOCK * block + at, BLOCK * block + at + sizes[at], n)
        if slot >= 0:
            naming.at[kept] |= bits & -bits
            naming.named[kept][at] = CONTEXT[slot + 3] | CONTEXT[slot + 4] << 8
            naming.rules[kept] |= 1 << CONTEXT[slot + 3] | 1 << CONTEXT[slot + 4]
        bits &= bits - 1


cdef inline uint64_t names_between(const uint8_t *s, Py_ssize_t n, Py_ssize_t block, Py_ssize_t at, Py_ssize_t stop, int64_t *out) noexcept nogil:
    """A bit for each word of a block that names anything and begins from `at` on, before `stop`."""
    cdef uint64_t bits = (<Sieve *>out[SIEVE]).naming.at[names_in(s, n, block, out)]
    if BLOCK * block < at:
        bits &= ~<uint64_t>0 << (at & BLOCK - 1)
    if BLOCK * block + BLOCK > stop:
        bits &= (<uint64_t>1 << (stop & BLOCK - 1)) - 1
    return bits


cdef inline void read_words(const uint8_t *s, Py_ssize_t start, Py_ssize_t end, Py_ssize_t n, int64_t *out) noexcept nogil:
    """Note which rules the words around these characters name."""
    cdef Py_ssize_t at = max(out[READ], start - REACH, 0), stop = min(n, end + _AHEAD), block = at // BLOCK, word
    cdef uint64_t bits
    cdef uint16_t named
    while BLOCK * block < stop:
        bits = names_between(s, n, block, at, stop, out)
        while bits:
            word = LOWEST(bits)
            bits &= bits - 1
            named = (<Sieve *>out[SIEVE]).naming.named[block & KEPT - 1][word]
            word += BLOCK * block + 1
            out[NEAR + (named & 255)] = out[NEAR + (named >> 8)] = out[LATEST] = word
        block += 1
    out[READ] = max(out[READ], stop)


cdef inline void called_behind(const uint8_t *s, Py_ssize_t at, Py_ssize_t n, int64_t *out) noexcept nogil:
    """Note whether a word behind the number that ends here, near enough, says that it is called."""
    cdef Py_ssize_t stop = min(n, at + _AHEAD), block = at // BLOCK
    cdef uint64_t bits
    cdef uint16_t named
    out[CALLING] = 0
    while BLOCK * block < stop:
        bits = names_between(s, n, block, at, stop, out)
        while bits:
            named = (<Sieve *>out[SIEVE]).naming.named[block & KEPT - 1][LOWEST(bits)]
            bits &= bits - 1
            if named & 255 == PHONE or named >> 8 == PHONE:
                out[CALLING] = 1
        block += 1


cdef inline uint32_t named_near(Sieve *sieve, const uint8_t *s, Py_ssize_t n, int64_t *out) noexcept nogil:
    """A bit for each rule that a word names which begins in two blocks before these characters, or up to two behind; or
    for all, where a number has named those behind it."""
    if sieve.lent and sieve.lent > sieve.first - REACH:
        return 0xFFFFFFFF
    cdef int64_t block = max(sieve.first // BLOCK - 2, 0), last = min(sieve.end // BLOCK + 2, (n - 1) // BLOCK)
    if sieve.near_from != block or sieve.near_to != last:
        sieve.near_from, sieve.near_to, sieve.near = block, last, 0
        while block <= last:
            sieve.near |= sieve.naming.rules[names_in(s, n, block, out)]
            block += 1
    return sieve.near


cdef inline Py_ssize_t host_to(const uint8_t *s, Py_ssize_t at, Py_ssize_t limit) noexcept nogil:
    """Where one name of a host ends: sixteen characters are asked at a time."""
    cdef int part = 16
    while part == 16 and at + 16 <= limit:
        part = of_hosts(s + at)
        at += part
    if part == 16:
        while at < limit and (KIND[s[at]] & WORDLY or s[at] == 45):
            at += 1
    return at
