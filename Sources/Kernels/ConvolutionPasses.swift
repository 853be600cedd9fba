// Which kernels do a convolution is chosen here alone:
//
//     every channel a group    DepthwiseConvolution.swift
//     some groups              GroupedConvolution.swift: each group by itself, as if it were one of the next two
//     one group                Winograd.swift where it can, DirectConvolution.swift where it can, elsewhere Convolution.swift
//                              (im2col)
//
// A pass goes over one sample, or over several at once where `takesSeveral` says that this is better. What depends on the
// weights alone is made once a step, before; where a count below is 0, the weights are used as they are:
//
//     weights ── prepareForward ──→ forward              backwardWeights ──→ W'
//        └────── prepareBackward ─→ backwardData

extension ConvolutionGeometry {
    /// Scalars of what `forward` reads instead of the weights, or 0.
    package var forwardWeightCount: Int { group.isWinograd && !isDepthwise ? groups * group.winogradWeightCount : 0 }

    /// Scalars of what `backwardData` reads instead of the weights, or 0.
    package var backwardWeightCount: Int {
        if isDepthwise { return 0 }
        let group = group
        if group.isWinograd { return groups * group.winogradWeightCount }
        return groups * (group.isBackwardDirect ? group.turned.weightCount : group.transposedWeightCount)
    }

    /// Whether the passes are faster if they get several samples at once.
    package var takesSeveral: Bool { isWinograd }

    /// Whether computing an output takes less time than writing it to memory and reading it back. With 16 lanes a
    /// number takes `patch`/16 cycles; in memory that cores share its four bytes take about one cycle each way.
    /// Computing it again reads the input again, so that must be no larger.
    package var isCheap: Bool { window.patch / groups <= vectorWidth && window.inputCount <= outputCount }

    /// Scalars of workspace that `prepareBackward` needs.
    package var prepareBackwardWorkspaceCount: Int {
        group.isWinograd && !isDepthwise ? group.transposedWeightCount : 0
    }

    /// Scalars of workspace that each of the three passes needs.
    package var passWorkspaceCount: Int {
        if isDepthwise { return depthwiseWorkspaceCount }
        return groups == 1 ? denseWorkspaceCount : groupedWorkspaceCount
    }

    /// Where `forwardWeightCount` is not 0: what the forward pass reads, from the weights.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    package func prepareForward<Scalar: KernelScalar>(
        _ weight: UnsafePointer<Scalar>, into prepared: UnsafeMutablePointer<Scalar>
    ) {
        let group = group
        for i in 0..<groups {
            winogradWeights(
                group, weight + i * group.weightCount, into: prepared + i * group.winogradWeightCount)
        }
    }

    /// Where `backwardWeightCount` is not 0: what the pass back to the input reads, from the weights.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    package func prepareBackward<Scalar: KernelScalar>(
        _ weight: UnsafePointer<Scalar>, into prepared: UnsafeMutablePointer<Scalar>,
        workspace: UnsafeMutablePointer<Scalar>
    ) {
        let group = group
        let patch = group.window.patch
        for i in 0..<groups {
            let target = prepared + i * (backwardWeightCount / groups)
            if group.isBackwardDirect, !group.isWinograd {
                turnedWeights(group, weight + i * group.weightCount, into: target)
                continue
            }
            transposePanels(
                weight + i * group.weightCount, rows: patch, columns: group.outputChannels,
                panels: 0..<roundedToVectors(patch) / vectorWidth, into: group.isWinograd ? workspace : target)
            if group.isWinograd { winogradTurnedWeights(group, UnsafePointer(workspace), into: target) }
        }
    }

    /// Y = conv(X, W) + b, or Y += conv(X, W).
    ///
    /// - Parameters:
    ///   - samples: How many images, and outputs, lie one after another; 1 unless `takesSeveral`.
    ///   - input: [samples][H][W][C].
    ///   - weight: What `prepareForward` made, or the weights.
    ///   - bias: N numbers, or none. Only for what is not accumulated.
    ///   - output: [samples][output height][output width][N].
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    package func forward<Scalar: KernelScalar>(
        samples: Int = 1, input: UnsafePointer<Scalar>, weight: UnsafeMutablePointer<Scalar>,
        bias: UnsafeMutablePointer<Scalar>?,
        into output: UnsafeMutablePointer<Scalar>, accumulating: Bool = false, workspace: UnsafeMutablePointer<Scalar>
    ) {
        apart {
            if isDepthwise {
                depthwiseForward(
                    self, input: input, weight: weight, bias: bias, into: output, accumulating: accumulating,
                    workspace: workspace)
            } else if groups > 1 {
                groupedForward(
                    self, input: input, weight: weight, bias: bias, into: output, accumulating: accumulating,
                    workspace: workspace)
            } else {
                denseForward(
                    self, samples: samples, input: input, weight: weight, bias: bias, into: output,
                    accumulating: accumulating,
                    workspace: workspace)
            }
        }
    }

    /// X' = the gradient of the input, or X' += it.
    ///
    /// - Parameters:
    ///   - samples: As in `forward`.
    ///   - weight: What `prepareBackward` made, or the weights.
    ///   - inputGradient: [samples][H][W][C].
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    package func backwardData<Scalar: KernelScalar>(
        samples: Int = 1, outputGradient: UnsafePointer<Scalar>, weight: UnsafeMutablePointer<Scalar>,
        into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool, workspace: UnsafeMutablePointer<Scalar>
    ) {
        apart {
            if isDepthwise {
                depthwiseBackwardData(
                    self, outputGradient: outputGradient, weight: weight, into: inputGradient,
                    accumulating: accumulating,
                    workspace: workspace)
            } else if groups > 1 {
                groupedBackwardData(
                    self, outputGradient: outputGradient, weight: weight, into: inputGradient,
                    accumulating: accumulating,
                    workspace: workspace)
            } else {
                denseBackwardData(
                    self, samples: samples, outputGradient: outputGradient, weight: weight, into: inputGradient,
                    accumulating: accumulating,
                    workspace: workspace)
            }
        }
    }

    /// What the samples add to W': written, or added to what is there.
    ///
    /// - Parameters:
    ///   - samples: As in `forward`.
    ///   - separately: Whether a sample's is summed by itself and then added (`longestGroup`).
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    package func backwardWeights<Scalar: KernelScalar>(
        samples: Int = 1, input: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>,
        into gradient: UnsafeMutablePointer<Scalar>, accumulating: Bool, separately: Bool = false,
        workspace: UnsafeMutablePointer<Scalar>
    ) {
        apart {
            if isDepthwise {
                depthwiseBackwardWeights(
                    self, input: input, outputGradient: outputGradient, into: gradient, accumulating: accumulating,
                    separately: separately, workspace: workspace)
            } else if groups > 1 {
                groupedBackwardWeights(
                    self, input: input, outputGradient: outputGradient, into: gradient, accumulating: accumulating,
                    separately: separately, workspace: workspace)
            } else {
                denseBackwardWeights(
                    self, samples: samples, input: input, outputGradient: outputGradient, into: gradient,
                    accumulating: accumulating,
                    separately: separately, workspace: workspace)
            }
        }
    }
}

