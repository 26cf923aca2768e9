// What goes before and after the products of conv_gather.cu.

struct Class {  // as in conv_gather.cu
    int table, slices, weights, others[13];
};

// a[class, g, m, k] = w[g group_step + m m_step + elements[k]], or 0 where elements[k] is -1: the weights of
// each class in rows that are whole slices long.
extern "C" __global__ void pack_weights(
    float *a, const float *w, const int *elements, const int *classes, int groups, int M, int group_step,
    int m_step, int slice, int per_place)
{
    const Class c = ((const Class *)classes)[blockIdx.z];
    const int length = c.slices * slice;
    const long long size = (long long)groups * M * length;
    a += c.weights;
    for (long long i = blockIdx.x * 256 + threadIdx.x; i < size; i += gridDim.x * 256) {
        const int k = i % length, m = i / length % M, g = i / length / M;
        const int element = elements[c.table * per_place + k];
        a[i] = element < 0 ? 0.0f : w[g * group_step + m * m_step + element];
    }
}

// y = the sum of its parts, (splits, size), in their order; + bias by channel where there is one.
extern "C" __global__ void add_splits(
    float *y, const float *parts, const float *bias, int splits, long long size, int plane, int channels)
{
    for (long long i = blockIdx.x * 256 + threadIdx.x; i < size; i += gridDim.x * 256) {
        float sum = parts[i];
        for (int split = 1; split < splits; split++) sum += parts[split * size + i];
        y[i] = bias ? sum + bias[i / plane % channels] : sum;
    }
}
