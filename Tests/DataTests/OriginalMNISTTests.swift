import Foundation
import LanesData
import TestSupport
import Testing

private let directory = ProcessInfo.processInfo.environment["MNIST_DIR"]

@Suite(.enabled(if: directory != nil, "set MNIST_DIR to a directory with MNIST's four files, raw or .gz"))
struct OriginalMNISTTests {
    @Test("Three of the original's files and one with another label are not the original")
    func oneOfAnotherKind() throws {
        let mnist = try MNIST(directory: try #require(directory))
        try #require(mnist.isOriginal)
        let mixed = try TemporaryDirectory()
        for name in try FileManager.default.contentsOfDirectory(atPath: mnist.directory)
        where name.contains("-ubyte") && !name.hasPrefix("t10k-labels") {
            try FileManager.default.createSymbolicLink(
                atPath: "\(mixed.path)/\(name)", withDestinationPath: "\(mnist.directory)/\(name)")
        }
        for changed in [false, true] {
            var labels = mnist.test.labels
            if changed { labels[9999] = (labels[9999] + 1) % 10 }
            try mixed.write(
                idx(magic: 2049, dimensions: [UInt32(labels.count)], elements: labels), to: "t10k-labels-idx1-ubyte")
            #expect(try MNIST(directory: mixed.path).isOriginal == !changed)
        }
    }
}
