import Foundation
import LanesKernels

/// `pool/max2/CxHxW/…`, `relu/CxHxW/…`, `softmax/RxC`, `log-softmax/RxC`, `dropout/N` and `adam/N`: kernels that memory
/// limits. Images are those of the recipe `augmented`, one at a time.
func elementwiseCases() -> [Case] {
    [(32, 28), (64, 14)].flatMap { channels, size in
        let window = WindowGeometry(
            input: Extent(height: size, width: size), channels: channels, kernel: 2, stride: 2)
        return maxPool(window, name: "\(channels)x\(size)x\(size)")
    } + relu(32 * 28 * 28, name: "32x28x28") + [
        softmax(rows: 64, classes: 10, logarithm: false), softmax(rows: 64, classes: 10, logarithm: true),
        dropout(64 * 128), adam(421_642), adam(1_000_000),
    ]
}

private func maxPool(_ window: WindowGeometry, name: String) -> [Case] {
    let outputs = window.outputPositions * window.channels
    func forward(_ x: Operand, _ y: Operand, _ taps: Operand) {
        maxPoolForward(window, input: x.pointer, into: y.pointer, taps: taps.pointer)
    }
    let forwardCase = Case(name: "pool/max2/\(name)/forward") {
        let (x, y) = (Operand(window.inputCount, seed: 1), Operand(outputs))
        let taps = Operand(outputs)
        let run = { forward(x, y, taps) }
        let verify = {
            y.fill(.nan)
            run()
            return difference("Y", y.floats, plainMaxPool(window, x.doubles).values) { _ in 0 }
        }
        let pixels = x.floats
        return Work(bytes: Double(4 * (window.inputCount + 2 * outputs)), verify: verify, run: run) {
            keep(plainMaxPool(window, pixels))
        }
    }
    let backwardCase = Case(name: "pool/max2/\(name)/backward") {
        let (x, y, dy) = (Operand(window.inputCount, seed: 1), Operand(outputs), Operand(outputs, seed: 2))
        let dx = Operand(window.inputCount)
        let taps = Operand(outputs)
        forward(x, y, taps)
        let run = {
            maxPoolBackward(
                window, outputGradient: dy.pointer, taps: taps.pointer, into: dx.pointer, accumulating: false)
        }
        let (places, gradients) = (plainMaxPool(window, x.floats).places, dy.floats)
        let verify = {
            run()
            var expected = [Double](repeating: 0, count: window.inputCount)
            for (place, gradient) in zip(places, gradients) { expected[place] += Double(gradient) }
            return difference("X'", dx.floats, expected) { _ in 0 }
        }
        return Work(bytes: Double(4 * (window.inputCount + 2 * outputs)), verify: verify, run: run) {
            var sums = [Float](repeating: 0, count: window.inputCount)
            for i in places.indices { sums[places[i]] += gradients[i] }
            keep(sums)
        }
    }
    return [forwardCase, backwardCase]
}

private func relu(_ count: Int, name: String) -> [Case] {
    let forward = Case(name: "relu/\(name)/forward") {
        let (x, y) = (Operand(count, seed: 1), Operand(count))
        let run = { rectify(x.pointer, count: count, into: y.pointer) }
        let verify = {
            y.fill(.nan)
            run()
            return difference("Y", y.floats, x.doubles.map { $0 < 0 ? 0 : $0 }) { _ in 0 }
        }
        let values = x.floats
        return Work(bytes: Double(8 * count), verify: verify, run: run) { keep(values.map { $0 < 0 ? 0 : $0 }) }
    }
    let backward = Case(name: "relu/\(name)/backward") {
        let (y, dy, dx) = (Operand(count, seed: 1), Operand(count, seed: 2), Operand(count))
        let run = {
            rectifyBackward(
                output: y.pointer, outputGradient: dy.pointer, count: count, into: dx.pointer, accumulating: false)
        }
        let verify = {
            dx.fill(.nan)
            run()
            return difference("X'", dx.floats, zip(y.doubles, dy.doubles).map { $0 > 0 ? $1 : 0 }) { _ in 0 }
        }
        let (outputs, gradients) = (y.floats, dy.floats)
        return Work(bytes: Double(12 * count), verify: verify, run: run) {
            keep(outputs.indices.map { outputs[$0] > 0 ? gradients[$0] : 0 })
        }
    }
    return [forward, backward]
}

