import LanesKernels

/// The greatest number of every window and channel, and its tap: the first of equals wins, and the last NaN if
/// there is one. A window that lies in the padding altogether gives −∞ and no tap.
package func referenceMaxPool(_ geometry: WindowGeometry, input: [Double]) -> (values: [Double], taps: [Int?]) {
    let channels = geometry.channels
    var values = [Double](repeating: -.infinity, count: geometry.outputPositions * channels)
    var taps = [Int?](repeating: nil, count: values.count)
    forEachTap(geometry) { position, tap, pixel in
        guard let pixel else { return }
        for channel in 0..<channels {
            let place = position * channels + channel
            let candidate = input[pixel * channels + channel]
            if taps[place] == nil || candidate > values[place] || candidate.isNaN {
                values[place] = candidate
                taps[place] = tap
            }
        }
    }
    return (values, taps)
}

/// Every output gradient added to the place that its window's greatest number came from, on top of `initial`.
package func referenceMaxPoolGradient(
    _ geometry: WindowGeometry, outputGradient: [Double], taps: [Int?], addingTo initial: [Double]
) -> Sums {
    let channels = geometry.channels
    var result = Sums(startingWith: initial)
    forEachTap(geometry) { position, tap, pixel in
        guard let pixel else { return }
        for channel in 0..<channels where taps[position * channels + channel] == tap {
            result.add(outputGradient[position * channels + channel], to: pixel * channels + channel)
        }
    }
    return result
}

/// How many taps of every window count in its mean: those inside the image, and if `countIncludePad` those in the padding,
/// but none behind it.
private func divisors(_ geometry: WindowGeometry, _ countIncludePad: Bool) -> [Double] {
    var counts = [Double](repeating: 0, count: geometry.outputPositions)
    let padding = geometry.padding
    let padded = WindowGeometry(
        input: Extent(
            height: geometry.input.height + padding.top + padding.bottom,
            width: geometry.input.width + padding.left + padding.right),
        channels: 1, kernel: geometry.kernel, stride: geometry.stride, dilation: geometry.dilation,
        ceilMode: geometry.ceilMode)
    // The same windows, as the padded image may have one more: they are found by their rows and columns.
    forEachTap(countIncludePad ? padded : geometry) { position, _, pixel in
        let width = countIncludePad ? padded.output.width : geometry.output.width
        let (row, column) = (position / width, position % width)
        guard pixel != nil, row < geometry.output.height, column < geometry.output.width else { return }
        counts[row * geometry.output.width + column] += 1
    }
    return counts
}

/// The mean of every window; 0 where nothing counts.
package func referenceAveragePool(
    _ geometry: WindowGeometry, countIncludePad: Bool = true, input: [Double]
) -> Sums {
    let channels = geometry.channels
    let divisors = divisors(geometry, countIncludePad)
    var result = Sums(count: geometry.outputPositions * channels)
    forEachTap(geometry) { position, _, pixel in
        guard let pixel else { return }
        for channel in 0..<channels {
            result.add(
                input[pixel * channels + channel] / divisors[position], to: position * channels + channel)
        }
    }
    return result
}

/// Every output gradient's share added to each place that its window covers, on top of `initial`.
package func referenceAveragePoolGradient(
    _ geometry: WindowGeometry, countIncludePad: Bool = true, outputGradient: [Double], addingTo initial: [Double]
) -> Sums {
    let channels = geometry.channels
    let divisors = divisors(geometry, countIncludePad)
    var result = Sums(startingWith: initial)
    forEachTap(geometry) { position, _, pixel in
        guard let pixel else { return }
        for channel in 0..<channels {
            result.add(
                outputGradient[position * channels + channel] / divisors[position], to: pixel * channels + channel)
        }
    }
    return result
}
