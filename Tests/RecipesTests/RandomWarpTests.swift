import LanesGraph
import LanesKernels
import TestSupport
import Testing

@testable import LanesRecipes

@Suite("Bent images")
struct RandomWarpTests {
    private func warped(_ warp: RandomWarp, _ values: [Float], _ shape: Shape, index: Int = 0) -> [Float] {
        var random = RandomStream(seed: 1, purpose: .augmentation, epoch: 1, index: index)
        var target = [Float](repeating: .nan, count: values.count)
        var span = target.mutableSpan
        warp.apply(to: values.span, shape: shape, random: &random, into: &span)
        return target
    }

    @Test("With nothing to change, an image stays as it is", .namingCases)
    static func identityCases() {
        forEach([(1, 28, 28), (3, 5, 9), (1, 1, 1)]) { try Self().identity(channels: $0, height: $1, width: $2) }
    }

    func identity(channels: Int, height: Int, width: Int) throws {
        let shape = Shape(channels: channels, height: height, width: width)
        let values = (0..<shape.count).map { Float($0 % 251) / 251 }
        #expect(warped(RandomWarp(scale: 0, lean: 0, shift: 0, bend: 0), values, shape) == values)
    }

    /// Of an image whose value is the row or the column, a pixel's new value is the row or the column that it comes from.
    @Test("No pixel comes from further than the greatest scale, lean, shift and bend allow", .namingCases)
    static func reachCases() {
        forEach([(0.1, 0, 0, 0), (0, 0.2, 0, 0), (0, 0, 2, 0), (0, 0, 0, 1.5), (0.1, 0.1, 1, 1)]) {
            try Self().reach(scale: $0, lean: $1, shift: $2, bend: $3)
        }
    }

    func reach(scale: Double, lean: Double, shift: Double, bend: Double) throws {
        let (shape, warp) = (Recipe.imageShape, RandomWarp(scale: scale, lean: lean, shift: shift, bend: bend))
        let places = (0..<shape.count).map { (y: $0 / shape.width, x: $0 % shape.width) }
        var greatest = 0.0
        for index in 0..<20 {
            let rows = warped(warp, places.map { Float($0.y) }, shape, index: index)
            let columns = warped(warp, places.map { Float($0.x) }, shape, index: index)
            // Far enough from the border that nothing comes from outside.
            for (place, point) in places.enumerated() where (8..<20).contains(point.y) && (8..<20).contains(point.x) {
                let (fromY, fromX) = (abs(Double(point.y) - 13.5), abs(Double(point.x) - 13.5))
                let down = abs(Double(rows[place]) - Double(point.y))
                let right = abs(Double(columns[place]) - Double(point.x))
                #expect(down <= scale * fromY + lean * fromX + shift + bend + 1e-4)
                #expect(right <= scale * fromX + lean * fromY + shift + bend + 1e-4)
                greatest = max(greatest, down, right)
            }
        }
        // The farthest pixels looked at are 5.5 from the centre.
        #expect(greatest > 0.5 * (5.5 * max(scale, lean) + max(shift, bend)))
    }

    @Test("What comes from outside is 0, and what is not a number stays so")
    func outside() {
        let shape = Shape(channels: 1, height: 6, width: 6)
        let far = RandomWarp(scale: 0, lean: 0, shift: 1000, bend: 0)
        let ink = (0..<5).map { warped(far, Array(repeating: 1, count: 36), shape, index: $0).reduce(0, +) }
        #expect(ink.contains(0))
        let still = RandomWarp(scale: 0, lean: 0, shift: 0, bend: 0)
        let numbers = warped(still, Array(repeating: .nan, count: 36), shape).filter { !$0.isNaN }
        #expect(numbers.isEmpty)
    }
}
