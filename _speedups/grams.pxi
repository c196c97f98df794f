"""What the classifier counts, in C: words, pairs of neighbours, and short runs of characters. Twin of `_grams_py.py`."""

cdef extern from *:
    """
    #include <string.h>
    /* Lanes hold what up to 256 rows of twelve signed bytes add up to, in 16 bits each. */
    #if defined(__SSE2__) || defined(_M_X64)
    #include <emmintrin.h>
    typedef struct { __m128i low, high; } Lanes;
    static inline Lanes no_lanes(void) {
        Lanes lanes = { _mm_setzero_si128(), _mm_setzero_si128() };
        return lanes;
    }
    static inline __m128i wider(__m128i bytes) { return _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8); }
    static inline Lanes add_row(Lanes lanes, const signed char *row) {
        int last;
        memcpy(&last, row + 8, 4);
        lanes.low = _mm_add_epi16(lanes.low, wider(_mm_loadl_epi64((const __m128i *)row)));
        lanes.high = _mm_add_epi16(lanes.high, wider(_mm_cvtsi32_si128(last)));
        return lanes;
    }
    static inline void add_four(int32_t *sums, __m128i four) {
        _mm_storeu_si128((__m128i *)sums, _mm_add_epi32(_mm_loadu_si128((const __m128i *)sums), four));
    }
    static inline void add_lanes(Lanes lanes, int32_t *sums) {
        add_four(sums, _mm_srai_epi32(_mm_unpacklo_epi16(lanes.low, lanes.low), 16));
        add_four(sums + 4, _mm_srai_epi32(_mm_unpackhi_epi16(lanes.low, lanes.low), 16));
        add_four(sums + 8, _mm_srai_epi32(_mm_unpacklo_epi16(lanes.high, lanes.high), 16));
    }
    #else
    #define EACH 0x8080808080808080ULL
    #define EVEN 0x00FF00FF00FF00FFULL
    /* Without vectors: bytes that are 128 too large, in four numbers: bytes 0 2 4 6, 1 3 5 7, 8 10, 9 11. */
    typedef struct { uint64_t of[4]; int32_t rows; } Lanes;
    static inline Lanes no_lanes(void) {
        Lanes lanes = { { 0, 0, 0, 0 }, 0 };
        return lanes;
    }
    static inline Lanes add_row(Lanes lanes, const signed char *row) {
        uint64_t low; uint32_t high; uint64_t wide;
        memcpy(&low, row, 8);
        memcpy(&high, row + 8, 4);
        low ^= EACH;
        wide = high ^ (uint32_t)EACH;
        lanes.of[0] += low & EVEN;
        lanes.of[1] += (low >> 8) & EVEN;
        lanes.of[2] += wide & EVEN;
        lanes.of[3] += (wide >> 8) & EVEN;
        lanes.rows++;
        return lanes;
    }
    static inline void add_lanes(Lanes lanes, int32_t *sums) {
        const union { uint32_t number; unsigned char first; } order = { 1 };
        int k;
        for (k = 0; k < 12; k++) {
            int at = order.first ? (k & 7) >> 1 : k < 8 ? 3 - (k >> 1) : 1 - ((k - 8) >> 1);
            int odd = order.first ? k & 1 : !(k & 1);
            sums[k] += (int32_t)((lanes.of[(k >> 3) * 2 + odd] >> (16 * at)) & 0xFFFF) - 128 * lanes.rows;
        }
    }
    #endif
    """
    ctypedef struct Lanes:
        pass
    Lanes no_lanes() nogil
    Lanes add_row(Lanes lanes, const int8_t *row) nogil
    void add_lanes(Lanes lanes, int32_t *sums) nogil

cdef extern from *:
    """
    #define WHOLE 0x80000000U  /* rows of words, pairs and signs are in the upper half of the table, of runs in the lower */
    static const signed char NO_ROWS[24] = {0};  /* for hashes alone */
    """
    const uint32_t WHOLE
    const int8_t NO_ROWS[24]

cdef enum:
    FULL = 250  # rows after which the lanes are full; a character adds three, the end of a word five
    WIDTH = 12  # weights of a row
    RARITY = 10  # the column that says how rare a row is
    MANY = 16  # most intents that are made of examples

cdef struct Unit:  # a word, and what its grams add up to
    Py_ssize_t start, stop
    int32_t sums[WIDTH]

cdef struct Model:
    const int8_t *table
    const uint16_t *near  # row → row of `likeness`; NULL without examples
    const int16_t *likeness
    int shift
    Py_ssize_t head, tail, kinds

cdef struct Counted:  # what a pass counts
    Unit *units  # words only
    Py_ssize_t unit_count
    int64_t grams, rarity
    int64_t like[MANY]
    int32_t sums[WIDTH]
    Py_ssize_t hash_count
    uint32_t *hashes  # NULL, or where every gram is written

cdef struct Scratch:  # what a pass finds
    Token *tokens
    Hit verbs[VERBS]
    Py_ssize_t verb_count, length
    Counted counted


