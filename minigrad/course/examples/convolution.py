"""Convolution, its size arithmetic, max pooling and transposed convolution: small matrices, by hand."""

from minigrad.course.example import Example
from minigrad.course.examples.softmax_regression import SOURCE

ARITHMETIC = "V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning, 2016"
COURSE = "lesson 9 of this course"

pixel_by_pixel = Example(
    title="A 3 x 3 image and a 2 x 2 kernel, pixel by pixel",
    source=COURSE,
    about="Each number of the kernel is used at all four places, so its gradient is a sum over four ways. Each "
    "pixel gets a gradient from every window that it lies in: one in the corners, four in the middle.",
    decimals=2,
    table="""
    name | computed as                           | value | gradient
    x11  | given                                 | 3     | 2
    x12  | given                                 | 0     | 5
    x13  | given                                 | 1     | 2
    x21  | given                                 | 2     | -2
    x22  | given                                 | 1     | 6
    x23  | given                                 | 4     | 5
    x31  | given                                 | 0     | 0
    x32  | given                                 | 5     | -1
    x33  | given                                 | 2     | 3
    w11  | given                                 | 2     | 4
    w12  | given                                 | 1     | 13
    w21  | given                                 | 0     | 19
    w22  | given                                 | 1     | 10
    y11  | w11*x11 + w12*x12 + w21*x21 + w22*x22 | 7     | 1
    y12  | w11*x12 + w12*x13 + w21*x22 + w22*x23 | 5     | 2
    y21  | w11*x21 + w12*x22 + w21*x31 + w22*x32 | 10    | -1
    y22  | w11*x22 + w12*x23 + w21*x32 + w22*x33 | 8     | 3
    L    | y11 + 2*y12 - y21 + 3*y22             | 31    | 1
    """,
    paths="""
    path            | local derivatives | product                   | value
    L -> y11 -> w11 | 1, x11            | x11                       | 3
    L -> y12 -> w11 | 2, x12            | 2*x12                     | 0
    L -> y21 -> w11 | -1, x21           | -x21                      | -2
    L -> y22 -> w11 | 3, x22            | 3*x22                     | 3
    sum w11         | -                 | x11 + 2*x12 - x21 + 3*x22 | 4
    L -> y11 -> x22 | 1, w22            | w22                       | 1
    L -> y12 -> x22 | 2, w21            | 2*w21                     | 0
    L -> y21 -> x22 | -1, w12           | -w12                      | -1
    L -> y22 -> x22 | 3, w11            | 3*w11                     | 6
    sum x22         | -                 | w22 + 2*w21 - w12 + 3*w11 | 6
    """,
)

slides = Example(
    title="A 5 x 5 image and a 3 x 3 kernel",
    source=SOURCE,
    about="The image, the kernel and the feature map are those of the slides. Backward: the gradient of the "
    "kernel is a convolution of the image with dy, the gradient of the image a transposed one of dy with the "
    "kernel.",
    decimals=2,
    table="""
    name | computed as  | value                                                                                 | gradient
    x    | given        | [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]] | [[0, 0, 1, 2, 0], [0, 4, 6, 0, 0], [4, 4, 1, 1, -2], [0, 2, 2, -2, 0], [0, 0, 0, -1, -2]]
    w    | given        | [[0, 1, 2], [2, 2, 0], [0, 1, 2]]                                                     | [[1, 0, 0], [6, 1, 5], [5, 2, 1]]
    dy   | given        | [[0, 1, 0], [2, 0, 0], [0, 0, -1]]                                                    | -
    y    | conv2d(x, w) | [[12, 12, 17], [10, 17, 19], [9, 6, 14]]                                              | [[0, 1, 0], [2, 0, 0], [0, 0, -1]]
    L    | sum(dy * y)  | 18                                                                                    | 1
    """,
    then="""
    name | computed as             | value
    dw   | conv2d(x, dy)           | [[1, 0, 0], [6, 1, 5], [5, 2, 1]]
    dx   | conv_transpose2d(dy, w) | [[0, 0, 1, 2, 0], [0, 4, 6, 0, 0], [4, 4, 1, 1, -2], [0, 2, 2, -2, 0], [0, 0, 0, -1, -2]]
    """,
)

stride = Example(
    title="Stride 2: every second place",
    source=ARITHMETIC,
    about="Backward, the stride turns up at other places: the gradient of the kernel is a convolution with "
    "dilation 2, that of the image a transposed one with stride 2.",
    decimals=2,
    table="""
    name | computed as            | value                                                                                 | gradient
    x    | given                  | [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]] | [[0, 1, 2, 0, 0], [2, 2, 0, 0, 0], [0, 0, 0, 2, 4], [-2, -2, 4, 4, 0], [0, -1, -2, 2, 4]]
    w    | given                  | [[0, 1, 2], [2, 2, 0], [0, 1, 2]]                                                     | [[4, 6, 6], [-2, 4, 5], [1, 1, 4]]
    dy   | given                  | [[1, 0], [-1, 2]]                                                                     | -
    y    | conv2d(x, w, stride=2) | [[12, 17], [9, 14]]                                                                   | [[1, 0], [-1, 2]]
    L    | sum(dy * y)            | 31                                                                                    | 1
    """,
    then="""
    name | computed as                       | value
    dw   | conv2d(x, dy, dilation=2)         | [[4, 6, 6], [-2, 4, 5], [1, 1, 4]]
    dx   | conv_transpose2d(dy, w, stride=2) | [[0, 1, 2, 0, 0], [2, 2, 0, 0, 0], [0, 0, 0, 2, 4], [-2, -2, 4, 4, 0], [0, -1, -2, 2, 4]]
    """,
)

