import LanesData
import LanesFiles
import LanesTraining
import Foundation
import Testing

private let directory = ProcessInfo.processInfo.environment["MNIST_DIR"]

/// The real MNIST, where there is one.
@Suite(.enabled(if: directory != nil, "set MNIST_DIR to a directory with MNIST's four files, raw or .gz"))
struct MNISTFilesTests {
    @Test func isTheOriginal() throws {
        let mnist = try #require(try MNIST.find(directory: nil))
        #expect(mnist.isOriginal)
        #expect(mnist.train.count == 60000)
        #expect(mnist.test.count == 10000)
        for images in [mnist.train, mnist.test] {
            #expect(images.height == 28)
            #expect(images.width == 28)
            #expect(images.pixels.count == images.count * 784)
        }
        #expect(mnist.train.labels.prefix(5) == [5, 0, 4, 1, 9])
        #expect(mnist.test.labels.prefix(5) == [7, 2, 1, 0, 4])

        // The numbers by which everybody normalises MNIST.
        var histogram = [Double](repeating: 0, count: 256)
        for image in 0..<mnist.train.count {
            for pixel in mnist.train.pixels[image * 784..<(image + 1) * 784] { histogram[Int(pixel)] += 1 }
        }
        let total = Double(mnist.train.pixels.count)
        let mean = (0..<256).reduce(0) { $0 + Double($1) / 255 * histogram[$1] } / total
        let variance = (0..<256).reduce(0) {
            $0 + (Double($1) / 255 - mean) * (Double($1) / 255 - mean) * histogram[$1]
        }
        #expect(abs(mean - 0.1307) < 0.00005)
        #expect(abs((variance / total).squareRoot() - 0.3081) < 0.00005)
    }
}
