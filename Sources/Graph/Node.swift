/// A value of the network: what a layer makes of its inputs. Nodes never change; any node may feed several others.
///
///     let image = Node.input("image", Shape(channels: 1, height: 28, width: 28))
///     let logits = image.conv2d(32, kernel: 3, padding: 1).relu().maxPool(2).flatten().linear(10)
///
/// Nothing is checked here: `Graph` checks every shape and names the node that is wrong. The functions that make nodes stand
/// beside the layers.
public final class Node: Sendable {
    package let layer: any Layer
    // Changes only in `deinit`, when nothing else refers to the node.
    package private(set) nonisolated(unsafe) var inputs: [Node]
    let givenName: String?

    init(_ layer: any Layer, _ inputs: [Node], name: String? = nil) {
        self.layer = layer
        self.inputs = inputs
        givenName = name
    }

    // One after the other: recursion would overflow the stack in a deep network.
    deinit {
        var rest = inputs
        inputs = []
        while var node = rest.popLast() {
            guard isKnownUniquelyReferenced(&node) else { continue }
            rest += node.inputs
            node.inputs = []
        }
    }

    /// Applies a layer, one of Lanes' own or one of yours.
    ///
    /// - Parameters:
    ///   - layer: The layer with its settings.
    ///   - others: The layer's further inputs, after this one.
    ///   - name: The prefix of the parameters' names, as PyTorch's module has it; the layer's kind and a number unless
    ///     given.
    public func apply(_ layer: some Layer, _ others: Node..., name: String? = nil) -> Node {
        Node(layer, [self] + others, name: name)
    }

    /// Makes a node of a layer and all its inputs.
    package static func make(_ layer: any Layer, _ inputs: [Node], name: String?) -> Node {
        Node(layer, inputs, name: name)
    }
}
