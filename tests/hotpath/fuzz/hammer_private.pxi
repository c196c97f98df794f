include "dice.pxi"


def hammer(_Looking looking, list pieces, uint64_t seed, Py_ssize_t times):
    """Look through so many texts made at random in C; findings have to be in order, apart, and in the text.

    What is sieved is looked through without the sieve, too, which has to find the same.
    """
    cdef Dice *dice = dice_of(pieces, seed)
    cdef Py_ssize_t n, i, done, room, size, last
    cdef int bytes_at_once, most = 0 if looking.pattern else BYTES_AT_ONCE()
    cdef uint8_t *space
    cdef int64_t *out
    cdef int64_t *again
    cdef void *data
    cdef int kind
    cdef bint ascii
    cdef const uint8_t *plane
    cdef Text where
    if looking.plane is None:
        looking.plane = looking.given()
    plane = looking.plane
    for done in range(times):
        kind = change(dice)
        n = dice.length
        data = written(dice, kind)
        ascii = kind == 1
        for i in range(n if ascii else 0):
            ascii = ascii and (<uint8_t *>data)[i] < 128
        room = n if looking.pattern else done % 4 if done % 8 < 4 else n // SMALLEST + 1
        size = FOUND + 3 * (room + (0 if looking.pattern else 32))
        out = <int64_t *>calloc(size, sizeof(int64_t))
        space = <uint8_t *>malloc(n + SPARE)
        where.kind, where.data, where.places = kind, data, NULL
        out[ROOM] = room
        assert work(where, ascii, n, plane, space, looking.numbers, looking.pattern, most, out)
        for bytes_at_once in range(0, most, 16):  # none, and if there are 32, 16
            again = <int64_t *>calloc(size, sizeof(int64_t))
            again[ROOM] = room
            assert work(where, ascii, n, plane, space, looking.numbers, looking.pattern, bytes_at_once, again)
            assert again[COUNT] == out[COUNT], (seed, done)
            for i in range(FOUND, FOUND + 3 * out[COUNT]):
                assert again[i] == out[i], (seed, done)
            free(again)
        last = 0
        for i in range(out[COUNT]):
            assert last <= out[FOUND + 3 * i + 1] < out[FOUND + 3 * i + 2] <= n, (seed, done, i)
            last = out[FOUND + 3 * i + 2]
        free(data)
        free(space)
        free(out)
    put_away(dice)
    return times
