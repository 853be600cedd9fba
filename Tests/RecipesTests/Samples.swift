import LanesData
import LanesRecipes

/// Drawn digits to train on, 300 unless told (four batches of 64 and one of 44), and others to test on.
func drawnDigits(_ count: Int = 300, test: Int = 1100) throws -> DigitData {
    try DigitData(
        train: SyntheticDigits.images(0..<count, seed: 1), test: SyntheticDigits.images(count..<count + test, seed: 1),
        origin: "drawn")
}
