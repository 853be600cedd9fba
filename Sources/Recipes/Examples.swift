import Datasets

/// An image of a data set, turned counter-clockwise by quarter turns: what a network learns from or is tested on.
public struct Example: Sendable, Equatable {
    /// The image's place in its data set.
    public let image: Int
    /// 0…3.
    public let quarterTurns: Int

    public init(image: Int, quarterTurns: Int = 0) {
        (self.image, self.quarterTurns) = (image, quarterTurns)
    }
}

/// The examples that a recipe makes of some images.
public struct Examples: Sendable {
    public let images: LabeledImages
    public let list: [Example]
    public var count: Int { list.count }

    /// - Parameters:
    ///   - images: Of 28×28.
    ///   - list: Their images must be among `images`.
    public init(_ images: LabeledImages, _ list: [Example]) {
        // The kernels that read the pixels check nothing.
        let shape = Recipe.imageShape
        precondition(images.height == shape.height && images.width == shape.width, "images of 28×28 are expected")
        precondition(list.allSatisfy { images.labels.indices.contains($0.image) }, "an example of no image")
        (self.images, self.list) = (images, list)
    }

    /// All images of the digits, or those of them that are named, each at the first so many quarter turns.
    public init(_ images: LabeledImages, of indices: [Int]? = nil, digits: [UInt8], quarterTurns: Int = 1) {
        let chosen = (indices ?? Array(0..<images.count)).filter { digits.contains(images.labels[$0]) }
        self.init(
            images,
            chosen.flatMap { image in (0..<quarterTurns).map { Example(image: image, quarterTurns: $0) } })
    }

    /// The digit that an example shows.
    public func digit(of example: Example) -> UInt8 { images.labels[example.image] }

    /// The mean and the standard deviation of all pixels, each in 0…1: what a recipe normalizes by.
    public var statistics: (mean: Double, deviation: Double) {
        // Sums of bytes and of their squares are exact; a turn changes neither.
        var (sum, squares) = (0, 0)
        let area = images.height * images.width
        for example in list {
            for pixel in images.pixels[example.image * area..<(example.image + 1) * area] {
                sum += Int(pixel)
                squares += Int(pixel) * Int(pixel)
            }
        }
        let count = Double(max(list.count * area, 1))
        let mean = Double(sum) / count
        return (mean / 255, (Double(squares) / count - mean * mean).squareRoot() / 255)
    }
}
