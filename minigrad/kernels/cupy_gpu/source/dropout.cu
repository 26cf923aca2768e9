// Dropout by Philox4x32-10 (Salmon et al. 2011): the random words of an element are a function of its place and
// the seed, so that no generator's state is kept or shared, and the backward pass computes them again.

// y[k + w q] = 0 if word w of Philox's block k is below `limit`, else x[k + w q] / (1 - p); q = ceil(size / 4)
//
// `step`, where there is one, is a number in the card's memory that goes into the seed: a captured graph is
// replayed with the same arguments, and counts that number up.
extern "C" __global__ void dropout(
    real *y, const real *x, unsigned long long limit, double kept, unsigned long long seed,
    const unsigned long long *step, long long size)
{
    const long long q = (size + 3) / 4;
    if (step) seed += *step * 0x9E3779B97F4A7C15ull;
    for (long long block = blockIdx.x * 256LL + threadIdx.x; block < q; block += gridDim.x * 256LL) {
        unsigned x0 = (unsigned)block, x1 = (unsigned)(block >> 32), x2 = 0, x3 = 0;
        unsigned k0 = (unsigned)seed, k1 = (unsigned)(seed >> 32);
        for (int round = 0; round < 10; round++) {
            const unsigned long long a = 0xD2511F53ull * x0, b = 0xCD9E8D57ull * x2;
            x0 = (unsigned)(b >> 32) ^ x1 ^ k0, x1 = (unsigned)b;
            x2 = (unsigned)(a >> 32) ^ x3 ^ k1, x3 = (unsigned)a;
            k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
        }
        const unsigned words[4] = {x0, x1, x2, x3};
        for (int w = 0; w < 4; w++) {
            const long long at = block + w * q;
            if (at < size) y[at] = x[at] * (words[w] < limit ? real(0) : real(kept));
        }
    }
}
