import LanesKernels

// Some elements of a convolution's three products, straight from the definition and in Double: all of them would take the
// plain loops minutes.

extension ConvolutionSizes {
    /// Y at a place of [images][output height][output width][outputs].
    func output(_ place: Int, x: Operand, w: Operand) -> Double {
        let (n, position) = (place % outputs, place / outputs)
        var sum = 0.0
        for tap in 0..<window.taps {
            guard let pixel = pixel(position, tap) else { continue }
            let (from, to) = (x.pointer + pixel * window.channels, w.pointer + tap * window.channels * outputs + n)
            for c in 0..<window.channels { sum += Double(from[c]) * Double(to[c * outputs]) }
        }
        return sum
    }

    /// X' at a place of [images][H][W][C].
    func inputGradient(_ place: Int, dy: Operand, w: Operand) -> Double {
        let (c, pixel) = (place % window.channels, place / window.channels)
        let (size, output) = (window.input, window.output)
        let (image, row, column) = (
            pixel / (size.height * size.width), pixel / size.width % size.height, pixel % size.width
        )
        var sum = 0.0
        for tap in 0..<window.taps {
            let y = row + window.padding.top - tap / window.kernel.width
            let x = column + window.padding.left - tap % window.kernel.width
            guard y >= 0, y % window.stride.height == 0, y / window.stride.height < output.height,
                x >= 0, x % window.stride.width == 0, x / window.stride.width < output.width
            else { continue }
            let position =
                (image * output.height + y / window.stride.height) * output.width + x / window.stride.width
            let (from, to) = (dy.pointer + position * outputs, w.pointer + (tap * window.channels + c) * outputs)
            for n in 0..<outputs { sum += Double(from[n]) * Double(to[n]) }
        }
        return sum
    }

    /// W' at a place of [taps][C][outputs].
    func weightGradient(_ place: Int, x: Operand, dy: Operand) -> Double {
        let (n, c, tap) = (
            place % outputs, place / outputs % window.channels, place / (outputs * window.channels)
        )
        let (size, output) = (window.input, window.output)
        let (down, across) = (
            tap / window.kernel.width - window.padding.top, tap % window.kernel.width - window.padding.left
        )
        var sum = 0.0
        for line in 0..<images * output.height {
            let (image, y) = (line / output.height, line % output.height * window.stride.height + down)
            guard y >= 0, y < size.height else { continue }
            let from = x.pointer + (image * size.height + y) * size.width * window.channels + c
            let to = dy.pointer + line * output.width * outputs + n
            for column in 0..<output.width {
                let place = column * window.stride.width + across
                guard place >= 0, place < size.width else { continue }
                sum += Double(from[place * window.channels]) * Double(to[column * outputs])
            }
        }
        return sum
    }

    /// The pixel of all images that a tap sees at a position of all outputs; nil in the padding.
    private func pixel(_ position: Int, _ tap: Int) -> Int? {
        let (size, output) = (window.input, window.output)
        let image = position / window.outputPositions
        let row = position / output.width % output.height * window.stride.height + tap / window.kernel.width
        let column = position % output.width * window.stride.width + tap % window.kernel.width
        let (y, x) = (row - window.padding.top, column - window.padding.left)
        guard y >= 0, y < size.height, x >= 0, x < size.width else { return nil }
        return (image * size.height + y) * size.width + x
    }
}

/// Places of `count` elements to be checked where each is a sum of so many terms: all, or of very many every p-th with a
/// prime p above 7, which shares no factor with the sizes of tiles, panels and images, so that each place of them is met; a
/// hundred at least.
func sampledPlaces(of count: Int, terms: Int) -> [Int] {
    var step = min(count * terms / 4_000_000, count / 100)
    guard step > 0, count >= 1100 else { return Array(0..<count) }
    step = max(11, step)
    while (2..<step).prefix(while: { $0 * $0 <= step }).contains(where: { step % $0 == 0 }) { step += 1 }
    return Array(stride(from: 0, to: count, by: step))
}
