// Convolution, and its gradient by the input, as one product on tensor cores: see tensor_core.h.
//
// With ALIKE 1 the k of a slice are channels under one and the same element of the kernel, a tap: then where
// they lie, and whether that is inside of the image, is worked out once for all of them. It takes channels
// in whole slices; with ALIKE 0 a table says for each k where it lies.
//
// What it gained (3x3, 128 channels, 64 images of 28 x 28, an H200): 54 TFLOP/s with a table for each k and
// loops of unknown length; 102 with slices alike, copied by cp.async, four warps of 64 x 64; 105 with eight
// warps of 64 x 32, B through registers and blocks loaded by ldmatrix, as it is here. The profile says that it
// waits: tensor cores are busy for a quarter of the time, no other unit for more than a third. By products of four
// warps together (wgmma), which conv_weight_grad.cu has, it was slower: 67, for B still comes through registers.
#include "tensor_core.h"

constexpr int THREADS = 256, WARPS_N = 8 / WARPS_M;
constexpr int BLOCKS = TILE_M > 64 ? 2 : TILE_M > 32 ? 3 : 4;  // at least, on a multiprocessor: one waits for memory, one multiplies
constexpr int WARP_M = TILE_M / WARPS_M, WARP_N = TILE_N / WARPS_N;  // the part of one warp
constexpr int MS = WARP_M / 16, NS = WARP_N / 8;                     // products of 16 x 8 in it
constexpr int SLICE = 16, ROW = SLICE + 4;  // a row's end is left empty: rows that are read together lie in different banks
constexpr int A_SIZE = TILE_M * ROW, B_SIZE = TILE_N * ROW, STAGES = 3;
using Lies = InRows<ROW>;
constexpr int SHARE = SLICE * TILE_N / THREADS;  // what each thread fetches of a slice of B
static_assert(TILE_N == 128 && SHARE == 8, "two threads for each column");

// What one class of output pixels needs to know. Convolution has one class. Its gradient by the input has
// one for each remainder of row and column modulo the stride: only some elements of the kernel reach it.
struct Class {
    int table;              // where its part of `places` begins
    int slices;             // of SLICE numbers each
    int weights;            // where its part of `a` begins
    int rows, columns;      // its pixels in each image
    int row, column;        // the first of them, in the result
    int offset_h, step_h, taps_h;  // what tap t of the kernel sees: source row + offset_h + t step_h
    int offset_w, step_w, taps_w;
    int unused[3];
};

