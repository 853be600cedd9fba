import LanesKernels

/// A kind of node: what it makes of its inputs, and how gradients go back through it.
///
/// Any type can be a layer: a struct with the layer's settings, whose two functions `forward` and `backward`
/// compute nothing themselves but add operations to the plan, which run later, once in every step:
///
///     struct Square: Layer {
///         func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }
///
///         func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
///             let (x, y) = (node.inputs[0], node.output)
///             plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
///                 let input = item.read(x)
///                 var output = item.write(y)
///                 for i in input.indices { output[i] = input[i] * input[i] }
///             }
///         }
///
///         func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
///             guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node)
///             else { return }
///             let x = node.inputs[0]
///             plan.add("backward", of: node, .samples, reads: [x, dy], writes: [dx]) { item in
///                 let (input, slope) = (item.read(x), item.read(dy))
///                 var gradient = item.write(dx)
///                 for i in input.indices { gradient[i] = (accumulates ? gradient[i] : 0) + 2 * input[i] * slope[i] }
///             }
///         }
///     }
///
///     let squares = image.flatten().apply(Square())
///
/// `gradientCheck` proves the backward pass. Mark both functions `@specialized(where Scalar == Float)` and
/// `@specialized(where Scalar == Double)` and compile for release, or they run as slow generic code; `Scalar.exp`, `log`,
/// `tanh`, `erf` and `sigmoid` give the same bits on every machine.
///
/// Samples lie channels last, [height][width][channels]. The settings are encoded into the file of a saved network, under
/// the type's `name`; a program that reads such a file names the types of its own layers.
public protocol Layer: Sendable, Codable {
    /// What files call the layer: the type's own name unless another is given.
    static var name: String { get }
    /// The name in the plan's table, and the stem of the names of unnamed nodes: "conv2d".
    var kind: String { get }
    /// What it does, for the plan's table: "3×3 pad 1".
    var detail: String { get }
    /// How many inputs it takes.
    var inputCount: ClosedRange<Int> { get }
    /// Whether the output may overwrite the first input, and that input's gradient the output's. The backward pass must
    /// then not read the input.
    var worksInPlace: Bool { get }
    /// Whether the output is the first input, seen differently: implies `worksInPlace`.
    var isView: Bool { get }
    /// Whether the backward pass reads the layer's own output, so that nothing may overwrite it.
    var keepsOutput: Bool { get }
    /// Whether each number of the output comes from the number of the one input at its place alone, by the same rule for all
    /// places (dropout counts: a random mask is as good as another). Such layers may run on numbers in any order.
    var isPointwise: Bool { get }

    /// The shape of the output; throws what was found and what is needed.
    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape
    /// What it learns and what it keeps from step to step. Asked only for shapes that `outputShape` accepts.
    func parameters(_ inputs: [Shape]) -> [Parameter]
    /// Multiply-adds of one sample's forward pass, in matrix products.
    func multiplyAdds(_ inputs: [Shape]) -> Int

    /// Adds the operations that write `node.output`.
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>)
    /// Adds the operations that write the gradients of the parameters (`plan.addGradient`, or `node.parameterGradient`
    /// for other sums than those over the samples) and of the inputs (`plan.gradient(ofInput:of:)`), each where it is wanted, from the output's, `node.outputGradient`.
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>)
}

extension Layer {
    public static var name: String { "\(Self.self)" }
    public var kind: String {
        let name = Self.name
        return name.prefix(1).lowercased() + name.dropFirst()
    }
    public var detail: String { "" }
    public var inputCount: ClosedRange<Int> { 1...1 }
    public var worksInPlace: Bool { false }
    public var isView: Bool { false }
    public var keepsOutput: Bool { false }
    public var isPointwise: Bool { false }
    public func parameters(_ inputs: [Shape]) -> [Parameter] { [] }
    public func multiplyAdds(_ inputs: [Shape]) -> Int { 0 }
}

/// Why a layer or a loss cannot take a shape, or its own settings; `Graph` adds the node's name.
public struct LayerError: Error, Equatable {
    /// What the layer got.
    public let found: String
    /// What it can take.
    public let expected: String

    /// Both as parts of one sentence, "found 3 inputs, expected 2": no capital letter and no full stop.
    public init(found: String, expected: String) { (self.found, self.expected) = (found, expected) }
}

extension Layer {
    /// Throws unless the numbers of the window make sense.
    func checkNumbers(_ window: WindowGeometry) throws(LayerError) {
        let sizes = [window.kernel, window.stride, window.dilation]
        let padding = window.padding
        let sides = [padding.top, padding.left, padding.bottom, padding.right]
        // Beyond this the arithmetic of sizes could overflow.
        let most = 1 << 16
        guard sizes.allSatisfy({ $0.height > 0 && $0.width > 0 }), sides.allSatisfy({ $0 >= 0 }) else {
            throw LayerError(
                found: "\(window)", expected: "kernel, stride and dilation of 1 or more, padding of 0 or more")
        }
        guard sizes.allSatisfy({ $0.height <= most && $0.width <= most }), sides.allSatisfy({ $0 <= most }) else {
            throw LayerError(found: "\(window)", expected: "sizes of at most \(most)")
        }
    }

    /// Throws unless the window fits into the image, its numbers make sense, and what is made of them can be counted.
    func check(_ window: WindowGeometry) throws(LayerError) {
        try checkNumbers(window)
        let padded = window.padded.input
        guard window.outputPositions > 0 else {
            throw LayerError(
                found: "an image of \(window.input)",
                expected: "at least \(window.reach) with its padding, for kernel \(window) (it is \(padded))")
        }
        let channels = window.channels
        try checkTensor([channels, padded.height, padded.width], "a padded image of \(channels)×\(padded)")
        try checkTensor(
            [channels, window.kernel.height, window.kernel.width], "a window of \(channels)×\(window.kernel)")
        try checkTensor(
            [window.patch, window.output.width], "\(window.output.width) windows of \(window.patch) numbers")
    }

    /// Throws unless two inputs have one shape.
    func checkSameShape(_ inputs: [Shape]) throws(LayerError) {
        guard inputs[0] == inputs[1] else {
            throw LayerError(found: "\(inputs[0]) and \(inputs[1])", expected: "two values of one shape")
        }
    }

    /// Throws unless the sample is a vector.
    func checkVector(_ shape: Shape) throws(LayerError) {
        guard shape.isVector else {
            throw LayerError(found: "an image of \(shape)", expected: "a vector: flatten() it first")
        }
    }
}

/// Throws if a tensor is so large that counting its bytes could overflow.
func checkTensor(_ sizes: [Int], _ found: String) throws(LayerError) {
    guard sizes.allSatisfy({ $0 > 0 }) else { throw LayerError(found: found, expected: "sizes of 1 or more") }
    var count = 1
    for size in sizes {
        let (product, overflows) = count.multipliedReportingOverflow(by: size)
        guard !overflows, product <= 1 << 31 else {
            throw LayerError(found: found, expected: "a tensor of at most 2³¹ numbers")
        }
        count = product
    }
}
