# Where the scan goes on: at the next sign that a rule may be woken by. The plain twin is `waking` in `detection/scan.py`.

cdef inline void start_sieve(Sieve *sieve, int bytes_at_once) noexcept nogil:
    sieve.to = sieve.count = sieve.told = 0
    sieve.near_to = -1
    sieve.bytes_at_once = bytes_at_once
    start_naming(&sieve.naming)


cdef inline Py_ssize_t waking(Text text, const uint8_t *s, Py_ssize_t i, Py_ssize_t n, int64_t *marks, int64_t *out) noexcept nogil:
    """The first byte from `i` on that wakes a rule, unless it is seen from afar that it finds nothing; `n` for none."""
    cdef Sieve *sieve = <Sieve *>out[SIEVE]
    cdef Py_ssize_t at = i
    cdef uint64_t bits
    # Inside a finding the signs are looked at one by one: what they skip matters there.
    while at < n and (sieve.bytes_at_once == 0 or at < out[LAST]):
        if WAKES[s[at]]:
            return at
        at += 1
    i = at
    while at < n:
        if at >= sieve.to or at < sieve.from_ or out[LENT] > sieve.lent:
            at = signs_from(s, at, n)
            if at == n:
                return n
            sift(sieve, text, s, at, n, marks, out)
        bits = sieve.wakes >> (at - sieve.from_)
        if bits:
            at += LOWEST(bits)
            if KIND[s[at]] & DIGIT:
                return number_from(s, i, at)
            while s[at] == 45 and at > i and s[at - 1] == 45:
                at -= 1
            return at
        at = sieve.to
    return n


cdef inline Py_ssize_t signs_from(const uint8_t *s, Py_ssize_t at, Py_ssize_t n) noexcept nogil:
    """The next byte that wakes a rule, or `n`. Four are asked at a time: in prose most wake nothing."""
    if at and KIND[s[at - 1]] & DIGIT:  # a number has begun before, and what it may be was asked there
        while at + 4 <= n and KIND[s[at]] & KIND[s[at + 1]] & KIND[s[at + 2]] & KIND[s[at + 3]] & DIGIT:
            at += 4
        while at < n and KIND[s[at]] & DIGIT:
            at += 1
    while at + 4 <= n and WAKES[s[at]] | WAKES[s[at + 1]] | WAKES[s[at + 2]] | WAKES[s[at + 3]] == 0:
        at += 4
    while at < n and WAKES[s[at]] == 0:
        at += 1
    return at


cdef inline void sift(Sieve *sieve, Text text, const uint8_t *s, Py_ssize_t at, Py_ssize_t n, int64_t *marks, int64_t *out) noexcept nogil:
    """Find out what can matter of the characters from here on."""
    cdef Planes planes
    cdef uint64_t wakes, headings, stops = 0, places = ((<uint64_t>1 << AT_ONCE) - 1) << LOOK_BACK
    cdef uint32_t named, told_now
    read_planes(s, n, at - LOOK_BACK, sieve.bytes_at_once, &planes)
    sieve.from_ = at
    sieve.to = min(n, at + AT_ONCE)
    sieve.lent = out[LENT]
    if sieve.count != out[COUNT]:
        sieve.count = out[COUNT]
        sieve.told = told_rules(out)
    told_now = sieve.told
    wakes = sift_signs(&planes)
    if told_now >> MARKER & 1 == 0:
        headings = sift_headings(&planes, marks[ODD], &stops) & places
        wakes |= headings if marks[ODD] else opening(text, s, at - LOOK_BACK, n, headings, stops, marks)
    if told_now >> EMAIL & 1 == 0:
        wakes |= sift_emails(&planes)
    if told_now >> PASSWORD & told_now >> SECRET & 1 == 0:
        wakes |= sift_assignments(&planes, told_now >> PASSWORD & 1)
    if planes.colon and told_now >> IP_ADDRESS & 1 == 0:
        wakes |= sift_addresses(&planes)
    if planes.digit:
        wakes |= sift_lettered(&planes)
    if has_numbers(&planes):
        named = 0xFFFFFFFF if sieve.lent and sieve.lent > at - REACH else named_near(sieve, s, n, out)
        wakes |= sift_numbers(&planes, told_now, named & ~told_now)
    sieve.wakes = wakes << LOOK_ON >> (LOOK_BACK + LOOK_ON)


cdef inline uint64_t opening(Text text, const uint8_t *s, Py_ssize_t at, Py_ssize_t n, uint64_t headings, uint64_t stops, int64_t *marks) noexcept nogil:
    """Those of the headings from `at` on that a phrase or a label may begin, by its first letters."""
    cdef uint64_t left = headings, behind
    cdef Py_ssize_t first
    while left:
        behind = stops >> LOWEST(left) >> 1
        if behind:
            first = at + LOWEST(left) + 1 + LOWEST(behind)
            if first + 1 >= n or not (labelled(s, first) or row(text, s, first, n, marks)):
                headings ^= left & -left
        left &= left - 1
    return headings


cdef inline uint32_t told_rules(int64_t *out) noexcept nogil:
    """A bit for each rule that is not looked for any more."""
    cdef uint32_t rules = 0
    cdef int rule
    for rule in range(VERSION):
        rules |= <uint32_t>told(out, rule) << rule
    return rules


cdef inline Py_ssize_t number_from(const uint8_t *s, Py_ssize_t i, Py_ssize_t at) noexcept nogil:
    """Where the number begins that has the digit at `at`, not before `i`: its groups are judged together."""
    cdef Py_ssize_t k
    while at > i:
        k = at - 1
        if KIND[s[k]] & DIGIT == 0:
            if KIND[s[k]] & GAP:
                k -= 1
            while k >= i and s[k] == 0x82:
                k -= 1
            if k < i or KIND[s[k]] & DIGIT == 0:
                return at
        at = k
    return at
