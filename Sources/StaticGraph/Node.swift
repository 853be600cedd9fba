import Kernels

/// A value of the network: what a layer makes of its inputs. Nodes never change; any node may feed several others.
///
///     let image = Node.input("image", Shape(channels: 1, height: 28, width: 28))
///     let logits = image.conv2d(32, kernel: 3, padding: 1).relu().maxPool(2).flatten().linear(10)
///
/// Nothing is checked here: `Graph` checks every shape and names the node that is wrong.
public final class Node: Sendable {
    let layer: any Layer
    let inputs: [Node]
    let givenName: String?

    init(_ layer: any Layer, _ inputs: [Node], name: String? = nil) {
        self.layer = layer
        self.inputs = inputs
        givenName = name
    }

    /// A value that is fed in from outside, one of this shape for every sample.
    public static func input(_ name: String, _ shape: Shape) -> Node {
        Node(Input(shape: shape), [], name: name)
    }

    /// Convolution with `channels` filters. Parameters: `weight` [channels, input channels, height, width], `bias`.
    ///
    /// - Parameter name: The prefix of the parameters' names, as PyTorch's module has it.
    public func conv2d(
        _ channels: Int, kernel: Extent, stride: Extent = 1, padding: Extent = 0, dilation: Extent = 1,
        bias: Bool = true, name: String? = nil
    ) -> Node {
        let layer = Convolution2D(
            channels: channels, kernel: kernel, stride: stride, padding: padding, dilation: dilation, hasBias: bias)
        return Node(layer, [self], name: name)
    }

    /// Fully connected layer. Parameters: `weight` [features, input features], `bias`.
    public func linear(_ features: Int, bias: Bool = true, name: String? = nil) -> Node {
        Node(Linear(features: features, hasBias: bias), [self], name: name)
    }

    /// max(x, 0).
    public func relu(name: String? = nil) -> Node { Node(ReLU(), [self], name: name) }

    /// The greatest value of each window; the stride is the kernel's size unless given.
    public func maxPool(_ kernel: Extent, stride: Extent? = nil, padding: Extent = 0, name: String? = nil) -> Node {
        Node(MaxPool2D(kernel: kernel, stride: stride ?? kernel, padding: padding), [self], name: name)
    }

    /// The mean of each window, with padding counted as zeros; the stride is the kernel's size unless given.
    public func averagePool(
        _ kernel: Extent, stride: Extent? = nil, padding: Extent = 0, name: String? = nil
    ) -> Node {
        Node(AveragePool2D(kernel: kernel, stride: stride ?? kernel, padding: padding), [self], name: name)
    }

    /// The mean of each channel: a vector of as many features.
    public func globalAveragePool(name: String? = nil) -> Node { Node(GlobalAveragePool(), [self], name: name) }

    /// Batch normalization of each channel. Parameters: `weight`, `bias`, and the state `running_mean`, `running_var`,
    /// `num_batches_tracked`.
    public func batchNorm(epsilon: Double = 1e-5, momentum: Double = 0.1, name: String? = nil) -> Node {
        Node(BatchNorm(epsilon: epsilon, momentum: momentum), [self], name: name)
    }

    /// Sets numbers to zero with the given probability while training, and scales up the others.
    public func dropout(_ probability: Double, name: String? = nil) -> Node {
        Node(Dropout(probability: probability), [self], name: name)
    }

    /// The image as a vector; a linear layer's weights count it in the order channels, height, width.
    public func flatten(name: String? = nil) -> Node { Node(Flatten(), [self], name: name) }

    /// Softmax over the features of a vector.
    public func softmax(name: String? = nil) -> Node { Node(Softmax(isLogarithm: false), [self], name: name) }

    /// The logarithm of softmax over the features of a vector.
    public func logSoftmax(name: String? = nil) -> Node { Node(Softmax(isLogarithm: true), [self], name: name) }

    /// The sum of two values of one shape, as at the end of a residual branch.
    public func add(_ other: Node, name: String? = nil) -> Node { Node(Add(), [self, other], name: name) }
}
