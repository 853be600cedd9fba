// One pass over memory each; the floor is the bytes moved.

/// y = max(x, 0), where NaN stays NaN. `output` may be `input`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func rectify<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, count: Int, into output: UnsafeMutablePointer<Scalar>
) {
    apart {
        for (offset, lanes) in vectors(count) {
            store(Scalar.rectified(load(input + offset, lanes: lanes)), to: output + offset, lanes: lanes)
        }
    }
}

/// x' = y' where y > 0, else 0; added to `inputGradient` if `accumulating`. It may be `outputGradient` itself if not.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func rectifyBackward<Scalar: KernelScalar>(
    output: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>, count: Int,
    into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    apart {
        for (offset, lanes) in vectors(count) {
            var gradient = Scalar.gated(
                load(outputGradient + offset, lanes: lanes), by: load(output + offset, lanes: lanes))
            if accumulating { gradient += load(inputGradient + offset, lanes: lanes) }
            store(gradient, to: inputGradient + offset, lanes: lanes)
        }
    }
}

/// y = x·scale, or y += x·scale. `output` may be `input`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func scale<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, by factor: Scalar, count: Int, into output: UnsafeMutablePointer<Scalar>,
    accumulating: Bool = false
) {
    apart {
        let factor = SIMD16(repeating: factor)
        for (offset, lanes) in vectors(count) {
            var result = load(input + offset, lanes: lanes) * factor
            if accumulating { result += load(output + offset, lanes: lanes) }
            store(result, to: output + offset, lanes: lanes)
        }
    }
}

/// y = a + b. `output` may be either.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func add<Scalar: KernelScalar>(
    _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, count: Int, into output: UnsafeMutablePointer<Scalar>
) {
    apart {
        for (offset, lanes) in vectors(count) {
            store(load(a + offset, lanes: lanes) + load(b + offset, lanes: lanes), to: output + offset, lanes: lanes)
        }
    }
}

/// y = a·b, or y += a·b: both a product and, with y' for one factor, the gradient of the other. `output` may be either.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func multiply<Scalar: KernelScalar>(
    _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, count: Int, into output: UnsafeMutablePointer<Scalar>,
    accumulating: Bool = false
) {
    for (offset, lanes) in vectors(count) {
        var result = load(a + offset, lanes: lanes) * load(b + offset, lanes: lanes)
        if accumulating { result += load(output + offset, lanes: lanes) }
        store(result, to: output + offset, lanes: lanes)
    }
}

/// y = x·scale + shift. `output` may be `input`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func scaleAndShift<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, scale: Scalar, shift: Scalar, count: Int,
    into output: UnsafeMutablePointer<Scalar>
) {
    let (scale, shift) = (SIMD16(repeating: scale), SIMD16(repeating: shift))
    for (offset, lanes) in vectors(count) {
        store(multiplyAdd(shift, load(input + offset, lanes: lanes), scale), to: output + offset, lanes: lanes)
    }
}

/// Sets every number to zero.
package func clear<Scalar: KernelScalar>(_ pointer: UnsafeMutablePointer<Scalar>, count: Int) {
    pointer.update(repeating: 0, count: count)
}

/// sums[i] = bias[i] + partials[0][i] + partials[1][i] + …, in that order; the bias is optional.
///
/// - Parameter stride: The distance between one partial and the next.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func sumPartials<Scalar: KernelScalar>(
    _ partials: UnsafePointer<Scalar>, partialCount: Int, stride: Int, count: Int, bias: UnsafePointer<Scalar>? = nil,
    into sums: UnsafeMutablePointer<Scalar>
) {
    apart {
        for (offset, lanes) in vectors(count) {
            var total = bias.map { load($0 + offset, lanes: lanes) } ?? .zero
            for partial in 0..<partialCount { total += load(partials + partial * stride + offset, lanes: lanes) }
            store(total, to: sums + offset, lanes: lanes)
        }
    }
}

/// Σ aᵢ·bᵢ, in blocks if there are many (LongSums.swift).
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func dot<Scalar: KernelScalar>(_ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, count: Int) -> Scalar {
    let block = chainBlock * vectorWidth
    var (total, totals) = (SIMD16<Scalar>.zero, BlockSum<Scalar>())
    for (offset, lanes) in vectors(count) {
        if offset > 0, offset % block == 0 { totals.take(&total) }
        total = multiplyAdd(total, load(a + offset, lanes: lanes), load(b + offset, lanes: lanes))
    }
    guard count > block else { return sum(total) }
    totals.take(&total)
    return Scalar(totals.sum)
}

/// Σ xᵢ, in blocks if there are many (LongSums.swift).
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func sum<Scalar: KernelScalar>(_ x: UnsafePointer<Scalar>, count: Int) -> Scalar {
    let block = chainBlock * vectorWidth
    var (total, totals) = (SIMD16<Scalar>.zero, BlockSum<Scalar>())
    for (offset, lanes) in vectors(count) {
        if offset > 0, offset % block == 0 { totals.take(&total) }
        total += load(x + offset, lanes: lanes)
    }
    guard count > block else { return sum(total) }
    totals.take(&total)
    return Scalar(totals.sum)
}

/// Σ xᵢ², in Double, where squares of Floats are exact and their sum cannot overflow.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func squaredSum<Scalar: KernelScalar>(_ x: UnsafePointer<Scalar>, count: Int) -> Double {
    var total = SIMD16<Double>.zero
    for (offset, lanes) in vectors(count) {
        let wide = Scalar.widened(load(x + offset, lanes: lanes))
        total = multiplyAdd(total, wide, wide)
    }
    return sum(total)
}

/// Whether no number is infinite or NaN.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func allFinite<Scalar: KernelScalar>(_ x: UnsafePointer<Scalar>, count: Int) -> Bool {
    apart {
        // x·0 is 0 for finite numbers and NaN for all others, and a sum keeps a NaN. Four sums, so that memory and not the
        // latency of the addition sets the pace.
        var sums = (SIMD16<Scalar>.zero, SIMD16<Scalar>.zero, SIMD16<Scalar>.zero, SIMD16<Scalar>.zero)
        var offset = 0
        while offset + 4 * vectorWidth <= count {
            sums.0 = multiplyAdd(sums.0, load(x + offset), .zero)
            sums.1 = multiplyAdd(sums.1, load(x + offset + vectorWidth), .zero)
            sums.2 = multiplyAdd(sums.2, load(x + offset + 2 * vectorWidth), .zero)
            sums.3 = multiplyAdd(sums.3, load(x + offset + 3 * vectorWidth), .zero)
            offset += 4 * vectorWidth
        }
        var total = sums.0 + sums.1 + sums.2 + sums.3
        for (rest, lanes) in vectors(count - offset) {
            total = multiplyAdd(total, load(x + offset + rest, lanes: lanes), .zero)
        }
        return sum(total) == 0
    }
}

/// y = byte/255, as torchvision's `ToTensor` has it.
package func unitInterval(_ bytes: Span<UInt8>, into output: inout MutableSpan<Float>) {
    for i in 0..<output.count { output[i] = Float(bytes[i]) / 255 }
}

/// x = (x − mean) / deviation, in place, as torchvision's `Normalize` has it.
package func normalize(_ values: inout MutableSpan<Float>, mean: Float, deviation: Float) {
    for i in 0..<values.count { values[i] = (values[i] - mean) / deviation }
}
