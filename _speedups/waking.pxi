# Where the scan goes on: at the next sign that a rule may be woken by. The plain twin is `waking` in `detection/scan.py`.

cdef inline void start_sieve(Sieve *sieve, int bytes_at_once) noexcept nogil:
    sieve.to = sieve.end = sieve.count = sieve.told = sieve.dense = sieve.lent = 0
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
            at = next_window(sieve, text, s, at, n, marks, out)
            if at == n:
                return n
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


cdef inline Py_ssize_t next_window(Sieve *sieve, Text text, const uint8_t *s, Py_ssize_t at, Py_ssize_t n, int64_t *marks, int64_t *out) noexcept nogil:
    """Go on to the window that is about `at`; if none is, sift what begins with the next sign. Returns where, or `n`."""
    cdef bint named = out[LENT] > sieve.lent
    cdef Py_ssize_t window, before = at
    if at < sieve.first or at >= sieve.end or named:
        at = signs_from(s, at, n)
        if at == n:
            return n
        sieve.first = at
        sieve.lent = out[LENT]
        if sieve.count != out[COUNT]:
            sieve.count = out[COUNT]
            sieve.told = told_rules(out)
        # Where one has followed the other, several are sifted; but again each time when a number names those behind it.
        sieve.dense = (sieve.dense + 1) * (at <= before + AT_ONCE // 2 and not named)
        if sieve.dense <= WINDOWS or sieve.bytes_at_once != 32:
            sieve.from_ = at
            sieve.to = sieve.end = min(n, at + AT_ONCE)
            sieve.wakes = sift_window(sieve, text, s, n, marks, out)
            return at
        sift_windows(sieve, text, s, n, marks, out)
    window = (at - sieve.first) // AT_ONCE
    sieve.from_ = sieve.first + AT_ONCE * window
    sieve.to = min(n, sieve.from_ + AT_ONCE)
    sieve.wakes = sieve.each[window]
    return at


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


cdef inline uint64_t sift_window(Sieve *sieve, Text text, const uint8_t *s, Py_ssize_t n, int64_t *marks, int64_t *out) noexcept nogil:
    """Find out what can matter of the characters from here on."""
    cdef Planes planes
    cdef uint64_t headings = 0, stops = 0, wakes
    cdef bint numbers = False
    read_window(s, n, sieve.first, sieve.bytes_at_once, &planes)
    wakes = sift_of_one(&planes, sieve.told, marks[ODD], &headings, &stops, &numbers)
    if numbers:
        wakes |= sift_numbers_of_one(&planes, sieve.told, named_near(sieve, s, n, out) & ~sieve.told)
    if headings & IN_WINDOW:
        wakes |= opening(text, s, sieve.first - LOOK_BACK, n, headings & IN_WINDOW, stops, marks)
    return (wakes & IN_WINDOW) >> LOOK_BACK


cdef inline void sift_windows(Sieve *sieve, Text text, const uint8_t *s, Py_ssize_t n, int64_t *marks, int64_t *out) noexcept nogil:
    """The same of several windows."""
    cdef FourPlanes planes
    cdef uint64_t wakes[WINDOWS]
    cdef uint64_t headings[WINDOWS]
    cdef uint64_t stops[WINDOWS]
    cdef bint numbers = False
    cdef int k
    sieve.end = sieve.first + AT_ONCE * WINDOWS
    read_windows(s, n, sieve.first, &planes)
    sift_four(&planes, sieve.told, marks[ODD], wakes, headings, stops, &numbers)
    if numbers:
        sift_four_numbers(&planes, sieve.told, named_near(sieve, s, n, out) & ~sieve.told, wakes)
    for k in range(WINDOWS):
        if headings[k] & IN_WINDOW:
            wakes[k] |= opening(text, s, sieve.first + AT_ONCE * k - LOOK_BACK, n, headings[k] & IN_WINDOW, stops[k], marks)
        sieve.each[k] = (wakes[k] & IN_WINDOW) >> LOOK_BACK


cdef inline uint64_t opening(Text text, const uint8_t *s, Py_ssize_t at, Py_ssize_t n, uint64_t headings, uint64_t stops, int64_t *marks) noexcept nogil:
    """Those of the headings from `at` on that a phrase or a label may begin, by its first letters; all, if they needn't."""
    cdef uint64_t left = 0 if marks[ODD] else headings, behind
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
    """Where the number begins that has the digit at `at`, not before `i`: its groups are judged together, but for one
    behind letters, which was asked on its own."""
    cdef Py_ssize_t k, second = 0
    while at > i:
        k = at - 1
        if KIND[s[k]] & DIGIT == 0:
            if KIND[s[k]] & GAP:
                k -= 1
            if k < i or KIND[s[k]] & DIGIT == 0:
                break
            second = at
        at = k
    return second if second and at and KIND[s[at - 1]] & ALPHANUMERIC else at
