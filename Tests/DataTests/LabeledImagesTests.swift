import LanesData
import LanesFiles
import LanesGraph
import LanesTraining
import TestSupport
import Testing

@Suite struct LabeledImagesTests {
    private let images: LabeledImages

    init() throws {
        images = try LabeledImages(name: "three", height: 1, width: 2, pixels: [1, 2, 3, 4, 5, 6], labels: [7, 8, 9])
    }

    @Test(.namingCases)
    static func prefixCases() {
        forEach([(-1, 0), (0, 0), (2, 2), (3, 3), (4, 3), (.max, 3)]) { try Self().prefix(n: $0, count: $1) }
    }

    func prefix(n: Int, count: Int) {
        let prefix = images.prefix(n)
        #expect(prefix.count == count)
        #expect(prefix.pixels == Array(images.pixels.prefix(2 * count)))
        #expect(prefix.labels == Array(images.labels.prefix(count)))
    }

    @Test(.namingCases)
    static func sizesThatDoNotFitCases() {
        forEach([(1, 3), (2, 2), (0, 2), (-1, -2), (.max, .max)]) {
            try Self().sizesThatDoNotFit(height: $0, width: $1)
        }
    }

    func sizesThatDoNotFit(height: Int, width: Int) {
        #expect(
            throws: FileError.badData(
                file: "x", problem: "found 6 pixels, expected those of 3 images of \(height)×\(width)")
        ) {
            try LabeledImages(name: "x", height: height, width: width, pixels: images.pixels, labels: images.labels)
        }
    }

    @Test func areADataset() throws {
        #expect(images.inputs == [Shape(channels: 1, height: 1, width: 2)])
        #expect(images.targets == [.classes(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])])
        let (inputs, targets) = try contents(of: images)
        #expect(inputs == [[1, 2], [3, 4], [5, 6]].map { $0.map { $0 / 255 } })
        #expect(targets == [[7], [8], [9]])
        #expect(try contents(of: images.prefix(1)).targets == [[7]])
        #expect(images.prefix(1).targets == images.targets)
    }

    /// Files of any size, raw or gzip, with names for the classes or without.
    @Test(.namingCases)
    func files() {
        forEach([(1, 1), (5, 3), (40, 64)]) { height, width in
            let directory = try TemporaryDirectory()
            let pixels = (0..<2 * height * width).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let images = try directory.write(
                idx(magic: 2051, dimensions: [2, UInt32(height), UInt32(width)], elements: pixels), to: "images")
            let labels = try directory.write(
                GzipFixtures.stored(idx(magic: 2049, dimensions: [2], elements: [2, 0])), to: "labels")
            let named = try LabeledImages(images: images, labels: labels, classes: ["ant", "bee", "fly"])
            #expect(named.inputs == [Shape(channels: 1, height: height, width: width)])
            #expect(named.targets == [.classes(["ant", "bee", "fly"])])
            #expect(named.pixels == pixels && named.labels == [2, 0] && named.name == "images")
            #expect(try LabeledImages(images: images, labels: labels).classes == ["0", "1", "2"])
            let problem = "found label 2 for image 0, expected 0…1"
            #expect(throws: FileError.badData(file: "labels", problem: problem)) {
                try LabeledImages(images: images, labels: labels, classes: ["ant", "bee"])
            }
            try directory.write(idx(magic: 2049, dimensions: [1], elements: [2]), to: "labels")
            #expect(
                throws: FileError.badData(
                    file: "labels", problem: "found 1 labels, expected 2 as there are images in images")
            ) { try LabeledImages(images: images, labels: labels) }
        }
    }
}
