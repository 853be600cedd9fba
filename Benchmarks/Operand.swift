import LanesKernels

/// The memory of one operand of a kernel.
final class Operand {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int

    /// Numbers in ±1, a function of the seed; without a seed NaN, so that a place which no kernel wrote is found.
    init(_ count: Int, seed: Int? = nil) {
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 128)
        pointer = bytes.bindMemory(to: Float.self, capacity: count)
        self.count = count
        pointer.initialize(repeating: .nan, count: count)
        guard let seed else { return }
        var random = RandomStream(seed: UInt64(seed), purpose: .gradientCheck)
        for i in 0..<count { pointer[i] = Float(random.uniform(in: -1...1)) }
    }

    convenience init(_ values: [Float]) {
        self.init(values.count)
        for (i, value) in values.enumerated() { pointer[i] = value }
    }

    deinit { pointer.deallocate() }

    func fill(_ value: Float) { pointer.update(repeating: value, count: count) }

    var floats: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
    var doubles: [Double] { floats.map(Double.init) }
    /// The numbers without their signs: a sum of products of these is the Σ|aᵢ·bᵢ| that bounds rounding errors.
    var magnitudes: [Double] { floats.map { Double($0.magnitude) } }
}

/// The distance from 1 to the next Float, twice the largest relative error of one operation.
let ulp = Double(Float.ulpOfOne)

/// What differs, for a person to read; nil where every number lies within its tolerance of the expected one.
func difference(
    _ name: String, _ found: [Float], _ expected: [Double], tolerance: (Int) -> Double
) -> String? {
    guard found.count == expected.count else {
        return "\(name): found \(found.count) numbers, expected \(expected.count)"
    }
    // Written so that a NaN counts as wrong.
    let wrong = found.indices.filter { !((Double(found[$0]) - expected[$0]).magnitude <= tolerance($0)) }
    guard let first = wrong.first else { return nil }
    return "\(name)[\(first)]: found \(found[first]), expected \(expected[first]) ± \(tolerance(first)) "
        + "(\(wrong.count) of \(found.count) numbers differ)"
}