cdef inline uint32_t mix(uint32_t state, uint32_t value) noexcept nogil:
    state = (state ^ value) * <uint32_t>0x9E3779B1U
    return state ^ (state >> 15)


cdef void more_of(const Model *model, uint32_t finished, Counted *found) noexcept nogil:
    """What is seldom wanted of a gram: its hash, or what examples it is like."""
    cdef const int8_t *row
    cdef const int16_t *like
    cdef int k
    if found.hashes != NULL:
        found.hashes[found.hash_count] = finished
        found.hash_count += 1
        return
    row = model.table + <size_t>(finished >> model.shift) * WIDTH
    found.rarity += <int64_t>row[RARITY] * row[RARITY]
    like = model.likeness + <size_t>model.near[finished >> model.shift] * model.kinds
    for k in range(<int>model.kinds):
        found.like[k] += like[k]


cdef inline void count_gram(
    const Model *model, const int8_t *table, int shift, bint more, uint32_t state, uint32_t half, Lanes *lanes,
    Counted *found,
) noexcept nogil:
    """Add the row of one gram. `table`, `shift` and `lanes` stay in registers."""
    cdef uint32_t finished = (state * <uint32_t>0x85EBCA6BU) >> 1 | half
    lanes[0] = add_row(lanes[0], table + <size_t>(finished >> shift) * WIDTH)
    if more:
        more_of(model, finished, found)


cdef void count_part(const Model *model, Char *text, Py_ssize_t begin, Py_ssize_t end, Counted *found) noexcept nogil:
    """Every word and sign of a part."""
    cdef Py_ssize_t i = begin, start
    cdef uint32_t c, folded, state, run, before = 1, a, b, d  # the last three characters, and how many there are
    cdef int seen, filled = 0, shift = model.shift
    cdef const int8_t *table = model.table
    cdef bint more = found.hashes != NULL or model.near != NULL
    cdef Lanes lanes = no_lanes()
    cdef int32_t sums[WIDTH]
    cdef int k
    while i < end:
        c = text[i]
        folded = letter(c)
        if folded:
            start = i
            state = 7
            for k in range(WIDTH):
                sums[k] = 0
            a = b = d = 32
            seen = 1
            while True:  # once for each character, and once for the blank behind the word
                c = folded if folded else 32
                run = mix(mix(11, c), a)
                count_gram(model, table, shift, more, run, 0, &lanes, found)
                if seen > 1:
                    run = mix(run, b)
                    count_gram(model, table, shift, more, run, 0, &lanes, found)
                    if seen > 2:
                        count_gram(model, table, shift, more, mix(run, d), 0, &lanes, found)
                filled += seen
                if not folded:
                    break
                state = mix(state, folded)
                d, b, a = b, a, folded
                seen = min(seen + 1, 3)
                i += 1
                folded = letter(text[i]) if i < end else 0
                if not folded and i + 1 < end and lower(text[i]) == 39 and letter(text[i + 1]):
                    folded = 39
                if filled > FULL:
                    found.grams += filled
                    add_lanes(lanes, sums)
                    lanes = no_lanes()
                    filled = 0
            count_gram(model, table, shift, more, state, WHOLE, &lanes, found)
            count_gram(model, table, shift, more, mix(before * 3 + 1, state), WHOLE, &lanes, found)
            before = state
            found.grams += filled + 2
            add_lanes(lanes, sums)
            lanes = no_lanes()
            filled = 0
            if found.units != NULL:
                found.units[found.unit_count].start = start
                found.units[found.unit_count].stop = i
                for k in range(WIDTH):
                    found.units[found.unit_count].sums[k] = sums[k]
                    found.sums[k] += sums[k]
                found.unit_count += 1
        elif c == 32 or Py_UNICODE_ISSPACE(c):
            i += 1
        else:
            start = i
            state = 23
            folded = lower(c)
            while i < end and lower(text[i]) == folded:
                if i - start < 3:
                    state = mix(state, folded)
                i += 1
            count_gram(model, table, shift, more, state, WHOLE, &lanes, found)
            count_gram(model, table, shift, more, mix(before * 3 + 1, state), WHOLE, &lanes, found)
            before = state
            found.grams += 2
            add_lanes(lanes, found.sums)
            lanes = no_lanes()


cdef void count(const Model *model, Char *text, Py_ssize_t begin, Py_ssize_t end, Counted *found) noexcept nogil:
    """All grams of a text: of all of it, or of its head and its tail less a word cut in two."""
    cdef Py_ssize_t first = begin + model.head, last = end - model.tail
    if end - begin <= model.head + model.tail:
        count_part(model, text, begin, end, found)
        return
    while first > begin and letter(text[first - 1]) and letter(text[first]):
        first -= 1
    while last < end and letter(text[last - 1]) and letter(text[last]):
        last += 1
    count_part(model, text, begin, first, found)
    count_part(model, text, last, end, found)
