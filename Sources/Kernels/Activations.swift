/// Functions of one number that a layer applies to each element, besides ReLU (`rectify`).
///
/// Values are within 4 ulp, GELU's within 6, where they are not subnormal, also near 0 and in GELU's tail. NaN stays NaN,
/// and at ±∞ the values are the limits.
package enum PointwiseFunction: Sendable, Equatable, Codable {
    /// x above 0, else slope·x (Maas, Hannun and Ng, 2013).
    case leakyReLU(slope: Double)
    /// 1/(1 + e⁻ˣ).
    case sigmoid
    case tanh
    /// x·Φ(x) with the normal distribution function Φ (Hendrycks and Gimpel, 2016): the exact form, not that with tanh.
    case gelu
    /// x/(1 + e⁻ˣ), also known as Swish.
    case silu
    /// x above 0, else alpha·(eˣ − 1) (Clevert, Unterthiner and Hochreiter, 2016).
    case elu(alpha: Double)

    /// Whether the backward pass reads the input. If not, it reads the output, and the layer may overwrite its input.
    package var backwardReadsInput: Bool {
        switch self {
        case .sigmoid, .tanh: false
        case .gelu, .silu: true
        // A negative factor gives outputs of either sign the same sign.
        case .leakyReLU(let factor), .elu(let factor): !(factor >= 0)
        }
    }
}

/// y = f(x). `output` may be `input`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func pointwiseForward<Scalar: KernelScalar>(
    _ function: PointwiseFunction, _ input: UnsafePointer<Scalar>, count: Int,
    into output: UnsafeMutablePointer<Scalar>
) {
    switch function {
    case .leakyReLU(let slope): forward(LeakyReLU(factor: Scalar(slope)), input, count, output)
    case .sigmoid: forward(Sigmoid<Scalar>(), input, count, output)
    case .tanh: forward(Tanh<Scalar>(), input, count, output)
    case .gelu: forward(GELU<Scalar>(), input, count, output)
    case .silu: forward(SiLU<Scalar>(), input, count, output)
    case .elu(let alpha): forward(ELU(alpha: Scalar(alpha)), input, count, output)
    }
}

/// x' = y'·f'(x), or x' += it. `inputGradient` may be `outputGradient` if not accumulating.
///
/// - Parameter input, output: Only one of the two is read; see `backwardReadsInput`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func pointwiseBackward<Scalar: KernelScalar>(
    _ function: PointwiseFunction, input: UnsafePointer<Scalar>, output: UnsafePointer<Scalar>,
    outputGradient: UnsafePointer<Scalar>, count: Int, into inputGradient: UnsafeMutablePointer<Scalar>,
    accumulating: Bool
) {
    let known = function.backwardReadsInput ? input : output
    switch function {
    case .leakyReLU(let slope):
        backward(LeakyReLU(factor: Scalar(slope)), known, outputGradient, count, inputGradient, accumulating)
    case .sigmoid: backward(Sigmoid(), known, outputGradient, count, inputGradient, accumulating)
    case .tanh: backward(Tanh(), known, outputGradient, count, inputGradient, accumulating)
    case .gelu: backward(GELU(), known, outputGradient, count, inputGradient, accumulating)
    case .silu: backward(SiLU(), known, outputGradient, count, inputGradient, accumulating)
    case .elu(let alpha) where function.backwardReadsInput:
        backward(NegativeELU(alpha: Scalar(alpha)), known, outputGradient, count, inputGradient, accumulating)
    case .elu(let alpha):
        backward(ELU(alpha: Scalar(alpha)), known, outputGradient, count, inputGradient, accumulating)
    }
}

/// A function with its derivative, on vectors. A type each, because the body of a closure would not be inlined.
private protocol Pointwise<Scalar> {
    associatedtype Scalar: KernelScalar
    /// f(x).
    func value(_ x: SIMD16<Scalar>) -> SIMD16<Scalar>
    /// f'(x) from x, or from y = f(x) where that is enough.
    func slope(_ known: SIMD16<Scalar>) -> SIMD16<Scalar>
}

private func forward<Scalar, Function: Pointwise<Scalar>>(
    _ function: Function, _ input: UnsafePointer<Scalar>, _ count: Int, _ output: UnsafeMutablePointer<Scalar>
) {
    for (offset, lanes) in vectors(count) {
        store(function.value(load(input + offset, lanes: lanes)), to: output + offset, lanes: lanes)
    }
}

