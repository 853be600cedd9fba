import LanesKernels
import TestSupport
import Testing

/// Odd, even, square, flat, and a single pixel.
private let sizes = [(1, 1), (1, 9), (6, 1), (5, 7), (13, 4), (28, 28)].map { Extent(height: $0.0, width: $0.1) }

@Suite("Images moved, enlarged and turned")
struct ResamplingTests {
    private func image(_ size: Extent, seed: UInt64 = 0) -> GuardedBuffer<Float> {
        GuardedBuffer(random: size.height * size.width, in: 0.1...1, seed: seed)
    }

    private func span(_ buffer: GuardedBuffer<Float>) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: buffer.pointer, count: buffer.count)
    }

    private func resampled(
        _ input: GuardedBuffer<Float>, _ size: Extent, _ map: AffineMap, _ interpolation: Interpolation
    ) -> GuardedBuffer<Float> {
        let output = GuardedBuffer<Float>(poisoned: input.count)
        var target = UnsafeMutableBufferPointer(start: output.pointer, count: output.count).mutableSpan
        resample(span(input).span, size: size, map: map, interpolation: interpolation, into: &target)
        return output
    }

    /// A map whose numbers are multiples of 1/64, so that the kernel computes all places without rounding.
    private func map(of size: Extent, _ random: inout RandomStream) -> AffineMap {
        func number(_ range: ClosedRange<Double>) -> Float { Float((random.uniform(in: range) * 64).rounded() / 64) }
        let (width, height) = (Double(size.width), Double(size.height))
        return AffineMap(
            xx: number(-1.5...1.5), xy: number(-1...1), x0: number(-width / 2...width),
            yx: number(-1...1), yy: number(-1.5...1.5), y0: number(-height / 2...height))
    }

    /// Where the map takes each pixel's value from.
    private func places(_ map: AffineMap, _ size: Extent) -> [(x: Double, y: Double)] {
        (0..<size.height * size.width).map { index in
            let (x, y) = (Double(index % size.width), Double(index / size.width))
            return (
                Double(map.xx) * x + Double(map.xy) * y + Double(map.x0),
                Double(map.yx) * x + Double(map.yy) * y + Double(map.y0)
            )
        }
    }

    /// Bilinear interpolation as the sum of a hat over each pixel.
    private func hats(_ input: GuardedBuffer<Float>, _ size: Extent, at places: [(x: Double, y: Double)]) -> Sums {
        let values = input.values
        var sums = Sums(count: places.count)
        for (index, place) in places.enumerated() {
            for (pixel, value) in values.enumerated() {
                let (dx, dy) = (place.x - Double(pixel % size.width), place.y - Double(pixel / size.width))
                sums.add(max(0, 1 - abs(dx)) * max(0, 1 - abs(dy)) * value, to: index)
            }
        }
        return sums
    }

    @Test("Bilinear values are those of a plain loop", .namingCases)
    static func bilinearCases() {
        forEach(sizes) { Self().bilinear(size: $0) }
    }

    func bilinear(size: Extent) {
        var random = RandomStream(seed: 1, purpose: .gradientCheck)
        let input = image(size)
        for _ in 0..<20 {
            let map = map(of: size, &random)
            let expected = hats(input, size, at: places(map, size))
            // 1 − right, its product, the sum of two, 1 − bottom, its product, the sum of two.
            expectClose(
                resampled(input, size, map, .bilinear), expected.values, roundings: 6, magnitudes: expected.magnitudes,
                "\(size) \(map)")
        }
    }

    @Test("The nearest value, of two as near the one to the right and below", .namingCases)
    static func nearestCases() {
        forEach(sizes) { Self().nearest(size: $0) }
    }

    func nearest(size: Extent) {
        var random = RandomStream(seed: 2, purpose: .gradientCheck)
        let input = image(size)
        let values = input.values
        for _ in 0..<50 {
            let map = map(of: size, &random)
            let expected = places(map, size).map { place in
                let (x, y) = (Int((place.x + 0.5).rounded(.down)), Int((place.y + 0.5).rounded(.down)))
                return (0..<size.width).contains(x) && (0..<size.height).contains(y) ? values[y * size.width + x] : 0
            }
            expectSame(resampled(input, size, map, .nearest).values, expected, "\(size) \(map)")
        }
    }

    @Test("Whole pixels are moved unchanged", .namingCases)
    static func shiftsCases() {
        forEach(sizes, [Interpolation.nearest, .bilinear]) { Self().shifts(size: $0, interpolation: $1) }
    }

    func shifts(size: Extent, interpolation: Interpolation) {
        let input = image(size)
        let values = input.values
        for (dx, dy) in [(0, 0), (1, 0), (0, -1), (-3, 2), (size.width, 0), (0, -size.height)] {
            let map = AffineMap(xx: 1, xy: 0, x0: Float(-dx), yx: 0, yy: 1, y0: Float(-dy))
            let expected = values.indices.map { index in
                let (x, y) = (index % size.width - dx, index / size.width - dy)
                return (0..<size.width).contains(x) && (0..<size.height).contains(y) ? values[y * size.width + x] : 0
            }
            expectSame(resampled(input, size, map, interpolation).values, expected, "\(size) moved by \(dx), \(dy)")
        }
    }

    @Test("Places beyond all numbers are outside", .namingCases)
    static func farAwayCases() {
        forEach([Float.infinity, -.infinity, .nan, 1e30, -1e30], [Interpolation.nearest, .bilinear]) {
            Self().farAway(place: $0, interpolation: $1)
        }
    }

    func farAway(place: Float, interpolation: Interpolation) {
        let size = Extent(height: 3, width: 5)
        for map in [
            AffineMap(xx: 1, xy: 0, x0: place, yx: 0, yy: 1, y0: 0),
            AffineMap(xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: place),
        ] {
            let output = resampled(image(size), size, map, interpolation)
            expectSame(output.values, [Double](repeating: 0, count: 15))
        }
    }

    private func turned(_ input: GuardedBuffer<Float>, side: Int, by quarterTurns: Int) -> GuardedBuffer<Float> {
        let output = GuardedBuffer<Float>(poisoned: input.count)
        var target = UnsafeMutableBufferPointer(start: output.pointer, count: output.count).mutableSpan
        turn(span(input).span, side: side, quarterTurns: quarterTurns, into: &target)
        return output
    }

    @Test("Quarter turns are those of numpy.rot90, counter-clockwise")
    func quarterTurns() {
        let input = GuardedBuffer<Float>([0, 1, 2, 3, 4, 5, 6, 7, 8])
        expectSame(turned(input, side: 3, by: 1).values, [2, 5, 8, 1, 4, 7, 0, 3, 6])
        expectSame(turned(input, side: 3, by: 2).values, [8, 7, 6, 5, 4, 3, 2, 1, 0])
        expectSame(turned(input, side: 3, by: 3).values, [6, 3, 0, 7, 4, 1, 8, 5, 2])
    }

    @Test("Turns add up, and four of them are none", .namingCases)
    func turns() {
        forEach([1, 2, 5, 28]) { side in
            let input = image(Extent(height: side, width: side))
            var output = input
            for quarterTurns in 1...8 {
                output = turned(output, side: side, by: 1)
                for same in [quarterTurns, quarterTurns - 8] {
                    expectSame(turned(input, side: side, by: same).values, output.values, "\(same) turns")
                }
            }
            expectSame(output.values, input.values)
        }
    }

    @Test("Turns by a map are the same turns", arguments: [5, 28], [Interpolation.nearest, .bilinear])
    func turnsByMap(side: Int, interpolation: Interpolation) {
        let size = Extent(height: side, width: side)
        let (input, last) = (image(size), Float(side - 1))
        // The top right corner is where the top left one of a quarter turn comes from.
        let quarter = AffineMap(xx: 0, xy: -1, x0: last, yx: 1, yy: 0, y0: 0)
        let half = AffineMap(xx: -1, xy: 0, x0: last, yx: 0, yy: -1, y0: last)
        expectSame(resampled(input, size, quarter, interpolation).values, turned(input, side: side, by: 1).values)
        expectSame(resampled(input, size, half, interpolation).values, turned(input, side: side, by: 2).values)
    }

    private func enlarged(
        _ input: GuardedBuffer<Float>, _ size: Extent, top: Int, left: Int, part: Extent
    ) -> GuardedBuffer<Float> {
        let output = GuardedBuffer<Float>(poisoned: input.count)
        var target = UnsafeMutableBufferPointer(start: output.pointer, count: output.count).mutableSpan
        enlarge(span(input).span, size: size, top: top, left: left, part: part, into: &target)
        return output
    }

    @Test("The whole, enlarged, is itself", .namingCases)
    static func wholeCases() {
        forEach(sizes) { Self().whole(size: $0) }
    }

    func whole(size: Extent) {
        let input = image(size)
        expectSame(enlarged(input, size, top: 0, left: 0, part: size).values, input.values, "\(size)")
    }

    /// `torch.nn.functional.interpolate(torch.tensor([[[0., 1.]]]), size=4, mode="linear")` gives these four numbers.
    @Test("Pixels are squares, and the outermost go on to the edges")
    func edges() {
        let output = enlarged(
            GuardedBuffer([0, 1, 7, 7]), Extent(height: 1, width: 4), top: 0, left: 0,
            part: Extent(height: 1, width: 2))
        expectSame(output.values, [0, 0.25, 0.75, 1])
    }

    @Test("Parts are enlarged as by a plain loop, and nothing around them is read", .namingCases)
    static func partsCases() {
        forEach(sizes) { Self().parts(size: $0) }
    }

    func parts(size: Extent) {
        var random = RandomStream(seed: 3, purpose: .gradientCheck)
        for _ in 0..<20 {
            let part = Extent(
                height: 1 + random.integer(below: size.height), width: 1 + random.integer(below: size.width))
            let top = random.integer(below: size.height - part.height + 1)
            let left = random.integer(below: size.width - part.width + 1)
            let inside = (0..<size.height * size.width).filter {
                (left..<left + part.width).contains($0 % size.width)
                    && (top..<top + part.height).contains($0 / size.width)
            }
            let whole = image(size)
            let small = GuardedBuffer<Float>(inside.map { whole.values[$0] })
            let input = GuardedBuffer<Float>(poisoned: whole.count)
            for index in inside { input.pointer[index] = whole.pointer[index] }

            func place(_ index: Int, _ length: Int, _ whole: Int) -> Double {
                min(max((Double(index) + 0.5) * Double(length) / Double(whole) - 0.5, 0), Double(length - 1))
            }
            let places = (0..<input.count).map {
                (place($0 % size.width, part.width, size.width), place($0 / size.width, part.height, size.height))
            }
            let expected = hats(small, part, at: places)
            // A place is off by the roundings of the scale, its product and the difference; the values on either side of it
            // differ by less than 1. The values themselves are rounded as `resample`'s are, but for the places' fractions.
            let bounds = places.indices.map { index in
                let reach = places[index].0 + places[index].1 + 2
                return roundingBound(Float.self, roundings: 4, magnitude: reach)
                    + roundingBound(Float.self, roundings: 8, magnitude: expected.magnitudes[index])
            }
            expectClose(
                enlarged(input, size, top: top, left: left, part: part).values, expected.values, within: bounds,
                "\(part) at \(top), \(left) of \(size)")
        }
    }
}
