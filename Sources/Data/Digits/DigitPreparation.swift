import LanesFiles
import LanesKernels

extension GrayImage {
    /// The digit that a photo or drawing of any size shows, as MNIST shows digits: white ink on black in 28×28 pixels,
    /// the longer side of its box 20 pixels long, its centre of mass in the centre.
    ///
    /// Paper becomes black and ink white, whichever was darker. Whether the paper is lighter is told by the border, so
    /// the digit must not fill it.
    ///
    /// Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", http://yann.lecun.com/exdb/mnist/.
    /// As there, the aspect ratio is kept, and grey levels come from anti-aliasing.
    ///
    /// - Parameter name: The image's name for errors.
    /// - Throws: `FileError.badData` where the image shows no ink, or several digits side by side.
    public func preparedDigit(name: String) throws(FileError) -> GrayImage {
        let digits = try preparedDigits(name: name)
        guard digits.count == 1 else {
            throw .badData(file: name, problem: "found \(digits.count) digits side by side, expected one")
        }
        return digits[0]
    }

    /// All digits that stand side by side, from left to right, each by itself as `preparedDigit(name:)` makes it.
    ///
    /// - Returns: One at least.
    /// - Throws: `FileError.badData` where the image shows no ink.
    public func preparedDigits(name: String) throws(FileError) -> [GrayImage] {
        let ink: GrayImage
        do throws(ImageError) {
            ink = try inkOnPaper()
        } catch {
            throw .badData(file: name, problem: error.problem)
        }
        let longer = max(ink.height, ink.width)
        // An image of MNIST's own size shows one.
        guard longer > GrayImage.side else { return [ink.fittedDigit()] }
        let small =
            longer <= GrayImage.mostToSplit
            ? ink
            : ink.resized(
                to: Extent(
                    height: max(1, ink.height * GrayImage.mostToSplit / longer),
                    width: max(1, ink.width * GrayImage.mostToSplit / longer)))
        let parts = InkParts(small, least: 85)
        let digits = parts.digits()
        guard digits.count > 1 else { return [ink.fittedDigit()] }
        guard !parts.isStacked(digits) else {
            throw .badData(file: name, problem: "found digits one above the other, expected one line")
        }
        guard digits.count <= GrayImage.mostDigits else {
            throw .badData(
                file: name,
                problem: "found \(digits.count) digits side by side, expected at most \(GrayImage.mostDigits)")
        }
        return parts.only(digits, of: small, margin: .max).map { $0.fittedDigit() }
    }

    /// In more rows or columns no digits are looked for side by side.
    private static let mostToSplit = 640
    /// So many digits have room side by side there.
    private static let mostDigits = 32

    /// The last step: an image of one digit's ink alone, 0 for paper and 255 for ink, as MNIST has it: the box around
    /// the ink (`inkBox`), scaled so that its longer side has 20 pixels, pasted with its centre of mass in the centre of
    /// 28×28 (`centered`).
    func fittedDigit() -> GrayImage {
        let ink = self
        let (rows, columns) = ink.inkBox()
        let longer = max(rows.count, columns.count)
        let (height, width) = (
            GrayImage.scaledSide(rows.count, longer: longer), GrayImage.scaledSide(columns.count, longer: longer)
        )
        let digit = resize(
            ink.pixels, width: ink.width, channels: 1, rows: rows, columns: columns,
            to: Extent(height: height, width: width))
        return GrayImage.centered(digit, height: height, width: width)
    }

    /// The side of MNIST's images, and of the square that its digits are scaled to.
    private static let side = 28
    private static let box = 20

    private static func scaledSide(_ side: Int, longer: Int) -> Int { max(1, (2 * box * side + longer) / (2 * longer)) }

    /// The smallest box around the ink of an image of ink alone; dust does not count.
    private func inkBox() -> (rows: Range<Int>, columns: Range<Int>) {
        // A tenth of full ink: what is fainter may be a shadow.
        let least: UInt8 = 26
        var inRows = [Int](repeating: 0, count: height)
        var inColumns = [Int](repeating: 0, count: width)
        for row in 0..<height {
            for column in 0..<width where pixels[row * width + column] >= least {
                inRows[row] += 1
                inColumns[column] += 1
            }
        }
        return (GrayImage.extent(of: inRows), GrayImage.extent(of: inColumns))
    }

    /// From the first to the last row or column with ink, leaving out at either end what has a five-hundredth of it or
    /// less. In an image as small as MNIST's that is nothing.
    private static func extent(of counts: [Int]) -> Range<Int> {
        let dust = counts.reduce(0, +) / 500
        func clean(_ counts: some Sequence<Int>) -> Int {
            var seen = 0
            return counts.prefix { count in
                seen += count
                return seen <= dust
            }.count
        }
        return clean(counts)..<counts.count - clean(counts.reversed())
    }

    /// Pastes the digit so that its centre of mass comes to lie within half a pixel of the pixel (14, 14), counted from
    /// 0, where it lies in MNIST's images; the digit is moved no further than it stays whole.
    ///
    /// - Parameter digit: [height, width], with ink.
    private static func centered(_ digit: [Float], height: Int, width: Int) -> GrayImage {
        let mass = digit.reduce(0, +)
        var (moment, peak) = (SIMD2<Float>.zero, Float.zero)
        for (index, ink) in digit.enumerated() {
            moment += ink * SIMD2(Float(index / width), Float(index % width))
            peak = max(peak, ink)
        }
        let corner = (Float(side / 2) - moment / mass).rounded(.toNearestOrAwayFromZero)
        let top = min(max(Int(corner.x), 0), side - height)
        let left = min(max(Int(corner.y), 0), side - width)

        var pixels = [UInt8](repeating: 0, count: side * side)
        for (index, ink) in digit.enumerated() {
            // A line thinner than a new pixel has become faint, and no digit of MNIST is.
            pixels[(top + index / width) * side + left + index % width] = UInt8((ink * 255 / peak).rounded())
        }
        return GrayImage(checkedHeight: side, width: side, pixels: pixels)
    }
}
