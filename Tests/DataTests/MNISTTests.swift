import LanesData
import LanesFiles
import LanesTraining
import Foundation
import TestSupport
import Testing

/// Loading from directories that the tests make, of images too small for the real thing.
@Suite struct MNISTTests {
    private static let trainImages = idx(magic: 2051, dimensions: [3, 2, 2], elements: Array(0..<12))
    private static let trainLabels = idx(magic: 2049, dimensions: [3], elements: [5, 0, 9])
    private static let testImages = idx(magic: 2051, dimensions: [1, 2, 2], elements: [9, 8, 7, 6])
    private static let testLabels = idx(magic: 2049, dimensions: [1], elements: [7])

    /// The four files, raw and packed mixed.
    private static let files: [String: [UInt8]] = [
        "train-images-idx3-ubyte.gz": GzipFixtures.stored(trainImages),
        "train-labels-idx1-ubyte": trainLabels,
        "t10k-images-idx3-ubyte": testImages,
        "t10k-labels-idx1-ubyte.gz": GzipFixtures.stored(testLabels),
    ]

    @Test(.namingCases)
    func loads() {
        forEach(["", "MNIST/raw/"]) { folder in
            let directory = try directory(folder: folder)
            let mnist = try MNIST(directory: directory.path)
            #expect(mnist.train.count == 3)
            #expect(mnist.train.height == 2)
            #expect(mnist.train.width == 2)
            #expect(mnist.train.pixels == Array(0..<12))
            #expect(mnist.train.labels == [5, 0, 9])
            #expect(mnist.test.pixels == [9, 8, 7, 6])
            #expect(mnist.test.labels == [7])
            #expect(!mnist.isOriginal)
            let digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
            #expect(mnist.train.targets == [.classes(digits)] && mnist.test.targets == [.classes(digits)])
        }
    }

    @Test(.namingCases)
    func missingFile() {
        forEach(Self.files.keys.sorted()) { name in
            let directory = try directory(replacing: [name: nil])
            let raw = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
            #expect(
                throws: FileError.missingInput(path: directory.path, problem: "found neither \(raw) nor \(raw).gz")
            ) { try MNIST(directory: directory.path) }
        }
    }

    @Test func filesThatDoNotFitTogether() throws {
        try expect(
            "t10k-labels-idx1-ubyte.gz", idx(magic: 2049, dimensions: [2], elements: [1, 2]),
            "found 2 labels, expected 1 as there are images in t10k-images-idx3-ubyte")
        try expect(
            "train-labels-idx1-ubyte", idx(magic: 2049, dimensions: [3], elements: [1, 10, 11]),
            "found label 10 for image 1, expected 0…9")
        try expect(
            "t10k-images-idx3-ubyte", idx(magic: 2051, dimensions: [1, 1, 4], elements: [1, 2, 3, 4]),
            "found images of 1×4, expected 2×2 as in train-images-idx3-ubyte.gz")
        try expect(
            "train-labels-idx1-ubyte", MNISTTests.trainImages,
            "found magic number 2051, expected 2049 as in a file of labels")
    }

    private func expect(_ name: String, _ content: [UInt8], _ problem: String) throws {
        let directory = try directory(replacing: [name: content])
        #expect(throws: FileError.badData(file: name, problem: problem)) {
            try MNIST(directory: directory.path)
        }
    }

    @Test func directoryIsAskedForFirstThenEnvironmentThenTheUsualPlace() throws {
        let full = try directory()
        let empty = try TemporaryDirectory()
        let absent = empty.path + "/absent"
        let usual = try directory(folder: "data/mnist/")
        let problem = "no such directory, expected one with train-images-idx3-ubyte or train-images-idx3-ubyte.gz"

        let explicit = try MNIST.find(
            directory: full.path, environment: ["MNIST_DIR": absent], currentDirectory: empty.path)
        #expect(explicit?.directory == full.path)
        let fromEnvironment = try MNIST.find(
            directory: nil, environment: ["MNIST_DIR": full.path], currentDirectory: usual.path)
        #expect(fromEnvironment?.directory == full.path)
        for environment in [[:], ["MNIST_DIR": ""]] {
            let found = try MNIST.find(directory: nil, environment: environment, currentDirectory: usual.path)
            #expect(found?.directory == usual.path + "/data/mnist")
            let nowhere = try MNIST.find(directory: nil, environment: environment, currentDirectory: empty.path)
            #expect(nowhere == nil)
        }

        #expect(throws: FileError.missingInput(path: absent, problem: problem)) {
            try MNIST.find(directory: absent, environment: [:], currentDirectory: usual.path)
        }
        #expect(
            throws: FileError.missingInput(
                path: absent, problem: problem + " ($MNIST_DIR names this directory)")
        ) {
            try MNIST.find(directory: nil, environment: ["MNIST_DIR": absent], currentDirectory: usual.path)
        }
    }

    /// Some of the files in the usual place are a download that failed, not an absence of MNIST.
    @Test func halfOfTheFilesInTheUsualPlace() throws {
        let directory = try directory(folder: "data/mnist/", replacing: ["train-images-idx3-ubyte.gz": nil])
        #expect(throws: FileError.self) {
            try MNIST.find(directory: nil, environment: [:], currentDirectory: directory.path)
        }
    }

    /// A directory with the four files, some replaced, or left out where the replacement is nil.
    private func directory(
        folder: String = "", replacing replacements: [String: [UInt8]?] = [:]
    ) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        for (name, content) in MNISTTests.files {
            if let content = replacements[name] ?? content { try directory.write(content, to: folder + name) }
        }
        return directory
    }
}
