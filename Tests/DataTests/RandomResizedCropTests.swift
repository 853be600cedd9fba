import Foundation
import LanesGraph
import LanesKernels
import TestSupport
import Testing

@testable import LanesData
@testable import LanesFiles
@testable import LanesTraining

private func stream(_ index: Int) -> RandomStream { RandomStream(seed: 1, purpose: .augmentation, index: index) }

@Suite("Random resized crop")
struct RandomResizedCropTests {
    private let count = 4000

    private func parts(
        _ transform: RandomResizedCrop, of size: Extent
    ) -> [(top: Int, left: Int, part: Extent)] {
        (0..<count).map { index in
            var random = stream(index)
            return transform.part(of: size, random: &random)
        }
    }

    /// On an image so large that rounding to whole pixels does not matter, and with ratios that all fit.
    @Test("Area, logarithm of the ratio and place are uniform")
    func distributions() {
        let size = Extent(height: 20_000, width: 20_000)
        let parts = parts(RandomResizedCrop(scale: 0.2...0.4, ratio: 0.5...2), of: size)
        let areas = parts.map { Double($0.part.height * $0.part.width) / 4e8 }
        let ratios = parts.map { log(Double($0.part.width) / Double($0.part.height)) }
        let tops = parts.map { Double($0.top) / Double(size.height - $0.part.height) }
        let lefts = parts.map { Double($0.left) / Double(size.width - $0.part.width) }
        // Half a pixel of thousands.
        expectUniform(areas.map { min(max($0, 0.2), 0.4) }, in: 0.2...0.4, "area")
        expectUniform(ratios.map { min(max($0, -log(2)), log(2)) }, in: -log(2)...log(2), "ratio")
        #expect(areas.allSatisfy { (0.1999...0.4001).contains($0) } && ratios.allSatisfy { abs($0) < 0.6935 })
        expectUniform(tops, in: 0...1, "top")
        expectUniform(lefts, in: 0...1, "left")
        for (name, pair) in [
            ("area and ratio", (areas, ratios)), ("top and left", (tops, lefts)), ("area and top", (areas, tops)),
            ("ratio and left", (ratios, lefts)),
        ] {
            expectUncorrelated(pair.0, pair.1, "\(name)")
        }
    }

    /// Those of the recipe `augmented`: about 1 % of the tries are greater than the image, and refused.
    @Test("Parts of a digit lie inside it")
    func digits() {
        let size = Extent(height: 28, width: 28)
        let parts = parts(RandomResizedCrop(scale: 0.7...1, ratio: 0.9...1.1), of: size)
        for (top, left, part) in parts {
            #expect(top >= 0 && left >= 0 && top + part.height <= 28 && left + part.width <= 28)
            // √0.7·28/√1.1 = 22.3 is the least side.
            #expect(part.height >= 22 && part.width >= 22)
        }
        #expect(Set(parts.map(\.part.height)) == Set(22...28) && Set(parts.map(\.part.width)) == Set(22...28))
        // Up to either edge; of the lengths between, each place comes up some hundred times.
        for length in 24...28 {
            #expect(Set(parts.filter { $0.part.height == length }.map(\.top)) == Set(0...28 - length))
            #expect(Set(parts.filter { $0.part.width == length }.map(\.left)) == Set(0...28 - length))
        }
    }

    @Test("After ten tries that do not fit it is the greatest part of an allowed ratio, in the middle", .namingCases)
    static func fallbackCases() {
        forEach([
            // Wider and taller than allowed, the side rounded to the even one of two as near, and square.
            (10, 100, 0.5...2, (0, 40, 10, 20)), (100, 10, 0.5...2, (40, 0, 20, 10)),
            (100, 7, 2...3, (48, 0, 4, 7)), (100, 5, 2...3, (49, 0, 2, 5)), (9, 9, 0.9...1.1, (0, 0, 9, 9)),
        ]) { Self().fallback(height: $0, width: $1, ratio: $2, expected: $3) }
    }

    func fallback(height: Int, width: Int, ratio: ClosedRange<Double>, expected: (Int, Int, Int, Int)) {
        // Ten times the image's area never fits.
        let transform = RandomResizedCrop(scale: 10...10, ratio: ratio)
        var random = stream(0)
        let (top, left, part) = transform.part(of: Extent(height: height, width: width), random: &random)
        #expect((top, left, part.height, part.width) == expected)
        // An area and a ratio for every try.
        var other = stream(0)
        for _ in 0..<20 { _ = other.next() }
        #expect(random.next() == other.next())
    }

    @Test("The first try that fits is taken")
    func retries() {
        // Half of the areas do not fit: 2⁻¹⁰ of the parts are the whole image.
        let transform = RandomResizedCrop(scale: 0.5...1.5, ratio: 1...1)
        let parts = parts(transform, of: Extent(height: 1000, width: 1000))
        let areas = parts.map { Double($0.part.height * $0.part.width) / 1e6 }.filter { $0 < 1 }
        #expect(areas.count > count - 30)
        expectUniform(areas.map { max($0, 0.5) }, in: 0.5...1, "area")
    }

    @Test("A dot moves to where the drawn part sends it", .namingCases)
    static func dotCases() {
        forEach(0..<20) { Self().dot(index: $0) }
    }

    func dot(index: Int) {
        let size = Extent(height: 28, width: 28)
        let transform = RandomResizedCrop(scale: 0.5...0.9, ratio: 0.8...1.25)
        var random = stream(index)
        let (top, left, part) = transform.part(of: size, random: &random)
        var image = [Float](repeating: 0, count: 784)
        image[13 * 28 + 15] = 1
        var output = [Float](repeating: .nan, count: 784)
        random = stream(index)
        var target = output.mutableSpan
        transform.apply(
            to: image.span, shape: Shape(channels: 1, height: 28, width: 28), random: &random, into: &target)
        // Centres of pixels, which are squares.
        let x = (15.5 - Double(left)) * 28 / Double(part.width) - 0.5
        let y = (13.5 - Double(top)) * 28 / Double(part.height) - 0.5
        let mass = output.reduce(0) { $0 + Double($1) }
        let foundX = output.indices.reduce(0) { $0 + Double(output[$1]) * Double($1 % 28) } / mass
        let foundY = output.indices.reduce(0) { $0 + Double(output[$1]) * Double($1 / 28) } / mass
        #expect(abs(foundX - x) < 0.1 && abs(foundY - y) < 0.1)
    }

    @Test("An image of one grey stays it")
    func constant() {
        let image = [Float](repeating: 0.75, count: 784)
        for index in 0..<10 {
            var output = [Float](repeating: .nan, count: 784)
            var random = stream(index)
            var target = output.mutableSpan
            RandomResizedCrop(scale: 0.1...0.9, ratio: 0.8...1.25)
                .apply(to: image.span, shape: Shape(channels: 1, height: 28, width: 28), random: &random, into: &target)
            #expect(output.allSatisfy { abs($0 - 0.75) <= 4 * Float.ulpOfOne })
        }
    }
}
