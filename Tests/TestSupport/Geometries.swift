import LanesKernels

/// Windows of every kind: stride below, at and above the kernel's size, not square, padded, dilated, larger than the
/// image, and wholly in the padding. One channel each; see `withChannels`.
package let windowGeometries: [WindowGeometry] = [
    WindowGeometry(input: 1, channels: 1, kernel: 1),
    WindowGeometry(input: Extent(height: 5, width: 7), channels: 1, kernel: 1),
    WindowGeometry(input: Extent(height: 6, width: 5), channels: 1, kernel: 3, padding: 1),
    WindowGeometry(input: 3, channels: 1, kernel: 3),
    WindowGeometry(input: 8, channels: 1, kernel: 2, stride: 2),
    WindowGeometry(input: Extent(height: 9, width: 10), channels: 1, kernel: 2, stride: 3),
    WindowGeometry(
        input: Extent(height: 7, width: 9), channels: 1, kernel: Extent(height: 3, width: 2),
        stride: Extent(height: 2, width: 1)),
    WindowGeometry(
        input: Extent(height: 9, width: 8), channels: 1, kernel: Extent(height: 2, width: 3),
        stride: Extent(height: 3, width: 4), padding: 1),
    WindowGeometry(input: Extent(height: 11, width: 13), channels: 1, kernel: 5, stride: 2, padding: 2),
    WindowGeometry(
        input: Extent(height: 12, width: 9), channels: 1, kernel: 3, padding: Padding(height: 2, width: 3),
        dilation: Extent(height: 2, width: 3)),
    WindowGeometry(
        input: Extent(height: 10, width: 11), channels: 1, kernel: Extent(height: 2, width: 4),
        stride: Extent(height: 2, width: 3), padding: Padding(height: 1, width: 2),
        dilation: Extent(height: 3, width: 2)),
    WindowGeometry(
        input: Extent(height: 1, width: 17), channels: 1, kernel: Extent(height: 1, width: 5),
        padding: Padding(height: 0, width: 2)),
    WindowGeometry(
        input: Extent(height: 4, width: 3), channels: 1, kernel: Extent(height: 5, width: 4),
        padding: Padding(height: 2, width: 3)),
    WindowGeometry(input: 2, channels: 1, kernel: 2, padding: 2, dilation: 3),
    // Windows side by side, with a rest below, with one on the right, and with padding.
    WindowGeometry(input: Extent(height: 9, width: 8), channels: 1, kernel: 2, stride: 2),
    WindowGeometry(input: Extent(height: 8, width: 9), channels: 1, kernel: 2, stride: 2),
    WindowGeometry(input: 6, channels: 1, kernel: 3, stride: 3, padding: 1),
    // Sides padded by different numbers, one of them by none; the last as PyTorch's "same" of an even kernel.
    WindowGeometry(
        input: Extent(height: 6, width: 7), channels: 1, kernel: 3,
        padding: Padding(top: 0, left: 2, bottom: 1, right: 0)),
    WindowGeometry(
        input: Extent(height: 7, width: 5), channels: 1, kernel: Extent(height: 3, width: 2),
        stride: Extent(height: 2, width: 3), padding: Padding(top: 1, left: 0, bottom: 0, right: 1)),
    WindowGeometry(
        input: Extent(height: 8, width: 7), channels: 1, kernel: Extent(height: 2, width: 4),
        padding: .same(kernel: Extent(height: 2, width: 4), dilation: Extent(height: 3, width: 1)),
        dilation: Extent(height: 3, width: 1)),
]

/// Windows of pools: those above, and in ceil mode windows that reach over the edge, that would start behind it, that have
/// room for no window but one, and with padding and dilation.
package let poolGeometries: [WindowGeometry] =
    windowGeometries + [
        WindowGeometry(input: Extent(height: 8, width: 7), channels: 1, kernel: 3, stride: 2, ceilMode: true),
        WindowGeometry(input: 6, channels: 1, kernel: 2, stride: 3, padding: 1, ceilMode: true),
        WindowGeometry(input: 2, channels: 1, kernel: 3, stride: 2, ceilMode: true),
        WindowGeometry(
            input: Extent(height: 9, width: 6), channels: 1, kernel: Extent(height: 3, width: 2),
            stride: Extent(height: 4, width: 3), padding: Padding(top: 1, left: 1, bottom: 0, right: 1),
            ceilMode: true),
        WindowGeometry(
            input: Extent(height: 8, width: 11), channels: 1, kernel: 3, stride: 3, padding: 1,
            dilation: Extent(height: 2, width: 1), ceilMode: true),
        WindowGeometry(
            input: Extent(height: 7, width: 6), channels: 1, kernel: 4, stride: Extent(height: 3, width: 1),
            padding: 2, ceilMode: true),
    ]
