extension JPEG {
    /// The place in the block of each coefficient in the file's order: along the diagonals, up and down in turn
    /// (Figure A.6).
    static let zigzag: [Int] = (0..<15).flatMap { diagonal in
        let rows = Array(max(0, diagonal - 7)...min(7, diagonal))
        return (diagonal.isMultiple(of: 2) ? rows.reversed() : rows).map { $0 * 8 + diagonal - $0 }
    }

    /// Makes the samples of a block of its coefficients and puts them into the plane: the inverse cosine transform down
    /// the columns, then along the rows.
    ///
    /// Source: Loeffler, Ligtenberg and Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications", 1989, in
    /// whole numbers: constants are in units of 2⁻¹³, and 2 more bits are kept between the passes, as libjpeg's slow
    /// transform does, so that samples are the same as its.
    static func inverseCosine(_ coefficients: [Int32], into plane: inout Plane, row: Int, column: Int) {
        var rows = Rows(repeating: .zero)
        for index in 0..<64 { rows[index / 8][index % 8] = coefficients[index] }
        transform(&rows, shift: 13 - 2)
        rows = transposed(rows)
        // The cosines carry a factor of √8 in each pass.
        transform(&rows, shift: 13 + 2 + 3)
        for x in 0..<8 {
            let samples = (rows[x] &+ 128).clamped(lowerBound: .zero, upperBound: SIMD8(repeating: 255))
            for y in 0..<8 { plane[row + y, column + x] = UInt8(truncatingIfNeeded: samples[y]) }
        }
    }

    private typealias Rows = InlineArray<8, SIMD8<Int32>>

    private static func transposed(_ rows: Rows) -> Rows {
        var columns = Rows(repeating: .zero)
        for y in 0..<8 { for x in 0..<8 { columns[x][y] = rows[y][x] } }
        return columns
    }

    /// Transforms eight columns at once; row n holds their nth frequencies, then their nth samples.
    private static func transform(_ rows: inout Rows, shift: Int32) {
        // Even frequencies: a rotation by 3π/8, and butterflies.
        let rotated = rotate(rows[2], rows[6], sum: 0.541196100, first: 0.765366865, second: -1.847759065)
        let (sum, difference) = ((rows[0] &+ rows[4]) &<< 13, (rows[0] &- rows[4]) &<< 13)
        let even =
            [
                sum &+ rotated.0, difference &+ rotated.1, difference &- rotated.1, sum &- rotated.0,
            ] as InlineArray<4, SIMD8<Int32>>

        // Odd frequencies: three rotations that share their products.
        let (one, three, five, seven) = (rows[1], rows[3], rows[5], rows[7])
        let all = times(one &+ three &+ five &+ seven, 1.175875602)
        let outer = times(one &+ seven, -0.899976223)
        let inner = times(three &+ five, -2.562915447)
        let upper = all &+ times(three &+ seven, -1.961570560)
        let lower = all &+ times(one &+ five, -0.390180644)
        let odd =
            [
                times(one, 1.501321110) &+ outer &+ lower, times(three, 3.072711026) &+ inner &+ upper,
                times(five, 2.053119869) &+ inner &+ lower, times(seven, 0.298631336) &+ outer &+ upper,
            ] as InlineArray<4, SIMD8<Int32>>

        let half = SIMD8<Int32>(repeating: 1 &<< (shift - 1))
        for index in 0..<4 {
            rows[index] = (even[index] &+ odd[index] &+ half) &>> shift
            rows[7 - index] = (even[index] &- odd[index] &+ half) &>> shift
        }
    }

    /// (a, b) turned, with three multiplications.
    @inline(__always)
    private static func rotate(
        _ a: SIMD8<Int32>, _ b: SIMD8<Int32>, sum: Double, first: Double, second: Double
    ) -> (SIMD8<Int32>, SIMD8<Int32>) {
        let shared = times(a &+ b, sum)
        return (shared &+ times(a, first), shared &+ times(b, second))
    }

    /// What a damaged file makes too great wraps around.
    @inline(__always)
    private static func times(_ vector: SIMD8<Int32>, _ factor: Double) -> SIMD8<Int32> {
        vector &* Int32((factor * 8192).rounded())
    }
}
