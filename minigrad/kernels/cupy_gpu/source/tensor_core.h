// A product of two matrices on tensor cores, as far as both convolutions have it in common.
//
// A block computes a tile of TILE_M by TILE_N numbers of the result and walks along the K numbers that are
// added up, a slice at a time: the slice of both matrices goes into shared memory, while another one is
// multiplied. The warps share the tile, WARPS_M of them one over the other; one instruction multiplies 16 by 8
// by 8 numbers. What im2col would write as the second matrix is never written down: it is fetched from the
// image, number by number, on its way into shared memory.
//
// A product of tensor cores takes TF32: 8 bits of exponent and 10 of fraction, so 3 digits. With PASSES 3 a
// number is split into what TF32 holds and the rest, and high times high, high times low and low times high
// are added: float32's own digits, at a third of the rate. A tensor core cuts off what does not fit into a sum
// and does not round: over a long sum these errors add up, all towards 0. So with PASSES 3 it adds up 8 products
// alone, and the sums of eight are added by the units that round.
// Source: Ootomo and Yokota, "Recovering single precision accuracy from Tensor Cores while surpassing the FP32
// theoretical peak performance" (2022).
//
// Implicit products of this kind: Chetlur et al., "cuDNN: efficient primitives for deep learning" (2014).
#pragma once

#ifndef WGMMA
#define WGMMA 0
#endif

// d += a b with the digits that PASSES asks for.
__device__ __forceinline__ void product(float *d, const float *a, const float *b)
{
#if PASSES == 3
    float a_low[4], b_low[2], eight[4] = {};
    for (int i = 0; i < 4; i++) a_low[i] = a[i] - in_tf32(a[i]);
    for (int i = 0; i < 2; i++) b_low[i] = b[i] - in_tf32(b[i]);
    tensor_core_product(eight, a_low, b);
    tensor_core_product(eight, a, b_low);
    tensor_core_product(eight, a, b);
    for (int i = 0; i < 4; i++) d[i] += eight[i];
#else
    tensor_core_product(d, a, b);
#endif
}

// Where a number of a slice of a matrix is in shared memory. Either one row lies after the other, with the end of
// each left empty, or four numbers that follow one another along the sum lie so for one row after the other, then
// the next four, and one place is left empty between. Both ways what is read or written together is in different
// banks; products of four warps take fours alone.
template <int ROW> struct InRows {
    static __device__ __forceinline__ int at(int row, int k) { return row * ROW + k; }
};
template <int ROWS> struct InFours {
    static __device__ __forceinline__ int at(int row, int k) { return (k / 4 * (ROWS + 1) + row) * 4 + k % 4; }
};

// sums += A B for a warp's MS x NS products of 16 x 8, over one slice: A has its rows, B its columns, and LiesA and
// LiesB say where.
template <int MS, int NS, int SLICE, class LiesA, class LiesB>
__device__ __forceinline__ void multiply(float (*sums)[NS][4], const float *A, const float *B)
{
    const int lane = threadIdx.x % 32;
    A += LiesA::at(lane % 16, lane / 16 * 4);                    // blocks: above, below, and both 4 k further
    B += LiesB::at(lane / 16 * 8 + lane % 8, lane / 8 % 2 * 4);  // blocks: 8 columns, 4 k further, the next 8
#pragma unroll
    for (int k = 0; k < SLICE; k += 8) {
        float left[MS][4], right[NS / 2][4];
#pragma unroll
        for (int m = 0; m < MS; m++) load_blocks(left[m], A + LiesA::at(m * 16, k));
#pragma unroll
        for (int n = 0; n < NS / 2; n++) load_blocks(right[n], B + LiesB::at(n * 16, k));
#pragma unroll
        for (int m = 0; m < MS; m++)
#pragma unroll
            for (int n = 0; n < NS; n++) product(sums[m][n], left[m], right[n / 2] + n % 2 * 2);
    }
}

#if WGMMA
// The same by four warps together, as Hopper cards alone do it: a warp's m-th row of products is 64 m + 16 (its
// number) further down in A. It begins here, and goes on until products_wait().
template <int MS, int NS, int SLICE, int A_ROWS, int B_ROWS>
__device__ __forceinline__ void multiply_together(float (*sums)[NS][4], const float *A, const float *B)
{
    products_begin();
#pragma unroll
    for (int k = 0; k < SLICE; k += 8)
#pragma unroll
        for (int m = 0; m < MS; m++)
            warpgroup_product<NS>(
                sums[m][0], A + InFours<A_ROWS>::at(m * 64, k), A_ROWS + 1, B + InFours<B_ROWS>::at(0, k), B_ROWS + 1);
    products_end_group();
}
#endif
