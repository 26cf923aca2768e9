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

#if WGMMA
// Products by four warps together, from shared memory alone, in the background. Source: PTX ISA, wgmma; Hopper only.

// What was written into shared memory by this thread is there for them; call it before the barrier.
__device__ __forceinline__ void before_products() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
__device__ __forceinline__ void products_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void products_end_group() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

// Until all products are done. The compiler is told that they change the sums only now.
__device__ __forceinline__ void products_wait(float *sums, int count)
{
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
#pragma unroll
    for (int i = 0; i < count; i++) asm volatile("" : "+f"(sums[i])::"memory");
}

// Where a matrix lies in shared memory, in blocks of 8 rows by 4 numbers: `rows` rows of 16 bytes are between the
// blocks of four k and of the next four, and 8 rows below one another.
__device__ __forceinline__ unsigned long long described(const float *at, int rows)
{
    const unsigned long long address = (unsigned)__cvta_generic_to_shared(at), sixteenths = 8;
    return (address & 0x3FFFF) >> 4 | (unsigned long long)rows << 16 | sixteenths << 32;
}

#define SUMS_4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define SUMS_16(i) SUMS_4(i), SUMS_4(i + 4), SUMS_4(i + 8), SUMS_4(i + 12)

// d += a b for 64 rows a and 8 NS rows b of 8 numbers each: what thread 32 w + 4 g + q has of d is, for n < NS, at
// 4 n what tensor_core_product has for rows 16 w to 16 w + 15 of a and 8 n to 8 n + 7 of b.
template <int NS>
__device__ __forceinline__ void warpgroup_product(float *d, const float *a, int a_rows, const float *b, int b_rows)
{
    static_assert(NS == 8 || NS == 16, "64 or 128 columns");
    if constexpr (NS == 8)
        asm volatile("wgmma.mma_async.sync.aligned.m64n64k8.f32.tf32.tf32 "
                     "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,"
                     " %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}"
                     ", %32, %33, 1, 1, 1;"
                     : SUMS_16(0), SUMS_16(16)
                     : "l"(described(a, a_rows)), "l"(described(b, b_rows)));
    else
        asm volatile("wgmma.mma_async.sync.aligned.m64n128k8.f32.tf32.tf32 "
                     "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,"
                     " %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31,"
                     " %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47,"
                     " %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}"
                     ", %64, %65, 1, 1, 1;"
                     : SUMS_16(0), SUMS_16(16), SUMS_16(32), SUMS_16(48)
                     : "l"(described(a, a_rows)), "l"(described(b, b_rows)));
}
#else
__device__ __forceinline__ void before_products() {}
#endif
