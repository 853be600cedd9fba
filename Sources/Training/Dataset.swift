import LanesFiles
import LanesGraph

/// What a network learns from or is tested on: a number of samples, each with its inputs and its targets.
///
/// Threads load samples while a step runs, each its own, in any order. So what a dataset gives must depend on the
/// arguments alone.
public protocol Dataset: Sendable {
    /// What it is, for messages: a file's name, say.
    var name: String { get }
    /// How many samples there are.
    var count: Int { get }
    /// The shapes of a sample's inputs, in the order of the graph's inputs.
    var inputs: [Shape] { get }
    /// What a sample is compared with, in the order of the graph's heads.
    var targets: [Target] { get }

    /// Writes one input of a sample, [height][width][channels]: pixels as fractions of 1, other numbers as they are.
    func load(_ sample: Int, input: Int, into values: inout MutableSpan<Float>) throws

    /// Writes what one head's output is compared with: the number of the class, or the target's numbers.
    func target(_ sample: Int, head: Int, into values: inout MutableSpan<Float>) throws

    /// The SHA-256 of all samples, by which a checkpoint recognizes its data. Computed from every input and target
    /// unless a dataset has a quicker way.
    func digest() throws -> String
}

extension Dataset {
    public func digest() throws -> String {
        var hash = SHA256()
        for sample in 0..<count {
            for (index, shape) in inputs.enumerated() {
                var values = [Float](repeating: 0, count: shape.count)
                var span = values.mutableSpan
                try load(sample, input: index, into: &span)
                values.withUnsafeBytes { hash.update($0) }
            }
            for (index, target) in targets.enumerated() {
                var values = [Float](repeating: 0, count: target.count)
                var span = values.mutableSpan
                try self.target(sample, head: index, into: &span)
                values.withUnsafeBytes { hash.update($0) }
            }
        }
        return hash.hexadecimal()
    }
}

/// What a head's output is compared with.
public enum Target: Sendable, Equatable {
    /// A class by its number, a single value. The names of the classes stand in the order of their numbers.
    case classes([String])
    /// As many numbers as the shape has, [height][width][channels].
    case values(Shape)

    /// How many numbers it takes.
    public var count: Int {
        switch self {
        case .classes: 1
        case .values(let shape): shape.count
        }
    }
}
