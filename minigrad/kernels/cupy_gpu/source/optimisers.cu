// One step of an optimiser for all parameters, in one launch. What each computes is said in reference/optimisers.py.
//
// A table in the card's memory says where the arrays are: a row for each parameter, its addresses, its size and
// the first of the chunks it is cut into; a block takes one chunk. `rates` are the numbers that change from step
// to step, in memory too, so that a captured graph can be replayed with new ones.

constexpr int CHUNK = 4096;
constexpr int ARRAYS = 5;  // at most: the parameter, its gradient, three of state

struct Row {
    real *arrays[ARRAYS];
    long long size, first_chunk;
};

// The parameter that this block's chunk belongs to.
static __device__ const Row &row_of(const long long *table, int count)
{
    const Row *rows = (const Row *)table;
    int low = 0, high = count;
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        if (rows[middle].first_chunk <= blockIdx.x) low = middle;
        else high = middle;
    }
    return rows[low];
}

#define EACH(i, row)                                                                                          \
    for (long long i = (blockIdx.x - (row).first_chunk) * CHUNK + threadIdx.x,                                 \
                   last_##i = min(i - threadIdx.x + CHUNK, (row).size);                                        \
         i < last_##i; i += 256)

// rates: lr
extern "C" __global__ void sgd_step(
    const long long *table, int count, const double *rates, double momentum, double dampening, double weight_decay,
    int nesterov, int maximize)
{
    const Row &row = row_of(table, count);
    real *p = row.arrays[0], *g = row.arrays[1], *buf = row.arrays[2];
    const real lr = real(rates[0]), decay = real(weight_decay), keep = real(momentum), take = real(1 - dampening);
    EACH(i, row) {
        real d = (maximize ? -g[i] : g[i]) + decay * p[i];
        if (buf) {
            const real b = keep * buf[i] + take * d;
            buf[i] = b;
            d = nesterov ? d + keep * b : b;
        }
        p[i] -= lr * d;
    }
}

// rates: lr, lr / (1 - beta1^t), 1 - beta2^t
extern "C" __global__ void adam_step(
    const long long *table, int count, const double *rates, double beta1, double beta2, double eps, double weight_decay,
    int decoupled, int maximize)
{
    const Row &row = row_of(table, count);
    real *p = row.arrays[0], *g = row.arrays[1], *m = row.arrays[2], *v = row.arrays[3], *v_max = row.arrays[4];
    const real shrink = decoupled ? real(1 - rates[0] * weight_decay) : real(1);
    const real decay = decoupled ? real(0) : real(weight_decay), lr = real(rates[1]), correction = real(rates[2]);
    const real take_1 = real(1 - beta1), keep_2 = real(beta2), take_2 = real(1 - beta2), least = real(eps);
    EACH(i, row) {
        real w = p[i] * shrink, d = (maximize ? -g[i] : g[i]) + decay * p[i];
        const real mean = m[i] + take_1 * (d - m[i]);
        real square = keep_2 * v[i] + take_2 * d * d;
        m[i] = mean, v[i] = square;
        if (v_max) {
            square = v_max[i] = v_max[i] != v_max[i] || v_max[i] > square ? v_max[i] : square;
        }
        p[i] = w - lr * mean / (sqrt(square / correction) + least);
    }
}

// rates: lr, 1 - beta2^t, (1 - mu) / (1 - mu_product), mu_next / (1 - mu_product mu_next)
extern "C" __global__ void nadam_step(
    const long long *table, int count, const double *rates, double beta1, double beta2, double eps, double weight_decay,
    int decoupled, int maximize)
{
    const Row &row = row_of(table, count);
    real *p = row.arrays[0], *g = row.arrays[1], *m = row.arrays[2], *v = row.arrays[3];
    const real shrink = decoupled ? real(1 - rates[0] * weight_decay) : real(1);
    const real decay = decoupled ? real(0) : real(weight_decay), lr = real(rates[0]), correction = real(rates[1]);
    const real of_gradient = real(rates[2]), of_mean = real(rates[3]);
    const real take_1 = real(1 - beta1), keep_2 = real(beta2), take_2 = real(1 - beta2), least = real(eps);
    EACH(i, row) {
        real w = p[i] * shrink, d = (maximize ? -g[i] : g[i]) + decay * p[i];
        const real mean = m[i] + take_1 * (d - m[i]), square = keep_2 * v[i] + take_2 * d * d;
        m[i] = mean, v[i] = square;
        p[i] = w - lr * (of_gradient * d + of_mean * mean) / (sqrt(square / correction) + least);
    }
}

// rates: lr / (1 + (t - 1) lr_decay)
extern "C" __global__ void adagrad_step(
    const long long *table, int count, const double *rates, double eps, double weight_decay, int maximize)
{
    const Row &row = row_of(table, count);
    real *p = row.arrays[0], *g = row.arrays[1], *total = row.arrays[2];
    const real lr = real(rates[0]), decay = real(weight_decay), least = real(eps);
    EACH(i, row) {
        const real d = (maximize ? -g[i] : g[i]) + decay * p[i], sum = total[i] + d * d;
        total[i] = sum;
        p[i] -= lr * d / (sqrt(sum) + least);
    }
}

// rates: lr
extern "C" __global__ void rmsprop_step(
    const long long *table, int count, const double *rates, double alpha, double eps, double weight_decay, double momentum,
    int maximize)
{
    const Row &row = row_of(table, count);
    real *p = row.arrays[0], *g = row.arrays[1], *square_avg = row.arrays[2], *grad_avg = row.arrays[3];
    real *buf = row.arrays[4];
    const real lr = real(rates[0]), decay = real(weight_decay), least = real(eps), go_on = real(momentum);
    const real keep = real(alpha), take = real(1 - alpha);
    EACH(i, row) {
        real d = (maximize ? -g[i] : g[i]) + decay * p[i];
        real square = keep * square_avg[i] + take * d * d;
        square_avg[i] = square;
        if (grad_avg) {
            const real mean = grad_avg[i] + take * (d - grad_avg[i]);
            grad_avg[i] = mean;
            square -= mean * mean;
        }
        d /= sqrt(square) + least;
        if (buf) d = buf[i] = go_on * buf[i] + d;
        p[i] -= lr * d;
    }
}
