// Softmax cross-entropy: a warp for each row.

static __device__ __forceinline__ real warp_max(real x)
{
    for (int lane = 16; lane > 0; lane /= 2) x = max(x, __shfl_xor_sync(0xffffffffu, x, lane));
    return x;
}
static __device__ __forceinline__ real warp_sum(real x)
{
    for (int lane = 16; lane > 0; lane /= 2) x += __shfl_xor_sync(0xffffffffu, x, lane);
    return x;
}

// y_n = ln(sum over c of exp x[n, c]) - x[n, target_n]
extern "C" __global__ void softmax_cross_entropy(
    real *y, const real *x, const long long *target, int N, int C)
{
    const int lane = threadIdx.x % 32, n = blockIdx.x * 8 + threadIdx.x / 32;
    if (n >= N) return;  // a whole warp does
    const real *row = x + (long long)n * C;
    real largest = row[0], sum = 0;
    for (int c = lane; c < C; c += 32) largest = max(largest, row[c]);
    largest = warp_max(largest);
    for (int c = lane; c < C; c += 32) sum += exp(row[c] - largest);
    sum = warp_sum(sum);
    // A class that is not there makes NaN: where a step is captured, nobody has looked at the targets before.
    const bool there = target[n] >= 0 && target[n] < C;
    if (lane == 0) y[n] = there ? log(sum) - (row[target[n]] - largest) : real(nan(""));
}

// dx[n, c] = dy_n (softmax(x_n)[c] - 1 where c is target_n)
extern "C" __global__ void softmax_cross_entropy_grad(
    real *dx, const real *dy, const real *x, const long long *target, int N, int C)
{
    const int lane = threadIdx.x % 32, n = blockIdx.x * 8 + threadIdx.x / 32;
    if (n >= N) return;
    const real *row = x + (long long)n * C;
    real largest = row[0], sum = 0;
    for (int c = lane; c < C; c += 32) largest = max(largest, row[c]);
    largest = warp_max(largest);
    for (int c = lane; c < C; c += 32) sum += exp(row[c] - largest);
    sum = warp_sum(sum);
    for (int c = lane; c < C; c += 32)
        dx[(long long)n * C + c] = dy[n] * (exp(row[c] - largest) / sum - real(c == target[n]));
}
