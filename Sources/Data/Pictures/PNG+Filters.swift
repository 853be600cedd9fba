extension PNG {
    /// How a row was made easier to compress: each byte lost a prediction from its neighbours left, above and above
    /// left, which count as 0 outside the image.
    enum Filter: UInt8 {
        case none = 0
        case sub, up, average, paeth
    }

    /// Adds the predictions back, in place.
    ///
    /// - Parameter rows: [height, 1 + rowBytes]: the filter's number, then the row.
    static func reverseFilters(_ rows: inout [UInt8], _ header: Header) throws(ImageError) {
        let stride = 1 + header.rowBytes
        try rows.withUnsafeMutableBufferPointer { rows throws(ImageError) in
            for row in 0..<header.height {
                let number = rows[row * stride]
                guard let filter = Filter(rawValue: number) else {
                    throw ImageError(problem: "found filter \(number) in row \(row), expected 0…4")
                }
                guard filter != .none else { continue }
                for column in 0..<header.rowBytes {
                    let index = row * stride + 1 + column
                    let hasLeft = column >= header.pixelBytes
                    let left = hasLeft ? rows[index - header.pixelBytes] : 0
                    let above = row > 0 ? rows[index - stride] : 0
                    let aboveLeft = hasLeft && row > 0 ? rows[index - stride - header.pixelBytes] : 0
                    rows[index] &+= prediction(filter, left: left, above: above, aboveLeft: aboveLeft)
                }
            }
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
