import LanesData
import LanesFiles
import LanesGraph
import LanesKernels
import LanesTraining

/// An image of a data set, turned counter-clockwise by quarter turns: what a network learns from or is tested on.
public struct Example: Sendable, Equatable {
    /// The image's place in its data set.
    public let image: Int
    /// 0…3.
    public let quarterTurns: Int

    /// - Parameters:
    ///   - image: The image's place in its data set.
    ///   - quarterTurns: 0…3, counter-clockwise.
    public init(image: Int, quarterTurns: Int = 0) {
        (self.image, self.quarterTurns) = (image, quarterTurns)
    }
}

/// The examples that a recipe makes of some images, with a target for each of its tasks.
public struct Examples: Dataset {
    /// The images that the examples show.
    public let images: LabeledImages
    /// The examples, in the order of the samples.
    public let list: [Example]
    /// What is asked about each, in the order of the heads.
    public let tasks: [DigitTask]

    /// - Parameters:
    ///   - images: Of 28×28.
    ///   - list: Their images must be among `images`.
    public init(_ images: LabeledImages, _ list: [Example], tasks: [DigitTask]) {
        let shape = Recipe.imageShape
        require(images.height == shape.height && images.width == shape.width, "images of 28×28 are expected")
        require(list.allSatisfy { images.labels.indices.contains($0.image) }, "an example of no image")
        (self.images, self.list, self.tasks) = (images, list, tasks)
    }

    /// All images of the digits, or those of them that are named, each at the first so many quarter turns.
    public init(
        _ images: LabeledImages, of indices: [Int]? = nil, digits: [UInt8], quarterTurns: Int = 1, tasks: [DigitTask]
    ) {
        let chosen = (indices ?? Array(0..<images.count)).filter { digits.contains(images.labels[$0]) }
        self.init(
            images, chosen.flatMap { image in (0..<quarterTurns).map { Example(image: image, quarterTurns: $0) } },
            tasks: tasks)
    }

    public var name: String { images.name }
    public var count: Int { list.count }
    public var inputs: [Shape] { [Recipe.imageShape] }
    public var targets: [Target] { tasks.map { .classes($0.classes) } }

    public func load(_ sample: Int, input: Int, into values: inout MutableSpan<Float>) {
        let example = list[sample]
        let start = example.image * values.count
        unitInterval(images.pixels.span.extracting(start..<start + values.count), into: &values)
        guard example.quarterTurns != 0 else { return }
        // On the stack: a running step allocates nothing.
        let source = InlineArray<784, Float> { values[$0] }
        turn(source.span, side: images.width, quarterTurns: example.quarterTurns, into: &values)
    }

    public func target(_ sample: Int, head: Int, into values: inout MutableSpan<Float>) {
        values[0] = Float(label(sample, task: head))
    }

    public func digest() -> String {
        var hash = SHA256()
        hash.update(images.pixels)
        for (sample, example) in list.enumerated() {
            let labels = tasks.indices.map { label(sample, task: $0) }
            for value in [example.image, example.quarterTurns] + labels {
                withUnsafeBytes(of: Int64(value).littleEndian) { hash.update($0) }
            }
        }
        return hash.hexadecimal()
    }

    /// The number of an example's class.
    public func label(_ sample: Int, task: Int) -> Int {
        let example = list[sample]
        return tasks[task].label(images.labels[example.image], example.quarterTurns)
    }

    /// The digit that an example shows.
    public func digit(of example: Example) -> UInt8 { images.labels[example.image] }
}
