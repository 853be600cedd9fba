/// The greatest value of each window, and which tap it came from.
///
/// A window with a NaN gives NaN. Of equal values the first wins, of NaNs the last, as in PyTorch. Padding counts as −∞.
///
/// - Parameter taps: [output positions][C]: kernel row · kernel width + kernel column, as scalars: Swift widens and
///   compares vectors of bytes lane by lane, which made the backward pass ten times as slow.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func maxPoolForward<Scalar: KernelScalar>(
    _ geometry: WindowGeometry, input: UnsafePointer<Scalar>, into output: UnsafeMutablePointer<Scalar>,
    taps: UnsafeMutablePointer<Scalar>
) {
    apart {
        for run in PoolRuns(geometry) {
            raise(run, geometry, input: input, into: output, taps: taps)
        }
    }
}

@inline(__always)
private func raise<Scalar: KernelScalar>(
    _ run: PoolRun, _ geometry: WindowGeometry, input: UnsafePointer<Scalar>,
    into output: UnsafeMutablePointer<Scalar>, taps: UnsafeMutablePointer<Scalar>
) {
    let (rows, columns) = (run.rows.count, run.columns.count)
    let isEmpty = rows == 0 || columns == 0
    let (first, kernelWidth) = (run.firstTap(geometry), geometry.kernel.width)

    @inline(__always)
    func pool(_ place: Int, _ position: Int, lanes: Int) {
        var best = SIMD16<Scalar>(repeating: -.infinity)
        var winners = SIMD16(repeating: Scalar(first))
        // Loops, also for 2×2: unrolled, masks go lane by lane, about twice as slow.
        if !isEmpty { best = load(input + place, lanes: lanes) }
        for row in 0..<rows {
            for column in 0..<columns where row + column > 0 {
                let candidate = load(input + place + row * run.rowStep + column * run.columnStep, lanes: lanes)
                Scalar.raise(&best, &winners, to: candidate, at: Scalar(first + row * kernelWidth + column))
            }
        }
        store(best, to: output + position, lanes: lanes)
        store(winners, to: taps + position, lanes: lanes)
    }

    run.forEachVector(geometry, from: run.place) {
        pool($0, $1, lanes: vectorWidth)
    } rest: {
        pool($0, $1, lanes: run.count)
    }
}

/// Gives each window's gradient to the place that its greatest value came from, and zero to all others.
///
/// - Parameters:
///   - inputGradient: [H][W][C].
///   - accumulating: Whether to add all this to what is there.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func maxPoolBackward<Scalar: KernelScalar>(
    _ geometry: WindowGeometry, outputGradient: UnsafePointer<Scalar>, taps: UnsafePointer<Scalar>,
    into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    apart {
        let parts = WinnersGradient(outputGradient: outputGradient, taps: taps)
        poolBackward(geometry, parts, into: inputGradient, accumulating: accumulating)
    }
}

private struct WinnersGradient<Scalar: KernelScalar>: PoolGradient {
    let outputGradient: UnsafePointer<Scalar>
    let taps: UnsafePointer<Scalar>

    var isUniform: Bool { true }

    @inline(__always)
    func part(_ position: Int, tap: Int, lanes: Int) -> SIMD16<Scalar> {
        let winners = load(taps + position, lanes: lanes)
        return Scalar.kept(load(outputGradient + position, lanes: lanes), where: winners, is: Scalar(tap))
    }

    @inline(__always)
    mutating func enter(_ run: PoolRun) {}
}
