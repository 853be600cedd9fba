import LanesKernels

/// A tensor that belongs to a layer: its name and shape as PyTorch has them, and how it lies in our memory.
public struct Parameter: Sendable {
    /// How the numbers lie in memory.
    package enum Layout: Sendable {
        /// As PyTorch has them.
        case plain
        /// [channels][positions], as PyTorch has an image, as [positions][channels].
        case channelsLast(channels: Int, positions: Int)
        /// In each group [outputs][channels][height][width] as panels [outputs/16][height][width][channels][16].
        case panels(groups: Int = 1, outputs: Int, channels: Int, positions: Int)
    }

    /// What it is before the first step.
    public enum Initial: Sendable {
        /// This number everywhere.
        case constant(Double)
        /// Uniform in ±bound.
        case uniform(Double)
        /// Normal with this standard deviation, about 0.
        case normal(Double)
    }

    /// PyTorch's name within the layer: "weight", "bias", "running_mean", …
    public let name: String
    /// PyTorch's shape; empty for a single number.
    public let shape: [Int]
    package let layout: Layout
    /// How its numbers are drawn before the first step.
    public let initial: Initial
    /// Whether the optimizer changes it; otherwise it is state, such as a running mean.
    public let isTrainable: Bool
    /// Whether it counts something, so that files hold it as I64.
    package let isCount: Bool

    /// A tensor that the layer keeps; the graph adds the node's name before it: "conv1.weight".
    ///
    /// - Parameters:
    ///   - name: Within the layer: "weight", "bias", "running_mean", …
    ///   - shape: Empty for a single number. The numbers lie in memory in this order, the last index fastest.
    ///   - initial: What it holds before the first step.
    ///   - isTrainable: Whether it has a gradient and the optimizer changes it; otherwise the layer itself does
    ///     (`PlanBuilder.addUpdate`).
    public init(_ name: String, shape: [Int], initial: Initial, isTrainable: Bool = true) {
        self.init(name, shape: shape, layout: .plain, initial: initial, isTrainable: isTrainable)
    }

    package init(
        _ name: String, shape: [Int], layout: Layout, initial: Initial, isTrainable: Bool = true, isCount: Bool = false
    ) {
        self.name = name
        self.shape = shape
        self.layout = layout
        self.initial = initial
        self.isTrainable = isTrainable
        self.isCount = isCount
    }

    /// Numbers, without padding.
    public var count: Int { shape.reduce(1, *) }

    /// Numbers in the slab, with the padding to whole vectors, which always holds zeros.
    var slabCount: Int {
        switch layout {
        case .plain, .channelsLast: roundedToVectors(count)
        case .panels(let groups, let outputs, let channels, let positions):
            groups * roundedToVectors(outputs) * channels * positions
        }
    }

    /// Numbers that a layer gets to see: no padding where they lie in order.
    var visibleCount: Int {
        if case .plain = layout { count } else { slabCount }
    }

    /// Where number `index` of PyTorch's order lies in the slab.
    package func position(of index: Int) -> Int {
        switch layout {
        case .plain: return index
        case .channelsLast(let channels, let positions): return index % positions * channels + index / positions
        case .panels(_, let outputs, let channels, let positions):
            let patch = channels * positions
            let (group, rest) = (index / (outputs * patch), index % (outputs * patch))
            let (output, inner) = (rest / patch, rest % patch)
            let (channel, position) = (inner / positions, inner % positions)
            return group * roundedToVectors(outputs) * patch + output / vectorWidth * patch * vectorWidth
                + (position * channels + channel) * vectorWidth
                + output % vectorWidth
        }
    }
}
