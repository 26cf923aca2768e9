// Convolution as its formula says it, a thread for each number of the result: for depthwise convolutions,
// which move memory more than they multiply, for float64, and for kernels of more than 31 rows or columns.
//
// Shapes: x (N, C, H, W), w (O, C/groups, KH, KW), y and dy (N, O, OH, OW).

struct Shape {
    int N, C, H, W, O, KH, KW, OH, OW, stride_h, stride_w, top, left, dilation_h, dilation_w, groups;
};

// y[n, o, i, j] = bias[o] + sum over c, a, b of w[o, c, a, b] x[n, c, i stride + a dilation - top, ...]
extern "C" __global__ void conv_direct(
    real *y, const real *x, const real *w, const real *bias, const int *shape)
{
    const Shape s = *(const Shape *)shape;
    const long long size = (long long)s.N * s.O * s.OH * s.OW;
    const int channels = s.C / s.groups;
    for (long long at = blockIdx.x * 256LL + threadIdx.x; at < size; at += gridDim.x * 256LL) {
        const int j = at % s.OW, i = at / s.OW % s.OH, o = at / ((long long)s.OW * s.OH) % s.O;
        const int n = at / ((long long)s.OW * s.OH * s.O), first = o / (s.O / s.groups) * channels;
        real sum = 0;
        for (int c = 0; c < channels; c++) {
            const real *image = x + ((long long)n * s.C + first + c) * s.H * s.W;
            const real *kernel = w + ((long long)o * channels + c) * s.KH * s.KW;
            for (int a = 0; a < s.KH; a++) {
                const int h = i * s.stride_h + a * s.dilation_h - s.top;
                if (h < 0 || h >= s.H) continue;
                for (int b = 0; b < s.KW; b++) {
                    const int v = j * s.stride_w + b * s.dilation_w - s.left;
                    if (v >= 0 && v < s.W) sum += kernel[a * s.KW + b] * image[(long long)h * s.W + v];
                }
            }
        }
        y[at] = bias ? sum + bias[o] : sum;
    }
}

// dx[n, c, h, v] = bias[c] + the sum of all w[o, c, a, b] dy[n, o, i, j] that meet there
extern "C" __global__ void conv_direct_input_grad(
    real *dx, const real *dy, const real *w, const real *bias, const int *shape)
{
    const Shape s = *(const Shape *)shape;
    const long long size = (long long)s.N * s.C * s.H * s.W;
    const int channels = s.C / s.groups, outputs = s.O / s.groups;
    for (long long at = blockIdx.x * 256LL + threadIdx.x; at < size; at += gridDim.x * 256LL) {
        const int v = at % s.W, h = at / s.W % s.H, c = at / ((long long)s.W * s.H) % s.C;
        const int n = at / ((long long)s.W * s.H * s.C), first = c / channels * outputs;
        real sum = 0;
        for (int a = 0; a < s.KH; a++) {
            const int i = h + s.top - a * s.dilation_h;
            if (i < 0 || i % s.stride_h || i / s.stride_h >= s.OH) continue;
            for (int b = 0; b < s.KW; b++) {
                const int j = v + s.left - b * s.dilation_w;
                if (j < 0 || j % s.stride_w || j / s.stride_w >= s.OW) continue;
                const real *kernel = w + ((long long)first * channels + c % channels) * s.KH * s.KW + a * s.KW + b;
                const real *place = dy + ((long long)n * s.O + first) * s.OH * s.OW
                    + (long long)(i / s.stride_h) * s.OW + j / s.stride_w;
                for (int o = 0; o < outputs; o++)
                    sum += kernel[(long long)o * channels * s.KH * s.KW] * place[(long long)o * s.OH * s.OW];
            }
        }
        dx[at] = bias ? sum + bias[c] : sum;
    }
}

// dw[o, c, a, b] = sum over n, i, j of dy[n, o, i, j] x[n, c, i stride + a dilation - top, ...]: a block for
// each element of dw, whose threads add up every 256th place and then, in pairs, each other's sums.
extern "C" __global__ void conv_direct_weight_grad(real *dw, const real *dy, const real *x, const int *shape)
{
    __shared__ real sums[256];
    const Shape s = *(const Shape *)shape;
    const int channels = s.C / s.groups, t = threadIdx.x;
    const int b = blockIdx.x % s.KW, a = blockIdx.x / s.KW % s.KH, c = blockIdx.x / (s.KW * s.KH) % channels;
    const int o = blockIdx.x / (s.KW * s.KH * channels), first = o / (s.O / s.groups) * channels;
    const long long places = (long long)s.N * s.OH * s.OW;
    real sum = 0;
    for (long long at = t; at < places; at += 256) {
        const int j = at % s.OW, i = at / s.OW % s.OH, n = at / ((long long)s.OW * s.OH);
        const int h = i * s.stride_h + a * s.dilation_h - s.top, v = j * s.stride_w + b * s.dilation_w - s.left;
        if (h < 0 || h >= s.H || v < 0 || v >= s.W) continue;
        sum += dy[(((long long)n * s.O + o) * s.OH + i) * s.OW + j]
            * x[(((long long)n * s.C + first + c) * s.H + h) * s.W + v];
    }
    sums[t] = sum;
    __syncthreads();
    for (int half = 128; half > 0; half /= 2) {
        if (t < half) sums[t] += sums[t + half];
        __syncthreads();
    }
    if (t == 0) dw[blockIdx.x] = sums[0];
}
