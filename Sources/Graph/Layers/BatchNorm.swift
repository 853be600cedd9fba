import LanesKernels

/// Batch normalization, with the equations in `Kernels/BatchNormalization.swift`. `weight` is γ and `bias` is β.
///
/// Training normalizes by the batch's own mean and variance, and keeps x, the mean and 1/√(σ² + ε) for the backward pass.
/// Inference normalizes by the running averages, which a step updates once its gradients have proved finite.
struct BatchNorm: Layer {
    let epsilon: Double
    let momentum: Double

    var kind: String { "batchNorm" }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        guard epsilon > 0, epsilon.isFinite, (0...1).contains(momentum) else {
            throw LayerError(
                found: "epsilon \(epsilon), momentum \(momentum)", expected: "an epsilon above 0 and a momentum in 0…1")
        }
        return inputs[0]
    }

    func parameters(_ inputs: [Shape]) -> [Parameter] {
        let shape = [inputs[0].channels]
        return [
            Parameter("weight", shape: shape, initial: .constant(1)),
            Parameter("bias", shape: shape, initial: .constant(0)),
            Parameter("running_mean", shape: shape, initial: .constant(0), isTrainable: false),
            Parameter("running_var", shape: shape, initial: .constant(1), isTrainable: false),
            // Only files need it, for PyTorch. A Float counts exactly up to 2²⁴ batches and then stands still.
            Parameter(
                "num_batches_tracked", shape: [], layout: .plain, initial: .constant(0), isTrainable: false,
                isCount: true),
        ]
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (weight, bias) = (node.parameter("weight"), node.parameter("bias"))
        let (runningMean, runningVariance) = (node.parameter("running_mean"), node.parameter("running_var"))
        let batches = node.parameter("num_batches_tracked")
        let (x, y, shape) = (node.inputs[0], node.output, node.inputShapes[0])
        let (channels, rows) = (shape.channels, shape.height * shape.width)
        let (epsilon, momentum) = (Scalar(epsilon), Scalar(momentum))
        let inverse = plan.value(.whole, channels)
        var mean = runningMean
        if plan.isTraining {
            let moments = plan.value(.group, 3 * channels)
            mean = plan.value(.whole, channels)
            let (mean, variance) = (mean, plan.value(.whole, channels))
            plan.add("moments", of: node, .samples, reads: [x], writes: [moments]) { item in
                batchNormMoments(
                    item[x], rows: rows, channels: channels, first: item.isFirstOfGroup,
                    separately: item.isGroupLong, into: item[moments])
            }
            plan.add("combine", of: node, .pieces(1), reads: [moments], writes: [mean, variance, inverse]) { item in
                let (samples, groupSize) = (item.samples, item.groupSize)
                batchNormCombine(
                    item[moments], groups: item.activeGroups, channels: channels,
                    rowsOfGroup: { rows * (min(samples, ($0 + 1) * groupSize) - $0 * groupSize) },
                    mean: item[mean], variance: item[variance])
                batchNormInverseDeviation(
                    variance: item[variance], channels: channels, epsilon: epsilon, into: item[inverse])
            }
            plan.addUpdate(
                "update running averages", of: node, reads: [mean, variance],
                writes: [runningMean, runningVariance, batches]
            ) { item in
                item[batches][0] += 1
                batchNormUpdateRunning(
                    mean: item[mean], variance: item[variance], channels: channels, rows: rows * item.samples,
                    momentum: momentum, runningMean: item[runningMean], runningVariance: item[runningVariance])
            }
        } else {
            plan.add("deviation", of: node, .pieces(1), reads: [runningVariance], writes: [inverse]) { item in
                batchNormInverseDeviation(
                    variance: item[runningVariance], channels: channels, epsilon: epsilon, into: item[inverse])
            }
        }
        node.kept = ["mean": mean, "inverse": inverse]
        let center = mean
        plan.add("forward", of: node, .samples, reads: [x, center, inverse, weight, bias], writes: [y]) { item in
            batchNormForward(
                item[x], rows: rows, channels: channels, mean: item[center], inverseDeviation: item[inverse],
                weight: item[weight], bias: item[bias], into: item[y])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let mean = node.kept["mean"], let inverse = node.kept["inverse"]
        else { return }
        let (x, shape, weight) = (node.inputs[0], node.inputShapes[0], node.parameter("weight"))
        // The input's gradient needs these sums even where the parameters are frozen.
        let weightGradient = node.parameterGradient("weight") ?? plan.value(.whole, shape.channels)
        let biasGradient = node.parameterGradient("bias") ?? plan.value(.whole, shape.channels)
        let (channels, rows) = (shape.channels, shape.height * shape.width)
        let sums = plan.value(.group, 2 * channels)
        plan.add("backward sums", of: node, .samples, reads: [x, dy, mean, inverse], writes: [sums]) { item in
            batchNormBackwardSums(
                item[x], outputGradient: item[dy], rows: rows, channels: channels, mean: item[mean],
                inverseDeviation: item[inverse], first: item.isFirstOfGroup, separately: item.isGroupLong,
                into: item[sums])
        }
        let (proof, proven) = (plan.addProof(pieces: 1), ["weight", "bias"].compactMap(node.parameterGradient))
        plan.add(
            "combine backward", of: node, .pieces(1), reads: [sums], writes: [weightGradient, biasGradient, proof]
        ) { item in
            let stride = 2 * channels
            sumPartials(
                item[sums], partialCount: item.activeGroups, stride: stride, count: channels,
                into: item[biasGradient])
            sumPartials(
                item[sums] + channels, partialCount: item.activeGroups, stride: stride, count: channels,
                into: item[weightGradient])
            item[proof][0] = proven.allSatisfy { allFinite(item[$0], count: channels) } ? 0 : .nan
        }
        guard let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        plan.add(
            "backward", of: node, .samples, reads: [x, dy, mean, inverse, weight, weightGradient, biasGradient],
            writes: [dx]
        ) { item in
            batchNormBackward(
                item[x], outputGradient: item[dy], rows: rows, channels: channels, count: rows * item.samples,
                mean: item[mean], inverseDeviation: item[inverse], weight: item[weight],
                weightGradient: item[weightGradient], biasGradient: item[biasGradient], into: item[dx],
                accumulating: accumulates)
        }
    }
}

extension Node {
    /// Batch normalization of each channel. Parameters: `weight`, `bias`, and the state `running_mean`, `running_var`,
    /// `num_batches_tracked`.
    public func batchNorm(epsilon: Double = 1e-5, momentum: Double = 0.1, name: String? = nil) -> Node {
        apply(BatchNorm(epsilon: epsilon, momentum: momentum), name: name)
    }
}
