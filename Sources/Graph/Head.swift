/// An output of the network with the loss that trains it.
public struct Head: Sendable {
    public let name: String
    public let output: Node
    public let loss: any Loss
    /// What its loss counts in the sum of all heads.
    public let weight: Double

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
