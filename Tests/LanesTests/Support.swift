import Foundation
import Lanes
import Synchronization
import Testing

/// A folder that is there while `body` runs.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lanes-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// Real tables, which are not part of the package: in the folder that `$TABLES_DIR` names, else beside the package.
enum Tables {
    static let folder: URL? = {
        if let path = ProcessInfo.processInfo.environment["TABLES_DIR"], !path.isEmpty {
            return URL(fileURLWithPath: path)
        }
        var package = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { package.deleteLastPathComponent() }
        let beside = package.appendingPathComponent("../shared/data/tables").standardizedFileURL
        return FileManager.default.fileExists(atPath: beside.path) ? beside : nil
    }()

    static func file(_ name: String) throws -> URL { try #require(folder).appendingPathComponent(name) }
}

extension Trait where Self == ConditionTrait {
    /// Skips a test, and says so, where the tables are not there.
    static var needsTables: Self { .enabled("no tables: name their folder in TABLES_DIR") { Tables.folder != nil } }

    /// Skips a test, and says so, where there is no MNIST.
    static var needsMNIST: Self { .enabled("no MNIST: name its folder in MNIST_DIR") { mnistDirectory != nil } }
}

/// The folder that `$MNIST_DIR` names.
let mnistDirectory = ProcessInfo.processInfo.environment["MNIST_DIR"].flatMap { $0.isEmpty ? nil : $0 }

/// Digits to train and to test on: MNIST where `$MNIST_DIR` names it, otherwise drawn ones.
func digits(training: Int, test: Int) throws -> (training: LabeledImages, test: LabeledImages) {
    if let directory = mnistDirectory {
        let mnist = try MNIST(directory: directory)
        return (mnist.train.prefix(training), mnist.test.prefix(test))
    }
    return (
        SyntheticDigits.images(0..<training, seed: 1), SyntheticDigits.images(training..<training + test, seed: 1)
    )
}

extension LabeledImages {
    /// The images of some digits, as classes counted from the first one on.
    func only(_ digits: ClosedRange<UInt8>) throws -> LabeledImages {
        let chosen = labels.indices.filter { digits.contains(labels[$0]) }
        let area = height * width
        return try LabeledImages(
            name: "\(name) \(digits)", height: height, width: width,
            pixels: chosen.flatMap { pixels[$0 * area..<($0 + 1) * area] },
            labels: chosen.map { labels[$0] - digits.lowerBound }, classes: digits.map(String.init))
    }
}

func mean(_ numbers: [Double]) -> Double { numbers.reduce(0, +) / Double(numbers.count) }

/// Counts down, on any thread.
final class Countdown: Sendable {
    private let left: Mutex<Int>
    init(_ count: Int) { left = Mutex(count) }

    func hasEnded() -> Bool {
        left.withLock { left in
            left -= 1
            return left <= 0
        }
    }
}
