/// A node while its operations are planned: what a layer needs to know of its place in the network.
public final class PlannedNode {
    let index: Int
    let member: Graph.Member
    /// The outputs of the nodes before it.
    public let inputs: [Value]
    /// The shapes of the inputs.
    public let inputShapes: [Shape]
    /// What the forward pass writes.
    public let output: Value
    private let parameters: [String: Value]
    private let parameterGradients: [String: Value]
    /// What the forward pass keeps for the backward pass, by names of the layer's choice.
    public var kept: [String: Value] = [:]
    /// The gradient of the output in the backward pass; nil in the forward pass.
    public internal(set) var outputGradient: Value?

    init(
        index: Int, member: Graph.Member, inputs: [Value], inputShapes: [Shape], output: Value,
        parameters: [String: Value], parameterGradients: [String: Value]
    ) {
        self.index = index
        self.member = member
        self.inputs = inputs
        self.inputShapes = inputShapes
        self.output = output
        self.parameters = parameters
        self.parameterGradients = parameterGradients
    }

    /// The name that the graph gave the node: "conv1", or the kind with a number.
    public var name: String { member.name }
    /// The output's shape.
    public var shape: Shape { member.shape }

    /// A parameter or a state that the layer has declared in `Layer.parameters`, by its name there.
    public func parameter(_ name: String) -> Value {
        guard let value = parameters[name] else {
            // A fault of the layer's code, like an index out of range.
            fatalError("\(self.name): the layer declares \(parameters.keys.sorted()) and asks for '\(name)'")
        }
        return value
    }

    /// Where a trainable parameter's gradient goes; nil where none is wanted, because the parameter is frozen.
    public func parameterGradient(_ name: String) -> Value? { parameterGradients[name] }

    /// All gradients that the backward pass may write.
    var gradients: [Value] { Array(parameterGradients.values) }
    var allParameters: [Value] { Array(parameters.values) }
}