private func backward<Scalar, Function: Pointwise<Scalar>>(
    _ function: Function, _ known: UnsafePointer<Scalar>, _ outputGradient: UnsafePointer<Scalar>, _ count: Int,
    _ inputGradient: UnsafeMutablePointer<Scalar>, _ accumulating: Bool
) {
    for (offset, lanes) in vectors(count) {
        var gradient =
            load(outputGradient + offset, lanes: lanes) * function.slope(load(known + offset, lanes: lanes))
        if accumulating { gradient += load(inputGradient + offset, lanes: lanes) }
        store(gradient, to: inputGradient + offset, lanes: lanes)
    }
}

private struct LeakyReLU<Scalar: KernelScalar>: Pointwise {
    let factor: Scalar

    @inline(__always)
    func value(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> {
        Scalar.select(x, where: x, isAtLeast: 0, otherwise: x * factor)
    }

    // At 0 it is the factor, as in PyTorch.
    @inline(__always)
    func slope(_ known: SIMD16<Scalar>) -> SIMD16<Scalar> {
        Scalar.select(
            SIMD16(repeating: factor), where: -known, isAtLeast: 0, otherwise: SIMD16(repeating: 1))
    }
}

private struct Sigmoid<Scalar: KernelScalar>: Pointwise {
    @inline(__always)
    func value(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> { sigmoid(x) }

    @inline(__always)
    func slope(_ y: SIMD16<Scalar>) -> SIMD16<Scalar> { y * (1 - y) }
}

private struct Tanh<Scalar: KernelScalar>: Pointwise {
    @inline(__always)
    func value(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> { tanh(x) }

    // 1 − y², without the rounding of the square.
    @inline(__always)
    func slope(_ y: SIMD16<Scalar>) -> SIMD16<Scalar> { (1 - y) * (1 + y) }
}

private struct GELU<Scalar: KernelScalar>: Pointwise {
    @inline(__always)
    func value(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> {
        raised(x, to: -Scalar.normalTailEnd) * normalDistribution(x).distribution
    }

    /// Φ(x) + x·φ(x).
    @inline(__always)
    func slope(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> {
        let (distribution, bell) = normalDistribution(x)
        let bounded = -raised(-raised(x, to: -Scalar.normalTailEnd), to: -Scalar.normalTailEnd)
        return multiplyAdd(distribution, bounded * 0.3989422804014327, bell)
    }
}

private struct SiLU<Scalar: KernelScalar>: Pointwise {
    /// Where x·σ(x), and x·(1 − σ(−x)), are 0.
    @inline(__always)
    private var end: Scalar { Scalar.significandBitCount < 30 ? -112 : -760 }

    @inline(__always)
    func value(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> { raised(x, to: end) * sigmoid(x) }

    /// σ·(1 + x·(1 − σ)).
    @inline(__always)
    func slope(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> {
        let (value, rest) = sigmoids(x)
        let bounded = -raised(-raised(x, to: end), to: end)
        return value * multiplyAdd(SIMD16(repeating: 1), bounded, rest)
    }
}

private struct ELU<Scalar: KernelScalar>: Pointwise {
    let alpha: Scalar

    @inline(__always)
    func value(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> {
        Scalar.select(x, where: x, isAtLeast: 0, otherwise: expMinus1(x) * alpha)
    }

    // alpha·eˣ = y + alpha. At 0 it is alpha, as in PyTorch.
    @inline(__always)
    func slope(_ y: SIMD16<Scalar>) -> SIMD16<Scalar> {
        Scalar.select(y + alpha, where: -y, isAtLeast: 0, otherwise: SIMD16(repeating: 1))
    }
}

/// ELU with a negative alpha, whose derivative takes the input.
private struct NegativeELU<Scalar: KernelScalar>: Pointwise {
    let alpha: Scalar

    @inline(__always)
    func value(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> { ELU(alpha: alpha).value(x) }

    @inline(__always)
    func slope(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> {
        Scalar.select(exp(x) * alpha, where: -x, isAtLeast: 0, otherwise: SIMD16(repeating: 1))
    }
}

/// max(x, least), where NaN stays NaN: so that −∞ times 0 does not become NaN.
@inline(__always)
private func raised<Scalar: KernelScalar>(_ x: SIMD16<Scalar>, to least: Scalar) -> SIMD16<Scalar> {
    -Scalar.select(SIMD16(repeating: -least), where: -x, isAtLeast: -least, otherwise: -x)
}
