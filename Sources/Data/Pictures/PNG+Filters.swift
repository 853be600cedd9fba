extension PNG {
    /// How a row was made easier to compress: each byte lost a prediction from its neighbours left, above and above
    /// left, which count as 0 outside the image.
    enum Filter: UInt8 {
        case none = 0
        case sub, up, average, paeth
    }

    /// Adds the predictions back to a row, in place.
    ///
    /// - Parameters:
    ///   - number: The filter's.
    ///   - above: The row above, of the same length, of zeros above the first one.
    ///   - pixelBytes: How far left the neighbours are.
    static func reverseFilter(
        _ number: UInt8, _ bytes: inout [UInt8], above: [UInt8], pixelBytes: Int, row: Int
    ) throws(ImageError) {
        guard let filter = Filter(rawValue: number) else {
            throw ImageError(problem: "found filter \(number) in row \(row), expected 0…4")
        }
        guard filter != .none else { return }
        for index in bytes.indices {
            let hasLeft = index >= pixelBytes
            let left = hasLeft ? bytes[index - pixelBytes] : 0
            let aboveLeft = hasLeft ? above[index - pixelBytes] : 0
            bytes[index] &+= prediction(filter, left: left, above: above[index], aboveLeft: aboveLeft)
        }
    }

    @inline(__always)
    private static func prediction(_ filter: Filter, left: UInt8, above: UInt8, aboveLeft: UInt8) -> UInt8 {
        switch filter {
        case .none: 0
        case .sub: left
        case .up: above
        case .average: UInt8((Int(left) + Int(above)) / 2)
        case .paeth: paeth(left, above, aboveLeft)
        }
    }

    /// The neighbour that is closest to left + above − above left; the first of them if several are.
    @inline(__always)
    private static func paeth(_ left: UInt8, _ above: UInt8, _ aboveLeft: UInt8) -> UInt8 {
        let estimate = Int(left) + Int(above) - Int(aboveLeft)
        let distances = (abs(estimate - Int(left)), abs(estimate - Int(above)), abs(estimate - Int(aboveLeft)))
        if distances.0 <= distances.1 && distances.0 <= distances.2 { return left }
        return distances.1 <= distances.2 ? above : aboveLeft
    }
}
