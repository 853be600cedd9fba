import LanesData
import LanesGraph
import LanesKernels
import LanesTraining

/// Small made-up data, and networks for it: pictures of 3×9×7 with a class, rows of five numbers with a number, and
/// both at once.
enum Samples {
    static let picture = Shape(channels: 3, height: 9, width: 7)
    static let colours = ["red", "green", "blue"]

    private static func random(_ sample: Int) -> RandomStream {
        RandomStream(seed: 7, purpose: .syntheticDigits, index: sample)
    }

    /// Noise, brighter in the channel that is the class.
    private static func pixels(_ sample: Int) -> [Float] {
        var random = random(sample)
        return (0..<picture.count).map { place in
            Float(random.uniform(in: 0...0.5)) + (place % 3 == sample % 3 ? 0.25 : 0)
        }
    }

    private static func row(_ sample: Int) -> [Float] {
        var random = random(1000 + sample)
        return (0..<5).map { _ in Float(random.uniform(in: -1...1)) }
    }

    private static func value(_ row: [Float]) -> Float { row[0] - 2 * row[1] + 0.5 * row[2] * row[3] }

    private static func numbers(_ samples: Range<Int>) -> ArrayDataset.Numbers {
        ArrayDataset.Numbers(samples.flatMap(pixels), shape: picture)
    }

    static func pictures(_ samples: Range<Int>) throws -> ArrayDataset {
        try ArrayDataset(
            name: "pictures", inputs: [numbers(samples)], targets: [.classes(samples.map { $0 % 3 }, names: colours)])
    }

    static func rows(_ samples: Range<Int>) throws -> ArrayDataset {
        try ArrayDataset(samples.map(row), values: samples.map { [value(row($0))] }, name: "rows")
    }

    /// Two inputs, a picture and a row, and two targets, a class and a number.
    static func mixed(_ samples: Range<Int>) throws -> ArrayDataset {
        try ArrayDataset(
            name: "mixed", inputs: [numbers(samples), .init(samples.map(row))],
            targets: [
                .classes(samples.map { $0 % 3 }, names: colours), .values(.init(samples.map { [value(row($0))] })),
            ])
    }

    static func pictureGraph() throws -> Graph {
        let features = Node.input("picture", picture).conv2d(8, kernel: 3, padding: 1, name: "conv1").relu().maxPool(2)
            .conv2d(8, kernel: 3, padding: 1, name: "conv2").relu().flatten()
        return try Graph(heads: [Head("colour", features.linear(3, name: "fc"), loss: .crossEntropy)])
    }

    static func rowGraph() throws -> Graph {
        let output = Node.input("row", Shape(channels: 5)).linear(16, name: "fc1").tanh().linear(1, name: "fc2")
        return try Graph(heads: [Head("value", output, loss: .meanSquaredError)])
    }

    static func mixedGraph() throws -> Graph {
        let image = Node.input("picture", picture).conv2d(8, kernel: 3, padding: 1, name: "conv1").batchNorm(
            name: "bn1"
        )
        .relu().maxPool(2).flatten()
        let row = Node.input("row", Shape(channels: 5)).linear(16, name: "fc_row").tanh()
        let both = image.concat(row).dropout(0.2)
        return try Graph(heads: [
            Head("colour", both.linear(3, name: "fc_colour"), loss: .crossEntropy),
            Head("value", both.linear(1, name: "fc_value"), loss: .huber(), weight: 0.5),
        ])
    }

    static let kinds = ["pictures", "rows", "mixed"]

    /// A graph and its data, by a name of `kinds`.
    static func named(_ kind: String, _ samples: Range<Int>) throws -> (graph: Graph, data: ArrayDataset) {
        switch kind {
        case "pictures": (try pictureGraph(), try pictures(samples))
        case "rows": (try rowGraph(), try rows(samples))
        default: (try mixedGraph(), try mixed(samples))
        }
    }
}

/// A dataset whose samples are changed on their way.
struct Changed: Dataset {
    let base: any Dataset
    var loading: @Sendable (_ sample: Int, inout MutableSpan<Float>) throws -> Void = { _, _ in }
    var targeting: @Sendable (_ sample: Int, inout MutableSpan<Float>) throws -> Void = { _, _ in }

    var name: String { "changed" }
    var count: Int { base.count }
    var inputs: [Shape] { base.inputs }
    var targets: [Target] { base.targets }

    func load(_ sample: Int, input: Int, into values: inout MutableSpan<Float>) throws {
        try base.load(sample, input: input, into: &values)
        try loading(sample, &values)
    }

    func target(_ sample: Int, head: Int, into values: inout MutableSpan<Float>) throws {
        try base.target(sample, head: head, into: &values)
        try targeting(sample, &values)
    }
}
