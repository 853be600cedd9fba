import Kernels

/// The greatest number of every window and channel, and its tap: the first of equals wins, and the last NaN if
/// there is one. A window that lies in the padding altogether gives −∞ and no tap.
public func referenceMaxPool(_ geometry: WindowGeometry, input: [Double]) -> (values: [Double], taps: [Int?]) {
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
public func referenceMaxPoolGradient(
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

/// The mean of every window, padding counted as zeros.
public func referenceAveragePool(_ geometry: WindowGeometry, input: [Double]) -> Sums {
    let channels = geometry.channels
    var result = Sums(count: geometry.outputPositions * channels)
    forEachTap(geometry) { position, _, pixel in
        guard let pixel else { return }
        for channel in 0..<channels {
            result.add(input[pixel * channels + channel], to: position * channels + channel)
        }
    }
    return result.scaled(by: 1 / Double(geometry.taps))
}

/// Every output gradient's share added to each place that its window covers, on top of `initial`.
public func referenceAveragePoolGradient(
    _ geometry: WindowGeometry, outputGradient: [Double], addingTo initial: [Double]
) -> Sums {
    let channels = geometry.channels
    var result = Sums(startingWith: initial)
    forEachTap(geometry) { position, _, pixel in
        guard let pixel else { return }
        for channel in 0..<channels {
            result.add(
                outputGradient[position * channels + channel] / Double(geometry.taps),
                to: pixel * channels + channel)
        }
    }
    return result
}
