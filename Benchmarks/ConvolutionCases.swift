import LanesKernels

/// `conv/CxHxW-NkKpP/…`: the three products of a convolution of 8 images; `im2col/CxHxWkKpP` and `col2im/CxHxWkKpP`: its
/// patches alone.
func convolutionCases() -> [Case] {
    [(1, 28, 32), (32, 14, 64)].flatMap { channels, size, outputs in
        let window = WindowGeometry(
            input: Extent(height: size, width: size), channels: channels, kernel: 3, padding: 1)
        let sizes = ConvolutionSizes(window: window, outputs: outputs, images: 8)
        let name = "\(channels)x\(size)x\(size)"
        return products(sizes, name: "conv/\(name)-\(outputs)k3p1") + patches(window, name: "\(name)k3p1")
    }
}

private func products(_ sizes: ConvolutionSizes, name: String) -> [Case] {
    let geometry = ConvolutionGeometry(window: sizes.window, outputChannels: sizes.outputs)
    let operations = 2 * Double(sizes.outputCount) * Double(sizes.window.patch)
    let (inputCount, outputCount) = (sizes.window.inputCount, geometry.outputCount)

    let forward = Case(name: "\(name)/forward") {
        let (x, w) = (Operand(sizes.inputCount, seed: 1), Operand(sizes.weightCount, seed: 2))
        let (panels, y) = (Operand(panels(w.floats, sizes)), Operand(sizes.outputCount))
        let workspace = Operand(geometry.workspaceCount)
        let run = {
            for image in 0..<sizes.images {
                convolutionForward(
                    geometry, input: x.pointer + image * inputCount, weight: panels.pointer, bias: nil,
                    into: y.pointer + image * outputCount, workspace: workspace.pointer)
            }
        }
        let verify = {
            y.fill(.nan)
            run()
            let bounds = plainConvolution(sizes, x.magnitudes, w.magnitudes)
            return difference("Y", y.floats, plainConvolution(sizes, x.doubles, w.doubles)) {
                bounds[$0] * Double(sizes.window.patch) * ulp
            }
        }
        let (plainX, plainW) = (x.floats, w.floats)
        return Work(operations: operations, verify: verify, run: run) {
            keep(plainConvolution(sizes, plainX, plainW))
        }
    }

    let backwardData = Case(name: "\(name)/backward-data") {
        let (dy, w) = (Operand(sizes.outputCount, seed: 1), Operand(sizes.weightCount, seed: 2))
        let (packed, dx) = (Operand(panels(w.floats, sizes)), Operand(sizes.inputCount))
        let transposed = Operand(geometry.transposedWeightCount)
        let workspace = Operand(geometry.workspaceCount)
        let run = {
            transposePanels(
                packed.pointer, rows: sizes.window.patch, columns: sizes.outputs,
                panels: 0..<roundedToVectors(sizes.window.patch) / vectorWidth, into: transposed.pointer)
            for image in 0..<sizes.images {
                convolutionBackwardData(
                    geometry, outputGradient: dy.pointer + image * outputCount, transposedWeight: transposed.pointer,
                    into: dx.pointer + image * inputCount, accumulating: false, workspace: workspace.pointer)
            }
        }
        let verify = {
            run()
            let terms = Double(sizes.window.taps * sizes.outputs)
            let bounds = plainConvolutionBackwardData(sizes, dy.magnitudes, w.magnitudes)
            return difference("X'", dx.floats, plainConvolutionBackwardData(sizes, dy.doubles, w.doubles)) {
                bounds[$0] * terms * ulp
            }
        }
        let (plainDY, plainW) = (dy.floats, w.floats)
        return Work(operations: operations, verify: verify, run: run) {
            keep(plainConvolutionBackwardData(sizes, plainDY, plainW))
        }
    }

    let backwardWeights = Case(name: "\(name)/backward-weights") {
        let (x, dy) = (Operand(sizes.inputCount, seed: 1), Operand(sizes.outputCount, seed: 2))
        let (dw, workspace) = (Operand(geometry.weightCount), Operand(geometry.workspaceCount))
        let run = {
            for image in 0..<sizes.images {
                convolutionBackwardWeights(
                    geometry, input: x.pointer + image * inputCount, outputGradient: dy.pointer + image * outputCount,
                    into: dw.pointer, accumulating: image > 0, workspace: workspace.pointer)
            }
        }
        let verify = {
            dw.fill(.nan)
            run()
            let terms = Double(sizes.images * sizes.window.outputPositions)
            let bounds = plainConvolutionBackwardWeights(sizes, x.magnitudes, dy.magnitudes)
            let found = (0..<sizes.weightCount).map { dw.pointer[panelPlace($0, sizes)] }
            return difference("W'", found, plainConvolutionBackwardWeights(sizes, x.doubles, dy.doubles)) {
                bounds[$0] * terms * ulp
            }
        }
        let (plainX, plainDY) = (x.floats, dy.floats)
        return Work(operations: operations, verify: verify, run: run) {
            keep(plainConvolutionBackwardWeights(sizes, plainX, plainDY))
        }
    }
    return [forward, backwardData, backwardWeights]
}