private func softmax(rows: Int, classes: Int, logarithm: Bool) -> Case {
    Case(name: "\(logarithm ? "log-" : "")softmax/\(rows)x\(classes)") {
        let (x, y) = (Operand(rows * classes, seed: 1), Operand(rows * classes))
        let run = {
            for start in stride(from: 0, to: rows * classes, by: classes) {
                if logarithm {
                    logSoftmaxForward(x.pointer + start, count: classes, into: y.pointer + start)
                } else {
                    softmaxForward(x.pointer + start, count: classes, into: y.pointer + start)
                }
            }
        }
        let verify = {
            y.fill(.nan)
            run()
            let expected = plainSoftmax(x.doubles, classes: classes, logarithm: logarithm)
            // The shift by the maximum is at most 2 and costs 2 ulp, exp and log 2 each, the sum one a class, and the
            // division or the two subtractions 2.
            return difference("Y", y.floats, expected) {
                (logarithm ? max(1, expected[$0].magnitude) : expected[$0]) * Double(classes + 8) * ulp
            }
        }
        let values = x.floats
        return Work(bytes: Double(8 * rows * classes), verify: verify, run: run) {
            keep(plainSoftmax(values, classes: classes, logarithm: logarithm))
        }
    }
}

private func dropout(_ count: Int) -> Case {
    Case(name: "dropout/\(count)") {
        let (x, y) = (Operand(count, seed: 1), Operand(count))
        let key: UInt64 = 0x0123_4567_89AB_CDEF
        let run = { LanesKernels.dropout(x.pointer, count: count, probability: 0.25, key: key, into: y.pointer) }
        let values = x.floats
        // Which elements live is the kernel's own affair: each must be dropped or scaled, and as many dropped as six
        // standard deviations of a fair draw allow.
        let verify: () -> String? = {
            y.fill(.nan)
            run()
            let found = y.floats
            let expected = zip(found, values).map { $0 == 0 ? 0 : Double($1) / 0.75 }
            let dropped = Double(found.count { $0 == 0 })
            let (mean, deviation) = (0.25 * Double(count), (0.25 * 0.75 * Double(count)).squareRoot())
            guard (dropped - mean).magnitude <= 6 * deviation else {
                return "\(dropped) of \(count) numbers dropped, expected \(mean) ± \(6 * deviation)"
            }
            return difference("Y", found, expected) { expected[$0].magnitude * 2 * ulp }
        }
        return Work(bytes: Double(8 * count), verify: verify, run: run) {
            var random = RandomStream(seed: key, purpose: .dropout)
            keep(values.map { random.uniform() < 0.25 ? 0 : $0 / 0.75 })
        }
    }
}

private func adam(_ count: Int) -> Case {
    Case(name: "adam/\(count)") {
        let start = (1...4).map { Operand(count, seed: $0) }
        for i in 0..<count { start[3].pointer[i] = start[3].pointer[i].magnitude }
        let now = start.map { Operand($0.floats) }
        // The hundredth step at a rate of 0.001.
        let (stepSize, rootScale) = (0.001 / (1 - pow(0.9, 100)), 1 / (1 - pow(0.999, 100)).squareRoot())
        let run = {
            adamStep(
                weights: now[0].pointer, gradients: now[1].pointer, mean: now[2].pointer, square: now[3].pointer,
                count: count, take1: 0.1, beta2: 0.999, take2: 0.001, epsilon: 1e-8, stepSize: Float(stepSize),
                rootScale: Float(rootScale))
        }
        let verify: () -> String? = {
            run()
            let (w, m, v) = plainAdam(
                weights: start[0].doubles, gradients: start[1].doubles, mean: start[2].doubles,
                square: start[3].doubles, stepSize: stepSize, rootScale: rootScale)
            // m and v come from numbers of at most 1 by a few operations.
            // w moves by stepSize·m/(√v·rootScale): about ten roundings of that, and one of w.
            let steps = zip(start[0].doubles, w).map { ($0 - $1).magnitude }
            return difference("mean", now[2].floats, m) { _ in 4 * ulp }
                ?? difference("square", now[3].floats, v) { _ in 4 * ulp }
                ?? difference("weights", now[0].floats, w) { index in
                    let root = stepSize / (v[index].squareRoot() * rootScale + 1e-8)
                    return ulp + root * 4 * ulp + steps[index] * (10 + 2 / max(v[index], 1e-3)) * ulp
                }
        }
        let plain = start.map(\.floats)
        return Work(bytes: Double(28 * count), verify: verify, run: run) {
            keep(
                plainAdam(
                    weights: plain[0], gradients: plain[1], mean: plain[2], square: plain[3],
                    stepSize: Float(stepSize), rootScale: Float(rootScale)))
        }
    }
}
