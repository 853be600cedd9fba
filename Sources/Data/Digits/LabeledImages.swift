import LanesFiles
import LanesGraph
import LanesKernels
import LanesTraining

/// Grey images of one size, each with its class: a dataset as MNIST's files hold it, of any size.
public struct LabeledImages: Dataset, Equatable {
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
    /// The names of the classes, in the order of the labels' numbers.
    public let classes: [String]

    /// Checks that pixels, labels and classes fit together.
    ///
    /// - Parameters:
    ///   - name: What the images are, for messages and reports.
    ///   - height: The rows of each image.
    ///   - width: The columns of each image.
    ///   - pixels: [count, height, width], row-major.
    ///   - labels: [count].
    ///   - classes: The names of the classes; nil for the numbers up to the greatest label.
    /// - Throws: `FileError.badData` with the name where the sizes do not fit together or a label has
    ///   no class.
    public init(
        name: String, height: Int, width: Int, pixels: [UInt8], labels: [UInt8], classes: [String]? = nil
    ) throws(FileError) {
        let (area, areaOverflows) = height.multipliedReportingOverflow(by: width)
        let (size, sizeOverflows) = area.multipliedReportingOverflow(by: labels.count)
        guard height > 0, width > 0, !areaOverflows, !sizeOverflows, size == pixels.count else {
            throw .badData(
                file: name,
                problem: "found \(pixels.count) pixels, expected those of \(labels.count) images of \(height)×\(width)")
        }
        let classes = classes ?? (0...(labels.max() ?? 0)).map(String.init)
        try LabeledImages.check(labels, classCount: classes.count, name: name)
        self.init(checked: name, height: height, width: width, pixels: pixels, labels: labels, classes: classes)
    }

    /// Images whose sizes and labels are known to fit together.
    init(checked name: String, height: Int, width: Int, pixels: [UInt8], labels: [UInt8], classes: [String]) {
        self.name = name
        self.height = height
        self.width = width
        self.pixels = pixels
        self.labels = labels
        self.classes = classes
    }

    /// Reads a file of images and one of labels in MNIST's format (``IDX``), raw or gzip.
    ///
    /// - Parameters:
    ///   - images: The path of the images, of any size.
    ///   - labels: The path of their labels.
    ///   - classes: The names of the classes; nil for the numbers up to the greatest label.
    /// - Throws: `FileError` for files that are missing, cannot be read, break the format or do not fit together.
    public init(images: String, labels: String, classes: [String]? = nil) throws(FileError) {
        try self.init(
            IDX(contentsOf: images, kind: .images), IDX(contentsOf: labels, kind: .labels),
            names: (FileContent.name(images), FileContent.name(labels)), classes: classes)
    }

    init(_ images: IDX, _ labels: IDX, names: (images: String, labels: String), classes: [String]?) throws(FileError) {
        let (count, height, width) = (images.dimensions[0], images.dimensions[1], images.dimensions[2])
        guard labels.dimensions[0] == count else {
            throw .badData(
                file: names.labels,
                problem:
                    "found \(labels.dimensions[0]) labels, expected \(count) as there are images in \(names.images)")
        }
        if let classes { try LabeledImages.check(labels.elements, classCount: classes.count, name: names.labels) }
        try self.init(
            name: names.images, height: height, width: width, pixels: images.elements, labels: labels.elements,
            classes: classes)
    }

    private static func check(_ labels: [UInt8], classCount: Int, name: String) throws(FileError) {
        if let index = labels.firstIndex(where: { $0 >= classCount }) {
            throw .badData(
                file: name, problem: "found label \(labels[index]) for image \(index), expected 0…\(classCount - 1)")
        }
    }

    public var inputs: [Shape] { [Shape(channels: 1, height: height, width: width)] }
    public var targets: [Target] { [.classes(classes)] }

    public func load(_ sample: Int, input: Int, into values: inout MutableSpan<Float>) {
        let area = height * width
        unitInterval(pixels.span.extracting(sample * area..<(sample + 1) * area), into: &values)
    }

    public func target(_ sample: Int, head: Int, into values: inout MutableSpan<Float>) {
        values[0] = Float(labels[sample])
    }

    /// The first `n` images, or all if there are fewer.
    public func prefix(_ n: Int) -> LabeledImages {
        let n = min(max(n, 0), count)
        return LabeledImages(
            checked: name, height: height, width: width,
            pixels: Array(pixels[..<(n * height * width)]), labels: Array(labels[..<n]), classes: classes)
    }
}