/// Where element `index` of weights [K][outputs] lies in panels [outputs/16][K][16].
func panelPlace(_ index: Int, _ sizes: ConvolutionSizes) -> Int {
    let (k, n) = (index / sizes.outputs, index % sizes.outputs)
    return (n / vectorWidth * sizes.window.patch + k) * vectorWidth + n % vectorWidth
}

func panels(_ weights: [Float], _ sizes: ConvolutionSizes) -> [Float] {
    var panels = [Float](repeating: 0, count: sizes.window.patch * roundedToVectors(sizes.outputs))
    for (index, weight) in weights.enumerated() { panels[panelPlace(index, sizes)] = weight }
    return panels
}

private func patches(_ window: WindowGeometry, name: String) -> [Case] {
    let (rows, count) = (0..<window.output.height, window.outputPositions * window.patch)

    let gather = Case(name: "im2col/\(name)") {
        let (image, padded, patches) = (
            Operand(window.inputCount, seed: 1), Operand(window.padded.inputCount), Operand(count)
        )
        let run = {
            pad(image.pointer, window, into: padded.pointer)
            im2col(padded.pointer, window.padded, rows: rows, into: patches.pointer)
        }
        let (places, pixels) = (plainPatchPlaces(window), image.floats)
        let verify = {
            patches.fill(.nan)
            run()
            let expected = places.map { $0 < 0 ? 0 : Double(pixels[$0]) }
            return difference("patches", patches.floats, expected) { _ in 0 }
        }
        return Work(bytes: 4 * Double(count + window.inputCount), verify: verify, run: run) {
            keep(places.map { $0 < 0 ? 0 : pixels[$0] })
        }
    }

    let scatter = Case(name: "col2im/\(name)") {
        let (patches, padded, image) = (
            Operand(count, seed: 1), Operand(window.padded.inputCount), Operand(window.inputCount)
        )
        let run = {
            image.fill(0)
            padded.fill(0)
            col2im(patches.pointer, window.padded, rows: rows, addingTo: padded.pointer)
            unpad(padded.pointer, window, addingTo: image.pointer)
        }
        let (places, values) = (plainPatchPlaces(window), patches.floats)
        let verify = {
            run()
            var expected = [Double](repeating: 0, count: window.inputCount)
            var bounds = expected
            for (value, place) in zip(values, places) where place >= 0 {
                expected[place] += Double(value)
                bounds[place] += Double(value.magnitude)
            }
            return difference("image", image.floats, expected) { bounds[$0] * Double(window.taps) * ulp }
        }
        return Work(bytes: 4 * Double(count + window.inputCount), verify: verify, run: run) {
            var sums = [Float](repeating: 0, count: window.inputCount)
            for i in places.indices where places[i] >= 0 { sums[places[i]] += values[i] }
            keep(sums)
        }
    }
    return [gather, scatter]
}
