import Foundation
import LanesGraph
import LanesTraining
import LanesFiles
import Testing

/// The files of reference values, each read once. A test whose file is not there fails.
enum FixtureFile: String, CaseIterable {
    case layers, optimizers, curve, losses, steps
    case moreLayers = "more_layers"

    private static let files = Dictionary(
        uniqueKeysWithValues: allCases.map { file in
            let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures")
            return (
                file, Result { try Safetensors(contentsOf: folder.appending(path: "\(file.rawValue).safetensors")) }
            )
        })

    func content() throws -> Safetensors { try #require(Self.files[self]).get() }
}

/// A tensor as PyTorch has it: images [N, C, H, W], features [N, F].
struct FixtureTensor {
    let shape: [Int]
    let values: [Double]

    /// The shape of a sample; the first dimension counts the samples.
    var sample: Shape {
        let sizes = shape + [1, 1, 1]
        return shape.count < 2 ? Shape(channels: 1) : Shape(channels: sizes[1], height: sizes[2], width: sizes[3])
    }

    var magnitudes: FixtureTensor { FixtureTensor(shape: shape, values: values.map(abs)) }

    /// The samples as the graph takes them.
    func channelsLast<Scalar: BinaryFloatingPoint>() -> [Scalar] {
        let (channels, positions) = (sample.channels, sample.height * sample.width)
        return values.indices.map { index in
            let (start, place) = (index / sample.count * sample.count, index % sample.count)
            return Scalar(values[start + place % channels * positions + place / channels])
        }
    }
}

/// Samples of the graph in PyTorch's order.
func channelsFirst(_ values: [some BinaryFloatingPoint], _ sample: Shape) -> [Double] {
    let (channels, positions) = (sample.channels, sample.height * sample.width)
    return values.indices.map { index in
        let (start, place) = (index / sample.count * sample.count, index % sample.count)
        return Double(values[start + place % positions * channels + place / positions])
    }
}

/// The tensors of one case, which `name` stands before.
struct Fixture {
    let file: Safetensors
    let name: String

    init(_ file: FixtureFile, _ name: String) throws {
        self.file = try file.content()
        self.name = name
    }

    /// A layer's case, from the file that has it.
    init(layer name: String) throws {
        let isThere = try FixtureFile.layers.content().tensors.keys.contains { $0.hasPrefix("\(name)/") }
        try self.init(isThere ? .layers : .moreLayers, name)
    }

    var kind: String { String(name.prefix { $0 != "/" }) }
    /// The tensors' names within the case.
    var names: [String] {
        file.tensors.keys.filter { $0.hasPrefix("\(name)/") }.map { String($0.dropFirst(name.count + 1)) }.sorted()
    }

    /// - Parameter shape: What it must be; nil takes any.
    func tensor(_ tensor: String, shape: [Int]? = nil) throws -> FixtureTensor {
        let full = "\(name)/\(tensor)"
        let values = try file.values(full, shape: shape, as: Double.self)
        return FixtureTensor(shape: file.tensors[full]?.shape ?? [], values: values)
    }

    func number(_ tensor: String) throws -> Double { try self.tensor(tensor, shape: []).values[0] }

    /// A number that not every case has.
    func optional(_ tensor: String) throws -> Double? { has(tensor) ? try number(tensor) : nil }

    func has(_ tensor: String) -> Bool { file.tensors["\(name)/\(tensor)"] != nil }

    /// Whole numbers, one for each sample.
    func labels(_ tensor: String, shape: [Int]) throws -> FixtureTensor {
        let numbers = try file.values("\(name)/\(tensor)", shape: shape, as: Int64.self)
        return FixtureTensor(shape: shape, values: numbers.map { Double($0) })
    }

    func integer(_ tensor: String) throws -> Int {
        Int(try file.values("\(name)/\(tensor)", shape: [], as: Int64.self)[0])
    }

    /// - Parameter count: What it must be; nil takes any.
    func integers(_ tensor: String, count: Int? = nil) throws -> [Int] {
        try file.values("\(name)/\(tensor)", shape: count.map { [$0] }, as: Int64.self).map { Int($0) }
    }
}

/// Fails unless there are as many values as expected and each is at most its tolerance away.
func expectClose(
    _ found: [Double], _ expected: [Double], within tolerances: [Double], _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard found.count == expected.count, tolerances.count == expected.count else {
        Issue.record(
            "\(what): \(found.count) values, \(expected.count) expected, \(tolerances.count) tolerances",
            sourceLocation: sourceLocation)
        return
    }
    // Written so that NaN is far away.
    let far = expected.indices.filter { !(abs(found[$0] - expected[$0]) <= tolerances[$0]) }
    guard let first = far.first else { return }
    Issue.record(
        """
        \(what): \(far.count) of \(expected.count) values differ, the first is number \(first): \(found[first]), \
        expected \(expected[first]) ± \(tolerances[first])
        """, sourceLocation: sourceLocation)
}

func expectClose(
    _ found: [Double], _ expected: [Double], within tolerance: Double, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let tolerances = expected.map { _ in tolerance }
    expectClose(found, expected, within: tolerances, what, sourceLocation: sourceLocation)
}
