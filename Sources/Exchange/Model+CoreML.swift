import Foundation
import LanesFiles
import LanesTraining

/// How a network is written for Core ML.
public struct CoreMLOptions: Sendable {
    /// What the inputs take.
    public enum Input: Sendable, Equatable {
        /// Pictures, grey for inputs of one channel and coloured for those of three, which the network normalizes itself.
        /// Inputs that are vectors take arrays of the numbers that `Model.predict` takes.
        case image
        /// Arrays of Floats, [1, channels, height, width] or [1, features].
        case array(InputValues)
    }

    /// Pictures, or arrays of numbers.
    public var input = Input.array(.normalized)
    /// Whether heads that tell classes give probabilities: a network of one head is a classifier then, which gives a label
    /// and a probability for each class by its name. Otherwise they give what the network does, logits or their
    /// logarithms.
    public var probabilities = false

    /// - Parameters:
    ///   - input: Pictures, or arrays of numbers.
    ///   - probabilities: Whether heads that tell classes give probabilities.
    public init(input: Input = .array(.normalized), probabilities: Bool = false) {
        (self.input, self.probabilities) = (input, probabilities)
    }
}

extension Model {
    /// The network as the content of a Core ML file (`.mlmodel`): a neural network of specification version 4, for iOS 13,
    /// macOS 10.15 and later.
    ///
    /// Inputs and outputs have the names of the graph's inputs and heads; outputs are arrays, [1, channels, height, width]
    /// or [1, features]. A classifier's label has the head's name, its probabilities the head's name and "Probability". The
    /// file's metadata says of each head its classes, of each input its normalization, and what else the model's own
    /// metadata does, such as the recipe.
    ///
    /// - Throws: `SettingsError` where an input is to be a picture and has neither one channel nor three, `ModelError` for
    ///   a layer that is not one of Lanes' own, for a max-pool with dilation, for a head that has the name of an input, for
    ///   a classifier with two classes of one name, and for a network of 2 GB or more.
    public func coreML(_ options: CoreMLOptions = CoreMLOptions()) throws -> Data {
        var network = CoreMLNetwork(try ExportedModel(self), options)
        return try network.file().message.content(of: "Core ML")
    }

    /// Writes the network as a Core ML file, atomically.
    ///
    /// - Throws: What ``coreML(_:)`` throws, and `FileError` where the file cannot be written. Nothing has been written
    ///   then.
    public func write(coreML url: URL, _ options: CoreMLOptions = CoreMLOptions()) throws {
        try AtomicFile.write(coreML(options), to: url)
    }
}
