import Datasets
import Testing

@Suite struct LabeledImagesTests {
    private let images: LabeledImages

    init() throws {
        images = try LabeledImages(name: "three", height: 1, width: 2, pixels: [1, 2, 3, 4, 5, 6], labels: [7, 8, 9])
    }

    @Test(arguments: [(-1, 0), (0, 0), (2, 2), (3, 3), (4, 3), (.max, 3)])
    func prefix(n: Int, count: Int) {
        let prefix = images.prefix(n)
        #expect(prefix.count == count)
        #expect(prefix.pixels == Array(images.pixels.prefix(2 * count)))
        #expect(prefix.labels == Array(images.labels.prefix(count)))
    }

    @Test(arguments: [(1, 3), (2, 2), (0, 2), (-1, -2), (.max, .max)])
    func sizesThatDoNotFit(height: Int, width: Int) {
        #expect(
            throws: DatasetError.badData(
                file: "x", problem: "found 6 pixels, expected those of 3 images of \(height)×\(width)")
        ) {
            try LabeledImages(name: "x", height: height, width: width, pixels: images.pixels, labels: images.labels)
        }
    }
}
