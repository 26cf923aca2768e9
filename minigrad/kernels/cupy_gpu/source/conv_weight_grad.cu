// The gradient of a convolution by its kernel as one product on tensor cores: see tensor_core.h.
//
// What it gained (3x3, 64 channels, 64 images of 56 x 56, an H200): 30 TFLOP/s with a table for each column; 75
// with columns alike and pixels of dy copied four at a time, as it is here. By registers, in slices of 16 and
// with either four or eight warps, it was slower: 44 to 47. Products of four warps together (wgmma) gave little in
// this layer, and a fourth to a third in those of 512 channels, 7 x 7.
#include "tensor_core.h"

constexpr int THREADS = 128, WARPS_DOWN = WGMMA ? 4 : WARPS_M, WARPS_ACROSS = 4 / WARPS_DOWN;
constexpr int WARP_M = TILE_M / WARPS_DOWN, WARP_N = TILE_N / WARPS_ACROSS;  // the part of one warp
constexpr int MS = WARP_M / 16, NS = WARP_N / 8;                     // products of 16 x 8 in it
constexpr int M_STEP = WGMMA ? 64 : 16;  // from one row of a warp's products to the next
constexpr int SLICE = 32, A_SIZE = (TILE_M + 1) * SLICE, B_SIZE = (TILE_N + 1) * SLICE, STAGES = 3;
using LiesA = InFours<TILE_M>;
using LiesB = InFours<TILE_N>;
static_assert(TILE_N == THREADS, "32 columns for each warp");

// dw[g M + m, j] = sum over images and pixels of dy[n, g M + m, pixel] x[n, what column j sees there]
//
// The columns j are the J numbers under the kernel. Where ALIKE, 32 of them that follow one another are channels
// under one tap, and the taps of these channels lie side by side: what one tap sees, the next one finds in the
// cache. Otherwise j = c taps + tap, as in dw. columns[j] = (distance from the
// pixel, rows and columns from the pixel, place in dw). The images lie one behind the other along the sum.
// Splits as in conv_gather. With WIDE_ROWS the pixels of dy are copied four at a time; an image has whole fours.
extern "C" __global__ void __launch_bounds__(128) conv_weight_grad(
    float *dw, const float *dy, const float *x, const int4 *columns, int groups, int M, int J, int images, int P,
    int OW, int dy_image, int x_image, int x_group, int H, int W, int stride_h, int stride_w, int splits,
    long long split_size)
{
    SHARED_BUFFER(shared);  // STAGES slices of A and B
    __shared__ int4 column_of[TILE_N];

    const int t = threadIdx.x, warp = t / 32, group = t % 32 / 4, quad = t % 4;
    const int split = blockIdx.z % splits, g = blockIdx.z / splits;
    const int first_j = blockIdx.x * TILE_N, first_m = blockIdx.y * TILE_M;
    column_of[t] = columns[first_j + t];
    __syncthreads();

    dy += (long long)(g * M + first_m) * P;
    x += (long long)g * x_group;
    const int K = images * P, slices = (K + SLICE - 1) / SLICE, plane = H * W;
    const int per_split = (slices + splits - 1) / splits;
    const int begin = split * per_split, end = min(begin + per_split, slices);
    const int mine = t % SLICE;
    const int4 alike = column_of[warp * 32];

    auto copy_slice = [&](int slice) {
        float *A = shared + slice % STAGES * (A_SIZE + B_SIZE), *B = A + A_SIZE;
        const int k = slice * SLICE + mine, n = k / P, p = k % P;
        const int i = p / OW * stride_h, j = p % OW * stride_w;
        const bool there = k < K;
#if WIDE_ROWS
        const int first = slice * SLICE + t % 8 * 4;
        const float *upstream = dy + (first < K ? (long long)(first / P) * dy_image + first % P : 0);
#pragma unroll
        for (int part = 0; part < TILE_M / 16; part++) {
            const int m = t / 8 + part * 16;
            const bool real = first < K && first_m + m < M;
            copy_16(A + LiesA::at(m, t % 8 * 4), real ? upstream + (long long)m * P : dy, real);
        }
#else
        const float *upstream = dy + (there ? (long long)n * dy_image + p : 0);
#pragma unroll
        for (int part = 0; part < TILE_M / 4; part++) {
            const int m = warp + part * 4;
            const bool real = there && first_m + m < M;
            copy_4(A + LiesA::at(m, mine), real ? upstream + (long long)m * P : dy, real);
        }
#endif
        const float *seen = x + (there ? (long long)n * x_image + i * W + j : 0);
        B += LiesB::at(warp * 32, mine);
#if ALIKE
        const bool real = there && (unsigned)(i + alike.y) < (unsigned)H && (unsigned)(j + alike.z) < (unsigned)W;
        const float *from = real ? seen + alike.x : x;
#pragma unroll
        for (int column = 0; column < 32; column++) copy_4(B + LiesB::at(column, 0), from + column * plane, real);
#else
#pragma unroll 4
        for (int column = 0; column < 32; column++) {
            const int4 place = column_of[warp * 32 + column];
            const bool real = there && (unsigned)(i + place.y) < (unsigned)H && (unsigned)(j + place.z) < (unsigned)W;
            copy_4(B + LiesB::at(column, 0), real ? seen + place.x : x, real);
        }
#endif
    };

    float sums[MS][NS][4] = {};
    const int warp_m = warp % WARPS_DOWN * (WGMMA ? 16 : WARP_M), warp_n = warp / WARPS_DOWN * WARP_N;
#pragma unroll
    for (int slice = 0; slice < STAGES - 1; slice++) {
        if (begin + slice < end) copy_slice(begin + slice);
        copies_end_group();
    }
#pragma unroll 1
    for (int slice = begin; slice < end; slice++) {
        copies_wait_but<STAGES - 2>();
        before_products();
        __syncthreads();
        const float *A = shared + slice % STAGES * (A_SIZE + B_SIZE), *B = A + A_SIZE + LiesB::at(warp_n, 0);
#if WGMMA
        multiply_together<MS, NS, SLICE, TILE_M, TILE_N>(sums, A, B);
#endif
        if (slice + STAGES - 1 < end) copy_slice(slice + STAGES - 1);
        copies_end_group();
#if WGMMA
        products_wait(sums[0][0], MS * NS * 4);
#else
        multiply<MS, NS, SLICE, LiesA, LiesB>(sums, A + LiesA::at(warp_m, 0), B);
#endif
    }

    dw += split * split_size;
#pragma unroll
    for (int part = 0; part < MS * 2; part++) {
        const int m = first_m + warp_m + part / 2 * M_STEP + part % 2 * 8 + group;
        if (m >= M) continue;
#pragma unroll
        for (int n = 0; n < NS * 2; n++) {
            const int j = warp_n + n / 2 * 8 + 2 * quad + n % 2;
            if (first_j + j < J)
                dw[(long long)(g * M + m) * J + column_of[j].w] = sums[part / 2][n / 2][part % 2 * 2 + n % 2];
        }
    }
}