// y[n, g M + m, pixel] = bias + sum over k of a[g, m, k] source[n, what k sees at the pixel]
//
// places[k] = (distance from the pixel, tap of rows + 256 tap of columns), for the first k of each slice alone
// where they are ALIKE; a is (groups, M, slices SLICE) for each class. With splits > 1 each split adds up its
// share of the slices into its own array y, split_size numbers after the one before.
extern "C" __global__ void __launch_bounds__(256, BLOCKS) conv_gather(
    float *y, const float *a, const float *source, const float *bias, const int2 *places, const int *classes,
    int groups, int M, int images, int source_image, int source_group, int H, int W, int stride_h, int stride_w,
    int y_image, int y_plane, int y_width, int y_step_h, int y_step_w, int splits, long long split_size)
{
    SHARED_BUFFER(shared);  // STAGES slices of A, two of B
    __shared__ long long y_at[TILE_N];

    const int t = threadIdx.x, warp = t / 32, group = t % 32 / 4, quad = t % 4;
    const int split = blockIdx.z % splits, g = blockIdx.z / splits % groups;
    const Class c = ((const Class *)classes)[blockIdx.z / splits / groups];
    const int first_pixel = blockIdx.x * TILE_N, first_m = blockIdx.y * TILE_M;
    const int pixels = images * c.rows * c.columns;
    if (first_pixel >= pixels) return;

    // This thread's pixel of B, of which it fetches half the k, and which taps of the kernel fall inside of the image there.
    const int column = t % TILE_N, first_k = t / TILE_N * SHARE;
    const int pixel = first_pixel + column, n = pixel / (c.rows * c.columns);
    const int i = pixel / c.columns % c.rows, j = pixel % c.columns;
    const float *seen = source;
    unsigned inside_h = 0, inside_w = 0;
    if (t < TILE_N)
        y_at[t] = pixel < pixels ? (long long)n * y_image + (c.row + i * y_step_h) * y_width + c.column + j * y_step_w : -1;
    if (pixel < pixels) {
        const int h = i * stride_h, w = j * stride_w;
        seen += (long long)n * source_image + (long long)g * source_group + h * W + w;
        for (int tap = 0; tap < c.taps_h; tap++)
            inside_h |= unsigned((unsigned)(h + c.offset_h + tap * c.step_h) < (unsigned)H) << tap;
        for (int tap = 0; tap < c.taps_w; tap++)
            inside_w |= unsigned((unsigned)(w + c.offset_w + tap * c.step_w) < (unsigned)W) << tap;
    }
    const int row_length = c.slices * SLICE, plane = H * W;
    const int a_row = t / (SLICE / 4), a_k = t % (SLICE / 4) * 4;
    const float *weights = a + c.weights + (long long)(g * M + first_m + a_row) * row_length + a_k;
    places += c.table;

    const int per_split = (c.slices + splits - 1) / splits;
    const int begin = split * per_split, end = min(begin + per_split, c.slices);

    float *const Bs = shared + STAGES * A_SIZE;
    auto copy_a = [&](int slice) {
        float *A = shared + slice % STAGES * A_SIZE;
        constexpr int A_STEP = THREADS / (SLICE / 4);
#pragma unroll
        for (int part = 0; part < (TILE_M + A_STEP - 1) / A_STEP; part++) {
            const int m = a_row + part * A_STEP;
            if (TILE_M % A_STEP && m >= TILE_M) break;
            const bool real = first_m + m < M;
            const float *from = weights + (long long)part * A_STEP * row_length + slice * SLICE;
            copy_16(A + m * ROW + a_k, real ? from : a, real);
        }
    };
    float fetched[SHARE];  // this thread's part of the next slice of B
    int2 next = places[begin < end ? (ALIKE ? begin : 0) : 0];  // the place of the slice after that
    auto fetch_b = [&](int slice) {
#if ALIKE
        const int2 place = next;
        if (slice + 1 < end) next = __ldg(places + slice + 1);
        const bool real = (inside_h >> (place.y & 31)) & (inside_w >> (place.y >> 8)) & 1;
        const float *from = seen + place.x + first_k * plane;
#pragma unroll
        for (int k = 0; k < SHARE; k++) fetched[k] = real ? __ldg(from + k * plane) : 0.0f;
#else
#pragma unroll
        for (int k = 0; k < SHARE; k++) {
            const int2 place = __ldg(places + slice * SLICE + first_k + k);
            const bool real = (inside_h >> (place.y & 31)) & (inside_w >> (place.y >> 8)) & 1;
            fetched[k] = real ? __ldg(seen + place.x) : 0.0f;
        }
#endif
    };
    auto store_b = [&](int slice) {
        float *B = Bs + slice % 2 * B_SIZE + column * ROW + first_k;
#pragma unroll
        for (int k = 0; k < SHARE; k += 4)
            *(float4 *)(B + k) = make_float4(fetched[k], fetched[k + 1], fetched[k + 2], fetched[k + 3]);
    };

    float sums[MS][NS][4] = {};
    const int warp_m = warp / WARPS_N * WARP_M, warp_n = warp % WARPS_N * WARP_N;
#pragma unroll
    for (int slice = 0; slice < STAGES - 1; slice++) {
        if (begin + slice < end) copy_a(begin + slice);
        copies_end_group();
    }
    if (begin < end) fetch_b(begin), store_b(begin);
#pragma unroll 1
    for (int slice = begin; slice < end; slice++) {
        copies_wait_but<STAGES - 2>();
        __syncthreads();  // this slice is there, and no one still reads the places of the next
        if (slice + STAGES - 1 < end) copy_a(slice + STAGES - 1);
        copies_end_group();
        if (slice + 1 < end) fetch_b(slice + 1);
        multiply<MS, NS, SLICE, Lies, Lies>(sums, shared + slice % STAGES * A_SIZE + warp_m * ROW, Bs + slice % 2 * B_SIZE + warp_n * ROW);
        if (slice + 1 < end) store_b(slice + 1);
    }
    __syncthreads();  // y_at is there, also when there is nothing to add up

    y += split * split_size + (long long)g * M * y_plane;
#pragma unroll
    for (int part = 0; part < MS * 2; part++) {
        const int m = first_m + warp_m + part / 2 * 16 + part % 2 * 8 + group;
        if (m >= M) continue;
        const float b = bias ? bias[g * M + m] : 0.0f;
#pragma unroll
        for (int n = 0; n < NS * 2; n++) {
            const long long at = y_at[warp_n + n / 2 * 8 + 2 * quad + n % 2];
            if (at >= 0) y[at + (long long)m * y_plane] = sums[part / 2][n / 2][part % 2 * 2 + n % 2] + b;
        }
    }
}

