"""What the classifier counts, in C: words, pairs of neighbours, and short runs of characters. Twin of `_grams_py.py`."""

cdef extern from "runs.h":
    """
    #define WHOLE 0x80000000U  /* rows of words, pairs and signs are in the upper half of the table, of runs in the lower */
    static const int8_t NO_ROWS[24] = {0};  /* for hashes alone */
    """
    const uint32_t WHOLE
    const int8_t NO_ROWS[24]
    enum:
        ROOM
        PIECES
        SIGNED
        LONGEST
        BEFORE
    ctypedef struct Piece:
        int first, end, seen, wholes
        uint32_t whole[2]
        int32_t *sums
    ctypedef struct Batch:
        int length, count, sign_count
        uint32_t points[BEFORE]  # and more: C knows
        Piece pieces[PIECES]
        uint32_t signs[SIGNED]
    ctypedef struct Runs:
        uint32_t of[3][ROOM]
    bint WIDE_ROWS() nogil
    uint32_t mix(uint32_t state, uint32_t value) nogil
    uint32_t finish(uint32_t state) nogil
    void hash_runs(const Batch *batch, int down, Runs *runs) nogil
    void add_batch(bint wide, const int8_t *table, int shift, const Batch *batch, int32_t *sums) nogil

cdef enum:
    WIDTH = 12  # weights of a row
    RARITY = 10  # the column that says how rare a row is
    MANY = 16  # most intents that are made of examples

cdef struct Unit:  # a word, and what its grams add up to
    Py_ssize_t start, stop
    int32_t sums[WIDTH]

cdef struct Model:
    const int8_t *table
    bint wide  # whether this machine adds a row at once
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


cdef void finish_batch(const Model *model, Batch *batch, Counted *found) noexcept nogil:
    """Add the rows of a batch, do what else is wanted of its grams, and empty it."""
    cdef Runs runs
    cdef Piece *piece
    cdef int i, k, back
    add_batch(model.wide, model.table, model.shift, batch, found.sums)
    if found.hashes != NULL or model.near != NULL:
        hash_runs(batch, 0, &runs)
        for i in range(batch.count):
            piece = &batch.pieces[i]
            for k in range(piece.first, piece.end):
                for back in range(min(piece.seen + k - piece.first, 3)):
                    more_of(model, runs.of[back][k], found)
            for k in range(piece.wholes):
                more_of(model, piece.whole[k], found)
        for i in range(batch.sign_count):
            more_of(model, batch.signs[i], found)
    for k in range(BEFORE):
        batch.points[k] = batch.points[batch.length + k]
    batch.length = batch.count = batch.sign_count = 0


cdef inline Piece *piece_of(const Model *model, Batch *batch, int seen, int32_t *sums, Counted *found) noexcept nogil:
    """Begin a piece, in a new batch if this one is full."""
    cdef Piece *piece
    if batch.count == PIECES or batch.length > ROOM - 2:
        finish_batch(model, batch, found)
    piece = &batch.pieces[batch.count]
    batch.count += 1
    piece.first = piece.end = batch.length
    piece.seen, piece.wholes, piece.sums = seen, 0, sums
    return piece


cdef inline int full_at(const Piece *piece) noexcept nogil:
    """Where the characters of a piece end at the latest, with room for the blank behind a word."""
    return min(piece.first + LONGEST, ROOM) - 1


cdef inline void hash_whole(uint32_t *hashes, uint32_t state, uint32_t before) noexcept nogil:
    """What is counted of a word or sign as a whole: itself, and it with what stood before."""
    hashes[0], hashes[1] = finish(state) | WHOLE, finish(mix(before * 3 + 1, state)) | WHOLE


cdef void count_part(const Model *model, Char *text, Py_ssize_t begin, Py_ssize_t end, Counted *found) noexcept nogil:
    """Every word and sign of a part."""
    cdef Py_ssize_t i = begin, start
    cdef uint32_t c, folded, state, before = 1
    cdef Batch batch
    cdef Piece *piece
    cdef int at, full
    cdef int32_t *sums = NULL
    cdef Unit *unit = NULL
    batch.length = batch.count = batch.sign_count = 0
    for c in range(BEFORE):
        batch.points[c] = 32
    while i < end:
        c = text[i]
        folded = letter(c)
        if folded:
            start = i
            state = 7
            if found.units != NULL:
                unit = &found.units[found.unit_count]
                found.unit_count += 1
                memset(unit, 0, sizeof(Unit))
                sums = unit.sums
            piece = piece_of(model, &batch, 1, sums, found)
            at, full = piece.first, full_at(piece)
            while folded:
                if at == full:
                    batch.length = piece.end = at
                    piece = piece_of(model, &batch, <int>min(i - start + 1, 3), sums, found)
                    at, full = piece.first, full_at(piece)
                batch.points[BEFORE + at] = folded
                at += 1
                state = mix(state, folded)
                i += 1
                folded = letter(text[i]) if i < end else 0
                if not folded and i + 1 < end and lower(text[i]) == 39 and letter(text[i + 1]):
                    folded = 39
            batch.points[BEFORE + at] = 32
            batch.length = piece.end = at + 1
            if unit != NULL:
                unit.start, unit.stop = start, i
            found.grams += 3 * (i - start) + 2
            piece.wholes = 2
            hash_whole(piece.whole, state, before)
            before = state
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
            found.grams += 2
            if batch.sign_count == SIGNED:
                finish_batch(model, &batch, found)
            hash_whole(batch.signs + batch.sign_count, state, before)
            batch.sign_count += 2
            before = state
    finish_batch(model, &batch, found)


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
