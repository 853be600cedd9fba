/// What numbers the inputs of an exported network take.
public enum InputValues: String, Sendable, CaseIterable {
    /// Those that the layers take: whoever asks the network has normalized them as `Model.normalization` says.
    case normalized
    /// Those that `Model.predict` takes, pixels as fractions of 1: the network itself normalizes them.
    case values
    /// Pixels of 0…255: the network divides them by 255 and normalizes them.
    case bytes
}
