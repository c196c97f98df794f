# Characters as bytes of the scan's alphabet. The plain twin is `_bytes` in `detection/plain.py`.

cdef void fold(Char *text, Py_ssize_t n, const uint8_t *plane, uint8_t *s) noexcept nogil:
    """Turn characters into bytes. Most of most texts are ASCII, which stands for itself: the others are looked up."""
    cdef Py_ssize_t i = 0, at
    cdef uint64_t others
    while i + 64 <= n:
        if Char is uint8_t:
            others = narrow_1(text + i, s + i)
        elif Char is uint16_t:
            others = narrow_2(text + i, s + i)
        else:
            others = narrow_4(text + i, s + i)
        if count_of(others) > MANY_OTHERS:
            for at in range(i, i + 64):
                s[at] = byte_of(text[at], plane)
            others = 0
        while others:
            at = i + LOWEST(others)
            s[at] = byte_of(text[at], plane)
            others &= others - 1
        i += 64
    while i < n:
        s[i] = byte_of(text[i], plane)
        i += 1


cdef inline uint8_t byte_of(uint32_t c, const uint8_t *plane) noexcept nogil:
    if 0x1D7CE <= c < 0x1D800:
        return 48 + (c - 0x1D7CE) % 10
    return plane[c if c < 0xFFFF else 0xFFFF]  # which is like all beyond
