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

/// Small images under windows of every kernel up to 3×3 with strides below, at and above it: whole vectors, parts of them and
/// several windows in one, by the numbers of channels.
package let smallPools: [WindowGeometry] = {
    let paddings: [Padding] = [0, 1, Padding(top: 0, left: 1, bottom: 1, right: 0)]
    var geometries: [WindowGeometry] = []
    for (height, width, stride) in (1...3).flatMap({ h in (1...3).flatMap { w in (1...3).map { (h, w, $0) } } }) {
        for (padding, ceilMode) in paddings.flatMap({ [($0, false), ($0, true)] }) {
            for across in Set([stride, width]) {
                geometries.append(
                    WindowGeometry(
                        input: Extent(height: 5, width: 7), channels: 1, kernel: Extent(height: height, width: width),
                        stride: Extent(height: stride, width: across), padding: padding, ceilMode: ceilMode))
            }
        }
    }
    return geometries
}()

/// The numbers of channels to try them with.
package let smallPoolChannels = [1, 3, 4, 6, 8, 16, 20, 33]

/// The mean of every window with padding counted and not in ceil mode, to the bit: the sum from zero, tap after tap, times
/// 1/taps.
package func exactAveragePool(_ geometry: WindowGeometry, input: [Float]) -> [Float] {
    let channels = geometry.channels
    var sums = [Float](repeating: 0, count: geometry.outputPositions * channels)
    forEachTap(geometry) { position, _, pixel in
        guard let pixel else { return }
        for channel in 0..<channels { sums[position * channels + channel] += input[pixel * channels + channel] }
    }
    return sums.map { $0 * (1 / Float(geometry.taps)) }
}
