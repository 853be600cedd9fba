import LanesKernels

// Where the formats need what our geometry implies.

extension WindowGeometry {
    /// The padding with which the last window ends where the padded image does, so that its size needs no rounding up.
    var paddingToLastWindow: Padding {
        func after(_ output: Int, _ stride: Int, _ reach: Int, _ input: Int, _ before: Int) -> Int {
            max((output - 1) * stride + reach - input - before, 0)
        }
        return Padding(
            top: padding.top, left: padding.left,
            bottom: after(output.height, stride.height, reach.height, input.height, padding.top),
            right: after(output.width, stride.width, reach.width, input.width, padding.left))
    }

    /// How far the last window of a pool in ceil mode reaches behind the padding.
    var paddingBehind: Padding {
        let last = paddingToLastWindow
        return Padding(
            top: 0, left: 0, bottom: max(last.bottom - padding.bottom, 0), right: max(last.right - padding.right, 0))
    }
}

/// Where each row or column of a resized image comes from, as `Kernels/Resize.swift` works it out: two neighbours and the
/// share of the second.
func sources(_ from: Int, _ to: Int, _ interpolation: Interpolation) -> [(first: Int, second: Int, share: Float)] {
    (0..<to).map { index in
        switch interpolation {
        case .nearest:
            let place = min(Int((Float(index) * (Float(from) / Float(to))).rounded(.down)), from - 1)
            return (place, place, 0)
        case .bilinear:
            let center = max((Double(index) + 0.5) * (Double(from) / Double(to)) - 0.5, 0)
            let first = min(Int(center), from - 1)
            return (first, min(first + 1, from - 1), Float(center - Double(first)))
        }
    }
}
