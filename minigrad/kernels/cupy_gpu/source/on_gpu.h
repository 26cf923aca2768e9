// What on_cpu.h says in C++, said to a card.
#pragma once

#define SHARED_BUFFER(name) extern __shared__ __align__(16) float name[]

// Copies from global into shared memory, in the background, 4 or 16 bytes; zeros instead unless `real`. The
// address is not read then, but has to be one.
__device__ __forceinline__ void copy_4(float *to, const float *from, bool real) {
    unsigned address = (unsigned)__cvta_generic_to_shared(to);
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(address), "l"(from), "r"(real ? 4 : 0));
}
__device__ __forceinline__ void copy_16(float *to, const float *from, bool real) {
    unsigned address = (unsigned)__cvta_generic_to_shared(to);
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(from), "r"(real ? 16 : 0));
}
__device__ __forceinline__ void copies_end_group() { asm volatile("cp.async.commit_group;"); }
template <int N> __device__ __forceinline__ void copies_wait_but() {
    asm volatile("cp.async.wait_group %0;" ::"n"(N));
}

// Four blocks of 8 rows by 4 numbers from shared memory, one for each number of `to`: thread 8 b + r of the warp
// says where row r of block b begins (at whole 16 bytes), and thread 4 r + q gets number q of row r of each.
// Source: PTX ISA, ldmatrix; made for numbers of half the size, which it takes in pairs.
__device__ __forceinline__ void load_blocks(float *to, const float *row)
{
    unsigned address = (unsigned)__cvta_generic_to_shared(row);
    unsigned *words = (unsigned *)to;
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
                 : "r"(address));
}

__device__ __forceinline__ float in_tf32(float x) { return __uint_as_float(__float_as_uint(x) & 0xFFFFE000u); }

// d += a b for 16 x 8 numbers a, 8 x 8 numbers b, spread over the warp; thread 4 g + q of it holds
//   a: (g, q), (g + 8, q), (g, q + 4), (g + 8, q + 4)    b: (q, g), (q + 4, g)
//   d: (g, 2q), (g, 2q + 1), (g + 8, 2q), (g + 8, 2q + 1)
// Source: PTX ISA, mma.m16n8k8 with .tf32.
__device__ __forceinline__ void tensor_core_product(float *d, const float *a, const float *b) {
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(__float_as_uint(a[0])), "r"(__float_as_uint(a[1])), "r"(__float_as_uint(a[2])),
          "r"(__float_as_uint(a[3])), "r"(__float_as_uint(b[0])), "r"(__float_as_uint(b[1])));
}
