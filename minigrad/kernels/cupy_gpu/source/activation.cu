// Activations, WIDE elements at a time. At NaN they do what the reference does.

struct alignas(sizeof(real) * WIDE) Wide { real v[WIDE]; };

#define EACH(i, size) \
    for (long long i = blockIdx.x * 256LL + threadIdx.x; i < (size) / WIDE; i += gridDim.x * 256LL)

// y = max(x, 0)
extern "C" __global__ void relu(real *y, const real *x, long long size)
{
    EACH(i, size) {
        Wide v = ((const Wide *)x)[i];
        for (int k = 0; k < WIDE; k++) v.v[k] = v.v[k] <= 0 ? real(0) : v.v[k];
        ((Wide *)y)[i] = v;
    }
}

// dx = dy where y > 0
extern "C" __global__ void relu_grad(real *dx, const real *dy, const real *y, long long size)
{
    EACH(i, size) {
        Wide d = ((const Wide *)dy)[i], v = ((const Wide *)y)[i];
        for (int k = 0; k < WIDE; k++) d.v[k] = v.v[k] <= 0 ? real(0) : d.v[k];
        ((Wide *)dx)[i] = d;
    }
}

// y = x where x > 0, slope x elsewhere
extern "C" __global__ void leaky_relu(real *y, const real *x, double slope, long long size)
{
    EACH(i, size) {
        Wide v = ((const Wide *)x)[i];
        for (int k = 0; k < WIDE; k++) v.v[k] = v.v[k] > 0 ? v.v[k] : v.v[k] * real(slope);
        ((Wide *)y)[i] = v;
    }
}

// dx = dy where x > 0, slope dy elsewhere
extern "C" __global__ void leaky_relu_grad(real *dx, const real *dy, const real *x, double slope, long long size)
{
    EACH(i, size) {
        Wide d = ((const Wide *)dy)[i], v = ((const Wide *)x)[i];
        for (int k = 0; k < WIDE; k++) d.v[k] = v.v[k] > 0 ? d.v[k] : d.v[k] * real(slope);
        ((Wide *)dx)[i] = d;
    }
}

// 1 / (1 + e ** -x), by an exponent that is not above 0
__device__ real sigmoid(real x)
{
    real small = exp(-fabs(x));
    return (x >= 0 ? real(1) : small) / (1 + small);
}

// y = x sigmoid(x)
extern "C" __global__ void silu(real *y, const real *x, long long size)
{
    EACH(i, size) {
        Wide v = ((const Wide *)x)[i];
        for (int k = 0; k < WIDE; k++) v.v[k] *= sigmoid(v.v[k]);
        ((Wide *)y)[i] = v;
    }
}

// dx = dy (s + x s (1 - s)), s = sigmoid(x)
extern "C" __global__ void silu_grad(real *dx, const real *dy, const real *x, long long size)
{
    EACH(i, size) {
        Wide d = ((const Wide *)dy)[i], v = ((const Wide *)x)[i];
        for (int k = 0; k < WIDE; k++) {
            real s = sigmoid(v.v[k]);
            d.v[k] *= s + v.v[k] * s * (1 - s);
        }
        ((Wide *)dx)[i] = d;
    }
}

// y = erf(x)
extern "C" __global__ void error_function(real *y, const real *x, long long size)
{
    EACH(i, size) {
        Wide v = ((const Wide *)x)[i];
        for (int k = 0; k < WIDE; k++) v.v[k] = erf(v.v[k]);
        ((Wide *)y)[i] = v;
    }
}