padding = Example(
    title="Padding 1: the image keeps its size",
    source=ARITHMETIC,
    about="Zeros are put around the image. Backward, what would go to the zeros is cut off.",
    decimals=2,
    table="""
    name | computed as             | value                               | gradient
    x    | given                   | [[1, 2, 0], [0, 1, 3], [2, 0, 1]]   | [[2, 0, 2], [1, 5, 2], [-2, -2, 2]]
    w    | given                   | [[0, 1, 2], [2, 2, 0], [0, 1, 2]]   | [[4, -1, -3], [0, 7, 1], [0, 2, 1]]
    dy   | given                   | [[1, 0, 0], [0, 0, 2], [0, -1, 0]]  | -
    y    | conv2d(x, w, padding=1) | [[4, 13, 7], [7, 6, 9], [6, 11, 5]] | [[1, 0, 0], [0, 0, 2], [0, -1, 0]]
    L    | sum(dy * y)             | 11                                  | 1
    """,
    then="""
    name | computed as                        | value
    dw   | conv2d(x, dy, padding=1)           | [[4, -1, -3], [0, 7, 1], [0, 2, 1]]
    dx   | conv_transpose2d(dy, w, padding=1) | [[2, 0, 2], [1, 5, 2], [-2, -2, 2]]
    """,
)

dilation = Example(
    title="Dilation 2: a kernel with gaps",
    source=ARITHMETIC,
    about="The kernel sees every second pixel. Backward, dilation and stride have changed places: the gradient of "
    "the kernel is a convolution with stride 2.",
    decimals=2,
    table="""
    name | computed as              | value                                                                                 | gradient
    x    | given                    | [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]] | [[2, 0, 1, 0, 0], [0, 0, 4, 0, 2], [0, -2, 1, -1, 0], [0, 0, 0, 0, 2], [0, 0, 0, -1, 0]]
    w    | given                    | [[2, 1], [0, 1]]                                                                      | [[4, 2], [3, 6]]
    dy   | given                    | [[1, 0, 0], [0, 0, 2], [0, -1, 0]]                                                    | -
    y    | conv2d(x, w, dilation=2) | [[10, 9, 7], [1, 5, 5], [8, 4, 8]]                                                    | [[1, 0, 0], [0, 0, 2], [0, -1, 0]]
    L    | sum(dy * y)              | 16                                                                                    | 1
    """,
    then="""
    name | computed as                         | value
    dw   | conv2d(x, dy, stride=2)             | [[4, 2], [3, 6]]
    dx   | conv_transpose2d(dy, w, dilation=2) | [[2, 0, 1, 0, 0], [0, 0, 4, 0, 2], [0, -2, 1, -1, 0], [0, 0, 0, 0, 2], [0, 0, 0, -1, 0]]
    """,
)

slides_pooled = Example(
    title="Max pooling, 3 x 3, stride 1",
    source=SOURCE,
    about="The slides' image again. No gradients here: in the first window three pixels are the largest, and "
    "at such a tie there is no derivative.",
    decimals=2,
    table="""
    name | computed as                            | value
    x    | given                                  | [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
    y    | max_pool2d(x, kernel_size=3, stride=1) | [[3, 3, 3], [3, 3, 3], [3, 2, 3]]
    """,
)

pooled = Example(
    title="Max pooling, 2 x 2, stride 1: the largest gets the gradient",
    source=COURSE,
    about="A pixel that is the largest in several windows gets a gradient from each. All others get none.",
    decimals=2,
    table="""
    name | computed as                            | value                             | gradient
    x    | given                                  | [[1, 5, 2], [4, 8, 3], [7, 0, 6]] | [[0, 0, 0], [0, 4, 0], [0, 0, 0]]
    dy   | given                                  | [[1, 2], [-2, 3]]                 | -
    y    | max_pool2d(x, kernel_size=2, stride=1) | [[8, 8], [8, 8]]                  | [[1, 2], [-2, 3]]
    L    | sum(dy * y)                            | 32                                | 1
    """,
)

transposed = Example(
    title="Transposed convolution, stride 2: each number puts down a kernel",
    source=ARITHMETIC,
    about="Where two copies of the kernel lie on each other, they are added. Backward, an ordinary convolution "
    "with stride 2 leads back to the input.",
    decimals=2,
    table="""
    name | computed as                      | value                                                                                      | gradient
    x    | given                            | [[1, 2], [-1, 3]]                                                                          | [[3, 4], [0, 6]]
    w    | given                            | [[0, 1, 2], [2, 2, 0], [0, 1, 2]]                                                          | [[3, 1, -1], [1, 4, 0], [2, 0, 10]]
    dy   | given                            | [[0, 1, 0, 0, 0], [0, 0, 0, 2, 0], [0, 0, 1, 0, 0], [-1, 0, 0, 0, 0], [0, 0, 0, 0, 3]]     | -
    y    | conv_transpose2d(x, w, stride=2) | [[0, 1, 2, 2, 4], [2, 2, 4, 4, 0], [0, 0, 0, 5, 10], [-2, -2, 6, 6, 0], [0, -1, -2, 3, 6]] | [[0, 1, 0, 0, 0], [0, 0, 0, 2, 0], [0, 0, 1, 0, 0], [-1, 0, 0, 0, 0], [0, 0, 0, 0, 3]]
    L    | sum(dy * y)                      | 29                                                                                         | 1
    """,
    then="""
    name | computed as               | value
    dx   | conv2d(dy, w, stride=2)   | [[3, 4], [0, 6]]
    dw   | conv2d(dy, x, dilation=2) | [[3, 1, -1], [1, 4, 0], [2, 0, 10]]
    """,
)
