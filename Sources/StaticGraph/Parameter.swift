import Kernels

/// A tensor that belongs to a layer: its name and shape as PyTorch has them, and how it lies in our memory.
public struct Parameter: Sendable {
    /// How the numbers lie in the slab.
    enum Layout {
        /// As PyTorch has them.
        case plain
        /// [outputs][channels][height][width] as panels [outputs/16][height][width][channels][16].
        case panels(outputs: Int, channels: Int, positions: Int)
    }

    enum Initial {
        case constant(Double)
        /// Uniform in ±bound.
        case uniform(Double)
    }

    /// PyTorch's name within the layer: "weight", "bias", "running_mean", …
    let name: String
    /// PyTorch's shape; empty for a single number.
    public let shape: [Int]
    let layout: Layout
    let initial: Initial
    /// Whether the optimizer changes it; otherwise it is state, such as a running mean.
    public let isTrainable: Bool
    /// Whether it counts something, so that files hold it as I64.
    let isCount: Bool

    init(
        _ name: String, shape: [Int], layout: Layout = .plain, initial: Initial, isTrainable: Bool = true,
        isCount: Bool = false
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
        case .plain: roundedToVectors(count)
        case .panels(let outputs, let channels, let positions): roundedToVectors(outputs) * channels * positions
        }
    }

    /// Where number `index` of PyTorch's order lies in the slab.
    func position(of index: Int) -> Int {
        switch layout {
        case .plain: return index
        case .panels(_, let channels, let positions):
            let patch = channels * positions
            let (output, inner) = (index / patch, index % patch)
            let (channel, position) = (inner / positions, inner % positions)
            return output / vectorWidth * patch * vectorWidth + (position * channels + channel) * vectorWidth
                + output % vectorWidth
        }
    }
}
