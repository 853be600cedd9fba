import LanesFiles
import LanesGraph
import LanesTraining

/// A dataset of numbers that a program has in memory.
///
///     let xor = try ArrayDataset([[0, 0], [0, 1], [1, 0], [1, 1]], labels: [0, 1, 1, 0])
///     let photos = try ArrayDataset(
///         pixels, shape: Shape(channels: 3, height: 32, width: 32), labels: labels, classes: ["cat", "dog"])
///     let both = try ArrayDataset(
///         inputs: [.init(pixels, shape: image), .init(ages)], targets: [.classes(labels), .values(.init(weights))])
///
/// All initializers throw `FileError.badData` with the dataset's name where counts do not fit
/// together, a label has no class or a number is not finite.
public struct ArrayDataset: Dataset {
    /// Of each sample as many numbers as a shape has, [height][width][channels].
    public struct Numbers: Sendable {
        let shape: Shape
        /// The samples one after another.
        let values: [Float]
        /// Why the rows do not fit the shape; nil if they do.
        let problem: String?

        /// Rows of the same length each.
        ///
        /// - Parameters:
        ///   - rows: The numbers of each sample.
        ///   - shape: The samples' shape; nil for a vector.
        public init(_ rows: [[Float]], shape: Shape? = nil) {
            let shape = shape ?? Shape(channels: rows.first?.count ?? 1)
            let odd = rows.firstIndex { $0.count != shape.count }
            problem = odd.map { "found \(rows[$0].count) in sample \($0), expected \(shape.count)" }
            (self.shape, values) = (shape, rows.flatMap { $0 })
        }

        /// As many samples as the numbers make.
        ///
        /// - Parameters:
        ///   - values: The numbers of all samples one after another.
        ///   - shape: Each sample's shape.
        public init(_ values: [Float], shape: Shape) { (self.shape, self.values, problem) = (shape, values, nil) }
    }

    /// What the samples are compared with.
    public enum Answers: Sendable {
        /// Each sample's class, with the names of the classes; nil for the numbers up to the greatest label.
        case classes([Int], names: [String]? = nil)
        /// Numbers that the head's output is to come near.
        case values(Numbers)
    }

    public let name: String
    public let count: Int
    public let inputs: [Shape]
    public let targets: [Target]
    /// Of each input, the numbers of all samples.
    private let values: [[Float]]
    /// Of each head.
    private let answers: [[Float]]

    /// Several inputs, several heads or both.
    public init(name: String = "arrays", inputs: [Numbers], targets: [Answers]) throws(FileError) {
        guard let first = inputs.first, !first.values.isEmpty, first.shape.count > 0 else {
            throw .badData(file: name, problem: "found no samples, expected at least one input of one sample")
        }
        count = first.values.count / first.shape.count
        for (index, input) in inputs.enumerated() {
            try ArrayDataset.check(input, count: count, place: "input \(index)", name: name)
        }
        var kinds: [Target] = []
        var answers: [[Float]] = []
        for (head, answer) in targets.enumerated() {
            switch answer {
            case .values(let numbers):
                try ArrayDataset.check(numbers, count: count, place: "target \(head)", name: name)
                kinds.append(.values(numbers.shape))
                answers.append(numbers.values)
            case .classes(let labels, let names):
                let classCount = names?.count ?? max(labels.max() ?? 0, 0) + 1
                guard labels.count == count else {
                    throw .badData(
                        file: name, problem: "found \(labels.count) labels, expected one for each of \(count) samples")
                }
                // Floats hold labels, and greater ones would not be exact.
                guard classCount <= ArrayDataset.mostClasses else {
                    throw .badData(
                        file: name, problem: "found \(classCount) classes, expected at most \(ArrayDataset.mostClasses)"
                    )
                }
                if let sample = labels.firstIndex(where: { !(0..<classCount).contains($0) }) {
                    throw .badData(
                        file: name,
                        problem: "found label \(labels[sample]) for sample \(sample), expected 0…\(classCount - 1)")
                }
                kinds.append(.classes(names ?? (0..<classCount).map(String.init)))
                answers.append(labels.map { Float($0) })
            }
        }
        (self.name, self.inputs, self.targets) = (name, inputs.map(\.shape), kinds)
        (values, self.answers) = (inputs.map(\.values), answers)
    }

    /// Rows of numbers with a class each.
    public init(
        _ rows: [[Float]], shape: Shape? = nil, labels: [Int], classes: [String]? = nil, name: String = "arrays"
    ) throws(FileError) {
        try self.init(name: name, inputs: [Numbers(rows, shape: shape)], targets: [.classes(labels, names: classes)])
    }

    /// Samples one after another with a class each.
    public init(
        _ values: [Float], shape: Shape, labels: [Int], classes: [String]? = nil, name: String = "arrays"
    ) throws(FileError) {
        try self.init(name: name, inputs: [Numbers(values, shape: shape)], targets: [.classes(labels, names: classes)])
    }

    /// Rows of numbers with rows of numbers to be compared with.
    public init(
        _ rows: [[Float]], shape: Shape? = nil, values: [[Float]], valueShape: Shape? = nil, name: String = "arrays"
    ) throws(FileError) {
        try self.init(
            name: name, inputs: [Numbers(rows, shape: shape)], targets: [.values(Numbers(values, shape: valueShape))])
    }

    public func load(_ sample: Int, input: Int, into values: inout MutableSpan<Float>) {
        ArrayDataset.copy(sample, of: self.values[input], into: &values)
    }

    public func target(_ sample: Int, head: Int, into values: inout MutableSpan<Float>) {
        ArrayDataset.copy(sample, of: answers[head], into: &values)
    }

    private static let mostClasses = 1 << 24

    private static func copy(_ sample: Int, of all: [Float], into values: inout MutableSpan<Float>) {
        let start = sample * values.count
        for index in 0..<values.count { values[index] = all[start + index] }
    }

    private static func check(
        _ numbers: Numbers, count: Int, place: String, name: String
    ) throws(FileError) {
        let (shape, values) = (numbers.shape, numbers.values)
        guard shape.channels > 0, shape.height > 0, shape.width > 0 else {
            throw .badData(file: name, problem: "found shape \(shape) for \(place), expected sizes of at least 1")
        }
        if let problem = numbers.problem { throw .badData(file: name, problem: "\(place): \(problem)") }
        guard values.count == count * shape.count else {
            throw .badData(
                file: name,
                problem: "found \(values.count) numbers for \(place), expected those of \(count) samples of \(shape)")
        }
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw .badData(
                file: name,
                problem: "found \(values[index]) in sample \(index / shape.count) of \(place), expected a finite number"
            )
        }
    }
}
