/// The mean of each window.
///
/// - Parameter countIncludePad: Whether padding counts as zeros, PyTorch's default, or not at all. What lies behind the
///   padding, in ceil mode, never counts. A window that nothing counts in gives 0.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func averagePoolForward<Scalar: KernelScalar>(
    _ geometry: WindowGeometry, countIncludePad: Bool = true, input: UnsafePointer<Scalar>,
    into output: UnsafeMutablePointer<Scalar>
) {
    apart {
        let isUniform = hasUniformShares(geometry, countIncludePad)
        for run in PoolRuns(geometry) {
            let share = isUniform ? 1 / Scalar(geometry.taps) : run.share(geometry, countIncludePad)
            average(run, share, geometry, input: input, into: output)
        }
    }
}

/// Whether as many taps count in every window.
@inline(__always)
private func hasUniformShares(_ geometry: WindowGeometry, _ countIncludePad: Bool) -> Bool {
    if countIncludePad, !geometry.ceilMode { return true }
    let (output, stride, reach, input) = (geometry.output, geometry.stride, geometry.reach, geometry.input)
    return geometry.padding == 0 && (output.height - 1) * stride.height + reach.height <= input.height
        && (output.width - 1) * stride.width + reach.width <= input.width
}

@inline(__always)
private func average<Scalar: KernelScalar>(
    _ run: PoolRun, _ share: Scalar, _ geometry: WindowGeometry, input: UnsafePointer<Scalar>,
    into output: UnsafeMutablePointer<Scalar>
) {
    let isTwoByTwo = run.rows.count == 2 && run.columns.count == 2
    let isLong = geometry.taps > longestChain

    @inline(__always)
    func pool(_ place: Int, _ position: Int, lanes: Int) {
        // Without loops: 0.8 to 0.95 of the time.
        let total =
            if isTwoByTwo {
                sum(input + place, run, rows: 2, columns: 2, lanes: lanes)
            } else if isLong {
                longSum(input + place, run, lanes: lanes)
            } else {
                sum(input + place, run, rows: run.rows.count, columns: run.columns.count, lanes: lanes)
            }
        store(total * SIMD16(repeating: share), to: output + position, lanes: lanes)
    }

    run.forEachVector(geometry, from: run.place) {
        pool($0, $1, lanes: vectorWidth)
    } rest: {
        pool($0, $1, lanes: run.count)
    }
}

@inline(__always)
private func sum<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, _ run: PoolRun, rows: Int, columns: Int, lanes: Int
) -> SIMD16<Scalar> {
    var total = SIMD16<Scalar>.zero
    for row in 0..<rows {
        for column in 0..<columns {
            total += load(input + row * run.rowStep + column * run.columnStep, lanes: lanes)
        }
    }
    return total
}

/// The sum of a window of many taps, in blocks.
@inline(never)
private func longSum<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, _ run: PoolRun, lanes: Int
) -> SIMD16<Scalar> {
    var (total, totals, terms) = (SIMD16<Scalar>.zero, BlockSum<Scalar>(), 0)
    for row in 0..<run.rows.count {
        for column in 0..<run.columns.count {
            total += load(input + row * run.rowStep + column * run.columnStep, lanes: lanes)
            terms += 1
            if terms % chainBlock == 0 { totals.take(&total) }
        }
    }
    totals.take(&total)
    return totals.value
}

/// Gives each window's gradient, divided by the number of taps that count, to every place that the window covers.
///
/// - Parameters:
///   - countIncludePad: As in the forward pass.
///   - inputGradient: [H][W][C].
///   - accumulating: Whether to add to what is there.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func averagePoolBackward<Scalar: KernelScalar>(
    _ geometry: WindowGeometry, countIncludePad: Bool = true, outputGradient: UnsafePointer<Scalar>,
    into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    apart {
        let parts = SharedGradient(
            geometry: geometry, countIncludePad: countIncludePad,
            isUniform: hasUniformShares(geometry, countIncludePad),
            outputGradient: outputGradient, share: 1 / Scalar(geometry.taps))
        poolBackward(geometry, parts, into: inputGradient, accumulating: accumulating)
    }
}

private struct SharedGradient<Scalar: KernelScalar>: PoolGradient {
    let geometry: WindowGeometry
    let countIncludePad: Bool
    let isUniform: Bool
    let outputGradient: UnsafePointer<Scalar>
    var share: Scalar

    @inline(__always)
    func part(_ position: Int, tap: Int, lanes: Int) -> SIMD16<Scalar> {
        load(outputGradient + position, lanes: lanes) * SIMD16(repeating: share)
    }

    @inline(__always)
    mutating func enter(_ run: PoolRun) {
        share = run.share(geometry, countIncludePad)
    }
}
