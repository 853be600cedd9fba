import Foundation
import LanesFiles
import LanesGraph
import LanesTraining
import Synchronization

/// MNIST, or other data in its four files.
public struct MNIST: Sendable {
    /// The training images.
    public let train: LabeledImages
    /// The test images.
    public let test: LabeledImages
    /// Where the files were found.
    public let directory: String
    /// Whether all four files hold exactly what the original MNIST does, by their SHA-256. If not, they are
    /// Fashion-MNIST, KMNIST or data of your own.
    public let isOriginal: Bool

    static let classes = (0...9).map(String.init)

    /// One of the four files.
    package struct File {
        package let name: String
        let kind: IDX.Kind
        /// The SHA-256 of the original's content, unpacked.
        package let digest: String
    }

    package static let files = [
        File(
            name: "train-images-idx3-ubyte", kind: .images,
            digest: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        File(
            name: "train-labels-idx1-ubyte", kind: .labels,
            digest: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        File(
            name: "t10k-images-idx3-ubyte", kind: .images,
            digest: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        File(
            name: "t10k-labels-idx1-ubyte", kind: .labels,
            digest: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ]

    /// Loads MNIST from the directory, else from the one that `$MNIST_DIR` names, else from `./data/mnist`.
    ///
    /// - Returns: nil where no directory is named and `./data/mnist` holds none of the files.
    /// - Throws: `FileError`; a directory that is named, by either way, must hold the files.
    public static func find(
        directory: String?, environment: [String: String] = ProcessInfo.processInfo.environment,
        currentDirectory: String = "."
    ) throws(FileError) -> MNIST? {
        if let directory { return try MNIST(directory: directory) }
        if let directory = environment["MNIST_DIR"], !directory.isEmpty {
            do throws(FileError) {
                return try MNIST(directory: directory)
            } catch .missingInput(let path, let problem) {
                throw .missingInput(path: path, problem: problem + " ($MNIST_DIR names this directory)")
            }
        }
        let usual = currentDirectory + "/data/mnist"
        return self.directory(of: files.map(\.name), below: usual) == nil ? nil : try MNIST(directory: usual)
    }

    /// Loads the four files from a directory, or from `MNIST/raw` below it, where torchvision puts them. Each may be
    /// raw or end in `.gz`.
    ///
    /// - Throws: `FileError` for files that are missing, cannot be read, break the format or do not fit together.
    public init(directory: String) throws(FileError) {
        let place = MNIST.directory(of: MNIST.files.map(\.name), below: directory) ?? directory
        let paths = try MNIST.files.map { file throws(FileError) in try MNIST.path(of: file, in: place) }

        let results = Mutex([Result<(idx: IDX, isOriginal: Bool), FileError>?](repeating: nil, count: paths.count))
        concurrently(paths.count) { index in
            let result = Result { () throws(FileError) in try MNIST.load(MNIST.files[index], from: paths[index]) }
            results.withLock { $0[index] = result }
        }
        var loaded: [(idx: IDX, isOriginal: Bool)] = []
        for case let result? in results.withLock({ $0 }) { loaded.append(try result.get()) }

        let names = paths.map(FileContent.name)
        train = try LabeledImages(
            loaded[0].idx, loaded[1].idx, names: (names[0], names[1]), classes: MNIST.classes)
        test = try LabeledImages(
            loaded[2].idx, loaded[3].idx, names: (names[2], names[3]), classes: MNIST.classes)
        guard (test.height, test.width) == (train.height, train.width) else {
            throw .badData(
                file: names[2],
                problem: "found images of \(test.height)×\(test.width), expected \(train.height)×\(train.width) as in "
                    + names[0])
        }
        isOriginal = loaded.allSatisfy { $0.isOriginal }
        self.directory = place
    }

    /// The directory itself or `MNIST/raw` below it, whichever holds any of the files, raw or packed.
    package static func directory(of names: [String], below directory: String) -> String? {
        [directory, directory + "/MNIST/raw"].first { place in
            names.contains { name in candidates(name, in: place).contains { isThere($0) } }
        }
    }

    private static func path(of file: File, in directory: String) throws(FileError) -> String {
        if let path = candidates(file.name, in: directory).first(where: { isThere($0) }) { return path }
        throw .missingInput(
            path: directory,
            problem: isThere(directory + "/.")
                ? "found neither \(file.name) nor \(file.name).gz"
                : "\(isThere(directory) ? "not a" : "no such") directory, expected one with \(file.name) or "
                    + "\(file.name).gz")
    }

    /// The raw file first: it needs no unpacking.
    private static func candidates(_ name: String, in directory: String) -> [String] {
        ["", ".gz"].map { "\(directory)/\(name)\($0)" }
    }

    private static func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private static func load(
        _ file: File, from path: String
    ) throws(FileError) -> (idx: IDX, isOriginal: Bool) {
        let content = try HashedStream(FileContent.open(path))
        let idx = try IDX(ByteReader(content, name: FileContent.name(path)), kind: file.kind)
        return (idx, content.hash.hexadecimal() == file.digest)
    }
}

extension Normalization {
    /// The mean and the deviation of MNIST's training images, as `train --statistics` computes them.
    public static let mnist = Normalization(mean: 0.1307, deviation: 0.3081)
}
