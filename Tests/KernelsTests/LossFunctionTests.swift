import Foundation
import LanesKernels
import TestSupport
import Testing

private let names = ["squared", "absolute", "huber 1", "huber 0.3", "binary"]

/// One element's loss and slope by definition, and the magnitudes of their terms.
private func reference(
    _ name: String, _ x: Double, _ target: Double
) -> (loss: Double, slope: Double, lossSize: Double, slopeSize: Double) {
    let (d, size) = (x - target, abs(x) + abs(target))
    switch name {
    case "squared": return (d * d, 2 * d, size * size, 2 * size)
    case "absolute": return (abs(d), d == 0 ? 0 : d > 0 ? 1 : -1, size, 1)
    case "binary":
        let log1p = Foundation.log1p(Foundation.exp(-abs(x)))
        return (
            max(x, 0) - x * target + log1p, logistic(x) - target, abs(x) * (1 + target) + log1p, logistic(x) + target
        )
    default:
        let delta = Double(name.dropFirst(6)) ?? 1
        return abs(d) <= delta
            ? (d * d / 2, d, size * size, size)
            : (delta * (abs(d) - delta / 2), d > 0 ? delta : -delta, delta * (size + delta), delta)
    }
}

private func loss<Scalar: KernelScalar>(
    _ name: String, _ output: GuardedBuffer<Scalar>, _ target: GuardedBuffer<Scalar>, scale: Scalar = 1,
    gradient: GuardedBuffer<Scalar>? = nil, accumulating: Bool = false
) -> Scalar {
    let (x, t, count) = (output.pointer, target.pointer, output.count)
    switch name {
    case "squared":
        return meanSquaredError(
            x, target: t, count: count, scale: scale, gradient: gradient?.pointer, accumulating: accumulating)
    case "absolute":
        return meanAbsoluteError(
            x, target: t, count: count, scale: scale, gradient: gradient?.pointer, accumulating: accumulating)
    case "binary":
        return binaryCrossEntropy(
            logits: x, target: t, count: count, scale: scale, gradient: gradient?.pointer, accumulating: accumulating)
    default:
        return huberLoss(
            x, target: t, count: count, delta: Scalar(Double(name.dropFirst(6)) ?? 1), scale: scale,
            gradient: gradient?.pointer, accumulating: accumulating)
    }
}

@Suite("Losses with a target for each element")
struct LossFunctionTests {
    @Test("Loss and gradient against the definition", .namingCases)
    static func definitionsCases() {
        forEach(names, vectorCounts.dropFirst()) { Self().definitions(name: $0, count: $1) }
    }

    func definitions(name: String, count: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let output = GuardedBuffer<Scalar>(random: count, in: -3...3, seed: 1)
            let target = GuardedBuffer<Scalar>(random: count, in: 0...1, seed: 2)
            target.pointer[0] = output.pointer[0]
            if name == "binary" { target.pointer[0] = 1 }
            let initial = GuardedBuffer<Scalar>(random: count, seed: 3).values
            let parts = zip(output.values, target.values).map { reference(name, $0, $1) }
            let gradient = GuardedBuffer<Scalar>(poisoned: count)
            let value = loss(name, output, target, scale: 0.375, gradient: gradient)
            #expect(loss(name, output, target) == value, "without a gradient")
            let total = parts.map(\.loss).reduce(0, +) / Double(count)
            let size = parts.map(\.lossSize).reduce(0, +) / Double(count)
            // 2 ulp each of exp and log are 8 roundings; the others take fewer.
            expectClose(GuardedBuffer<Scalar>([Double(value)]), [total], roundings: 14, magnitudes: [size], name)
            expectClose(
                gradient, parts.map { $0.slope * 0.375 / Double(count) }, roundings: 12,
                magnitudes: parts.map { $0.slopeSize * 0.375 / Double(count) }, name)
            let written = gradient.values
            gradient.fill(with: initial)
            _ = loss(name, output, target, scale: 0.375, gradient: gradient, accumulating: true)
            expectSame(gradient.values, zip(initial, written).map { Double(Scalar($0) + Scalar($1)) }, "accumulating")
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("Gradients against differences", .namingCases)
    static func differencesCases() {
        forEach(names) { Self().differences(name: $0) }
    }

    func differences(name: String) {
        // Far enough from the kinks of |d| and Huber's loss.
        let x = randomValues(40, in: -3...3, seed: 1)
        let targets = randomValues(40, in: 0...1, seed: 2)
        let kept = x.indices.filter { i in
            [0, 0.3, 1].allSatisfy { abs(abs(x[i] - targets[i]) - $0) > 0.01 }
        }
        let (output, target) = (
            GuardedBuffer<Double>(kept.map { x[$0] }), GuardedBuffer<Double>(kept.map { targets[$0] })
        )
        let gradient = GuardedBuffer<Double>(poisoned: kept.count)
        _ = loss(name, output, target, gradient: gradient)
        let expected = numericalGradient(of: { loss(name, GuardedBuffer<Double>($0), target) }, at: output.values)
        expectClose(gradient.values, expected, within: [Double](repeating: 1e-9, count: kept.count), name)
    }

    @Test("A NaN among outputs or targets is a NaN loss and slope", .namingCases)
    static func notANumberCases() {
        forEach(names, 0..<17) { Self().notANumber(name: $0, place: $1) }
    }

    func notANumber(name: String, place: Int) {
        for isOutput in [true, false] {
            let (output, target) = (GuardedBuffer<Float>(random: 17), GuardedBuffer<Float>(random: 17, in: 0...1))
            (isOutput ? output : target).pointer[place] = .nan
            let gradient = GuardedBuffer<Float>(poisoned: 17)
            #expect(loss(name, output, target, gradient: gradient).isNaN)
            #expect(gradient.values.enumerated().allSatisfy { $1.isNaN == ($0 == place) }, "\(name)")
        }
    }

    @Test("Sure answers, right and wrong")
    func sureAnswers() {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            for (logit, target, expected) in [
                (50.0, 1.0, Foundation.exp(-50)), (-50, 0, Foundation.exp(-50)), (50, 0, 50), (-50, 1, 50),
                (1e4, 1, 0), (-1e4, 1, 1e4), (0, 0.5, Foundation.log(2)),
            ] {
                let value = loss("binary", GuardedBuffer<Scalar>([logit]), GuardedBuffer<Scalar>([target]))
                #expect(ulps(value, from: expected) <= 3, "\(logit) \(target)")
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("A million elements")
    func million() {
        let count = 1_000_000
        let output = GuardedBuffer<Float>([Double](repeating: 0.1, count: count))
        let target = GuardedBuffer<Float>([Double](repeating: 0, count: count))
        let expected = Double(Float(0.1)) * Double(Float(0.1))
        #expect(abs(Double(loss("squared", output, target)) - expected) < 2e-7 * expected)
    }
}
