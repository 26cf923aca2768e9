// CUDA's words on a CPU: a kernel's source, compiled as C++ behind this header, computes what it computes on
// a card, one thread at a time. For tests without a card, and for stepping through a kernel with a debugger.
//
// The threads of a block are coroutines on one thread of the CPU. Each runs until a barrier and waits there
// for the others: __syncthreads() for its block, what concerns a warp (shuffles, products of a tensor core)
// for the 32 threads of its warp. A barrier that only some threads reach is reported: on a card it would hang or
// go wrong. Blocks run one after the other, so that __shared__ is `static`.
//
// Threads run in the order of their numbers, or backwards: a result that depends on it shows a race.
#pragma once
#include <csetjmp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ucontext.h>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __restrict__
#define __constant__ static const
#define __shared__ static
#define __launch_bounds__(...)
#define __align__(n) alignas(n)
#define SHARED_BUFFER(name) float *name = on_cpu::shared_buffer

struct dim3 { int x, y, z; };
struct int2 { int x, y; };
struct alignas(16) int4 { int x, y, z, w; };
struct alignas(16) float4 { float x, y, z, w; };
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

static dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace on_cpu {

static float *shared_buffer;
enum Wait { RUNNABLE, AT_BLOCK, AT_WARP, DONE };

struct Thread {
    ucontext_t start;
    jmp_buf here;
    std::vector<char> stack;
    Wait wait;
    bool started;
    dim3 index;
};

static std::vector<Thread> threads;
static jmp_buf scheduler;
static jmp_buf failed;
static char message[200];
static int current;
static void (*body)(const void *);
static const void *launched;
// What the threads of each warp hand each other: 32 threads by 8 words.
static std::vector<double> exchange;

static void wait_for(Wait what) {
    threads[current].wait = what;
    if (!_setjmp(threads[current].here)) _longjmp(scheduler, 1);
}

// What a thread does: the kernel for one block after the other. To begin anew costs system calls.
static void enter() {
    for (;;) {
        body(launched);
        wait_for(DONE);
    }
}

static void resume(int i) {
    Thread &thread = threads[i];
    current = i;
    threadIdx = thread.index;
    thread.wait = RUNNABLE;
    if (_setjmp(scheduler)) return;
    if (thread.started) _longjmp(thread.here, 1);
    thread.started = true;
    getcontext(&thread.start);
    thread.stack.resize(128 * 1024);
    thread.start.uc_stack.ss_sp = thread.stack.data();
    thread.start.uc_stack.ss_size = thread.stack.size();
    thread.start.uc_link = nullptr;
    makecontext(&thread.start, enter, 0);
    setcontext(&thread.start);
}

// Ends the launch; `run` returns what is said here.
static void fail(const char *what) {
    std::snprintf(message, sizeof message, "block (%d, %d, %d): %s", blockIdx.x, blockIdx.y, blockIdx.z, what);
    _longjmp(failed, 1);
}

// Runs the threads of a warp until all wait for their block, or have ended.
static void run_warp(int first, int last, bool backwards) {
    for (;;) {
        int at_warp = 0, at_block = 0, done = 0;
        for (int k = 0; k < last - first; k++) {
            int i = backwards ? last - 1 - k : first + k;
            if (threads[i].wait == RUNNABLE) resume(i);
        }
        for (int i = first; i < last; i++) {
            at_warp += threads[i].wait == AT_WARP;
            at_block += threads[i].wait == AT_BLOCK;
            done += threads[i].wait == DONE;
        }
        if (!at_warp) return;
        if (at_block || done) fail("some threads of a warp meet, and others wait for their block or have ended");
        for (int i = first; i < last; i++) threads[i].wait = RUNNABLE;
    }
}

static void run_block(int count, bool backwards) {
    const int warps = (count + 31) / 32;
    for (;;) {
        for (int k = 0; k < warps; k++) {
            int warp = backwards ? warps - 1 - k : k;
            run_warp(warp * 32, warp * 32 + 32 < count ? warp * 32 + 32 : count, backwards);
        }
        int at_block = 0;
        for (int i = 0; i < count; i++) at_block += threads[i].wait == AT_BLOCK;
        if (!at_block) return;
        if (at_block < count) fail("__syncthreads() that only some threads of the block reach");
        for (int i = 0; i < count; i++) threads[i].wait = RUNNABLE;
    }
}

// Runs a kernel on all threads; returns what went wrong, or null.
static const char *run_all(const int *grid, const int *block, int shared_bytes, bool backwards) {
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {block[0], block[1], block[2]};
    const int count = block[0] * block[1] * block[2];
    if (int(threads.size()) < count) threads.resize(count);
    exchange.assign((count + 31) / 32 * 32 * 8, NAN);
    std::vector<float> shared(shared_bytes / 4 + 4);
    shared_buffer = (float *)(((uintptr_t)shared.data() + 15) / 16 * 16);
    if (_setjmp(failed)) {
        for (auto &thread : threads) thread.started = false;  // they stand in the middle of the kernel
        return message;
    }
    const long long blocks = (long long)grid[0] * grid[1] * grid[2];
    for (long long b = 0; b < blocks; b++) {
        long long at = backwards ? blocks - 1 - b : b;
        blockIdx = {int(at % grid[0]), int(at / grid[0] % grid[1]), int(at / grid[0] / grid[1])};
        // What is in shared memory when a block begins is unknown: NaN shows who reads it.
        for (auto &value : shared) value = NAN;
        for (int i = 0; i < count; i++) {
            Thread &thread = threads[i];
            thread.wait = RUNNABLE;
            thread.index = {i % block[0], i / block[0] % block[1], i / block[0] / block[1]};
        }
        run_block(count, backwards);
    }
    return nullptr;
}

// The same for a lambda. (std::function would do, but to read its header takes a fifth of compiling a kernel.)
template <class F> static const char *run(const int *grid, const int *block, int shared_bytes, bool backwards, F f) {
    body = [](const void *given) { (*static_cast<const F *>(given))(); };
    launched = &f;
    return run_all(grid, block, shared_bytes, backwards);
}

// The words that thread `lane` of this warp has put down.
static double *words_of(int lane) { return &exchange[(current / 32 * 32 + lane) * 8]; }

template <class T> static T shuffled(T value, int lane) {
    words_of(current % 32)[0] = value;
    wait_for(AT_WARP);
    T other = T(words_of(lane)[0]);
    wait_for(AT_WARP);
    return other;
}

}  // namespace on_cpu

