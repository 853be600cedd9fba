// All that training a network is, in plain loops: no library, no SIMD, no threads. Run it: swift run smallest
//
// The network sees a drawn digit of 5×7 pixels and says which it is. It is a function with 1,482 numbers to choose:
//
//     35 pixels  →  hidden = max(0, W₁·pixels + b₁), 32 numbers  →  scores = W₂·hidden + b₂, 10 numbers
//
// It starts with random parameters. Each step draws 32 digits, finds by the chain rule how the loss (a number that says how
// wrong the answers are) changes with each parameter, and moves each a little to where the loss is less.
import Foundation

/// 1. Data: a digit, and its picture at a random place with noise.
struct Example {
    static let (width, height) = (5, 7)
    /// Each digit in five rows of three pixels.
    static let shapes: [[Character]] = [
        "####.##.##.####", ".#.##..#..#.###", "###..#####..###", "###..####..####", "#.##.####..#..#",
        "####..###..####", "####..####.####", "###..#..#.#..#.", "####.#####.####", "####.####..####",
    ].map(Array.init)

    let digit: Int
    var pixels: [Double]

    init(using random: inout Random) {
        digit = Int.random(in: 0..<10, using: &random)
        pixels = (0..<Example.width * Example.height).map { _ in Double.random(in: 0..<0.4, using: &random) }
        let (left, top) = (Int.random(in: 0...2, using: &random), Int.random(in: 0...2, using: &random))
        for i in 0..<15 where Example.shapes[digit][i] == "#" {
            pixels[(top + i / 3) * Example.width + left + i % 3] += 0.6
        }
    }
}

/// Numbers that look random and are the same in every run (SplitMix64 by Steele, Lea and Flood, 2014).
struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// 2. What is learned: numbers, the loss's slope at each of them, and two averages that the update keeps.
struct Parameter {
    var values, slopes, mean, square: [Double]

    init(count: Int, within bound: Double, using random: inout Random) {
        values = (0..<count).map { _ in Double.random(in: -bound...bound, using: &random) }
        slopes = Array(repeating: 0, count: count)
        (mean, square) = (slopes, slopes)
    }

    /// Adam (Kingma and Ba, 2015): a step against the average slope, divided by the slope's usual size. Averages that start at
    /// 0 are too small by the factor 1 − βᵗ after t steps.
    mutating func update(step t: Int, rate: Double) {
        let (beta1, beta2) = (0.9, 0.999)
        for i in values.indices {
            mean[i] = beta1 * mean[i] + (1 - beta1) * slopes[i]
            square[i] = beta2 * square[i] + (1 - beta2) * slopes[i] * slopes[i]
            let size = (square[i] / (1 - pow(beta2, Double(t)))).squareRoot()
            values[i] -= rate * mean[i] / (1 - pow(beta1, Double(t))) / (size + 1e-8)
            slopes[i] = 0
        }
    }
}

/// 3. A layer: each output is a weighted sum of all inputs.
struct Linear {
    let inputs, outputs: Int
    /// The weight is [outputs][inputs], row by row.
    var weight, bias: Parameter

    init(_ inputs: Int, _ outputs: Int, using random: inout Random) {
        (self.inputs, self.outputs) = (inputs, outputs)
        let bound = 1 / Double(inputs).squareRoot()
        weight = Parameter(count: inputs * outputs, within: bound, using: &random)
        bias = Parameter(count: outputs, within: bound, using: &random)
    }

    /// y = W·x + b.
    func forward(_ x: [Double]) -> [Double] {
        var y = bias.values
        for o in 0..<outputs {
            for i in 0..<inputs { y[o] += weight.values[o * inputs + i] * x[i] }
        }
        return y
    }

    /// From the loss's slopes at y, `dy`, those at W and b, which are added to what is there, and those at x. If W[o, i] moves,
    /// y[o] moves x[i] times as far; if x[i] moves, each y[o] moves W[o, i] times as far.
    mutating func backward(_ x: [Double], _ dy: [Double]) -> [Double] {
        var dx = [Double](repeating: 0, count: inputs)
        for o in 0..<outputs {
            bias.slopes[o] += dy[o]
            for i in 0..<inputs {
                weight.slopes[o * inputs + i] += dy[o] * x[i]
                dx[i] += dy[o] * weight.values[o * inputs + i]
            }
        }
        return dx
    }
}

/// 4. The network, and a step of its training.
struct Network {
    var first, second: Linear

    init(using random: inout Random) {
        first = Linear(Example.width * Example.height, 32, using: &random)
        second = Linear(32, 10, using: &random)
    }

    func scores(_ pixels: [Double]) -> [Double] { second.forward(first.forward(pixels).map { max(0, $0) }) }

    /// Returns the mean loss of the batch, as it was before the update.
    mutating func train(on batch: [Example], step: Int, rate: Double) -> Double {
        var loss = 0.0
        for example in batch {
            // Forward. Softmax makes probabilities of the scores; the loss is −log of what the right digit got.
            let sums = first.forward(example.pixels)
            let hidden = sums.map { max(0, $0) }
            let powers = second.forward(hidden).map { exp($0) }
            let probabilities = powers.map { $0 / powers.reduce(0, +) }
            loss -= log(probabilities[example.digit]) / Double(batch.count)
            // Backward. The loss's slope at score i is its probability, less 1 where i is the right digit.
            let slopes = (0..<10).map { (probabilities[$0] - ($0 == example.digit ? 1 : 0)) / Double(batch.count) }
            let hiddenSlopes = second.backward(hidden, slopes)
            _ = first.backward(example.pixels, zip(sums, hiddenSlopes).map { $0 > 0 ? $1 : 0 })
        }
        for part in [\Network.first.weight, \.first.bias, \.second.weight, \.second.bias] {
            self[keyPath: part].update(step: step, rate: rate)
        }
        return loss
    }
}

/// 5. The training: 1000 steps, each on new digits.
@main struct Smallest {
    static func main() {
        var random = Random(state: 1)
        var network = Network(using: &random)
        for step in 1...1000 {
            let loss = network.train(on: (0..<32).map { _ in Example(using: &random) }, step: step, rate: 0.01)
            if step == 1 || step % 100 == 0 { print("step \(step): loss \(loss)") }
        }
        let tests = (0..<1000).map { _ in Example(using: &random) }
        let right = tests.count { network.scores($0.pixels)[$0.digit] == network.scores($0.pixels).max() }
        print("\(right) of \(tests.count) new digits are read rightly")
    }
}
