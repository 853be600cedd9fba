/// An output of the network with the loss that trains it.
public struct Head: Sendable {
    /// What messages, metrics and predictions call it: "digit".
    public let name: String
    /// The value that the loss compares with the target.
    public let output: Node
    /// What training makes small.
    public let loss: any Loss
    /// What its loss counts in the sum of all heads.
    public let weight: Double

    /// Nothing is checked here: `Graph` checks that loss and output fit.
    ///
    /// - Parameters:
    ///   - name: Different from the names of the other heads.
    ///   - output: The value that the loss compares with the target.
    ///   - loss: What training makes small.
    ///   - weight: A factor of this head's loss in the sum that is made small.
    public init(_ name: String, _ output: Node, loss: some Loss, weight: Double = 1) {
        self.init(name, output, anyLoss: loss, weight: weight)
    }

    package init(_ name: String, _ output: Node, anyLoss loss: any Loss, weight: Double) {
        self.name = name
        self.output = output
        self.loss = loss
        self.weight = weight
    }
}
