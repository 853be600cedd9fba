/// Grey images of one size, each with its class.
public struct LabeledImages: Sendable, Equatable {
    /// What the images are, for messages and reports.
    public let name: String
    /// How many images there are.
    public var count: Int { labels.count }
    /// The rows of each image.
    public let height: Int
    /// The columns of each image.
    public let width: Int
    /// [count, height, width], row-major: 0 is background, 255 ink.
    public let pixels: [UInt8]
    /// [count]: the class of each image.
    public let labels: [UInt8]

    /// - Parameters:
    ///   - pixels: [count, height, width], row-major.
    ///   - labels: [count].
    /// - Throws: ``DatasetError/badData(file:problem:)`` with the name where the sizes do not fit together.
    public init(
        name: String, height: Int, width: Int, pixels: [UInt8], labels: [UInt8]
    ) throws(DatasetError) {
        let (area, areaOverflows) = height.multipliedReportingOverflow(by: width)
        let (size, sizeOverflows) = area.multipliedReportingOverflow(by: labels.count)
        guard height > 0, width > 0, !areaOverflows, !sizeOverflows, size == pixels.count else {
            throw .badData(
                file: name,
                problem: "found \(pixels.count) pixels, expected those of \(labels.count) images of \(height)×\(width)")
        }
        self.init(checked: name, height: height, width: width, pixels: pixels, labels: labels)
    }

    /// Images whose sizes are known to fit together.
    init(checked name: String, height: Int, width: Int, pixels: [UInt8], labels: [UInt8]) {
        self.name = name
        self.height = height
        self.width = width
        self.pixels = pixels
        self.labels = labels
    }

    /// The first `n` images, or all if there are fewer.
    public func prefix(_ n: Int) -> LabeledImages {
        let n = min(max(n, 0), count)
        return LabeledImages(
            checked: name, height: height, width: width,
            pixels: Array(pixels[..<(n * height * width)]), labels: Array(labels[..<n]))
    }
}
