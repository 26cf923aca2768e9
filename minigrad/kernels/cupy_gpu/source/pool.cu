// Pooling, a thread for each number of the result. Gradients gather: an element of the image looks at the
// windows that cover it, so that no two threads add to one place, and sums repeat bit for bit.

typedef PLACE place;  // unsigned char or int: which element of its window is the largest

struct Windows {
    int planes, H, W, OH, OW, KH, KW, SH, SW, DH, DW, top, left;
};

// y = the largest element of each window and places = which one, a KW + b; of equal ones the first, of NaNs the last
extern "C" __global__ void max_pool(real *y, place *places, const real *x, const int *windows)
{
    const Windows s = *(const Windows *)windows;
    const long long size = (long long)s.planes * s.OH * s.OW;
    for (long long at = blockIdx.x * 256LL + threadIdx.x; at < size; at += gridDim.x * 256LL) {
        const int j = at % s.OW, i = at / s.OW % s.OH;
        const real *plane = x + at / ((long long)s.OW * s.OH) * s.H * s.W;
        real largest = 0;
        int found = -1;
        for (int a = 0; a < s.KH; a++) {
            const int h = i * s.SH - s.top + a * s.DH;
            if (h < 0 || h >= s.H) continue;
            for (int b = 0; b < s.KW; b++) {
                const int w = j * s.SW - s.left + b * s.DW;
                if (w < 0 || w >= s.W) continue;
                const real element = plane[(long long)h * s.W + w];
                if (found < 0 || element > largest || element != element) largest = element, found = a * s.KW + b;
            }
        }
        y[at] = largest, places[at] = place(found);
    }
}

// y = the element of each window at its place
extern "C" __global__ void max_pool_pick(real *y, const place *places, const real *x, const int *windows)
{
    const Windows s = *(const Windows *)windows;
    const long long size = (long long)s.planes * s.OH * s.OW;
    for (long long at = blockIdx.x * 256LL + threadIdx.x; at < size; at += gridDim.x * 256LL) {
        const int j = at % s.OW, i = at / s.OW % s.OH;
        const int h = i * s.SH - s.top + places[at] / s.KW * s.DH, w = j * s.SW - s.left + places[at] % s.KW * s.DW;
        y[at] = x[(at / ((long long)s.OW * s.OH) * s.H + h) * s.W + w];
    }
}

// dx = the sum of dy over the windows whose place is this element
extern "C" __global__ void max_pool_grad(real *dx, const real *dy, const place *places, const int *windows)
{
    const Windows s = *(const Windows *)windows;
    const long long size = (long long)s.planes * s.H * s.W;
    for (long long at = blockIdx.x * 256LL + threadIdx.x; at < size; at += gridDim.x * 256LL) {
        const int w = at % s.W + s.left, h = at / s.W % s.H + s.top;
        const long long plane = at / ((long long)s.W * s.H) * s.OH * s.OW;
        // The windows that reach this row are those from ceil((h - (KH - 1) DH) / SH) to h / SH.
        const int first_i = max(0, (h - (s.KH - 1) * s.DH + s.SH - 1) / s.SH), last_i = min(s.OH - 1, h / s.SH);
        const int first_j = max(0, (w - (s.KW - 1) * s.DW + s.SW - 1) / s.SW), last_j = min(s.OW - 1, w / s.SW);
        real sum = 0;
        for (int i = first_i; i <= last_i; i++) {
            const int a = (h - i * s.SH) / s.DH;
            if (a * s.DH != h - i * s.SH || a >= s.KH) continue;
            for (int j = first_j; j <= last_j; j++) {
                const int b = (w - j * s.SW) / s.DW;
                if (b * s.DW != w - j * s.SW || b >= s.KW) continue;
                const long long window = plane + (long long)i * s.OW + j;
                if (places[window] == a * s.KW + b) sum += dy[window];
            }
        }
        dx[at] = sum;
    }
}

// y[plane, i, j] = share[i, j] (sum of x over rows[2 i] <= h < rows[2 i + 1] and columns[2 j] <= w < ...)
extern "C" __global__ void avg_pool(
    real *y, const real *x, const int *rows, const int *columns, const real *share, int planes, int H, int W,
    int OH, int OW)
{
    const long long size = (long long)planes * OH * OW;
    for (long long at = blockIdx.x * 256LL + threadIdx.x; at < size; at += gridDim.x * 256LL) {
        const int j = at % OW, i = at / OW % OH;
        const real *plane = x + at / ((long long)OW * OH) * H * W;
        real sum = 0;
        for (int h = rows[2 * i]; h < rows[2 * i + 1]; h++)
            for (int w = columns[2 * j]; w < columns[2 * j + 1]; w++) sum += plane[(long long)h * W + w];
        y[at] = sum * share[i * OW + j];
    }
}

// dx[plane, h, w] = the sum of dy share over the windows that cover it. Those of its row are some of the windows
// i from above[2 h] to above[2 h + 1] (all of them, unless the windows are out of order), and so for columns.
extern "C" __global__ void avg_pool_grad(
    real *dx, const real *dy, const int *rows, const int *columns, const int *above, const int *left,
    const real *share, int planes, int H, int W, int OH, int OW)
{
    const long long size = (long long)planes * H * W;
    for (long long at = blockIdx.x * 256LL + threadIdx.x; at < size; at += gridDim.x * 256LL) {
        const int w = at % W, h = at / W % H;
        const real *plane = dy + at / ((long long)W * H) * OH * OW;
        real sum = 0;
        for (int i = above[2 * h]; i < above[2 * h + 1]; i++) {
            if (h < rows[2 * i] || h >= rows[2 * i + 1]) continue;
            for (int j = left[2 * w]; j < left[2 * w + 1]; j++)
                if (w >= columns[2 * j] && w < columns[2 * j + 1])
                    sum += plane[(long long)i * OW + j] * share[i * OW + j];
        }
        dx[at] = sum;
    }
}
