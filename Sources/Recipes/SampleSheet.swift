import Datasets

/// The very images that a network gets in its first epoch of training, with their labels, as one SVG picture.
public struct SampleSheet {
    /// The picture, a text that is a file's content.
    public let svg: String

    public init(_ recipe: Recipe, _ examples: Examples, seed: UInt64) { svg = "" }
}