static inline void __syncthreads() { on_cpu::wait_for(on_cpu::AT_BLOCK); }
static inline void __syncwarp() { on_cpu::wait_for(on_cpu::AT_WARP); }
template <class T> static T __shfl_xor_sync(unsigned, T value, int mask) {
    return on_cpu::shuffled(value, (on_cpu::current % 32) ^ mask);
}
template <class T> static T __ldg(const T *p) { return *p; }
static inline float __fdividef(float a, float b) { return a / b; }
static inline float rsqrt(float x) { return 1 / std::sqrt(x); }
static inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned long long)a * b >> 32; }
template <class T> static T min(T a, T b) { return b < a ? b : a; }
template <class T> static T max(T a, T b) { return a < b ? b : a; }

// Copies into shared memory that a card does in the background are there at once.
static inline void copy_4(float *to, const float *from, bool real) { *to = real ? *from : 0.0f; }
static inline void copy_16(float *to, const float *from, bool real) {
    if ((uintptr_t)to % 16 || (uintptr_t)from % 16) on_cpu::fail("a copy of 16 bytes from or to an address between");
    for (int i = 0; i < 4; i++) to[i] = real ? from[i] : 0.0f;
}
static inline void copies_end_group() {}
template <int N> static void copies_wait_but() {}

// Four blocks of 8 rows by 4 numbers from shared memory: see on_gpu.h.
static inline void load_blocks(float *to, const float *row) {
    const int lane = on_cpu::current % 32;
    std::memcpy(on_cpu::words_of(lane), &row, sizeof row);
    on_cpu::wait_for(on_cpu::AT_WARP);
    for (int block = 0; block < 4; block++) {
        const float *from;
        std::memcpy(&from, on_cpu::words_of(8 * block + lane / 4), sizeof from);
        to[block] = from[lane % 4];
    }
    on_cpu::wait_for(on_cpu::AT_WARP);
}

// A float as a tensor core sees it in TF32: 10 bits after the point, the rest cut off.
static inline unsigned bits_of(float x) { unsigned b; std::memcpy(&b, &x, 4); return b; }
static inline float float_of(unsigned b) { float x; std::memcpy(&x, &b, 4); return x; }
static inline float in_tf32(float x) { return float_of(bits_of(x) & 0xFFFFE000u); }

// A tensor core's sum in float: what does not fit is cut off, not rounded. (An H200's sums of 648 products in three
// passes were off by 5e-6; cut off like this they are by 6e-6, rounded by 5e-7.)
static inline float cut_off(double sum) {
    const float rounded = float(sum);
    return std::fabs(double(rounded)) > std::fabs(sum) ? std::nextafter(rounded, 0.0f) : rounded;
}

// d += a b for 16 x 8 numbers a, 8 x 8 numbers b, spread over the warp as mma.m16n8k8 has them.
static inline void tensor_core_product(float *d, const float *a, const float *b) {
    const int lane = on_cpu::current % 32, group = lane / 4, quad = lane % 4;
    double *mine = on_cpu::words_of(lane);
    for (int i = 0; i < 4; i++) mine[i] = in_tf32(a[i]);
    for (int i = 0; i < 2; i++) mine[4 + i] = in_tf32(b[i]);
    on_cpu::wait_for(on_cpu::AT_WARP);
    for (int i = 0; i < 4; i++) {
        const int row = group + 8 * (i / 2), column = 2 * quad + i % 2;
        double sum = d[i];
        for (int k = 0; k < 8; k++) {
            double left = on_cpu::words_of(row % 8 * 4 + k % 4)[row / 8 + 2 * (k / 4)];
            double right = on_cpu::words_of(column * 4 + k % 4)[4 + k / 4];
            sum += left * right;
        }
        d[i] = cut_off(sum);
    }
    on_cpu::wait_for(on_cpu::AT_WARP);
}

// Products of four warps, that a card does in the background, are there at once: see on_gpu.h.
static inline void before_products() {}
static inline void products_begin() {}
static inline void products_end_group() {}
static inline void products_wait(float *, int) {}
template <int NS> static void warpgroup_product(float *d, const float *a, int a_rows, const float *b, int b_rows) {
    const int lane = on_cpu::current % 32, first = on_cpu::current / 32 % 4 * 16 + lane / 4;
    for (int i = 0; i < 4 * NS; i++) {
        const int row = first + i % 4 / 2 * 8, column = i / 4 * 8 + lane % 4 * 2 + i % 2;
        double sum = d[i];
        for (int k = 0; k < 8; k++) {
            const float left = a[(k / 4 * a_rows + row) * 4 + k % 4], right = b[(k / 4 * b_rows + column) * 4 + k % 4];
            sum += (double)in_tf32(left) * in_tf32(right);
        }
        d[i] = cut_off(sum);
    }
}
