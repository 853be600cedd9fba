import LanesData
import LanesGraph
import LanesKernels
import LanesTraining
import TestSupport
import Testing

private func stream(_ index: Int) -> RandomStream { RandomStream(seed: 3, purpose: .augmentation, index: index) }

/// Transforms of several channels, and those that move whole pixels.
@Suite struct ChannelTransformTests {
    private static let transforms: [String: any Transform] = [
        "affine, nearest": RandomAffine(degrees: 20, translate: 0.2, scale: 0.7...1.4, shear: 10),
        "affine, bilinear": RandomAffine(
            degrees: 20, translate: 0.2, scale: 0.7...1.4, shear: 10, interpolation: .bilinear),
        "rotation": RandomRotation(40, interpolation: .bilinear),
        "resized crop": RandomResizedCrop(scale: 0.3...0.9, ratio: 0.7...1.4),
        "flip": RandomHorizontalFlip(0.5),
        "crop": RandomCrop(padding: 3),
    ]

    /// All channels of a pixel move together, by the draws that a single one takes, to the same bits.
    @Test(.namingCases)
    static func channelsAreMovedAsPlanesCases() {
        forEach(transforms.keys.sorted()) { try Self().channelsAreMovedAsPlanes(name: $0) }
    }

    func channelsAreMovedAsPlanes(name: String) throws {
        let transform = try #require(ChannelTransformTests.transforms[name])
        for (height, width) in [(9, 13), (7, 4), (1, 5)] {
            for index in 0..<10 {
                let planes = (0..<3).map { values(height * width, seed: 10 * index + $0) }
                let interleaved = (0..<3 * height * width).map { planes[$0 % 3][$0 / 3] }
                let shape = Shape(channels: 3, height: height, width: width)
                let (result, next) = applied(transform, to: interleaved, shape: shape, index: index)
                for channel in 0..<3 {
                    let shape = Shape(channels: 1, height: height, width: width)
                    let (expected, nextOfOne) = applied(transform, to: planes[channel], shape: shape, index: index)
                    let plane = stride(from: channel, to: result.count, by: 3).map { result[$0].bitPattern }
                    #expect(plane == expected.map(\.bitPattern), "\(height)×\(width), channel \(channel)")
                    #expect(next == nextOfOne)
                }
            }
        }
    }

    @Test func flipsAreMirrored() {
        let shape = Shape(channels: 2, height: 2, width: 3)
        let source: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
        #expect(applied(RandomHorizontalFlip(0), to: source, shape: shape, index: 0).values == source)
        #expect(
            applied(RandomHorizontalFlip(1), to: source, shape: shape, index: 0).values
                == [5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8])
        let flipped = (0..<4000).count {
            applied(RandomHorizontalFlip(0.25), to: [1, 2], shape: Shape(channels: 1, width: 2), index: $0).values == [
                2, 1,
            ]
        }
        expectDistribution([flipped, 4000 - flipped], probabilities: [0.25, 0.75], "flips")
    }

    /// A dot in the middle of 5×5 pixels comes to each place within two pixels equally often, or leaves a smaller
    /// image.
    @Test func cropsMoveUniformly() {
        var source = [Float](repeating: 0, count: 25)
        source[12] = 1
        var counts = [Int](repeating: 0, count: 25)
        for index in 0..<5000 {
            let (values, _) = applied(
                RandomCrop(padding: 2), to: source, shape: Shape(channels: 1, height: 5, width: 5), index: index)
            #expect(values.reduce(0, +) == 1)
            counts[values.firstIndex(of: 1) ?? 0] += 1
        }
        expectDistribution(counts, probabilities: [Double](repeating: 0.04, count: 25), "places")
        // On one pixel all moves but one leave nothing.
        let left = (0..<1000).count {
            applied(RandomCrop(padding: 1), to: [1], shape: Shape(channels: 1), index: $0).values == [1]
        }
        expectDistribution([left, 1000 - left], probabilities: [1.0 / 9, 8.0 / 9], "dots that stay")
    }

    #if canImport(Glibc)
        @Test(.namingCases)
        static func nothingIsAllocatedCases() {
            forEach(transforms.keys.sorted()) { try Self().nothingIsAllocated(name: $0) }
        }

        func nothingIsAllocated(name: String) throws {
            func allocations(by transform: some Transform) -> Int {
                let source = values(108, seed: 1)
                var target = [Float](repeating: 0, count: 108)
                var random = stream(0)
                // To make the span of an array allocates where tests are built without optimization.
                var span = target.mutableSpan
                AllocationCounter.start()
                defer { AllocationCounter.stop() }
                AllocationCounter.watchThisThread()
                var before = 0
                for call in 0...20 {
                    // The first time Swift's runtime may make a generic type.
                    if call == 1 { before = AllocationCounter.count }
                    transform.apply(
                        to: source.span, shape: Shape(channels: 3, height: 6, width: 6), random: &random, into: &span)
                }
                return AllocationCounter.count - before
            }
            let transform = try #require(ChannelTransformTests.transforms[name])
            let count = allocations(by: transform)
            #expect(count == 0)
        }
    #endif

    @Test func descriptions() {
        #expect(RandomHorizontalFlip().description == "RandomHorizontalFlip(0.5)")
        #expect(RandomCrop(padding: 4).description == "RandomCrop(padding 4)")
    }

    private func values(_ count: Int, seed: Int) -> [Float] {
        var random = RandomStream(seed: 5, purpose: .gradientCheck, index: seed)
        return (0..<count).map { _ in Float(random.uniform(in: 0.1...1)) }
    }

    /// The changed sample, and the number that the transform leaves next.
    private func applied(
        _ transform: any Transform, to source: [Float], shape: Shape, index: Int
    ) -> (values: [Float], next: UInt64) {
        var random = stream(index)
        var output = [Float](repeating: .nan, count: source.count)
        var target = output.mutableSpan
        transform.apply(to: source.span, shape: shape, random: &random, into: &target)
        return (output, random.next())
    }
}
