/// How light the paper is in every place of a photograph, wherever ink covers it: the closing of the picture, which
/// fills whatever is dark and narrower than a square and leaves what is wider, such as a shadow, as it is, up to its
/// edge.
///
/// Source: Serra, "Image Analysis and Mathematical Morphology", 1982.
struct LocalPaper {
    /// [height][width]
    let pixels: [UInt8]

    /// - Parameters:
    ///   - image: Dark ink on lighter paper.
    ///   - side: Of the square; greater than the width of a stroke.
    init(_ image: GrayImage, side: Int) {
        let (height, width) = (image.height, image.width)
        // Noise would make it too light.
        let smooth = LocalPaper.smoothed(image)
        let lighter = LocalPaper.extremes(smooth, height, width, side, isGreatest: true)
        pixels = LocalPaper.extremes(lighter, height, width, side, isGreatest: false)
    }

    /// The mean of 3×3 pixels; beyond the sides is what lies at them.
    private static func smoothed(_ image: GrayImage) -> [UInt8] {
        let (height, width) = (image.height, image.width)
        return (0..<height).flatMap { row in
            (0..<width).map { column in
                var sum = 4
                for y in row - 1...row + 1 {
                    for x in column - 1...column + 1 {
                        sum += Int(image.pixels[min(max(y, 0), height - 1) * width + min(max(x, 0), width - 1)])
                    }
                }
                return UInt8(sum / 9)
            }
        }
    }

    /// The greatest or least pixel of the square around each, as far as it lies in the picture: along the rows, then
    /// along the columns.
    private static func extremes(
        _ pixels: [UInt8], _ height: Int, _ width: Int, _ side: Int, isGreatest: Bool
    ) -> [UInt8] {
        let sign: UInt8 = isGreatest ? 0 : 255
        var result = pixels.map { $0 ^ sign }
        let half = side / 2
        for (length, step, lines, lineStep) in [(width, 1, height, width), (height, width, width, 1)] {
            let source = result
            for line in 0..<lines {
                let start = line * lineStep
                for place in 0..<length {
                    var greatest: UInt8 = 0
                    for near in max(0, place - half)...min(length - 1, place + half) {
                        greatest = max(greatest, source[start + near * step])
                    }
                    result[start + place * step] = greatest
                }
            }
        }
        return result.map { $0 ^ sign }
    }
}
