import LanesData
import LanesRecipes

/// Drawn digits to train on, 300 unless told, and others to test on.
func drawnDigits(_ count: Int = 300, test: Int = 300) throws -> DigitData {
    try DigitData(
        train: SyntheticDigits.images(0..<count, seed: 1), test: SyntheticDigits.images(count..<count + test, seed: 1),
        origin: "drawn")
}

/// An example's pixels, turned counter-clockwise one quarter after the other.
func turned(_ images: LabeledImages, _ example: Example) -> [UInt8] {
    let side = images.width
    var pixels = Array(images.pixels[example.image * side * side..<(example.image + 1) * side * side])
    for _ in 0..<example.quarterTurns {
        // What was the last column from the top becomes the first row from the left.
        pixels = (0..<side * side).map { pixels[$0 % side * side + side - 1 - $0 / side] }
    }
    return pixels
}
