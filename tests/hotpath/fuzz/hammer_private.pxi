include "dice.pxi"


def hammer(_Looking looking, list pieces, uint64_t seed, Py_ssize_t times):
    """Look through so many texts made at random in C; findings have to be in order, apart, and in the text."""
    cdef Dice *dice = dice_of(pieces, seed)
    cdef Py_ssize_t n, i, done, room, last
    cdef uint8_t *space
    cdef int64_t *out
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
        room = n if looking.pattern else n // SMALLEST + 1
        out = <int64_t *>calloc(FOUND + 3 * (room + (0 if looking.pattern else 32)), sizeof(int64_t))
        space = <uint8_t *>malloc(n)
        where.kind, where.data = kind, data
        out[ROOM] = room
        assert work(where, ascii, n, plane, space, looking.numbers, looking.pattern, out)
        last = 0
        for i in range(out[COUNT]):
            assert last <= out[FOUND + 3 * i + 1] < out[FOUND + 3 * i + 2] <= n, (seed, done, i)
            last = out[FOUND + 3 * i + 2]
        free(data)
        free(space)
        free(out)
    put_away(dice)
    return times
