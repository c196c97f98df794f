/* Sixteen bytes at a time, with the vectors of this machine: SSE2, or NEON of 64-bit ARM. */

#ifndef SIXTEEN_H
#define SIXTEEN_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && defined(__GNUC__)
#include <immintrin.h>
#define SIEVED 1
#define AVX2_TOO 1 /* where the processor has it */

typedef __m128i Sixteen;
static inline Sixteen load_16(const uint8_t *p) { return _mm_loadu_si128((const __m128i *)p); }
static inline void store_16(uint8_t *p, Sixteen v) { _mm_storeu_si128((__m128i *)p, v); }
static inline Sixteen all_16(uint8_t c) { return _mm_set1_epi8((char)c); }
static inline Sixteen equal_16(Sixteen a, Sixteen b) { return _mm_cmpeq_epi8(a, b); }
static inline Sixteen least_16(Sixteen a, Sixteen b) { return _mm_min_epu8(a, b); }
static inline Sixteen less_16(Sixteen a, Sixteen b) { return _mm_sub_epi8(a, b); }
static inline Sixteen or_16(Sixteen a, Sixteen b) { return _mm_or_si128(a, b); }
/* Which are no ASCII; like a comparison, for `bits_…`, which read the highest bit of each. */
static inline Sixteen beyond_16(Sixteen v) { return v; }
static inline uint64_t bits_16(Sixteen v) { return (uint32_t)_mm_movemask_epi8(v); }
static inline uint64_t bits_64(Sixteen a, Sixteen b, Sixteen c, Sixteen d) {
    return bits_16(a) | bits_16(b) << 16 | bits_16(c) << 32 | bits_16(d) << 48;
}
/* Sixteen characters of two bytes as a byte each, where they are ASCII, and which of them are not; the same of four. */
static inline Sixteen narrowed_2(const uint16_t *c, Sixteen *others) {
    const __m128i high = _mm_set1_epi16((short)0xFF80), low = _mm_set1_epi16(0x7F);
    __m128i a = _mm_loadu_si128((const __m128i *)c), b = _mm_loadu_si128((const __m128i *)(c + 8));
    __m128i none = _mm_setzero_si128(), ascii = _mm_packs_epi16(
        _mm_cmpeq_epi16(_mm_and_si128(a, high), none), _mm_cmpeq_epi16(_mm_and_si128(b, high), none));
    *others = _mm_xor_si128(ascii, _mm_set1_epi8(-1));
    return _mm_packus_epi16(_mm_and_si128(a, low), _mm_and_si128(b, low));
}
static inline Sixteen narrowed_4(const uint32_t *c, Sixteen *others) {
    const __m128i most = _mm_set1_epi32(0x80), low = _mm_set1_epi32(0x7F);
    __m128i v[4], ascii[4];
    for (int i = 0; i < 4; i++) {
        v[i] = _mm_loadu_si128((const __m128i *)(c + 4 * i));
        ascii[i] = _mm_cmplt_epi32(v[i], most);
        v[i] = _mm_and_si128(v[i], low);
    }
    __m128i all = _mm_packs_epi16(_mm_packs_epi32(ascii[0], ascii[1]), _mm_packs_epi32(ascii[2], ascii[3]));
    *others = _mm_xor_si128(all, _mm_set1_epi8(-1));
    return _mm_packus_epi16(_mm_packs_epi32(v[0], v[1]), _mm_packs_epi32(v[2], v[3]));
}

#elif defined(__aarch64__) && defined(__GNUC__) && !defined(__AARCH64EB__)
#include <arm_neon.h>
#define SIEVED 1
#define AVX2_TOO 0

typedef uint8x16_t Sixteen;
static inline Sixteen load_16(const uint8_t *p) { return vld1q_u8(p); }
static inline void store_16(uint8_t *p, Sixteen v) { vst1q_u8(p, v); }
static inline Sixteen all_16(uint8_t c) { return vdupq_n_u8(c); }
static inline Sixteen equal_16(Sixteen a, Sixteen b) { return vceqq_u8(a, b); }
static inline Sixteen least_16(Sixteen a, Sixteen b) { return vminq_u8(a, b); }
static inline Sixteen less_16(Sixteen a, Sixteen b) { return vsubq_u8(a, b); }
static inline Sixteen or_16(Sixteen a, Sixteen b) { return vorrq_u8(a, b); }
static inline Sixteen beyond_16(Sixteen v) { return vcgeq_u8(v, vdupq_n_u8(0x80)); }
/* A byte of the sum for eight of the bytes, each of which gives it another bit. */
static inline uint64_t bits_64(Sixteen a, Sixteen b, Sixteen c, Sixteen d) {
    const uint8x16_t bit = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201ULL));
    uint8x16_t low = vpaddq_u8(vandq_u8(a, bit), vandq_u8(b, bit));
    uint8x16_t high = vpaddq_u8(vandq_u8(c, bit), vandq_u8(d, bit));
    low = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(low, low)), 0);
}
static inline uint64_t bits_16(Sixteen v) { return bits_64(v, v, v, v) & 0xFFFF; }
static inline uint8x16_t lowest_16(uint16x8_t a, uint16x8_t b) { return vcombine_u8(vmovn_u16(a), vmovn_u16(b)); }
static inline Sixteen narrowed_2(const uint16_t *c, Sixteen *others) {
    const uint16x8_t most = vdupq_n_u16(0x80);
    uint16x8_t a = vld1q_u16(c), b = vld1q_u16(c + 8);
    *others = lowest_16(vcgeq_u16(a, most), vcgeq_u16(b, most));
    return lowest_16(a, b);
}
static inline Sixteen narrowed_4(const uint32_t *c, Sixteen *others) {
    const uint32x4_t most = vdupq_n_u32(0x80);
    uint16x8_t low[2], over[2];
    for (int i = 0; i < 2; i++) {
        uint32x4_t a = vld1q_u32(c + 8 * i), b = vld1q_u32(c + 8 * i + 4);
        low[i] = vcombine_u16(vmovn_u32(a), vmovn_u32(b));
        over[i] = vcombine_u16(vmovn_u32(vcgeq_u32(a, most)), vmovn_u32(vcgeq_u32(b, most)));
    }
    *others = lowest_16(over[0], over[1]);
    return lowest_16(low[0], low[1]);
}

#else
#define SIEVED 0
#define AVX2_TOO 0
#endif
#endif
