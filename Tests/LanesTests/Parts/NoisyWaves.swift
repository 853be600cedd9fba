import Foundation
import Lanes

/// Numbers from a formula: x in −1…1, and sin 3x with noise between 0 and 1 to be learned from it.
struct NoisyWaves: Dataset {
    var name: String { "waves" }
    let count: Int
    var inputs: [Shape] { [Shape(channels: 1)] }
    var targets: [Target] { [.values(Shape(channels: 1))] }

    func load(_ sample: Int, input: Int, into values: inout MutableSpan<Float>) {
        values[0] = Float(x(sample))
    }

    func target(_ sample: Int, head: Int, into values: inout MutableSpan<Float>) {
        var random = RandomStream(seed: 1, purpose: .syntheticDigits, index: sample)
        values[0] = Float(sin(3 * x(sample)) + random.uniform())
    }

    private func x(_ sample: Int) -> Double { 2 * Double(sample) / Double(count) - 1 }
}
