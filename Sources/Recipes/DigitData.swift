import LanesData
import LanesFiles
import LanesTraining
import Foundation

/// The images that a network is trained on and tested on, and one line about where they come from.
public struct DigitData: Sendable {
    /// What networks learn from.
    public let train: LabeledImages
    /// What they are tested on.
    public let test: LabeledImages
    /// Where the images come from, in one line.
    public let origin: String
    /// Whether they are the original MNIST's.
    public let isMNIST: Bool
    /// How many training images were taken, if there were more.
    public let trainLimit: Int?

    /// - Parameters:
    ///   - directory: Where MNIST must be; nil looks at `$MNIST_DIR` and `./data/mnist`, and draws digits if there is none.
    ///   - trainLimit: The most training images to take.
    /// - Throws: `FileError`; also for images that are not 28×28, which is what recipes are for.
    public init(
        directory: String?, trainLimit: Int? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(FileError) {
        let (train, test): (LabeledImages, LabeledImages)
        let origin: String
        let mnist = try MNIST.find(directory: directory, environment: environment)
        let drawnCount = 60_000
        let limit = trainLimit.flatMap { $0 < mnist?.train.count ?? drawnCount ? max($0, 0) : nil }
        if let mnist {
            (train, test) = (mnist.train, mnist.test)
            origin =
                mnist.isOriginal
                ? "MNIST from \(mnist.directory), content verified"
                : "data in MNIST's format from \(mnist.directory): not the original MNIST"
        } else {
            // A fixed seed: the drawn digits are a data set, not a part of the experiment.
            train = SyntheticDigits.images(0..<(limit ?? drawnCount), seed: 0)
            test = SyntheticDigits.images(drawnCount..<drawnCount + 10_000, seed: 0)
            origin =
                "no MNIST found: these are digits drawn by Lanes itself; swift run train --download gets the real ones"
        }
        try self.init(
            train: limit.map { train.prefix($0) } ?? train, test: test, origin: origin,
            isMNIST: mnist?.isOriginal ?? false, trainLimit: limit)
    }

    /// Images of one's own.
    ///
    /// - Throws: `FileError` for images that are not 28×28.
    public init(train: LabeledImages, test: LabeledImages, origin: String) throws(FileError) {
        try self.init(train: train, test: test, origin: origin, isMNIST: false, trainLimit: nil)
    }

    private init(
        train: LabeledImages, test: LabeledImages, origin: String, isMNIST: Bool, trainLimit: Int?
    ) throws(FileError) {
        let (height, width) = (Recipe.imageShape.height, Recipe.imageShape.width)
        for images in [train, test] where images.height != height || images.width != width {
            throw .badData(
                file: images.name,
                problem: "found images of \(images.height)×\(images.width), expected \(height)×\(width)")
        }
        (self.train, self.test, self.origin) = (train, test, origin)
        (self.isMNIST, self.trainLimit) = (isMNIST, trainLimit)
    }
}
