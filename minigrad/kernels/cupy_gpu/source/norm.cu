// Normalisation. x is seen as (outer, channels, inner). Sums are float64, as in the reference: the card waits
// for memory anyway.
//
// Sums over a channel are taken in two steps, so that they repeat bit for bit: each block adds up one part,
// and then the parts are added in their order.

struct alignas(sizeof(real) * WIDE) Wide { real v[WIDE]; };

// The sum of all threads' numbers, to thread 0. `room` has 256 places.
static __device__ double block_sum(double *room, double x)
{
    const int t = threadIdx.x;
    __syncthreads();
    room[t] = x;
    __syncthreads();
    for (int half = 128; half > 0; half /= 2) {
        if (t < half) room[t] += room[t + half];
        __syncthreads();
    }
    return room[0];
}

// The elements of one channel that belong to a part, WIDE at a time; a thread takes every 256th.
struct Walk {
    long long outer, last, step_outer;
    int inner, size, step_inner;
    __device__ Walk(int outers, int inners, int part, int parts)
    {
        const long long per_part = (outers + parts - 1) / parts;
        size = inners / WIDE;
        outer = part * per_part + threadIdx.x / size, inner = threadIdx.x % size;
        last = min((part + 1) * per_part, (long long)outers);
        step_outer = 256 / size, step_inner = 256 % size;
    }
    __device__ bool more() const { return outer < last; }
    __device__ void next()
    {
        outer += step_outer, inner += step_inner;
        if (inner >= size) inner -= size, outer++;
    }
    __device__ long long at(int channels, int channel) const
    {
        return (outer * channels + channel) * size + inner;
    }
};

// parts[c, part] = (sum of x - first, sum of (x - first)²) over the part, first = x[0, c, 0], which keeps the
// digits of numbers that are far from 0
extern "C" __global__ void moments_parts(double *parts, const real *x, int outer, int channels, int inner)
{
    __shared__ double room[256];
    const int c = blockIdx.x;
    const double first = x[(long long)c * inner];
    double sum = 0, squares = 0;
    for (Walk walk(outer, inner, blockIdx.y, gridDim.y); walk.more(); walk.next()) {
        const Wide v = ((const Wide *)x)[walk.at(channels, c)];
        for (int k = 0; k < WIDE; k++) {
            const double d = v.v[k] - first;
            sum += d, squares += d * d;
        }
    }
    sum = block_sum(room, sum), squares = block_sum(room, squares);
    if (threadIdx.x == 0) {
        parts[((long long)c * gridDim.y + blockIdx.y) * 2] = sum;
        parts[((long long)c * gridDim.y + blockIdx.y) * 2 + 1] = squares;
    }
}

// The same where a channel's neighbours in memory are other channels (inner is small): a thread for each
// channel, which walks over its part of outer.
extern "C" __global__ void moments_columns(double *parts, const real *x, int outer, int channels, int inner)
{
    const int c = blockIdx.x * 256 + threadIdx.x, count = gridDim.y;
    if (c >= channels) return;
    const double first = x[(long long)c * inner];
    const int per_part = (outer + count - 1) / count, begin = blockIdx.y * per_part;
    double sum = 0, squares = 0;
    for (int n = begin; n < min(begin + per_part, outer); n++)
        for (int i = 0; i < inner; i++) {
            const double d = x[((long long)n * channels + c) * inner + i] - first;
            sum += d, squares += d * d;
        }
    parts[((long long)c * count + blockIdx.y) * 2] = sum;
    parts[((long long)c * count + blockIdx.y) * 2 + 1] = squares;
}

// mean_c and var_c of the parts
extern "C" __global__ void moments(
    double *mean, double *variance, const double *parts, const real *x, int outer, int channels, int inner,
    int count)
{
    const int c = blockIdx.x * 256 + threadIdx.x;
    if (c >= channels) return;
    double sum = 0, squares = 0;
    for (int part = 0; part < count; part++) {
        sum += parts[((long long)c * count + part) * 2];
        squares += parts[((long long)c * count + part) * 2 + 1];
    }
    const double n = (double)outer * inner, shift = sum / n, v = squares / n - shift * shift;
    mean[c] = x[(long long)c * inner] + shift;
    variance[c] = v < 0 ? 0 : v;  // a NaN stays
}

// y = (x - mean_c) scale_c + shift_c
extern "C" __global__ void scale_and_shift(
    real *y, const real *x, const double *mean, const double *scale, const double *shift, int channels, int inner,
    long long size)
{
    for (long long i = blockIdx.x * 256LL + threadIdx.x; i < size / WIDE; i += gridDim.x * 256LL) {
        const int c = i / (inner / WIDE) % channels;
        const double m = mean[c], a = scale[c], b = shift[c];
        Wide v = ((const Wide *)x)[i];
        for (int k = 0; k < WIDE; k++) v.v[k] = real((v.v[k] - m) * a + b);
        ((Wide *)y)[i] = v;
    }
}

