// Rows added up by index, without atomic additions: each row of the result looks for what belongs to it, and
// adds in the order of the index, so that sums repeat bit for bit.

// dx[r] = the sum of dy[i] over all i with index[i] = r; a block for each row, which reads the whole index
extern "C" __global__ void index_add_rows(
    real *dx, const real *dy, const long long *index, int count, int num_rows, int width)
{
    __shared__ int found[256];
    __shared__ int hits;
    const int t = threadIdx.x;
    for (int r = blockIdx.x; r < num_rows; r += gridDim.x) {
        for (int column = t; column < width; column += 256) dx[(long long)r * width + column] = 0;
        for (int begin = 0; begin < count; begin += 256) {
            const long long named = begin + t < count ? index[begin + t] : -1 - num_rows;
            found[t] = named == r || named + num_rows == r;
            __syncthreads();
            if (t == 0) {
                hits = 0;
                for (int i = 0; i < 256; i++)
                    if (found[i]) found[hits++] = i;
            }
            __syncthreads();
            for (int column = t; column < width; column += 256) {
                real sum = dx[(long long)r * width + column];
                for (int hit = 0; hit < hits; hit++) sum += dy[(long long)(begin + found[hit]) * width + column];
                dx[(long long)r * width + column] = sum;
            }
            __syncthreads();
        }
    }
}

// The same for long indices, which have been sorted: `order` is where each was, `first` where each row's begin
extern "C" __global__ void index_add_sorted(
    real *dx, const real *dy, const long long *order, const long long *first, int num_rows, int width)
{
    const long long size = (long long)num_rows * width;
    for (long long at = blockIdx.x * 256LL + threadIdx.x; at < size; at += gridDim.x * 256LL) {
        const long long r = at / width, column = at % width;
        real sum = 0;
        for (long long i = first[r]; i < first[r + 1]; i++) sum += dy[order[i] * width + column];
        dx[at] = sum;
    }
}
