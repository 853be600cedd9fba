import LanesKernels

/// What a training step does for one convolution, on one thread: the three passes over a batch, by whichever kernels suit
/// (Kernels/ConvolutionPasses.swift), with what is done once for the whole batch.
final class ConvolutionStep {
    /// Images of the batch whose time is told.
    static let batchSize = 32

    private let sizes: ConvolutionSizes
    private let geometry: ConvolutionGeometry
    private let x: Operand, w: Operand, dy: Operand
    private let y: Operand, dx: Operand, dw: Operand
    private let weights: Operand, forwardWeights: Operand, backwardWeights: Operand
    private let workspace: Operand

    init(_ window: WindowGeometry, outputs: Int) {
        geometry = ConvolutionGeometry(window: window, outputChannels: outputs)
        // Each image has memory of its own, as in a batch; of large ones a few stand for all.
        let images = min(
            Self.batchSize, 2_000_000_000 / (3 * geometry.multiplyAdds), 4_000_000 / max(window.inputCount, 1))
        sizes = ConvolutionSizes(window: window, outputs: outputs, images: max(1, images))
        (x, w) = (Operand(sizes.inputCount, seed: 1), Operand(sizes.weightCount, seed: 2))
        (dy, dx) = (Operand(sizes.outputCount, seed: 3), Operand(sizes.inputCount))
        (y, dw) = (Operand(sizes.outputCount), Operand(geometry.weightCount))
        weights = Operand(panels(w.floats, sizes))
        forwardWeights = Operand(geometry.forwardWeightCount)
        backwardWeights = Operand(geometry.backwardWeightCount)
        workspace = Operand(max(geometry.passWorkspaceCount, geometry.prepareBackwardWorkspaceCount))
    }

    /// Floating-point operations of the batch, counted as those of direct products.
    var operations: Double { 3 * 2 * Double(geometry.multiplyAdds) * Double(Self.batchSize) }

    private func prepare() {
        if forwardWeights.count > 0 { geometry.prepareForward(weights.pointer, into: forwardWeights.pointer) }
        guard backwardWeights.count > 0 else { return }
        geometry.prepareBackward(weights.pointer, into: backwardWeights.pointer, workspace: workspace.pointer)
    }

    /// The passes over some images, in groups as large as those of a plan for the batch, where that is how the kernels want them.
    private func pass(_ images: Int) {
        let group = geometry.takesSeveral ? Self.batchSize / 16 : 1
        for image in stride(from: 0, to: images, by: group) {
            let samples = min(group, images - image)
            let (input, output) = (image * sizes.window.inputCount, image * geometry.outputCount)
            geometry.forward(
                samples: samples, input: x.pointer + input,
                weight: (forwardWeights.count > 0 ? forwardWeights : weights).pointer, bias: nil,
                into: y.pointer + output, workspace: workspace.pointer)
            geometry.backwardData(
                samples: samples, outputGradient: dy.pointer + output,
                weight: (backwardWeights.count > 0 ? backwardWeights : weights).pointer, into: dx.pointer + input,
                accumulating: false, workspace: workspace.pointer)
            geometry.backwardWeights(
                samples: samples, input: x.pointer + input, outputGradient: dy.pointer + output, into: dw.pointer,
                accumulating: image > 0, workspace: workspace.pointer)
        }
    }

    /// The times of whole batches: what is done once, and the images' passes, which count as often as there are images in a
    /// batch.
    func time(seconds: Double) -> Timing {
        var times: [Double] = []
        let end = now() + seconds
        while times.count < 3 || now() < end {
            let start = now()
            prepare()
            let prepared = now()
            pass(sizes.images)
            times.append(prepared - start + (now() - prepared) * Double(Self.batchSize) / Double(sizes.images))
        }
        return Timing(times)
    }

    /// Compares all three results of a few images with sampled sums in Double.
    func verify() -> String? {
        let window = sizes.window
        let few = ConvolutionSizes(
            window: window, outputs: sizes.outputs, images: min(sizes.images, max(2, 10_000 / window.outputPositions)))
        for operand in [y, dx, dw] { operand.fill(.nan) }
        prepare()
        pass(few.images)
        let (outputs, channels) = (sizes.outputs, window.channels)
        func wrong(
            _ name: String, _ result: Operand, _ count: Int, terms: Int, value: (Int) -> Double, at place: (Int) -> Int
        ) -> String? {
            // A place that no kernel wrote.
            if let place = (0..<count).first(where: { !result.pointer[place($0)].isFinite }) {
                return "\(name)[\(place)] is not finite"
            }
            let places = sampledPlaces(of: count, terms: terms)
            let bound = tolerance(terms: terms)
            return difference(name, places.map { result.pointer[place($0)] }, places.map(value)) { _ in bound }
        }
        return wrong(
            "Y", y, few.outputCount, terms: window.taps * channels, value: { few.output($0, x: x, w: w) }, at: \.self)
            ?? wrong(
                "X'", dx, few.inputCount, terms: window.taps * outputs, value: { few.inputGradient($0, dy: dy, w: w) },
                at: \.self)
            ?? wrong(
                "W'", dw, few.weightCount, terms: few.images * window.outputPositions,
                value: { few.weightGradient($0, x: x, dy: dy) }, at: { panelPlace($0, sizes) })
    }

    /// How far a sum of so many products of numbers in ±1 may be off.
    ///
    /// A product has a standard deviation of 1/3, so a sum of n has √n/3, and each of its n roundings is off by at most half
    /// an ulp of it: independent of each other, together by √n times as much, √n·√n/3·ulp/2. That is a standard deviation;
    /// sums that come out three times as large as others err as much more, and four deviations of such are never seen.
    /// n + 20 counts what happens besides the sum.
    ///
    /// Winograd's algorithm, which may do 3×3 kernels, sums larger numbers that cancel. In one dimension of a tile of four
    /// outputs the squares of its factors A·G·B add up to 97 at most, where those of the direct sum add up to 3 (outputs) or
    /// 4 (weights): √(97/3) times the deviation, and in two dimensions 32 times.
    private func tolerance(terms: Int) -> Double {
        let isDirect = sizes.window.kernel != 3
        let deviation = Double(terms + 20) / 3 * ulp / 2
        return 12 * deviation * (isDirect ? 1 : 32)
    }
}