// parts[c, part] = (sum of dy, sum of dy z) over the part, z = (x - mean) rstd of the channel's group
extern "C" __global__ void norm_grad_parts(
    double *parts, const real *dy, const real *x, const double *mean, const double *rstd, int outer, int channels,
    int members, int inner)
{
    __shared__ double room[256];
    const int c = blockIdx.x;
    const double m = mean[c / members], r = rstd[c / members];
    double sum = 0, along = 0;
    for (Walk walk(outer, inner, blockIdx.y, gridDim.y); walk.more(); walk.next()) {
        const long long at = walk.at(channels, c);
        const Wide d = ((const Wide *)dy)[at], v = ((const Wide *)x)[at];
        for (int k = 0; k < WIDE; k++) sum += d.v[k], along += d.v[k] * (v.v[k] - m);
    }
    sum = block_sum(room, sum), along = block_sum(room, along * r);
    if (threadIdx.x == 0) {
        parts[((long long)c * gridDim.y + blockIdx.y) * 2] = sum;
        parts[((long long)c * gridDim.y + blockIdx.y) * 2 + 1] = along;
    }
}

extern "C" __global__ void norm_grad_columns(
    double *parts, const real *dy, const real *x, const double *mean, const double *rstd, int outer, int channels,
    int members, int inner)
{
    const int c = blockIdx.x * 256 + threadIdx.x, count = gridDim.y;
    if (c >= channels) return;
    const double m = mean[c / members], r = rstd[c / members];
    const int per_part = (outer + count - 1) / count, begin = blockIdx.y * per_part;
    double sum = 0, along = 0;
    for (int n = begin; n < min(begin + per_part, outer); n++)
        for (int i = 0; i < inner; i++) {
            const long long at = ((long long)n * channels + c) * inner + i;
            sum += dy[at], along += dy[at] * (x[at] - m) * r;
        }
    parts[((long long)c * count + blockIdx.y) * 2] = sum;
    parts[((long long)c * count + blockIdx.y) * 2 + 1] = along;
}

// dbias and dweight of each channel, and of each group the averages that dx takes out:
// averages[g] = (average of dz, average of dz z), dz = dy weight. A block for each group.
extern "C" __global__ void norm_grad_sums(
    real *dweight, real *dbias, double *averages, const double *parts, const real *weight, int members, int count,
    double n)
{
    __shared__ double room[256];
    const int g = blockIdx.x;
    double straight = 0, along = 0;
    for (int member = threadIdx.x; member < members; member += 256) {
        const long long c = (long long)g * members + member;
        double sum = 0, sum_z = 0;
        for (int part = 0; part < count; part++) {
            sum += parts[(c * count + part) * 2];
            sum_z += parts[(c * count + part) * 2 + 1];
        }
        dbias[c] = real(sum), dweight[c] = real(sum_z);
        straight += sum * weight[c], along += sum_z * weight[c];
    }
    straight = block_sum(room, straight), along = block_sum(room, along);
    if (threadIdx.x == 0) averages[2 * g] = straight / n, averages[2 * g + 1] = along / n;
}

// dx = rstd (dy weight - average of dz - z average of dz z); the averages are null where mean and rstd are constant
extern "C" __global__ void norm_input_grad(
    real *dx, const real *dy, const real *x, const real *weight, const double *mean, const double *rstd,
    const double *averages, int channels, int members, int inner, long long size)
{
    for (long long i = blockIdx.x * 256LL + threadIdx.x; i < size / WIDE; i += gridDim.x * 256LL) {
        const int c = i / (inner / WIDE) % channels, g = c / members;
        const double m = mean[g], r = rstd[g], w = weight[c];
        const double straight = averages ? averages[2 * g] : 0, along = averages ? averages[2 * g + 1] : 0;
        Wide d = ((const Wide *)dy)[i];
        const Wide v = ((const Wide *)x)[i];
        for (int k = 0; k < WIDE; k++)
            d.v[k] = real(r * (d.v[k] * w - straight - (v.v[k] - m) * r * along));
        ((Wide *)dx)[i] = d;
    }
}

// parts[c, part] = sum of x over the part
extern "C" __global__ void channel_parts(double *parts, const real *x, int outer, int channels, int inner)
{
    __shared__ double room[256];
    const int c = blockIdx.x;
    double sum = 0;
    for (Walk walk(outer, inner, blockIdx.y, gridDim.y); walk.more(); walk.next()) {
        const Wide v = ((const Wide *)x)[walk.at(channels, c)];
        for (int k = 0; k < WIDE; k++) sum += v.v[k];
    }
    sum = block_sum(room, sum);
    if (threadIdx.x == 0) parts[(long long)c * gridDim.y + blockIdx.y] = sum;
}

// y_c = the sum of its parts
extern "C" __global__ void channel_sums(real *y, const double *parts, int channels, int count)
{
    const int c = blockIdx.x * 256 + threadIdx.x;
    if (c >= channels) return;
    double sum = 0;
    for (int part = 0; part < count; part++) sum += parts[(long long)c * count + part];
    y[c] = real(sum);
}