// One group, or a convolution without groups.

extension ConvolutionGeometry {
    var denseWorkspaceCount: Int {
        if isWinograd { return winogradWorkspaceCount }
        return max(
            isDirect ? directWorkspaceCount : workspaceCount,
            isBackwardDirect ? turned.directWorkspaceCount : workspaceCount)
    }
}

@inline(__always)
func denseForward<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, samples: Int = 1, input: UnsafePointer<Scalar>,
    weight: UnsafeMutablePointer<Scalar>,
    bias: UnsafeMutablePointer<Scalar>?, into output: UnsafeMutablePointer<Scalar>, accumulating: Bool,
    workspace: UnsafeMutablePointer<Scalar>
) {
    if geometry.isWinograd {
        winogradForward(
            geometry, samples: samples, input: input, weight: weight, bias: bias, into: output,
            accumulating: accumulating,
            workspace: workspace)
    } else if geometry.isDirect {
        directForward(
            geometry, input: input, weight: weight, bias: bias, into: output, accumulating: accumulating,
            workspace: workspace)
    } else {
        convolutionForward(
            geometry, input: input, weight: weight, bias: bias, into: output, accumulating: accumulating,
            workspace: workspace)
    }
}

@inline(__always)
func denseBackwardData<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, samples: Int = 1, outputGradient: UnsafePointer<Scalar>,
    weight: UnsafeMutablePointer<Scalar>,
    into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool, workspace: UnsafeMutablePointer<Scalar>
) {
    if geometry.isWinograd {
        winogradBackwardData(
            geometry, samples: samples, outputGradient: outputGradient, weight: weight, into: inputGradient,
            accumulating: accumulating,
            workspace: workspace)
    } else if geometry.isBackwardDirect {
        directForward(
            geometry.turned, input: outputGradient, weight: weight, bias: nil, into: inputGradient,
            accumulating: accumulating, workspace: workspace)
    } else {
        convolutionBackwardData(
            geometry, outputGradient: outputGradient, transposedWeight: weight, into: inputGradient,
            accumulating: accumulating, workspace: workspace)
    }
}

@inline(__always)
func denseBackwardWeights<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, samples: Int = 1, input: UnsafePointer<Scalar>,
    outputGradient: UnsafePointer<Scalar>,
    into gradient: UnsafeMutablePointer<Scalar>, accumulating: Bool, separately: Bool,
    workspace: UnsafeMutablePointer<Scalar>
) {
    if geometry.isWinograd {
        winogradBackwardWeights(
            geometry, samples: samples, input: input, outputGradient: outputGradient, into: gradient,
            accumulating: accumulating,
            separately: separately, workspace: workspace)
    } else if geometry.isDirect {
        directBackwardWeights(
            geometry, input: input, outputGradient: outputGradient, into: gradient, accumulating: accumulating,
            separately: separately, workspace: workspace)
    } else {
        convolutionBackwardWeights(
            geometry, input: input, outputGradient: outputGradient, into: gradient, accumulating: accumulating,
            separately: separately, workspace: workspace)
    }
}
